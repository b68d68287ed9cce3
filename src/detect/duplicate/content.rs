//! Repeats under another id: the producer sent the same thing again.

use hashbrown::HashSet;

use super::guard;
use super::identity::{Identities, row};
use crate::detect::seen::{DeliveryIndex, Outcome, Seen, is_queue};
use crate::model::by_key::ByKey;
use crate::model::delivery::Delivery;
use crate::model::fact::EventSource;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{Duplicate, DuplicateClass};
use crate::model::symbols::Sym;

/// A FIFO queue drops a message with a known deduplication id for this long.
const FIFO_WINDOW_MS: i64 = 300_000;

/// Equal bodies further apart than this say nothing.
const BODY_HORIZON_MS: i64 = 3_600_000;

/// What makes two messages with different ids the same thing, strongest first.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Content {
    /// A send of its own inside the body: the topic's message, the bus's event.
    Inner(EventSource, Sym),
    /// Deduplication id within a message group.
    Deduplication(Option<Sym>, Sym),
    Body(u64),
}

type Kind = fn(&Delivery) -> Option<Content>;

const KINDS: [Kind; 3] = [
    |item| item.inner.map(|(source, id)| Content::Inner(source, id)),
    |item| {
        let id = item.deduplication_id?;
        Some(Content::Deduplication(item.order_key, id))
    },
    |item| {
        item.body
            .get()
            .filter(|_| !item.scheduled)
            .map(Content::Body)
    },
];

/// First deliveries of an id whose content the same consumer had received before from the same place. `known` are the
/// repeats by id: they tell which senders were running again.
pub(super) fn copies(
    seen: &Seen<'_>,
    identities: &Identities,
    known: &[Duplicate],
) -> Vec<Duplicate> {
    let retries = retries(known);
    let mut found = HashSet::new();
    let mut rows = Vec::new();
    for kind in KINDS {
        for (content, groups) in alike(seen, identities, kind) {
            for copy in in_order(identities, &groups) {
                if found.contains(&copy.repeat) {
                    continue;
                }
                if let Some(class) = copy.class(seen, content, &retries) {
                    found.insert(copy.repeat);
                    rows.push(row(seen, copy.first, copy.repeat, class));
                }
            }
        }
    }
    rows
}

/// Runs that did again what an earlier run had failed to finish.
fn retries(known: &[Duplicate]) -> HashSet<InvocationIndex> {
    use DuplicateClass::{AsyncRetry, BatchCollateral, RetryExpected, SfnRetry};
    let again = [AsyncRetry, BatchCollateral, RetryExpected, SfnRetry];
    let rows = known.iter().filter(|row| again.contains(&row.class));
    rows.map(|row| row.repeat.invocation).collect()
}

/// Ids (by group) that carried one content from one place to one consumer, where there are several.
fn alike(
    seen: &Seen<'_>,
    identities: &Identities,
    kind: Kind,
) -> impl Iterator<Item = (Content, Vec<usize>)> {
    let first = |group: usize| identities.group(group)[0];
    let content = move |group: usize| kind(seen.delivery(first(group)));
    let key = move |group: u32| {
        let delivery = seen.delivery(first(group as usize));
        let content = content(group as usize).filter(|_| has_copies(delivery.source))?;
        let place = (delivery.consumer, delivery.source, delivery.resource);
        Some((place, content))
    };
    let starts = move |groups: &[usize]| {
        let mut starts: Vec<_> = groups
            .iter()
            .map(|&group| seen.delivery(first(group)).at)
            .collect();
        starts.sort_unstable();
        starts
    };
    let alike = ByKey::of(identities.len(), key);
    let several: Vec<Vec<usize>> = alike
        .iter()
        .filter(|groups| groups.clone().nth(1).is_some())
        .map(|groups| groups.map(|group| group as usize).collect())
        .collect();
    several.into_iter().filter_map(move |groups| {
        let content = content(groups[0])?;
        let body = matches!(content, Content::Body(_));
        (!body || !guard::heartbeat(&starts(&groups))).then_some((content, groups))
    })
}

/// Sources where a producer's second send of one thing gets an id of its own. Events elsewhere are alike by nature.
fn has_copies(source: EventSource) -> bool {
    is_queue(source) || source == EventSource::Kinesis
}

