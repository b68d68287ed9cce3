//! Functions that run or are refused although no log tells of them: their log may be denied, empty or absent. What CloudWatch counts of
//! them is known, and all else is not.

use std::collections::BTreeMap;

use hashbrown::HashSet;

use crate::model::analysis::Analysis;
use crate::model::metric::MetricPoint;
use crate::model::rows::{Metered, MeteredMinute};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// Those of which CloudWatch counts a run, an error or a refusal and that have no figures of their own, sorted by name. Where a log tells
/// of a function, its figures are the log's alone.
pub fn metered(analysis: &Analysis) -> Vec<Metered> {
    let facts = &analysis.facts;
    let known: HashSet<Sym> = analysis.functions.iter().map(|row| row.function).collect();
    let names = ["AWS/Lambda", "FunctionName"].map(|name| facts.symbols.lookup(name));
    let [Some(lambda), Some(dimension)] = names else {
        return Vec::new();
    };
    let mut tallies: BTreeMap<Sym, Tally> = BTreeMap::new();
    for point in &facts.metrics {
        let [(key, function)] = point.dimensions[..] else {
            continue;
        };
        if point.namespace == lambda && key == dimension && !known.contains(&function) {
            let tally = tallies.entry(function).or_default();
            tally.add(facts.text(point.name), point);
        }
    }
    for row in &analysis.throttles {
        let name = row.resource.strip_prefix("lambda:");
        let function = name.and_then(|name| facts.symbols.lookup(name));
        if let Some(tally) = function.and_then(|function| tallies.get_mut(&function)) {
            *tally.throttled.get_or_insert(0) += row.count;
        }
    }
    let rows = tallies.into_iter();
    let mut rows: Vec<Metered> = rows
        .filter_map(|(function, tally)| tally.row(function))
        .collect();
    rows.sort_by_key(|row| analysis.text(row.function));
    rows
}

/// Place of refusals in a minute; runs and errors stand before them.
const REFUSED: usize = 2;

/// What is counted of one function.
#[derive(Default)]
struct Tally {
    invocations: Option<u64>,
    errors: Option<u64>,
    throttled: Option<u64>,
    took_ms: f64,
    ended: f64,
    max_ms: Option<f64>,
    peak: Option<f64>,
    minutes: BTreeMap<Timestamp, [u64; 3]>,
}

impl Tally {
    fn add(&mut self, name: &str, point: &MetricPoint) {
        let (which, total) = match name {
            "Invocations" => (0, &mut self.invocations),
            "Errors" => (1, &mut self.errors),
            "Throttles" => (REFUSED, &mut self.throttled),
            "Duration" => {
                self.took_ms += point.sum;
                self.ended += point.count;
                self.max_ms = Some(self.max_ms.map_or(point.max, |max| max.max(point.max)));
                return;
            }
            "ConcurrentExecutions" => {
                self.peak = Some(self.peak.map_or(point.max, |peak| peak.max(point.max)));
                return;
            }
            _ => return,
        };
        let counted = counted(point.sum);
        let total = total.get_or_insert(0);
        // The sum of refusals is that of their rows.
        if which != REFUSED {
            *total += counted;
        }
        let minute = self.minutes.entry(point.at.minute()).or_default();
        minute[which] += counted;
    }

    /// `None` where nothing happened.
    fn row(mut self, function: Sym) -> Option<Metered> {
        self.minutes.retain(|_, counts| *counts != [0; 3]);
        let minute = |(at, [invocations, errors, _]): (Timestamp, [u64; 3])| MeteredMinute {
            at,
            invocations,
            errors,
        };
        let minutes: Vec<MeteredMinute> = self.minutes.into_iter().map(minute).collect();
        (!minutes.is_empty()).then_some(Metered {
            function,
            invocations: self.invocations,
            errors: self.errors,
            throttled: self.throttled,
            mean_ms: (self.ended > 0.0).then(|| self.took_ms / self.ended),
            max_ms: self.max_ms,
            peak_concurrency: self.peak.map(counted),
            minutes,
        })
    }
}

/// A negative or endless sum counts nothing.
fn counted(sum: f64) -> u64 {
    if sum.is_finite() {
        sum.max(0.0).round() as u64
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::testing::{World, at};
    use crate::model::invocation::InvocationStatus::Ok;
    use crate::model::rows::{Throttle, ThrottleClass};

    fn point(
        world: &mut World,
        name: &str,
        function: &str,
        minute: f64,
        [sum, count, max]: [f64; 3],
    ) {
        let point = MetricPoint {
            namespace: world.sym("AWS/Lambda"),
            name: world.sym(name),
            dimensions: vec![(world.sym("FunctionName"), world.sym(function))],
            at: at(minute),
            sum,
            count,
            min: 0.0,
            max,
        };
        world.facts.metrics.push(point);
    }

    /// `seen` has a log; `hidden` has none and ran, failed, was refused; `still` has points of 0; `refused` was only refused.
    #[test]
    fn a_function_without_a_log_is_as_cloudwatch_counts_it() {
        let mut world = World::default();
        world.run("seen", 0.0, Ok);
        let one = |sum| [sum, 1.0, sum];
        for (name, function, minute, figures) in [
            ("Invocations", "seen", 0.0, one(90.0)),
            ("Invocations", "hidden", 1.0, one(6.0)),
            ("Invocations", "hidden", 3.0, one(2.0)),
            ("Errors", "hidden", 1.0, one(0.0)),
            ("Errors", "hidden", 3.0, one(2.0)),
            ("Throttles", "hidden", 3.0, one(5.0)),
            ("Duration", "hidden", 1.0, [600.0, 6.0, 190.0]),
            ("Duration", "hidden", 3.0, [200.0, 2.0, 100.0]),
            ("ConcurrentExecutions", "hidden", 3.0, [6.0, 3.0, 3.0]),
            ("Invocations", "still", 1.0, one(0.0)),
            ("Throttles", "refused", 2.0, one(4.0)),
        ] {
            point(&mut world, name, function, minute, figures);
        }
        let mut analysis = world.analysis();
        analysis.functions = super::super::figures(&analysis);
        let refused = |function: &str, minute, count| Throttle {
            minute: at(minute),
            resource: format!("lambda:{function}"),
            class: ThrottleClass::Unknown,
            count,
            lower_bound: false,
            callers: Vec::new(),
            evidence: Vec::new(),
        };
        analysis.throttles = vec![refused("refused", 2.0, 4), refused("hidden", 3.0, 5)];
        let rows = metered(&analysis);
        let [hidden, refused] = &rows[..] else {
            panic!("{rows:?}");
        };
        assert_eq!(analysis.text(hidden.function), "hidden");
        assert_eq!(
            (hidden.invocations, hidden.errors, hidden.throttled),
            (Some(8), Some(2), Some(5))
        );
        // 800 ms over 8 runs.
        assert_eq!((hidden.mean_ms, hidden.max_ms), (Some(100.0), Some(190.0)));
        assert_eq!(hidden.peak_concurrency, Some(3));
        assert_eq!(hidden.span(), (at(1.0), at(4.0)));
        let minutes = hidden.minutes.iter();
        let minutes: Vec<_> = minutes
            .map(|one| (one.at, one.invocations, one.errors))
            .collect();
        assert_eq!(minutes, [(at(1.0), 6, 0), (at(3.0), 2, 2)]);
        assert_eq!(
            (refused.invocations, refused.errors, refused.throttled),
            (None, None, Some(4)),
            "nothing says whether it ran"
        );
        assert_eq!((refused.mean_ms, refused.max_ms), (None, None));
    }
}
