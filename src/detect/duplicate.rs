//! Repeated deliveries: which event ran twice, why, and whether it did harm.
//!
//! [`identity`] and [`content`] find which delivery repeats which, [`tree`] names the cause, [`harm`] the damage, and
//! [`guard`] keeps what is alike by nature from being called a repeat.

use crate::model::rows::Duplicate;

mod comeback;
mod content;
mod finding;
mod guard;
mod harm;
mod identity;
mod origin;
mod tree;
mod words;

pub use finding::Duplicates;
pub(super) use finding::items;

use super::seen::Seen;
use comeback::Comebacks;
use identity::Identities;

/// One row per repeated delivery of one event to one consumer, against the delivery just before it. Sorted by
/// (start of the repeat, consumer, identity).
///
/// The same event at another function is fan-out, no repeat. An asynchronous event repeats as another run of its request
/// id, every other one under a request id of its own.
pub fn duplicates(seen: &Seen<'_>) -> Vec<Duplicate> {
    let identities = Identities::new(seen);
    let comebacks = Comebacks::learn(seen, &identities);
    let mut rows = identity::attempts(seen);
    rows.extend(identity::redeliveries(seen, &identities, &comebacks));
    let copies = content::copies(seen, &identities, &rows);
    rows.extend(copies);
    let configured = identity::configured(seen, &identities, &comebacks, &rows);
    rows.extend(configured);
    if seen.lines_missing() {
        harm::doubt(&mut rows);
    }
    rows.sort_by_cached_key(|row| {
        let names = (seen.facts.text(row.consumer), row.identity_text(seen.facts));
        let ends = (row.repeat.request_id, row.first.at, row.first.request_id);
        (row.repeat.at, names, ends)
    });
    rows
}
