//! Log groups that no function's configuration names: those chosen by name, API Gateway's, and the functions' own where the
//! functions may not be listed.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::types::LogGroupClass;

use super::{AWAIT, LOOK_AGAIN};
use crate::model::batch::Batch;
use crate::model::health::Health;
use crate::model::time::Timestamp;
use crate::model::words::number_of;
use crate::sources::aws::actions::DESCRIBE_LOG_GROUPS;
use crate::sources::aws::fleet::{Fleet, Listing};
use crate::sources::aws::logs::{self, Way};
use crate::sources::aws::session::{Session, further};
use crate::sources::{Call, FetchError, Fetching, Next, Page, Source, Window};

/// The functions may not be listed, or their service does not answer.
const AWAIT_AT_MOST_MS: i64 = 5_000;

/// Finds log groups by their names and starts them.
pub(in crate::sources::aws) struct Groups {
    session: Arc<Session>,
    fleet: Arc<Fleet>,
    window: Window,
    /// (prefix, token of its next page) still to be asked for in this round; `None` between rounds.
    to_ask: Option<VecDeque<(String, Option<String>)>>,
    began: Option<Timestamp>,
    awaited_ms: i64,
    /// Groups of a class that cannot be read at all.
    unreadable: BTreeSet<String>,
    /// Groups of the class Infrequent Access.
    queried: BTreeSet<String>,
}

impl Groups {
    pub(in crate::sources::aws) fn new(
        session: Arc<Session>,
        fleet: Arc<Fleet>,
        window: Window,
    ) -> Self {
        Self {
            session,
            fleet,
            window,
            to_ask: None,
            began: None,
            awaited_ms: 0,
            unreadable: BTreeSet::new(),
            queried: BTreeSet::new(),
        }
    }

    /// Functions are listed first, if that takes no longer than usual.
    fn awaits_functions(&self) -> bool {
        self.awaited_ms < AWAIT_AT_MOST_MS && self.fleet.known().listing == Listing::Awaited
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let began = *self.began.get_or_insert(now);
        self.awaited_ms = now.since(began);
        if self.awaits_functions() {
            return Ok(Page::new(Batch::default(), Next::CaughtUp));
        }
        let first = self
            .to_ask
            .as_ref()
            .and_then(|to_ask| to_ask.front())
            .cloned();
        let found = match first {
            Some((prefix, token)) => self.ask(&prefix, token, now).await,
            None => Ok(self.begin_round()),
        };
        let more = self
            .to_ask
            .as_ref()
            .is_some_and(|to_ask| !to_ask.is_empty());
        if !more || found.as_ref().is_err_and(|error| !error.is_passing_on()) {
            self.fleet.known().looked_for_groups = true;
        }
        let found = found?;
        if !more {
            self.to_ask = None;
        }
        Ok(Page {
            found,
            ..Page::new(Batch::default(), self.window.after(more))
        })
    }

    /// What need not be looked for is started at once.
    fn begin_round(&mut self) -> Vec<Box<dyn Source>> {
        let scope = &self.fleet.scope;
        let unread = self.fleet.known().listing != Listing::Done;
        let mut named = scope.named_groups();
        if unread {
            named.extend(scope.groups_of_named_functions());
        }
        let prefixes = scope.prefixes(unread).into_iter();
        self.to_ask = Some(prefixes.map(|prefix| (prefix, None)).collect());
        self.unreadable.clear();
        self.queried.clear();
        named
            .iter()
            .filter_map(|group| self.start(group, Way::Filter))
            .collect()
    }

    fn start(&self, group: &str, way: Way) -> Option<Box<dyn Source>> {
        let new = self.fleet.known().claim(group);
        let start = || logs::group(&self.session, &self.fleet, group, self.window, way);
        new.then(|| Box::new(start()) as Box<dyn Source>)
    }

    async fn ask(
        &mut self,
        prefix: &str,
        token: Option<String>,
        now: Timestamp,
    ) -> Result<Vec<Box<dyn Source>>, FetchError> {
        let inquiry = self.session.inquire(DESCRIBE_LOG_GROUPS, None, now).await?;
        let question = inquiry
            .logs
            .describe_log_groups()
            .set_log_group_name_prefix(Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty()))
            .set_next_token(token);
        let answer = question.send().await;
        let answer = self.session.answered(&inquiry, answer).await;
        let to_ask = self.to_ask.get_or_insert_default();
        let answer = answer.map_err(|error| match to_ask.front_mut() {
            Some((_, token)) => error.of_page(token),
            None => error,
        })?;
        to_ask.pop_front();
        if let Some(token) = further(answer.next_token) {
            to_ask.push_front((prefix.to_owned(), Some(token)));
        }
        let mut found = Vec::new();
        for group in answer.log_groups.unwrap_or_default() {
            let Some(name) = group
                .log_group_name
                .filter(|name| self.fleet.scope.has_group(name))
            else {
                continue;
            };
            match group.log_group_class {
                Some(LogGroupClass::Delivery) => {
                    self.unreadable.insert(name);
                }
                Some(LogGroupClass::InfrequentAccess) => {
                    found.extend(self.start(&name, Way::Query));
                    self.queried.insert(name);
                }
                _ => found.extend(self.start(&name, Way::Filter)),
            }
        }
        Ok(found)
    }
}

impl Source for Groups {
    fn name(&self) -> &'static str {
        "log groups"
    }

    fn call(&self) -> Option<Call> {
        let asks = self
            .to_ask
            .as_ref()
            .is_some_and(|to_ask| !to_ask.is_empty());
        asks.then(|| DESCRIBE_LOG_GROUPS.call(&self.session))
    }

    fn interval(&self) -> Duration {
        if self.awaits_functions() {
            AWAIT
        } else {
            LOOK_AGAIN
        }
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.page(now))
    }

    fn describe(&self, health: &mut Health) {
        let known = self.fleet.known();
        if !known.looked_for_groups {
            return;
        }
        let groups = known.groups();
        let mut note = number_of(groups as u64, "log groups");
        if !self.queried.is_empty() {
            let queried = self.queried.len();
            note.push_str(&format!(
                " · {queried} of class Infrequent Access, by queries each minute"
            ));
        }
        if let Some(first) = self.unreadable.first() {
            let unreadable = self.unreadable.len();
            note.push_str(&format!(
                " · {unreadable} of class Delivery are not read, such as {first}"
            ));
        }
        health.note = Some(note.into());
    }
}
