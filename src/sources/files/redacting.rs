//! A sink behind a redactor: what goes in there is already without secrets.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bumpalo::Bump;

use super::sink::Sink;
use crate::decode::DecodeError;
use crate::model::document::Document;
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

/// Takes out of a document what the rules do.
type Clean = for<'t> fn(&Redactor, &'t str, &mut Counts) -> Cow<'t, str>;

impl<S> Redacting<S> {
    fn document(
        &mut self,
        document: &Document<'_>,
        clean: Clean,
        hand_on: fn(&mut S, &Document<'_>) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        let Some(redactor) = &self.redactor else {
            return hand_on(&mut self.to, document);
        };
        let clean = clean(redactor, document.text(), &mut self.counts);
        hand_on(&mut self.to, &Document::new(&clean, &Bump::new()))
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

    fn reads_objects(&self) -> bool {
        // What is taken out of a message is taken out of its text.
        self.redactor.is_none() && self.to.reads_objects()
    }

    fn segment(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        self.document(document, Redactor::text, S::segment)
    }

    fn metric(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        self.document(document, Redactor::text, S::metric)
    }

    fn function(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        self.document(document, Redactor::function, S::function)
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
