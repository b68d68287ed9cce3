//! Tells the shapes of the report's inputs apart, document by document, and hands each to the sink.

use std::borrow::Cow;
use std::path::Path;

use bumpalo::Bump;
use memchr::{memchr_iter, memmem};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::chunks::Chunk;
use super::sink::Sink;
use super::{log_event, segment_or_metric};
use crate::decode::DecodeError;
use crate::model::document::Document;
use crate::model::message::Message;
use crate::model::record::{Gap, LogLine};
use crate::model::time::Timestamp;

/// Hands what a chunk says to a sink. What is none of the shapes is counted, the first with file and line.
pub(super) fn take<S: Sink>(sink: &mut S, chunk: &Chunk, name: &Path, log_group: Option<&str>) {
    let place = |line| Place {
        name,
        line,
        log_group,
    };
    let mut rest = chunk.bytes();
    let mut number = chunk.first_line;
    if chunk.spans_lines {
        whole(sink, &text(rest), &place(number));
        return;
    }
    let mut room = Vec::new();
    let mut arena = Bump::new();
    let reads_objects = sink.reads_objects();
    while let Some(next) = sink.next_of(rest) {
        number += memchr_iter(b'\n', &rest[..next.start]).count() as u64;
        for line in lines(&text(&rest[next.clone()])) {
            let line = line.trim_ascii();
            arena.reset();
            let of_objects = reads_objects.then_some(&arena);
            if let Some(event) = log_event::read(line, log_group, &mut room, of_objects) {
                place(number).log(sink, &event);
            } else if !line.is_empty() {
                one_line(sink, line, &place(number), &arena);
            }
            number += 1;
        }
        rest = &rest[next.end..];
    }
}

/// Well-formed text is told apart much faster than broken text is mended.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    match simdutf8::basic::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut from = 0;
    let unended = (!text.ends_with('\n')).then_some(text.len());
    let ends = memchr_iter(b'\n', text.as_bytes()).chain(unended);
    ends.map(move |end| {
        let line = &text[from..end];
        from = end + 1;
        line
    })
}

pub(super) struct Place<'a> {
    pub(super) name: &'a Path,
    pub(super) line: u64,
    pub(super) log_group: Option<&'a str>,
}

impl Place<'_> {
    fn refuse(&self, sink: &mut impl Sink, why: &dyn std::fmt::Display) {
        sink.unparsed(|| format!("{}:{}: {why}", self.name.display(), self.line));
    }

    fn log(&self, sink: &mut impl Sink, event: &LogLine<'_>) {
        if let Some(odd) = sink.log(event) {
            sink.odd(&odd, || format!("{}:{}", self.name.display(), self.line));
        }
    }

    /// The same input, so many lines further down.
    fn down(&self, lines: usize) -> Self {
        Self {
            line: self.line + lines as u64,
            ..*self
        }
    }
}

/// Reads a line that is no plain log event.
pub(super) fn one_line(sink: &mut impl Sink, line: &str, place: &Place<'_>, arena: &Bump) {
    match segment_or_metric::take(sink, line, arena) {
        Some(Ok(())) => {}
        Some(Err(why)) => place.refuse(sink, &why),
        None => any_line(sink, line, place),
    }
}

/// Reads the documents of a line, mostly one, else one after another. A line that holds anything else is one refusal.
pub(super) fn any_line(sink: &mut impl Sink, line: &str, place: &Place<'_>) {
    let json = mended(line);
    if line.starts_with('{')
        && let Ok(shape) = serde_json::from_str::<Shape<'_>>(&json)
    {
        if let Err(why) = shape.take(sink, &json, place) {
            place.refuse(sink, &why);
        }
        return;
    }
    let mut refused = None;
    for document in serde_json::Deserializer::from_str(line).into_iter::<&RawValue>() {
        let taken = match document {
            Ok(document) => one(sink, document.get(), place, 0),
            Err(error) => Err(Refused::Json(error)),
        };
        refused = refused.or(taken.err());
    }
    if let Some(why) = refused {
        place.refuse(sink, &why);
    }
}

