//! Which deliveries have an order among themselves: one domain per (consumer, source, resource), in it one list per key.

use hashbrown::HashSet;

use super::clock::Clocks;
use super::measures::{self, Overtaken};
use super::progress;
use super::verdict;
use crate::detect::seen::{DeliveryIndex, Seen};
use crate::detect::sequence::Sequence;
use crate::model::fact::{EventSource, Item};
use crate::model::rows::{OrderDomain, Reordered};
use crate::model::symbols::Sym;

/// (consumer, source, resource)
type Place = (Sym, EventSource, Option<Sym>);

/// Every delivery that has an order, grouped by place, then key, each group in order of start.
pub(super) struct Arrivals {
    ordered: Vec<(Place, Option<Sym>, DeliveryIndex)>,
}

impl Arrivals {
    pub(super) fn new(seen: &Seen<'_>) -> Self {
        let mut ordered: Vec<_> = (0..seen.deliveries.len() as u32)
            .filter_map(|at| {
                let delivery = seen.delivery(at);
                let item = seen.item(at)?;
                let place = (delivery.consumer, delivery.source, item.resource);
                Some((place, key(item)?, at))
            })
            .collect();
        ordered.sort_unstable();
        Self { ordered }
    }

    /// The rows and the figures of every place.
    pub(super) fn judge(
        &self,
        seen: &Seen<'_>,
        clocks: &Clocks,
    ) -> (Vec<Reordered>, Vec<OrderDomain>) {
        let (mut rows, mut domains) = (Vec::new(), Vec::new());
        for place in self.ordered.chunk_by(|a, b| a.0 == b.0) {
            let (consumer, source, resource) = place[0].0;
            let mut domain = OrderDomain::new(consumer, source, resource);
            for key in place.chunk_by(|a, b| a.1 == b.1) {
                let strip = Strip::of(seen, source, key.iter().map(|entry| entry.2));
                strip.judge(seen, clocks, &mut domain, &mut rows);
            }
            domains.push(domain);
        }
        let text = |sym| seen.facts.text(sym);
        rows.sort_by_cached_key(|row: &Reordered| {
            let names = (text(row.consumer), text(row.key), text(row.identity));
            (row.at, names, row.request_id)
        });
        domains.sort_by_cached_key(|domain| {
            (
                text(domain.consumer),
                domain.source,
                seen.facts.text_of(domain.resource),
            )
        });
        (rows, domains)
    }
}

/// What the item is ordered by; `None` if it has no order. A standard queue sends in no order, whatever its message
/// groups are called: they are tenants there.
fn key(item: &Item) -> Option<Option<Sym>> {
    match item.source {
        EventSource::Sqs => item.sent_at.map(|_| None),
        _ => item.sequence.and(item.order_key).map(Some),
    }
}

/// The arrivals of one key in order of start, each sequence once.
pub(super) struct Strip<'a> {
    pub(super) source: EventSource,
    pub(super) arrivals: Vec<DeliveryIndex>,
    pub(super) sequences: Vec<Sequence<'a>>,
    /// Runs that held a copy of something that had come before.
    repeating: HashSet<u32>,
}

impl<'a> Strip<'a> {
    fn of(
        seen: &Seen<'a>,
        source: EventSource,
        deliveries: impl Iterator<Item = DeliveryIndex>,
    ) -> Self {
        let mut strip = Self {
            source,
            arrivals: Vec::new(),
            sequences: Vec::new(),
            repeating: HashSet::new(),
        };
        let mut known = HashSet::new();
        for at in deliveries {
            let Some((sequence, mark)) = sequence(seen, at) else {
                continue;
            };
            if known.insert((sequence, mark)) {
                strip.arrivals.push(at);
                strip.sequences.push(sequence);
            } else {
                strip.repeating.insert(seen.delivery(at).invocation);
            }
        }
        strip
    }

    fn judge(
        &self,
        seen: &Seen<'_>,
        clocks: &Clocks,
        domain: &mut OrderDomain,
        rows: &mut Vec<Reordered>,
    ) {
        domain.keys += 1;
        domain.arrivals += self.arrivals.len() as u64;
        for (at, overtaken) in measures::overtaken(&self.sequences).into_iter().enumerate() {
            let Some(overtaken) = overtaken else {
                continue;
            };
            domain.reordered += 1;
            if self.source != EventSource::Sqs {
                rows.extend(self.row(seen, clocks, at, overtaken));
            }
        }
        if verdict::is_strict(self.source) {
            domain.overlaps += progress::overlaps(seen, clocks, self);
        }
        if self.source != EventSource::Sqs {
            domain.stale_applies += progress::stale_applies(seen, clocks, self);
        }
        if self.is_dense(seen) {
            domain.gaps += progress::gaps(&self.sequences);
        }
    }

    fn row(
        &self,
        seen: &Seen<'_>,
        clocks: &Clocks,
        at: usize,
        overtaken: Overtaken,
    ) -> Option<Reordered> {
        let (late, by) = (self.arrivals[at], self.arrivals[overtaken.by as usize]);
        let (delivery, overtaker) = (seen.delivery(late), seen.delivery(by));
        let item = seen.item(late)?;
        let retried = item.receive_count.is_some_and(|count| count > 1)
            || self.repeating.contains(&delivery.invocation);
        Some(Reordered {
            consumer: delivery.consumer,
            source: delivery.source,
            key: item.order_key?,
            sequence: item.sequence?,
            identity: delivery.identity,
            invocation: delivery.invocation,
            request_id: seen.run(late).request_id,
            at: delivery.at,
            extent: overtaken.extent,
            late_ms: delivery.at.since(overtaker.at) as f64,
            verdict: verdict::of(seen, clocks, late, by, retried),
            overtaken_by: overtaker.invocation,
        })
    }

    fn is_dense(&self, seen: &Seen<'_>) -> bool {
        let first = self.arrivals.first().and_then(|&at| seen.item(at));
        first.is_some_and(|item| item.dense)
    }
}

/// The sequence of a delivery, and what tells two of one sequence apart: messages of a standard queue are ordered by
/// when they were sent, which several share.
fn sequence<'a>(seen: &Seen<'a>, at: DeliveryIndex) -> Option<(Sequence<'a>, Option<Sym>)> {
    let item = seen.item(at)?;
    if item.source == EventSource::Sqs {
        return Some((Sequence::Moment(item.sent_at?), Some(item.identity)));
    }
    let text = seen.facts.text(item.sequence?);
    Some((Sequence::read(item.source, text), None))
}
