//! A log group that is read over and over: nothing lost, nothing twice, the newest first. Which service gives the pages
//! is [`Events`]' matter; this only decides what to ask for next and what of the answer is new.

mod cursor;
mod lateness;
mod seen;
#[cfg(test)]
pub(crate) mod simulated;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use self::cursor::Cursor;
pub use self::cursor::Question;
use self::seen::{Copies, Seen};
use super::{Call, FetchError, Fetching, Next, Page, Source, Window};
use crate::model::batch::Batch;
use crate::model::health::Health;
use crate::model::record::{Gap, GapReason, LogRecord, Record};
use crate::model::time::Timestamp;
use crate::model::words;

/// Events of a followed group appear within about that.
const POLL: Duration = Duration::from_secs(2);
/// A group that does not exist may come: its function has not run yet.
const POLL_ABSENT: Duration = Duration::from_secs(30);
/// So often a page may come again that brings nothing and names itself as the next.
const REPEATS: u32 = 3;

/// Where the pages of one log group come from.
pub trait Events: Send {
    /// The call that the next page costs.
    fn call(&self) -> Call;

    /// Asks for one page. Cancel-safe: asked again, it gives the same.
    fn page<'a>(&'a mut self, question: &'a Question, now: Timestamp) -> Asking<'a>;

    /// Whether something was written lately, for all that is known from elsewhere.
    fn stirs(&self) -> bool {
        false
    }
}

/// An answer on its way.
pub type Asking<'a> = Pin<Box<dyn Future<Output = Result<Answer, FetchError>> + Send + 'a>>;

/// What the service answered.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Events in any order, and the page that follows: only without one the stretch was read.
    Page {
        events: Vec<LogRecord>,
        next: Option<String>,
    },
    /// There is no such group.
    Absent,
}

/// One log group, from a moment on.
pub struct Follow<E> {
    events: E,
    group: Box<str>,
    name: String,
    until: Option<Timestamp>,
    cursor: Cursor,
    seen: Seen,
    presence: Presence,
    repeats: u32,
    /// The last page brought something.
    fresh: bool,
}

/// Whether the group is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Unknown,
    Here,
    NotYet,
    /// It was there, until then at least.
    Gone(Option<Timestamp>),
}

impl<E: Events> Follow<E> {
    /// Follows `group`, or reads it once where the window has an end.
    pub fn new(group: &str, window: Window, events: E) -> Self {
        Self {
            events,
            group: group.into(),
            name: format!("logs {group}"),
            until: window.until,
            cursor: Cursor::new(window.since, window.until, POLL),
            seen: Seen::default(),
            presence: Presence::Unknown,
            repeats: 0,
            fresh: true,
        }
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let question = self.cursor.question(now);
        match self.events.page(&question, now).await {
            Ok(Answer::Page { events, next }) => self.take(&question, events, next),
            Ok(Answer::Absent) => Ok(self.absent()),
            // A token that is refused (it lives for 24 hours) is dropped and its stretch read again.
            Err(FetchError::Broken { message }) if question.token.is_some() => {
                self.cursor.restart();
                Err(FetchError::Transient { message })
            }
            Err(error) => Err(error),
        }
    }

    /// A page may be empty and still name a next one: a stretch was read when none is named.
    fn take(
        &mut self,
        question: &Question,
        events: Vec<LogRecord>,
        next: Option<String>,
    ) -> Result<Page, FetchError> {
        self.presence = Presence::Here;
        let next = next.filter(|token| !token.is_empty());
        if events.is_empty() && next.is_some() && next == question.token {
            self.repeats += 1;
            if self.repeats >= REPEATS {
                self.repeats = 0;
                self.cursor.restart();
                let message = format!(
                    "{}: the same page again and again · reading anew",
                    self.name
                );
                return Err(FetchError::Transient { message });
            }
        } else {
            self.repeats = 0;
        }
        let mut batch = Batch::default();
        if self.cursor.took(next) {
            batch.records = self.only_new(events);
            self.fresh = !batch.records.is_empty();
            self.seen.keep(|at| self.cursor.may_reread(at));
        }
        let complete = self.cursor.unread_from();
        if self.until.is_none() || self.cursor.complete_until().is_some() {
            batch.complete.push((self.group.clone(), complete));
        }
        Ok(Page::new(batch, self.pause()))
    }

    fn only_new(&mut self, events: Vec<LogRecord>) -> Vec<Record> {
        let mut copies = Copies::default();
        let mut fresh = Vec::with_capacity(events.len());
        for record in events {
            if self.seen.is_new(&record, &mut copies) {
                self.cursor.saw(record.timestamp, record.ingestion);
                fresh.push(Record::Log(record));
            }
        }
        fresh
    }

    fn pause(&self) -> Next {
        match self.until {
            _ if self.cursor.has_more() => Next::More,
            Some(_) => Next::End,
            None => Next::CaughtUp,
        }
    }

    fn absent(&mut self) -> Page {
        self.presence = match self.presence {
            Presence::Here => Presence::Gone(self.cursor.complete_until()),
            Presence::Gone(until) => Presence::Gone(until),
            Presence::Unknown | Presence::NotYet => Presence::NotYet,
        };
        self.cursor.restart();
        let next = self.until.map_or(Next::CaughtUp, |_| Next::End);
        Page::new(Batch::default(), next)
    }

    fn note(&self) -> Option<String> {
        match self.presence {
            Presence::NotYet => {
                return Some("there is no such log group: never written to, or deleted".to_owned());
            }
            Presence::Gone(until) => {
                let read = until.map_or(String::new(), |until| {
                    format!(", read up to {}", words::time_of_day(until))
                });
                return Some(format!("the log group was deleted{read}"));
            }
            Presence::Unknown | Presence::Here => {}
        }
        let (from, to) = self.cursor.backlog()?;
        Some(format!(
            "newest first: {} to {} still to read",
            words::time_of_day(from),
            words::time_of_day(to)
        ))
    }
}

impl<E: Events> Source for Follow<E> {
    fn name(&self) -> &str {
        &self.name
    }

    fn call(&self) -> Option<Call> {
        Some(self.events.call())
    }

    fn stirs(&self) -> bool {
        self.fresh || self.cursor.has_more() || self.events.stirs()
    }

    fn interval(&self) -> Duration {
        match self.presence {
            Presence::NotYet | Presence::Gone(_) => POLL_ABSENT,
            Presence::Unknown | Presence::Here => POLL,
        }
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.page(now))
    }

    fn describe(&self, health: &mut Health) {
        health.complete_until = self.cursor.complete_until();
        health.lag_p50_ms = self.cursor.percentile(0.5);
        health.lag_p99_ms = self.cursor.percentile(0.99);
        health.late = self.cursor.late();
        health.note = self.note().map(Into::into);
    }

    fn unseen(&self, now: Timestamp, why: GapReason) -> Option<Gap> {
        Some(Gap {
            group: self.group.clone(),
            from: self.cursor.unread_from(),
            to: self.until.unwrap_or(now),
            why,
        })
    }
}
