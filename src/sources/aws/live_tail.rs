//! Live Tail: the lines of a few log groups within a second of their arrival, by `StartLiveTail`. It is billed by the
//! minute, so it runs only where it was asked for, and only for what somebody looks at. Polling goes on beside it, less
//! often: it fills in what Live Tail samples away or misses while it reconnects, and it is what stays when Live Tail is refused.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::client::customize::CustomizableOperation;
use aws_sdk_cloudwatchlogs::operation::start_live_tail::builders::StartLiveTailFluentBuilder;
use aws_sdk_cloudwatchlogs::operation::start_live_tail::{StartLiveTailError, StartLiveTailOutput};
use aws_sdk_cloudwatchlogs::types::{
    LiveTailSessionLogEvent, LiveTailSessionUpdate, StartLiveTailResponseStream,
};
use tokio::time::timeout;

use super::actions::{DESCRIBE_LOG_GROUPS, START_LIVE_TAIL};
use super::fleet::Fleet;
use super::place::Service;
use super::session::Session;
use crate::model::batch::Batch;
use crate::model::health::{Filled, Health};
use crate::model::record::{Gap, GapReason, LogRecord, Record};
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::model::words;
use crate::sources::follow::Handed;
use crate::sources::{Call, FetchError, Fetching, Next, Page, Source};

/// List price of a minute of a session, in US dollars.
const USD_A_MINUTE: f64 = 0.01;
/// Groups of one session.
const GROUPS: usize = 10;
/// Somebody looks at a function, and does not only pass it, after that.
const SETTLED_MS: i64 = 3_000;
/// AWS sends an update every second, also an empty one.
const SILENT: Duration = Duration::from_secs(15);
/// A session that ends sooner was no session.
const SHORTEST_MS: i64 = 5_000;
/// What AWS puts before the host of this one call; an endpoint of one's own has one name.
const HOST_PREFIX: &str = "//stream-";
const ENDED: &str = "live tail: the session ended · polling meanwhile, trying again";

/// Which log groups come live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All that are polled, ten at most.
    All,
    /// Those of the function that somebody looks at.
    Focus,
}

/// Live lines of the groups that are wanted.
pub(super) struct LiveTail {
    session: Arc<Session>,
    fleet: Arc<Fleet>,
    wanted: Wanted,
    /// What is wanted now, and since when.
    target: BTreeSet<Box<str>>,
    since: Timestamp,
    now: Timestamp,
    /// ARNs by name, as far as they were asked for; `None`: there is no such group.
    arns: BTreeMap<Box<str>, Option<String>>,
    talk: Option<Talk>,
    spent: f64,
    /// Lines are missing until they were polled.
    sampled: Option<Sampled>,
    filled: Vec<Filled>,
}

/// A stretch of which AWS left lines out, and those who poll it.
struct Sampled {
    gap: Gap,
    polled: Vec<Arc<Handed>>,
}

/// A session under way.
struct Talk {
    groups: BTreeMap<Box<str>, Arc<Handed>>,
    /// Its stream goes on.
    answer: StartLiveTailOutput,
    began: Timestamp,
    paid_until: Timestamp,
}

/// What the next fetch does.
enum Step {
    Rest,
    /// Asks for the ARN of that group.
    Find(Box<str>),
    Start,
    Listen,
}

impl LiveTail {
    pub(super) fn new(session: Arc<Session>, fleet: Arc<Fleet>, wanted: Wanted) -> Self {
        Self {
            session,
            fleet,
            wanted,
            target: BTreeSet::new(),
            since: Timestamp(0),
            now: Timestamp(0),
            arns: BTreeMap::new(),
            talk: None,
            spent: 0.0,
            sampled: None,
            filled: Vec::new(),
        }
    }

    fn step(&self) -> Step {
        if self.talk.is_some() {
            return Step::Listen;
        }
        let settled = self.now.since(self.since) >= SETTLED_MS || self.wanted == Wanted::All;
        if self.target.is_empty() || !settled {
            return Step::Rest;
        }
        let unknown = self
            .target
            .iter()
            .find(|group| !self.arns.contains_key(*group));
        match unknown {
            Some(group) => Step::Find(group.clone()),
            None if self.known_arns().next().is_none() => Step::Rest,
            None => Step::Start,
        }
    }

    fn known_arns(&self) -> impl Iterator<Item = (&Box<str>, &String)> {
        let known = self.target.iter();
        known.filter_map(|group| Some((group, self.arns.get(group)?.as_ref()?)))
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        match self.step() {
            Step::Rest => Ok(Page::new(Batch::default(), Next::CaughtUp)),
            Step::Find(group) => self.find(group, now).await,
            Step::Start => self.start(now).await,
            Step::Listen => self.listen(now).await,
        }
    }

