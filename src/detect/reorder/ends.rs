//! What became of each arrival of one key: applied, applied although a newer one had been, or not.

use hashbrown::HashMap;

use super::arrivals::Strip;
use super::clock::Clocks;
use super::progress;
use crate::detect::seen::{DeliveryIndex, Outcome, Seen};
use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;

/// How the work on one arrival ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Applied,
    /// Applied after this newer delivery of its key had been.
    Stale(u32),
    /// The function refused it, or failed.
    Failed,
    /// Stopped from outside: it may have been applied.
    Cut,
    /// No line tells.
    Unknown,
}

/// The end of each of these deliveries, all arrivals of one key in order of start, by their indices in [`Analysis::deliveries`].
pub fn ends(analysis: &Analysis, source: EventSource, arrivals: &[u32]) -> Vec<End> {
    let (facts, assembled) = (&analysis.facts, &analysis.assembled);
    let seen = Seen::new(facts, assembled, &analysis.deliveries);
    let clocks = Clocks::measure(facts, assembled);
    let strip = Strip::of(&seen, source, arrivals);
    // What is ordered by nothing but its queue is not applied in an order.
    let stale: HashMap<DeliveryIndex, DeliveryIndex> = if source == EventSource::Sqs {
        HashMap::new()
    } else {
        let stale = progress::stale_applies(&seen, &clocks, &strip);
        stale.into_iter().collect()
    };
    let end = |at: &u32| match (seen.outcome(*at), stale.get(at)) {
        (Outcome::Done, Some(newer)) => End::Stale(*newer),
        (Outcome::Done, None) => End::Applied,
        (Outcome::Failed, _) => End::Failed,
        (Outcome::Cut, _) => End::Cut,
        (Outcome::Unknown, _) => End::Unknown,
    };
    arrivals.iter().map(end).collect()
}
