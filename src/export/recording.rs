//! Raw records as NDJSON, in the shapes that `nepho report` reads (README, "Inputs").

use std::io::{self, Write};

use serde::Serialize;

use super::json;
use crate::model::batch::Batch;
use crate::model::record::{Gap, LogLine, Record};
use crate::model::time::Timestamp;
use crate::store::journal::Journal;

#[derive(Serialize)]
struct GapLine<'a> {
    gap: GapFields<'a>,
}

#[derive(Serialize)]
struct GapFields<'a> {
    from: Timestamp,
    to: Timestamp,
    log_group: &'a str,
    why: String,
}

#[derive(Serialize)]
struct CompleteLine<'a> {
    complete: CompleteFields<'a>,
}

#[derive(Serialize)]
struct CompleteFields<'a> {
    log_group: &'a str,
    until: Timestamp,
}

/// Writes records until they take so many bytes, or there are no more.
pub fn write_up_to(
    bytes: u64,
    records: impl Iterator<Item = Record>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = Counting { out, written: 0 };
    for record in records {
        write_record(&record, &mut out)?;
        if out.written >= bytes {
            break;
        }
    }
    Ok(())
}

/// Counts what goes through.
struct Counting<'a> {
    out: &'a mut dyn Write,
    written: u64,
}

impl Write for Counting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.written += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Writes what a poll brought: its records, then how far its groups are complete.
pub fn write_batch(batch: &Batch, out: &mut dyn Write) -> io::Result<()> {
    for record in &batch.records {
        write_record(record, out)?;
    }
    for (group, until) in &batch.complete {
        write_complete(group, *until, out)?;
    }
    Ok(())
}

/// Keeps what a poll brought.
pub fn keep(batch: &Batch, journal: &mut Journal) -> io::Result<()> {
    let mut lines = Vec::new();
    write_batch(batch, &mut lines)?;
    let times = batch.records.iter().filter_map(|record| match record {
        Record::Log(log) => Some((log.timestamp, log.timestamp)),
        _ => None,
    });
    let span = times.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    journal.push(&lines, span)
}

/// Writes one record as one line.
pub fn write_record(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    match record {
        Record::Log(log) => {
            let mut line = Vec::new();
            write_log(&log.line(), &mut line);
            out.write_all(&line)
        }
        Record::Segment(json) | Record::Metric(json) => write_document(json, out),
        Record::Function(json) => write_function(json, out),
        Record::Gap(gap) => write_gap(gap, out),
    }
}

/// Writes one log event as one line: a `FilterLogEvents` event with its group.
pub fn write_log(log: &LogLine<'_>, out: &mut Vec<u8>) {
    let message = log.message.text();
    out.reserve(message.len() + 400);
    out.extend_from_slice(br#"{"logGroupName":"#);
    json::text(out, log.group);
    out.extend_from_slice(br#","logStreamName":"#);
    json::text(out, log.stream);
    out.extend_from_slice(br#","timestamp":"#);
    json::value(out, &log.timestamp.0);
    out.extend_from_slice(br#","message":"#);
    json::text(out, message);
    if let Some(at) = log.ingestion {
        out.extend_from_slice(br#","ingestionTime":"#);
        json::value(out, &at.0);
    }
    if let Some(id) = log.event_id {
        out.extend_from_slice(br#","eventId":"#);
        json::text(out, id);
    }
    out.extend_from_slice(b"}\n");
}

/// Writes one function configuration as one line.
pub fn write_function(json: &str, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(b"{\"Functions\":[")?;
    one_line(json, out)?;
    out.write_all(b"]}\n")
}

/// Writes a stretch that was not seen, in the words of `nepho tail --json`.
pub fn write_gap(gap: &Gap, out: &mut dyn Write) -> io::Result<()> {
    let fields = GapFields {
        from: gap.from,
        to: gap.to,
        log_group: &gap.group,
        why: gap.why.to_string(),
    };
    serde_json::to_writer(&mut *out, &GapLine { gap: fields })?;
    out.write_all(b"\n")
}

/// Writes that everything of a log group before a moment stands above.
pub fn write_complete(log_group: &str, until: Timestamp, out: &mut dyn Write) -> io::Result<()> {
    let complete = CompleteFields { log_group, until };
    serde_json::to_writer(&mut *out, &CompleteLine { complete })?;
    out.write_all(b"\n")
}

/// Writes one segment, span or metric as one line.
pub fn write_document(json: &str, out: &mut dyn Write) -> io::Result<()> {
    one_line(json, out)?;
    out.write_all(b"\n")
}

/// JSON may be laid out over lines: outside of strings a line end is only space, and inside it cannot stand.
fn one_line(json: &str, out: &mut dyn Write) -> io::Result<()> {
    for (index, line) in json.trim_end().split(['\n', '\r']).enumerate() {
        if index > 0 {
            out.write_all(b" ")?;
        }
        out.write_all(line.as_bytes())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::record::{GapReason, LogRecord};

    fn written(record: &Record) -> String {
        let mut out = Vec::new();
        write_record(record, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_log_event_has_the_names_of_filter_log_events() {
        let mut log = LogRecord {
            group: "/aws/lambda/f".into(),
            stream: "s".into(),
            timestamp: Timestamp(5),
            ingestion: Some(Timestamp(9)),
            event_id: Some("77".into()),
            message: "a \"b\"\tc\nd".into(),
        };
        let read: Value = serde_json::from_str(&written(&Record::Log(log.clone()))).unwrap();
        assert_eq!(
            read,
            json!({"logGroupName": "/aws/lambda/f", "logStreamName": "s", "timestamp": 5, "ingestionTime": 9,
                   "eventId": "77", "message": "a \"b\"\tc\nd"})
        );
        log.ingestion = None;
        log.event_id = None;
        let read: Value = serde_json::from_str(&written(&Record::Log(log))).unwrap();
        assert!(read.get("ingestionTime").is_none() && read.get("eventId").is_none());
    }

    #[test]
    fn every_record_is_one_line() {
        let laid_out = "{\n  \"FunctionName\": \"f\"\r\n}\n";
        assert_eq!(
            written(&Record::Function(laid_out.into())),
            "{\"Functions\":[{   \"FunctionName\": \"f\"  }]}\n"
        );
        assert_eq!(
            written(&Record::Metric("{\"a\":1}\n".into())),
            "{\"a\":1}\n"
        );
        assert_eq!(written(&Record::Segment("{}".into())), "{}\n");
    }

    #[test]
    fn a_gap_and_how_far_a_group_is_complete_are_lines_of_their_own() {
        let batch = Batch {
            records: vec![Record::Gap(Gap {
                group: "g".into(),
                from: Timestamp(0),
                to: Timestamp(1),
                why: GapReason::Denied,
            })],
            complete: vec![("g".into(), Timestamp(2))],
            ..Batch::default()
        };
        let mut out = Vec::new();
        write_batch(&batch, &mut out).unwrap();
        let lines: Vec<Value> = serde_json::Deserializer::from_slice(&out)
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(
            lines,
            [
                json!({"gap": {"from": "1970-01-01T00:00:00.000Z", "to": "1970-01-01T00:00:00.001Z",
                               "log_group": "g", "why": "denied"}}),
                json!({"complete": {"log_group": "g", "until": "1970-01-01T00:00:00.002Z"}}),
            ]
        );
    }
}
