//! Floods of things that are never seen twice: every store stays within its bytes, and what went is said.
//!
//! Bytes are those of the allocator, so one test at a time.

use std::alloc::System;
use std::sync::{Mutex, MutexGuard, PoisonError};

use nepho::demo::{Options, SETTINGS, Scenario, World};
use nepho::engine::{Engine, Limits, Scope};
use nepho::export::report;
use nepho::model::analysis::Analysis;
use nepho::model::batch::Batch;
use nepho::model::invocation::Invocation;
use nepho::model::record::{LogRecord, Record};
use nepho::model::settings::Settings;
use nepho::model::time::Timestamp;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

static ALONE: Mutex<()> = Mutex::new(());

const START: i64 = 1_795_168_800_000;
const MEGABYTE: usize = 1 << 20;

/// Small bounds, so that small floods go over them.
const LIMITS: Limits = Limits {
    fact_bytes: MEGABYTE,
    event_ids: 10_000,
    log_text_bytes: 0,
};

/// What everything together may take: facts and their copy while they are forgotten, ids, spans, and one batch.
const MOST: usize = 8 * MEGABYTE;

/// Floods an engine with 40 batches of 1,000 records, 10 ms apart, and gives what it then says: last freed, the lock
/// keeps what one test frees out of what the next counts.
fn flooded(record: impl Fn(u64, Timestamp) -> Vec<Record>) -> (MutexGuard<'static, ()>, Analysis) {
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut engine = Engine::new(Settings::default(), LIMITS).unwrap();
    let region = Region::new(ALLOCATOR);
    let mut at_half = 0;
    for batch in 0..40 {
        let numbers = batch * 1_000..(batch + 1) * 1_000;
        let records = numbers
            .flat_map(|number| record(number, Timestamp(START + number as i64 * 10)))
            .collect::<Vec<_>>();
        engine.apply(&Batch::from(records));
        let change = region.change();
        let held = change.bytes_allocated - change.bytes_deallocated;
        assert!(held <= MOST, "{held} bytes after {batch} batches");
        assert!(engine.heap_bytes() <= MOST, "{}", engine.heap_bytes());
        if batch == 20 {
            at_half = held;
        }
        if batch == 39 {
            assert!(held <= at_half + at_half / 2, "{at_half} grew to {held}");
        }
    }
    (alone, engine.analyse())
}

fn line(stream: &str, at: Timestamp, event_id: Option<String>, message: String) -> Record {
    Record::Log(LogRecord {
        group: "/aws/lambda/orders".into(),
        stream: stream.into(),
        timestamp: at,
        ingestion: None,
        event_id: event_id.map(Into::into),
        message: message.into(),
    })
}

const STREAM: &str = "2026/11/20/[1]aa97cbe959dac2cd6ae05f15086a7230";

fn uuid(number: u64) -> String {
    format!("00000000-0000-4000-8000-{number:012x}")
}

#[test]
fn invocations() {
    let (_alone, analysis) = flooded(|number, at| {
        let id = uuid(number);
        let report = format!("REPORT RequestId: {id}\tDuration: 2.46 ms\tBilled Duration: 3 ms");
        vec![
            line(
                STREAM,
                at,
                Some(format!("s{number}")),
                format!("START RequestId: {id} Version: 1"),
            ),
            line(STREAM, at, Some(format!("r{number}")), report),
        ]
    });
    let held = analysis.assembled.invocations.len() as u64;
    assert!(
        (1_000..10_000).contains(&held),
        "{held} of the newest are left"
    );
    let evicted = analysis.facts.evicted;
    assert_eq!(evicted.invocations, 40_000 - held, "{evicted:?}");
    assert!(evicted.event_ids >= 80_000 - 10_000, "{evicted:?}");
    assert_eq!(
        analysis.facts.inputs.log_events, 80_000,
        "counted all the same"
    );
    assert!(analysis.facts.horizon > Some(Timestamp(START)));
}

#[test]
fn keys_of_events_without_invocations() {
    let (_alone, analysis) = flooded(|number, at| {
        let id = uuid(number);
        vec![line(
            STREAM,
            at,
            None,
            format!("sent MessageId={id} correlation_id=c-{id}"),
        )]
    });
    assert!(
        analysis.facts.horizon > Some(Timestamp(START)),
        "the oldest are gone"
    );
    assert!(analysis.facts.evicted.event_ids > 0);
}