/// Reads documents that span lines. Behind a broken one it goes on where the next begins a line.
fn whole(sink: &mut impl Sink, text: &str, place: &Place<'_>) {
    let mut from = 0;
    let mut from_line = 0;
    loop {
        let rest = &text[from..];
        let mut documents = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let mut broken = None;
        let mut counted = 0;
        let mut line = from_line;
        while let Some(document) = documents.next() {
            match document {
                Ok(document) => {
                    let end = documents.byte_offset();
                    let start = end - document.get().len();
                    line += memchr_iter(b'\n', &rest.as_bytes()[counted..start]).count();
                    counted = start;
                    let place = place.down(line);
                    if let Err(why) = one(sink, document.get(), &place, 0) {
                        place.refuse(sink, &why);
                    }
                }
                Err(error) => broken = Some(error),
            }
        }
        let Some(error) = broken else { return };
        // What serde_json says of the place counts from where it began to read.
        let lines = error.line().saturating_sub(1);
        let place = place.down(from_line + lines);
        place.refuse(sink, &NotJson(&error));
        let Some(skipped) = memchr_iter(b'\n', rest.as_bytes()).nth(lines) else {
            return;
        };
        let begins = |at: &usize| matches!(rest.as_bytes().get(at + 1), Some(b'{' | b'['));
        let ends = memchr_iter(b'\n', &rest.as_bytes()[skipped..]).map(|at| skipped + at);
        let Some((more, next)) = ends.enumerate().find(|(_, at)| begins(at)) else {
            return;
        };
        from += next + 1;
        from_line += lines + more + 1;
    }
}

struct NotJson<'a>(&'a serde_json::Error);

impl std::fmt::Display for NotJson<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "not JSON: {} · the rest of the file is read", self.0)
    }
}

/// Lists in lists are opened so deep.
const LISTS: u8 = 4;

/// Reads one whole document. What a list or an answer holds is refused one by one.
fn one(sink: &mut impl Sink, json: &str, place: &Place<'_>, lists: u8) -> Result<(), Refused> {
    if json.starts_with('[') {
        if lists == LISTS {
            return Err(Refused::Unknown);
        }
        let all = serde_json::from_str::<Vec<&RawValue>>(json)?;
        place.each(sink, all, |sink, part| one(sink, part, place, lists + 1));
        return Ok(());
    }
    let json = mended(json);
    serde_json::from_str::<Shape<'_>>(&json)?.take(sink, &json, place)
}

const UNKNOWN: &str =
    "no known shape: expected log events, traces, metrics or functions · see nepho report --help";

enum Refused {
    Json(serde_json::Error),
    Content(DecodeError),
    Unknown,
}

impl std::fmt::Display for Refused {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Json(error) => NotJson(error).fmt(out),
            Self::Content(error) => error.fmt(out),
            Self::Unknown => out.write_str(UNKNOWN),
        }
    }
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
    pub(super) fn line<'b>(&'b self, log_group: Option<&'b str>) -> LogLine<'b> {
        LogLine {
            group: self.group.as_deref().or(log_group).unwrap_or_default(),
            stream: &self.stream,
            timestamp: Timestamp(self.timestamp),
            ingestion: self.ingestion.map(Timestamp),
            event_id: self.event_id.as_deref(),
            message: Message::Text(&self.message),
        }
    }
}

/// The keys that tell every other shape.
#[derive(Deserialize)]
struct Shape<'a> {
    #[serde(borrow, rename = "logStreamName")]
    stream: Option<&'a RawValue>,
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "messageType")]
    message_type: Option<&'a RawValue>,
    #[serde(borrow, rename = "Traces")]
    traces: Option<Vec<&'a RawValue>>,
    #[serde(borrow, rename = "Segments")]
    segments: Option<Vec<&'a RawValue>>,
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
    segments: Vec<&'a RawValue>,
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
    events: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct SubscriptionEvent<'a> {
    #[serde(borrow)]
    id: Option<Cow<'a, str>>,
    timestamp: i64,
    #[serde(borrow)]
    message: Cow<'a, str>,
}

impl Place<'_> {
    /// Takes each part of an answer; a part that cannot be read does not take the others with it.
    fn each<S: Sink>(
        &self,
        sink: &mut S,
        parts: Vec<&RawValue>,
        mut take: impl FnMut(&mut S, &str) -> Result<(), Refused>,
    ) {
        for part in parts {
            if let Err(why) = take(sink, part.get()) {
                self.refuse(sink, &why);
            }
        }
    }
}

