//! Traces: their summaries window by window, and the segments of those that are new or have grown.

mod retrieval;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_xray::types::{TimeRangeType, TraceSummary};
use aws_smithy_types::DateTime;

use self::retrieval::{Retrieval, Retrieved};
use super::actions::{
    Action, BATCH_GET_TRACES, GET_TRACE_SUMMARIES, LIST_RETRIEVED_TRACES, START_TRACE_RETRIEVAL,
};
use super::fleet::{Fleet, Traces};
use super::session::{Inquiry, Session, further};
use crate::model::batch::Batch;
use crate::model::health::Health;
use crate::model::record::Record;
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::model::words::number_of;
use crate::sources::{Call, FetchError, Fetching, Next, Page, Source, Window};

/// Traces that AWS gives in one call.
const TRACES_A_CALL: usize = 5;
/// A trace that AWS left out so often is not asked for any more.
const LEFT_OUT_AT_MOST: u8 = 5;
/// A window may be a day; an hour keeps pages small and progress visible.
const WINDOW_MS: i64 = 60 * MINUTE_MS;
/// Segments come late, and a trace is listed again when it grew.
const OVERLAP_MS: i64 = 90_000;
/// A trace with open segments is looked at again after that long.
const REVISIT_MS: i64 = 30_000;
/// Traces that started longer ago are forgotten: they grow no more.
const FORGET_MS: i64 = 2 * 60 * MINUTE_MS;

/// List price of a trace that is read or scanned, in US dollars.
const USD: f64 = 0.50 / 1e6;
/// Where traces are kept is asked first, if that takes no longer than usual.
const AWAIT_AT_MOST_MS: i64 = 5_000;
/// While that is awaited, and while traces are gathered.
const SOON: Duration = Duration::from_millis(500);

/// The traces of the account.
pub(super) struct XRay {
    session: Arc<Session>,
    fleet: Arc<Fleet>,
    window: Window,
    began: Option<Timestamp>,
    awaited_ms: i64,
    /// Summaries before were read.
    read_until: Timestamp,
    /// The window under way and its next page.
    listing: Option<(Timestamp, Timestamp)>,
    token: Option<String>,
    /// Traces to be fetched, each once.
    wanted: VecDeque<String>,
    /// Of the first of them, some pages were fetched.
    fetching: Option<FurtherPage>,
    /// What is known of each trace: its id holds the second it started in, so that old ones come first.
    known: BTreeMap<String, Known>,
    retrieval: Option<Retrieval>,
    segments: u64,
}

/// Where the fetch of a few traces goes on.
struct FurtherPage {
    ids: Vec<String>,
    token: Option<String>,
    /// What AWS left out so far.
    left_out: BTreeSet<String>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    revision: i32,
    /// When to look again although nothing was announced.
    revisit: Option<Timestamp>,
    queued: bool,
    /// Answers that left it out.
    left_out: u8,
}

impl XRay {
    pub(super) fn new(session: Arc<Session>, fleet: Arc<Fleet>, window: Window) -> Self {
        Self {
            session,
            fleet,
            window,
            began: None,
            awaited_ms: 0,
            read_until: window.since,
            listing: None,
            token: None,
            wanted: VecDeque::new(),
            fetching: None,
            known: BTreeMap::new(),
            retrieval: None,
            segments: 0,
        }
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let began = *self.began.get_or_insert(now);
        self.awaited_ms = now.since(began);
        match self.kept() {
            Traces::Awaited => return Ok(Page::new(Batch::default(), Next::CaughtUp)),
            Traces::Spans => return Ok(Page::new(Batch::default(), Next::End)),
            Traces::Indexed | Traces::Retrieved => {}
        }
        let action = self.action();
        let inquiry = self.session.inquire(action, None, now).await?;
        // Traces are paid for once, however many pages they take.
        let asked = match self.fetching {
            None => self.wanted.len().min(TRACES_A_CALL),
            Some(_) => 0,
        };
        let fetched = match action {
            GET_TRACE_SUMMARIES => {
                let listed = self.list(&inquiry, now).await;
                listed.map(|scanned| (Batch::default(), scanned))
            }
            BATCH_GET_TRACES => {
                let fetched = self.fetch_traces(&inquiry, now).await;
                fetched.map(|batch| (batch, asked as i64))
            }
            _ => {
                let fetched = self.retrieve(&inquiry, now).await;
                // Paid for when they are asked for, not when they are listed.
                let started = self.retrieval.as_ref().map_or(0, Retrieval::started);
                fetched.map(|batch| (batch, started as i64))
            }
        };
        match fetched {
            Ok((batch, traces)) => Ok(Page {
                usd: traces as f64 * USD,
                ..Page::new(batch, self.pause(now))
            }),
            Err(error) => {
                let error = self.session.failed(&inquiry, error).await;
                Err(self.of_page(action, error))
            }
        }
    }

