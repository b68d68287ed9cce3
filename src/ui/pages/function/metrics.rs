//! What CloudWatch counted of a function that its logs do not show.

use crate::model::analysis::Analysis;
use crate::model::rows::{FunctionFigures, Metered};
use crate::model::symbols::Sym;
use crate::model::words::number_of;
use crate::ui::figures;
use crate::ui::page::Part;
use crate::ui::text::Text;
use crate::ui::theme::Role;

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
    lines.extend(beside(analysis, function.function));
    lines
}

/// What no log tells.
fn beside(analysis: &Analysis, function: Sym) -> impl Iterator<Item = String> {
    let beside = [
        ("AsyncEventsDropped", "asynchronous events were dropped"),
        (
            "ProvisionedConcurrencySpilloverInvocations",
            "runs found nothing kept warm",
        ),
    ];
    let counted = beside.map(|(name, of)| {
        let points = analysis.facts.lambda_metric(function, name);
        let count: f64 = points.map(|point| point.sum).sum();
        (count > 0.0).then(|| format!("{} {of}, by {name}", figures::count(count as u64)))
    });
    counted.into_iter().flatten()
}

/// The figures of a function of which no log tells.
pub(super) fn alone(analysis: &Analysis, function: &Metered) -> Part {
    let name = analysis.text(function.function);
    let group = analysis.facts.log_group(function.function);
    let log = if analysis.facts.is_denied(&group) {
        format!("{group} is denied: allow logs:FilterLogEvents on it")
    } else {
        format!("nothing was read of {group}: it is empty or absent, or not read yet")
    };
    let at_most = |ms| format!("{} at most", figures::duration_or_unknown(ms));
    let took = format!(
        "{} on average, {}",
        figures::duration_or_unknown(function.mean_ms),
        at_most(function.max_ms)
    );
    let lines = [
        ("counted", function.words()),
        ("took", took),
        (
            "slots",
            format!(
                "{} at once at most",
                figures::count_or_unknown(function.peak_concurrency)
            ),
        ),
        ("log", log),
        (
            "unknown",
            "why runs failed, percentiles, cold starts, what ran twice, order".to_owned(),
        ),
    ];
    let metrics = beside(analysis, function.function).map(|words| ("metrics", words));
    let lines = lines.into_iter().chain(metrics);
    let lines = lines
        .map(|(label, words)| Text::of(Role::Dim, &format!("{label:8} ")).and(Role::Text, &words));
    Part::lines("summary", Text::of(Role::Strong, name), lines.collect())
        .aside(Text::of(Role::Dim, "by CloudWatch metrics alone"))
}
