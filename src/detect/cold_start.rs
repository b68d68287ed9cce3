//! Starts and restarts of environments: kind, felt time, cause.

use crate::model::facts::Facts;
use crate::model::invocation::Assembled;
use crate::model::rows::Init;

/// One row per start or restart, sorted by (at, function, log stream).
pub fn inits(_facts: &Facts, _assembled: &Assembled) -> Vec<Init> {
    Vec::new()
}
