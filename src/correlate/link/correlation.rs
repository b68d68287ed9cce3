//! Links by a correlation id that exactly two parties share.

use hashbrown::{HashMap, HashSet};

use super::{Edges, Joins};
use crate::model::fact::{EventSource, Kinds};
use crate::model::invocation::InvocationIndex;
use crate::model::room::push;
use crate::model::rows::{Link, LinkTier};
use crate::model::symbols::Sym;

/// A correlation id lives as long as its request: one that is seen for longer names a tenant, a user or a session.
const LIFE_MS: i64 = 15 * 60_000;
/// A field whose values are shared by more invocations than this (median) names no request.
const MAX_SHARERS: usize = 50;
/// Of the long-lived values of a field this share is put down to late redeliveries.
const TOLERATED_LONG: f64 = 0.01;
/// A value that more functions share belongs to no single request.
const MAX_FUNCTIONS: usize = 16;

/// Functions in the order of their names' symbols: who shares a value.
type Functions = Vec<Sym>;
/// A value and a run that names it.
type Sharer = (Sym, InvocationIndex);

/// Adds a link for each value that exactly two functions share, where neither a higher tier knows the parent nor the pair
/// is usually part of a larger group: two consumers of one event whose producer's line was lost are siblings.
pub(super) fn add(joins: &Joins<'_>, edges: &mut Edges) {
    let sharers = sharers(joins);
    let mut common: HashMap<Functions, Vec<&[Sharer]>> = HashMap::new();
    for group in by_value(&sharers).filter(|group| is_one_life(joins, group)) {
        let functions = functions(joins, group);
        common.entry(functions).or_default().push(group);
    }
    let larger = in_larger_groups(&common);
    for (pair, groups) in &common {
        let &[one, other] = pair.as_slice() else {
            continue;
        };
        if larger
            .get(&(one, other))
            .is_some_and(|&count| count >= groups.len())
        {
            continue;
        }
        let parent = earlier(joins, [one, other], groups);
        for group in groups {
            link_group(joins, group, parent, edges);
        }
    }
}

/// How many groups of more than two functions each pair is part of.
fn in_larger_groups(common: &HashMap<Functions, Vec<&[Sharer]>>) -> HashMap<(Sym, Sym), usize> {
    let mut counts = HashMap::new();
    for (functions, groups) in common {
        if !(3..=MAX_FUNCTIONS).contains(&functions.len()) {
            continue;
        }
        for (at, &one) in functions.iter().enumerate() {
            for &other in &functions[at + 1..] {
                *counts.entry((one, other)).or_default() += groups.len();
            }
        }
    }
    counts
}

/// Links the only request of the parent function to every run of the other.
fn link_group(joins: &Joins<'_>, group: &[Sharer], parent: Sym, edges: &mut Edges) {
    let runs = group.iter().map(|(_, run)| *run);
    let (parents, children): (Vec<_>, Vec<_>) =
        runs.partition(|&at| joins.run(at).function == parent);
    let requests: HashSet<_> = parents.iter().map(|&at| joins.run(at).request_id).collect();
    let (&[first, ..], 1) = (parents.as_slice(), requests.len()) else {
        return;
    };
    if !is_one_event(joins, &children) || shares_event(joins, first, &children) {
        return;
    }
    // The attempt that was under way, or had ended, when the child began.
    let attempt_for = |child: InvocationIndex| {
        let start = joins.run(child).start;
        let before = parents
            .iter()
            .rev()
            .find(|&&at| joins.run(at).start <= start);
        before.copied().unwrap_or(first)
    };
    for &child in &children {
        let parent = attempt_for(child);
        let known =
            edges.has_parent_above(LinkTier::CorrelationId, child) || edges.joins(child, parent);
        if !known {
            edges.add(
                joins,
                Link {
                    parent,
                    child,
                    tier: LinkTier::CorrelationId,
                    confidence: 0.98,
                    synchronous: false,
                },
            );
        }
    }
}

