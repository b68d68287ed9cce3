//! Detection, rule by rule: one file in `tests/scenarios/` states raw lines, and what the report must say of them.
//!
//! ```toml
//! # The reasoning: which rule this is, and how the expected figures follow from its definition.
//! config = '''...'''                       # the text of a nepho.toml; optional
//!
//! [[log]]                                   # one stream; events get ids in the order they stand in the file
//! group = "/aws/lambda/orders"              # if left out: from the stream or function
//! function = "orders"                       # shorthand: group /aws/lambda/orders
//! stream = "2026/03/01/[$LATEST]aaaa"       # shorthand: stream = "aaaa" becomes this
//! ingest_after_ms = 500                     # ingestionTime - timestamp; default 500
//! repeat = 30                               # the lines so many times, each time `every_ms` later and every request id 1000 higher;
//! every_ms = 60000                          # with `own_streams = true` each time in a stream of its own
//! lines = '''
//! 12:00:00.000 START RequestId: 00000000-0000-4000-8000-000000000001 Version: $LATEST
//! 12:00:00.100 REPORT RequestId: ...\tDuration: 100.00 ms\t...
//! '''                                       # HH:MM:SS.mmm (day 2026-03-01) and the message. In a message that does
//!                                           # not begin with `{`, \t \n \r stand for the control characters.
//!                                           # @1, @2 … stand for request ids 00000000-0000-4000-8000-000000000001, …
//! [[trace]]
//! segments = ['''{"id": ...}''']
//!
//! [[metric]]
//! name = "Throttles"
//! function = "orders"                       # or: dimensions = { TableName = "orders" }
//! namespace = "AWS/Lambda"                  # default
//! minute = "12:00"
//! sum = 3.0                                 # also count, min, max
//!
//! [[gap]]                                   # a stretch of a log group that its source did not see
//! group = "/aws/lambda/orders"
//! from = "12:00:00.000"
//! to = "12:01:00.000"
//! why = "outage"
//!
//! [[function]]
//! FunctionName = "orders"                   # any key of ListFunctions
//! ReservedConcurrentExecutions = 20
//!
//! [expect]
//! none = ["duplicates", "reordered"]        # these lists are empty
//! quiet = true                              # no finding is P1 or P2
//! [expect.totals]                           # these keys have these values
//! invocations = 1
//! [[expect.inits]]                          # the list has exactly these rows in this order; keys not named may be anything
//! kind = "on_demand"
//! at = "12:00:00.000"                       # a time of day stands for that moment of the day
//! cause = "null"                            # "null" stands for null
//! [[expect.some.findings]]                  # among the rows of the list is one like this
//! kind = "throttling"
//! ```
//!
//! Every scenario is answered four times: whole, line by line backwards, in slices with re-reads, and shuffled. The answers
//! must be the same bytes: no slicing of polls and no order of arrival changes a figure.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::PathBuf;

use nepho::engine::{Engine, Limits};
use nepho::export::report;
use nepho::model::batch::Batch;
use nepho::model::event_id::EventId;
use nepho::model::fact::EventSource;
use nepho::model::finding::{FindingKind, Severity};
use nepho::model::invocation::InvocationStatus;
use nepho::model::record::{Gap, GapReason, LogRecord, Record};
use nepho::model::rows::{
    DuplicateClass, Harm, InitCause, InitKind, LinkTier, ThrottleClass, Verdict,
};
use nepho::model::settings::Settings;
use nepho::model::symbols::Symbols;
use nepho::model::time::Timestamp;
use rstest::rstest;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

const DAY: &str = "2026-03-01";

