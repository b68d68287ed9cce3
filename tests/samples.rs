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

use bumpalo::Bump;
use nepho::decode::{self, Decoder};
use nepho::model::fact::{AppFact, EventSource, What};
use nepho::model::ids::{RequestId, SpanId, TraceId};
use nepho::model::json::Json;
use nepho::model::record::LogLine;
use nepho::model::settings::Settings;
use nepho::model::span::{Span, SpanKind};
use nepho::model::symbols::{Sym, Symbols};
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
    read_with(decoder, message, &mut Symbols::default())
}

fn read_with(decoder: &Decoder, message: &str, symbols: &mut Symbols) -> AppFact {
    let line = LogLine {
        group: "/aws/lambda/f",
        stream: "2026/11/20/[$LATEST]aa97cbe959dac2cd6ae05f15086a7230",
        timestamp: Timestamp(0),
        ingestion: None,
        event_id: None,
        message: message.into(),
    };
    match decoder
        .line(&line, Some("f"), symbols, &Bump::new())
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

/// What identifies one item, what orders it, in which sequence, how often it was received and when it was sent: read out of
/// the document here by the rules of each source, apart from the decoder.
#[derive(Debug, PartialEq)]
struct Marks {
    identity: String,
    order_key: Option<String>,
    sequence: Option<String>,
    receives: Option<u16>,
    sent_ms: Option<i64>,
    resource: Option<String>,
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The value at the first of these pointers that has one: .NET's names begin with a capital.
fn at(value: &Value, pointers: &[&str]) -> Option<String> {
    pointers
        .iter()
        .find_map(|pointer| text(value.pointer(pointer)?))
}

fn rfc3339(text: Option<String>) -> Option<i64> {
    Timestamp::parse_rfc3339(&text?).map(|at| at.0)
}

/// The last part of an ARN, of which tables and streams have more behind their name.
fn name_in(arn: &str) -> String {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or(arn);
    let parts: Vec<&str> = resource.split('/').collect();
    match parts[..] {
        ["table" | "stream" | "rule", name, ..] => name.to_owned(),
        _ => resource.to_owned(),
    }
}

fn marks_of(source: EventSource, record: &Value) -> Marks {
    let arn = at(
        record,
        &["/eventSourceARN", "/eventSourceArn", "/EventSourceArn"],
    );
    let mut marks = Marks {
        identity: String::new(),
        order_key: None,
        sequence: None,
        receives: None,
        sent_ms: None,
        resource: arn.as_deref().map(name_in),
    };
    match source {
        EventSource::Sqs | EventSource::SqsFifo => {
            marks.identity = at(record, &["/messageId"]).expect("an id");
            if source == EventSource::SqsFifo {
                marks.order_key = at(record, &["/attributes/MessageGroupId"]);
                marks.sequence = at(record, &["/attributes/SequenceNumber"]);
                assert!(marks.order_key.is_some() && marks.sequence.is_some());
            }
            marks.receives = at(record, &["/attributes/ApproximateReceiveCount"])
                .map(|count| count.parse().expect("a number"));
            marks.sent_ms = at(record, &["/attributes/SentTimestamp"])
                .map(|sent| sent.parse().expect("a number"));
        }
        EventSource::Sns | EventSource::SnsFifo => {
            let name = |key: &str| at(record, &[&format!("/Sns/{key}"), &format!("/sns/{key}")]);
            let either = |key: &str| {
                let small = format!("{}{}", key[..1].to_lowercase(), &key[1..]);
                name(key).or_else(|| name(&small))
            };
            marks.identity = either("MessageId").expect("an id");
            marks.sent_ms = rfc3339(either("Timestamp"));
            marks.resource = either("TopicArn").as_deref().map(name_in);
        }
        EventSource::Kinesis => {
            marks.identity = at(record, &["/eventID"]).expect("an id");
            marks.order_key = marks
                .identity
                .split_once(':')
                .map(|(shard, _)| shard.to_owned());
            marks.sequence = at(record, &["/kinesis/sequenceNumber"]);
            marks.sent_ms = record
                .pointer("/kinesis/approximateArrivalTimestamp")
                .and_then(Value::as_f64)
                .map(|seconds| (seconds * 1e3).round() as i64);
        }
        EventSource::Dynamodb => {
            marks.sequence = at(record, &["/dynamodb/SequenceNumber"]);
            // A record of Kinesis Data Streams for DynamoDB has none.
            marks.identity = (marks.sequence.clone())
                .or_else(|| at(record, &["/eventID"]))
                .expect("an id");
            let mut keys: Vec<(String, String)> = record
                .pointer("/dynamodb/Keys")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
                .map(|(name, typed)| {
                    let typed = typed.as_object().expect("a type and a value");
                    let value = typed.values().next().and_then(text);
                    (name.clone(), value.expect("a scalar"))
                })
                .collect();
            keys.sort();
            let values: Vec<String> = keys.into_iter().map(|(_, value)| value).collect();
            marks.order_key = (!values.is_empty()).then(|| values.join("/"));
            marks.resource = marks.resource.or_else(|| at(record, &["/tableName"]));
            marks.sent_ms = record
                .pointer("/dynamodb/ApproximateCreationDateTime")
                .and_then(Value::as_f64)
                // Seconds; a stream of Kinesis writes milliseconds.
                .map(|time| (if time > 1e11 { time } else { time * 1e3 }).round() as i64);
        }
        EventSource::S3 => {
            let bucket = at(record, &["/s3/bucket/name"]).expect("a bucket");
            let key = at(record, &["/s3/object/key"]).expect("a key");
            marks.sequence = at(record, &["/s3/object/sequencer"]);
            let path = format!("{bucket}/{key}");
            let parts = [
                Some(path.clone()),
                marks.sequence.clone(),
                at(record, &["/eventName"]),
                at(record, &["/s3/object/versionId"]),
            ];
            marks.identity = parts.into_iter().flatten().collect::<Vec<_>>().join("/");
            marks.order_key = Some(path);
            marks.resource = Some(bucket);
            marks.sent_ms = rfc3339(at(record, &["/eventTime"]));
        }
        EventSource::Eventbridge => {
            marks.identity = at(record, &["/id"]).expect("an id");
            marks.sent_ms = rfc3339(at(record, &["/time"]));
            let rule = at(record, &["/resources/0"]).filter(|arn| arn.contains(":rule/"));
            marks.resource = rule.as_deref().map(name_in);
        }
        EventSource::Apigateway => {
            marks.identity = at(record, &["/requestContext/requestId"]).expect("an id");
            marks.resource = at(record, &["/requestContext/apiId"]);
            marks.sent_ms = at(
                record,
                &[
                    "/requestContext/requestTimeEpoch",
                    "/requestContext/timeEpoch",
                ],
            )
            .and_then(|sent| sent.parse().ok());
        }
        _ => panic!("{source} has rules of its own"),
    }
    marks
}

/// Kafka's records stand by partition: `topic-partition`, and its offset in there.
fn marks_of_kafka(event: &Value) -> Vec<Marks> {
    let partitions = event["records"].as_object().expect("partitions");
    let records = partitions.iter().flat_map(|(partition, records)| {
        let records = records.as_array().expect("records").iter();
        records.map(move |record| (partition, record))
    });
    records
        .map(|(partition, record)| {
            let offset = text(&record["offset"]).expect("an offset");
            Marks {
                identity: format!("{partition}:{offset}"),
                order_key: Some(partition.clone()),
                sequence: Some(offset),
                receives: None,
                sent_ms: record["timestamp"].as_i64(),
                resource: text(&record["topic"]),
            }
        })
        .collect()
}

#[test]
fn every_item_has_the_marks_that_its_source_gives_it() {
    let decoder = Decoder::new(&Settings::default()).expect("no rules");
    let mut seen: Vec<EventSource> = Vec::new();
    for file in files("events") {
        let name = name_of(&file);
        let Some(source) = source_named(&name) else {
            continue;
        };
        let message = fs::read_to_string(&file).expect("readable");
        let event: Value = serde_json::from_str(&message).expect("valid JSON");
        let expected: Vec<Marks> = match &event["Records"] {
            _ if source == EventSource::Kafka => marks_of_kafka(&event),
            Value::Array(records) => records
                .iter()
                .map(|record| marks_of(source, record))
                .collect(),
            _ => vec![marks_of(source, &event)],
        };
        let mut symbols = Symbols::default();
        let fact = read_with(&decoder, &message, &mut symbols);
        let word = |sym: Option<Sym>| sym.map(|sym| symbols.get(sym).to_owned());
        let found: Vec<Marks> = fact
            .items
            .iter()
            .map(|item| Marks {
                identity: symbols.get(item.identity).to_owned(),
                order_key: word(item.order_key),
                sequence: word(item.sequence),
                receives: item.receive_count,
                sent_ms: item.sent_at.map(|at| at.0),
                resource: word(item.resource),
            })
            .collect();
        assert_eq!(found, expected, "{name}");
        let places = fact.items.iter().map(|item| item.index);
        assert!(places.eq(0..found.len() as u16), "{name}");
        seen.push(source);
    }
    if seen.is_empty() {
        return;
    }
    // No source was passed over for want of a file.
    for source in [
        EventSource::Sqs,
        EventSource::SqsFifo,
        EventSource::Sns,
        EventSource::Eventbridge,
        EventSource::Kinesis,
        EventSource::Dynamodb,
        EventSource::S3,
        EventSource::Kafka,
        EventSource::Apigateway,
    ] {
        assert!(seen.contains(&source), "no file shows {source}");
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
            let arena = Bump::new();
            let json = Json::parse(&document, &arena).expect("valid JSON");
            let spans = decode::segments(&json, None, &mut symbols);
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
            assert_eq!(spans[0].end_us.get().is_some(), ended, "{name}");
            assert!(
                spans[1..]
                    .iter()
                    .all(|span| span.parent.get().is_some() && span.segment == spans[0].id),
                "{name}"
            );
        }
    }
}

/// Compares a span with its node, and the spans below it with the nodes below; gives the spans behind them.
fn compare<'a>(
    node: &Value,
    parent: Option<SpanId>,
    above: &Value,
    spans: &'a [Span],
    symbols: &Symbols,
    name: &str,
) -> &'a [Span] {
    let (span, mut rest) = spans.split_first().expect("a span a node");
    let text = |pointer: &str| node.pointer(pointer).and_then(Value::as_str);
    let truth = |key: &str| node[key].as_bool() == Some(true);
    let micros = |key: &str| {
        node[key]
            .as_f64()
            .map(|seconds| (seconds * 1e6).round() as i64)
    };
    assert_eq!(Some(span.id), text("/id").and_then(SpanId::parse), "{name}");
    assert_eq!(span.parent.get(), parent, "{name}");
    assert_eq!(Some(span.start_us), micros("start_time"), "{name}");
    let running = truth("in_progress");
    assert_eq!(
        span.end_us.get(),
        micros("end_time").filter(|_| !running),
        "{name}"
    );
    assert_eq!(
        (span.error, span.fault, span.throttle),
        (truth("error"), truth("fault"), truth("throttle")),
        "{name}"
    );
    let inferred = above["inferred"].as_bool() == Some(true) || truth("inferred");
    assert_eq!(span.inferred, inferred, "{name}");
    let request = text("/aws/request_id");
    assert_eq!(
        span.invocation.get(),
        request.and_then(RequestId::parse),
        "{name}"
    );
    assert_eq!(
        span.operation.map(|sym| symbols.get(sym)),
        text("/aws/operation"),
        "{name}"
    );
    assert_eq!(
        span.status.map(u64::from),
        node.pointer("/http/response/status")
            .and_then(Value::as_u64),
        "{name}"
    );
    assert_eq!(
        symbols.get(span.name),
        text("/name").unwrap_or(""),
        "{name}"
    );
    let own = text("/name").unwrap_or("");
    let kind = match (above.is_null(), text("/origin"), text("/namespace"), own) {
        (true, Some("AWS::Lambda"), ..) => SpanKind::LambdaService,
        (true, Some("AWS::Lambda::Function"), ..) => SpanKind::LambdaFunction,
        (true, ..) => SpanKind::Segment,
        (_, _, Some(_), _) => SpanKind::Remote,
        (_, _, None, "Initialization") => SpanKind::Initialization,
        (_, _, None, "Invocation") => SpanKind::Invocation,
        (_, _, None, "Overhead") => SpanKind::Overhead,
        (_, _, None, "Dwell Time") => SpanKind::DwellTime,
        (_, _, None, attempt) if attempt.starts_with("Attempt #") => {
            SpanKind::Attempt(attempt["Attempt #".len()..].parse().expect("a number"))
        }
        _ => SpanKind::Local,
    };
    assert_eq!(span.kind, kind, "{name}: {own}");
    for child in node["subsegments"].as_array().into_iter().flatten() {
        rest = compare(child, Some(span.id), node, rest, symbols, name);
    }
    rest
}

