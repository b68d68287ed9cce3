//! Raw records as NDJSON, in the shapes that `nepho report` reads (README, "Inputs").

use std::io::{self, Write};

use serde::Serialize;

use crate::model::record::{LogRecord, Record};

/// A `FilterLogEvents` event with its group.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogLine<'a> {
    log_group_name: &'a str,
    log_stream_name: &'a str,
    timestamp: i64,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    ingestion_time: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<&'a str>,
}

impl<'a> From<&'a LogRecord> for LogLine<'a> {
    fn from(log: &'a LogRecord) -> Self {
        Self {
            log_group_name: &log.group,
            log_stream_name: &log.stream,
            timestamp: log.timestamp.0,
            message: &log.message,
            ingestion_time: log.ingestion.map(|at| at.0),
            event_id: log.event_id.as_deref(),
        }
    }
}

/// Writes one record as one line. A gap has no shape of its own among the inputs: it is left out.
pub fn write_record(record: &Record, out: &mut dyn Write) -> io::Result<()> {
    match record {
        Record::Log(log) => {
            let mut line = Vec::with_capacity(log.message.len() + 400);
            serde_json::to_writer(&mut line, &LogLine::from(log))?;
            line.push(b'\n');
            out.write_all(&line)
        }
        Record::Segment(json) | Record::Metric(json) => document(json, out),
        Record::Function(json) => {
            out.write_all(b"{\"Functions\":[")?;
            one_line(json, out)?;
            out.write_all(b"]}\n")
        }
        Record::Gap(_) => Ok(()),
    }
}

fn document(json: &str, out: &mut dyn Write) -> io::Result<()> {
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
    use crate::model::record::{Gap, GapReason};
    use crate::model::time::Timestamp;

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
    fn a_gap_is_left_out() {
        let gap = Gap {
            group: "g".into(),
            from: Timestamp(0),
            to: Timestamp(1),
            why: GapReason::Denied,
        };
        assert_eq!(written(&Record::Gap(gap)), "");
    }
}
