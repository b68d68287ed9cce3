//! How many instructions key stages take, beside limits that are kept here: a stage that takes more fails.
//!
//!     cargo install gungraun-runner --version 0.20.0      # and valgrind from the system's packages
//!     taskset -c 0 cargo bench --no-default-features --features instructions --bench instructions
//!
//! Unlike times, the counts are nearly the same on every machine of a kind, whatever else it does: runs differ by 0.3 %, and by 3 % where
//! other code has changed and the compiler inlines in other places. The limits are of x86-64, with the toolchain and the profile of this
//! tree, and 10 % above what was counted. It runs on one core, because what other threads do is not counted. Who makes a stage cheaper
//! lowers its limit; who makes it dearer on purpose says why and raises it.

#![allow(
    unused_qualifications,
    clippy::exit,
    clippy::disallowed_methods,
    reason = "in what the macros write"
)]

#[path = "support/incident.rs"]
mod incident;

use std::hint::black_box;
use std::sync::Arc;
use std::thread::available_parallelism;

use bumpalo::Bump;
use gungraun::prelude::*;
use gungraun::{Callgrind, EventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use nepho::correlate::{assemble, link};
use nepho::decode::{Decoder, place};
use nepho::engine::{Engine, Limits};
use nepho::export::report;
use nepho::model::analysis::Analysis;
use nepho::model::batch::Batch;
use nepho::model::record::LogRecord;
use nepho::model::symbols::Symbols;
use nepho::model::time::Timestamp;
use nepho::store::scene::{Mode, Scene};
use nepho::ui::keys::{KeySettings, KeyTable};
use nepho::ui::screen::Screen;
use nepho::ui::theme::{Depth, Look};

use incident::{by_kind, recording, settings};

const RECORDS: usize = 10_000;
/// Lines of one kind that are decoded in a row.
const LINES: usize = 100;
const SIZE: Rect = Rect {
    x: 0,
    y: 0,
    width: 200,
    height: 60,
};

/// Of what was counted, 10 % more.
fn counted(instructions: u64) -> LibraryBenchmarkConfig {
    let mut callgrind = Callgrind::default();
    if cfg!(target_arch = "x86_64") {
        callgrind.hard_limits([(EventKind::Ir, instructions + instructions / 10)]);
    }
    let mut config = LibraryBenchmarkConfig::default();
    config.tool(callgrind);
    config
}

/// With what the first lines make once for all.
fn lines(kind: &str) -> (Decoder, Vec<LogRecord>) {
    let records = recording(RECORDS);
    let lines = by_kind(&records, LINES).remove(kind).unwrap();
    assert_eq!(lines.len(), LINES);
    let lines: Vec<LogRecord> = lines.into_iter().cloned().collect();
    // The system puts together what is freed when it is next asked for more than a little: not among what is counted.
    drop(records);
    let decoder = Decoder::new(&settings()).unwrap();
    decode_all(&decoder, &lines);
    (decoder, lines)
}

fn decode_all(decoder: &Decoder, lines: &[LogRecord]) -> Symbols {
    let (mut symbols, mut arena) = (Symbols::default(), Bump::new());
    for log in lines {
        arena.reset();
        let function = place(&log.group, &log.stream).function;
        black_box(decoder.line(&log.line(), function, &mut symbols, &arena));
    }
    symbols
}

fn analysis() -> Analysis {
    assert_eq!(
        available_parallelism().unwrap().get(),
        1,
        "to be counted it must run on one core: taskset -c 0 cargo bench …"
    );
    engine().analyse()
}

fn engine() -> Engine {
    let settings = settings();
    let limits = Limits::of(&settings.memory, true);
    let mut engine = Engine::new(settings, limits).unwrap();
    engine.apply(&Batch::from(recording(RECORDS)));
    engine
}

/// On the first pane, with a page that is made.
fn screen() -> Screen {
    let (look, _) = Look::new("dark", Depth::True, false).unwrap();
    let keys = KeyTable::new(&KeySettings::new()).unwrap();
    let now = Timestamp(1_795_172_400_000);
    let scene = Scene {
        analysis: Arc::new(analysis()),
        ..Scene::empty(Mode::Live, "bench", now)
    };
    let mut screen = Screen::new(look, keys, scene);
    screen.settle();
    screen
}

#[library_benchmark(setup = lines)]
#[bench::start(args = ("start",), config = counted(196_000))]
#[bench::end(args = ("end",), config = counted(157_000))]
#[bench::report(args = ("report",), config = counted(671_000))]
#[bench::platform_report(args = ("platform.report",), config = counted(904_000))]
#[bench::text(args = ("text",), config = counted(198_000))]
#[bench::json(args = ("json",), config = counted(1_334_000))]
#[bench::json_in_text(args = ("json in text",), config = counted(1_235_000))]
#[bench::event(args = ("event",), config = counted(4_625_000))]
fn decode((decoder, lines): (Decoder, Vec<LogRecord>)) -> (Decoder, Vec<LogRecord>, Symbols) {
    let symbols = decode_all(&decoder, &lines);
    // To let them go is no part of it.
    (decoder, lines, symbols)
}

#[library_benchmark]
#[bench::incident(args = (), setup = analysis, config = counted(18_282_000))]
fn assembling(analysis: Analysis) -> Analysis {
    black_box(assemble::assemble(&analysis.facts));
    analysis
}

#[library_benchmark]
#[bench::incident(args = (), setup = analysis, config = counted(9_266_000))]
fn links(analysis: Analysis) -> Analysis {
    let (facts, assembled) = (&analysis.facts, &analysis.assembled);
    black_box(link::links(facts, assembled, &analysis.deliveries));
    analysis
}

#[library_benchmark]
#[bench::incident(args = (), setup = analysis, config = counted(3_714_000))]
fn json(analysis: Analysis) -> Analysis {
    report::json(&analysis, false, &mut std::io::sink()).unwrap();
    analysis
}

#[library_benchmark]
#[bench::first_pane(args = (), setup = screen, config = counted(3_688_000))]
fn frame(mut screen: Screen) -> Screen {
    screen.render(SIZE, &mut Buffer::empty(SIZE));
    screen
}

library_benchmark_group!(
    name = stages,
    benchmarks = [decode, assembling, links, json, frame]
);

main!(library_benchmark_groups = stages);