/// A first delivery of an id and the delivery of the same content just before it.
struct Copy<'a> {
    first: DeliveryIndex,
    repeat: DeliveryIndex,
    /// Every delivery of the earlier id.
    earlier: &'a [DeliveryIndex],
}

fn in_order<'a>(identities: &'a Identities, groups: &[usize]) -> impl Iterator<Item = Copy<'a>> {
    let deliveries = |&group: &usize| identities.group(group).iter().map(move |&at| (at, group));
    let mut merged: Vec<(DeliveryIndex, usize)> = groups.iter().flat_map(deliveries).collect();
    merged.sort_unstable();
    let copies: Vec<_> = merged
        .windows(2)
        .filter(|pair| identities.group(pair[1].1)[0] == pair[1].0)
        .map(|pair| Copy {
            first: pair[0].0,
            repeat: pair[1].0,
            earlier: identities.group(pair[0].1),
        })
        .collect();
    copies.into_iter()
}

impl Copy<'_> {
    fn class(
        &self,
        seen: &Seen<'_>,
        content: Content,
        retries: &HashSet<InvocationIndex>,
    ) -> Option<DuplicateClass> {
        let (before, now) = (seen.delivery(self.first), seen.delivery(self.repeat));
        if before.invocation == now.invocation {
            return Some(DuplicateClass::InBatchDup);
        }
        let item = seen.delivery(self.repeat);
        if self.redriven(seen, item) {
            return Some(DuplicateClass::DlqRedriveSuspect);
        }
        if item.replay {
            // Of the things inside a message only events of a bus can be replayed; else the message itself was moved back.
            return Some(match content {
                Content::Inner(EventSource::Eventbridge, _) => DuplicateClass::OperatorReplay,
                _ => DuplicateClass::DlqRedriveSuspect,
            });
        }
        let apart = self.sent_apart(seen, item);
        let fifo = matches!(content, Content::Deduplication(..));
        if fifo && apart > FIFO_WINDOW_MS {
            return Some(DuplicateClass::FifoWindowExceeded);
        }
        if matches!(content, Content::Body(_)) && apart > BODY_HORIZON_MS {
            return None;
        }
        let sent_again = seen
            .sender(item)
            .is_some_and(|run| seen.invocation(run).attempt > 1 || retries.contains(&run));
        Some(match content {
            _ if sent_again => DuplicateClass::ProducerRetry,
            Content::Inner(..) => DuplicateClass::ProviderRedelivery,
            Content::Deduplication(..) | Content::Body(_) => DuplicateClass::ProducerDup,
        })
    }

    /// The earlier id was received until it went to the dead-letter queue, each time in vain, and the same body was put
    /// into the queue again after that. A redrive gives a new id.
    fn redriven(&self, seen: &Seen<'_>, item: &Delivery) -> bool {
        if !is_queue(item.source) {
            return false;
        }
        // A message that came again after a run that looks fine may have been refused by it.
        let in_vain = |&at: &DeliveryIndex| {
            let refused = at != self.first && seen.doubtful(seen.delivery(at).invocation);
            seen.outcome(at) != Outcome::Done || refused
        };
        let failed =
            |&at: &DeliveryIndex| matches!(seen.outcome(at), Outcome::Failed | Outcome::Cut);
        let last = self.earlier.iter().map(|&at| seen.run(at).end).max();
        self.earlier.iter().all(in_vain)
            && self.earlier.iter().any(failed)
            && self.earlier.last() == Some(&self.first)
            && item
                .sent_at
                .get()
                .zip(last)
                .is_none_or(|(sent, last)| sent > last)
    }

    /// Milliseconds between the two sends, or between the two starts where a send is not stamped.
    fn sent_apart(&self, seen: &Seen<'_>, item: &Delivery) -> i64 {
        let earlier = seen.delivery(self.first).sent_at.get();
        let starts = || {
            seen.delivery(self.repeat)
                .at
                .since(seen.delivery(self.first).at)
        };
        item.sent_at
            .get()
            .zip(earlier)
            .map_or_else(starts, |(now, before)| now.since(before))
    }
}