    /// What a failure of that call means where it asked for a further page. What a listing found so far stays wanted.
    fn of_page(&mut self, action: Action, error: FetchError) -> FetchError {
        match (action, &mut self.fetching) {
            (GET_TRACE_SUMMARIES, _) => error.of_page(&mut self.token),
            (BATCH_GET_TRACES, Some(fetching)) => error.of_page(&mut fetching.token),
            _ => error,
        }
    }

    fn kept(&self) -> Traces {
        match self.fleet.known().traces {
            Traces::Awaited if self.awaited_ms >= AWAIT_AT_MOST_MS => Traces::Indexed,
            kept => kept,
        }
    }

    /// The call that comes next.
    fn action(&self) -> Action {
        match (&self.retrieval, self.kept()) {
            (Some(_), _) => LIST_RETRIEVED_TRACES,
            _ if self.wanted.is_empty() => GET_TRACE_SUMMARIES,
            (None, Traces::Retrieved) => START_TRACE_RETRIEVAL,
            (None, _) => BATCH_GET_TRACES,
        }
    }

    fn end(&self, now: Timestamp) -> Timestamp {
        self.window.until.map_or(now, |until| until.min(now))
    }

    fn next_listing(&self, now: Timestamp) -> (Timestamp, Timestamp) {
        let end = self.end(now);
        // A clock that was set back is before what was read.
        let read = self.read_until.min(end);
        let from = read.plus_ms(-OVERLAP_MS).max(self.window.since);
        (from, from.plus_ms(WINDOW_MS).min(end))
    }

    /// The next page of summaries; how many traces were scanned for it.
    async fn list(&mut self, inquiry: &Inquiry, now: Timestamp) -> Result<i64, FetchError> {
        let next = self.next_listing(now);
        let (from, to) = *self.listing.get_or_insert(next);
        // By the time of the update where it is followed: a trace that grew is listed again.
        let by = match self.window.until {
            Some(_) => TimeRangeType::TraceId,
            None => TimeRangeType::Event,
        };
        let question = inquiry
            .xray
            .get_trace_summaries()
            .start_time(DateTime::from_millis(from.0))
            .end_time(DateTime::from_millis(to.0))
            .time_range_type(by)
            .set_next_token(self.token.clone());
        let answer = question.send().await;
        let answer = answer.map_err(|error| inquiry.failure(&error))?;
        let summaries = answer.trace_summaries.unwrap_or_default();
        let scanned = answer
            .traces_processed_count
            .unwrap_or(summaries.len() as i64);
        for summary in summaries {
            self.note(summary, now);
        }
        self.token = further(answer.next_token);
        if self.token.is_none() {
            self.listing = None;
            self.read_until = to;
            self.revisit(now);
        }
        Ok(scanned)
    }

    /// Wants a trace that is new, has grown, or had open segments.
    fn note(&mut self, summary: TraceSummary, now: Timestamp) {
        let Some(id) = summary.id else { return };
        let new = !self.known.contains_key(&id);
        let known = self.known.entry(id.clone()).or_default();
        let grown = summary.revision > known.revision;
        known.revision = known.revision.max(summary.revision);
        // Listed again and again, it is looked at again all the same when its time has come.
        let due = known.revisit.unwrap_or(now.plus_ms(REVISIT_MS));
        known.revisit = summary.is_partial.unwrap_or(false).then_some(due);
        if (new || grown) && !known.queued {
            known.queued = true;
            self.wanted.push_back(id);
        }
    }

