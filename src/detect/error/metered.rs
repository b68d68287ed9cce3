//! Failures that metrics alone tell of: which, and of whom; why is in a log that nobody sees.

use crate::detect::failure;
use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::finding::{Alarm, BadEvent, Candidate, FindingKind};
use crate::model::rows::{Evidence, Metered, MeteredMinute};
use crate::model::text::plain;
use crate::model::words::share;

/// A candidate for each function that failed.
pub(super) fn candidates(analysis: &Analysis) -> impl Iterator<Item = Candidate> {
    let failed = |one: &&Metered| one.errors.is_some_and(|errors| errors > 0);
    let metered = analysis.metered.iter().filter(failed);
    metered.map(|one| candidate(analysis, one))
}

fn candidate(analysis: &Analysis, of: &Metered) -> Candidate {
    let failed = of.errors.unwrap_or_default();
    let runs = of.invocations.unwrap_or_default().max(failed);
    let name = plain(analysis.text(of.function));
    let interval = wilson(failed, runs).map(|rate| (rate.low, rate.high));
    let mut found = Candidate::new(FindingKind::Error, analysis.text(of.function), "metrics");
    found.claim = format!(
        "{}: CloudWatch counts them, no log says why",
        share(failed, runs, &format!(" runs of {name} failed"), interval)
    );
    let group = analysis.facts.log_group(of.function);
    found.next = if analysis.facts.is_denied(&group) {
        format!(
            "allow logs:FilterLogEvents on {}: it says why",
            plain(&group)
        )
    } else {
        format!(
            "see why nothing is in {}: its role may not write it, or it logs elsewhere",
            plain(&group)
        )
    };
    found.function = Some(of.function);
    let bad = || of.minutes.iter().filter(|minute| minute.errors > 0);
    found.events = bad()
        .map(|minute| BadEvent {
            at: minute.at,
            count: u32::try_from(minute.errors).unwrap_or(u32::MAX),
        })
        .collect();
    found.evidence = evidence(analysis, of);
    let first = bad().next().map_or(of.span().0, |minute| minute.at);
    let since = of.minutes.iter().filter(|minute| minute.at >= first);
    let ran: u64 = since.map(|minute: &MeteredMinute| minute.invocations).sum();
    let span = analysis.span();
    if failure::prevails(failed, ran) || failure::is_steady(span, first, failed, runs) {
        found.alarm = Alarm::Certain;
    }
    found
}

/// The points that count a failure, the newest first.
fn evidence(analysis: &Analysis, of: &Metered) -> Vec<Evidence> {
    let points = analysis.facts.lambda_points(of.function, "Errors");
    let counting = points.rev().filter(|(_, point)| point.sum > 0.0);
    counting
        .map(|(point, _)| Evidence::Metric { point })
        .collect()
}
