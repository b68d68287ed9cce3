//! The log lines of a snapshot once more, as OpenTelemetry has them: by then it is known which run wrote each.

use crate::export::telemetry::batch::Request;
use crate::export::telemetry::{Entry, LogBatches, Telemetry};
use crate::model::odd::Odd;
use crate::model::record::LogLine;
use crate::sources::files::Sink;

/// A sink of log lines alone: what is made of each request that they fill. A block of an input is worked on by itself, so its last
/// request is seldom full.
pub(in crate::export) struct Logs<'t, 'a, R, T> {
    batches: LogBatches<'t, 'a, R>,
    make: fn(R) -> T,
    made: Vec<T>,
    rows: u64,
}

impl<'t, 'a, R, T> Logs<'t, 'a, R, T>
where
    R: Request,
    for<'l> R::Record<'l>: From<Entry<'l>>,
{
    /// Requests have at most `limit` bytes; a larger line goes alone.
    pub(in crate::export) fn new(
        telemetry: &'t Telemetry<'a>,
        limit: usize,
        make: fn(R) -> T,
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

impl<R, T> Sink for Logs<'_, '_, R, T>
where
    R: Request,
    for<'l> R::Record<'l>: From<Entry<'l>>,
{
    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        let full = self.batches.push(line);
        self.made.extend(full.map(self.make));
        self.rows += 1;
        None
    }
}
