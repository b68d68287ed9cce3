//! What is wrong about starts: too many requests wait for one, or inits fail.

mod bad_inits;
mod too_many;
mod words;

use hashbrown::HashMap;

use crate::detect::Detector;
use crate::model::analysis::Analysis;
use crate::model::finding::{BadEvent, Candidate, FindingKind};
use crate::model::invocation::Invocation;
use crate::model::rows::{Evidence, FunctionFigures, Init};
use crate::model::settings::Settings;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// So many examples are kept: the newest, and the first for when it began.
const NEWEST: usize = 40;
const FIRST: usize = 10;

/// Cold starts that are too many for their function, and inits that fail: a candidate each for each function.
pub struct ColdStarts;

impl Detector for ColdStarts {
    fn kind(&self) -> FindingKind {
        FindingKind::ColdStart
    }

    fn candidates(&self, analysis: &Analysis, settings: &Settings) -> Vec<Candidate> {
        let mut functions: HashMap<Sym, Waits<'_>> = HashMap::new();
        for row in analysis.inits.iter().filter(|row| row.cause.is_some()) {
            functions.entry(row.function).or_default().starts.push(row);
        }
        for run in analysis
            .assembled
            .invocations
            .iter()
            .filter(|run| run.counted && !run.is_only_named())
        {
            if let Some(waits) = functions.get_mut(&run.function) {
                waits.runs.push(run.start);
                waits.ran_ms += f64::from(run.duration_ms.get().unwrap_or(0.0));
            }
        }
        let mut found = Vec::new();
        for figures in &analysis.functions {
            if let Some(waits) = functions.get(&figures.function) {
                found.extend(too_many::candidate(analysis, settings, figures, waits));
                found.extend(bad_inits::candidate(analysis, figures, waits));
            }
        }
        found
    }
}

/// The starts of one function that somebody waited for, and all its runs.
#[derive(Default)]
struct Waits<'a> {
    /// By time.
    starts: Vec<&'a Init>,
    /// Starts of its runs, by time.
    runs: Vec<Timestamp>,
    /// Time that its runs took, without inits.
    ran_ms: f64,
}

impl Waits<'_> {
    fn felt_ms(&self) -> f64 {
        let felt = self.starts.iter().filter_map(|row| row.felt_ms);
        felt.map(f64::from).sum()
    }
}

/// A candidate of these starts: their moments, the requests that paid, and the lines that show it.
fn candidate_of(
    analysis: &Analysis,
    figures: &FunctionFigures,
    key: &str,
    starts: &[&Init],
) -> Candidate {
    let name = analysis.text(figures.function);
    let mut found = Candidate::new(FindingKind::ColdStart, name, key);
    found.function = Some(figures.function);
    let event = |row: &&Init| BadEvent {
        at: row.at,
        count: 1,
    };
    found.events = starts.iter().map(event).collect();
    found.requests = starts.iter().filter_map(|row| row.invocation).collect();
    let older = starts.len().saturating_sub(NEWEST);
    let newest = starts.iter().rev().take(NEWEST);
    let first = starts.iter().take(older.min(FIRST));
    found.evidence = newest
        .chain(first)
        .filter_map(|row| proof(analysis, row))
        .collect();
    found
}

/// REPORT where it names the init; else the line of the start.
fn proof(analysis: &Analysis, row: &Init) -> Option<Evidence> {
    let run = row.invocation.map(|at| analysis.invocation(at));
    let report = run
        .filter(|run| {
            let report = run.report(&analysis.facts);
            report.is_some_and(|report| report.start_ms().is_some())
        })
        .and_then(Invocation::report_line);
    let line = report.or(row.line)?;
    Some(Evidence::Line {
        request_id: row.request_id,
        line,
    })
}

#[cfg(test)]
mod tests;
