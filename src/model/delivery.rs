//! Deliveries: one event item seen by one consumer, the unit of duplicates and order.

use super::fact::{EventSource, Item, TraceContext};
use super::facts::FactRef;
use super::invocation::InvocationIndex;
use super::maybe::Maybe;
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
    pub item: Received,
}

/// An [`Item`] as deliveries hold it, in half the room: its place in the batch is theirs, and what is seldom known takes little.
#[derive(Clone, Debug, PartialEq)]
pub struct Received {
    pub source: EventSource,
    pub identity: Sym,
    pub resource: Option<Sym>,
    pub receive_count: Option<u16>,
    pub sent_at: Maybe<Timestamp>,
    pub order_key: Option<Sym>,
    pub partition: Maybe<u32>,
    pub sequence: Option<Sym>,
    pub dense: bool,
    pub deduplication_id: Option<Sym>,
    pub body: Maybe<u64>,
    pub inner: Option<(EventSource, Sym)>,
    pub replay: bool,
    pub scheduled: bool,
    pub trace: Option<Box<TraceContext>>,
}

impl From<Item> for Received {
    fn from(item: Item) -> Self {
        Self {
            source: item.source,
            identity: item.identity,
            resource: item.resource,
            receive_count: item.receive_count,
            sent_at: item.sent_at.into(),
            order_key: item.order_key,
            partition: item.partition.into(),
            sequence: item.sequence,
            dense: item.dense,
            deduplication_id: item.deduplication_id,
            body: item.body.into(),
            inner: item.inner,
            replay: item.replay,
            scheduled: item.scheduled,
            trace: item.trace.map(Box::new),
        }
    }
}
