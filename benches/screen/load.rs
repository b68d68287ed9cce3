//! The release binary in a pseudo-terminal while events come in by a pipe: how long a key takes to be seen, and what share of a core
//! goes into it.

use std::fs::{self, OpenOptions};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle, sleep};
use std::time::Duration;

use nepho::app::clock::Stopwatch;
use nepho::export::recording::write_record;
use nepho::model::time::Timestamp;
use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

use super::{SIZE, lines, say};

/// Keys that are measured, each followed by the one that takes it back.
const KEYS: usize = 200;
/// Before anything is measured.
const WARM: Duration = Duration::from_secs(5);
/// The share of a core is taken over that.
const OVER: Duration = Duration::from_secs(20);
/// Pieces of the load in a second.
const PIECES: u64 = 100;
/// Log events of a run.
const EVENTS: u64 = 4;
/// The kernel counts processor time in hundredths of a second.
const TICKS: f64 = 100.0;

/// Keys at 20,000 events a second, and the share of a core at 5,000.
pub(super) fn measure(binary: &Path) {
    let program = Program::start(binary, 20_000);
    sleep(WARM);
    let times = (0..KEYS).map(|_| program.key_to_frame()).collect();
    say("key, 20,000 events/s", times);
    println!("{:>42}", program.rate());
    drop(program);
    let program = Program::start(binary, 5_000);
    sleep(WARM);
    let (before, watch) = (program.ticks(), Stopwatch::start());
    sleep(OVER);
    let share = (program.ticks() - before) / TICKS / watch.elapsed().as_secs_f64();
    println!(
        "of a core at 5,000 events/s: {:.1} %, {}",
        share * 1e2,
        program.rate()
    );
}

/// The program, its screen, and who writes to it.
struct Program {
    child: Box<dyn Child + Send + Sync>,
    keys: Mutex<Box<dyn std::io::Write + Send>>,
    shown: Arc<(Mutex<vt100::Parser>, Condvar)>,
    writer: Option<JoinHandle<()>>,
    written: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
    begun: Stopwatch,
    /// Gone with the program.
    _folder: tempfile::TempDir,
}

impl Program {
    fn start(binary: &Path, rate: u64) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("events.ndjson");
        let made = Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|status| status.success()), "a pipe");
        let size = PtySize {
            rows: SIZE.height,
            cols: SIZE.width,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system()
            .openpty(size)
            .expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(binary);
        command.args(["open", "--fresh", pipe.to_str().expect("a path")]);
        command.env("XDG_STATE_HOME", folder.path());
        command.env("TERM", "xterm-256color");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let keys = Mutex::new(pair.master.take_writer().expect("a writer"));
        let child = pair.slave.spawn_command(command).expect("nepho");
        let parser = vt100::Parser::new(SIZE.height, SIZE.width, 0);
        let shown = Arc::new((Mutex::new(parser), Condvar::new()));
        let screen = Arc::clone(&shown);
        thread::spawn(move || {
            // The terminal lives as long as somebody reads it.
            let _master = pair.master;
            let mut bytes = vec![0; 1 << 16];
            while let Ok(got @ 1..) = reader.read(&mut bytes) {
                screen.0.lock().expect("the screen").process(&bytes[..got]);
                screen.1.notify_all();
            }
        });
        let (written, ended) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let (count, stop) = (Arc::clone(&written), Arc::clone(&ended));
        let writer = thread::spawn(move || write(&pipe, rate, &count, &stop));
        Self {
            child,
            keys,
            shown,
            writer: Some(writer),
            written,
            ended,
            begun: Stopwatch::start(),
            _folder: folder,
        }
    }

    /// From a key to the frame that shows what it does; it is taken back then.
    fn key_to_frame(&self) -> Duration {
        let watch = Stopwatch::start();
        self.press(b"?");
        self.wait_until(true);
        let took = watch.elapsed();
        sleep(Duration::from_millis(20));
        self.press(b"\x1b");
        self.wait_until(false);
        // Not at the same moment of each picture of the data.
        sleep(Duration::from_millis(37));
        took
    }

    fn press(&self, key: &[u8]) {
        let mut keys = self.keys.lock().expect("the keyboard");
        keys.write_all(key)
            .and_then(|()| keys.flush())
            .expect("a key");
    }

    /// Until the help stands on the screen, or no longer does.
    fn wait_until(&self, helped: bool) {
        let (screen, changed) = &*self.shown;
        let mut parser = screen.lock().expect("the screen");
        let watch = Stopwatch::start();
        while parser.screen().contents().contains("Keys of") != helped {
            assert!(
                watch.elapsed() < Duration::from_secs(10),
                "no answer to a key"
            );
            let waited = changed.wait_timeout(parser, Duration::from_secs(1));
            parser = waited.expect("the screen").0;
        }
    }

    /// Processor time so far, of all its threads.
    fn ticks(&self) -> f64 {
        let id = self.child.process_id().expect("it runs");
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).expect("Linux");
        let (_, fields) = stat.rsplit_once(')').expect("its name");
        // User and system time are the 14th and 15th field.
        let fields: Vec<&str> = fields.split_whitespace().collect();
        [11, 12]
            .iter()
            .map(|at| fields[*at].parse::<f64>().expect("a number"))
            .sum()
    }

    fn rate(&self) -> String {
        let rate = self.written.load(Ordering::Relaxed) as f64 / self.begun.elapsed().as_secs_f64();
        format!("{rate:.0} events/s were taken")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        self.child.kill().expect("its end");
        self.child.wait().expect("its end");
        if let Some(writer) = self.writer.take() {
            writer.join().expect("the writer");
        }
    }
}

/// Writes so many events a second, until nobody reads them any more.
fn write(pipe: &PathBuf, rate: u64, written: &AtomicU64, ended: &AtomicBool) {
    let mut pipe = OpenOptions::new().write(true).open(pipe).expect("the pipe");
    let start = Timestamp(1_772_543_421_000);
    let (watch, mut piece, mut run) = (Stopwatch::start(), 0, 0);
    while !ended.load(Ordering::Relaxed) {
        piece += 1;
        let mut text = Vec::new();
        while run < piece * rate / PIECES / EVENTS {
            for record in lines(run as usize, start) {
                write_record(&record, &mut text).expect("memory");
            }
            run += 1;
        }
        if pipe.write_all(&text).is_err() {
            return;
        }
        written.store(run * EVENTS, Ordering::Relaxed);
        let due = Duration::from_millis(piece * 1_000 / PIECES);
        sleep(due.saturating_sub(watch.elapsed()));
    }
}
