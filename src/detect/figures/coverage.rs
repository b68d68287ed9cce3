//! How much of what ran was seen: REPORT lines against the `Invocations` metric.

use hashbrown::{HashMap, HashSet};

use crate::model::analysis::Analysis;
use crate::model::facts::Facts;
use crate::model::invocation::Assembled;
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

/// Figures of a function of which less was seen are called partial.
pub const WHOLE: f64 = 0.98;
/// A metric minute no longer changes after this, or after the function's timeout if that is longer.
const METRIC_DELAY_MS: i64 = 3 * MINUTE_MS;

/// What logs and metrics say of the same minutes of one function.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reports {
    /// REPORT lines of invocations that started in them.
    pub seen: f64,
    /// Sum of `Invocations`.
    pub ran: f64,
}

impl Reports {
    /// The share that was seen, at most 1; `None` where nothing ran.
    pub fn share(self) -> Option<f64> {
        (self.ran > 0.0).then(|| (self.seen / self.ran).min(1.0))
    }
}

/// By function with an `Invocations` metric, over minutes that lie wholly in the log window and are final.
pub fn by_function(facts: &Facts, assembled: &Assembled) -> HashMap<Sym, Reports> {
    let mut minutes: HashSet<(Sym, Timestamp)> = HashSet::new();
    let mut reports: HashMap<Sym, Reports> = HashMap::new();
    let Some(from) = first_whole_minute(facts) else {
        return reports;
    };
    for point in &facts.metrics {
        let [(name, function)] = point.dimensions[..] else {
            continue;
        };
        let counts = facts.text(point.name) == "Invocations"
            && facts.text(point.namespace) == "AWS/Lambda"
            && facts.text(name) == "FunctionName";
        if counts && point.at >= from && is_final(facts, function, point.at) {
            reports.entry(function).or_default().ran += point.sum;
            minutes.insert((function, point.at.minute()));
        }
    }
    for run in &assembled.invocations {
        if run.report_line().is_some() && minutes.contains(&(run.function, run.start.minute())) {
            reports.entry(run.function).or_default().seen += 1.0;
        }
    }
    reports
}

/// The share of all functions together; `None` without the metric.
pub fn overall(analysis: &Analysis) -> Option<f64> {
    let sum = |a: Reports, b: Reports| Reports {
        seen: a.seen + b.seen,
        ran: a.ran + b.ran,
    };
    let all = by_function(&analysis.facts, &analysis.assembled).into_values();
    all.reduce(sum)?.share()
}

/// The first minute that lies in the logs from its beginning.
pub fn first_whole_minute(facts: &Facts) -> Option<Timestamp> {
    let first = facts.first()?;
    let first = facts.horizon.map_or(first, |horizon| horizon.max(first));
    Some(first.plus_ms(MINUTE_MS - 1).minute())
}

/// Whether the metrics of a minute of a function no longer change.
pub fn is_final(facts: &Facts, function: Sym, minute: Timestamp) -> bool {
    let timeout = facts
        .functions
        .get(&function)
        .and_then(|config| config.timeout_s)
        .map_or(0, |seconds| i64::from(seconds) * 1_000);
    let newest = facts.watermark.or(facts.newest);
    let settled = minute.plus_ms(METRIC_DELAY_MS.max(timeout));
    newest.is_some_and(|newest| settled <= newest)
}
