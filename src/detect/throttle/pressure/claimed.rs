//! What the account's own metric says of the pool that functions without a reservation share.

use std::collections::BTreeMap;

use crate::model::analysis::Analysis;
use crate::model::time::Timestamp;

/// Slots of the pool that are not free, at most in each minute: `ClaimedAccountConcurrency` counts what nobody else may use, the
/// reservations too, in use or not; without these it is the pool's part. In use by functions that nobody reads the logs of, too.
pub(super) fn by_minute(analysis: &Analysis, place: Option<&str>) -> BTreeMap<Timestamp, u32> {
    let facts = &analysis.facts;
    let reserved = f64::from(facts.reserved_concurrency(place));
    let points = facts.metrics.iter().filter(|point| {
        let home = match point.dimensions[..] {
            [] => None,
            [(key, of)] if facts.text(key) == "Place" => Some(facts.text(of)),
            _ => return false,
        };
        home == place
            && facts.text(point.name) == "ClaimedAccountConcurrency"
            && facts.text(point.namespace) == "AWS/Lambda"
    });
    points
        .map(|point| {
            let pool = (point.max - reserved).clamp(0.0, f64::from(u32::MAX));
            (point.at.minute(), pool as u32)
        })
        .collect()
}
