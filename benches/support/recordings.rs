//! Recordings of the simulated cloud, of any size.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use nepho::demo::{Options, Scenario, World};
use nepho::export::recording::write_up_to;
use nepho::model::time::Timestamp;

pub(crate) const MEGABYTE: u64 = 1_000_000;

/// The sizes that are asked for by the arguments, in MB; these if there are none.
pub(crate) fn sizes(usual: &[u64]) -> Vec<u64> {
    let asked: Vec<u64> = std::env::args()
        .filter_map(|size| size.parse().ok())
        .collect();
    if asked.is_empty() {
        usual.to_vec()
    } else {
        asked
    }
}

/// A recording of the incident that goes on until it has that many bytes; made once.
pub(crate) fn recording(bytes: u64) -> io::Result<PathBuf> {
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
    let mut out = BufWriter::new(File::create(&path)?);
    let records = World::new(&options).map(|(_, record)| record);
    write_up_to(bytes, records, &mut out)?;
    out.flush()?;
    Ok(path)
}

/// The most memory that this process has held.
pub(crate) fn peak_megabytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes / 1024)
}
