//! What findings on failed runs have in common.

use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::fact::What;
use crate::model::finding::{Alarm, BadEvent, Candidate, FindingKind};
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{ErrorGroup, Evidence};
use crate::model::text::plain;
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::model::words::share;

/// So many examples are kept: the newest, and the first for when it began.
const NEWEST: usize = 40;
const FIRST: usize = 10;

/// Failures from which, and lower bound of their share above which, a failure is how a function now ends.
const PREVAILS_COUNT: u64 = 20;
const PREVAILS_SHARE: f64 = 0.5;

/// Lower bound of the share that is too much where no past tells what is usual: a change is measured against an hour that ends ten
/// minutes before it.
const STEADY_SHARE: f64 = 0.1;
const PAST_MS: i64 = 70 * MINUTE_MS;
const ONSET_MS: i64 = 10 * MINUTE_MS;

/// A candidate on the failures of `group`: its events, requests and evidence. The words are left to the detector.
pub(super) fn candidate(
    kind: FindingKind,
    key: impl Into<String>,
    analysis: &Analysis,
    group: &ErrorGroup,
) -> Candidate {
    let mut candidate = Candidate::new(kind, analysis.text(group.function), key);
    candidate.function = Some(group.function);
    candidate.events = group
        .invocations
        .iter()
        .map(|at| BadEvent {
            at: analysis.invocation(*at).end,
            count: 1,
        })
        .collect();
    candidate.requests.clone_from(&group.invocations);
    candidate.evidence = evidence(analysis, group);
    let figures = analysis.functions.iter();
    let runs = figures
        .filter(|figures| figures.function == group.function)
        .map(|figures| figures.invocations)
        .sum();
    if prevails(group.count, runs_since(analysis, group))
        || is_steady(analysis.window, group.first_seen, group.count, runs)
    {
        candidate.alarm = Alarm::Certain;
    }
    candidate
}

/// Runs of the function since the first failure.
fn runs_since(analysis: &Analysis, group: &ErrorGroup) -> u64 {
    let assembled = &analysis.assembled;
    let runs = assembled
        .environments
        .iter()
        .filter(|environment| environment.function == group.function)
        .flat_map(|environment| &environment.invocations)
        .map(|at| &assembled.invocations[*at as usize]);
    runs.filter(|run| run.counted && run.end >= group.first_seen)
        .count() as u64
}

/// Whether most `runs` end like this since it began: then no history is needed to call it wrong, and a dashboard that was
/// opened minutes ago has none.
pub(super) fn prevails(failed: u64, runs: u64) -> bool {
    let rate = wilson(failed.min(runs), runs);
    failed >= PREVAILS_COUNT && rate.is_some_and(|rate| rate.low >= PREVAILS_SHARE)
}

/// Whether so many of all `runs` end like this, from the beginning of a window that is too short to have a past, that it is wrong
/// whatever was before.
pub(super) fn is_steady(
    window: Option<(Timestamp, Timestamp)>,
    first_seen: Timestamp,
    failed: u64,
    runs: u64,
) -> bool {
    let Some((from, to)) = window else {
        return false;
    };
    let has_no_past = to.since(from) < PAST_MS && first_seen.since(from) < ONSET_MS;
    let rate = wilson(failed.min(runs), runs);
    has_no_past && failed >= PREVAILS_COUNT && rate.is_some_and(|rate| rate.low >= STEADY_SHARE)
}

/// `k of n runs of NAME failed`, with its share and interval where n allows one; `how` they ended is the verb.
pub(super) fn counted(analysis: &Analysis, group: &ErrorGroup, how: &str) -> String {
    let runs = analysis
        .functions
        .iter()
        .find(|figures| figures.function == group.function)
        .map_or(group.count, |figures| figures.invocations);
    let interval = wilson(group.count, runs).map(|rate| (rate.low, rate.high));
    let name = plain(analysis.text(group.function));
    share(
        group.count,
        runs,
        &format!(" runs of {name} {how}"),
        interval,
    )
}

/// The newest failure's line, then those of other failures, newest first, and of the first ones.
fn evidence(analysis: &Analysis, group: &ErrorGroup) -> Vec<Evidence> {
    let newest = group.invocations.iter().rev().take(NEWEST);
    let older = group.invocations.len().saturating_sub(NEWEST);
    let first = group.invocations.iter().take(older.min(FIRST));
    newest.chain(first).map(|at| proof(analysis, *at)).collect()
}

/// The line that shows that a run failed: its exception, else its REPORT where that says so, else its first line.
fn proof(analysis: &Analysis, at: InvocationIndex) -> Evidence {
    let invocation = analysis.invocation(at);
    let says_so = |what: What| match what {
        What::Report(report) => report.status.is_some(),
        What::App(app) => app.exception.is_some_and(|exception| exception.unhandled),
        What::TimedOut { .. } | What::RuntimeExit { .. } => true,
        _ => false,
    };
    let lines = || {
        analysis
            .assembled
            .app_lines(invocation)
            .rev()
            .chain(invocation.report_line())
    };
    let line = lines()
        .find(|line| says_so(analysis.facts.fact(*line).what))
        .or(invocation.report_line())
        .unwrap_or(invocation.first_line);
    Evidence::Line {
        request_id: Some(invocation.request_id),
        line,
    }
}