/// Who shares a value of fields that do name requests, value by value.
fn sharers(joins: &Joins<'_>) -> Vec<Sharer> {
    // Per function and field, since one team's correlation id is another's tenant.
    let mut seen: HashMap<(Sym, Sym), Vec<Sharer>> = HashMap::new();
    for (at, run) in (0..).zip(&joins.assembled.invocations) {
        let correlated = |line| joins.facts.app(line, Kinds::CORRELATED);
        let lines = joins.assembled.app_lines_of(run, Kinds::CORRELATED);
        for app in lines.filter_map(correlated) {
            for &(field, value) in &app.correlation {
                let sharers = seen.entry((run.function, field)).or_default();
                push(sharers, (value, at));
            }
        }
    }
    let mut all = Vec::new();
    for (_, mut sharers) in seen {
        in_order(&mut sharers);
        if names_requests(joins, &sharers) {
            all.append(&mut sharers);
        }
    }
    in_order(&mut all);
    all
}

/// By value, then by start; each run once.
fn in_order(sharers: &mut Vec<Sharer>) {
    sharers.sort_unstable();
    sharers.dedup();
}

fn by_value(sharers: &[Sharer]) -> impl Iterator<Item = &[Sharer]> {
    sharers.chunk_by(|(one, _), (other, _)| one == other)
}

/// Whether the values of a field look like ids of requests: few invocations share one, and not for long.
fn names_requests(joins: &Joins<'_>, sharers: &[Sharer]) -> bool {
    let mut counts: Vec<usize> = by_value(sharers).map(<[_]>::len).collect();
    counts.sort_unstable();
    let long = by_value(sharers).filter(|group| !is_one_life(joins, group));
    let long = long.count();
    counts[counts.len() / 2] <= MAX_SHARERS
        && (long < 2 || long as f64 <= TOLERATED_LONG * counts.len() as f64)
}

/// From the first start to the last start no more time passes than a request lives; the runs are sorted by start.
fn is_one_life(joins: &Joins<'_>, group: &[Sharer]) -> bool {
    let start = |sharer: Option<&Sharer>| Some(joins.run(sharer?.1).start);
    let ends = start(group.first()).zip(start(group.last()));
    ends.is_none_or(|(first, last)| last.since(first) <= LIFE_MS)
}

fn functions(joins: &Joins<'_>, group: &[Sharer]) -> Functions {
    let runs = group.iter().map(|(_, run)| *run);
    let mut functions: Functions = runs.map(|at| joins.run(at).function).collect();
    functions.sort_unstable();
    functions.dedup();
    functions
}

/// The function of the pair that starts first in most groups: one group alone may be turned round by two clocks.
fn earlier(joins: &Joins<'_>, pair: [Sym; 2], groups: &[&[Sharer]]) -> Sym {
    let firsts = groups
        .iter()
        .filter(|group| joins.run(group[0].1).function == pair[0])
        .count();
    let tie_goes_to_first = joins.facts.text(pair[0]) < joins.facts.text(pair[1]);
    if firsts * 2 > groups.len() || (firsts * 2 == groups.len() && tie_goes_to_first) {
        pair[0]
    } else {
        pair[1]
    }
}

/// Whether the runs are attempts of one request or deliveries of one event.
fn is_one_event(joins: &Joins<'_>, runs: &[InvocationIndex]) -> bool {
    let [first, rest @ ..] = runs else {
        return false;
    };
    rest.iter().all(|&at| {
        joins.run(at).request_id == joins.run(*first).request_id
            || shares_event(joins, at, &[*first])
    })
}

/// Whether a run got an event that one of the others got too.
fn shares_event(joins: &Joins<'_>, run: InvocationIndex, others: &[InvocationIndex]) -> bool {
    let mine = events(joins, run);
    others.iter().any(|&other| {
        events(joins, other)
            .iter()
            .any(|event| mine.contains(event))
    })
}

/// The events in a run's payload, those wrapped in others too.
fn events(joins: &Joins<'_>, run: InvocationIndex) -> Vec<(EventSource, Sym)> {
    let lines = joins
        .assembled
        .app_lines_of(joins.run(run), Kinds::RECEIVED);
    lines
        .filter_map(|line| joins.facts.app(line, Kinds::RECEIVED))
        .flat_map(|app| app.items)
        .flat_map(|item| [Some((item.source, item.identity)), item.inner])
        .flatten()
        .collect()
}
