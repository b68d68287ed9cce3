//! Errors grouped by fingerprint: type, normalised message and own frames.

use crate::model::facts::Facts;
use crate::model::invocation::Assembled;
use crate::model::rows::ErrorGroup;

/// Groups of failed invocations of one function that failed alike: by count, then function, then text.
pub fn errors(_facts: &Facts, _assembled: &Assembled) -> Vec<ErrorGroup> {
    Vec::new()
}
