//! What each fuzz target does with its input. `tests/corpus.rs` replays the corpora through the same functions.
#![allow(dead_code, reason = "every target takes one function out of this file")]
#![allow(clippy::expect_used, reason = "the rules are written here")]

use std::path::Path;
use std::sync::OnceLock;

use bumpalo::Bump;
use nepho::decode::{self, Decoder};
use nepho::model::fact::{AppFact, Fact, Level, What};
use nepho::model::json::Json;
use nepho::model::message::Message;
use nepho::model::odd::Odd;
use nepho::model::record::LogLine;
use nepho::model::settings::{ExtractRule, Settings};
use nepho::model::span::Span;
use nepho::model::symbols::Symbols;
use nepho::model::time::Timestamp;
use nepho::sources::files::{self, Options, Read, Sink};

const GROUP: &str = "/aws/lambda/f";
const STREAM: &str = "2026/11/20/[$LATEST]aa97cbe959dac2cd6ae05f15086a7230";

/// Lambda's lines in text format.
pub(crate) fn platform_text(data: &[u8]) {
    of_function(plain(), &text(data));
}

/// Lambda's lines in JSON format.
pub(crate) fn platform_json(data: &[u8]) {
    of_function(plain(), &text(data));
}

/// Lines of applications, loggers and runtimes.
pub(crate) fn app_line(data: &[u8]) {
    of_function(plain(), &text(data));
}

/// Events: bare, behind prose, and in a text in JSON.
pub(crate) fn payload(data: &[u8]) {
    let event = text(data);
    let decoder = plain();
    of_function(decoder, &event);
    of_function(
        decoder,
        &format!("2026-11-20T10:00:05.353Z\tx\tINFO\tReceived event: {event}\n"),
    );
    of_function(decoder, &format!("{{\"message\":{event:?}}}"));
}

/// Lines of functions that have rules of their own.
pub(crate) fn extract(data: &[u8]) {
    static WITH_RULES: OnceLock<Decoder> = OnceLock::new();
    let decoder = WITH_RULES.get_or_init(|| {
        let settings = with_rules();
        Decoder::new(&settings).expect("the rules are valid")
    });
    of_function(decoder, &text(data));
}

fn with_rules() -> Settings {
    Settings {
        extract: vec![
            ExtractRule {
                event_id: Some("$..id".into()),
                ordering_key: Some("$.detail.accountId".into()),
                sequence: Some("$.detail.version".into()),
                dense: true,
                ..ExtractRule::default()
            },
            ExtractRule {
                pattern: Some(
                    r"msg=(?P<event_id>\S+) acct=(?P<ordering_key>\S+) v=(?P<sequence>\d+)".into(),
                ),
                ..ExtractRule::default()
            },
        ],
        ..Settings::default()
    }
}

/// Lines of API Gateway and AppSync: the first line of the input is the log group.
pub(crate) fn gateway_log(data: &[u8]) {
    let input = text(data);
    let (group, message) = input.split_once('\n').unwrap_or((GROUP, &input));
    let line = line(group, STREAM, message);
    same_again(|symbols| both_ways(plain(), &line, None, symbols), check);
}

/// Segment documents and spans.
pub(crate) fn segment(data: &[u8]) {
    let json = text(data);
    same_again(
        |symbols| decode::segments(&Json::parse(&json, &Bump::new())?, None, symbols).ok(),
        |spans: &Vec<Span>| {
            assert!(!spans.is_empty());
            assert!(
                spans
                    .iter()
                    .all(|span| span.start_us >= 0 && span.trace == spans[0].trace)
            );
        },
    );
}

/// Lines of a metric stream.
pub(crate) fn metric(data: &[u8]) {
    let json = text(data);
    same_again(
        |symbols| decode::metric(&Json::parse(&json, &Bump::new())?, symbols).ok(),
        |point| {
            assert!(point.sum.is_finite() && point.count.is_finite());
        },
    );
}

/// Configurations of functions.
pub(crate) fn function_config(data: &[u8]) {
    let json = text(data);
    same_again(
        |symbols| decode::function_config(&Json::parse(&json, &Bump::new())?, symbols).ok(),
        |_| {},
    );
}

/// Lines of an input: what is looked for by scanning and what the JSON reader parses is the same.
pub(crate) fn log_event(data: &[u8]) {
    let line = text(data).replace('\n', " ");
    let scanned = taken(&line);
    let Some(fields) = line.trim_ascii_start().strip_prefix('{') else {
        return;
    };
    // A key that no event has: the scan gives up, the reader passes it over.
    let parsed = taken(&format!("{{\"more\":[1],{fields}"));
    assert_eq!(scanned, parsed, "{line}");
}

/// A log event as it is handed on.
type Event = (
    String,
    String,
    Timestamp,
    Option<Timestamp>,
    Option<String>,
    String,
);

