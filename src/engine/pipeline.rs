//! The order in which everything is concluded. Each step is a pure function of the facts and the steps before it.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread::{self, ScopedJoinHandle};

use crate::correlate::{assemble, ledger, link, spans, traced};
use crate::detect::{
    cold_figures, cold_start, duplicate, error, figures, reorder, throttle, triage,
};
use crate::model::analysis::Analysis;
use crate::model::facts::Facts;
use crate::model::invocation::Assembled;
use crate::model::settings::Settings;
use crate::model::time::Timestamp;

/// Concludes everything from the facts.
pub(super) fn analyse(facts: Facts, settings: &Settings) -> Analysis {
    let facts = Arc::new(facts);
    let mut assembled = assemble::assemble(&facts);
    assembled.span_owners = spans::owners(&facts, &assembled);
    traced::complete(&facts, &mut assembled);
    let inits = cold_start::inits(&facts, &assembled);
    for (at, init) in inits.iter().enumerate() {
        if let Some(invocation) = init.invocation {
            assembled.invocations[invocation as usize].init = Some(at as u32).into();
        }
    }
    let deliveries = ledger::deliveries(&facts, &assembled);
    // None of these needs another.
    let (links, throttles, errors, duplicates, (reordered, order_domains)) =
        thread::scope(|scope| {
            let links = scope.spawn(|| link::links(&facts, &assembled, &deliveries));
            let others = scope.spawn(|| {
                let throttles = throttle::throttles(&facts, &assembled, &deliveries, settings);
                (throttles, error::errors(&facts, &assembled))
            });
            let duplicates = duplicate::duplicates(&facts, &assembled, &deliveries);
            let reordered = reorder::reordered(&facts, &assembled, &deliveries);
            let (throttles, errors) = joined(others);
            (joined(links), throttles, errors, duplicates, reordered)
        });
    let window = window(&assembled, Timestamp::can_be).or_else(|| window(&assembled, |_| true));
    let mut analysis = Analysis {
        facts,
        assembled,
        deliveries,
        inits,
        throttles,
        duplicates,
        reordered,
        order_domains,
        links,
        errors,
        window,
        settings: Arc::new(settings.clone()),
        ..Analysis::default()
    };
    analysis.coverage = figures::coverage::overall(&analysis);
    analysis.functions = figures::figures(&analysis);
    analysis.metered = figures::metered::metered(&analysis);
    (analysis.cold, analysis.pressures) = thread::scope(|scope| {
        let cold = scope.spawn(|| cold_figures::cold_figures(&analysis));
        let pressures = throttle::pressures(&analysis, settings);
        (joined(cold), pressures)
    });
    analysis.findings = triage::findings(&analysis, settings);
    analysis
}

/// First start and last end of the counted runs that start at such a moment.
fn window(
    assembled: &Assembled,
    meant: impl Fn(Timestamp) -> bool,
) -> Option<(Timestamp, Timestamp)> {
    let runs = assembled.invocations.iter();
    runs.filter(|run| run.counted && meant(run.start))
        .map(|run| (run.start, run.end))
        .reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests;
