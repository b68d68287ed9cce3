//! The log lines of a snapshot once more, as OpenTelemetry has them: by then it is known which run wrote each.

use crate::export::telemetry::{Entry, Place, Telemetry};
use crate::model::odd::Odd;
use crate::model::record::LogLine;
use crate::sources::files::Sink;

/// A sink of log lines alone: each as a record, with what it comes from. A block of an input is worked on by itself; who takes them
/// gathers the records of many.
pub(in crate::export) struct Logs<'t, 'a, T> {
    telemetry: &'t Telemetry<'a>,
    pub(in crate::export) records: Vec<(Place, T)>,
}

impl<'t, 'a, T> Logs<'t, 'a, T> {
    pub(in crate::export) fn new(telemetry: &'t Telemetry<'a>) -> Self {
        Self {
            telemetry,
            records: Vec::new(),
        }
    }
}

impl<T: for<'l> From<Entry<'l>>> Logs<'_, '_, T> {
    fn add(&mut self, line: &LogLine<'_>) {
        // Lines of one stream come in runs.
        let last = self.records.last().map(|(place, _)| place);
        let place = self.telemetry.place(line, last);
        let entry = self.telemetry.entry(line, &place);
        self.records.push((place, entry.into()));
    }
}

impl<T: for<'l> From<Entry<'l>>> Sink for Logs<'_, '_, T> {
    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        self.add(line);
        None
    }
}
