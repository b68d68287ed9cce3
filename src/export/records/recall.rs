//! Reads log lines again whose text was not kept, and counts them.

use std::ops::Range;
use std::sync::Arc;

use memchr::{memchr, memrchr};
use regex::bytes::Regex;

use super::{Origin, each};
use crate::engine::Seen;
use crate::model::event_id::EventId;
use crate::model::odd::Odd;
use crate::model::record::{LogLine, LogRecord};
use crate::redact::Redactor;
use crate::sources::files::{Read, ReadError, Redacting, Sink};
use crate::store::recalled::{Answer, Asked};

/// Bytes of the lines that are kept, the newest; all are counted.
const KEPT: usize = 8 << 20;
/// Events that re-reads are recognised by.
const SEEN: usize = 1 << 20;

/// Which lines.
pub struct Wanted {
    /// What stands somewhere in the JSON of every wanted line: one that lacks any of it is not parsed.
    pub marks: Vec<Regex>,
    /// Whether a line is wanted.
    pub holds: Box<dyn Fn(&LogLine<'_>) -> bool + Send + Sync>,
}

impl Wanted {
    /// The next line with all marks; all lines, if there are none.
    fn next_of(&self, lines: &[u8]) -> Option<Range<usize>> {
        let Some((first, others)) = self.marks.split_first() else {
            return (!lines.is_empty()).then_some(0..lines.len());
        };
        let mut from = 0;
        while let Some(mark) = first.shortest_match_at(lines, from) {
            let start = memrchr(b'\n', &lines[from..mark]).map_or(from, |end| from + end + 1);
            let end = memchr(b'\n', &lines[mark..]).map_or(lines.len(), |end| mark + end + 1);
            if others.iter().all(|mark| mark.is_match(&lines[start..end])) {
                return Some(start..end);
            }
            from = end;
        }
        None
    }
}

/// Looks through all records, without what the redactor takes out. `progress` is given the lines so far, and what was read; `None` if
/// it stopped the reading.
pub fn recall(
    origin: &Origin,
    redactor: Option<&Arc<Redactor>>,
    asked: Asked,
    wanted: &Wanted,
    progress: &mut dyn FnMut(u64, &Read) -> bool,
) -> Result<Option<Answer>, ReadError> {
    let mut seen = Seen::new(SEEN);
    let (mut text, mut found, mut going) = (asked.store(KEPT), 0, true);
    let empty = || Redacting::new(Found::of(wanted), redactor.cloned());
    each(origin, &empty, &mut |sink: Redacting<Found<'_>>,
                               first,
                               read| {
        if first {
            seen.begin_read();
        }
        for record in &sink.to.lines {
            let line = record.line();
            if seen.is_new_line(&line) {
                found += 1;
                text.push(&line, EventId::order_of(line.event_id, line.timestamp));
            }
        }
        going = progress(found, read);
        going
    })?;
    Ok(going.then(|| Answer {
        asked,
        text,
        found,
        exact: seen.forgotten() == 0,
    }))
}

/// A sink that keeps what is wanted.
struct Found<'a> {
    wanted: &'a Wanted,
    lines: Vec<LogRecord>,
}

impl<'a> Found<'a> {
    fn of(wanted: &'a Wanted) -> Self {
        Self {
            wanted,
            lines: Vec::new(),
        }
    }
}

impl Sink for Found<'_> {
    fn next_of(&self, lines: &[u8]) -> Option<Range<usize>> {
        self.wanted.next_of(lines)
    }

    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        if (self.wanted.holds)(line) {
            self.lines.push(line.into());
        }
        None
    }
}

#[cfg(test)]
mod tests;
