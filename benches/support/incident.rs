//! The demo's incident, from its beginning, and its log lines by kind.

use std::collections::BTreeMap;

use nepho::demo::{Options, SETTINGS, Scenario, World};
use nepho::model::record::{LogRecord, Record};
use nepho::model::settings::Settings;
use nepho::model::time::Timestamp;

pub(crate) fn settings() -> Settings {
    toml::from_str(SETTINGS).unwrap()
}

pub(crate) fn recording(records: usize) -> Vec<Record> {
    let world = World::new(&Options {
        scenario: Scenario::Incident,
        seed: 7,
        start: Timestamp(1_795_168_800_000),
        duration_ms: None,
        history_ms: None,
    });
    world.map(|(_, record)| record).take(records).collect()
}

/// The first so many lines of each kind.
pub(crate) fn by_kind(records: &[Record], most: usize) -> BTreeMap<&'static str, Vec<&LogRecord>> {
    let mut kinds: BTreeMap<&str, Vec<&LogRecord>> = BTreeMap::new();
    for record in records {
        if let Record::Log(log) = record {
            let same = kinds.entry(kind(&log.message)).or_default();
            same.extend((same.len() < most).then_some(log));
        }
    }
    kinds
}

/// What a reader would call a line.
fn kind(message: &str) -> &'static str {
    let starts = |mark: &str| message.starts_with(mark);
    let holds = |mark: &str| message.contains(mark);
    match () {
        () if starts("START ") => "start",
        () if starts("END ") => "end",
        () if starts("REPORT ") => "report",
        () if holds("\"platform.start\"") => "platform.start",
        () if holds("\"platform.report\"") => "platform.report",
        () if holds("\"Records\"") || holds("\"detail-type\"") => "event",
        () if starts("{") => "json",
        () if holds("{") => "json in text",
        () => "text",
    }
}
