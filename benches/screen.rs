//! `cargo bench --bench screen`: how the screen feels, on 200,000 invocations of 500 functions.
//!
//! One line a figure. *frame* draws a whole frame of each pane at 200×60 into a new buffer, as the terminal is given it; *key* is a key, the
//! page that it makes due and the frame after it, on the pane with the most rows; *first frame* is from the start of the release
//! binary to the first byte that it writes into a pseudo-terminal; *idle* counts the bytes that it writes in ten seconds while nothing
//! changes; *key, 20,000 events/s* is from a key to the frame that shows what it does while so many come in, with what the machine took
//! of them, and the share of a core is that of all its threads at 5,000 events a second. All but the two first need
//! `target/release/nepho`, and say so where it is missing.

#[path = "screen/load.rs"]
mod load;

use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nepho::app::clock::Stopwatch;
use nepho::engine::{Engine, Limits};
use nepho::model::batch::Batch;
use nepho::model::record::{LogRecord, Record};
use nepho::model::settings::Settings;
use nepho::model::time::Timestamp;
use nepho::store::scene::{Mode, Scene};
use nepho::ui::keys::{KeySettings, KeyTable};
use nepho::ui::panes;
use nepho::ui::screen::Screen;
use nepho::ui::theme::{Depth, Look};
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

const FUNCTIONS: usize = 500;
const RUNS: usize = 200_000;
const SIZE: Rect = Rect {
    x: 0,
    y: 0,
    width: 200,
    height: 60,
};
/// Frames and keys that are measured.
const TIMES: usize = 300;

fn main() {
    let scene = scene();
    let runs = scene.analysis.assembled.invocations.len();
    let functions = scene.analysis.functions.len();
    println!("{runs} invocations of {functions} functions, 200x60");
    println!(
        "{:14} {:>10} {:>10} {:>10}",
        "", "p50 ms", "p99 ms", "most ms"
    );
    for (at, pane) in panes::all().iter().enumerate() {
        let mut screen = screen(&scene);
        press(&mut screen, KeyCode::Char(char::from(b'1' + at as u8)));
        screen.settle();
        let mut times = Vec::with_capacity(TIMES);
        for _ in 0..TIMES {
            let watch = Stopwatch::start();
            let mut buffer = Buffer::empty(SIZE);
            screen.render(SIZE, &mut buffer);
            times.push(watch.elapsed());
        }
        say(&format!("frame {}", pane.title()), times);
    }
    let mut screen = screen(&scene);
    press(&mut screen, KeyCode::Char('7'));
    screen.settle();
    let mut times = Vec::with_capacity(TIMES);
    for at in 0..TIMES {
        let watch = Stopwatch::start();
        press(
            &mut screen,
            KeyCode::Char(if at % 2 == 0 { 'k' } else { 'j' }),
        );
        screen.settle();
        screen.render(SIZE, &mut Buffer::empty(SIZE));
        times.push(watch.elapsed());
    }
    say("key in Tail", times);
    program();
}

fn press(screen: &mut Screen, code: KeyCode) {
    screen.on_key(KeyEvent::new(code, KeyModifiers::NONE));
}

fn say(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let ms = |share: f64| {
        let at = (times.len() as f64 * share) as usize;
        times[at.min(times.len() - 1)].as_secs_f64() * 1e3
    };
    println!(
        "{name:20} {:>7.3} {:>10.3} {:>10.3}",
        ms(0.5),
        ms(0.99),
        ms(1.0)
    );
}

fn screen(scene: &Scene) -> Screen {
    let (look, _) = Look::new("dark", Depth::True, false).expect("built in");
    let keys = KeyTable::new(&KeySettings::new()).expect("the embedded table");
    Screen::new(look, keys, scene.clone())
}

/// An hour of runs, one function after the other; one in fifty fails.
fn scene() -> Scene {
    let settings = Settings::default();
    let limits = Limits::of(&settings.memory, true);
    let mut engine = Engine::new(settings, limits).expect("an engine");
    let start = Timestamp(1_772_543_421_000);
    for runs in (0..RUNS).collect::<Vec<_>>().chunks(10_000) {
        let records = runs.iter().flat_map(|run| lines(*run, start));
        engine.apply(&Batch::from(records.collect::<Vec<Record>>()));
    }
    Scene {
        analysis: Arc::new(engine.analyse()),
        text: Arc::new(engine.text()),
        ..Scene::empty(Mode::Live, "bench", start.plus_ms(3_600_000))
    }
}

fn lines(run: usize, start: Timestamp) -> Vec<Record> {
    let id = format!("00000000-0000-4000-8000-{run:012}");
    let at = start.plus_ms(run as i64 * 18);
    let function = run % FUNCTIONS;
    let middle = if run.is_multiple_of(50) {
        format!("[ERROR] {id} TypeError: order {run} has no customer\n")
    } else {
        format!("{{\"level\":\"INFO\",\"requestId\":\"{id}\",\"message\":\"order {run}\"}}\n")
    };
    let texts = [
        format!("START RequestId: {id} Version: 7\n"),
        middle,
        format!("END RequestId: {id}\n"),
        format!(
            "REPORT RequestId: {id}\tDuration: 12.00 ms\tBilled Duration: 12 ms\tMemory Size: 256 MB\tMax Memory Used: 90 MB\n"
        ),
    ];
    let record = |(after, message): (i64, String)| {
        let at = at.plus_ms(after * 4);
        Record::Log(LogRecord {
            group: format!("/aws/lambda/service-{function:03}").into(),
            stream: format!("2026/03/03/[7]{function:032x}").into(),
            timestamp: at,
            ingestion: Some(at.plus_ms(400)),
            event_id: Some(format!("{run}-{after}").into()),
            message: message.into(),
        })
    };
    (0..).zip(texts).map(record).collect()
}

/// The release binary in a pseudo-terminal.
fn program() {
    let binary = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/release/nepho");
    if !binary.exists() {
        println!("the program: not measured, cargo build --release makes the binary for it");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let empty = folder.path().join("empty.ndjson");
    std::fs::write(&empty, "{}\n").expect("a file");
    let mut times = Vec::new();
    let mut idle = 0;
    for round in 0..10 {
        let pair = native_pty_system().openpty(PtySize {
            rows: 60,
            cols: 200,
            pixel_width: 0,
            pixel_height: 0,
        });
        let pair = pair.expect("a pseudo-terminal");
        let mut command = CommandBuilder::new(&binary);
        command.args(["open", empty.to_str().expect("a path")]);
        command.env("XDG_STATE_HOME", folder.path());
        command.env("TERM", "xterm-256color");
        let mut reader = pair.master.try_clone_reader().expect("a reader");
        let watch = Stopwatch::start();
        let mut child = pair.slave.spawn_command(command).expect("nepho");
        drop(pair.slave);
        let mut first = [0; 1];
        reader.read_exact(&mut first).expect("a byte");
        times.push(watch.elapsed());
        let written = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&written);
        let counting = std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(got @ 1..) = reader.read(&mut bytes) {
                count.fetch_add(got, Ordering::Relaxed);
            }
        });
        if round == 0 {
            std::thread::sleep(Duration::from_secs(2));
            let before = written.load(Ordering::Relaxed);
            std::thread::sleep(Duration::from_secs(10));
            idle = written.load(Ordering::Relaxed) - before;
        }
        child.kill().expect("its end");
        child.wait().expect("its end");
        drop(pair.master);
        counting.join().expect("the reader");
    }
    say("first byte", times);
    println!("idle: {idle} bytes in ten seconds");
    load::measure(&binary);
}
