//! Refusals as findings: which resource is short, by which limit, why, and what to do.

mod demand;
mod episode;
mod words;

use std::collections::BTreeMap;

use hashbrown::HashSet;

use super::Attempt;
use crate::detect::Detector;
use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::finding::{Alarm, BadEvent, Candidate, FindingKind};
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{Evidence, Throttle, ThrottleClass};
use crate::model::settings::Settings;

pub(super) use demand::{BASELINE_MS, Demand};
pub(super) use episode::{Calls, Episode};

/// Harm of a refusal that a client saw, that a retry or a queue made good, and that nobody can tell of.
const LOST: f64 = 1.0;
const DELAYED: f64 = 0.2;
const UNTOLD: f64 = 0.5;
/// From this share of all tries (lower bound), over this many, refusals need no change to be raised.
const RAISED_SHARE: f64 = 0.01;
const RAISED_COUNT: u64 = 10;
/// A finding shows so many metric points, and so many lines and spans behind them.
const POINTS: usize = 10;
const LINES: usize = 40;

/// Refused attempts, a candidate for each resource and limit. A function that is switched off is no finding.
pub struct Throttling<'a>(pub &'a [Attempt<'a>]);

impl Detector for Throttling<'_> {
    fn kind(&self) -> FindingKind {
        FindingKind::Throttling
    }

    fn candidates(&self, analysis: &Analysis, settings: &Settings) -> Vec<Candidate> {
        let mut rows: BTreeMap<(&str, ThrottleClass), Vec<&Throttle>> = BTreeMap::new();
        for row in &analysis.throttles {
            if row.class != ThrottleClass::Disabled {
                let cell = rows.entry((&row.resource, row.class)).or_default();
                cell.push(row);
            }
        }
        if rows.is_empty() {
            return Vec::new();
        }
        let calls = Calls::new(analysis, self.0);
        let fed = fed_by_events(analysis);
        rows.into_iter()
            .map(|((resource, class), rows)| {
                let episode = Episode::new(analysis, settings, &calls, (resource, class), rows);
                candidate(analysis, &episode, &fed)
            })
            .collect()
    }
}

fn candidate(
    analysis: &Analysis,
    episode: &Episode<'_>,
    fed: &HashSet<InvocationIndex>,
) -> Candidate {
    // A function goes by its name alone, other resources by their service too: a table may be called like a function.
    let subject = episode.subject();
    let mut found = Candidate::new(FindingKind::Throttling, subject, episode.class.to_string());
    found.claim = words::claim(analysis, episode);
    found.cause = words::cause(analysis, episode);
    found.next = words::next(analysis, episode);
    found.function = episode.function;
    found.events = episode.rows.iter().map(|row| event(row)).collect();
    let mut requests: Vec<InvocationIndex> = episode
        .attempts
        .iter()
        .filter_map(|attempt| attempt.run)
        .collect();
    requests.sort_unstable();
    requests.dedup();
    found.requests = requests;
    if let Some(share) = episode.tries.and_then(|tries| wilson(episode.count, tries))
        && share.low >= RAISED_SHARE
        && episode.count >= RAISED_COUNT
    {
        found.alarm = Alarm::Certain;
    }
    let lost = episode
        .attempts
        .iter()
        .filter(|attempt| is_lost(analysis, attempt, fed))
        .count();
    found.lost = lost > 0;
    found.weight = match episode.attempts.len() {
        0 => UNTOLD,
        all => DELAYED + (LOST - DELAYED) * lost as f64 / all as f64,
    };
    found.evidence = evidence(episode);
    found
}

fn event(row: &Throttle) -> BadEvent {
    BadEvent {
        at: row.minute,
        count: u32::try_from(row.count).unwrap_or(u32::MAX),
    }
}

/// Metric points of the worst minutes, then the newest lines and spans.
fn evidence(episode: &Episode<'_>) -> Vec<Evidence> {
    let mut worst: Vec<&&Throttle> = episode.rows.iter().collect();
    worst.sort_by_key(|row| (std::cmp::Reverse(row.count), row.minute));
    let is_point = |proof: &&Evidence| matches!(proof, Evidence::Metric { .. });
    let points = worst
        .iter()
        .filter_map(|row| row.evidence.iter().find(is_point));
    let newest = episode.attempts.iter().rev();
    points
        .take(POINTS)
        .chain(newest.map(|attempt| &attempt.evidence).take(LINES))
        .cloned()
        .collect()
}

/// Runs whose event a queue or a stream brought: it is delivered again.
pub(super) fn fed_by_events(analysis: &Analysis) -> HashSet<InvocationIndex> {
    let deliveries = analysis.deliveries.iter();
    deliveries
        .filter(|delivery| delivery.source != EventSource::Apigateway)
        .map(|delivery| delivery.invocation)
        .collect()
}

/// Whether nobody tries again: a client got the refusal, or the run that was refused failed and was the last of its request.
pub(super) fn is_lost(
    analysis: &Analysis,
    attempt: &Attempt<'_>,
    fed: &HashSet<InvocationIndex>,
) -> bool {
    let Some(at) = attempt.run else {
        return attempt.caller.is_none();
    };
    let run = analysis.invocation(at);
    let attempts = analysis.assembled.attempts(&run.request_id);
    let is_last = attempts.is_none_or(|attempts| attempts.last() == Some(&at));
    run.status.failed() && is_last && !fed.contains(&at)
}
