//! How soon an event comes back after a run that did not finish it. No line says a queue's visibility timeout or a
//! stream's back-off; the gaps after known failures do.

use hashbrown::HashMap;

use super::identity::Identities;
use crate::detect::seen::{DeliveryIndex, Outcome, Seen, is_queue};
use crate::model::symbols::Sym;

/// A poller takes a message up to this long after it became visible.
const PICKUP_MS: i64 = 1_000;

/// Nothing comes back sooner than its timeout lets it, but for what two clocks differ.
const SOONER_MS: i64 = 150;

/// It may come back later than known so far by this part of the gap.
const LATER: i64 = 10;

/// The usual gaps of each (consumer, queue or stream).
pub(super) struct Comebacks {
    /// In order, never empty.
    gaps: HashMap<(Sym, Option<Sym>), Vec<i64>>,
}

impl Comebacks {
    pub(super) fn learn(seen: &Seen<'_>, identities: &Identities) -> Self {
        let mut gaps: HashMap<(Sym, Option<Sym>), Vec<i64>> = HashMap::new();
        for (first, repeat) in identities.pairs() {
            let runs = [first, repeat].map(|at| seen.delivery(at).invocation);
            if runs[0] == runs[1] || !is_next(seen, first, repeat) {
                continue;
            }
            let failed = matches!(seen.outcome(first), Outcome::Failed | Outcome::Cut);
            if failed || seen.overlap(runs[0], runs[1]) {
                let gap = gap(seen, first, repeat);
                gaps.entry(place(seen, first)).or_default().push(gap);
            }
        }
        gaps.values_mut().for_each(|gaps| gaps.sort_unstable());
        Self { gaps }
    }

    /// Whether the run of a message outlasted its queue's visibility timeout: the middle of the usual gaps is the timeout
    /// and a moment for the poller.
    pub(super) fn outlasted(&self, seen: &Seen<'_>, delivery: DeliveryIndex) -> bool {
        let run = seen.run(delivery);
        let timeout = self
            .gaps
            .get(&place(seen, delivery))
            .map(|gaps| gaps[gaps.len() / 2]);
        timeout.is_some_and(|timeout| run.end.since(run.start) + PICKUP_MS > timeout)
    }

    /// Whether the event came back just as it does after a failure.
    pub(super) fn usual(
        &self,
        seen: &Seen<'_>,
        first: DeliveryIndex,
        repeat: DeliveryIndex,
    ) -> bool {
        let gap = gap(seen, first, repeat);
        let later = (gap / LATER).min(PICKUP_MS);
        self.gaps.get(&place(seen, first)).is_some_and(|known| {
            // The longest of the known gaps that are not too long.
            let fitting = known.partition_point(|&known| known <= gap + SOONER_MS);
            known[..fitting]
                .last()
                .is_some_and(|&known| gap - known <= later)
        })
    }
}

/// Whether the queue gave the message out at no time between the two, as far as it counted.
fn is_next(seen: &Seen<'_>, first: DeliveryIndex, repeat: DeliveryIndex) -> bool {
    let count = |at| seen.delivery(at).receive_count;
    count(first)
        .zip(count(repeat))
        .is_none_or(|(before, now)| now == before.saturating_add(1))
}

/// A queue hides a message from when it gives it out; a stream waits from when the run has failed.
fn gap(seen: &Seen<'_>, first: DeliveryIndex, repeat: DeliveryIndex) -> i64 {
    let run = seen.run(first);
    let from = if is_queue(seen.delivery(first).source) {
        run.start
    } else {
        run.end
    };
    seen.delivery(repeat).at.since(from)
}

fn place(seen: &Seen<'_>, delivery: DeliveryIndex) -> (Sym, Option<Sym>) {
    let resource = seen.delivery(delivery).resource;
    (seen.delivery(delivery).consumer, resource)
}
