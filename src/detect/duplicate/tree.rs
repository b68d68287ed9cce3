//! The decision tree: why an event came again.

use super::comeback::Comebacks;
use crate::detect::seen::{DeliveryIndex, Outcome, Seen, is_queue, is_stream};
use crate::model::fact::EventSource;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::DuplicateClass;

/// Lambda waits 1 minute before the second run of an asynchronous event and 2 before the third; about this much off.
const ASYNC_WAITS_MS: [(i64, i64); 2] = [(60_000, 30_000), (120_000, 45_000)];

/// Class of another run of one asynchronous event.
pub(super) fn of_attempt(seen: &Seen<'_>, first: u32, repeat: u32) -> DuplicateClass {
    if seen.overlap(first, repeat) {
        return DuplicateClass::Overlap;
    }
    let waited = seen
        .invocation(repeat)
        .start
        .since(seen.invocation(first).end);
    let as_retries_do = ASYNC_WAITS_MS
        .iter()
        .any(|(wait, off)| (waited - wait).abs() <= *off);
    match seen.outcome_of(first) {
        Outcome::Failed | Outcome::Cut => DuplicateClass::AsyncRetry,
        Outcome::Unknown if as_retries_do => DuplicateClass::AsyncRetry,
        Outcome::Unknown => DuplicateClass::RedeliveryUnknown,
        Outcome::Done if as_retries_do && seen.doubtful(first) => DuplicateClass::AsyncRetry,
        Outcome::Done => DuplicateClass::ProviderRedelivery,
    }
}

/// Class of another delivery under the same id; `None` if it is no repeat.
pub(super) fn of_redelivery(
    seen: &Seen<'_>,
    first: DeliveryIndex,
    repeat: DeliveryIndex,
    comebacks: &Comebacks,
) -> Option<DuplicateClass> {
    let (before, now) = (seen.delivery(first), seen.delivery(repeat));
    if before.invocation == now.invocation {
        return Some(DuplicateClass::InBatchDup);
    }
    if seen.run(first).request_id == seen.run(repeat).request_id {
        return None;
    }
    let (old, new) = (seen.delivery(first), seen.delivery(repeat));
    let received_again = new.receive_count > old.receive_count;
    if seen.same_execution(before.invocation, now.invocation) {
        // The handler starts over and logs the same payload: only a new receive is another delivery.
        return received_again.then_some(DuplicateClass::DurableReplay);
    }
    if now.source == EventSource::Stepfunctions {
        return received_again.then_some(DuplicateClass::SfnRetry);
    }
    if new.replay {
        return Some(DuplicateClass::OperatorReplay);
    }
    if now.source == EventSource::Configured && sent_apart(seen, before.invocation, now.invocation)
    {
        return Some(DuplicateClass::ProducerDup);
    }
    if seen.overlap(before.invocation, now.invocation) {
        return Some(DuplicateClass::Overlap);
    }
    // An event that the idempotency check recognises had been finished.
    let usual = || !seen.idempotent(now.invocation) && comebacks.usual(seen, first, repeat);
    Some(match seen.outcome(first) {
        Outcome::Failed | Outcome::Cut => after_failure(seen, first, repeat),
        Outcome::Unknown if usual() && seen.over(before.invocation, now.at) => {
            DuplicateClass::RetryExpected
        }
        // A configured id is the producer's: whatever became of the first, it was sent again.
        Outcome::Unknown if now.source == EventSource::Configured => DuplicateClass::ProducerDup,
        Outcome::Unknown => DuplicateClass::RedeliveryUnknown,
        Outcome::Done if usual() && seen.doubtful(before.invocation) => {
            DuplicateClass::RetryExpected
        }
        Outcome::Done => after_success(seen, first, comebacks),
    })
}

/// Both runs received something that AWS gave an id, and nothing in common: what a configured id calls one event was sent
/// twice, whether or not the runs met.
fn sent_apart(seen: &Seen<'_>, first: InvocationIndex, repeat: InvocationIndex) -> bool {
    let ids = |run| {
        let received = seen.received(run).map(|at| seen.delivery(at));
        received
            .filter(|delivery| delivery.source != EventSource::Configured)
            .map(|delivery| (delivery.source, delivery.identity))
            .collect::<Vec<_>>()
    };
    let (before, now) = (ids(first), ids(repeat));
    !before.is_empty() && !now.is_empty() && !now.iter().any(|id| before.contains(id))
}

/// All of a batch comes again when it fails whole: an item that the idempotency check then recognises had succeeded.
fn after_failure(seen: &Seen<'_>, first: DeliveryIndex, repeat: DeliveryIndex) -> DuplicateClass {
    let failed_whole = seen.outcome_of(seen.delivery(first).invocation) != Outcome::Done;
    let recognised = seen.idempotent(seen.delivery(repeat).invocation);
    let in_a_batch = seen.received(seen.delivery(first).invocation).len() > 1;
    if failed_whole && recognised && in_a_batch {
        DuplicateClass::BatchCollateral
    } else {
        DuplicateClass::RetryExpected
    }
}

fn after_success(seen: &Seen<'_>, first: DeliveryIndex, comebacks: &Comebacks) -> DuplicateClass {
    let delivery = seen.delivery(first);
    match delivery.source {
        source if is_stream(source) => DuplicateClass::CheckpointReplay,
        EventSource::Configured => DuplicateClass::ProducerDup,
        source if is_queue(source) && comebacks.outlasted(seen, first) => {
            DuplicateClass::VisibilityExpired
        }
        _ => DuplicateClass::ProviderRedelivery,
    }
}