/// The log events of an input, and how many of its lines were none.
fn taken(input: &str) -> (Vec<Event>, u64) {
    let mut all = Taken::default();
    let options = Options {
        threads: 1,
        ..Options::default()
    };
    files::each_of(
        &mut input.as_bytes(),
        Path::new("input"),
        &options,
        &Taken::default,
        &mut Read::default(),
        &mut |taken, _, _| {
            all.events.extend(taken.events);
            all.unparsed += taken.unparsed;
            true
        },
    );
    (all.events, all.unparsed)
}

#[derive(Default)]
struct Taken {
    events: Vec<Event>,
    unparsed: u64,
}

impl Sink for Taken {
    fn reads_objects(&self) -> bool {
        true
    }

    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        self.events.push((
            line.group.to_owned(),
            line.stream.to_owned(),
            line.timestamp,
            line.ingestion,
            line.event_id.map(str::to_owned),
            line.message.text().to_owned(),
        ));
        None
    }

    fn unparsed(&mut self, _: impl FnOnce() -> String) {
        self.unparsed += 1;
    }
}

/// Names of groups and streams, one a line.
pub(crate) fn place(data: &[u8]) {
    let input = text(data);
    let (group, stream) = input.split_once('\n').unwrap_or((&input, ""));
    let place = decode::place(group, stream);
    assert!(
        place
            .function
            .is_none_or(|name| !name.is_empty() && !name.contains(['/', '[', '.']))
    );
    let _ = decode::function_in(&line(group, stream, stream));
}

fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// A decoder without rules; it holds nothing of what it read.
fn plain() -> &'static Decoder {
    static PLAIN: OnceLock<Decoder> = OnceLock::new();
    PLAIN.get_or_init(|| Decoder::new(&Settings::default()).expect("no rules"))
}

fn line<'a>(group: &'a str, stream: &'a str, message: &'a str) -> LogLine<'a> {
    LogLine {
        group,
        stream,
        timestamp: Timestamp(1_795_168_801_274),
        ingestion: None,
        event_id: Some("40033602025563129891242405994489553170594962871841456129"),
        message: message.into(),
    }
}

fn of_function(decoder: &Decoder, message: &str) {
    let line = line(GROUP, STREAM, message);
    same_again(
        |symbols| both_ways(decoder, &line, Some("f"), symbols),
        check,
    );
}

/// What a line says. One that is JSON says the same where it is read as it stands in a JSON string.
fn both_ways(
    decoder: &Decoder,
    line: &LogLine<'_>,
    function: Option<&str>,
    symbols: &mut Symbols,
) -> Option<Fact> {
    let arena = Bump::new();
    let fact = decoder.line(line, function, symbols, &arena);
    let string = serde_json::to_string(line.message.text()).expect("a text");
    if let Some((message, _)) = Message::object(&string[1..], &arena) {
        let there = LogLine { message, ..*line };
        let mut others = Symbols::default();
        let other = decoder.line(&there, function, &mut others, &arena);
        assert_eq!(other, fact, "{string}");
        assert_eq!(message.text(), line.message.text());
        let odd = decode::odd(line, fact.as_ref());
        assert_eq!(decode::odd(&there, fact.as_ref()), odd);
    }
    fact
}

/// Reads twice with fresh tables: equal input gives equal output.
fn same_again<T: PartialEq + std::fmt::Debug>(
    read: impl Fn(&mut Symbols) -> Option<T>,
    check: impl Fn(&T),
) {
    let first = read(&mut Symbols::default());
    assert_eq!(first, read(&mut Symbols::default()));
    if let Some(value) = &first {
        check(value);
    }
}

/// What holds of every fact.
fn check(fact: &Fact) {
    assert_eq!(fact.at, Timestamp(1_795_168_801_274));
    let is_duration = |ms: f32| ms.is_finite() && ms >= 0.0;
    match &fact.what {
        What::Report(report) => {
            let figures = [
                Some(report.duration_ms),
                report.billed_ms,
                report.init_ms,
                report.restore_ms,
            ];
            assert!(figures.into_iter().flatten().all(is_duration));
        }
        What::InitReport { duration_ms, .. } => assert!(is_duration(*duration_ms)),
        What::RestoreReport { duration_ms, .. } | What::RuntimeDone { duration_ms, .. } => {
            assert!(duration_ms.is_none_or(is_duration));
        }
        What::App(app) => check_app(app),
        _ => {}
    }
}

fn check_app(app: &AppFact) {
    assert!(!app.is_empty());
    assert!(
        app.items
            .iter()
            .all(|item| !item.dense || item.sequence.is_some())
    );
    assert!(
        app.refused
            .as_ref()
            .is_none_or(|refusal| refusal.attempts >= 1)
    );
    assert!(app.level.is_none_or(|level| level <= Level::Fatal));
}
