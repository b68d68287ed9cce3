//! Worst first, and every cause before its symptoms.

use std::cmp::Ordering;

use crate::model::finding::{Finding, FindingKind, Severity};
use crate::model::time::MINUTE_MS;

use super::severity::Judged;
use super::window::Window;

/// Minutes within which a finding counts as new, and in which it loses half its weight once it is over.
const NEW_MINUTES: f64 = 30.0;
const HALF_LIFE_MINUTES: f64 = 10.0;

/// `log2(1 + 60 · lower bound of harm) × confidence × freshness × novelty`: the lower bound keeps 3 of 4 from standing above
/// 900 of 60,000.
pub(super) fn score(judged: &Judged, window: &Window) -> f64 {
    let minutes = |ms: i64| ms.max(0) as f64 / MINUTE_MS as f64;
    let quiet = minutes(window.end.since(judged.last_seen));
    // Up to one window of 5 minutes without an event is still going on.
    let fresh = 0.5f64.powf((quiet - 5.0).max(0.0) / HALF_LIFE_MINUTES);
    let age = minutes(window.end.since(judged.since));
    let novelty = if age < NEW_MINUTES { 1.25 } else { 1.0 };
    (1.0 + 60.0 * judged.harm_low).log2() * judged.candidate.confidence * fresh * novelty
}

/// Severity, then what is wrong or new before what always was, then score; ties by what does not depend on arrival. Remarks on
/// missing data come last.
pub(super) fn worst_first(a: &Judged, b: &Judged) -> Ordering {
    let remark = |judged: &Judged| judged.candidate.kind == FindingKind::IncompleteData;
    remark(a)
        .cmp(&remark(b))
        .then(a.severity.cmp(&b.severity))
        .then(b.loud.cmp(&a.loud))
        .then(b.score.total_cmp(&a.score))
        .then(a.since.cmp(&b.since))
        .then_with(|| a.candidate.subject.cmp(&b.candidate.subject))
        .then_with(|| a.candidate.kind.cmp(&b.candidate.kind))
        .then_with(|| a.candidate.key.cmp(&b.candidate.key))
}

/// Findings of `judged` (sorted by [`worst_first`]) in reading order: a cause is as bad as the worst that it explains, and
/// its symptoms follow it.
pub(super) fn ordered(judged: Vec<Judged>, parents: &[Option<usize>]) -> Vec<Finding> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); judged.len()];
    let mut roots = Vec::new();
    for (at, parent) in parents.iter().enumerate() {
        match parent {
            Some(parent) => children[*parent].push(at),
            None => roots.push(at),
        }
    }
    // The first member of a group in the sorted order is its worst: groups keep the order of their worst members.
    roots.sort_by_key(|root| {
        children[*root]
            .first()
            .map_or(*root, |child| (*child).min(*root))
    });
    let ids: Vec<String> = judged.iter().map(id).collect();
    let worst: Vec<Severity> = (0..judged.len())
        .map(|at| {
            let own = std::iter::once(&at).chain(&children[at]);
            own.map(|at| judged[*at].severity)
                .min()
                .unwrap_or(judged[at].severity)
        })
        .collect();
    let mut slots: Vec<Option<Judged>> = judged.into_iter().map(Some).collect();
    let mut findings = Vec::with_capacity(slots.len());
    for root in roots {
        for at in std::iter::once(root).chain(children[root].iter().copied()) {
            let parent = parents[at].map(|parent| ids[parent].clone());
            if let Some(judged) = slots[at].take() {
                findings.push(finding(judged, ids[at].clone(), worst[at], parent));
            }
        }
    }
    findings
}

fn id(judged: &Judged) -> String {
    let candidate = &judged.candidate;
    format!("{}:{}:{}", candidate.kind, candidate.subject, candidate.key)
}

fn finding(judged: Judged, id: String, severity: Severity, parent: Option<String>) -> Finding {
    let candidate = judged.candidate;
    Finding {
        id,
        severity,
        kind: candidate.kind,
        subject: candidate.subject,
        since: judged.since,
        last_seen: judged.last_seen,
        claim: candidate.claim,
        cause: candidate.cause,
        next: candidate.next,
        evidence: candidate.evidence,
        harm_per_min: (candidate.weight > 0.0).then_some(judged.harm),
        harm_per_min_low: (candidate.weight > 0.0).then_some(judged.harm_low),
        parent,
        trend: judged.trend,
    }
}
