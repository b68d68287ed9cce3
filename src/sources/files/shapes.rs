//! Tells the shapes of the report's inputs apart, document by document, and hands each to the sink.

use std::borrow::Cow;
use std::path::Path;

use memchr::{memchr_iter, memmem};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::chunks::Chunk;
use super::log_event;
use super::sink::Sink;
use crate::decode::DecodeError;
use crate::model::record::{Gap, LogLine};
use crate::model::time::Timestamp;

/// Hands what a chunk says to a sink. What is none of the shapes is counted, the first with file and line.
pub(super) fn take<S: Sink>(sink: &mut S, chunk: &Chunk, name: &Path, log_group: Option<&str>) {
    // Well-formed text is told apart much faster than broken text is mended.
    let text = match str::from_utf8(&chunk.bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(&chunk.bytes),
    };
    let mut room = Vec::new();
    if chunk.spans_lines {
        documents(
            sink,
            &text,
            &Place {
                name,
                line: chunk.first_line,
                log_group,
            },
        );
        return;
    }
    for (line, number) in lines(&text).zip(chunk.first_line..) {
        let line = line.trim_ascii();
        if let Some(event) = log_event::read(line, log_group, &mut room) {
            sink.log(&event);
        } else if !line.is_empty() {
            documents(
                sink,
                line,
                &Place {
                    name,
                    line: number,
                    log_group,
                },
            );
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut from = 0;
    let ends = memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    ends.map(move |end| {
        let line = &text[from..end];
        from = end + 1;
        line
    })
}

struct Place<'a> {
    name: &'a Path,
    line: u64,
    log_group: Option<&'a str>,
}

impl Place<'_> {
    fn refuse(&self, sink: &mut impl Sink, why: &dyn std::fmt::Display) {
        sink.unparsed(|| format!("{}:{}: {why}", self.name.display(), self.line));
    }
}

/// Reads one document, or several that stand one after another.
fn documents(sink: &mut impl Sink, text: &str, place: &Place<'_>) {
    if memmem::find(text.as_bytes(), b"\"logStreamName\"").is_some()
        && let Ok(event) = serde_json::from_str::<LogEvent<'_>>(text)
    {
        event.take(sink, place.log_group);
        return;
    }
    for document in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        match document {
            Ok(document) => one(sink, document.get(), place),
            Err(error) => {
                place.refuse(sink, &NotJson(&error));
                return;
            }
        }
    }
}

struct NotJson<'a>(&'a serde_json::Error);

impl std::fmt::Display for NotJson<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "not JSON: {} · the rest of the file is read", self.0)
    }
}

/// Reads one whole document.
fn one(sink: &mut impl Sink, json: &str, place: &Place<'_>) {
    if json.starts_with('[') {
        match serde_json::from_str::<Vec<&RawValue>>(json) {
            Ok(all) => all.iter().for_each(|part| one(sink, part.get(), place)),
            Err(error) => place.refuse(sink, &NotJson(&error)),
        }
        return;
    }
    let json = mended(json);
    let taken = match serde_json::from_str::<Shape<'_>>(&json) {
        Ok(shape) => shape.take(sink, &json, place.log_group),
        Err(error) => Err(Refused::Json(error)),
    };
    match taken {
        Ok(()) => {}
        Err(Refused::Json(error)) => place.refuse(sink, &NotJson(&error)),
        Err(Refused::Content(error)) => place.refuse(sink, &error),
        Err(Refused::Unknown) => place.refuse(sink, &UNKNOWN),
    }
}

const UNKNOWN: &str =
    "no known shape: expected log events, traces, metrics or functions · see nepho report --help";

enum Refused {
    Json(serde_json::Error),
    Content(DecodeError),
    Unknown,
}

impl From<serde_json::Error> for Refused {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

impl From<DecodeError> for Refused {
    fn from(error: DecodeError) -> Self {
        Self::Content(error)
    }
}

/// One log event a line.
#[derive(Deserialize)]
pub(super) struct LogEvent<'a> {
    #[serde(borrow, rename = "logGroupName")]
    group: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "logStreamName")]
    stream: Cow<'a, str>,
    timestamp: i64,
    #[serde(rename = "ingestionTime")]
    ingestion: Option<i64>,
    #[serde(borrow, rename = "eventId")]
    event_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

