//! What CloudWatch counted of a function that its logs do not show.

use crate::model::analysis::Analysis;
use crate::model::rows::FunctionFigures;
use crate::model::words::number_of;
use crate::ui::figures;

/// Where less of the runs is seen, what metrics tell of all of them stands beside.
const SEEN: f64 = 0.99;

/// `8 runs, 2 failed, 100 ms on average, 190 ms at most: more than the logs show`, by `Invocations`, `Errors` and `Duration`; and what no
/// log tells, by `AsyncEventsDropped` and `ProvisionedConcurrencySpilloverInvocations`.
pub(super) fn beyond_the_logs(analysis: &Analysis, function: &FunctionFigures) -> Vec<String> {
    let points = |name: &str| analysis.facts.lambda_metric(function.function, name);
    let sum = |name: &str| {
        let sums = points(name).map(|point| point.sum);
        sums.reduce(|one, other| one + other)
    };
    let mut lines = Vec::new();
    if function.coverage.is_some_and(|coverage| coverage < SEEN) {
        let count: f64 = points("Duration").map(|point| point.count).sum();
        let took = sum("Duration").filter(|_| count > 0.0);
        let most = points("Duration").map(|point| point.max).reduce(f64::max);
        let words = [
            sum("Invocations").map(|runs| number_of(runs as u64, "runs")),
            sum("Errors").map(|failed| format!("{} failed", figures::count(failed as u64))),
            took.map(|took| format!("{} on average", figures::duration(took / count))),
            most.map(|most| format!("{} at most", figures::duration(most))),
        ];
        let words: Vec<String> = words.into_iter().flatten().collect();
        lines.push(format!("{}: more than the logs show", words.join(", ")));
    }
    let beside = [
        ("AsyncEventsDropped", "asynchronous events were dropped"),
        (
            "ProvisionedConcurrencySpilloverInvocations",
            "runs found nothing kept warm",
        ),
    ];
    let counted = beside.map(|(name, of)| {
        let count = sum(name).filter(|count| *count > 0.0)?;
        Some(format!("{} {of}, by {name}", figures::count(count as u64)))
    });
    lines.extend(counted.into_iter().flatten());
    lines
}
