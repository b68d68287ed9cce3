//! What takes in the records that stand in files.

use std::ops::Range;

use crate::decode::{DecodeError, Parsed};
use crate::engine::Block;
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

    /// Whether messages and documents that are JSON shall be read before they are handed over: who looks into them then need not read
    /// them again.
    fn wants_parsed(&self) -> bool {
        false
    }

    /// The same of an event whose message is JSON that was read.
    fn log_parsed(&mut self, line: &LogLine<'_>, _json: &Parsed<'_>) -> Option<Odd> {
        self.log(line)
    }

    /// One X-Ray segment document or `aws/spans` span.
    fn segment(&mut self, _json: &str) -> Result<(), DecodeError> {
        Ok(())
    }

    /// The same of one that was read.
    fn segment_parsed(&mut self, text: &str, _json: &Parsed<'_>) -> Result<(), DecodeError> {
        self.segment(text)
    }

    /// One metric-stream line.
    fn metric(&mut self, _json: &str) -> Result<(), DecodeError> {
        Ok(())
    }

    /// The same of one that was read.
    fn metric_parsed(&mut self, text: &str, _json: &Parsed<'_>) -> Result<(), DecodeError> {
        self.metric(text)
    }

    /// One function configuration.
    fn function(&mut self, _json: &str) -> Result<(), DecodeError> {
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
        Self::log(self, line, None)
    }

    fn wants_parsed(&self) -> bool {
        true
    }

    fn log_parsed(&mut self, line: &LogLine<'_>, json: &Parsed<'_>) -> Option<Odd> {
        Self::log(self, line, Some(json))
    }

    fn segment(&mut self, json: &str) -> Result<(), DecodeError> {
        Self::segment(self, json)
    }

    fn segment_parsed(&mut self, _text: &str, json: &Parsed<'_>) -> Result<(), DecodeError> {
        Self::segment_parsed(self, json)
    }

    fn metric(&mut self, json: &str) -> Result<(), DecodeError> {
        Self::metric(self, json)
    }

    fn metric_parsed(&mut self, _text: &str, json: &Parsed<'_>) -> Result<(), DecodeError> {
        Self::metric_parsed(self, json)
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
