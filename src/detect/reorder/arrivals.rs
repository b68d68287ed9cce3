//! Which deliveries have an order among themselves: one domain per (consumer, source, resource), in it one list per key.

use std::collections::BTreeMap;
use std::hash::BuildHasher as _;

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashSet, HashTable};

use super::clock::Clocks;
use super::measures::{self, Overtaken};
use super::progress::{self, Collision};
use super::verdict;
use crate::detect::seen::{DeliveryIndex, Seen};
use crate::detect::sequence::Sequence;
use crate::model::delivery::Delivery;
use crate::model::fact::EventSource;
use crate::model::facts::Facts;
use crate::model::rows::{OrderDomain, Reordered, Verdict};
use crate::model::symbols::Sym;

/// An arrival that so many before it overtook is no mere swap of neighbours.
const THREE: usize = 3;

/// (consumer, source, resource)
type Place = (Sym, EventSource, Option<Sym>);

/// What a delivery is ordered by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// The whole queue.
    Queue,
    Named(Sym),
    /// One partition key of a shard.
    Partition(Sym, u32),
}

/// Every delivery that has an order, grouped by place, then key, each group in order of start.
pub(super) struct Arrivals {
    /// They may be many: what each is ordered by is looked up where it is compared.
    ordered: Vec<DeliveryIndex>,
    parallel: HashSet<(Sym, Sym)>,
}

impl Arrivals {
    pub(super) fn new(seen: &Seen<'_>) -> Self {
        let parallel = parallel(seen.facts);
        let key = |at| key(seen.delivery(at), &parallel);
        let mut ordered: Vec<_> = (0..seen.deliveries.len() as u32).collect();
        ordered.retain(|&at| key(at).is_some());
        ordered.sort_unstable_by_key(|&at| (place(seen, at), key(at), at));
        Self { ordered, parallel }
    }

    /// The rows and the figures of every place, and what went wrong beside the rows.
    pub(super) fn judge(&self, seen: &Seen<'_>, clocks: &Clocks) -> Judged {
        let mut judged = Judged::default();
        let key = |at| key(seen.delivery(at), &self.parallel);
        let by_place = self
            .ordered
            .chunk_by(|&a, &b| place(seen, a) == place(seen, b));
        for arrivals in by_place {
            let (consumer, source, resource) = place(seen, arrivals[0]);
            let mut domain = OrderDomain::new(consumer, source, resource);
            let mut displaced = BTreeMap::new();
            for arrivals in arrivals.chunk_by(|&a, &b| key(a) == key(b)) {
                let strip = Strip::of(seen, source, arrivals);
                strip.judge(seen, clocks, &mut domain, &mut judged);
                for (by, count) in measures::displacements(&strip.sequences) {
                    *displaced.entry(by).or_default() += count;
                }
            }
            domain.entropy = measures::entropy(&displaced);
            judged.domains.push(domain);
        }
        let text = |sym| seen.facts.text(sym);
        judged.overtaken.sort_by_cached_key(|(row, _)| {
            let names = (text(row.consumer), text(row.key), text(row.identity));
            (row.at, names, row.request_id)
        });
        judged.domains.sort_by_cached_key(|domain| {
            let resource = seen.facts.text_of(domain.resource);
            (text(domain.consumer), domain.source, resource)
        });
        judged
    }
}

/// All that is said of order.
#[derive(Default)]
pub(super) struct Judged {
    /// Each with the delivery that was overtaken and the one that overtook it.
    pub(super) overtaken: Vec<(Reordered, Collision)>,
    pub(super) domains: Vec<OrderDomain>,
    pub(super) collisions: Collisions,
}

/// Pairs of deliveries that got in each other's way.
#[derive(Default)]
pub struct Collisions {
    /// In the order of the rows.
    pub(super) overtaken: Vec<(Verdict, Collision)>,
    pub(super) overlaps: Vec<Collision>,
    pub(super) stale_applies: Vec<Collision>,
    pub(super) holes: Vec<Collision>,
}

/// Kinesis streams of which a function runs several batches of a shard at once, by its configuration.
fn parallel(facts: &Facts) -> HashSet<(Sym, Sym)> {
    let mut parallel = HashSet::new();
    for (function, config) in &facts.functions {
        for mapping in config.event_sources.iter().flatten() {
            let stream = facts.text(mapping.source).strip_prefix("kinesis:");
            let stream = stream.and_then(|name| facts.symbols.lookup(name));
            if mapping.parallelization.is_some_and(|batches| batches > 1) {
                parallel.extend(stream.map(|stream| (*function, stream)));
            }
        }
    }
    parallel
}

fn place(seen: &Seen<'_>, at: DeliveryIndex) -> Place {
    let delivery = seen.delivery(at);
    (delivery.consumer, delivery.source, delivery.resource)
}

