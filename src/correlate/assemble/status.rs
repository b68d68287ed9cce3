//! How an attempt ended, by what its lines say.

use std::cmp::Ordering;

use crate::model::fact::{Exception, Report, Status};
use crate::model::facts::{Facts, StreamFacts};
use crate::model::invocation::InvocationStatus;
use crate::model::symbols::Sym;

use super::attempts::Attempt;

/// How an attempt ended, and whether the runtime ended with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outcome {
    pub(super) status: InvocationStatus,
    pub(super) crashed: bool,
    pub(super) error_type: Option<Sym>,
}

/// A timeout strikes no later than this after the time that was allowed.
const STRIKES_WITHIN_MS: f64 = 1_000.0;
const OUT_OF_MEMORY: &str = "Runtime.OutOfMemory";
const TIMED_OUT: &str = "Sandbox.Timedout";

/// REPORT's `Status` decides, then `platform.runtimeDone`, then the lines of a timeout and of an exit. Without any of them
/// text logs leave the handler's exception to the runtime's own line; a line that the application logged decides nothing.
/// Where REPORT is lost, END at the function's timeout tells of that, and END before it that the run ended by itself: a REPORT without
/// `Status` says no more.
pub(super) fn judge(facts: &Facts, stream: &StreamFacts, attempt: &Attempt) -> Outcome {
    let lines = Lines::of(facts, stream, attempt);
    let (status, crashed) = lines.verdict(facts);
    let error_type = lines
        .error_type
        .or_else(|| lines.exception.map(|exception| exception.error_type));
    Outcome {
        status,
        crashed,
        error_type: error_type.filter(|_| status.failed()),
    }
}

/// Whether the runtime ended with an attempt, by its platform lines alone.
pub(super) fn crashed(facts: &Facts, stream: &StreamFacts, attempt: &Attempt) -> bool {
    Lines::of(facts, stream, attempt).verdict(facts).1
}

/// What decides, out of all lines of an attempt.
struct Lines<'a> {
    /// REPORT says so, or END came before the timeout.
    ended: bool,
    status: Option<Status>,
    error_type: Option<Sym>,
    timed_out: bool,
    exited: bool,
    /// Killed, with all of the memory in use.
    starved: bool,
    exception: Option<&'a Exception>,
}

impl<'a> Lines<'a> {
    fn of(facts: &Facts, stream: &StreamFacts, attempt: &'a Attempt) -> Self {
        let report = attempt.report.as_ref();
        let (done, exit) = (attempt.done, attempt.exit);
        let against = length_against_timeout(facts, stream, attempt);
        let full = report
            .and_then(|report| Some(report.max_memory_used_mb? >= report.memory_mb?))
            .unwrap_or(false);
        Self {
            ended: report.is_some() || against == Some(Ordering::Less),
            status: report
                .and_then(|report| report.status)
                .or_else(|| done.map(|done| done.status)),
            error_type: report
                .and_then(|report| report.error_type)
                .or_else(|| exit.and_then(|exit| exit.error_type))
                .or_else(|| done.and_then(|done| done.error_type)),
            timed_out: attempt.timed_out.is_some()
                || report.is_none() && against == Some(Ordering::Equal)
                || report.is_some_and(|report| lasted_the_timeout(facts, stream, report)),
            exited: exit.is_some(),
            starved: full && exit.is_some_and(|exit| exit.killed),
            exception: attempt.exception.as_ref(),
        }
    }

    /// The status, and whether the runtime ended with it.
    fn verdict(&self, facts: &Facts) -> (InvocationStatus, bool) {
        let named = facts.text_of(self.error_type);
        if self.status == Some(Status::Timeout) || self.timed_out || named == Some(TIMED_OUT) {
            return (InvocationStatus::Timeout, true);
        }
        if self.starved || named == Some(OUT_OF_MEMORY) {
            return (InvocationStatus::OutOfMemory, true);
        }
        let crashed = self.exited || named.is_some_and(ends_the_runtime);
        match self.status {
            Some(Status::Error | Status::Failure) => (InvocationStatus::Error, crashed),
            Some(_) => (InvocationStatus::Ok, false),
            None if crashed => (InvocationStatus::Error, true),
            None if self.exception.is_some() => (InvocationStatus::Error, false),
            None if self.ended => (InvocationStatus::Ok, false),
            None => (InvocationStatus::Unknown, false),
        }
    }
}

/// How END stands to where the configured timeout ends what START began: before it, or there. Both are cut to whole milliseconds.
fn length_against_timeout(
    facts: &Facts,
    stream: &StreamFacts,
    attempt: &Attempt,
) -> Option<Ordering> {
    let configured = facts.functions.get(&stream.function?)?;
    let timeout_ms = i64::from(configured.timeout_s?) * 1_000;
    attempt.start_line?;
    let length = attempt.end_line?.at.since(attempt.start);
    Some(if length >= timeout_ms - 1 {
        Ordering::Equal
    } else {
        Ordering::Less
    })
}

/// A REPORT of the older style has no `Status`: that it lasted as long as it was allowed to tells of the timeout where the line that
/// says so is lost. Much longer, and the timeout was another one then.
fn lasted_the_timeout(facts: &Facts, stream: &StreamFacts, report: &Report) -> bool {
    let configured = stream.function.and_then(|name| facts.functions.get(&name));
    let timeout = configured.and_then(|config| config.timeout_s);
    timeout.is_some_and(|timeout| {
        let over = f64::from(report.duration_ms) - f64::from(timeout) * 1_000.0;
        report.status.is_none() && (0.0..STRIKES_WITHIN_MS).contains(&over)
    })
}

/// Error types that the service gives when the process is gone; those of the handler's answer leave it running.
fn ends_the_runtime(error_type: &str) -> bool {
    let marshalling = ["Runtime.MarshalError", "Runtime.UnmarshalError"];
    ["Runtime.", "Extension.", "Sandbox."]
        .iter()
        .any(|service| error_type.starts_with(service))
        && !marshalling.contains(&error_type)
}
