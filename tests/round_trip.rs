//! A world that goes through AWS comes out the same: the records of the simulated cloud are put into an emulator with an
//! independent client, polled back by nepho, and the report equals the report of the recording.
//!
//! Moto holds the log lines and the traces, ministack the metrics and the functions with their settings: neither does all of it.
//! Aside are `inputs` and what hangs on ids and times of ingestion, which the emulators give anew: evidence event ids, how
//! far the window is complete, and the coverage, which counts minutes that are. SnapStart and provisioned concurrency are not set: ministack runs functions to make a
//! snapshot, and does not list what is provisioned. Of metrics, only the sets of dimensions that nepho asks for are put and recorded. The limit of the account and the time when a
//! function was last modified are the emulator's own, and stand in the recording too.
#![cfg(feature = "aws")]

#[path = "support/program.rs"]
mod program;
#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;

use nepho::app::clock;
use nepho::demo::{Options, SETTINGS, Scenario, World};
use nepho::export::recording::write_record;
use nepho::model::record::Record;
use program::{finish, nepho};
use serde_json::{Value, json};
use server::{Server, boto};

/// Tests that run at the same time share an emulator: each has a region of its own.
const REGION: &str = "sa-east-1";
const REGION_OF_SNAPSHOTS: &str = "ca-central-1";
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
        .filter_map(held)
        .collect();
    let (moto, ministack) = (Server::moto(), Server::ministack());
    let own = put_settings(&ministack, &records);
    let records: Vec<Record> = records
        .into_iter()
        .map(|record| with_own(record, &own))
        .collect();
    let recording = folder.path().join("world.ndjson");
    let mut out = BufWriter::new(File::create(&recording).unwrap());
    for record in &records {
        write_record(record, &mut out).unwrap();
    }
    out.flush().unwrap();
    let config = folder.path().join("shop.toml");
    fs::write(&config, SETTINGS).unwrap();

    put(&moto, REGION, &records);
    put_metrics(&ministack, &records);
    let config = config.to_str().unwrap();
    let common = [
        "--config",
        config,
        "--format",
        "json",
        "--full",
        "--exit-zero",
    ];
    let recorded = ["report", recording.to_str().unwrap()];
    let recorded = report(nepho(&[&recorded, &common[..]].concat()));
    let since = clock::now().plus_ms(-1_800_000).to_string();
    let polled = ["report", "--region", REGION, "--since", &since];
    let mut polled = nepho(&[&polled, &common[..]].concat());
    polled
        .env("AWS_ENDPOINT_URL", moto.url())
        .env("AWS_ENDPOINT_URL_CLOUDWATCH", ministack.url())
        .env("AWS_ENDPOINT_URL_LAMBDA", ministack.url());
    let polled = report(polled);

    let invocations = recorded["invocations"].as_array().map_or(0, Vec::len);
    assert!(
        invocations > 1_000,
        "a world worth the name: {invocations} invocations"
    );
    for input in ["log_events", "metric_points"] {
        assert_eq!(
            polled["inputs"][input], recorded["inputs"][input],
            "{input}"
        );
    }
    assert!(recorded["inputs"]["metric_points"].as_u64() > Some(20));
    let (polled, recorded) = (comparable(polled), comparable(recorded));
    for (key, expected) in recorded.as_object().unwrap() {
        same(Path::new(key), expected, &polled[key]);
    }
}

#[test]
fn a_snapshot_from_aws_says_offline_what_a_recording_says() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        scenario: Scenario::Incident,
        seed: 11,
        start: clock::now().plus_ms(-300_000),
        duration_ms: Some(0),
        history_ms: Some(15_000),
    };
    let is_held = |record: &Record| matches!(record, Record::Log(_) | Record::Segment(_));
    let records = World::new(&options).map(|(_, record)| record);
    let records: Vec<Record> = records.filter(is_held).collect();
    let recording = folder.path().join("world.ndjson");
    let mut out = BufWriter::new(File::create(&recording).unwrap());
    for record in &records {
        write_record(record, &mut out).unwrap();
    }
    out.flush().unwrap();
    let moto = Server::moto();
    put(&moto, REGION_OF_SNAPSHOTS, &records);
    let offline = |path: &str| {
        let arguments = ["report", path, "--format", "json", "--full", "--exit-zero"];
        comparable(report(nepho(&arguments)))
    };
    let recorded = offline(recording.to_str().unwrap());
    let snapshot = |scope: &[&str]| {
        let name = format!("snapshot{}.tar.zst", scope.concat());
        let to = folder.path().join(name);
        let to = to.to_str().unwrap();
        let written = [
            "snapshot",
            "--region",
            REGION_OF_SNAPSHOTS,
            "--since",
            "30m",
            "--no-redact",
        ];
        let mut command = nepho(&[&written[..], &["-o", to], scope].concat());
        command.env("AWS_ENDPOINT_URL", moto.url());
        let (status, out, said) = finish(command);
        assert_eq!((status, out.trim_end()), (Some(0), to), "{said}");
        offline(to)
    };
    let whole = snapshot(&[]);
    for key in ["totals", "invocations", "inits", "links", "findings"] {
        same(Path::new(key), &recorded[key], &whole[key]);
    }
    scopes(&recorded, &snapshot);
}

