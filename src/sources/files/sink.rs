//! What takes in the records that stand in files.

use crate::decode::DecodeError;
use crate::engine::Block;
use crate::model::record::{Gap, LogLine};
use crate::model::time::Timestamp;

/// Takes in records in the order of the input.
pub trait Sink {
    /// One log event.
    fn log(&mut self, line: &LogLine<'_>);

    /// One X-Ray segment document or `aws/spans` span.
    fn segment(&mut self, json: &str) -> Result<(), DecodeError>;

    /// One metric-stream line.
    fn metric(&mut self, json: &str) -> Result<(), DecodeError>;

    /// One function configuration.
    fn function(&mut self, json: &str) -> Result<(), DecodeError>;

    /// A stretch that a recording knows it did not see.
    fn gap(&mut self, gap: Gap);

    /// Everything of a log group before that moment is in the recording.
    fn complete(&mut self, group: &str, until: Timestamp);

    /// A document that is no record.
    fn unparsed(&mut self, why: impl FnOnce() -> String);

    /// So many documents were no records when the recording was made.
    fn unparsed_before(&mut self, lines: u64);

    /// Why the first document that is no record is none.
    fn failure(&self) -> Option<&str>;
}

impl Sink for Block {
    fn log(&mut self, line: &LogLine<'_>) {
        Self::log(self, line);
    }

    fn segment(&mut self, json: &str) -> Result<(), DecodeError> {
        Self::segment(self, json)
    }

    fn metric(&mut self, json: &str) -> Result<(), DecodeError> {
        Self::metric(self, json)
    }

    fn function(&mut self, json: &str) -> Result<(), DecodeError> {
        Self::function(self, json)
    }

    fn gap(&mut self, gap: Gap) {
        Self::gap(self, gap);
    }

    fn complete(&mut self, group: &str, until: Timestamp) {
        Self::complete(self, group, until);
    }

    fn unparsed(&mut self, why: impl FnOnce() -> String) {
        Self::unparsed(self, why);
    }

    fn unparsed_before(&mut self, lines: u64) {
        Self::unparsed_before(self, lines);
    }

    fn failure(&self) -> Option<&str> {
        self.failures().1
    }
}