impl Shape<'_> {
    fn take(self, sink: &mut impl Sink, json: &str, place: &Place<'_>) -> Result<(), Refused> {
        let arena = Bump::new();
        if self.stream.is_some() {
            event(sink, json, place)?;
        } else if self.start_time.is_some() || self.trace_id.is_some() {
            // A span has events too: what happened in it.
            sink.segment(&Document::new(json, &arena))?;
        } else if let Some(events) = self.events {
            place.each(sink, events, |sink, json| event(sink, json, place));
        } else if self.message_type.is_some() {
            subscription(sink, &serde_json::from_str(json)?, place)?;
        } else if let Some(traces) = self.traces {
            place.each(sink, traces, |sink, trace| {
                let trace: Trace<'_> = serde_json::from_str(trace)?;
                place.each(sink, trace.segments, document);
                Ok(())
            });
        } else if let Some(segments) = self.segments {
            place.each(sink, segments, document);
        } else if let Some(functions) = self.functions {
            place.each(sink, functions, |sink, json| {
                Ok(sink.function(&Document::new(json, &Bump::new()))?)
            });
        } else if self.metric_name.is_some() {
            sink.metric(&Document::new(json, &arena))?;
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

fn event(sink: &mut impl Sink, json: &str, place: &Place<'_>) -> Result<(), Refused> {
    let event: LogEvent<'_> = serde_json::from_str(json)?;
    place.log(sink, &event.line(place.log_group));
    Ok(())
}

fn subscription(
    sink: &mut impl Sink,
    record: &Subscription<'_>,
    place: &Place<'_>,
) -> Result<(), Refused> {
    match &*record.message_type {
        "CONTROL_MESSAGE" => return Ok(()),
        "DATA_MESSAGE" => {}
        _ => return Err(Refused::Unknown),
    }
    place.each(sink, record.events.clone(), |sink, json| {
        let event: SubscriptionEvent<'_> = serde_json::from_str(json)?;
        let line = LogLine {
            group: &record.group,
            stream: &record.stream,
            timestamp: Timestamp(event.timestamp),
            ingestion: None,
            event_id: event.id.as_deref(),
            message: Message::Text(&event.message),
        };
        place.log(sink, &line);
        Ok(())
    });
    Ok(())
}

/// A segment of a trace: its document is JSON in a string, as the API answers, or the object itself.
fn document<S: Sink>(sink: &mut S, segment: &str) -> Result<(), Refused> {
    let raw = serde_json::from_str::<Segment<'_>>(segment)?.document.get();
    let text = if raw.starts_with('"') {
        serde_json::from_str(raw)?
    } else {
        Cow::Borrowed(raw)
    };
    sink.segment(&Document::new(&text, &Bump::new()))?;
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
    use std::ops::Range;

    use super::*;
    use crate::model::odd::Odd;
    use crate::sources::files::chunks::Chunks;

    /// Wants every second line, and notes where those are that cannot be read.
    #[derive(Default)]
    struct Halves {
        refused: Vec<String>,
    }

    impl Sink for Halves {
        fn next_of(&self, lines: &[u8]) -> Option<Range<usize>> {
            let mut ends = memchr_iter(b'\n', lines).map(|end| end + 1);
            Some(ends.next()?..ends.next()?)
        }

        fn log(&mut self, _line: &LogLine<'_>) -> Option<Odd> {
            None
        }

        fn unparsed(&mut self, why: impl FnOnce() -> String) {
            self.refused.push(why());
        }
    }

    #[test]
    fn lines_that_are_not_looked_at_count() {
        let mut lines = "x\n\ny\nz\nx\nx\nx\nz\n".as_bytes();
        let chunk = Chunks::new(&mut lines).next().unwrap().unwrap();
        let mut sink = Halves::default();
        take(&mut sink, &chunk, Path::new("a"), None);
        let places = sink.refused.iter().map(|why| &why[..3]);
        assert_eq!(places.collect::<Vec<_>>(), ["a:4", "a:6", "a:8"]);
    }

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
