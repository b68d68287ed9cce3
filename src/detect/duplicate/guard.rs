//! What is alike by nature: health checks with one body, configured keys that are not unique to one event.

use hashbrown::{HashMap, HashSet};

use super::identity::Identities;
use crate::detect::seen::{DeliveryIndex, Outcome, Seen};
use crate::model::fact::EventSource;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

const HOUR_MS: i64 = 3_600_000;

/// A body seen this often in an hour is a heartbeat, not a message sent again.
const HEARTBEATS_PER_HOUR: usize = 100;

/// A key is no event id if one value comes again more often than this in an hour …
const REPEATS_PER_HOUR: usize = 50;

/// … or if more than this share of all messages is a repeat, once there are enough to tell.
const REPEATED_SHARE: f64 = 0.2;
const ENOUGH_MESSAGES: usize = 20;

/// Whether `times`, in order, hold as many copies within an hour as only a heartbeat has.
pub(super) fn heartbeat(times: &[Timestamp]) -> bool {
    crowded(times, HEARTBEATS_PER_HOUR)
}

/// Whether any hour holds at least `count` of the moments.
fn crowded(times: &[Timestamp], count: usize) -> bool {
    times
        .windows(count)
        .any(|hour| hour[count - 1].since(hour[0]) < HOUR_MS)
}

/// Consumers whose configured event id does not tell events apart.
pub(super) fn unusable_keys(seen: &Seen<'_>, identities: &Identities) -> HashSet<Sym> {
    let mut counts: HashMap<Sym, (usize, usize)> = HashMap::new();
    let mut unusable = HashSet::new();
    for at in 0..identities.len() {
        let group = identities.group(at);
        let delivery = seen.delivery(group[0]);
        if delivery.source != EventSource::Configured {
            continue;
        }
        let repeats = unexpected(seen, group);
        let (messages, repeated) = counts.entry(delivery.consumer).or_default();
        *messages += group.len();
        *repeated += repeats.len();
        if crowded(&repeats, REPEATS_PER_HOUR + 1) {
            unusable.insert(delivery.consumer);
        }
    }
    unusable.extend(
        counts
            .into_iter()
            .filter_map(|(consumer, (messages, repeated))| {
                let share = repeated as f64 / messages as f64;
                (messages >= ENOUGH_MESSAGES && share > REPEATED_SHARE).then_some(consumer)
            }),
    );
    unusable
}

/// When the value came again, other than after a failure, which explains it.
fn unexpected(seen: &Seen<'_>, group: &[DeliveryIndex]) -> Vec<Timestamp> {
    group
        .windows(2)
        .filter(|pair| {
            !matches!(seen.outcome(pair[0]), Outcome::Failed | Outcome::Cut)
                && seen.run(pair[0]).request_id != seen.run(pair[1]).request_id
        })
        .map(|pair| seen.delivery(pair[1]).at)
        .collect()
}
