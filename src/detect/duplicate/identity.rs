//! Repeats under one id: another run of a request, another delivery of a message.

use hashbrown::HashSet;

use super::comeback::Comebacks;
use super::guard;
use super::harm::harm;
use super::tree;
use crate::detect::seen::{DeliveryIndex, Seen};
use crate::model::fact::EventSource;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{Duplicate, DuplicateClass};

/// Deliveries grouped by (consumer, source, id), each group in order of receive, then start.
pub(super) struct Identities {
    order: Vec<DeliveryIndex>,
    /// Where each group ends in `order`.
    ends: Vec<u32>,
}

impl Identities {
    pub(super) fn new(seen: &Seen<'_>) -> Self {
        let key = |at: DeliveryIndex| {
            let delivery = seen.delivery(at);
            (delivery.consumer, delivery.source, delivery.identity)
        };
        let mut order: Vec<DeliveryIndex> = (0..seen.deliveries.len() as u32)
            .filter(|&at| comes_again(seen.delivery(at).source))
            .collect();
        // Stable: within a group the order of deliveries, which is the order of start, stays.
        order.sort_by_key(|&at| key(at));
        for group in order.chunk_by_mut(|&a, &b| key(a) == key(b)) {
            // Where a queue counted its receives, that is the order even if a START line is missing.
            if group.len() > 1 {
                group.sort_by_key(|&at| (seen.delivery(at).receive_count, at));
            }
        }
        let mut end = 0;
        let ends = order
            .chunk_by(|&a, &b| key(a) == key(b))
            .map(|group| {
                end += group.len() as u32;
                end
            })
            .collect();
        Self { order, ends }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Deliveries of one id to one consumer, in order of start; never empty.
    pub(super) fn group(&self, at: usize) -> &[DeliveryIndex] {
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.order[start as usize..self.ends[at] as usize]
    }

    /// (delivery, the next one of the same id).
    pub(super) fn pairs(&self) -> impl Iterator<Item = (DeliveryIndex, DeliveryIndex)> {
        (0..self.len())
            .flat_map(|at| self.group(at).windows(2))
            .map(|pair| (pair[0], pair[1]))
    }
}

/// API Gateway gives each request once, and a payload without any id has nothing to be known by.
fn comes_again(source: EventSource) -> bool {
    !matches!(source, EventSource::Apigateway | EventSource::Payload)
}

/// Asynchronous events: another run of the same request id.
pub(super) fn attempts(seen: &Seen<'_>) -> Vec<Duplicate> {
    let runs = seen.assembled.by_request.repeated();
    let pairs = runs.flat_map(|runs| runs.windows(2));
    pairs
        .filter(|pair| {
            let [first, repeat] = [pair[0], pair[1]].map(|run| seen.invocation(run));
            // What only END or application lines show may be the same run.
            first.function == repeat.function && (first.counted || repeat.counted)
        })
        .map(|pair| {
            let (first, repeat) = (pair[0], pair[1]);
            let class = tree::of_attempt(seen, first, repeat);
            let outcomes = [first, repeat].map(|run| seen.outcome_of(run));
            Duplicate {
                consumer: seen.invocation(repeat).function,
                source: EventSource::LambdaAsync,
                identity: None,
                class,
                harm: harm(class, outcomes, seen.idempotent(repeat)),
                first: seen.end(first),
                repeat: seen.end(repeat),
            }
        })
        .collect()
}

/// Ids of AWS that were delivered again.
pub(super) fn redeliveries(
    seen: &Seen<'_>,
    identities: &Identities,
    comebacks: &Comebacks,
) -> Vec<Duplicate> {
    identities
        .pairs()
        .filter(|&(_, repeat)| seen.delivery(repeat).source != EventSource::Configured)
        .filter_map(|(first, repeat)| {
            let class = tree::of_redelivery(seen, first, repeat, comebacks)?;
            Some(row(seen, first, repeat, class))
        })
        .collect()
}

/// Configured ids that came again, where no id of AWS has told of that run already.
pub(super) fn configured(
    seen: &Seen<'_>,
    identities: &Identities,
    comebacks: &Comebacks,
    known: &[Duplicate],
) -> Vec<Duplicate> {
    let known: HashSet<InvocationIndex> = known.iter().map(|row| row.repeat.invocation).collect();
    let bad_keys = guard::unusable_keys(seen, identities);
    identities
        .pairs()
        .filter(|&(_, repeat)| {
            let delivery = seen.delivery(repeat);
            delivery.source == EventSource::Configured
                && !known.contains(&delivery.invocation)
                && !bad_keys.contains(&delivery.consumer)
        })
        .filter_map(|(first, repeat)| {
            let class = tree::of_redelivery(seen, first, repeat, comebacks)?;
            Some(row(seen, first, repeat, class))
        })
        .collect()
}

/// The row of one repeat.
pub(super) fn row(
    seen: &Seen<'_>,
    first: DeliveryIndex,
    repeat: DeliveryIndex,
    class: DuplicateClass,
) -> Duplicate {
    let delivery = seen.delivery(repeat);
    let outcomes = [first, repeat].map(|at| seen.outcome(at));
    Duplicate {
        consumer: delivery.consumer,
        source: delivery.source,
        identity: Some(delivery.identity),
        class,
        harm: harm(class, outcomes, seen.idempotent(delivery.invocation)),
        first: seen.end(seen.delivery(first).invocation),
        repeat: seen.end(delivery.invocation),
    }
}