impl LogEvent<'_> {
    fn take(&self, sink: &mut impl Sink, log_group: Option<&str>) {
        sink.log(&self.line(log_group));
    }

    pub(super) fn line<'b>(&'b self, log_group: Option<&'b str>) -> LogLine<'b> {
        LogLine {
            group: self.group.as_deref().or(log_group).unwrap_or_default(),
            stream: &self.stream,
            timestamp: Timestamp(self.timestamp),
            ingestion: self.ingestion.map(Timestamp),
            event_id: self.event_id.as_deref(),
            message: &self.message,
        }
    }
}

/// The keys that tell every other shape.
#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow, rename = "logStreamName")]
    stream: Option<&'a RawValue>,
    #[serde(borrow)]
    events: Option<Vec<LogEvent<'a>>>,
    #[serde(borrow, rename = "messageType")]
    message_type: Option<&'a RawValue>,
    #[serde(borrow, rename = "Traces")]
    traces: Option<Vec<Trace<'a>>>,
    #[serde(borrow, rename = "Segments")]
    segments: Option<Vec<Segment<'a>>>,
    #[serde(borrow, rename = "Functions")]
    functions: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    metric_name: Option<&'a RawValue>,
    #[serde(borrow)]
    start_time: Option<&'a RawValue>,
    #[serde(borrow, rename = "traceId")]
    trace_id: Option<&'a RawValue>,
    #[serde(borrow)]
    gap: Option<&'a RawValue>,
    #[serde(borrow)]
    complete: Option<&'a RawValue>,
    #[serde(borrow)]
    unparsed_lines: Option<&'a RawValue>,
}

/// A stretch that was not seen, as `nepho tail --json` and recordings write it.
#[derive(Deserialize)]
struct GapFields<'a> {
    from: Cow<'a, str>,
    to: Cow<'a, str>,
    log_group: Cow<'a, str>,
    why: Cow<'a, str>,
}

impl GapFields<'_> {
    fn read(&self) -> Option<Gap> {
        Some(Gap {
            group: (&*self.log_group).into(),
            from: Timestamp::parse_rfc3339(&self.from)?,
            to: Timestamp::parse_rfc3339(&self.to)?,
            why: self.why.parse().ok()?,
        })
    }
}

/// How far a recording is complete.
#[derive(Deserialize)]
struct CompleteFields<'a> {
    log_group: Cow<'a, str>,
    until: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Trace<'a> {
    #[serde(borrow, rename = "Segments", default)]
    segments: Vec<Segment<'a>>,
}

#[derive(Deserialize)]
struct Segment<'a> {
    #[serde(borrow, rename = "Document")]
    document: &'a RawValue,
}

/// A CloudWatch Logs subscription record.
#[derive(Deserialize)]
struct Subscription<'a> {
    #[serde(borrow, rename = "messageType")]
    message_type: Cow<'a, str>,
    #[serde(borrow, rename = "logGroup", default)]
    group: Cow<'a, str>,
    #[serde(borrow, rename = "logStream", default)]
    stream: Cow<'a, str>,
    #[serde(borrow, rename = "logEvents", default)]
    events: Vec<SubscriptionEvent<'a>>,
}

#[derive(Deserialize)]
struct SubscriptionEvent<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    timestamp: i64,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

