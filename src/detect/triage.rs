//! Judges what the detectors saw: how bad, since when, what explains what; worst first.

mod change;
mod merge;
mod rank;
mod severity;

use hashbrown::HashMap;

use crate::model::analysis::Analysis;
use crate::model::finding::{Candidate, Finding};
use crate::model::settings::Settings;
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

use change::Minutes;
use severity::{Judged, judge};

/// A finding keeps so many proofs.
const MOST_EVIDENCE: usize = 50;
/// So many candidates are judged and compared with each other; the least harmful beyond are left out.
const MOST_FINDINGS: usize = 200;

/// The findings of all detectors, worst first, each cause before its symptoms.
pub fn findings(analysis: &Analysis, settings: &Settings) -> Vec<Finding> {
    let candidates = super::all()
        .iter()
        .flat_map(|detector| detector.candidates(analysis, settings))
        .collect();
    triage(analysis, settings, candidates)
}

/// Judges, merges and ranks `candidates`. One without evidence or without an event says nothing and is left out.
fn triage(analysis: &Analysis, settings: &Settings, candidates: Vec<Candidate>) -> Vec<Finding> {
    let Some(window) = Window::of(analysis) else {
        return Vec::new();
    };
    let traffic = Traffic::of(analysis, &window);
    let mut judged: Vec<Judged> = candidates
        .into_iter()
        .filter(|candidate| !candidate.evidence.is_empty() && !candidate.events.is_empty())
        .map(|candidate| judge(candidate, &window, &traffic, settings))
        .collect();
    judged.sort_by(rank::worst_first);
    judged.truncate(MOST_FINDINGS);
    let parents = merge::parents(analysis, &judged);
    rank::ordered(judged, &parents)
}

/// The minutes that findings look at: from the first invocation to the newest event.
struct Window {
    start: Timestamp,
    minutes: usize,
    end: Timestamp,
}

impl Window {
    /// Longest stretch with a cell a minute: beyond four weeks only the end is looked at.
    const MOST_MINUTES: i64 = 28 * 24 * 60;

    fn of(analysis: &Analysis) -> Option<Self> {
        let (from, to) = analysis.window?;
        let end = analysis.facts.newest.map_or(to, |newest| newest.max(to));
        let last = end.minute();
        let first = from
            .minute()
            .max(last.plus_ms(-(Self::MOST_MINUTES - 1) * MINUTE_MS));
        Some(Self {
            start: first,
            minutes: (last.since(first) / MINUTE_MS + 1) as usize,
            end,
        })
    }

    /// The cell of a moment; what lies outside counts in the first or last one.
    fn cell(&self, at: Timestamp) -> usize {
        let cell = at.since(self.start).div_euclid(MINUTE_MS).max(0) as usize;
        cell.min(self.minutes - 1)
    }
}

/// Invocations a minute of each function: the base of rates.
struct Traffic(HashMap<Sym, Minutes>);

impl Traffic {
    fn of(analysis: &Analysis, window: &Window) -> Self {
        let mut counts: HashMap<Sym, Vec<u32>> = HashMap::new();
        for invocation in &analysis.assembled.invocations {
            let cells = counts
                .entry(invocation.function)
                .or_insert_with(|| vec![0; window.minutes]);
            cells[window.cell(invocation.start)] += 1;
        }
        let summed = |(function, cells): (Sym, Vec<u32>)| (function, Minutes::of(cells));
        Self(counts.into_iter().map(summed).collect())
    }

    fn of_function(&self, function: Option<Sym>) -> Option<&Minutes> {
        self.0.get(&function?)
    }
}

#[cfg(test)]
mod tests;
