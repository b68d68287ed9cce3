//! A recording of the simulated incident, and its settings.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use nepho::demo::{Options, SETTINGS, Scenario, World};
use nepho::export::recording::write_record;
use nepho::model::time::Timestamp;

/// So many seconds of it, the same at every call.
pub(crate) fn incident(folder: &Path, seconds: i64) -> (PathBuf, PathBuf) {
    let options = Options {
        scenario: Scenario::Incident,
        seed: 7,
        start: Timestamp(1_772_547_021_000),
        duration_ms: Some(0),
        history_ms: Some(seconds * 1000),
    };
    let path = folder.join("incident.ndjson");
    let mut out = BufWriter::new(File::create(&path).unwrap());
    for (_, record) in World::new(&options) {
        write_record(&record, &mut out).unwrap();
    }
    out.flush().unwrap();
    let config = folder.join("shop.toml");
    fs::write(&config, SETTINGS).unwrap();
    (path, config)
}
