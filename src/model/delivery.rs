//! Deliveries: one event item seen by one consumer, the unit of duplicates and order.

use super::fact::{EventSource, Item, TraceContext};
use super::facts::FactRef;
use super::invocation::{Invocation, InvocationIndex};
use super::maybe::Maybe;
use super::symbols::Sym;
use super::time::Timestamp;

/// One item of one invocation's event. Made by `correlate::ledger` from the items in the invocation's application facts:
/// an id named over several lines of one invocation is one delivery. What is seldom known takes little room.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    pub invocation: InvocationIndex,
    /// Unqualified function name.
    pub consumer: Sym,
    /// Start of the invocation.
    pub at: Timestamp,
    /// The line that names it.
    pub line: FactRef,
    pub index: u16,
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

impl Delivery {
    /// The delivery of an item that a line of a run names.
    pub fn of(at: InvocationIndex, run: &Invocation, line: FactRef, item: Item) -> Self {
        Self {
            invocation: at,
            consumer: run.function,
            at: run.start,
            line,
            index: item.index,
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