    fn revisit(&mut self, now: Timestamp) {
        for (id, known) in &mut self.known {
            if !known.queued && known.revisit.is_some_and(|due| now >= due) {
                known.queued = true;
                known.revisit = None;
                self.wanted.push_back(id.clone());
            }
        }
        let oldest = format!("1-{:08x}", (self.read_until.0 - FORGET_MS).max(0) / 1_000);
        let recent = self.known.split_off(&oldest);
        // A trace that is still to be fetched is remembered until it was.
        let queued = std::mem::replace(&mut self.known, recent)
            .into_iter()
            .filter(|(_, known)| known.queued);
        self.known.extend(queued.collect::<Vec<_>>());
    }

    /// The next page of five traces; those that AWS did not get to are asked for again.
    async fn fetch_traces(
        &mut self,
        inquiry: &Inquiry,
        now: Timestamp,
    ) -> Result<Batch, FetchError> {
        let first = || FurtherPage {
            ids: self.wanted.iter().take(TRACES_A_CALL).cloned().collect(),
            token: None,
            left_out: BTreeSet::new(),
        };
        let fetching = self.fetching.get_or_insert_with(first);
        let question = inquiry
            .xray
            .batch_get_traces()
            .set_trace_ids(Some(fetching.ids.clone()))
            .set_next_token(fetching.token.clone());
        let answer = question.send().await;
        let answer = answer.map_err(|error| inquiry.failure(&error))?;
        let unprocessed = answer.unprocessed_trace_ids.unwrap_or_default();
        fetching.left_out.extend(unprocessed);
        fetching.token = further(answer.next_token);
        if fetching.token.is_none()
            && let Some(fetched) = self.fetching.take()
        {
            self.fetched(fetched, now);
        }
        let traces = answer.traces.unwrap_or_default().into_iter();
        let segments = traces.flat_map(|trace| trace.segments.unwrap_or_default());
        let records: Vec<Record> = segments
            .filter_map(|segment| Some(Record::Segment(segment.document?.into())))
            .collect();
        self.segments += records.len() as u64;
        Ok(records.into())
    }

    /// All pages of some traces were there.
    fn fetched(&mut self, fetched: FurtherPage, now: Timestamp) {
        self.wanted.drain(..fetched.ids.len());
        for id in fetched.ids {
            let known = self.known.entry(id.clone()).or_default();
            let left_out = fetched.left_out.contains(&id);
            known.left_out += u8::from(left_out);
            if left_out && known.left_out < LEFT_OUT_AT_MOST {
                self.wanted.push_back(id);
            } else {
                self.have(id, now);
            }
        }
    }

    /// Starts a retrieval, or takes what it gathered. One that failed is begun anew.
    async fn retrieve(&mut self, inquiry: &Inquiry, now: Timestamp) -> Result<Batch, FetchError> {
        let Some(mut retrieval) = self.retrieval.take() else {
            self.retrieval = Some(Retrieval::start(inquiry, &self.wanted).await?);
            return Ok(Batch::default());
        };
        let records = match retrieval.page(inquiry).await? {
            Retrieved::Nothing => {
                self.retrieval = Some(retrieval);
                Vec::new()
            }
            Retrieved::Page(records) => {
                self.retrieval = Some(retrieval);
                records
            }
            Retrieved::Last(records, ids) => {
                self.wanted.retain(|id| !ids.contains(id));
                for id in ids {
                    self.have(id, now);
                }
                records
            }
        };
        self.segments += records.len() as u64;
        Ok(records.into())
    }

    /// The trace was read, as far as it goes.
    fn have(&mut self, id: String, now: Timestamp) {
        let known = self.known.entry(id).or_default();
        known.queued = false;
        if known.revisit.is_some() {
            known.revisit = Some(now.plus_ms(REVISIT_MS));
        }
    }

    fn pause(&self, now: Timestamp) -> Next {
        if self.retrieval.is_some() {
            // Gathering takes seconds.
            return Next::CaughtUp;
        }
        let behind = self.listing.is_some() || self.read_until < self.end(now).plus_ms(-1_000);
        self.window.after(behind || !self.wanted.is_empty())
    }
}

/// The second in which a trace began, as its id holds it.
fn started_s(id: &str) -> Option<i64> {
    let second = id.strip_prefix("1-")?.get(..8)?;
    i64::from_str_radix(second, 16).ok()
}

