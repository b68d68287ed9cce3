//! The order in which everything is concluded. Each step is a pure function of the facts and the steps before it.

use std::sync::Arc;

use crate::correlate::{assemble, ledger, link, spans, traced};
use crate::detect::seen::Seen;
use crate::detect::{
    Grounds, cold_figures, cold_start, duplicate, error, figures, reorder, throttle, triage,
};
use crate::model::analysis::Analysis;
use crate::model::cores;
use crate::model::facts::Facts;
use crate::model::invocation::Assembled;
use crate::model::settings::Settings;
use crate::model::time::Timestamp;

/// Concludes everything from the facts.
pub(super) fn analyse(facts: Facts, settings: &Settings) -> Analysis {
    let facts = Arc::new(facts);
    let mut assembled = assemble::assemble(&facts);
    assembled.span_owners = spans::owners(&facts, &assembled);
    let (told, deliveries) = cores::both(
        || traced::told(&facts, &assembled),
        || ledger::deliveries(&facts, &assembled),
    );
    traced::complete(&mut assembled, told);
    let inits = cold_start::inits(&facts, &assembled);
    for (at, init) in inits.iter().enumerate() {
        if let Some(invocation) = init.invocation {
            assembled.invocations[invocation as usize].init = Some(at as u32).into();
        }
    }
    let window = window(&assembled, Timestamp::can_be).or_else(|| window(&assembled, |_| true));
    let mut analysis = Analysis {
        facts,
        assembled,
        deliveries,
        inits,
        window,
        settings: Arc::new(settings.clone()),
        ..Analysis::default()
    };
    let (facts, assembled) = (&*analysis.facts, &analysis.assembled);
    let deliveries = &analysis.deliveries;
    // Links need none of the others, and take as long as all of them. These come one after the other: what they look things up in
    // need not be there at the same time.
    let (links, (refused, throttles, errors, seen, duplicates, reordered)) = cores::both(
        || link::links(facts, assembled, deliveries),
        || {
            let refused = throttle::attempts(facts, assembled);
            let throttles = throttle::throttles(facts, assembled, deliveries, &refused, settings);
            let errors = error::errors(facts, assembled);
            let seen = Seen::new(facts, assembled, deliveries);
            let duplicates = duplicate::duplicates(&seen);
            let reordered = reorder::reordered(&seen);
            (refused, throttles, errors, seen, duplicates, reordered)
        },
    );
    (analysis.links, analysis.throttles, analysis.errors) = (links, throttles, errors);
    analysis.duplicates = duplicates;
    let collisions;
    (analysis.reordered, analysis.order_domains, collisions) = reordered;
    let grounds = Grounds {
        seen,
        refused,
        collisions,
    };
    (analysis.coverage, analysis.functions) = cores::both(
        || figures::coverage::overall(&analysis),
        || figures::figures(&analysis),
    );
    analysis.metered = figures::metered::metered(&analysis);
    (analysis.cold, analysis.pressures) = cores::both(
        || cold_figures::cold_figures(&analysis),
        || throttle::pressures(&analysis, &grounds.refused, settings),
    );
    analysis.findings = triage::findings(&analysis, &grounds, settings);
    drop(grounds);
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

#[cfg(test)]
mod tests;
