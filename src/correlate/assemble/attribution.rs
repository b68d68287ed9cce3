//! Which attempt an application line belongs to: by the request id it names, then by its trace id, then by its place between
//! START and END. On environments that run many invocations at once place says nothing.

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::model::fact::{AppFact, Kinds, What};
use crate::model::facts::{Facts, StreamFacts};
use crate::model::ids::{RequestId, TraceId};
use crate::model::invocation::AppLine;
use crate::model::time::Timestamp;

use super::attempts::Attempt;
use super::status;

/// A line this far from every attempt of its request is of another attempt: retries wait a minute.
const NEAR_MS: i64 = 30_000;
/// Where Lambda is silent, only the longest timeout bounds a run.
const LONGEST_RUN_MS: i64 = 900_000;
/// A START that was computed from REPORT may lie a little late: both are whole milliseconds.
const ROUNDING_MS: i64 = 2;
/// So many starts of one millisecond are told apart by the order of their lines.
const SAME_MS: usize = 64;
/// Some runtimes stamp their lines with whole seconds: these sort before START.
const SECOND_MS: i64 = 1_000;

/// Hangs every application line of the stream on its attempt; gives those that belong to none. A request that only
/// application lines name becomes an attempt of its own.
pub(super) fn attribute(
    facts: &Facts,
    stream: &StreamFacts,
    concurrent: bool,
    tells_runs: bool,
    attempts: &mut Vec<Attempt>,
) -> Vec<u32> {
    let places = Places::new(facts, stream, concurrent, tells_runs, attempts);
    let mut known = Known::new(attempts, concurrent, tells_runs);
    let mut orphans = Vec::new();
    for (line, fact) in stream.facts.of(Kinds::APP) {
        let kinds = fact.what.kinds();
        let What::App(app) = fact.what else { continue };
        let at = fact.at;
        let owner = match app.request_id {
            Some(request_id) => known
                .by_request(attempts, request_id, at)
                .or_else(|| places.inside_for_certain(line, at))
                .or_else(|| known.open(attempts, request_id, line, at)),
            None => known
                .by_trace(attempts, &app, at)
                .or_else(|| places.around(line, at)),
        };
        if let Some(request_id) = app.request_id.filter(|_| app.names_run) {
            known.note(request_id, at);
        }
        match owner {
            Some(owner) => {
                let attempt = &mut attempts[owner];
                attempt.named |= app.names_run && app.request_id == Some(attempt.request_id);
                attempt.app.push(AppLine { fact: line, kinds });
                let unhandled = app.exception.filter(|exception| exception.unhandled);
                attempt.exception = attempt.exception.take().or(unhandled);
                attempt.last_seen = attempt.last_seen.max(at);
                attempt.start = if attempt.start_line.is_none() && attempt.end.is_none() {
                    attempt.start.min(at)
                } else {
                    attempt.start
                };
            }
            None => orphans.push(line),
        }
    }
    orphans
}

/// Attempts that one id names: almost always one.
type Same = SmallVec<[usize; 1]>;

/// Attempts by what a line may name.
struct Known {
    requests: HashMap<RequestId, Same>,
    traces: HashMap<TraceId, Same>,
    concurrent: bool,
    /// Lambda tells here of runs that go well.
    tells_runs: bool,
    /// The newest line that named its run, and when the newest one of a run before that was.
    latest: Option<(RequestId, Timestamp)>,
    before: Option<Timestamp>,
}

impl Known {
    fn new(attempts: &[Attempt], concurrent: bool, tells_runs: bool) -> Self {
        let mut known = Self {
            requests: HashMap::with_capacity(attempts.len()),
            traces: HashMap::with_capacity(attempts.len()),
            concurrent,
            tells_runs,
            latest: None,
            before: None,
        };
        for (index, attempt) in attempts.iter().enumerate() {
            let same = known.requests.entry(attempt.request_id).or_default();
            same.push(index);
            if let Some(context) = attempt.trace {
                known.traces.entry(context.trace).or_default().push(index);
            }
        }
        known
    }

    fn by_request(&self, attempts: &[Attempt], id: RequestId, at: Timestamp) -> Option<usize> {
        let (index, distance) = nearest(attempts, self.requests.get(&id)?, at)?;
        let near = if self.tells_runs || self.is_over(&attempts[index], id) {
            NEAR_MS
        } else {
            LONGEST_RUN_MS
        };
        (distance <= near).then_some(index)
    }

    /// Notes a line that names its run, in order of time.
    fn note(&mut self, id: RequestId, at: Timestamp) {
        if let Some((last, since)) = self.latest
            && last != id
        {
            self.before = Some(since);
        }
        self.latest = Some((id, at));
    }

    /// Whether the environment has left an attempt: its REPORT is there (Lambda writes those of runs that fail even where it is silent
    /// else), or another request ran since its last line, where one runs at a time. A line much later is a retry's.
    fn is_over(&self, attempt: &Attempt, id: RequestId) -> bool {
        let other = match self.latest {
            Some((last, at)) if last != id => Some(at),
            _ => self.before,
        };
        let left = other.is_some_and(|other| other > attempt.last_seen);
        attempt.report_line.is_some() || (left && !self.concurrent)
    }

