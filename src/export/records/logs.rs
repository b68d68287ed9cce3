//! The log lines of a snapshot once more, as OpenTelemetry has them: by then it is known which run wrote each.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;

use crate::export::telemetry::{LogBatches, Telemetry};
use crate::model::odd::Odd;
use crate::model::record::LogLine;
use crate::sources::files::Sink;

/// A sink of log lines alone: what is made of each request that they fill. A block of an input is worked on by itself, so its last
/// request is seldom full.
pub(in crate::export) struct Logs<'t, 'a, T> {
    batches: LogBatches<'t, 'a>,
    make: fn(ExportLogsServiceRequest) -> T,
    made: Vec<T>,
    rows: u64,
}

impl<'t, 'a, T> Logs<'t, 'a, T> {
    /// Requests have at most `limit` bytes of protobuf; a larger line goes alone.
    pub(in crate::export) fn new(
        telemetry: &'t Telemetry<'a>,
        limit: usize,
        make: fn(ExportLogsServiceRequest) -> T,
    ) -> Self {
        Self {
            batches: LogBatches::new(telemetry, limit),
            make,
            made: Vec::new(),
            rows: 0,
        }
    }

    /// How many lines there were, and everything that was made of them, in order.
    pub(in crate::export) fn finish(mut self) -> (u64, Vec<T>) {
        let rest = self.batches.rest();
        self.made.extend(rest.map(self.make));
        (self.rows, self.made)
    }
}

impl<T> Sink for Logs<'_, '_, T> {
    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        let full = self.batches.push(line);
        self.made.extend(full.map(self.make));
        self.rows += 1;
        None
    }
}
