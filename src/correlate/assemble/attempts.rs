//! Which platform lines of one stream are one attempt. A request id alone does not tell: asynchronous retries run the same id
//! again, sometimes in the same environment, and any of the lines may be lost.

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::model::fact::{Exception, Kinds, Report, Status, TraceContext, What};
use crate::model::facts::StreamFacts;
use crate::model::ids::RequestId;
use crate::model::invocation::AppLine;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// REPORT stands at START + Duration; extensions and slow writers add to that, but a retry comes a minute later.
const REPORT_LAG_MS: i64 = 5_000;
/// No invocation is longer: a line that says so is not believed.
const LONGEST_MS: f64 = 24.0 * 3_600_000.0;

/// Most attempts have no more than two.
pub(super) type AppLines = SmallVec<[AppLine; 2]>;

/// The lines of one attempt; numbers are places in [`StreamFacts::facts`].
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) request_id: RequestId,
    pub(super) version: Option<Sym>,
    pub(super) trace: Option<TraceContext>,
    /// START, or computed from the end and the Duration, or the first line that was seen.
    pub(super) start: Timestamp,
    /// END, or computed from START and Duration; `None` while no line tells.
    pub(super) end: Option<Timestamp>,
    pub(super) start_line: Option<u32>,
    pub(super) end_line: Option<Line>,
    pub(super) done: Option<Done>,
    pub(super) report_line: Option<Line>,
    pub(super) report: Option<Report>,
    pub(super) exit: Option<Exit>,
    /// Moment of the line that says it timed out.
    pub(super) timed_out: Option<Timestamp>,
    pub(super) first_line: u32,
    /// Moment of its latest line.
    pub(super) last_seen: Timestamp,
    /// Its application lines, in order of time.
    pub(super) app: AppLines,
    /// An application line names it as its own run.
    pub(super) named: bool,
    /// The first exception on its lines that nobody handled.
    pub(super) exception: Option<Exception>,
}

/// A line of an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) place: u32,
    pub(super) at: Timestamp,
}

/// What `platform.runtimeDone` says.
#[derive(Clone, Copy, Debug)]
pub(super) struct Done {
    line: Line,
    length_ms: Option<i64>,
    pub(super) status: Status,
    pub(super) error_type: Option<Sym>,
}

/// What the line says of a runtime that exited.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exit {
    at: Timestamp,
    pub(super) killed: bool,
    pub(super) error_type: Option<Sym>,
}

impl Attempt {
    pub(super) fn new(request_id: RequestId, line: u32, at: Timestamp) -> Self {
        Self {
            request_id,
            version: None,
            trace: None,
            start: at,
            end: None,
            start_line: None,
            end_line: None,
            done: None,
            report_line: None,
            report: None,
            exit: None,
            timed_out: None,
            first_line: line,
            last_seen: at,
            app: AppLines::new(),
            named: false,
            exception: None,
        }
    }

    /// START or REPORT was seen.
    pub(super) fn told(&self) -> bool {
        self.start_line.is_some() || self.report_line.is_some()
    }

    fn closed(&self) -> bool {
        self.end_line.is_some() || self.report_line.is_some() || self.done.is_some()
    }

    fn add_trace(&mut self, seen: Option<TraceContext>) {
        let Some(seen) = seen else { return };
        let known = self.trace.get_or_insert(seen);
        known.segment = known.segment.or(seen.segment);
        known.parent = known.parent.or(seen.parent);
        known.sampled = known.sampled.or(seen.sampled);
    }
}

/// A length in whole milliseconds, absurd ones cut off.
fn whole_ms(duration_ms: f32) -> i64 {
    f64::from(duration_ms).clamp(0.0, LONGEST_MS).round() as i64
}

/// The attempts of a stream by its platform lines, in order of their first lines. `concurrent`: lines of several
/// invocations interleave.
pub(super) fn find(stream: &StreamFacts, concurrent: bool) -> Vec<Attempt> {
    let mut finder = Finder {
        attempts: Vec::new(),
        latest: HashMap::new(),
        last_start: None,
        concurrent,
    };
    for (line, fact) in stream.facts.of(Kinds::RUN) {
        finder.take(line, fact.at, fact.what);
    }
    for attempt in &mut finder.attempts {
        settle(attempt);
    }
    finder.attempts
}

struct Finder {
    attempts: Vec<Attempt>,
    /// The newest attempt of each request.
    latest: HashMap<RequestId, usize>,
    /// The newest START: until it ends, a sequential environment writes for no other request.
    last_start: Option<(RequestId, Timestamp)>,
    concurrent: bool,
}

