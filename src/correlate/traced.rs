//! What X-Ray tells of runs whose lines leave it open: how they ended, and when. A lost REPORT need not make an end unknown.

use hashbrown::{HashMap, HashSet};

use crate::model::facts::Facts;
use crate::model::invocation::{Assembled, Invocation, InvocationIndex, InvocationStatus};
use crate::model::span::{Span, SpanKind};
use crate::model::time::Timestamp;

/// Spans tell microseconds; a timeout is whole seconds.
const ROUNDING_MS: i64 = 1;

/// How a run ended, by its spans.
#[derive(Clone, Copy, Default)]
struct Ending {
    /// Of the span that speaks for this run alone before one that speaks for the whole request.
    failed: Option<(Voice, bool)>,
    /// Milliseconds of the handler, else of the function's segment.
    handler_ms: Option<i64>,
    segment_ms: Option<i64>,
}

/// Which span says how a run ended, the best witness first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Voice {
    Function,
    Attempt,
    Service,
}

/// Gives runs whose REPORT is missing the status and the end of their `AWS::Lambda::Function` segment, and fails those that look fine
/// only because no line says otherwise: a text log has the exception of a handler on one line alone. What a line says stands.
pub fn complete(assembled: &mut Assembled, told: Vec<Told>) {
    for Told { at, status, end } in told {
        let run = &mut assembled.invocations[at as usize];
        if status != run.status {
            run.status = status;
            run.crashed = status == InvocationStatus::Timeout;
        }
        if let Some(end) = end {
            run.end = end;
            run.end_estimated = false;
        }
    }
}

/// What spans tell of one run.
pub struct Told {
    at: InvocationIndex,
    status: InvocationStatus,
    /// Where no line tells it.
    end: Option<Timestamp>,
}

/// What spans tell of runs that their lines do not, for [`complete`].
pub fn told(facts: &Facts, assembled: &Assembled) -> Vec<Told> {
    let told = |(at, ending): (InvocationIndex, Ending)| {
        let run = &assembled.invocations[at as usize];
        let length = ending.handler_ms.or(ending.segment_ms);
        let status = match ending.failed {
            // That a run went well is no news of one that did.
            Some((_, failed))
                if (failed || run.status != InvocationStatus::Ok) && is_open(facts, run) =>
            {
                status(facts, run, failed, length)
            }
            _ => run.status,
        };
        let end = length.filter(|_| run.end_estimated).map(|length| {
            let last_line = assembled.app_lines(run).next_back();
            let last_line = last_line.map(|line| facts.moment(line));
            let end = run.start.plus_ms(length);
            end.max(last_line.unwrap_or(run.start))
        });
        (status != run.status || end.is_some()).then_some(Told { at, status, end })
    };
    endings(facts, assembled)
        .into_iter()
        .filter_map(told)
        .collect()
}

fn endings(facts: &Facts, assembled: &Assembled) -> HashMap<InvocationIndex, Ending> {
    let spans = facts.spans.iter().zip(&assembled.span_owners);
    let retried: HashSet<_> = facts
        .spans
        .iter()
        .filter(|span| matches!(span.kind, SpanKind::Attempt(_)))
        .map(|span| (span.trace, span.segment))
        .collect();
    let mut endings: HashMap<InvocationIndex, Ending> = HashMap::new();
    for (span, owner) in spans {
        let (Some(run), Some(length)) = (owner.get().filter(|_| !span.inferred), length_ms(span))
        else {
            continue;
        };
        let voice = match span.kind {
            SpanKind::LambdaFunction => Voice::Function,
            SpanKind::Attempt(_) => Voice::Attempt,
            // Of an asynchronous event it says how all attempts together ended.
            SpanKind::LambdaService if !retried.contains(&(span.trace, span.id)) => Voice::Service,
            SpanKind::Invocation => {
                endings.entry(run).or_default().handler_ms = Some(length);
                continue;
            }
            _ => continue,
        };
        let alone = || {
            let request = assembled.invocations[run as usize].request_id;
            let attempts = assembled.attempts(&request);
            attempts.is_some_and(|attempts| attempts.len() == 1)
        };
        // A refusal is no end of a run.
        if span.throttle || voice == Voice::Service && !alone() {
            continue;
        }
        let ending = endings.entry(run).or_default();
        let said = (voice, span.fault || span.error);
        ending.failed = Some(ending.failed.map_or(said, |known| known.min(said)));
        if voice == Voice::Function {
            ending.segment_ms = Some(length);
        }
    }
    endings
}

/// Whole milliseconds of a span that has ended.
fn length_ms(span: &Span) -> Option<i64> {
    let length_us = span.end_us.get()?.saturating_sub(span.start_us);
    (length_us >= 0).then_some((length_us + 500) / 1_000)
}

/// Whether no line says how the run ended: there is no REPORT (END says only that it did), or it is one of those that name only what went wrong with the
/// platform.
fn is_open(facts: &Facts, run: &Invocation) -> bool {
    let silent = || {
        let report = run.report(facts);
        report.is_none_or(|report| report.status.is_none())
    };
    match run.status {
        InvocationStatus::Unknown => true,
        InvocationStatus::Ok => silent(),
        _ => false,
    }
}

fn status(facts: &Facts, run: &Invocation, failed: bool, length: Option<i64>) -> InvocationStatus {
    if !failed {
        return InvocationStatus::Ok;
    }
    let config = facts.functions.get(&run.function);
    let timeout = config.and_then(|config| config.timeout_s);
    let struck = timeout
        .zip(length)
        .is_some_and(|(timeout, length)| length + ROUNDING_MS >= i64::from(timeout) * 1_000);
    if struck {
        InvocationStatus::Timeout
    } else {
        InvocationStatus::Error
    }
}
