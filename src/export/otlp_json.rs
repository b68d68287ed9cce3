//! Traces and logs as OTLP JSON: one export request a line, as the OpenTelemetry Collector's file exporter writes them.
//!
//! Ids are hex and 64-bit numbers are strings, as OTLP says its JSON is encoded. What is zero or empty is left out, as protobuf's JSON
//! may leave it out.

mod log;
mod request;
mod span;

use std::io::{self, Write};

use super::telemetry::{LogBatches, Telemetry};

pub(super) use log::LogJson;
pub(super) use request::JsonRequest;
pub(super) use span::SpanJson;

/// Bytes of a line. The Collector's reader of such files takes a MiB; the more records a line has, the less often their resources
/// are told.
const LINE_LIMIT: usize = 1_000_000;

/// Writes all spans. Returns how many there were.
pub fn traces(telemetry: &Telemetry<'_>, out: &mut dyn Write) -> io::Result<u64> {
    telemetry.traces(LINE_LIMIT, |line: JsonRequest<SpanJson>| line.write(out))
}

/// Gathers log records into lines.
pub(super) fn logs<'t, 'a>(
    telemetry: &'t Telemetry<'a>,
) -> LogBatches<'t, 'a, JsonRequest<LogJson>> {
    LogBatches::new(telemetry, LINE_LIMIT)
}
