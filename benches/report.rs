//! `cargo bench --bench report`: the whole of `nepho report` on recordings of the simulated cloud, and the memory that it takes.
//!
//! One line a recording: seconds of each stage, microseconds an event, megabytes a second of NDJSON, bytes an event that are held
//! before anything is concluded, and the peak of resident memory so far (Linux). The recordings are of 60, 200 and 600 MB (100,000
//! to a million events), so that it can be seen that no figure grows with the size; other sizes are arguments, in MB:
//! `cargo bench --no-default-features --bench report -- 1000`. Behind the first comes one of a gigabyte in which the same happens and
//! much more is said: memory is for what happens, not for the file.

#[path = "support/recordings.rs"]
mod recordings;
#[path = "support/talkative.rs"]
mod talkative;

use std::fs::File;
use std::io;
use std::path::Path;

use nepho::app::clock::Stopwatch;
use nepho::demo::SETTINGS;
use nepho::engine::{Engine, Limits};
use nepho::export::report;
use nepho::model::settings::Settings;
use nepho::sources::files;

use recordings::{MEGABYTE, peak_megabytes, recording, sizes};
use talkative::talkative;

fn main() -> io::Result<()> {
    println!(
        "{:>6} {:>9} {:>7} {:>10} {:>8} {:>9} {:>7} {:>11} {:>8}",
        "MB",
        "events",
        "read s",
        "conclude s",
        "write s",
        "us/event",
        "MB/s",
        "held/event",
        "peak MB"
    );
    for (place, megabytes) in sizes(&[60, 200, 600]).into_iter().enumerate() {
        let path = recording(megabytes * MEGABYTE)?;
        measure(&path)?;
        if place == 0 {
            measure(&talkative(&path, 1_000 * MEGABYTE)?)?;
        }
    }
    Ok(())
}

fn measure(path: &Path) -> io::Result<()> {
    let settings: Settings = toml::from_str(SETTINGS).map_err(io::Error::other)?;
    let limits = Limits::of(&settings.memory, false);
    let mut engine = Engine::new(settings, limits).map_err(io::Error::other)?;
    let paths = [path.to_owned()];
    let options = files::Options::default();
    // A file that was just written reads slower.
    io::copy(&mut File::open(path)?, &mut io::sink())?;
    let watch = Stopwatch::start();
    let read =
        files::read(&paths, &options, &mut engine, &mut |_, _| true).map_err(io::Error::other)?;
    let reading = watch.elapsed();
    let held = engine.heap_bytes();
    let analysis = engine.conclude();
    let concluding = watch.elapsed();
    report::json(&analysis, false, &mut io::sink())?;
    let whole = watch.elapsed();
    let events = analysis.facts.inputs.log_events;
    println!(
        "{:>6} {:>9} {:>7.2} {:>10.2} {:>8.2} {:>9.2} {:>7.0} {:>11.0} {:>8}",
        read.bytes / MEGABYTE,
        events,
        reading.as_secs_f64(),
        concluding.saturating_sub(reading).as_secs_f64(),
        whole.saturating_sub(concluding).as_secs_f64(),
        whole.as_secs_f64() * 1e6 / events as f64,
        read.bytes as f64 / MEGABYTE as f64 / whole.as_secs_f64(),
        held as f64 / events as f64,
        peak_megabytes().map_or_else(|| "?".to_owned(), |peak| peak.to_string()),
    );
    Ok(())
}
