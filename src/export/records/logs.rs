//! The log lines of a snapshot once more, as OpenTelemetry has them: by then it is known which run wrote each.

use crate::decode::DecodeError;
use crate::export::telemetry::{Log, Telemetry};
use crate::model::odd::{Odd, Oddities};
use crate::model::record::{Gap, LogLine};
use crate::model::time::Timestamp;
use crate::sources::files::Sink;

/// A sink that keeps log lines alone.
pub(in crate::export) struct Logs<'t, 'a> {
    telemetry: &'t Telemetry<'a>,
    pub(in crate::export) logs: Vec<Log>,
}

impl<'t, 'a> Logs<'t, 'a> {
    pub(in crate::export) fn new(telemetry: &'t Telemetry<'a>) -> Self {
        Self {
            telemetry,
            logs: Vec::new(),
        }
    }
}

impl Sink for Logs<'_, '_> {
    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        self.logs.push(self.telemetry.log(line));
        None
    }

    fn segment(&mut self, _: &str) -> Result<(), DecodeError> {
        Ok(())
    }

    fn metric(&mut self, _: &str) -> Result<(), DecodeError> {
        Ok(())
    }

    fn function(&mut self, _: &str) -> Result<(), DecodeError> {
        Ok(())
    }

    fn gap(&mut self, _: Gap) {}

    fn complete(&mut self, _: &str, _: Timestamp) {}

    fn unparsed(&mut self, _: impl FnOnce() -> String) {}

    fn unparsed_before(&mut self, _: u64) {}

    fn odd(&mut self, _: &Odd, _: impl FnOnce() -> String) {}

    fn failure(&self) -> Option<&str> {
        None
    }

    fn oddities(&self) -> Option<&Oddities> {
        None
    }
}
