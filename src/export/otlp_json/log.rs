//! A request of log lines that is JSON from the start: a snapshot has a million of them, and each is written once, where it belongs.

use std::fmt::Display;

use opentelemetry_proto::tonic::resource::v1::Resource;
use serde::ser::SerializeSeq as _;
use serde::{Serialize, Serializer};

use crate::export::telemetry::batch::{Request, SCHEMA, scope};
use crate::export::telemetry::{EVENT_ID, Entry, REQUEST_ID};
use crate::model::ids::RequestId;

/// Log lines by the resource that they come from.
#[derive(Default)]
pub(in crate::export) struct LogRequest(Vec<Group>);

struct Group {
    resource: Resource,
    /// Log records, a comma between two.
    records: Vec<u8>,
}

impl LogRequest {
    /// The whole request, as a line.
    pub(super) fn line(self) -> Vec<u8> {
        let records: usize = self.0.iter().map(|group| group.records.len()).sum();
        let mut line = Vec::with_capacity(records + self.0.len() * 1024);
        line.extend_from_slice(br#"{"resourceLogs":["#);
        for (at, group) in self.0.iter().enumerate() {
            if at > 0 {
                line.push(b',');
            }
            line.extend_from_slice(br#"{"resource":"#);
            json(&mut line, &group.resource);
            line.extend_from_slice(br#","scopeLogs":[{"scope":"#);
            json(&mut line, &scope());
            line.extend_from_slice(br#","logRecords":["#);
            line.extend_from_slice(&group.records);
            line.extend_from_slice(br#"]}],"schemaUrl":"#);
            json(&mut line, SCHEMA);
            line.push(b'}');
        }
        line.extend_from_slice(b"]}\n");
        line
    }
}

impl Request for LogRequest {
    type Record<'r> = Entry<'r>;

    fn size(entry: &Entry<'_>) -> usize {
        entry.line.message.len() + entry.line.event_id.map_or(0, str::len)
    }

    fn open(&mut self, resource: Resource) {
        let records = Vec::new();
        self.0.push(Group { resource, records });
    }

    fn add(&mut self, at: usize, entry: Entry<'_>) {
        let records = &mut self.0[at].records;
        if !records.is_empty() {
            records.push(b',');
        }
        json(records, &Record::of(&entry));
    }
}

/// Appends a value. What is written here has no keys but text, and memory takes it: there is nothing that could fail.
fn json(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok());
}

/// `LogRecord` of OTLP; what is zero or empty is left out.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Record<'l> {
    time_unix_nano: Shown<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed_time_unix_nano: Option<Shown<u64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity_number: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    severity_text: Option<&'static str>,
    body: Text<&'l str>,
    attributes: Attributes<'l>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<Hex<16>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    span_id: Option<Hex<8>>,
}

impl<'l> Record<'l> {
    fn of(entry: &Entry<'l>) -> Self {
        let (time, observed) = entry.nanos();
        let severity = entry.severity();
        Self {
            time_unix_nano: Shown(time),
            observed_time_unix_nano: (observed > 0).then_some(Shown(observed)),
            severity_number: severity.map(|(number, _)| number),
            severity_text: severity.map(|(_, name)| name),
            body: Text {
                string_value: entry.line.message,
            },
            attributes: Attributes {
                event_id: entry.line.event_id,
                request_id: entry.request,
            },
            trace_id: entry.trace.map(Hex),
            span_id: entry.span.map(Hex),
        }
    }
}

/// Those that are known.
struct Attributes<'l> {
    event_id: Option<&'l str>,
    request_id: Option<RequestId>,
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut all = out.serialize_seq(None)?;
        if let Some(string_value) = self.event_id {
            let value = Text { string_value };
            all.serialize_element(&Attribute {
                key: EVENT_ID,
                value,
            })?;
        }
        if let Some(string_value) = self.request_id {
            let value = Text { string_value };
            all.serialize_element(&Attribute {
                key: REQUEST_ID,
                value,
            })?;
        }
        all.end()
    }
}

#[derive(Serialize)]
struct Attribute<T> {
    key: &'static str,
    value: Text<T>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Text<T> {
    string_value: T,
}

/// A value as it reads.
struct Shown<T>(T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_str(&self.0)
    }
}

/// An id of so many bytes.
struct Hex<const N: usize>([u8; N]);

impl<const N: usize> Serialize for Hex<N> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let number = self
            .0
            .iter()
            .fold(0u128, |number, byte| number << 8 | u128::from(*byte));
        let width = 2 * N;
        out.collect_str(&format_args!("{number:0width$x}"))
    }
}

#[cfg(test)]
mod tests;
