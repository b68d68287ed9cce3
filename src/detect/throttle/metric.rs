//! `AWS/Lambda Throttles`: the count of refused attempts, where it exists.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use crate::model::facts::Facts;
use crate::model::metric::MetricPoint;
use crate::model::time::{MINUTE_MS, Timestamp};

/// A point may still grow for so long after its minute.
const FINAL_AFTER_MS: i64 = 3 * MINUTE_MS;

/// The points of one function, one a minute.
#[derive(Debug, Default)]
pub(super) struct Points {
    /// (refused attempts, index in `Facts::metrics`) by minute.
    pub(super) by_minute: BTreeMap<Timestamp, (u64, u32)>,
}

/// The points of each function under one set of dimensions: the same attempts repeat under others. `FunctionName` alone is the
/// whole function; where only finer points exist (aliases and versions), `Resource` = the function is.
pub(super) fn points(facts: &Facts) -> HashMap<&str, Points> {
    let mut whole: HashMap<&str, Points> = HashMap::new();
    let mut finer: HashMap<&str, Points> = HashMap::new();
    for (at, point) in facts.metrics.iter().enumerate() {
        if facts.text(point.namespace) != "AWS/Lambda" || facts.text(point.name) != "Throttles" {
            continue;
        }
        let value = |wanted: &str| dimension(facts, point, wanted);
        let (function, table) = match (
            value("FunctionName"),
            value("Resource"),
            point.dimensions.len(),
        ) {
            (Some(function), None, 1) => (function, &mut whole),
            (Some(function), Some(resource), 2) if function == resource => (function, &mut finer),
            _ => continue,
        };
        let minutes = &mut table.entry(function).or_default().by_minute;
        // A negative or endless sum counts nothing.
        let sum = if point.sum.is_finite() {
            point.sum.max(0.0).round() as u64
        } else {
            0
        };
        let known = minutes.entry(point.at.minute()).or_insert((sum, at as u32));
        if sum > known.0 {
            *known = (sum, at as u32);
        }
    }
    let known: HashSet<&str> = whole.keys().copied().collect();
    whole.extend(
        finer
            .into_iter()
            .filter(|(function, _)| !known.contains(function)),
    );
    whole
}

fn dimension<'a>(facts: &'a Facts, point: &MetricPoint, wanted: &str) -> Option<&'a str> {
    let pair = point
        .dimensions
        .iter()
        .find(|(name, _)| facts.text(*name) == wanted);
    pair.map(|&(_, value)| facts.text(value))
}

/// Whether a point of this minute can no longer grow.
pub(super) fn is_final(facts: &Facts, minute: Timestamp) -> bool {
    facts
        .newest
        .is_some_and(|newest| newest.since(minute) >= MINUTE_MS + FINAL_AFTER_MS)
}
