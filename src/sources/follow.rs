//! A log group that is read over and over: nothing lost, nothing twice, the newest first. Which service gives the pages
//! is [`Events`]' matter; this only decides what to ask for next and what of the answer is new.

mod cursor;
mod handed;
mod lateness;
mod seen;
#[cfg(test)]
pub(crate) mod simulated;
#[cfg(test)]
mod tests;

use std::future::{self, Future};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use self::cursor::Cursor;
pub use self::cursor::Question;
pub use self::handed::Handed;
use self::seen::{Copies, Seen};
use super::{Call, FetchError, Fetching, Next, Page, Source, Waiting, Window};
use crate::model::batch::Batch;
use crate::model::health::Health;
use crate::model::record::{Gap, GapReason, LogRecord, Record};
use crate::model::time::Timestamp;
use crate::model::words;

/// Events of a followed group appear within about that.
const POLL: Duration = Duration::from_secs(2);
/// A group that stays silent is asked less and less often, down to that.
pub const POLL_IDLE: Duration = Duration::from_millis(6_500);
/// So much longer a quiet group is left alone for each group that is polled: they share a quota.
const IDLE_A_GROUP: Duration = Duration::from_millis(500);
/// No group is left alone longer.
const IDLE_AT_MOST: Duration = Duration::from_mins(4);
/// A group whose lines come live is polled for what that left out.
const POLL_BESIDE_LIVE: Duration = Duration::from_secs(10);
/// The service is at work on the answer.
const POLL_PENDING: Duration = Duration::from_secs(1);
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

    /// Whether something was written after that moment, for all that is known from elsewhere.
    fn stirs(&self, _after: Timestamp) -> bool {
        false
    }

    /// Resolves once it is known from elsewhere that something was written after that moment.
    fn stirred(&mut self, _after: Timestamp) -> Waiting<'_> {
        Box::pin(future::pending())
    }

    /// From one pass to the next, while events come.
    fn poll(&self) -> Duration {
        POLL
    }

    /// The same while none come.
    fn idle(&self, _now: Timestamp) -> Duration {
        POLL_IDLE.max(self.poll())
    }

    /// What the last answer cost, in US dollars.
    fn usd(&self) -> f64 {
        0.0
    }

    /// A stretch of which the service cannot give all lines, said once.
    fn lost(&mut self) -> Option<Gap> {
        None
    }
}

