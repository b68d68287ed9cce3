//! How long events wait for a function, by its metrics: `IteratorAge` of the records of a stream, `AsyncEventAge` of asynchronous events.
//! Neither is in any log.

use std::collections::BTreeMap;

use crate::model::analysis::Analysis;
use crate::model::rows::Residual;
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

/// What was usual is what was in so long before.
const BEFORE_MS: i64 = 60 * MINUTE_MS;
/// An age moves if it becomes this many times as high as it was, and at least so high.
const TIMES: f64 = 2.0;
const LEAST_MS: f64 = 1_000.0;

/// An age of the newest minute that has one, in milliseconds: of the oldest record that a stream gave (`IteratorAge`), or of the
/// oldest asynchronous event (`AsyncEventAge`). `None` without the metric.
pub fn newest(analysis: &Analysis, function: Sym, name: &str) -> Option<f64> {
    levels(analysis, function, name).into_values().next_back()
}

/// Who makes the refused calls of a function in `[from, to)` that no record shows a caller of: its asynchronous queue if events grow
/// old in it or are dropped, else its event source if records do. `None`: nothing tells.
pub(super) fn residual(
    analysis: &Analysis,
    function: Sym,
    (from, to): (Timestamp, Timestamp),
) -> Option<Residual> {
    let span = (from.minute(), to);
    let mut dropped = analysis.facts.lambda_metric(function, "AsyncEventsDropped");
    if dropped.any(|point| within(point.at.minute(), span) && point.sum > 0.0)
        || moves(analysis, function, "AsyncEventAge", span)
    {
        return Some(Residual::AsyncQueue);
    }
    moves(analysis, function, "IteratorAge", span).then_some(Residual::EventSource)
}

fn moves(analysis: &Analysis, function: Sym, name: &str, span: (Timestamp, Timestamp)) -> bool {
    let levels = levels(analysis, function, name);
    let most = |from: Timestamp, to: Timestamp| {
        let inside = levels.range(from..to).map(|(_, level)| *level);
        inside.reduce(f64::max)
    };
    let before = most(span.0.plus_ms(-BEFORE_MS), span.0);
    let during = most(span.0, span.1);
    during
        .zip(before)
        .is_some_and(|(during, before)| during >= LEAST_MS && during >= TIMES * before)
}

fn within(at: Timestamp, (from, to): (Timestamp, Timestamp)) -> bool {
    at >= from && at < to
}

fn levels(analysis: &Analysis, function: Sym, name: &str) -> BTreeMap<Timestamp, f64> {
    let points = analysis.facts.lambda_metric(function, name);
    points.map(|point| (point.at.minute(), point.max)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::testing::{World, at};
    use crate::model::metric::MetricPoint;

    /// Ten quiet minutes and five more, with the highest age in each and what was dropped in the last.
    fn world(name: &str, before_ms: f64, during_ms: f64, dropped: f64) -> (Analysis, Sym) {
        let mut world = World::default();
        let function = world.sym("stock");
        let mut add = |name: &str, minute: i32, value: f64| {
            let point = MetricPoint {
                namespace: world.sym("AWS/Lambda"),
                name: world.sym(name),
                dimensions: vec![(world.sym("FunctionName"), function)],
                at: at(f64::from(minute)),
                sum: value,
                count: 1.0,
                min: value,
                max: value,
            };
            world.facts.metrics.push(point);
        };
        for minute in 0..15 {
            add(
                name,
                minute,
                if minute < 10 { before_ms } else { during_ms },
            );
        }
        add("AsyncEventsDropped", 14, dropped);
        (world.analysis(), function)
    }

    #[test]
    fn an_age_that_doubles_while_calls_are_refused_tells_who_makes_them() {
        let span = (at(10.0), at(15.0));
        for (name, before, during, dropped, who) in [
            (
                "AsyncEventAge",
                400.0,
                90_000.0,
                0.0,
                Some(Residual::AsyncQueue),
            ),
            (
                "IteratorAge",
                400.0,
                90_000.0,
                0.0,
                Some(Residual::EventSource),
            ),
            // It is as it was; it doubles, but stays far below a second; events are dropped whatever their age is.
            ("IteratorAge", 60_000.0, 90_000.0, 0.0, None),
            ("AsyncEventAge", 20.0, 60.0, 0.0, None),
            ("IteratorAge", 400.0, 400.0, 3.0, Some(Residual::AsyncQueue)),
        ] {
            let (analysis, function) = world(name, before, during, dropped);
            assert_eq!(
                residual(&analysis, function, span),
                who,
                "{name} {before} {during}"
            );
            assert_eq!(newest(&analysis, function, name), Some(during));
        }
        let (analysis, function) = world("Duration", 1.0, 2.0, 0.0);
        assert_eq!(residual(&analysis, function, span), None);
        assert_eq!(
            newest(&analysis, function, "IteratorAge"),
            None,
            "unknown, not 0"
        );
    }
}
