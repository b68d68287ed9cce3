//! Whether an overtaking breaks a promise of its source.

use super::clock::Clocks;
use crate::detect::seen::{DeliveryIndex, Seen};
use crate::model::fact::EventSource;
use crate::model::rows::Verdict;

/// Two batches of one group or shard cannot be in progress at once. Where they seem to be, by no more than clocks
/// disagree in practice, it is the clocks.
const CLOCKS_DISAGREE_MS: i64 = 120;

/// Verdict on `late`, which started after `by`, of a larger sequence.
pub(super) fn of(
    seen: &Seen<'_>,
    clocks: &Clocks,
    late: DeliveryIndex,
    by: DeliveryIndex,
    retried: bool,
) -> Verdict {
    let source = seen.delivery(late).source;
    if !surely_overtaken(seen, clocks, late, by) {
        Verdict::Uncertain
    } else if !is_strict(source) {
        Verdict::BestEffort
    } else if retried {
        Verdict::RetryInduced
    } else {
        Verdict::Violation
    }
}

/// Whether the source promises order. A configured key is promised by whoever configured it.
pub(super) fn is_strict(source: EventSource) -> bool {
    is_serial(source) || source == EventSource::Configured
}

/// Sources that hold back the rest of a key while some of it is in progress.
pub(super) fn is_serial(source: EventSource) -> bool {
    use EventSource::{Dynamodb, Kafka, Kinesis, SnsFifo, SqsFifo};
    matches!(source, Dynamodb | Kafka | Kinesis | SnsFifo | SqsFifo)
}

/// Not so if the two started closer than clocks tell.
fn surely_overtaken(
    seen: &Seen<'_>,
    clocks: &Clocks,
    late: DeliveryIndex,
    by: DeliveryIndex,
) -> bool {
    let (run, overtaker) = (seen.run(late), seen.run(by));
    let apart = run.start.since(overtaker.start);
    let both_running = run.start < overtaker.end && !overtaker.end_estimated;
    let only_clocks = run.stream() != overtaker.stream()
        && is_serial(seen.delivery(late).source)
        && both_running
        && apart <= CLOCKS_DISAGREE_MS;
    let (here, there) = (
        (run.stream(), run.start),
        (overtaker.stream(), overtaker.start),
    );
    !only_clocks && clocks.surely_after(here, there)
}
