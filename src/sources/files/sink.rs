//! What takes in the records that stand in files.

use std::ops::Range;

use crate::decode::DecodeError;
use crate::engine::Block;
use crate::model::document::Document;
use crate::model::odd::{Odd, Oddities};
use crate::model::record::{Gap, LogLine};
use crate::model::time::Timestamp;

/// Takes in records in the order of the input. Only log events must be taken; who hands on to another sink hands on everything.
pub trait Sink {
    /// Where, in lines of an input, the next are that may say what is wanted here: the others are not looked at.
    fn next_of(&self, lines: &[u8]) -> Option<Range<usize>> {
        (!lines.is_empty()).then_some(0..lines.len())
    }

    /// One log event. Gives back what of it cannot be.
    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd>;

    /// Whether a message that is a JSON object shall be read before it is handed over, as who looks into it has to do else.
    fn reads_objects(&self) -> bool {
        false
    }

    /// One X-Ray segment document or `aws/spans` span.
    fn segment(&mut self, _document: &Document<'_>) -> Result<(), DecodeError> {
        Ok(())
    }

    /// One metric-stream line.
    fn metric(&mut self, _document: &Document<'_>) -> Result<(), DecodeError> {
        Ok(())
    }

    /// One function configuration.
    fn function(&mut self, _document: &Document<'_>) -> Result<(), DecodeError> {
        Ok(())
    }

    /// A stretch that a recording knows it did not see.
    fn gap(&mut self, _gap: Gap) {}

    /// Everything of a log group before that moment is in the recording.
    fn complete(&mut self, _group: &str, _until: Timestamp) {}

    /// A document that is no record.
    fn unparsed(&mut self, _why: impl FnOnce() -> String) {}

    /// So many documents were no records when the recording was made.
    fn unparsed_before(&mut self, _lines: u64) {}

    /// A record that was taken in although it cannot be as it is.
    fn odd(&mut self, _odd: &Odd, _place: impl FnOnce() -> String) {}

    /// Why the first document that is no record is none.
    fn failure(&self) -> Option<&str> {
        None
    }

    /// The records that cannot be as they are.
    fn oddities(&self) -> Option<&Oddities> {
        None
    }
}

impl Sink for Block {
    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        Self::log(self, line)
    }

    fn reads_objects(&self) -> bool {
        true
    }

    fn segment(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        Self::segment(self, document)
    }

    fn metric(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        Self::metric(self, document)
    }

    fn function(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        Self::function(self, document)
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

    fn odd(&mut self, odd: &Odd, place: impl FnOnce() -> String) {
        Self::odd(self, odd, place);
    }

    fn failure(&self) -> Option<&str> {
        self.failures().1
    }

    fn oddities(&self) -> Option<&Oddities> {
        Some(Self::oddities(self))
    }
}