/// How long one of so many groups is left alone, of which metrics say that it is quiet.
pub fn leave_alone(groups: usize) -> Duration {
    (IDLE_A_GROUP * groups as u32).clamp(POLL_IDLE, IDLE_AT_MOST)
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
    /// The service is still at it: the same is asked again soon.
    Pending,
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
    /// Passes in a row that brought nothing; a fresh start counts as one that did.
    empty: i32,
    /// What the service is at work on.
    pending: Option<Question>,
    /// What comes by another way, too.
    handed: Option<Arc<Handed>>,
    asked_at: Timestamp,
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
        let cursor = Cursor::new(window.since, window.until, events.poll());
        Self {
            events,
            group: group.into(),
            name: format!("logs {group}"),
            until: window.until,
            cursor,
            seen: Seen::default(),
            presence: Presence::Unknown,
            repeats: 0,
            empty: 0,
            pending: None,
            handed: None,
            asked_at: window.since,
        }
    }

    /// Reads a backlog in order of time: for those who write lines down one after another.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.cursor.in_order();
        self
    }

    /// Shares the ledger of what is handed on with whoever brings the same lines live.
    #[must_use]
    pub fn beside(mut self, live: Arc<Handed>) -> Self {
        self.handed = Some(live);
        self
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let mut question = match self.pending.take() {
            Some(question) => question,
            None => self.cursor.question(now),
        };
        self.asked_at = now;
        let answer = self.events.page(&question, now).await;
        let usd = self.events.usd();
        match answer {
            Ok(Answer::Page { events, next }) => {
                let mut page = self.take(&question, events, next)?;
                let lost = self.events.lost().map(Record::Gap);
                page.batch.records.extend(lost);
                Ok(Page { usd, ..page })
            }
            Ok(Answer::Pending) => {
                self.pending = Some(question);
                let page = Page::new(Batch::default(), Next::CaughtUp);
                Ok(Page { usd, ..page })
            }
            Ok(Answer::Absent) => Ok(self.absent()),
            Err(error) => {
                let error = error.of_page(&mut question.token);
                if question.token.is_none() {
                    self.cursor.restart();
                }
                Err(error)
            }
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
        let claimed = self.cursor.complete_until();
        if self.cursor.took(next) {
            let known = self.cursor.newest();
            batch.records = self.only_new(events, claimed);
            // Late lines of a silent group do not make it a busy one.
            let fresh = self.cursor.newest() > known;
            self.empty = if fresh { 0 } else { self.empty + 1 };
            self.seen.keep(|at| self.cursor.may_reread(at));
            if let Some(handed) = &self.handed {
                let complete = self.cursor.complete_until();
                handed.passed(complete, |at| self.cursor.may_reread(at));
            }
        }
        let complete = self.cursor.unread_from();
        if self.until.is_none() || self.cursor.complete_until().is_some() {
            batch.complete.push((self.group.clone(), complete));
        }
        let passed = self.cursor.passed_at().filter(|_| !self.cursor.has_more());
        batch
            .passed
            .extend(passed.map(|at| (self.group.clone(), at)));
        Ok(Page::new(batch, self.pause()))
    }

    fn only_new(&mut self, events: Vec<LogRecord>, claimed: Option<Timestamp>) -> Vec<Record> {
        let mut copies = Copies::default();
        let mut fresh = Vec::with_capacity(events.len());
        for record in events {
            if self.seen.is_new(&record, &mut copies) {
                self.cursor.saw(record.timestamp, record.ingestion, claimed);
                let handed = self.handed.as_ref();
                if handed.is_none_or(|handed| handed.polled(&record)) {
                    fresh.push(Record::Log(record));
                }
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
        // What was deleted or never written to holds nothing back.
        self.cursor.absent(self.asked_at);
        let mut batch = Batch::default();
        if let Some(complete) = self.cursor.complete_until() {
            batch.complete.push((self.group.clone(), complete));
        }
        batch.passed.push((self.group.clone(), self.asked_at));
        let next = self.until.map_or(Next::CaughtUp, |_| Next::End);
        Page::new(batch, next)
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
        // Of a group that was not read yet nothing is known but what metrics say.
        let brought = self.empty == 0 && self.presence != Presence::Unknown;
        brought || self.cursor.has_more() || self.events.stirs(self.asked_at)
    }

    fn stirred(&mut self) -> Waiting<'_> {
        self.events.stirred(self.asked_at)
    }

    fn interval(&self) -> Duration {
        match self.presence {
            _ if self.pending.is_some() => POLL_PENDING,
            Presence::NotYet | Presence::Gone(_) => POLL_ABSENT,
            _ if self.handed.as_ref().is_some_and(|handed| handed.is_live()) => POLL_BESIDE_LIVE,
            _ if self.empty == 0 => self.events.poll(),
            Presence::Unknown | Presence::Here => {
                let idle = self.events.idle(self.asked_at);
                let slower = self.events.poll().mul_f64(1.2_f64.powi(self.empty.min(32)));
                // Silence alone is believed by and by; that metrics see nothing, at once.
                if idle > POLL_IDLE {
                    idle
                } else {
                    slower.min(idle)
                }
            }
        }
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.page(now))
    }

    fn describe(&self, health: &mut Health) {
        health.complete_until = self.cursor.complete_until();
        health.lag_p50_ms = self.cursor.percentile(0.5);
        health.lag_p99_ms = self.cursor.percentile(0.99);
        health.late = Some(self.cursor.late());
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
