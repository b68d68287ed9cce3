//! `cargo build --release && cargo bench --bench load`: the running program while much comes in (Linux).
//!
//! The release binary shows the demo's incident in a pseudo-terminal of 200×60, so many times as fast that 5,000 and then
//! 20,000 log events a second come in. One line each: the share of a core that it takes, the simulation included; the time
//! from a key that goes to another pane to the bytes that show it; and the resident memory at the end.

use std::fs;
use std::io::{Read as _, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use nepho::app::clock::Stopwatch;
use nepho::demo::{Options, Scenario, World};
use nepho::model::record::Record;
use nepho::model::time::Timestamp;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

const ROWS: u16 = 60;
const COLUMNS: u16 = 200;
/// The history has been taken in by then.
const BEFORE: Duration = Duration::from_secs(20);
/// The share of a core is taken over so long.
const LOOK: Duration = Duration::from_secs(30);
/// Keys that are measured, and the time between them.
const KEYS: usize = 200;
const BETWEEN: Duration = Duration::from_millis(73);
/// A key that shows nothing so long is lost.
const PATIENCE: Duration = Duration::from_secs(5);
/// Keys of two panes, and what the screen shows of each.
const PANES: [(&str, &str); 2] = [("2", "[2 Cold starts"), ("1", "[1 Overview")];

fn main() {
    let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release/nepho");
    if !binary.exists() {
        println!("not measured: cargo build --release makes the binary");
        return;
    }
    println!(
        "{:>9} {:>7} {:>7} {:>10} {:>10} {:>10} {:>8}",
        "events/s", "speed", "core %", "p50 ms", "p99 ms", "most ms", "MB"
    );
    let at_once = events_a_second();
    for events in [5_000.0, 20_000.0] {
        let speed = (events / at_once).ceil();
        let program = Program::start(&binary, speed);
        thread::sleep(BEFORE);
        let before = program.cpu();
        thread::sleep(LOOK);
        let share = (program.cpu() - before).as_secs_f64() / LOOK.as_secs_f64();
        let mut times = program.keys();
        times.sort_unstable();
        let ms = |share: f64| times[(times.len() as f64 * share) as usize].as_secs_f64() * 1e3;
        println!(
            "{:>9.0} {speed:>7} {:>7.1} {:>10.1} {:>10.1} {:>10.1} {:>8}",
            speed * at_once,
            share * 100.0,
            ms(0.5),
            ms(0.99),
            times[times.len() - 1].as_secs_f64() * 1e3,
            program.resident_megabytes(),
        );
    }
}

/// Log events that the world writes in a second of its own, on average over ten minutes.
fn events_a_second() -> f64 {
    const SECONDS: i64 = 600;
    let start = Timestamp(1_795_168_800_000);
    let world = World::new(&Options {
        scenario: Scenario::Incident,
        seed: 7,
        start,
        duration_ms: Some(SECONDS * 1000),
        history_ms: Some(0),
    });
    let logs = world.filter(|(_, record)| matches!(record, Record::Log(_)));
    logs.count() as f64 / SECONDS as f64
}

/// The program in its terminal. Dropping it kills it.
struct Program {
    _master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    writer: Mutex<Box<dyn Write + Send>>,
    screen: Arc<(Mutex<vt100::Parser>, Condvar)>,
    _state: tempfile::TempDir,
}

impl Program {
    fn start(binary: &Path, speed: f64) -> Self {
        let state = tempfile::tempdir().expect("a folder");
        let size = PtySize {
            rows: ROWS,
            cols: COLUMNS,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).expect("a terminal");
        let mut command = CommandBuilder::new(binary);
        command.args(["demo", "--speed", &speed.to_string()]);
        command.env("XDG_STATE_HOME", state.path());
        command.env("TERM", "xterm-256color");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let child = pair.slave.spawn_command(command).expect("nepho");
        let writer = Mutex::new(pair.master.take_writer().expect("a writer"));
        let parser = Mutex::new(vt100::Parser::new(ROWS, COLUMNS, 0));
        let screen = Arc::new((parser, Condvar::new()));
        let shown = Arc::clone(&screen);
        thread::spawn(move || {
            let mut bytes = [0; 1 << 16];
            while let Ok(got @ 1..) = reader.read(&mut bytes) {
                shown.0.lock().expect("a screen").process(&bytes[..got]);
                shown.1.notify_all();
            }
        });
        Self {
            _master: pair.master,
            child,
            writer,
            screen,
            _state: state,
        }
    }

    /// How long each key took to be seen.
    fn keys(&self) -> Vec<Duration> {
        let keys = PANES.iter().cycle().take(KEYS);
        keys.map(|(key, mark)| {
            thread::sleep(BETWEEN);
            let watch = Stopwatch::start();
            let mut writer = self.writer.lock().expect("a writer");
            writer.write_all(key.as_bytes()).expect("a key");
            writer.flush().expect("a key");
            let (parser, changed) = &*self.screen;
            let parser = parser.lock().expect("a screen");
            let unseen = |parser: &mut vt100::Parser| !parser.screen().contents().contains(mark);
            let waited = changed.wait_timeout_while(parser, PATIENCE, unseen);
            let waited = waited.expect("a screen").1;
            assert!(!waited.timed_out(), "{key} showed no {mark}");
            watch.elapsed()
        })
        .collect()
    }

    fn proc(&self, file: &str) -> String {
        let id = self.child.process_id().expect("a running program");
        fs::read_to_string(format!("/proc/{id}/{file}")).expect("Linux")
    }

    /// Processor time so far, of all threads.
    fn cpu(&self) -> Duration {
        let stat = self.proc("stat");
        // The name, in brackets, may hold spaces; utime and stime are the 12th and 13th behind it, in hundredths of a second.
        let (_, behind) = stat.rsplit_once(')').expect("a name");
        let ticks = behind.split_whitespace().skip(11).take(2);
        let ticks: u64 = ticks
            .map(|ticks| ticks.parse::<u64>().expect("ticks"))
            .sum();
        Duration::from_millis(ticks * 10)
    }

    fn resident_megabytes(&self) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
        kilobytes.expect("a figure").parse::<u64>().expect("kB") / 1000
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
