//! The parent of a call by time alone: the run around it whose gaps before and behind are by far the likeliest.

use super::{Family, Guess};
use crate::correlate::link::CLOCK_TOLERANCE_MS;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::Link;
use crate::model::symbols::Sym;

/// A parent is named only at this posterior.
const MIN_POSTERIOR: f64 = 0.90;
/// More runs in progress than this make any choice a guess.
const MAX_CANDIDATES: usize = 64;
/// Gaps are counted in one bin a doubling: 24 of them reach beyond two hours.
const BINS: usize = 24;
/// Nearly all links of an edge whose trace goes on from parent to child have it in common.
const ONE_TRACE: f64 = 0.99;
/// Of the true children this share fits worse than a run that nobody called.
const DOUBTFUL: f64 = 0.05;

/// How calls along one edge lie inside their parents.
pub(super) struct Timing {
    pub(super) parent: Sym,
    /// The most children of this function that a parent had.
    pub(super) calls: usize,
    before: Histogram,
    behind: Histogram,
    longest_lead_ms: i64,
    /// Parent and child are always in the same trace.
    one_trace: bool,
    /// The score that all but the worst of the true children exceed.
    doubtful: f64,
}

/// Counts of gaps by their order of magnitude.
struct Histogram {
    counts: [f64; BINS],
    total: f64,
}

impl Histogram {
    fn of(gaps: impl Iterator<Item = i64>) -> Self {
        let mut counts = [0.5; BINS];
        for gap in gaps {
            counts[bin(gap)] += 1.0;
        }
        let total = counts.iter().sum();
        Self { counts, total }
    }

    /// Log of the density at a gap.
    fn log(&self, gap: i64) -> f64 {
        let at = bin(gap);
        let width = (1u64 << at) as f64;
        (self.counts[at] / self.total / width).ln()
    }
}

/// 0 for the first millisecond (and anything that clocks turned round), then one bin a doubling.
fn bin(gap: i64) -> usize {
    let gap = gap.max(0) as u64 + 1;
    (gap.ilog2() as usize).min(BINS - 1)
}

/// Learns from the exact links into a function, one timing for each function that waits for it.
pub(super) fn learn(family: &Family<'_, '_>) -> Vec<Timing> {
    let mut timings: Vec<Timing> = family
        .exact()
        .filter_map(|(parent, links)| of_edge(family, parent, links))
        .collect();
    // By name, since sums of fractions depend on their order and symbols on arrival.
    timings.sort_by_key(|timing| family.joins.facts.text(timing.parent));
    timings
}

fn of_edge(family: &Family<'_, '_>, parent: Sym, links: &[u32]) -> Option<Timing> {
    let links = links.iter().map(|at| family.known.link(*at));
    let waited: Vec<&Link> = links.filter(|link| link.synchronous).collect();
    if waited.len() < super::MIN_TRAINING {
        return None;
    }
    let gaps: Vec<(i64, i64)> = waited
        .iter()
        .map(|link| gaps(family, link.parent, link.child))
        .collect();
    let traces = waited
        .iter()
        .filter_map(|link| same_trace(family, link.parent, link.child));
    let (mut common, mut known) = (0usize, 0usize);
    for same in traces {
        known += 1;
        common += usize::from(same);
    }
    let calls = waited.iter().map(|link| family.made(link.parent)).max();
    let mut timing = Timing {
        parent,
        calls: calls.unwrap_or(1),
        before: Histogram::of(gaps.iter().map(|gaps| gaps.0)),
        behind: Histogram::of(gaps.iter().map(|gaps| gaps.1)),
        longest_lead_ms: gaps.iter().map(|gaps| gaps.0).max().unwrap_or(0),
        one_trace: known >= super::MIN_TRAINING && common as f64 >= ONE_TRACE * known as f64,
        doubtful: f64::NEG_INFINITY,
    };
    let mut scores: Vec<f64> = gaps.iter().map(|&gaps| timing.score(gaps)).collect();
    scores.sort_unstable_by(f64::total_cmp);
    timing.doubtful = scores[(scores.len() as f64 * DOUBTFUL) as usize];
    Some(timing)
}

impl Timing {
    fn score(&self, (before, behind): (i64, i64)) -> f64 {
        self.before.log(before) + self.behind.log(behind)
    }
}

/// Names the parent of a child whose posterior is high enough.
pub(super) fn guess(
    family: &Family<'_, '_>,
    timings: &[Timing],
    child: InvocationIndex,
) -> Option<Guess> {
    let mut scores: Vec<(InvocationIndex, f64)> = Vec::new();
    let (start, end) = (family.joins.run(child).start, family.joins.run(child).end);
    for timing in timings {
        let runs = family.runs.by_function.get(&timing.parent)?;
        let from = start.plus_ms(-timing.longest_lead_ms - CLOCK_TOLERANCE_MS);
        // Runs are numbered in order of start: few lie between the first and the child, and near it.
        let before = &runs[..runs.partition_point(|&at| at < child)];
        let late = before.iter().rev();
        let late = late.take_while(|at| family.joins.run(**at).start >= from);
        let first = before.len() - late.count();
        let until = start.plus_ms(CLOCK_TOLERANCE_MS);
        let runs = runs[first..].iter().copied();
        let started = runs.take_while(|&at| family.joins.run(at).start <= until);
        let around =
            started.filter(|&at| end.since(family.joins.run(at).end) <= CLOCK_TOLERANCE_MS);
        for parent in around {
            if is_possible(family, timing, parent, child) {
                scores.push((parent, timing.score(gaps(family, parent, child))));
            }
            if scores.len() > MAX_CANDIDATES {
                return None;
            }
        }
    }
    let &(best, top) = scores
        .iter()
        .max_by(|one, other| one.1.total_cmp(&other.1))?;
    let nobody = timings
        .iter()
        .map(|timing| timing.doubtful)
        .fold(f64::NEG_INFINITY, f64::max);
    let outside = family.odds_outside() * (nobody - top).exp();
    let others: f64 = scores.iter().map(|(_, score)| (score - top).exp()).sum();
    let posterior = 1.0 / (others + outside);
    (posterior >= MIN_POSTERIOR).then_some((best, posterior))
}

/// Whether nothing speaks against a run around the child: another trace, a parent that has made all its calls.
fn is_possible(
    family: &Family<'_, '_>,
    timing: &Timing,
    parent: InvocationIndex,
    child: InvocationIndex,
) -> bool {
    let elsewhere = timing.one_trace && same_trace(family, parent, child) == Some(false);
    !elsewhere && family.may_make(parent, child, timing.calls)
}

/// Milliseconds from the parent's start to the child's, and from the child's end to the parent's.
fn gaps(family: &Family<'_, '_>, parent: InvocationIndex, child: InvocationIndex) -> (i64, i64) {
    let (outer, inner) = (family.joins.run(parent), family.joins.run(child));
    (inner.start.since(outer.start), outer.end.since(inner.end))
}

/// `None` where one of the traces is unknown.
fn same_trace(
    family: &Family<'_, '_>,
    parent: InvocationIndex,
    child: InvocationIndex,
) -> Option<bool> {
    let trace = |at| family.joins.run(at).trace.map(|context| context.trace);
    Some(trace(parent)? == trace(child)?)
}