    async fn find(&mut self, group: Box<str>, now: Timestamp) -> Result<Page, FetchError> {
        let action = DESCRIBE_LOG_GROUPS;
        let inquiry = self.session.inquire(action, Some(&group), now).await?;
        let question = inquiry
            .logs
            .describe_log_groups()
            .log_group_name_prefix(&*group);
        let answer = question.send().await;
        let found = self.session.answered(&inquiry, answer).await?;
        let this = found
            .log_groups
            .unwrap_or_default()
            .into_iter()
            .find(|found| found.log_group_name.as_deref() == Some(&*group));
        let arn = this.and_then(|this| {
            // The older of the two ends in `:*`, which is not taken here.
            let arn = this.log_group_arn.or(this.arn)?;
            Some(arn.trim_end_matches(":*").to_owned())
        });
        self.arns.insert(group, arn);
        Ok(Page::new(Batch::default(), Next::More))
    }

    async fn start(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let known: Vec<(Box<str>, String)> = self
            .known_arns()
            .map(|(group, arn)| (group.clone(), arn.clone()))
            .collect();
        let first = known.first().map(|(group, _)| &**group);
        let inquiry = self.session.inquire(START_LIVE_TAIL, first, now).await?;
        let mut groups = BTreeMap::new();
        for (group, _) in &known {
            if let Some(handed) = self.fleet.live(group) {
                // Before the session: what it brings may be polled at once.
                handed.expect();
                groups.insert(group.clone(), handed);
            }
        }
        let own = !inquiry.place.is_aws(Service::Logs);
        let arns = known.into_iter().map(|(_, arn)| arn).collect();
        let question = inquiry.logs.start_live_tail();
        let question = on_its_host(question.set_log_group_identifiers(Some(arns)), own);
        match question.send().await {
            Ok(answer) => {
                for handed in groups.values() {
                    handed.set_live(true);
                }
                self.spent += USD_A_MINUTE;
                self.talk = Some(Talk {
                    groups,
                    answer,
                    began: now,
                    paid_until: now.plus_ms(MINUTE_MS),
                });
                let page = Page::new(Batch::default(), Next::More);
                Ok(Page {
                    usd: USD_A_MINUTE,
                    ..page
                })
            }
            Err(error) => {
                let error = inquiry.failure(&error);
                Err(refused(self.session.failed(&inquiry, error).await))
            }
        }
    }

    async fn listen(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let Some(talk) = &mut self.talk else {
            return Ok(Page::new(Batch::default(), Next::CaughtUp));
        };
        let heard = timeout(SILENT, talk.answer.response_stream.recv()).await;
        let update = match heard {
            Ok(Ok(Some(StartLiveTailResponseStream::SessionUpdate(update)))) => update,
            // What a session begins with, and what is yet to be invented.
            Ok(Ok(Some(_))) => return Ok(Page::new(Batch::default(), Next::More)),
            // Its three hours are over, the connection broke, or nothing comes any more.
            Ok(Ok(None) | Err(_)) | Err(_) => return self.ended(now),
        };
        let mut page = Page::new(self.take(update, now), Next::More);
        if let Some(talk) = &mut self.talk
            && now > talk.paid_until
        {
            talk.paid_until = talk.paid_until.plus_ms(MINUTE_MS);
            self.spent += USD_A_MINUTE;
            page.usd = USD_A_MINUTE;
        }
        Ok(page)
    }

    fn ended(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let began = self.talk.as_ref().map_or(now, |talk| talk.began);
        self.hang_up();
        if now.since(began) < SHORTEST_MS {
            let message = ENDED.to_owned();
            return Err(FetchError::Transient { message });
        }
        Ok(Page::new(Batch::default(), Next::More))
    }

    fn take(&mut self, update: LiveTailSessionUpdate, now: Timestamp) -> Vec<Record> {
        let sampled = update.session_metadata.is_some_and(|about| about.sampled);
        let Some(talk) = &self.talk else {
            return Vec::new();
        };
        if sampled {
            let sampled = self.sampled.get_or_insert_with(|| Sampled {
                gap: Gap {
                    group: talk.groups.keys().next().cloned().unwrap_or_default(),
                    from: now.plus_ms(-1_000),
                    to: now,
                    why: GapReason::Sampled,
                },
                polled: talk.groups.values().cloned().collect(),
            });
            sampled.gap.to = now;
        }
        let mut by_group: BTreeMap<Arc<str>, Vec<LogRecord>> = BTreeMap::new();
        for event in update.session_results.unwrap_or_default() {
            if let Some(record) = talk.record(event) {
                by_group
                    .entry(record.group.clone())
                    .or_default()
                    .push(record);
            }
        }
        let fresh = by_group
            .into_iter()
            .flat_map(|(group, records)| talk.groups[&*group].live(records));
        fresh.map(Record::Log).collect()
    }

    /// Takes what was sampled for read once it was polled.
    fn fill_in(&mut self, now: Timestamp) {
        let was_polled = |sampled: &mut Sampled| {
            let complete = sampled.polled.iter().map(|handed| handed.complete_until());
            complete.min().flatten() >= Some(sampled.gap.to)
        };
        if let Some(Sampled { gap, .. }) = self.sampled.take_if(was_polled) {
            self.filled = vec![Filled { gap, at: now }];
        }
    }

