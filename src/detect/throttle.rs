//! Refused attempts: how many, by which limit, of whom.

use crate::model::facts::Facts;
use crate::model::invocation::Assembled;
use crate::model::rows::Throttle;
use crate::model::settings::Settings;

/// One row per resource and minute with refused attempts, sorted by (minute, resource). Without a source there is no row.
pub fn throttles(_facts: &Facts, _assembled: &Assembled, _settings: &Settings) -> Vec<Throttle> {
    Vec::new()
}
