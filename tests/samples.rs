//! Real payloads and traces that nobody here wrote: each is read as what its name says it is.
//!
//! They lie beside the checkout, in `../shared/samples`; where that folder is missing the tests say so and do nothing.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says why it does nothing"
)]

use std::fs;
use std::path::{Path, PathBuf};

use nepho::decode::{self, Decoder};
use nepho::model::fact::{AppFact, EventSource, What};
use nepho::model::record::LogLine;
use nepho::model::settings::Settings;
use nepho::model::symbols::Symbols;
use nepho::model::time::Timestamp;
use serde_json::Value;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/samples")
        .join(folder);
    let Ok(entries) = fs::read_dir(&folder) else {
        println!("skipped: no samples at {}", folder.display());
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn name_of(file: &Path) -> String {
    file.file_name()
        .expect("a file")
        .to_string_lossy()
        .to_lowercase()
}

fn read(decoder: &Decoder, message: &str) -> AppFact {
    let line = LogLine {
        group: "/aws/lambda/f",
        stream: "2026/11/20/[$LATEST]aa97cbe959dac2cd6ae05f15086a7230",
        timestamp: Timestamp(0),
        ingestion: None,
        event_id: None,
        message,
    };
    match decoder
        .line(&line, Some("f"), &mut Symbols::default())
        .map(|fact| fact.what)
    {
        Some(What::App(app)) => app,
        None => AppFact::default(),
        other => panic!("an event was read as {other:?}"),
    }
}

/// The source that a file's name stands for, by the first of these parts that it has; `None`: no source of the report.
fn source_named(name: &str) -> Option<EventSource> {
    let parts = [
        ("firehose", None),
        ("s3-batch", None),
        ("s3batch", None),
        ("s3-object-lambda", None),
        ("s3objectevent", None),
        ("response", None),
        ("ses-", None),
        ("sqs-api", None),
        ("malformed", None),
        ("alb-", None),
        ("appsync", None),
        ("sns-payload", Some(EventSource::Sns)),
        // This alarm arrives through EventBridge, the others call the function themselves.
        ("with-suppressor", Some(EventSource::Eventbridge)),
        ("eventbridge", Some(EventSource::Eventbridge)),
        ("sqsfifo", Some(EventSource::SqsFifo)),
        ("sqs", Some(EventSource::Sqs)),
        ("sns", Some(EventSource::Sns)),
        ("dynamo", Some(EventSource::Dynamodb)),
        ("kinesis", Some(EventSource::Kinesis)),
        ("kafka", Some(EventSource::Kafka)),
        ("apigw", Some(EventSource::Apigateway)),
        ("apigateway", Some(EventSource::Apigateway)),
        ("lambda-urls", Some(EventSource::Apigateway)),
        ("functionurl", Some(EventSource::Apigateway)),
        ("s3", Some(EventSource::S3)),
    ];
    parts.iter().find(|(part, _)| name.contains(part))?.1
}

/// One item a record; one for an event without records.
fn records_in(event: &Value) -> usize {
    match event.get("Records").or_else(|| event.get("records")) {
        Some(Value::Array(records)) => records.len(),
        Some(Value::Object(partitions)) => partitions
            .values()
            .filter_map(Value::as_array)
            .map(Vec::len)
            .sum(),
        _ => 1,
    }
}

#[test]
fn every_event_is_read_as_its_source() {
    let decoder = Decoder::new(&Settings::default()).expect("no rules");
    for file in files("events") {
        let name = name_of(&file);
        let text = fs::read_to_string(&file).expect("readable");
        let one_line = serde_json::from_str::<Value>(&text).map(|event| event.to_string());
        for message in [
            Ok(format!("Received event: {text}")),
            Ok(text.clone()),
            one_line,
        ] {
            let Ok(message) = message else {
                continue;
            };
            let fact = read(&decoder, &message);
            let Some(source) = source_named(&name) else {
                assert!(
                    name.contains("malformed") || fact.items.is_empty(),
                    "{name}: {:?}",
                    fact.items
                );
                continue;
            };
            let event: Value = serde_json::from_str(&text).expect("valid JSON");
            assert_eq!(fact.items.len(), records_in(&event), "{name}");
            assert!(
                fact.items.iter().all(|item| item.source == source),
                "{name}: {:?}",
                fact.items
            );
            assert_eq!((fact.refused, fact.exception), (None, None), "{name}");
        }
    }
}

#[test]
fn wrapped_events_are_seen_and_failures_named() {
    let decoder = Decoder::new(&Settings::default()).expect("no rules");
    for file in files("events") {
        let name = name_of(&file);
        let fact = read(&decoder, &fs::read_to_string(&file).expect("readable"));
        let inner = fact
            .items
            .first()
            .and_then(|item| item.inner)
            .map(|(source, _)| source);
        let expected = match name.as_str() {
            name if name.contains("s3sqs") => Some(EventSource::S3),
            name if name.contains("snssqsfifo") => Some(EventSource::SnsFifo),
            name if name.contains("snssqs") => Some(EventSource::Sns),
            _ => None,
        };
        assert_eq!(inner, expected, "{name}");
        let failed = usize::from(name.contains("batch-response")) * 2;
        assert_eq!(fact.failed_items.len(), failed, "{name}");
    }
}

/// Segment documents of a file: of `BatchGetTraces`, of a bare trace, or the file itself.
fn documents(file: &Value) -> Vec<String> {
    let segments = |trace: &Value| -> Vec<String> {
        let segments = trace["Segments"].as_array().cloned().unwrap_or_default();
        segments
            .iter()
            .filter_map(|segment| segment["Document"].as_str().map(str::to_owned))
            .collect()
    };
    match file.get("Traces").and_then(Value::as_array) {
        Some(traces) => traces.iter().flat_map(segments).collect(),
        None if file.get("Segments").is_some() => segments(file),
        None => vec![file.to_string()],
    }
}

fn nodes(segment: &Value) -> usize {
    let below = segment["subsegments"]
        .as_array()
        .map_or(0, |below| below.iter().map(nodes).sum());
    1 + below
}

#[test]
fn every_segment_gives_a_span_a_node() {
    for file in files("xray") {
        let name = name_of(&file);
        let file: Value = serde_json::from_str(&fs::read_to_string(&file).expect("readable"))
            .expect("valid JSON");
        for document in documents(&file) {
            let segment: Value = serde_json::from_str(&document).expect("valid JSON");
            let mut symbols = Symbols::default();
            let spans = decode::segments(&document, &mut symbols);
            // The guide shows subsegments, service graphs and summaries, too: none is a segment document.
            if segment.get("trace_id").is_none() {
                assert!(name.starts_with("docs_") && spans.is_err(), "{name}");
                continue;
            }
            let spans = spans.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert_eq!(spans.len(), nodes(&segment), "{name}");
            assert_eq!(
                symbols.get(spans[0].name),
                segment["name"].as_str().expect("named"),
                "{name}"
            );
            let ended = segment.get("end_time").is_some();
            assert_eq!(spans[0].end_us.is_some(), ended, "{name}");
            assert!(
                spans[1..]
                    .iter()
                    .all(|span| span.parent.is_some() && span.segment == spans[0].id),
                "{name}"
            );
        }
    }
}