    /// What somebody looks at, and is polled by the one way that Live Tail knows too.
    fn looked_at(&self, focus: &BTreeSet<Box<str>>) -> BTreeSet<Box<str>> {
        let polled = self.fleet.offered_live();
        let all = self.wanted == Wanted::All;
        polled
            .into_iter()
            .filter(|group| all || focus.contains(&*format!("logs {group}")))
            .take(GROUPS)
            .collect()
    }
}

impl Talk {
    fn record(&self, event: LiveTailSessionLogEvent) -> Option<LogRecord> {
        // `ACCOUNT:GROUP`, or the ARN.
        let named = event.log_group_identifier.unwrap_or_default();
        let name = named
            .trim_end_matches(":*")
            .rsplit(':')
            .next()
            .unwrap_or_default();
        let (group, _) = self.groups.get_key_value(name)?;
        Some(LogRecord {
            group: (**group).into(),
            stream: event.log_stream_name.unwrap_or_default().into(),
            timestamp: Timestamp(event.timestamp?),
            ingestion: event.ingestion_time.map(Timestamp),
            event_id: None,
            message: event.message.unwrap_or_default().into(),
        })
    }
}

impl Source for LiveTail {
    fn name(&self) -> &'static str {
        "live tail"
    }

    fn call(&self) -> Option<Call> {
        let action = match self.step() {
            Step::Find(_) => DESCRIBE_LOG_GROUPS,
            Step::Start => START_LIVE_TAIL,
            Step::Rest | Step::Listen => return None,
        };
        Some(action.call(&self.session))
    }

    fn attend(&mut self, focus: &BTreeSet<Box<str>>, now: Timestamp) {
        self.now = now;
        self.fill_in(now);
        let target = self.looked_at(focus);
        if target != self.target {
            (self.target, self.since) = (target, now);
        }
        // Whoever passes over other functions comes back, perhaps: the minute is paid.
        let moved = now.since(self.since) >= SETTLED_MS;
        let elsewhere = |talk: &Talk| {
            let target = self.target.iter();
            let there = target.filter(|group| !matches!(self.arns.get(*group), Some(None)));
            !talk.groups.keys().eq(there)
        };
        if moved && self.talk.as_ref().is_some_and(elsewhere) {
            self.hang_up();
        }
    }

    fn running(&self) -> Option<Call> {
        self.talk
            .as_ref()
            .map(|_| START_LIVE_TAIL.call(&self.session))
    }

    fn hang_up(&mut self) {
        if let Some(talk) = self.talk.take() {
            talk.groups
                .values()
                .for_each(|handed| handed.set_live(false));
        }
    }

    fn interval(&self) -> Duration {
        Duration::from_millis(500)
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.page(now))
    }

    fn describe(&self, health: &mut Health) {
        health.unseen = self.sampled.as_ref().map(|sampled| sampled.gap.clone());
        health.filled.clone_from(&self.filled);
        let price = format!("${USD_A_MINUTE:.2} a minute");
        let spent = format!("${:.2} so far", self.spent);
        health.note = Some(match (&self.talk, &self.sampled) {
            (Some(talk), sampled) => {
                let groups: Vec<&str> = talk.groups.keys().map(|group| &**group).collect();
                let sampled = if sampled.is_some() {
                    " · AWS samples: more than 500 lines a second, polling fills in"
                } else {
                    ""
                };
                let began = words::time_of_day(talk.began);
                format!(
                    "{} since {began}, {price}, {spent}{sampled}",
                    groups.join(", ")
                )
                .into()
            }
            (None, _) if self.spent > 0.0 => format!("off, {spent}").into(),
            (None, _) => format!("off until somebody looks at a function, then {price}").into(),
        });
    }
}

impl Drop for LiveTail {
    fn drop(&mut self) {
        self.hang_up();
    }
}

/// Polling goes on: no refusal is for ever but that of a right.
fn refused(error: FetchError) -> FetchError {
    match error {
        FetchError::Broken { message } => FetchError::Transient {
            message: format!("live tail: {message} · polling meanwhile, trying again"),
        },
        FetchError::Throttled { after, .. } => FetchError::Throttled {
            after: after.max(Duration::from_secs(30)),
            message: "live tail: no session is free (15 an account and region) · polling meanwhile, trying again".to_owned(),
        },
        other => other,
    }
}

/// The question as it is sent; to an endpoint of one's `own` without what AWS puts before the host.
pub(super) fn on_its_host(question: StartLiveTailFluentBuilder, own: bool) -> Question {
    question.customize().mutate_request(move |request| {
        if own {
            let uri = request.uri().replacen(HOST_PREFIX, "//", 1);
            // It was a URI before.
            request.set_uri(uri).ok();
        }
    })
}

type Question =
    CustomizableOperation<StartLiveTailOutput, StartLiveTailError, StartLiveTailFluentBuilder>;