impl Shape<'_> {
    fn take(
        self,
        sink: &mut impl Sink,
        json: &str,
        log_group: Option<&str>,
    ) -> Result<(), Refused> {
        if self.stream.is_some() {
            serde_json::from_str::<LogEvent<'_>>(json)?.take(sink, log_group);
        } else if let Some(events) = self.events {
            events.iter().for_each(|event| event.take(sink, log_group));
        } else if self.message_type.is_some() {
            subscription(sink, &serde_json::from_str(json)?)?;
        } else if let Some(traces) = self.traces {
            for segment in traces.into_iter().flat_map(|trace| trace.segments) {
                document(sink, segment.document.get())?;
            }
        } else if let Some(segments) = self.segments {
            for segment in segments {
                document(sink, segment.document.get())?;
            }
        } else if let Some(functions) = self.functions {
            for function in functions {
                sink.function(function.get())?;
            }
        } else if self.metric_name.is_some() {
            sink.metric(json)?;
        } else if self.start_time.is_some() || self.trace_id.is_some() {
            sink.segment(json)?;
        } else if let Some(gap) = self.gap {
            let fields: GapFields<'_> = serde_json::from_str(gap.get())?;
            sink.gap(fields.read().ok_or(Refused::Unknown)?);
        } else if let Some(complete) = self.complete {
            let fields: CompleteFields<'_> = serde_json::from_str(complete.get())?;
            let until = Timestamp::parse_rfc3339(&fields.until).ok_or(Refused::Unknown)?;
            sink.complete(&fields.log_group, until);
        } else if let Some(lines) = self.unparsed_lines {
            sink.unparsed_before(serde_json::from_str(lines.get())?);
        } else {
            return Err(Refused::Unknown);
        }
        Ok(())
    }
}

fn subscription(sink: &mut impl Sink, record: &Subscription<'_>) -> Result<(), Refused> {
    match &*record.message_type {
        "CONTROL_MESSAGE" => return Ok(()),
        "DATA_MESSAGE" => {}
        _ => return Err(Refused::Unknown),
    }
    for event in &record.events {
        sink.log(&LogLine {
            group: &record.group,
            stream: &record.stream,
            timestamp: Timestamp(event.timestamp),
            ingestion: None,
            event_id: event.id.as_deref(),
            message: &event.message,
        });
    }
    Ok(())
}

/// A segment document: JSON in a string, as the API answers, or the object itself.
fn document(sink: &mut impl Sink, raw: &str) -> Result<(), Refused> {
    if raw.starts_with('"') {
        sink.segment(&serde_json::from_str::<Cow<'_, str>>(raw)?)?;
    } else {
        sink.segment(raw)?;
    }
    Ok(())
}

/// JSON allows an escaped surrogate without its partner, Rust's text does not: such an escape becomes U+FFFD.
fn mended(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    let mut starts = memmem::find_iter(bytes, b"\\u")
        .filter(|&at| !escaped(bytes, at))
        .peekable();
    let mut out = String::new();
    let mut kept = 0;
    while let Some(at) = starts.next() {
        let lone = match unit(bytes, at) {
            Some(0xd800..=0xdbff) => {
                let pair = starts.peek().is_some_and(|&next| {
                    next == at + 6 && matches!(unit(bytes, next), Some(0xdc00..=0xdfff))
                });
                if pair {
                    starts.next();
                }
                !pair
            }
            Some(0xdc00..=0xdfff) => true,
            _ => false,
        };
        if lone {
            out.push_str(&json[kept..at]);
            out.push_str("\\ufffd");
            kept = at + 6;
        }
    }
    if kept == 0 {
        return Cow::Borrowed(json);
    }
    out.push_str(&json[kept..]);
    Cow::Owned(out)
}

/// Whether the backslash at `at` is itself escaped: an odd number of backslashes stands before it.
fn escaped(bytes: &[u8], at: usize) -> bool {
    bytes[..at]
        .iter()
        .rev()
        .take_while(|byte| **byte == b'\\')
        .count()
        % 2
        == 1
}

fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = std::str::from_utf8(bytes.get(at + 2..at + 6)?).ok()?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_surrogate_becomes_a_replacement_character_and_pairs_stay() {
        assert_eq!(mended(r#"{"a":"\ud83d\ude00"}"#), r#"{"a":"\ud83d\ude00"}"#);
        assert_eq!(mended(r#"{"a":"\ud83d x"}"#), r#"{"a":"\ufffd x"}"#);
        assert_eq!(mended(r#"{"a":"\ude00"}"#), r#"{"a":"\ufffd"}"#);
        assert_eq!(
            mended(r#"{"a":"\\ud83d"}"#),
            r#"{"a":"\\ud83d"}"#,
            "an escaped backslash"
        );
    }
}
