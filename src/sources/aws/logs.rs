//! One log group: by `FilterLogEvents`, or by a query where its class allows no other way.

mod filtered;
mod queried;

use std::sync::Arc;
use std::time::Duration;

use self::filtered::{Filtered, Refused};
use self::queried::Queried;
use super::fleet::Fleet;
use super::session::Session;
use crate::model::record::Gap;
use crate::model::time::Timestamp;
use crate::sources::follow::{
    Answer, Asking, Events, Follow, Handed, POLL_IDLE, Question, leave_alone,
};
use crate::sources::pulse::Pulse;
use crate::sources::{Call, FetchError, Waiting, Window};

/// How a log group is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Its class is Standard, or not known.
    Filter,
    /// Its class is Infrequent Access.
    Query,
}

/// The lines of one log group.
pub(super) struct Lines {
    filtered: Filtered,
    /// Set where the class of the group allows no `FilterLogEvents`.
    queried: Option<Queried>,
    fleet: Arc<Fleet>,
    pulse: Arc<Pulse>,
    handed: Option<Arc<Handed>>,
}

/// Follows a log group: lines that contain the fleet's text, or all.
pub(super) fn group(
    session: &Arc<Session>,
    fleet: &Arc<Fleet>,
    group: &str,
    window: Window,
    way: Way,
) -> Follow<Lines> {
    let text = fleet.text.as_deref();
    let filtered = Filtered::new(session, group, text);
    let handed = Some(way)
        .filter(|way| *way == Way::Filter)
        .and_then(|_| fleet.offer_live(group));
    let lines = Lines {
        queried: (way == Way::Query).then(|| filtered.queried()),
        filtered,
        fleet: Arc::clone(fleet),
        pulse: fleet.pulse(group),
        handed: handed.clone(),
    };
    let mut follow = Follow::new(group, window, lines);
    if fleet.in_order {
        follow = follow.in_order();
    }
    match handed {
        Some(handed) => follow.beside(handed),
        None => follow,
    }
}

impl Lines {
    async fn ask(&mut self, question: &Question, now: Timestamp) -> Result<Answer, FetchError> {
        let answer = match &mut self.queried {
            Some(queried) => queried.ask(question, now).await?,
            None => match self.filtered.ask(question, now).await {
                Ok(answer) => answer,
                Err(Refused::Class) => {
                    self.queried = Some(self.filtered.queried());
                    if self.handed.take().is_some() {
                        self.fleet.withdraw_live(self.filtered.group());
                    }
                    Answer::Pending
                }
                Err(Refused::Other(error)) => return Err(error),
            },
        };
        if let Answer::Page { events, .. } = &answer
            && !events.is_empty()
        {
            let newest = events.iter().map(|event| event.timestamp).max();
            self.pulse.lines(newest.unwrap_or(now).min(now));
        }
        Ok(answer)
    }
}

impl Events for Lines {
    fn call(&self) -> Call {
        match &self.queried {
            Some(queried) => queried.call(),
            None => self.filtered.call(),
        }
    }

    fn page<'a>(&'a mut self, question: &'a Question, now: Timestamp) -> Asking<'a> {
        Box::pin(self.ask(question, now))
    }

    fn stirs(&self, after: Timestamp) -> bool {
        self.pulse.ran_after(after)
    }

    fn stirred(&mut self, after: Timestamp) -> Waiting<'_> {
        Box::pin(self.pulse.felt_after(after))
    }

    fn poll(&self) -> Duration {
        match &self.queried {
            Some(_) => queried::POLL,
            None => filtered::POLL,
        }
    }

    fn idle(&self, now: Timestamp) -> Duration {
        let usual = POLL_IDLE.max(self.poll());
        if self.pulse.is_quiet(now) {
            usual.max(leave_alone(self.fleet.known().groups()))
        } else {
            usual
        }
    }

    fn usd(&self) -> f64 {
        self.queried.as_ref().map_or(0.0, Queried::usd)
    }

    fn lost(&mut self) -> Option<Gap> {
        self.queried.as_mut()?.lost()
    }
}
