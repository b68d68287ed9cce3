//! Which invocation called or fed which.

use crate::model::delivery::Delivery;
use crate::model::facts::Facts;
use crate::model::invocation::Assembled;
use crate::model::rows::Link;

/// All links, sorted by (parent, child) as request id texts.
pub fn links(_facts: &Facts, _assembled: &Assembled, _deliveries: &[Delivery]) -> Vec<Link> {
    Vec::new()
}
