//! Refused attempts: how many, by which limit, of whom. A refused attempt to invoke a function reaches no environment: it is in
//! no log of the function, not in `Invocations`, not in `Errors`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::model::delivery::Delivery;
use crate::model::facts::Facts;
use crate::model::invocation::{Assembled, InvocationIndex};
use crate::model::rows::{Evidence, Throttle, ThrottleClass};
use crate::model::settings::Settings;
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

use class::Limits;
use metric::Points;

pub mod callers;
mod class;
pub mod concurrency;
mod finding;
mod flood;
mod fusion;
mod metric;
mod pressure;
mod receives;
mod records;

#[cfg(test)]
mod tests;

pub use finding::Throttling;
pub use pressure::pressures;

/// A row keeps so many lines and spans as evidence, beside its metric point.
const MOST_EVIDENCE: usize = 50;
/// An attempt this near to the turn of a minute may be counted in the other by the metric.
const TURN_MS: i64 = 2_000;

/// One refused attempt, whichever sources show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Attempt<'a> {
    /// `lambda:NAME`, `dynamodb:TABLE`, `kinesis:STREAM`, `apigateway:API`, or a service's name.
    pub resource: Cow<'a, str>,
    /// When its caller or the gateway logged it; else when its span ended.
    pub at: Timestamp,
    /// The function that was refused, and its run.
    pub caller: Option<Sym>,
    pub run: Option<InvocationIndex>,
    /// `Reason` as the service gave it.
    pub reason: Option<Sym>,
    /// What a gateway says of its own refusal.
    pub gateway: Option<ThrottleClass>,
    pub evidence: Evidence,
}

/// Every refused attempt that a line or a span shows, once, in order of time.
pub fn attempts<'a>(facts: &'a Facts, assembled: &Assembled) -> Vec<Attempt<'a>> {
    fusion::fuse(facts, &records::records(facts, assembled))
}

/// One row per resource, minute and class with refused attempts, sorted by (minute, resource, class). The metric is the count
/// where it exists; else the distinct `attempts` that were seen, a lower bound. Without a source there is no row.
pub fn throttles(
    facts: &Facts,
    assembled: &Assembled,
    deliveries: &[Delivery],
    attempts: &[Attempt<'_>],
    settings: &Settings,
) -> Vec<Throttle> {
    let mut cells: BTreeMap<(Timestamp, Cow<'_, str>), Vec<&Attempt<'_>>> = BTreeMap::new();
    for attempt in attempts {
        let cell = (attempt.at.minute(), attempt.resource.clone());
        cells.entry(cell).or_default().push(attempt);
    }
    let points = metric::points(facts);
    for (function, points) in &points {
        let refused = points.by_minute.iter().filter(|(_, (sum, _))| *sum > 0);
        for (&minute, _) in refused {
            cells
                .entry((minute, Cow::Owned(format!("lambda:{function}"))))
                .or_default();
        }
    }
    let unseen = receives::unseen(facts, assembled, deliveries);
    for &(minute, function) in unseen.keys() {
        if !points.contains_key(function) {
            cells
                .entry((minute, Cow::Owned(format!("lambda:{function}"))))
                .or_default();
        }
    }
    let limits = Limits::new(facts, assembled, settings, &cells);
    let mut rows = Vec::new();
    for ((minute, resource), attempts) in &cells {
        match resource.strip_prefix("lambda:") {
            Some(function) => {
                let points = points.get(function);
                let receives = unseen
                    .get(&(*minute, function))
                    .filter(|_| points.is_none());
                let counted = count(facts, *minute, attempts, points)
                    .or_else(|| Some((receives?.count, true, None)));
                if let Some((count, lower_bound, point)) = counted {
                    let class = limits.of_function(function, *minute);
                    let mut row = row(facts, *minute, resource, class, attempts);
                    row.evidence
                        .splice(0..0, point.map(|point| Evidence::Metric { point }));
                    row.evidence
                        .extend(receives.map(|receives| receives.evidence.clone()));
                    rows.push(Throttle {
                        count: receives.map_or(count, |receives| receives.count.max(count)),
                        lower_bound,
                        ..row
                    });
                }
            }
            None => rows.extend(by_class(facts, *minute, resource, attempts)),
        }
    }
    rows
}

/// Count, whether it is a lower bound, and the metric point of a function's minute; `None` if nothing was refused.
fn count(
    facts: &Facts,
    minute: Timestamp,
    attempts: &[&Attempt<'_>],
    points: Option<&Points>,
) -> Option<(u64, bool, Option<u32>)> {
    let seen = attempts.len() as u64;
    let Some(points) = points else {
        return (seen > 0).then_some((seen, true, None));
    };
    // Around the turn of a minute, line and metric may differ by one attempt: those do not speak against the metric.
    let clear = attempts
        .iter()
        .filter(|attempt| (TURN_MS..MINUTE_MS - TURN_MS).contains(&attempt.at.since(minute)));
    let clear = clear.count() as u64;
    match points.by_minute.get(&minute) {
        Some(&(sum, point)) if clear <= sum || metric::is_final(facts, minute) => {
            (sum > 0).then_some((sum, false, Some(point)))
        }
        Some(&(_, point)) => Some((clear, true, Some(point))),
        None => (clear > 0).then_some((seen, true, None)),
    }
}

/// The rows of a resource that no metric counts: one for each way it refused.
fn by_class(
    facts: &Facts,
    minute: Timestamp,
    resource: &str,
    attempts: &[&Attempt<'_>],
) -> Vec<Throttle> {
    let mut classes: BTreeMap<ThrottleClass, Vec<&Attempt<'_>>> = BTreeMap::new();
    for attempt in attempts {
        let own = records::is_gateway(resource);
        let other = if own {
            ThrottleClass::GatewayStage
        } else {
            ThrottleClass::Downstream
        };
        let class = attempt.gateway.filter(|_| own).unwrap_or(other);
        classes.entry(class).or_default().push(attempt);
    }
    classes
        .into_iter()
        .map(|(class, attempts)| row(facts, minute, resource, class, &attempts))
        .collect()
}

/// A row that counts the attempts seen.
fn row(
    facts: &Facts,
    minute: Timestamp,
    resource: &str,
    class: ThrottleClass,
    attempts: &[&Attempt<'_>],
) -> Throttle {
    Throttle {
        minute,
        resource: resource.to_owned(),
        class,
        count: attempts.len() as u64,
        lower_bound: true,
        callers: callers::counted(facts, attempts.iter().copied()),
        evidence: attempts
            .iter()
            .take(MOST_EVIDENCE)
            .map(|attempt| attempt.evidence.clone())
            .collect(),
    }
}
