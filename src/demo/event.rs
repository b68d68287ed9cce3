//! What a function is given when it is invoked.

use super::order::Order;
use super::program::Detail;
use super::random::Uuid;
use super::stamp::Micros;

/// The event of one invocation, before it is written as JSON.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// API Gateway's proxy event, also the authoriser's.
    Request(Order),
    /// A synchronous call of another function.
    Direct {
        action: &'static str,
        order: Order,
    },
    /// A batch of SQS messages.
    Messages(Vec<Message>),
    /// An event of the bus.
    Notice(Notice),
    /// SNS, of the warehouse's topic.
    Topic {
        id: Uuid,
        order: Order,
        at: Micros,
    },
    /// A batch of one shard of the stock stream.
    Records {
        shard: u8,
        records: Vec<Record>,
    },
    /// A batch of changes of the items table.
    Changes(Vec<Record>),
    Upload(Upload),
    /// A function URL called by a partner.
    Hook {
        id: Uuid,
        at: Micros,
    },
    Timer {
        id: Uuid,
        rule: &'static str,
        at: Micros,
    },
}

/// One receive of an SQS message.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Place in its queue's store.
    pub(super) slot: u32,
    pub(super) id: Uuid,
    pub(super) order: Order,
    /// Step of the saga; 0 on the orders queue.
    pub(super) stage: u8,
    /// Of a FIFO queue.
    pub(super) sequence: u64,
    pub(super) sent_at: Micros,
    /// 1 on the first receive; also tells the newest receipt from older ones.
    pub(super) receives: u16,
    pub(super) first_received_at: Micros,
    pub(super) trace: Trace,
}

/// An event of the bus.
#[derive(Clone, Copy, Debug)]
pub(super) struct Notice {
    pub(super) id: Uuid,
    pub(super) detail: Detail,
    pub(super) order: Order,
    pub(super) at: Micros,
}

/// A record of the stock stream, or a change of the items table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) sequence: u64,
    /// Article.
    pub(super) key: u32,
    pub(super) at: Micros,
}

/// An object put into the uploads bucket.
#[derive(Clone, Copy, Debug)]
pub(super) struct Upload {
    pub(super) number: u32,
    pub(super) sequencer: u64,
    pub(super) at: Micros,
}

/// Where something belongs in X-Ray.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Trace {
    /// The root's 128 bits: 32 of its second, 96 of chance.
    pub(super) root: u128,
    /// The segment or subsegment that asked for it.
    pub(super) parent: u64,
    pub(super) sampled: bool,
}

impl Event {
    /// The order that it is about; of a batch the first.
    pub(super) fn order(&self) -> Order {
        match self {
            Self::Request(order) | Self::Direct { order, .. } | Self::Topic { order, .. } => *order,
            Self::Notice(notice) => notice.order,
            Self::Messages(messages) => messages
                .first()
                .map_or_else(Order::default, |message| message.order),
            _ => Order::default(),
        }
    }
}
