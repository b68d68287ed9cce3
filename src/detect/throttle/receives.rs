//! Receives of a message that no run shows. Where nearly all lines and ids of a consumer were seen, its poller was refused: a message
//! that is received for the first time with a count of three was given out twice in vain.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::detect::figures::coverage;
use crate::detect::seen::is_queue;
use crate::model::delivery::Delivery;
use crate::model::facts::Facts;
use crate::model::invocation::Assembled;
use crate::model::rows::Evidence;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// Receives in vain, in the minute of the first that a run shows.
pub(super) struct Receives {
    /// At least so many.
    pub(super) count: u64,
    /// A line that names the count.
    pub(super) evidence: Evidence,
}

/// By (minute, consumer). Only of consumers whose REPORT lines and event ids were seen, both to 98 %, and of messages that were sent
/// after the first line: what was received before may lie before the window.
pub(super) fn unseen<'a>(
    facts: &'a Facts,
    assembled: &Assembled,
    deliveries: &[Delivery],
) -> BTreeMap<(Timestamp, &'a str), Receives> {
    let mut found: BTreeMap<(Timestamp, &str), Receives> = BTreeMap::new();
    let Some(begin) = facts.first() else {
        return found;
    };
    let mut first: HashMap<(Sym, Sym), (u16, &Delivery)> = HashMap::new();
    for delivery in deliveries
        .iter()
        .filter(|delivery| is_queue(delivery.source))
    {
        if delivery.sent_at.get().is_none_or(|sent| sent < begin) {
            continue;
        }
        let receive = (delivery.receive_count.unwrap_or(1), delivery);
        let known = first
            .entry((delivery.consumer, delivery.identity))
            .or_insert(receive);
        if receive.0 < known.0 {
            *known = receive;
        }
    }
    first.retain(|_, (count, _)| *count > 1);
    if first.is_empty() {
        return found;
    }
    let seen = well_seen(facts, assembled, deliveries);
    let mut late: Vec<(u16, &Delivery)> = first.into_values().collect();
    late.sort_by_key(|(_, delivery)| (delivery.at, delivery.invocation, delivery.line));
    for (count, delivery) in late {
        if !seen.contains(&delivery.consumer) {
            continue;
        }
        let cell = (delivery.at.minute(), facts.text(delivery.consumer));
        let receives = found.entry(cell).or_insert_with(|| Receives {
            count: 0,
            evidence: Evidence::Line {
                request_id: Some(assembled.invocations[delivery.invocation as usize].request_id),
                line: delivery.line,
            },
        });
        receives.count += u64::from(count - 1);
    }
    found
}

/// Consumers whose figures are whole: their runs are in the logs, and their events' ids in the runs.
fn well_seen(facts: &Facts, assembled: &Assembled, deliveries: &[Delivery]) -> Vec<Sym> {
    let covered = coverage::by_function(facts, assembled);
    let mut named: Vec<u32> = deliveries
        .iter()
        .map(|delivery| delivery.invocation)
        .collect();
    named.sort_unstable();
    named.dedup();
    let mut runs: HashMap<Sym, (u64, u64)> = HashMap::new();
    for (at, run) in (0u32..).zip(&assembled.invocations) {
        let tally = runs.entry(run.function).or_default();
        tally.0 += 1;
        tally.1 += u64::from(named.binary_search(&at).is_ok());
    }
    let whole = |share: Option<f64>| share.is_some_and(|share| share >= coverage::WHOLE);
    (runs.into_iter())
        .filter(|(_, (all, named))| whole(Some(*named as f64 / *all as f64)))
        .filter(|(function, _)| whole(covered.get(function).and_then(|it| it.share())))
        .map(|(function, _)| function)
        .collect()
}