impl Finder {
    fn take(&mut self, line: u32, at: Timestamp, what: What) {
        let own = Line { place: line, at };
        match what {
            What::Start {
                request_id,
                version,
                trace,
            } => {
                let attempt = self.started(request_id, line, at);
                attempt.start_line = Some(line);
                attempt.start = at;
                attempt.version = version;
                attempt.add_trace(trace);
                self.last_start = Some((request_id, at));
            }
            What::End { request_id } => {
                let fits = |attempt: &Attempt| attempt.end_line.is_none();
                self.closing(request_id, line, at, fits).end_line = Some(own);
            }
            What::RuntimeDone {
                request_id,
                status,
                error_type,
                duration_ms,
            } => {
                let length_ms = duration_ms.map(whole_ms);
                let fits = |attempt: &Attempt| {
                    attempt.done.is_none()
                        && length_ms.is_none_or(|length| reaches(attempt, at, length))
                };
                self.closing(request_id, line, at, fits).done = Some(Done {
                    line: own,
                    length_ms,
                    status,
                    error_type,
                });
            }
            What::Report(report) => {
                let Some(request_id) = report.request_id else {
                    return;
                };
                let length = whole_ms(report.duration_ms);
                self.part_from_older(request_id, at, length, line);
                let fits = |attempt: &Attempt| {
                    attempt.report_line.is_none() && reaches(attempt, at, length)
                };
                let attempt = self.closing(request_id, line, at, fits);
                attempt.report_line = Some(own);
                attempt.add_trace(report.trace);
                attempt.report = Some(report);
            }
            What::TimedOut { request_id } => {
                self.closing(request_id, line, at, |_| true).timed_out = Some(at);
            }
            What::RuntimeExit {
                request_id,
                killed,
                error_type,
            } => {
                let open = self.last_start.map(|(request_id, _)| request_id);
                let open = open.filter(|_| !self.concurrent);
                if let Some(request_id) = request_id.or(open) {
                    self.closing(request_id, line, at, |_| true).exit = Some(Exit {
                        at,
                        killed,
                        error_type,
                    });
                }
            }
            _ => {}
        }
    }

    /// The attempt that a START opens. END and REPORT of the same millisecond may stand before it.
    fn started(&mut self, request_id: RequestId, line: u32, at: Timestamp) -> &mut Attempt {
        let fits = |attempt: &Attempt| attempt.start_line.is_none() && attempt.last_seen == at;
        self.attempt(request_id, line, at, fits)
    }

    /// The attempt that a closing line belongs to, if that `fits`; else one of which everything before was lost.
    fn closing(
        &mut self,
        request_id: RequestId,
        line: u32,
        at: Timestamp,
        fits: impl Fn(&Attempt) -> bool,
    ) -> &mut Attempt {
        let other_since = self
            .last_start
            .filter(|(other, since)| !self.concurrent && *other != request_id && *since < at)
            .map(|(_, since)| since);
        // Another request ran in between: a sequential environment has left the older attempt.
        let left = |attempt: &Attempt| {
            other_since.is_some_and(|since| attempt.last_seen < since && !attempt.closed())
        };
        let far =
            |attempt: &Attempt| attempt.closed() && at.since(attempt.last_seen) > REPORT_LAG_MS;
        self.attempt(request_id, line, at, |attempt| {
            !left(attempt) && !far(attempt) && fits(attempt)
        })
    }

    /// END of a retry may have been taken for the end of the attempt before, whose own lines were lost: the REPORT beside it,
    /// with its Duration, tells. The END then opens the retry.
    fn part_from_older(&mut self, request_id: RequestId, at: Timestamp, length: i64, line: u32) {
        let Some(&latest) = self.latest.get(&request_id) else {
            return;
        };
        let older = &mut self.attempts[latest];
        if older.report_line.is_some() || reaches(older, at, length) || older.start_line.is_none() {
            return;
        }
        let mut retry = Attempt::new(request_id, line, at);
        retry.end_line = older.end_line.take();
        retry.done = older.done.take();
        older.last_seen = older.start;
        let first = retry.end_line.or(retry.done.map(|done| done.line));
        retry.first_line = first.map_or(line, |first| first.place);
        self.latest.insert(request_id, self.attempts.len());
        self.attempts.push(retry);
    }

    fn attempt(
        &mut self,
        request_id: RequestId,
        line: u32,
        at: Timestamp,
        fits: impl Fn(&Attempt) -> bool,
    ) -> &mut Attempt {
        let known = self.latest.get(&request_id).copied();
        let fitting = known.filter(|&known| fits(&self.attempts[known]));
        let index = fitting.unwrap_or_else(|| {
            self.latest.insert(request_id, self.attempts.len());
            self.attempts.push(Attempt::new(request_id, line, at));
            self.attempts.len() - 1
        });
        let attempt = &mut self.attempts[index];
        attempt.last_seen = attempt.last_seen.max(at);
        attempt
    }
}

/// Whether an attempt that ended at `at` after `length` milliseconds may have begun at this START.
fn reaches(attempt: &Attempt, at: Timestamp, length: i64) -> bool {
    attempt.start_line.is_none() || at.since(attempt.start) <= length + REPORT_LAG_MS
}

/// Works out start and end from what was found.
fn settle(attempt: &mut Attempt) {
    let report = attempt
        .report
        .as_ref()
        .map(|report| whole_ms(report.duration_ms));
    let report = report.zip(attempt.report_line.map(|line| line.at));
    let done = attempt
        .done
        .and_then(|done| Some((done.length_ms?, done.line.at)));
    if attempt.start_line.is_none()
        && let Some((length, at)) = report.or(done)
    {
        attempt.start = at.plus_ms(-length);
    }
    let computed = report
        .or(done)
        .map(|(length, at)| attempt.start.plus_ms(length).min(at));
    let struck = attempt
        .timed_out
        .or(attempt.exit.map(|exit| exit.at))
        .or(attempt.done.map(|done| done.line.at));
    let end = attempt.end_line.map(|line| line.at);
    let end = end.or(computed).or(struck);
    attempt.end = end.map(|end| end.max(attempt.start));
}