/// Each scope holds what was asked for and what is linked to it, and no more than that.
fn scopes(whole: &Value, snapshot: &dyn Fn(&[&str]) -> Value) {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = |report: &Value| report["invocations"].as_array().unwrap().clone();
    let requests = |report: &Value| -> BTreeSet<String> {
        rows(report)
            .iter()
            .map(|row| text(&row["request_id"]))
            .collect()
    };
    let all = requests(whole).len();
    let link = &whole["links"][0];
    let (parent, child) = (text(&link["parent"]), text(&link["child"]));

    let one = requests(&snapshot(&["--request", &child]));
    assert!(
        one.contains(&parent) && one.contains(&child) && one.len() < all / 4,
        "{}",
        one.len()
    );

    let traced = |row: &&Value| row["trace_id"].is_string();
    let run = rows(whole).iter().find(traced).unwrap().clone();
    let one = requests(&snapshot(&["--trace", run["trace_id"].as_str().unwrap()]));
    assert!(
        one.contains(run["request_id"].as_str().unwrap()) && one.len() < all / 4,
        "{}",
        one.len()
    );

    let of = |report: &Value, name: &str| -> BTreeSet<String> {
        let rows = rows(report);
        let rows = rows.iter().filter(|row| row["function"] == name);
        rows.map(|row| text(&row["request_id"])).collect()
    };
    let runs = rows(whole);
    let function = runs.iter().find(|row| row["request_id"] == *child).unwrap();
    let name = text(&function["function"]);
    let some = snapshot(&["--function", &name]);
    assert_eq!(of(&some, &name), of(whole, &name));
    assert!(
        requests(&some).contains(&parent),
        "what called it was read too"
    );
    assert!(requests(&some).len() < all);

    let finding = text(&whole["findings"][0]["id"]);
    let some = snapshot(&["--finding", &finding]);
    let is_it = |found: &Value| found["id"] == *finding;
    assert!(
        some["findings"].as_array().unwrap().iter().any(is_it),
        "{finding} is found in it again"
    );
    assert!(requests(&some).len() < all);
}

/// What the emulators can hold of the world.
fn held(record: Record) -> Option<Record> {
    match record {
        Record::Log(_) | Record::Segment(_) => Some(record),
        Record::Metric(ref line) => {
            let line: Value = serde_json::from_str(line).unwrap();
            let dimensions = line["dimensions"].as_object().unwrap();
            let asked = dimensions.len() == 1 && dimensions.contains_key("FunctionName");
            asked.then_some(record)
        }
        Record::Function(text) => {
            let mut function: Value = serde_json::from_str(&text).unwrap();
            function["SnapStart"] = json!({ "ApplyOn": "None" });
            function
                .as_object_mut()
                .unwrap()
                .remove("ProvisionedConcurrencyConfigs");
            Some(Record::Function(function.to_string().into()))
        }
        Record::Gap(_) => None,
    }
}

/// Every function with its settings; the account's limit and when each function was last modified, as the emulator has it.
fn put_settings(ministack: &Server, records: &[Record]) -> Value {
    // The world tells of a function again when it changed: the last is how it stands now.
    let mut functions: BTreeMap<String, Value> = BTreeMap::new();
    for record in records {
        if let Record::Function(text) = record {
            let function: Value = serde_json::from_str(text).unwrap();
            functions.insert(function["FunctionName"].to_string(), function);
        }
    }
    let functions: Vec<Value> = functions.into_values().collect();
    assert!(functions.len() > 15, "{} functions", functions.len());
    let input = json!({ "functions": functions });
    boto(&ministack.url(), REGION, "configure", &input)
}

fn with_own(record: Record, own: &Value) -> Record {
    let Record::Function(text) = record else {
        return record;
    };
    let mut function: Value = serde_json::from_str(&text).unwrap();
    let modified = &own["modified"][function["FunctionName"].as_str().unwrap()];
    function["LastModified"] = modified.clone();
    function["AccountConcurrentExecutions"] = own["limit"].clone();
    Record::Function(function.to_string().into())
}

fn put_metrics(ministack: &Server, records: &[Record]) {
    let minutes: Vec<Value> = records
        .iter()
        .filter_map(|record| match record {
            Record::Metric(line) => {
                let line: Value = serde_json::from_str(line).unwrap();
                let value = &line["value"];
                Some(json!({
                    "name": line["metric_name"], "dimensions": line["dimensions"], "unit": line["unit"],
                    "timestamp": line["timestamp"].as_i64().unwrap() / 1_000,
                    "sum": value["sum"], "count": value["count"], "min": value["min"], "max": value["max"],
                }))
            }
            _ => None,
        })
        .collect();
    let input = json!({ "minutes": minutes });
    boto(&ministack.url(), REGION, "put-minutes", &input);
}

/// Puts the records into moto as a producer would.
fn put(moto: &Server, region: &str, records: &[Record]) {
    let events: Vec<Value> = records
        .iter()
        .filter_map(|record| match record {
            Record::Log(log) => Some(json!({
                "group": &*log.group, "stream": &*log.stream,
                "timestamp": log.timestamp.0, "message": log.message,
            })),
            _ => None,
        })
        .collect();
    let answer = boto(
        &moto.url(),
        region,
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
    assert!(documents.len() > 10, "{} segments", documents.len());
    let answer = boto(
        &moto.url(),
        region,
        "put-traces",
        &json!({ "documents": documents }),
    );
    assert_eq!(answer, json!({ "unprocessed": 0 }));
}

fn report(command: Command) -> Value {
    let (status, out, said) = finish(command);
    assert_eq!(status, Some(0), "{said}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// Without what the emulator gives anew.
fn comparable(mut report: Value) -> Value {
    report["inputs"] = Value::Null;
    for figure in ["complete_until", "coverage"] {
        report["completeness"][figure] = Value::Null;
    }
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