    fn by_trace(&self, attempts: &[Attempt], app: &AppFact, at: Timestamp) -> Option<usize> {
        let (index, distance) = nearest(attempts, self.traces.get(&app.trace?)?, at)?;
        (distance <= SECOND_MS).then_some(index)
    }

    /// A new attempt, of which nothing but this line was seen. Where Lambda is silent nothing tells a retry in the same environment
    /// from what the first attempt left behind, unless that [is over](Self::is_over): there it is none.
    fn open(
        &mut self,
        attempts: &mut Vec<Attempt>,
        id: RequestId,
        line: u32,
        at: Timestamp,
    ) -> Option<usize> {
        if !self.tells_runs
            && let Some(same) = self.requests.get(&id)
        {
            let (nearest, distance) = nearest(attempts, same, at)?;
            if distance <= NEAR_MS || !self.is_over(&attempts[nearest], id) {
                return None;
            }
        }
        attempts.push(Attempt::new(id, line, at));
        let index = attempts.len() - 1;
        self.requests.entry(id).or_default().push(index);
        Some(index)
    }
}

/// The attempt whose span lies nearest, and how far it lies. An attempt without an end reaches as far as it must.
fn nearest(attempts: &[Attempt], among: &[usize], at: Timestamp) -> Option<(usize, i64)> {
    let distance = |index: usize| {
        let attempt = &attempts[index];
        let before = attempt.start.since(at);
        let open = attempt.end.is_none() && attempt.start_line.is_some();
        let after = if open {
            0
        } else {
            at.since(attempt.end.unwrap_or(attempt.last_seen))
        };
        before.max(after).max(0)
    };
    // Attempts of one request are few; a flood of them in one stream is looked at only at its end.
    among
        .iter()
        .rev()
        .take(64)
        .map(|&index| (index, distance(index)))
        .min_by_key(|&(index, distance)| (distance, std::cmp::Reverse(attempts[index].start)))
}

/// The attempts of a sequential environment in order of start.
struct Places {
    spans: Vec<Span>,
    /// They are all that ran there.
    whole: bool,
}

struct Span {
    index: usize,
    start: Timestamp,
    start_line: Option<u32>,
    /// `None`: as long as nothing else starts.
    end: Option<Timestamp>,
    crashed: bool,
}

impl Places {
    fn new(
        facts: &Facts,
        stream: &StreamFacts,
        concurrent: bool,
        tells_runs: bool,
        attempts: &[Attempt],
    ) -> Self {
        if concurrent {
            return Self {
                spans: Vec::new(),
                whole: false,
            };
        }
        let mut spans: Vec<Span> = attempts
            .iter()
            .enumerate()
            .map(|(index, attempt)| Span {
                index,
                start: match attempt.start_line {
                    Some(_) => attempt.start,
                    None => attempt.start.plus_ms(-ROUNDING_MS),
                },
                start_line: attempt.start_line,
                end: attempt.end.map(|end| end.max(attempt.last_seen)),
                crashed: status::crashed(facts, stream, attempt),
            })
            .collect();
        spans.sort_by_key(|span| (span.start, span.index));
        Self {
            spans,
            whole: tells_runs,
        }
    }

    /// The attempt that runs at a line, where both its ends are known.
    fn inside_for_certain(&self, line: u32, at: Timestamp) -> Option<usize> {
        let (_, span) = self.latest_before(line, at)?;
        span.end.is_some_and(|end| at <= end).then_some(span.index)
    }

    /// The attempt that a line stands in.
    fn around(&self, line: u32, at: Timestamp) -> Option<usize> {
        let latest = self.latest_before(line, at);
        if let Some((_, span)) = latest
            && span.end.map_or(self.whole, |end| at <= end)
        {
            return Some(span.index);
        }
        if !self.whole {
            return None;
        }
        // Between two: an init that runs again after a crash writes before the START it delays, and a stamp of whole
        // seconds may lie up to a second early.
        let next = self.spans.get(latest.map_or(0, |(place, _)| place + 1))?;
        let again = latest.is_some_and(|(_, span)| span.crashed);
        let rounded = at.0 % SECOND_MS == 0 && next.start.since(at) < SECOND_MS;
        (again || rounded).then_some(next.index)
    }

    /// The last attempt that began at or before a line; in START's own millisecond the order of the lines tells.
    fn latest_before(&self, line: u32, at: Timestamp) -> Option<(usize, &Span)> {
        let last = self
            .spans
            .partition_point(|span| span.start <= at)
            .checked_sub(1)?;
        let mut place = last;
        // Several starts in one millisecond are rare; of a flood of them only the last are looked at.
        while place > last.saturating_sub(SAME_MS) {
            let (span, earlier) = (&self.spans[place], &self.spans[place - 1]);
            let before = span.start == at && span.start_line.is_some_and(|start| line < start);
            if !(before && earlier.end.is_none_or(|end| at <= end)) {
                break;
            }
            place -= 1;
        }
        Some((place, &self.spans[place]))
    }
}
