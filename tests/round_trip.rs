//! A world that goes through AWS comes out the same: the records of the simulated cloud are put into an emulator with an
//! independent client, polled back by nepho, and the report equals the report of the recording.
//!
//! Aside are `inputs` and what hangs on ids and times of ingestion, which the emulator gives anew: evidence event ids, and how
//! far the window is complete. Metrics and functions are left out of both: moto's `GetMetricData` does not speak the SDK's protocol.
#![cfg(feature = "aws")]

#[path = "support/program.rs"]
mod program;
#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use nepho::app::clock;
use nepho::demo::{Options, SETTINGS, Scenario, World};
use nepho::export::recording::write_record;
use nepho::model::record::Record;
use program::{finish, nepho};
use serde_json::{Value, json};
use server::{Server, boto};

const REGION: &str = "sa-east-1";
/// Two minutes of the shop: thousands of lines in dozens of streams.
const HISTORY_MS: i64 = 120_000;

#[test]
fn the_polled_world_gives_the_report_of_the_recorded_one() {
    let folder = tempfile::tempdir().unwrap();
    // Moto refuses old events, so the world is anchored at now, in the past by what it takes to settle.
    let options = Options {
        scenario: Scenario::DoubleOrders,
        seed: 11,
        start: clock::now().plus_ms(-900_000),
        duration_ms: Some(0),
        history_ms: Some(HISTORY_MS),
    };
    let records: Vec<Record> = World::new(&options)
        .map(|(_, record)| record)
        .filter(|record| matches!(record, Record::Log(_) | Record::Segment(_)))
        .collect();
    let recording = folder.path().join("world.ndjson");
    let mut out = BufWriter::new(File::create(&recording).unwrap());
    for record in &records {
        write_record(record, &mut out).unwrap();
    }
    out.flush().unwrap();
    let config = folder.path().join("shop.toml");
    fs::write(&config, SETTINGS).unwrap();

    let moto = Server::moto();
    put(&moto, &records);
    let config = config.to_str().unwrap();
    let common = [
        "--config",
        config,
        "--format",
        "json",
        "--full",
        "--exit-zero",
    ];
    let recorded = report(&[&["report", recording.to_str().unwrap()], &common[..]].concat());
    let since = clock::now().plus_ms(-1_800_000).to_string();
    let url = moto.url();
    let polled = [
        "report",
        "--endpoint-url",
        &url,
        "--region",
        REGION,
        "--since",
        &since,
    ];
    let polled = report(&[&polled, &common[..]].concat());

    let invocations = recorded["invocations"].as_array().map_or(0, Vec::len);
    assert!(
        invocations > 1_000,
        "a world worth the name: {invocations} invocations"
    );
    assert_eq!(
        polled["inputs"]["log_events"],
        recorded["inputs"]["log_events"]
    );
    let (polled, recorded) = (comparable(polled), comparable(recorded));
    for (key, expected) in recorded.as_object().unwrap() {
        same(Path::new(key), expected, &polled[key]);
    }
}

/// Puts the records into moto as a producer would.
fn put(moto: &Server, records: &[Record]) {
    let events: Vec<Value> = records
        .iter()
        .filter_map(|record| match record {
            Record::Log(log) => Some(json!({
                "group": log.group, "stream": log.stream,
                "timestamp": log.timestamp.0, "message": log.message,
            })),
            _ => None,
        })
        .collect();
    let answer = boto(
        &moto.url(),
        REGION,
        "put-logs",
        &json!({ "events": events }),
    );
    assert_eq!(answer, json!({ "rejected_batches": 0 }));
    let documents: Vec<&str> = records
        .iter()
        .filter_map(|record| match record {
            Record::Segment(document) => Some(&**document),
            _ => None,
        })
        .collect();
    assert!(documents.len() > 100, "{} segments", documents.len());
    let answer = boto(
        &moto.url(),
        REGION,
        "put-traces",
        &json!({ "documents": documents }),
    );
    assert_eq!(answer, json!({ "unprocessed": 0 }));
}

fn report(arguments: &[&str]) -> Value {
    let (status, out, said) = finish(nepho(arguments));
    assert_eq!(status, Some(0), "{said}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// Without what the emulator gives anew.
fn comparable(mut report: Value) -> Value {
    report["inputs"] = Value::Null;
    report["completeness"]["complete_until"] = Value::Null;
    for finding in report["findings"].as_array_mut().unwrap() {
        for proof in finding["evidence"].as_array_mut().unwrap() {
            proof["event_id"] = Value::Null;
        }
    }
    report
}

/// Compares row by row, so that a difference can be read.
fn same(at: &Path, expected: &Value, got: &Value) {
    match (expected, got) {
        (Value::Array(expected), Value::Array(got)) => {
            for (row, (expected, got)) in expected.iter().zip(got).enumerate() {
                same(&at.join(row.to_string()), expected, got);
            }
            assert_eq!(expected.len(), got.len(), "rows of {}", at.display());
        }
        _ => assert_eq!(expected, got, "{}", at.display()),
    }
}
