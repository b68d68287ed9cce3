//! Findings on disorder: what overtook, what overlapped, what was applied last though older, what is missing.

use std::collections::BTreeMap;

use hashbrown::HashSet;

use super::arrivals::Collisions;
use super::words;
use crate::detect::Detector;
use crate::detect::seen::{DeliveryIndex, Seen};
use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::facts::FactRef;
use crate::model::finding::{Alarm, BadEvent, Candidate, FindingKind};
use crate::model::rows::{Evidence, Verdict};
use crate::model::settings::Settings;
use crate::model::symbols::Sym;

/// Both sides of this many cases are shown.
const SHOWN: usize = 25;

/// A hole is a lost event only if at least this share of the lines is there.
const COVERED: f64 = 0.98;

/// Disorder: a candidate for each function, source and kind of disorder. What is uncertain is none, nor is disorder of a
/// source that promises no order, unless it made an older event the last one applied.
pub struct Disorder<'a>(pub &'a Seen<'a>, pub &'a Collisions);

/// What went wrong with the order of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub(super) enum Trouble {
    Violation,
    RetryInduced,
    StaleApply,
    Overlap,
    Hole,
}

/// One event in trouble, and the one it collided with.
pub(super) struct Case {
    pub(super) late: DeliveryIndex,
    pub(super) by: DeliveryIndex,
}

impl Detector for Disorder<'_> {
    fn kind(&self) -> FindingKind {
        FindingKind::Reordering
    }

    fn candidates(&self, analysis: &Analysis, _: &Settings) -> Vec<Candidate> {
        let &Self(seen, collisions) = self;
        grouped(seen, collisions)
            .into_iter()
            .map(|((_, source, trouble), cases)| candidate(analysis, seen, source, trouble, &cases))
            .collect()
    }
}

/// The cases by (function, source, trouble). Of a violation it is not said again that the older event was applied last.
fn grouped<'a>(
    seen: &Seen<'a>,
    collisions: &Collisions,
) -> BTreeMap<(&'a str, EventSource, Trouble), Vec<Case>> {
    let mut groups: BTreeMap<_, Vec<Case>> = BTreeMap::new();
    let mut add = |trouble, late: DeliveryIndex, by| {
        let delivery = seen.delivery(late);
        let group = (seen.facts.text(delivery.consumer), delivery.source, trouble);
        groups.entry(group).or_default().push(Case { late, by });
    };
    let mut told = HashSet::new();
    for &(verdict, (late, by)) in &collisions.overtaken {
        match verdict {
            Verdict::Violation => add(Trouble::Violation, late, by),
            Verdict::RetryInduced => add(Trouble::RetryInduced, late, by),
            Verdict::BestEffort | Verdict::Uncertain => continue,
        }
        told.insert(late);
    }
    let stale = collisions
        .stale_applies
        .iter()
        .filter(|(late, _)| !told.contains(late));
    stale.for_each(|&(late, by)| add(Trouble::StaleApply, late, by));
    collisions
        .overlaps
        .iter()
        .for_each(|&(late, by)| add(Trouble::Overlap, late, by));
    collisions
        .holes
        .iter()
        .for_each(|&(late, by)| add(Trouble::Hole, late, by));
    groups
}

fn candidate(
    analysis: &Analysis,
    seen: &Seen<'_>,
    source: EventSource,
    trouble: Trouble,
    cases: &[Case],
) -> Candidate {
    let consumer = seen.delivery(cases[0].late).consumer;
    let subject = analysis.text(consumer);
    let mut found = Candidate::new(
        FindingKind::Reordering,
        subject,
        format!("{source}:{trouble}"),
    );
    let words = words::of(analysis, seen, source, trouble, cases);
    (found.claim, found.cause, found.next) = (words.claim, words.cause, words.next);
    found.function = Some(consumer);
    (found.alarm, found.weight) = loudness(analysis, consumer, source, trouble);
    found.events = cases
        .iter()
        .map(|case| BadEvent {
            at: seen.delivery(case.late).at,
            count: 1,
        })
        .collect();
    // Those that came late: the ones they collided with met no trouble.
    found.requests = cases
        .iter()
        .map(|case| seen.delivery(case.late).invocation)
        .collect();
    found.requests.sort_unstable();
    found.requests.dedup();
    let newest = cases.iter().rev().take(SHOWN);
    found.evidence = newest
        .flat_map(|case| [case.late, case.by])
        .map(|at| proof(seen, at))
        .collect();
    found
}

/// When it alarms, and how bad one case is, against 1 for a lost event.
fn loudness(
    analysis: &Analysis,
    consumer: Sym,
    source: EventSource,
    trouble: Trouble,
) -> (Alarm, f64) {
    match trouble {
        Trouble::Violation => (Alarm::Raised, 1.0),
        Trouble::RetryInduced => (Alarm::Never, 0.2),
        Trouble::StaleApply if source == EventSource::S3 => (Alarm::Change, 0.1),
        Trouble::StaleApply => (Alarm::Certain, 1.0),
        Trouble::Overlap => (Alarm::Change, 0.8),
        Trouble::Hole => {
            let alarm = if is_covered(analysis, consumer) {
                Alarm::Change
            } else {
                Alarm::Never
            };
            (alarm, 1.0)
        }
    }
}

/// Whether nearly all lines of a function and of its events are there, so that an event that was not seen never came.
pub(super) fn is_covered(analysis: &Analysis, consumer: Sym) -> bool {
    let mut figures = analysis.functions.iter();
    let figures = figures.find(|row| row.function == consumer);
    let share = figures.and_then(|row| row.coverage.zip(row.id_coverage));
    share.is_some_and(|(lines, ids)| lines >= COVERED && ids >= COVERED)
}

/// The line that names the event.
fn proof(seen: &Seen<'_>, at: DeliveryIndex) -> Evidence {
    let line: FactRef = seen.delivery(at).line;
    Evidence::Line {
        request_id: Some(seen.run(at).request_id),
        line,
    }
}
