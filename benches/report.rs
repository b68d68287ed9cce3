//! `cargo bench --bench report`: the whole of `nepho report` on recordings of the simulated cloud, and the memory that it takes.
//!
//! One line a recording: seconds of each stage, microseconds an event, megabytes a second of NDJSON, bytes an event that are held
//! before anything is concluded, and the peak of resident memory so far (Linux). The recordings are of 60, 200 and 600 MB (100,000
//! to a million events), so that it can be seen that no figure grows with the size; other sizes are arguments, in MB:
//! `cargo bench --no-default-features --bench report -- 1000`.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use nepho::app::clock::Stopwatch;
use nepho::demo::{Options, SETTINGS, Scenario, World};
use nepho::engine::{Engine, Limits};
use nepho::export::recording::write_record;
use nepho::export::report;
use nepho::model::settings::Settings;
use nepho::model::time::Timestamp;
use nepho::sources::files;

const MEGABYTE: u64 = 1_000_000;

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
    let asked: Vec<u64> = std::env::args()
        .filter_map(|size| size.parse().ok())
        .collect();
    let sizes = if asked.is_empty() {
        vec![60, 200, 600]
    } else {
        asked
    };
    for megabytes in sizes {
        let path = recording(megabytes * MEGABYTE)?;
        measure(&path)?;
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

/// A recording of the incident that goes on until it has that many bytes; made once.
fn recording(bytes: u64) -> io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("bench-{}.ndjson", bytes / MEGABYTE));
    if fs::metadata(&path).is_ok_and(|meta| meta.len() >= bytes) {
        return Ok(path);
    }
    let options = Options {
        scenario: Scenario::Incident,
        seed: 7,
        start: Timestamp(1_795_168_800_000),
        duration_ms: None,
        history_ms: None,
    };
    let mut out = Counted {
        out: BufWriter::new(File::create(&path)?),
        written: 0,
    };
    for (_, record) in World::new(&options) {
        write_record(&record, &mut out)?;
        if out.written >= bytes {
            break;
        }
    }
    out.flush()?;
    Ok(path)
}

struct Counted {
    out: BufWriter<File>,
    written: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The most memory that this process has held.
fn peak_megabytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}
