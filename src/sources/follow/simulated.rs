//! A log group in memory that answers as CloudWatch does, and as badly as it sometimes does.

use std::collections::BTreeMap;
use std::future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::sleep;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::{
    Answer, Asking, Call, Events, FetchError, LogRecord, POLL_IDLE, Question, Timestamp, Waiting,
    leave_alone,
};
use crate::sources::pulse::Pulse;

/// Chance by a seed: the same seed gives the same run.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = xxh3_64_with_seed(&self.0.to_le_bytes(), 7);
        self.0 % bound
    }

    /// True once in `bound` times.
    pub(crate) fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }
}

/// What CloudWatch holds of a group: events in its order, each with the moment from which it can be read.
#[derive(Default)]
pub(crate) struct Cloud {
    events: BTreeMap<(Timestamp, Timestamp, u64), LogRecord>,
    pub(crate) group: Arc<str>,
    pub(crate) absent: bool,
    /// When pages were asked for.
    pub(crate) asked_at: Vec<Timestamp>,
}

impl Cloud {
    /// An event that can be read from `ingestion` on.
    pub(crate) fn put(&mut self, at: Timestamp, ingestion: Timestamp) {
        let id = self.events.len() as u64;
        let record = LogRecord {
            group: self.group.clone(),
            stream: format!("s{}", id % 7).into(),
            timestamp: at,
            ingestion: Some(ingestion),
            event_id: Some(id.to_string().into()),
            message: format!("line {id}").into(),
        };
        self.events.insert((at, ingestion, id), record);
    }

    /// Time of the newest event before that moment.
    pub(crate) fn newest_before(&self, moment: Timestamp) -> Option<Timestamp> {
        let before = self.events.range(..(moment, Timestamp(i64::MIN), 0));
        before.last().map(|((at, ..), _)| *at)
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }
}

/// Asks the cloud, and is answered wrongly once in `faults` times.
pub(crate) struct Simulated {
    pub(crate) cloud: Arc<Mutex<Cloud>>,
    pub(crate) page: usize,
    pub(crate) chance: Chance,
    /// `None`: never.
    pub(crate) faults: Option<u64>,
    /// What metrics say of it.
    pub(crate) pulse: Option<Arc<Pulse>>,
    before: Option<Answer>,
}

impl Simulated {
    pub(crate) fn new(cloud: &Arc<Mutex<Cloud>>, page: usize, seed: u64) -> Self {
        Self {
            cloud: Arc::clone(cloud),
            page,
            chance: Chance::new(seed),
            faults: None,
            pulse: None,
            before: None,
        }
    }

    fn answer(&self, question: &Question, now: Timestamp) -> Answer {
        let cloud = self.cloud.lock().unwrap();
        if cloud.absent {
            return Answer::Absent;
        }
        let start = (question.from, Timestamp(i64::MIN), 0);
        let after = question.token.as_deref().map_or(start, place);
        let end = question.to.unwrap_or(Timestamp(i64::MAX));
        let mut here = cloud
            .events
            .range(after..)
            .filter(|((at, ingestion, _), _)| *at < end && *ingestion <= now);
        let page = here.by_ref().take(self.page);
        let events = page.map(|(_, event)| event.clone()).collect();
        let next = here
            .next()
            .map(|((at, ingestion, id), _)| format!("{}/{}/{id}", at.0, ingestion.0));
        Answer::Page { events, next }
    }

    async fn wrong(&mut self, question: &Question, now: Timestamp) -> Result<Answer, FetchError> {
        let transient = || FetchError::Transient {
            message: "connection reset".to_owned(),
        };
        match self.chance.below(10) {
            0 | 1 => Err(FetchError::Throttled {
                after: Duration::from_millis(200),
                message: "Rate exceeded".to_owned(),
            }),
            2 => Err(transient()),
            3 => Err(FetchError::LoggedOut {
                message: "login expired".to_owned(),
                asked: true,
            }),
            4 => {
                sleep(Duration::from_secs(10)).await;
                Err(transient())
            }
            5 => {
                sleep(Duration::from_millis(self.chance.below(8_000))).await;
                Ok(self.answer(question, now))
            }
            // A token that has expired.
            6 if question.token.is_some() => Err(FetchError::Broken {
                message: "InvalidParameterException".to_owned(),
            }),
            // An empty page with a token.
            7 => Ok(Answer::Page {
                events: Vec::new(),
                next: Some(
                    question
                        .token
                        .clone()
                        .unwrap_or_else(|| format!("{}/{}/0", question.from.0, i64::MIN)),
                ),
            }),
            // The page before once more, as an answer to its own question: it names the page that is asked for now.
            8 if question.token.is_some() => match self.before.clone() {
                Some(page) => Ok(page),
                None => Ok(self.answer(question, now)),
            },
            _ => {
                let mut answer = self.answer(question, now);
                if let Answer::Page { events, .. } = &mut answer {
                    events.reverse();
                }
                Ok(answer)
            }
        }
    }
}

fn place(token: &str) -> (Timestamp, Timestamp, u64) {
    let mut parts = token.split('/');
    let mut next = || parts.next().unwrap().parse::<i64>().unwrap();
    (Timestamp(next()), Timestamp(next()), next() as u64)
}

impl Events for Simulated {
    fn call(&self) -> Call {
        Call {
            action: "logs:FilterLogEvents",
            place: "".into(),
            quota: Some(10.0),
            billed: false,
        }
    }

    fn stirs(&self, after: Timestamp) -> bool {
        self.pulse
            .as_ref()
            .is_some_and(|pulse| pulse.ran_after(after))
    }

    fn stirred(&mut self, after: Timestamp) -> Waiting<'_> {
        match &self.pulse {
            Some(pulse) => Box::pin(pulse.felt_after(after)),
            None => Box::pin(future::pending()),
        }
    }

    fn idle(&self, now: Timestamp) -> Duration {
        let quiet = self.pulse.as_ref().is_some_and(|pulse| pulse.is_quiet(now));
        if quiet { leave_alone(500) } else { POLL_IDLE }
    }

    fn page<'a>(&'a mut self, question: &'a Question, now: Timestamp) -> Asking<'a> {
        Box::pin(async move {
            self.cloud.lock().unwrap().asked_at.push(now);
            let answer = match self.faults {
                Some(often) if self.chance.one_in(often) => self.wrong(question, now).await?,
                _ => self.answer(question, now),
            };
            let Answer::Page { next, events } = &answer else {
                return Ok(answer);
            };
            let newest = events.iter().map(|event| event.timestamp).max();
            if let (Some(pulse), Some(newest)) = (&self.pulse, newest) {
                pulse.lines(newest);
            }
            // Only a page whose next is what will be asked for may come again.
            self.before = next.is_some().then(|| answer.clone());
            Ok(answer)
        })
    }
}
