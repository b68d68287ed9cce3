//! Deliveries: one event item seen by one consumer, the unit of duplicates and order.

use super::fact::{EventSource, Item};
use super::facts::FactRef;
use super::invocation::InvocationIndex;
use super::symbols::Sym;
use super::time::Timestamp;

/// One item of one invocation's event. Made by `correlate::ledger` from the items in the invocation's application facts:
/// an id named over several lines of one invocation is one delivery.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub invocation: InvocationIndex,
    /// Unqualified function name.
    pub consumer: Sym,
    pub source: EventSource,
    pub identity: Sym,
    /// Start of the invocation.
    pub at: Timestamp,
    pub index: u16,
    /// The line that names it, and what that says of it.
    pub line: FactRef,
    pub item: Item,
}
