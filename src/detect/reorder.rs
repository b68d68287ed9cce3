//! Disorder: which event was overtaken by a later one of its key, and whether that should have been impossible.
//!
//! Judged by the events' own times over everything that is remembered: lateness of logs is no disorder.

pub use ends::{End, ends};
pub use finding::Disorder;

use super::seen::Seen;
use crate::model::rows::{OrderDomain, Reordered};

mod arrivals;
mod clock;
mod ends;
mod finding;
pub mod measures;
mod progress;
mod verdict;
mod words;

use arrivals::Arrivals;
pub use arrivals::Collisions;
use clock::Clocks;

/// Arrivals that were overtaken (RFC 4737) on the first copies of each key, in order of START, ties by place in the batch;
/// sorted by (start, consumer, key). Beside them one domain per (consumer, source, resource), sorted so.
///
/// Later copies are never a violation. A standard queue keeps no order: its overtakings are counted in its domain and make
/// no rows. And what collided, for the findings.
pub fn reordered(seen: &Seen<'_>) -> (Vec<Reordered>, Vec<OrderDomain>, Collisions) {
    let clocks = Clocks::measure(seen.facts, seen.assembled);
    let mut judged = Arrivals::new(seen).judge(seen, &clocks);
    let told = judged.overtaken.iter();
    judged.collisions.overtaken = told.map(|(row, pair)| (row.verdict, *pair)).collect();
    let rows = judged.overtaken.into_iter().map(|(row, _)| row);
    (rows.collect(), judged.domains, judged.collisions)
}
