//! Traces and logs as OTLP JSON: one export request a line, as the OpenTelemetry Collector's file exporter writes them.
//!
//! Ids are hex and 64-bit numbers are strings, as OTLP says its JSON is encoded.

mod log_request;

use std::io::{self, Write};

use super::records::Logs;
use super::telemetry::Telemetry;

use log_request::LogRequest;

/// Bytes of what is said in a line, in protobuf; as JSON it is some two times as long. Readers that hold a line whole take this.
const LINE_LIMIT: usize = 256 * 1024;

/// Writes all spans. Returns how many there were.
pub fn traces(telemetry: &Telemetry<'_>, out: &mut dyn Write) -> io::Result<u64> {
    let mut line = Vec::new();
    telemetry.traces(LINE_LIMIT, |request| {
        line.clear();
        // Made in memory: it is written in very many pieces.
        serde_json::to_writer(&mut line, &request)?;
        line.push(b'\n');
        out.write_all(&line)
    })
}

/// Takes log lines and makes lines of them, in the order in which they come.
pub(super) fn logs<'t, 'a>(telemetry: &'t Telemetry<'a>) -> Logs<'t, 'a, LogRequest, Vec<u8>> {
    Logs::new(telemetry, LINE_LIMIT, LogRequest::line)
}
