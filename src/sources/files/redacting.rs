//! A sink behind a redactor: what goes in there is already without secrets.

use std::ops::Range;
use std::sync::Arc;

use super::sink::Sink;
use crate::decode::{DecodeError, Parsed};
use crate::model::odd::{Odd, Oddities};
use crate::model::record::{Gap, LogLine};
use crate::model::time::Timestamp;
use crate::redact::{CleanNames, Counts, Redactor};

/// Hands records on to another sink, without what the rules take out. Without a redactor as they are.
pub struct Redacting<S> {
    pub to: S,
    /// What was taken out.
    pub counts: Counts,
    redactor: Option<Arc<Redactor>>,
    clean: CleanNames,
}

impl<S> Redacting<S> {
    /// A redactor before a sink.
    pub fn new(to: S, redactor: Option<Arc<Redactor>>) -> Self {
        let counts = redactor
            .as_ref()
            .map_or_else(Counts::default, |redactor| redactor.counts());
        Self {
            to,
            counts,
            redactor,
            clean: CleanNames::default(),
        }
    }
}

impl<S: Sink> Sink for Redacting<S> {
    fn next_of(&self, lines: &[u8]) -> Option<Range<usize>> {
        if self.redactor.is_none() || lines.is_empty() {
            return self.to.next_of(lines);
        }
        // What a line says without its secrets cannot be seen in it as it stands.
        Some(0..lines.len())
    }

    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        match &self.redactor {
            Some(redactor) => {
                let line = redactor.line(line, &mut self.clean, &mut self.counts);
                self.to.log(&line.line())
            }
            None => self.to.log(line),
        }
    }

    fn wants_parsed(&self) -> bool {
        // What is taken out of a message is taken out of its text.
        self.redactor.is_none() && self.to.wants_parsed()
    }

    fn log_parsed(&mut self, line: &LogLine<'_>, json: &Parsed<'_>) -> Option<Odd> {
        match &self.redactor {
            Some(_) => self.log(line),
            None => self.to.log_parsed(line, json),
        }
    }

    fn segment(&mut self, json: &str) -> Result<(), DecodeError> {
        match &self.redactor {
            Some(redactor) => self.to.segment(&redactor.text(json, &mut self.counts)),
            None => self.to.segment(json),
        }
    }

    fn segment_parsed(&mut self, text: &str, json: &Parsed<'_>) -> Result<(), DecodeError> {
        match self.redactor {
            Some(_) => self.segment(text),
            None => self.to.segment_parsed(text, json),
        }
    }

    fn metric(&mut self, json: &str) -> Result<(), DecodeError> {
        match &self.redactor {
            Some(redactor) => self.to.metric(&redactor.text(json, &mut self.counts)),
            None => self.to.metric(json),
        }
    }

    fn metric_parsed(&mut self, text: &str, json: &Parsed<'_>) -> Result<(), DecodeError> {
        match self.redactor {
            Some(_) => self.metric(text),
            None => self.to.metric_parsed(text, json),
        }
    }

    fn function(&mut self, json: &str) -> Result<(), DecodeError> {
        match &self.redactor {
            Some(redactor) => self.to.function(&redactor.function(json, &mut self.counts)),
            None => self.to.function(json),
        }
    }

    fn gap(&mut self, gap: Gap) {
        match &self.redactor {
            Some(redactor) => self.to.gap(redactor.gap(gap, &mut self.counts)),
            None => self.to.gap(gap),
        }
    }

    fn complete(&mut self, group: &str, until: Timestamp) {
        match &self.redactor {
            Some(redactor) => self
                .to
                .complete(&redactor.text(group, &mut self.counts), until),
            None => self.to.complete(group, until),
        }
    }

    fn unparsed(&mut self, why: impl FnOnce() -> String) {
        self.to.unparsed(why);
    }

    fn unparsed_before(&mut self, lines: u64) {
        self.to.unparsed_before(lines);
    }

    fn odd(&mut self, odd: &Odd, place: impl FnOnce() -> String) {
        self.to.odd(odd, place);
    }

    fn failure(&self) -> Option<&str> {
        self.to.failure()
    }

    fn oddities(&self) -> Option<&Oddities> {
        self.to.oddities()
    }
}
