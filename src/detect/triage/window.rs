//! The minutes that triage looks at, and how busy the functions were in them.

use hashbrown::HashMap;

use crate::model::analysis::Analysis;
use crate::model::finding::{Alarm, Candidate};
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

use super::change::Base;

/// The minutes that findings look at: from the first invocation that is known of to the newest event.
pub(super) struct Window {
    pub(super) start: Timestamp,
    pub(super) minutes: usize,
    pub(super) end: Timestamp,
}

impl Window {
    /// Longest stretch with a cell a minute: beyond four weeks only the end is looked at.
    const MOST_MINUTES: i64 = 28 * 24 * 60;

    pub(super) fn of(analysis: &Analysis) -> Option<Self> {
        let (from, to) = analysis.span()?;
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
    pub(super) fn cell(&self, at: Timestamp) -> usize {
        let cell = at.since(self.start).div_euclid(MINUTE_MS).max(0) as usize;
        cell.min(self.minutes - 1)
    }
}

/// Invocations a minute of each function: the base of rates.
pub(super) struct Traffic(HashMap<Sym, Base>);

impl Traffic {
    /// Only of functions that a candidate measures a change against: most functions of a calm account have none.
    pub(super) fn of(analysis: &Analysis, window: &Window, candidates: &[Candidate]) -> Self {
        let measured = candidates
            .iter()
            .filter(|found| found.alarm == Alarm::Change);
        let mut counts: HashMap<Sym, Vec<u32>> = measured
            .filter_map(|found| Some((found.function?, vec![0; window.minutes])))
            .collect();
        for invocation in &analysis.assembled.invocations {
            if let Some(cells) = counts.get_mut(&invocation.function) {
                cells[window.cell(invocation.start)] += 1;
            }
        }
        for metered in &analysis.metered {
            if let Some(cells) = counts.get_mut(&metered.function) {
                for minute in &metered.minutes {
                    let cell = &mut cells[window.cell(minute.at)];
                    let runs = u32::try_from(minute.invocations).unwrap_or(u32::MAX);
                    *cell = cell.saturating_add(runs);
                }
            }
        }
        let summed = |(function, cells): (Sym, Vec<u32>)| (function, Base::of(&cells));
        Self(counts.into_iter().map(summed).collect())
    }

    pub(super) fn of_function(&self, function: Option<Sym>) -> Option<&Base> {
        self.0.get(&function?)
    }
}