#[rstest]
fn scenario(#[files("tests/scenarios/*.toml")] path: PathBuf) {
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with('#'),
        "a scenario begins with its reasoning"
    );
    let file: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}"));
    let settings: Settings = file.get("config").map_or_else(Settings::default, |config| {
        toml::from_str(config.as_str().unwrap()).unwrap()
    });
    let records = records(&file);
    let whole = answer(&settings, std::slice::from_ref(&records));
    let report: Value = serde_json::from_slice(&whole).unwrap();
    let expect = file["expect"]
        .as_table()
        .expect("a scenario expects something");
    assert!(!expect.is_empty(), "a scenario expects something");
    let mut wrong = Vec::new();
    for (key, value) in expect {
        check(key, value, &report, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}\n{report:#}", wrong.join("\n"));

    let backwards: Vec<Vec<Record>> = records.iter().rev().map(|one| vec![one.clone()]).collect();
    assert_same(
        &whole,
        &answer(&settings, &backwards),
        "line by line backwards",
    );
    let mut slices: Vec<Vec<Record>> = records.chunks(3).map(<[_]>::to_vec).collect();
    let again: Vec<Record> = records
        .iter()
        .filter(|one| matches!(one, Record::Log(_)))
        .cloned()
        .collect();
    slices.push(again);
    assert_same(
        &whole,
        &answer(&settings, &slices),
        "in slices, with every line read again",
    );
    let (odd, even): (Vec<_>, Vec<_>) = records
        .iter()
        .cloned()
        .enumerate()
        .partition(|(at, _)| at % 2 == 1);
    let shuffled = [odd, even].map(|half| half.into_iter().map(|(_, one)| one).collect());
    assert_same(
        &whole,
        &answer(&settings, &shuffled),
        "every second line first",
    );
}

/// Every value that the report may give has a scenario that expects it.
#[test]
fn everything_that_a_report_may_say_has_a_scenario() {
    assert_eq!(Expected::of_all().missing(), []);
}

/// And each that lost its last scenario would be missed.
#[test]
fn a_value_without_a_scenario_is_missed() {
    let mut expected = Expected::of_all();
    for value in everything() {
        expected.0.remove(&value);
        assert_eq!(expected.missing(), std::slice::from_ref(&value));
        expected.0.insert(value);
    }
}

/// A list of the report, a key of its rows, a value.
type Said = (String, String, String);

/// All that a report may say in words of the contract.
fn everything() -> Vec<Said> {
    // Cost, security, governance and coupling are named for later.
    let later = [
        FindingKind::Cost,
        FindingKind::Security,
        FindingKind::Governance,
        FindingKind::Coupling,
    ];
    // A gateway gives each request once, and what has no id at all cannot be known to come again.
    let never_repeat = [EventSource::Apigateway, EventSource::Payload];
    // Sources that keep an order.
    let ordered = [
        EventSource::SqsFifo,
        EventSource::SnsFifo,
        EventSource::Kinesis,
        EventSource::Dynamodb,
        EventSource::S3,
        EventSource::Kafka,
        EventSource::Configured,
    ];
    let unordered: Vec<EventSource> = EventSource::iter()
        .filter(|source| !ordered.contains(source))
        .collect();
    let lists = [
        every("findings", "kind", &later),
        every("findings", "severity", &[Severity::P4]),
        every("inits", "kind", &[] as &[InitKind]),
        every("inits", "cause", &[] as &[InitCause]),
        every("throttles", "class", &[] as &[ThrottleClass]),
        every("duplicates", "class", &[] as &[DuplicateClass]),
        every("duplicates", "harm", &[] as &[Harm]),
        every("duplicates", "source", &never_repeat),
        every("reordered", "verdict", &[] as &[Verdict]),
        every("reordered", "source", &unordered),
        every("links", "tier", &[] as &[LinkTier]),
        every("gaps", "why", &[] as &[GapReason]),
        every("invocations", "status", &[] as &[InvocationStatus]),
    ];
    lists.concat()
}

fn every<T: IntoEnumIterator + Display + PartialEq>(list: &str, key: &str, but: &[T]) -> Vec<Said> {
    T::iter()
        .filter(|value| !but.contains(value))
        .map(|value| (list.to_owned(), key.to_owned(), value.to_string()))
        .collect()
}

/// What the scenarios expect.
struct Expected(BTreeSet<Said>);

impl Expected {
    fn of_all() -> Self {
        let mut all = Self(BTreeSet::new());
        for file in std::fs::read_dir("tests/scenarios").unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let file: toml::Table = text.parse().unwrap();
            all.take(file["expect"].as_table().unwrap());
        }
        all
    }

    fn take(&mut self, lists: &toml::Table) {
        for (list, rows) in lists {
            match rows {
                toml::Value::Table(below) => self.take(below),
                toml::Value::Array(rows) => {
                    let keys = rows.iter().filter_map(toml::Value::as_table).flatten();
                    for (key, value) in keys {
                        if let Some(value) = value.as_str() {
                            self.0.insert((list.clone(), key.clone(), value.to_owned()));
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// What no scenario expects.
    fn missing(&self) -> Vec<Said> {
        let all = everything().into_iter();
        all.filter(|value| !self.0.contains(value)).collect()
    }
}

fn answer(settings: &Settings, polls: &[Vec<Record>]) -> Vec<u8> {
    let limits = Limits::of(&settings.memory, false);
    let mut engine = Engine::new(settings.clone(), limits).unwrap();
    for poll in polls {
        engine.apply(&Batch::from(poll.clone()));
    }
    let mut out = Vec::new();
    report::json(&engine.analyse(), true, &mut out).unwrap();
    out
}

/// The same bytes, but for how often lines were read again.
fn assert_same(whole: &[u8], sliced: &[u8], how: &str) {
    let parse = |bytes: &[u8]| {
        let mut report: Value = serde_json::from_slice(bytes).unwrap();
        report["inputs"]["log_events_reread"] = Value::Null;
        serde_json::to_string_pretty(&report).unwrap()
    };
    let (whole, sliced) = (parse(whole), parse(sliced));
    let differs = whole.lines().zip(sliced.lines()).find(|(a, b)| a != b);
    assert!(whole == sliced, "another answer {how}: {differs:?}");
}

fn records(file: &toml::Table) -> Vec<Record> {
    let mut records = Vec::new();
    let mut number = 0;
    for log in tables(file, "log") {
        log_records(log, &mut number, &mut records);
    }
    for trace in tables(file, "trace") {
        for segment in trace["segments"].as_array().unwrap() {
            records.push(Record::Segment(
                request_ids(segment.as_str().unwrap()).into(),
            ));
        }
    }
    for metric in tables(file, "metric") {
        records.push(Record::Metric(metric_line(metric).into()));
    }
    for gap in tables(file, "gap") {
        let text = |key: &str| gap[key].as_str().unwrap();
        records.push(Record::Gap(Gap {
            group: text("group").into(),
            from: moment(text("from")),
            to: moment(text("to")),
            why: text("why").parse().unwrap(),
        }));
    }
    for function in tables(file, "function") {
        let function = serde_json::to_value(function).unwrap();
        records.push(Record::Function(function.to_string().into()));
    }
    records
}

fn tables<'a>(file: &'a toml::Table, key: &str) -> Vec<&'a toml::Table> {
    let list = file
        .get(key)
        .map_or(&[][..], |list| list.as_array().unwrap());
    list.iter().map(|one| one.as_table().unwrap()).collect()
}

fn log_records(log: &toml::Table, number: &mut u32, records: &mut Vec<Record>) {
    let whole = |key: &str, other: i64| log.get(key).map_or(other, |it| it.as_integer().unwrap());
    let own_streams = log
        .get("own_streams")
        .is_some_and(|own| own.as_bool().unwrap());
    for time in 0..whole("repeat", 1) {
        let stream = own_streams.then(|| format!("{time:0>32}"));
        let later_ms = time * whole("every_ms", 0);
        let one = Repetition {
            number: time as u32,
            later_ms,
            stream,
        };
        log_lines(log, &one, number, records);
    }
}

/// One of the times that the lines of a log stand there.
struct Repetition {
    number: u32,
    later_ms: i64,
    stream: Option<String>,
}

fn log_lines(
    log: &toml::Table,
    repetition: &Repetition,
    number: &mut u32,
    records: &mut Vec<Record>,
) {
    let text = |key: &str| log.get(key).map(|value| value.as_str().unwrap().to_owned());
    let group =
        text("group").or_else(|| text("function").map(|name| format!("/aws/lambda/{name}")));
    let stream = (repetition.stream.clone())
        .or_else(|| text("stream"))
        .unwrap_or_else(|| "0001".to_owned());
    let stream = if stream.contains('/') {
        stream
    } else {
        format!("2026/03/01/[$LATEST]{stream:0>32}")
    };
    let delay = log
        .get("ingest_after_ms")
        .map_or(500, |delay| delay.as_integer().unwrap());
    for line in text("lines")
        .unwrap()
        .lines()
        .filter(|line| !line.trim().is_empty())
    {
        let (time, message) = line
            .trim_start()
            .split_once(' ')
            .unwrap_or_else(|| panic!("{line}"));
        let timestamp = moment(time).plus_ms(repetition.later_ms);
        let message = request_ids_from(message, repetition.number * 1000);
        let message = if message.starts_with('{') {
            message
        } else {
            message
                .replace("\\t", "\t")
                .replace("\\n", "\n")
                .replace("\\r", "\r")
        };
        *number += 1;
        let mut id = [0u8; 18];
        id[14..].copy_from_slice(&number.to_be_bytes());
        records.push(Record::Log(LogRecord {
            group: group.clone().expect("group or function").into(),
            stream: stream.clone().into(),
            timestamp,
            ingestion: Some(timestamp.plus_ms(delay)),
            event_id: EventId::Aws(id)
                .text(timestamp, &Symbols::default())
                .map(Into::into),
            message: message.into(),
        }));
    }
}

fn metric_line(metric: &toml::Table) -> String {
    let number = |key: &str, other: f64| {
        metric.get(key).map_or(other, |value| {
            value
                .as_float()
                .unwrap_or_else(|| value.as_integer().unwrap() as f64)
        })
    };
    let sum = number("sum", 0.0);
    let dimensions = match metric.get("dimensions") {
        Some(dimensions) => serde_json::to_value(dimensions).unwrap(),
        None => json!({"FunctionName": metric["function"].as_str().unwrap()}),
    };
    json!({
        "namespace": metric.get("namespace").map_or("AWS/Lambda", |name| name.as_str().unwrap()),
        "metric_name": metric["name"].as_str().unwrap(),
        "dimensions": dimensions,
        "timestamp": moment(&format!("{}:00", metric["minute"].as_str().unwrap())).0,
        "value": {"sum": sum, "count": number("count", 1.0), "min": number("min", 0.0), "max": number("max", sum)},
        "unit": "Count",
    })
    .to_string()
}

fn moment(time: &str) -> Timestamp {
    Timestamp::parse_rfc3339(&format!("{DAY}T{time}Z"))
        .unwrap_or_else(|| panic!("{time}: not HH:MM:SS.mmm"))
}

/// `@7` stands for request id 00000000-0000-4000-8000-000000000007.
fn request_ids(text: &str) -> String {
    request_ids_from(text, 0)
}

/// As [`request_ids`], with every number `higher`.
fn request_ids_from(text: &str, higher: u32) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let digits = rest[at + 1..]
            .chars()
            .take_while(char::is_ascii_digit)
            .count();
        out.push_str(&rest[..at]);
        if digits == 0 {
            out.push('@');
        } else {
            let number: u32 = rest[at + 1..=at + digits].parse().unwrap();
            out.push_str(&format!("00000000-0000-4000-8000-{:012}", number + higher));
        }
        rest = &rest[at + 1 + digits..];
    }
    out + rest
}

fn check(key: &str, expected: &toml::Value, report: &Value, wrong: &mut Vec<String>) {
    match (key, expected) {
        ("none", toml::Value::Array(lists)) => {
            for list in lists {
                let rows = &report[list.as_str().unwrap()];
                if rows.as_array().is_none_or(|rows| !rows.is_empty()) {
                    wrong.push(format!("{list}: expected none, got {rows}"));
                }
            }
        }
        ("quiet", toml::Value::Boolean(true)) => {
            for finding in report["findings"].as_array().unwrap() {
                if matches!(finding["severity"].as_str(), Some("P1" | "P2")) {
                    wrong.push(format!("not quiet: {finding}"));
                }
            }
        }
        ("some", toml::Value::Table(lists)) => {
            for (list, rows) in lists {
                let got = report[list]
                    .as_array()
                    .unwrap_or_else(|| panic!("no list {list}"));
                for row in rows.as_array().unwrap() {
                    if !got.iter().any(|got| differences("", row, got).is_empty()) {
                        wrong.push(format!("{list}: no row like {row}"));
                    }
                }
            }
        }
        (list, toml::Value::Array(rows)) => {
            let got = report[list]
                .as_array()
                .unwrap_or_else(|| panic!("no list {list}"));
            if got.len() != rows.len() {
                wrong.push(format!(
                    "{list}: expected {} rows, got {}",
                    rows.len(),
                    got.len()
                ));
            }
            for (at, (row, got)) in rows.iter().zip(got).enumerate() {
                wrong.extend(differences(&format!("{list}[{at}]"), row, got));
            }
        }
        (key, expected) => wrong.extend(differences(key, expected, &report[key])),
    }
}

/// Where the value differs from what is expected of it; keys that are not expected may be anything.
fn differences(at: &str, expected: &toml::Value, got: &Value) -> Vec<String> {
    let same = match expected {
        toml::Value::Table(keys) => {
            return keys
                .iter()
                .flat_map(|(key, value)| differences(&format!("{at}.{key}"), value, &got[key]))
                .collect();
        }
        toml::Value::Array(all) => {
            let got = got.as_array().map_or(&[][..], Vec::as_slice);
            if got.len() == all.len() {
                return all
                    .iter()
                    .zip(got)
                    .enumerate()
                    .flat_map(|(n, (value, got))| differences(&format!("{at}[{n}]"), value, got))
                    .collect();
            }
            false
        }
        toml::Value::String(text) if text == "null" => got.is_null(),
        toml::Value::String(text) => {
            let text = request_ids(text);
            let is_time =
                text.len() >= 8 && text.as_bytes()[2] == b':' && text.as_bytes()[5] == b':';
            let text = if is_time {
                moment(&text).to_string()
            } else {
                text
            };
            got.as_str() == Some(&text)
        }
        toml::Value::Integer(number) => got.as_f64().is_some_and(|got| close(got, *number as f64)),
        toml::Value::Float(number) => got.as_f64().is_some_and(|got| close(got, *number)),
        toml::Value::Boolean(truth) => got.as_bool() == Some(*truth),
        toml::Value::Datetime(_) => false,
    };
    if same {
        Vec::new()
    } else {
        vec![format!("{at}: expected {expected}, got {got}")]
    }
}

/// Figures are rounded when they are printed: a thousandth is the same.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-3 * b.abs().max(1.0)
}