#[test]
fn every_span_says_what_its_node_says() {
    let mut kinds = Vec::new();
    for file in files("xray") {
        let name = name_of(&file);
        let file: Value = serde_json::from_str(&fs::read_to_string(&file).expect("readable"))
            .expect("valid JSON");
        for document in documents(&file) {
            let segment: Value = serde_json::from_str(&document).expect("valid JSON");
            let mut symbols = Symbols::default();
            let arena = Bump::new();
            let json = Json::parse(&document, &arena).expect("valid JSON");
            let Ok(spans) = decode::segments(&json, None, &mut symbols) else {
                continue;
            };
            let trace = segment["trace_id"].as_str().and_then(TraceId::parse);
            assert!(spans.iter().all(|span| Some(span.trace) == trace), "{name}");
            let parent = segment["parent_id"].as_str().and_then(SpanId::parse);
            let rest = compare(&segment, parent, &Value::Null, &spans, &symbols, &name);
            assert!(rest.is_empty(), "{name}");
            kinds.extend(spans.iter().map(|span| span.kind));
        }
    }
    if kinds.is_empty() {
        return;
    }
    // The traces are of functions that were called at once and of some that waited in the service's own queue.
    for kind in [
        SpanKind::LambdaService,
        SpanKind::LambdaFunction,
        SpanKind::Initialization,
        SpanKind::Invocation,
        SpanKind::Overhead,
        SpanKind::DwellTime,
        SpanKind::Attempt(1),
        SpanKind::Remote,
    ] {
        assert!(kinds.contains(&kind), "no trace shows {kind:?}");
    }
}