impl Source for XRay {
    fn name(&self) -> &'static str {
        "x-ray"
    }

    fn call(&self) -> Option<Call> {
        let asks = matches!(self.kept(), Traces::Indexed | Traces::Retrieved);
        asks.then(|| self.action().call(&self.session))
    }

    fn interval(&self) -> Duration {
        if self.retrieval.is_some() || self.kept() == Traces::Awaited {
            SOON
        } else {
            Duration::from_secs(10)
        }
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.page(now))
    }

    fn describe(&self, health: &mut Health) {
        health.complete_until = Some(self.read_until).filter(|until| *until > self.window.since);
        let waiting = self.wanted.len();
        if self.kept() == Traces::Spans {
            health.note = Some("not asked: every span is read from its log group".into());
        } else if waiting > 0 {
            health.note =
                Some(format!("{} still to fetch", number_of(waiting as u64, "traces")).into());
        } else {
            health.note = Some(number_of(self.segments, "segments").into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::aws::{Choice, Scope};

    const ID: &str = "1-6b001a20-0123456789abcdef01234567";
    /// When that trace started.
    const START: Timestamp = Timestamp(0x6b00_1a20 * 1_000);

    fn source() -> XRay {
        let fleet = Arc::new(Fleet::new(Scope::default(), None, false));
        let window = Window {
            since: START.plus_ms(-60_000),
            until: None,
        };
        XRay::new(Session::alone(Choice::default()), fleet, window)
    }

    #[test]
    fn a_listing_never_ends_before_it_begins_though_the_clock_is_set_back() {
        let mut source = source();
        source.read_until = START.plus_ms(300_000);
        let (from, to) = source.next_listing(START.plus_ms(120_000));
        assert!(from < to, "{from} {to}");
    }

    /// The trace is listed in that revision so many seconds after it started; whether it is fetched then, which is done.
    fn listed(source: &mut XRay, revision: i32, partial: bool, second: i64) -> bool {
        let now = START.plus_ms(second * 1_000);
        let summary = TraceSummary::builder().id(ID).revision(revision);
        source.note(summary.is_partial(partial).build(), now);
        passed(source, second)
    }

    /// The same of a listing without it.
    fn passed(source: &mut XRay, second: i64) -> bool {
        let now = START.plus_ms(second * 1_000);
        source.read_until = now;
        source.revisit(now);
        let wanted = source.wanted.pop_front();
        if let Some(id) = &wanted {
            assert_eq!(id, ID);
            source.have(id.clone(), now);
        }
        assert!(source.wanted.is_empty(), "once");
        wanted.is_some()
    }

    #[test]
    fn a_trace_is_fetched_again_when_its_revision_grew_and_not_before() {
        let mut source = source();
        assert!(listed(&mut source, 1, false, 1), "it is new");
        assert!(!listed(&mut source, 1, false, 11));
        assert!(listed(&mut source, 3, false, 21), "it grew");
        assert!(!listed(&mut source, 2, false, 31), "an older answer");
        assert!(!passed(&mut source, 600));
    }

    #[test]
    fn a_trace_with_open_segments_is_looked_at_half_a_minute_after_it_is_listed_so() {
        let mut source = source();
        // The first listing after the second fetch is at 40 s.
        let fetched = (0..=7).filter(|at| listed(&mut source, 1, true, 10 * at));
        assert_eq!(fetched.collect::<Vec<_>>(), [0, 3, 7]);
        assert!(listed(&mut source, 2, false, 80), "its end came");
        assert!(!passed(&mut source, 200), "nothing is open any more");
    }

    #[test]
    fn a_partial_trace_that_is_not_listed_again_is_looked_at_once_more() {
        let mut source = source();
        assert!(listed(&mut source, 1, true, 1));
        assert!(!passed(&mut source, 30));
        assert!(passed(&mut source, 31));
        assert!(!passed(&mut source, 100));
    }

    #[test]
    fn what_started_hours_ago_is_forgotten() {
        let mut source = source();
        listed(&mut source, 1, false, 1);
        passed(&mut source, 2 * 3_600 - 1);
        assert_eq!(source.known.len(), 1);
        passed(&mut source, 2 * 3_600 + 2);
        assert!(source.known.is_empty());
    }
}
