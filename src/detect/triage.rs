//! Judges what the detectors saw: how bad, since when, what explains what; worst first.

mod change;
mod evidence;
mod merge;
mod rank;
mod severity;
mod window;

use super::Grounds;
use crate::model::analysis::Analysis;
use crate::model::cores;
use crate::model::finding::{Candidate, Finding};
use crate::model::settings::Settings;

use severity::{Judged, judge};
use window::{Traffic, Window};

/// So many candidates are judged and compared with each other; the least harmful beyond are left out.
const MOST_FINDINGS: usize = 200;

/// The findings of all detectors, worst first, each cause before its symptoms.
pub fn findings(analysis: &Analysis, grounds: &Grounds<'_>, settings: &Settings) -> Vec<Finding> {
    let detectors = super::all(grounds);
    // None of them needs another.
    let candidates = cores::each(detectors.iter(), |detector| {
        detector.candidates(analysis, settings)
    });
    let candidates = candidates.into_iter().flatten().collect();
    triage(analysis, settings, candidates)
}

/// Judges, merges and ranks `candidates`. One without evidence or without an event says nothing and is left out.
fn triage(analysis: &Analysis, settings: &Settings, candidates: Vec<Candidate>) -> Vec<Finding> {
    let Some(window) = Window::of(analysis) else {
        return Vec::new();
    };
    let candidates: Vec<Candidate> = candidates
        .into_iter()
        .filter_map(|mut candidate| {
            candidate.evidence = evidence::openable(analysis, candidate.evidence);
            let says_something = !candidate.evidence.is_empty() && !candidate.events.is_empty();
            says_something.then_some(candidate)
        })
        .collect();
    let traffic = Traffic::of(analysis, &window, &candidates);
    let mut judged: Vec<Judged> = candidates
        .into_iter()
        .map(|candidate| judge(candidate, &window, &traffic, settings))
        .collect();
    judged.sort_by(rank::worst_first);
    judged.truncate(MOST_FINDINGS);
    let parents = merge::parents(analysis, &judged);
    rank::ordered(judged, &parents)
}

#[cfg(test)]
mod tests;
