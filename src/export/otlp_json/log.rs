//! A log record as JSON.

use super::request::Json;
use crate::export::json::{hex, long, text, value};
use crate::export::telemetry::{EVENT_ID, Entry, REQUEST_ID};

/// Bytes of a record, its message aside.
const FIELDS: usize = 512;

/// `LogRecord` of OTLP; what is zero or empty is left out.
pub(in crate::export) struct LogJson(Vec<u8>);

impl AsRef<[u8]> for LogJson {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Json for LogJson {
    const LISTS: [&'static str; 3] = ["resourceLogs", "scopeLogs", "logRecords"];
}

impl From<Entry<'_>> for LogJson {
    fn from(entry: Entry<'_>) -> Self {
        let message = entry.line.message;
        let escaped = message.escaped();
        let room = escaped.unwrap_or(message.text()).len() + FIELDS;
        let mut out = Vec::with_capacity(room);
        let (time, observed) = entry.nanos();
        out.extend_from_slice(br#"{"timeUnixNano":"#);
        long(&mut out, time);
        if observed > 0 {
            out.extend_from_slice(br#","observedTimeUnixNano":"#);
            long(&mut out, observed);
        }
        if let Some((number, name)) = entry.severity() {
            out.extend_from_slice(br#","severityNumber":"#);
            value(&mut out, &number);
            out.extend_from_slice(br#","severityText":"#);
            text(&mut out, name);
        }
        out.extend_from_slice(br#","body":{"stringValue":"#);
        match escaped {
            Some(escaped) => {
                out.push(b'"');
                out.extend_from_slice(escaped.as_bytes());
                out.push(b'"');
            }
            None => text(&mut out, message.text()),
        }
        out.push(b'}');
        let mut before = r#","attributes":["#;
        if let Some(id) = entry.line.event_id {
            open(&mut out, before, EVENT_ID);
            text(&mut out, id);
            out.extend_from_slice(b"}}");
            before = ",";
        }
        if let Some(id) = entry.request {
            open(&mut out, before, REQUEST_ID);
            out.push(b'"');
            out.extend_from_slice(&id.letters());
            out.extend_from_slice(br#""}}"#);
            before = ",";
        }
        if before == "," {
            out.push(b']');
        }
        if let Some(id) = entry.trace {
            out.extend_from_slice(br#","traceId":"#);
            hex(&mut out, &id);
        }
        if let Some(id) = entry.span {
            out.extend_from_slice(br#","spanId":"#);
            hex(&mut out, &id);
        }
        out.push(b'}');
        Self(out)
    }
}

/// Opens an attribute, up to its text.
fn open(out: &mut Vec<u8>, before: &str, key: &str) {
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(br#"{"key":""#);
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(br#"","value":{"stringValue":"#);
}

#[cfg(test)]
mod tests;
