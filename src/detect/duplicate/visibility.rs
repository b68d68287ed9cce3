//! How long a queue hides a message that is being worked on. No line says it; the gaps between deliveries do.

use hashbrown::HashMap;

use super::identity::Identities;
use crate::detect::seen::{DeliveryIndex, Outcome, Seen, is_queue};
use crate::model::symbols::Sym;

/// A poller takes a message up to this long after it became visible.
const PICKUP_MS: i64 = 1_000;

/// The visibility timeout of each (consumer, queue), as far as its redeliveries tell.
#[derive(Default)]
pub(super) struct Visibility {
    ms: HashMap<(Sym, Option<Sym>), i64>,
}

impl Visibility {
    /// A message that its run did not finish comes back when the timeout ends: the median of such gaps is the timeout,
    /// and a moment for the poller.
    pub(super) fn learn(seen: &Seen<'_>, identities: &Identities) -> Self {
        let mut gaps: HashMap<(Sym, Option<Sym>), Vec<i64>> = HashMap::new();
        for (first, repeat) in identities.pairs() {
            let (before, now) = (seen.delivery(first), seen.delivery(repeat));
            if !is_queue(now.source) || before.invocation == now.invocation {
                continue;
            }
            let unfinished = matches!(seen.outcome(first), Outcome::Failed | Outcome::Cut)
                || seen.overlap(before.invocation, now.invocation);
            if unfinished {
                gaps.entry(queue(seen, first))
                    .or_default()
                    .push(now.at.since(before.at));
            }
        }
        let median = |mut gaps: Vec<i64>| {
            gaps.sort_unstable();
            gaps[gaps.len() / 2]
        };
        Self {
            ms: gaps
                .into_iter()
                .map(|(queue, gaps)| (queue, median(gaps)))
                .collect(),
        }
    }

    /// Whether a run of `ms` on this delivery outlasted the timeout.
    pub(super) fn outlasted(&self, seen: &Seen<'_>, delivery: DeliveryIndex, ms: i64) -> bool {
        self.of(seen, delivery)
            .is_some_and(|timeout| ms + PICKUP_MS > timeout)
    }

    /// Whether the message was gone for just the timeout when it came back after `ms`.
    pub(super) fn ends_after(&self, seen: &Seen<'_>, delivery: DeliveryIndex, ms: i64) -> bool {
        self.of(seen, delivery)
            .is_some_and(|timeout| (ms - timeout).abs() <= PICKUP_MS)
    }

    fn of(&self, seen: &Seen<'_>, delivery: DeliveryIndex) -> Option<i64> {
        self.ms.get(&queue(seen, delivery)).copied()
    }
}

fn queue(seen: &Seen<'_>, delivery: DeliveryIndex) -> (Sym, Option<Sym>) {
    let resource = seen.item(delivery).and_then(|item| item.resource);
    (seen.delivery(delivery).consumer, resource)
}
