//! Traces and logs as OTLP JSON: one export request a line, as the OpenTelemetry Collector's file exporter writes them.
//!
//! Ids are hex and 64-bit numbers are strings, as OTLP says its JSON is encoded.

use std::io::{self, Write};

use serde::Serialize;

use super::records::Logs;
use super::telemetry::Telemetry;

/// Bytes of protobuf in a line; as JSON it is some three times as long. Readers that hold a line whole take this.
const LINE_LIMIT: usize = 256 * 1024;

/// Writes all spans. Returns how many there were.
pub fn traces(telemetry: &Telemetry<'_>, out: &mut dyn Write) -> io::Result<u64> {
    telemetry.traces(LINE_LIMIT, |request| out.write_all(&line(&request)?))
}

/// Takes log lines and makes lines of them, in the order in which they come.
pub(super) fn logs<'t, 'a>(telemetry: &'t Telemetry<'a>) -> Logs<'t, 'a, Vec<u8>> {
    Logs::new(telemetry, LINE_LIMIT, |request| {
        // Messages have no keys that are not text: there is nothing that JSON could refuse.
        line(&request).unwrap_or_default()
    })
}

/// A request as a line, made in memory: it is written in very many pieces.
fn line(request: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = Vec::with_capacity(4 * LINE_LIMIT);
    serde_json::to_writer(&mut line, request)?;
    line.push(b'\n');
    Ok(line)
}