/// Lambda says nothing of them, each line names a run of its own, three lines each of which the middle one is not kept.
#[test]
fn runs_that_only_their_lines_name() {
    let (_alone, analysis) = flooded(|number, at| {
        let id = uuid(number);
        let message =
            format!(r#"{{"timestamp":"t","level":"INFO","message":"done","requestId":"{id}"}}"#);
        let lines = 0..3;
        lines
            .map(|line_of_run| {
                let event = format!("{number}-{line_of_run}");
                line(
                    STREAM,
                    at.plus_ms(line_of_run),
                    Some(event),
                    message.clone(),
                )
            })
            .collect()
    });
    assert!(
        analysis.facts.horizon > Some(Timestamp(START)),
        "the oldest are gone"
    );
    let runs = &analysis.assembled.invocations;
    assert!(runs.len() > 1_000 && runs.len() < 40_000, "{}", runs.len());
    assert!(runs.iter().all(Invocation::is_only_named));
    let facts = analysis.facts.streams[0].facts.len();
    assert!(
        facts <= 2 * runs.len() + 1,
        "{facts} facts of {} runs",
        runs.len()
    );
}

#[test]
fn streams_that_say_nothing() {
    let (_alone, analysis) = flooded(|number, at| {
        let stream = format!("2026/11/20/[1]{number:032x}");
        vec![line(&stream, at, Some(number.to_string()), "tick".into())]
    });
    assert!(
        analysis.facts.horizon > Some(Timestamp(START)),
        "the oldest are gone"
    );
}

#[test]
fn functions() {
    let (_alone, analysis) = flooded(|number, at| {
        vec![Record::Log(LogRecord {
            group: format!("/aws/lambda/f-{number}").into(),
            stream: STREAM.into(),
            timestamp: at,
            ingestion: None,
            event_id: None,
            message: format!("START RequestId: {} Version: 1", uuid(number)).into(),
        })]
    });
    assert!(
        analysis.facts.horizon > Some(Timestamp(START)),
        "the oldest are gone"
    );
}

#[test]
fn traces() {
    let (_alone, analysis) = flooded(|number, at| {
        let seconds = at.0 as f64 / 1_000.0;
        let json = format!(
            r#"{{"trace_id":"1-6b001a21-{number:024x}","id":"{number:016x}","name":"f-{number}","start_time":{seconds},"end_time":{seconds}}}"#
        );
        vec![Record::Segment(json.into())]
    });
    let held = analysis.facts.spans.len();
    assert!(
        held > 1_000 && size_of_val(&analysis.facts.spans[..]) < MEGABYTE,
        "{held}"
    );
    assert_eq!(analysis.facts.evicted.traces, 40_000 - held as u64);
}

#[test]
fn metric_points() {
    let (_alone, analysis) = flooded(|number, at| {
        let json = format!(
            r#"{{"namespace":"AWS/Lambda","metric_name":"Invocations","dimensions":{{"FunctionName":"f-{number}"}},"timestamp":{},"value":{{"count":1.0,"sum":1.0,"max":1.0,"min":1.0}},"unit":"Count"}}"#,
            at.0
        );
        vec![Record::Metric(json.into())]
    });
    assert_eq!(analysis.facts.inputs.metric_points, 40_000);
    assert!(
        analysis.facts.metrics.len() < 10_000,
        "{}",
        analysis.facts.metrics.len()
    );
    assert!(
        analysis.facts.horizon > Some(Timestamp(START)),
        "the oldest are gone"
    );
}

/// The report of an engine, as a document.
fn reported(analysis: &Analysis) -> serde_json::Value {
    let mut bytes = Vec::new();
    report::json(analysis, false, &mut bytes).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

/// The first records of the simulated incident.
fn incident(records: usize) -> Vec<Record> {
    let world = World::new(&Options {
        scenario: Scenario::Incident,
        seed: 7,
        start: Timestamp(START),
        duration_ms: None,
        history_ms: None,
    });
    world.map(|(_, record)| record).take(records).collect()
}

/// Invocations and all else that is concluded are in the bound: no report takes more, however much was read.
#[test]
fn what_is_concluded_counts_too() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let settings: Settings = toml::from_str(SETTINGS).unwrap();
    let limits = Limits {
        fact_bytes: 4 * MEGABYTE,
        ..Limits::of(&settings.memory, false)
    };
    let records = incident(60_000);
    let region = Region::new(ALLOCATOR);
    let mut engine = Engine::new(settings, limits).unwrap();
    for some in records.chunks(700) {
        engine.apply(&Batch::from(some.to_vec()));
    }
    let analysis = engine.conclude();
    let change = region.change();
    let held = change.bytes_allocated - change.bytes_deallocated;
    assert!(analysis.facts.evicted.invocations > 0, "over the bound");
    let least = limits.fact_bytes / 2;
    assert!((least..limits.fact_bytes).contains(&held), "{held} bytes");
}

#[test]
fn what_is_left_is_what_happened_since_the_horizon() {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let settings: Settings = toml::from_str(SETTINGS).unwrap();
    let records = incident(30_000);
    let roomy = Limits::of(&settings.memory, false);
    let tight = Limits {
        fact_bytes: 2 * MEGABYTE,
        ..roomy
    };
    let mut bounded = Engine::new(settings.clone(), tight).unwrap();
    for some in records.chunks(700) {
        bounded.apply(&Batch::from(some.to_vec()));
    }
    let horizon = bounded.analyse().facts.horizon.unwrap();
    // Lines that came late may be older.
    bounded.forget_before(horizon);
    let mut whole = Engine::new(settings, roomy).unwrap();
    whole.apply(&Batch::from(records));
    whole.restrict(&Scope {
        from: Some(horizon),
        ..Scope::default()
    });
    let (left, since) = (reported(&bounded.conclude()), reported(&whole.conclude()));
    assert!(left["completeness"]["evicted"]["invocations"].as_u64() > Some(2_000));
    let parts = [
        "inputs",
        "window",
        "totals",
        "functions",
        "inits",
        "throttles",
        "duplicates",
        "reordered",
    ];
    for part in parts {
        assert_eq!(left[part], since[part], "{part}");
    }
}