/// What the item is ordered by; `None` if it has no order. A standard queue sends in no order, whatever its message
/// groups are called: they are tenants there. Of streams in `parallel` only records of one partition key keep their order.
fn key(item: &Delivery, parallel: &HashSet<(Sym, Sym)>) -> Option<Key> {
    let is_parallel = |stream| parallel.contains(&(item.consumer, stream));
    match item.source {
        EventSource::Sqs => item.sent_at.get().map(|_| Key::Queue),
        EventSource::Kinesis if item.resource.is_some_and(is_parallel) => {
            item.sequence?;
            Some(Key::Partition(item.order_key?, item.partition.get()?))
        }
        _ => item.sequence.and(item.order_key).map(Key::Named),
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
    pub(super) fn of(seen: &Seen<'a>, source: EventSource, deliveries: &[DeliveryIndex]) -> Self {
        let mut strip = Self {
            source,
            arrivals: Vec::with_capacity(deliveries.len()),
            sequences: Vec::with_capacity(deliveries.len()),
            repeating: HashSet::new(),
        };
        // Their numbers among the arrivals: sequences are long.
        let mut known: HashTable<u32> = HashTable::with_capacity(deliveries.len());
        let hasher = DefaultHashBuilder::default();
        for &at in deliveries {
            let Some(sequence) = sequence(seen, at) else {
                continue;
            };
            let of = |known: u32| {
                (
                    strip.sequences[known as usize],
                    mark(seen, strip.arrivals[known as usize]),
                )
            };
            let this = (sequence, mark(seen, at));
            let place = known.entry(
                hasher.hash_one(this),
                |&known| of(known) == this,
                |&known| hasher.hash_one(of(known)),
            );
            if let Entry::Vacant(place) = place {
                place.insert(strip.arrivals.len() as u32);
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
        judged: &mut Judged,
    ) {
        domain.keys += 1;
        domain.arrivals += self.arrivals.len() as u64;
        for (at, overtaken) in measures::overtaken(&self.sequences).into_iter().enumerate() {
            let Some(overtaken) = overtaken else {
                continue;
            };
            domain.reordered += 1;
            domain.three_reordered +=
                u64::from(measures::n_reordering(&self.sequences, at) >= THREE);
            if self.source != EventSource::Sqs {
                let collision = (self.arrivals[at], self.arrivals[overtaken.by as usize]);
                let row = self.row(seen, clocks, collision, overtaken);
                judged.overtaken.extend(row.map(|row| (row, collision)));
            }
        }
        if self.source == EventSource::Sqs {
            return;
        }
        let stale_applies = progress::stale_applies(seen, clocks, self);
        domain.stale_applies += stale_applies.len() as u64;
        judged.collisions.stale_applies.extend(stale_applies);
        if verdict::is_strict(self.source) {
            let overlaps = progress::overlaps(seen, clocks, self);
            domain.overlaps += overlaps.len() as u64;
            judged.collisions.overlaps.extend(overlaps);
        }
        if self.is_dense(seen) {
            let holes = progress::holes(self);
            domain.gaps += holes.len() as u64;
            judged.collisions.holes.extend(holes);
        }
    }

    fn row(
        &self,
        seen: &Seen<'_>,
        clocks: &Clocks,
        (late, by): Collision,
        overtaken: Overtaken,
    ) -> Option<Reordered> {
        let delivery = seen.delivery(late);
        let retried = delivery.receive_count.is_some_and(|count| count > 1)
            || self.repeating.contains(&delivery.invocation);
        Some(Reordered {
            consumer: delivery.consumer,
            source: delivery.source,
            key: delivery.order_key?,
            sequence: delivery.sequence?,
            identity: delivery.identity,
            invocation: delivery.invocation,
            request_id: seen.run(late).request_id,
            at: delivery.at,
            extent: overtaken.extent,
            late_ms: delivery.at.since(seen.delivery(by).at) as f64,
            verdict: verdict::of(seen, clocks, late, by, retried),
            overtaken_by: seen.delivery(by).invocation,
        })
    }

    fn is_dense(&self, seen: &Seen<'_>) -> bool {
        let first = self.arrivals.first().map(|&at| seen.delivery(at));
        first.is_some_and(|item| item.dense)
    }
}

/// The sequence of a delivery.
fn sequence<'a>(seen: &Seen<'a>, at: DeliveryIndex) -> Option<Sequence<'a>> {
    let item = seen.delivery(at);
    if item.source == EventSource::Sqs {
        return item.sent_at.get().map(Sequence::Moment);
    }
    let text = seen.facts.text(item.sequence?);
    Some(Sequence::read(item.source, text))
}

/// What tells two of one sequence apart: messages of a standard queue are ordered by when they were sent, which several share.
fn mark(seen: &Seen<'_>, at: DeliveryIndex) -> Option<Sym> {
    let item = seen.delivery(at);
    (item.source == EventSource::Sqs).then_some(item.identity)
}
