//! Any slicing of polls, any order of arrival within the allowed lateness and any overlap of reads gives the same bytes of JSON:
//! over a recording with lines of text and JSON, segments, metrics and configurations.

use std::sync::OnceLock;

use nepho::demo::{Options, SETTINGS, Scenario, World};
use nepho::engine::{Engine, Limits};
use nepho::export::report;
use nepho::model::batch::Batch;
use nepho::model::record::Record;
use nepho::model::settings::Settings;
use nepho::model::time::Timestamp;
use proptest::prelude::*;

/// Lines may come this much later than they were written, in milliseconds.
const LATENESS_MS: i64 = 900_000;

struct Recording {
    settings: Settings,
    /// With the moment at which each came.
    records: Vec<(Timestamp, Record)>,
    /// The report on all of them at once.
    whole: String,
}

fn recording() -> &'static Recording {
    static RECORDING: OnceLock<Recording> = OnceLock::new();
    RECORDING.get_or_init(|| {
        let options = Options {
            scenario: Scenario::Incident,
            seed: 5,
            start: Timestamp(1_795_168_800_000),
            duration_ms: Some(0),
            history_ms: Some(30_000),
        };
        let records: Vec<(Timestamp, Record)> = World::new(&options).collect();
        let settings: Settings = toml::from_str(SETTINGS).unwrap();
        let all = records.iter().map(|(_, record)| record.clone()).collect();
        let whole = answer(&settings, vec![all]);
        Recording {
            settings,
            records,
            whole,
        }
    })
}

/// The report on polls, without how much of them had been read before.
fn answer(settings: &Settings, polls: Vec<Vec<Record>>) -> String {
    let limits = Limits::of(&settings.memory, false);
    let mut engine = Engine::new(settings.clone(), limits).unwrap();
    for poll in polls {
        engine.apply(&Batch::from(poll));
    }
    let mut json = Vec::new();
    report::json(&engine.conclude(), true, &mut json).unwrap();
    let json = String::from_utf8(json).unwrap();
    let (head, tail) = json.split_once("\"log_events_reread\":").unwrap();
    let (_, tail) = tail.split_once(',').unwrap();
    format!("{head}{tail}")
}

#[test]
fn the_recording_has_records_of_all_kinds() {
    let recording = recording();
    let count = |wanted: &dyn Fn(&Record) -> bool| {
        let records = recording.records.iter();
        records.filter(|(_, record)| wanted(record)).count()
    };
    let is_json = |json: bool| {
        move |record: &Record| match record {
            Record::Log(log) => log.message.starts_with('{') == json,
            _ => false,
        }
    };
    assert!(count(&is_json(true)) > 100, "lines of JSON");
    assert!(count(&is_json(false)) > 100, "lines of text");
    assert!(count(&|record| matches!(record, Record::Segment(_))) > 20);
    assert!(count(&|record| matches!(record, Record::Metric(_))) > 5);
    assert!(count(&|record| matches!(record, Record::Function(_))) > 2);
    let none = "\"invocations\":[]";
    assert!(!recording.whole.contains(none), "no runs in the report");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 8,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn slicing_order_and_overlap_change_no_byte(
        delays in prop::collection::vec(0..LATENESS_MS, 1..60),
        polls in prop::collection::vec(1usize..600, 1..12),
        overlaps in prop::collection::vec(0usize..200, 1..6),
    ) {
        let recording = recording();
        let mut arrivals: Vec<(i64, &Record)> = recording
            .records
            .iter()
            .zip(delays.iter().cycle())
            .map(|((at, record), delay)| (at.0 + delay, record))
            .collect();
        arrivals.sort_by_key(|(at, _)| *at);
        let arrivals: Vec<Record> = arrivals.into_iter().map(|(_, record)| record.clone()).collect();
        let (mut slices, mut from) = (Vec::new(), 0);
        for (length, overlap) in polls.iter().cycle().zip(overlaps.iter().cycle()) {
            let until = (from + length).min(arrivals.len());
            slices.push(arrivals[from.saturating_sub(*overlap)..until].to_vec());
            from = until;
            if from == arrivals.len() {
                break;
            }
        }
        let sliced = answer(&recording.settings, slices);
        let differs = sliced.bytes().zip(recording.whole.bytes()).position(|(a, b)| a != b);
        prop_assert!(
            sliced == recording.whole,
            "another answer at byte {differs:?}: …{}…",
            differs.map_or("", |at| &sliced[at.saturating_sub(200)..(at + 100).min(sliced.len())])
        );
    }
}
