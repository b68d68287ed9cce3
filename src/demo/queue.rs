//! SQS: a standard queue and a FIFO queue, with receives, visibility timeouts, receipts and message groups.

use std::collections::VecDeque;

use super::event::{Event, Message, Trace};
use super::order::Order;
use super::payload::{ORDERS, SAGA};
use super::platform::{Ask, Refused};
use super::random::Uuid;
use super::run::{Reply, Run};
use super::shop::Function;
use super::simulator::{Simulator, What};
use super::stamp::{Micros, SECOND, millis};

/// The shop's queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueueName {
    Orders,
    Saga,
}

/// A received message is invisible for that long. Shorter than the worker's time-out: a mistake that most runs forgive.
pub(super) const VISIBILITY: Micros = 30 * SECOND;
/// After so many receives a message goes to the dead letters.
const RECEIVES: u16 = 5;
/// At-least-once delivery: a deleted message is received again in so many cases.
const REDELIVERED: f64 = 0.000_2;

impl QueueName {
    pub(super) const ALL: [Self; 2] = [Self::Orders, Self::Saga];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Orders => ORDERS,
            Self::Saga => SAGA,
        }
    }

    fn reader(self) -> Function {
        match self {
            Self::Orders => Function::OrdersWorker,
            Self::Saga => Function::OrderSaga,
        }
    }

    /// Messages of one group are received in order, one batch at a time.
    fn fifo(self) -> bool {
        self == Self::Saga
    }

    fn batch(self) -> usize {
        match self {
            Self::Orders => 1,
            Self::Saga => 10,
        }
    }
}

/// One queue.
pub(super) struct Queue {
    name: QueueName,
    store: Vec<Option<Stored>>,
    free: Vec<u32>,
    /// Messages that can be received, oldest first.
    visible: VecDeque<u32>,
    /// Groups of which a message is being processed.
    locked: hashbrown::HashSet<u16>,
    sequence: u64,
}

/// A message in the queue, or one that was deleted while runs of it go on.
struct Stored {
    message: Message,
    deleted: bool,
    /// Runs of it that go on.
    running: u16,
    /// The deliveries that reached the reader, by receive count, and whether each ended well with the effect; `None` while
    /// it runs, or if it is not told.
    deliveries: Vec<(u16, Option<bool>)>,
}

/// One receive of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    queue: QueueName,
    slot: u32,
    sequence: u64,
    receives: u16,
}

impl Queue {
    pub(super) fn new(name: QueueName) -> Self {
        Self {
            name,
            store: Vec::new(),
            free: Vec::new(),
            visible: VecDeque::new(),
            locked: hashbrown::HashSet::new(),
            sequence: 873_177_232_222_000_000,
        }
    }

    fn stored(&mut self, slot: u32) -> Option<&mut Stored> {
        self.store.get_mut(slot as usize)?.as_mut()
    }

    fn add(&mut self, message: Message) {
        let stored = Some(Stored {
            message,
            deleted: false,
            running: 0,
            deliveries: Vec::new(),
        });
        let slot = if let Some(slot) = self.free.pop() {
            self.store[slot as usize] = stored;
            slot
        } else {
            self.store.push(stored);
            self.store.len() as u32 - 1
        };
        if let Some(stored) = &mut self.store[slot as usize] {
            stored.message.slot = slot;
        }
        self.visible.push_back(slot);
    }

    /// Takes up to a batch of messages that can be received now.
    fn receive(&mut self, now: Micros) -> Vec<Message> {
        let mut batch = Vec::new();
        let mut kept = VecDeque::new();
        let mut groups = Vec::new();
        while batch.len() < self.name.batch() {
            let Some(slot) = self.visible.pop_front() else {
                break;
            };
            let Some(stored) = &mut self.store[slot as usize] else {
                continue;
            };
            let group = stored.message.order.account;
            if self.name.fifo() && self.locked.contains(&group) && !groups.contains(&group) {
                kept.push_back(slot);
                continue;
            }
            if self.name.fifo() {
                self.locked.insert(group);
                groups.push(group);
            }
            stored.message.receives += 1;
            if stored.message.receives == 1 {
                stored.message.first_received_at = now;
            }
            stored.running += 1;
            stored.deliveries.push((stored.message.receives, None));
            batch.push(stored.message.clone());
        }
        kept.append(&mut self.visible);
        self.visible = kept;
        batch
    }

    /// Makes a message visible again in its old place of its group.
    fn show(&mut self, slot: u32) {
        if !self.name.fifo() {
            return self.visible.push_back(slot);
        }
        let sequence = |slot: u32| {
            self.store[slot as usize]
                .as_ref()
                .map_or(0, |stored| stored.message.sequence)
        };
        let at = self
            .visible
            .partition_point(|&other| sequence(other) < sequence(slot));
        self.visible.insert(at, slot);
    }

    /// Lets go of a deleted message once all its runs have ended; tells how many deliveries repeated the effect of the
    /// one before.
    fn let_go(&mut self, slot: u32) -> u64 {
        let place = &mut self.store[slot as usize];
        let Some(stored) = place else {
            return 0;
        };
        if !stored.deleted || stored.running > 0 {
            return 0;
        }
        let doubled = stored
            .deliveries
            .windows(2)
            .filter(|pair| pair[0].1 == Some(true) && pair[1].1 == Some(true))
            .count();
        *place = None;
        self.free.push(slot);
        doubled as u64
    }
}

impl Simulator {
    pub(super) fn send_message(
        &mut self,
        queue: QueueName,
        order: Order,
        stage: u8,
        trace: Trace,
    ) -> Uuid {
        let id = self.ids.uuid();
        let store = &mut self.queues[queue as usize];
        store.sequence += 256;
        store.add(Message {
            slot: 0,
            id,
            order,
            stage,
            sequence: store.sequence,
            sent_at: self.now,
            receives: 0,
            first_received_at: 0,
            trace,
        });
        let pickup = millis(self.pace.lognormal(600.0, 0.35));
        self.agenda.note(self.now + pickup, What::Receive(queue));
        id
    }

    /// A poller asks for messages and hands them to the reader.
    pub(super) fn receive(&mut self, queue: QueueName) {
        let messages = self.queues[queue as usize].receive(self.now);
        if messages.is_empty() {
            return;
        }
        self.hide(queue, &messages);
        let mut trace = self.new_trace(0.0);
        trace.sampled = messages.iter().any(|message| message.trace.sampled);
        let ask = Ask {
            function: queue.reader(),
            event: Event::Messages(messages),
            reply: Reply::Queue(queue),
            trace,
            request: self.ids.uuid(),
            attempt: 1,
        };
        if let Err(Refused(Event::Messages(messages))) = self.invoke(ask, None) {
            for message in messages {
                if let Some(stored) = self.queues[queue as usize].stored(message.slot) {
                    stored.running -= 1;
                    stored.deliveries.pop();
                }
            }
        }
    }

    /// Notes when a received batch can be received again: all of it at once, so that groups keep their order.
    fn hide(&mut self, queue: QueueName, messages: &[Message]) {
        let slack = millis(self.pace.lognormal(250.0, 0.5));
        for message in messages {
            let receipt = Receipt {
                queue,
                slot: message.slot,
                sequence: message.sequence,
                receives: message.receives,
            };
            self.agenda
                .note(self.now + VISIBILITY + slack, What::Visible(receipt));
        }
    }

    /// The visibility timeout of a receive is over.
    pub(super) fn visible(&mut self, receipt: Receipt) {
        let store = &mut self.queues[receipt.queue as usize];
        let Some(stored) = store.stored(receipt.slot) else {
            return;
        };
        let message = &stored.message;
        if stored.deleted
            || (message.sequence, message.receives) != (receipt.sequence, receipt.receives)
        {
            return;
        }
        let group = message.order.account;
        stored.deleted = receipt.receives >= RECEIVES;
        if stored.deleted {
            store.let_go(receipt.slot);
        } else {
            store.show(receipt.slot);
        }
        store.locked.remove(&group);
        self.receive(receipt.queue);
    }

    /// A run of messages ended: the poller deletes what went well.
    pub(super) fn settle(&mut self, queue: QueueName, run: &Run, well: bool) {
        let Event::Messages(messages) = &run.event else {
            return;
        };
        let mut kept = Vec::new();
        for (index, message) in messages.iter().enumerate() {
            let well = well && !run.failed.contains(&index);
            if !well {
                kept.push(message.order.account);
            }
            self.settle_one(queue, message, run, well);
        }
        if queue.fifo() {
            let locked = &mut self.queues[queue as usize].locked;
            for message in messages {
                if !kept.contains(&message.order.account) {
                    locked.remove(&message.order.account);
                }
            }
            self.receive(queue);
        }
    }

    fn settle_one(&mut self, queue: QueueName, message: &Message, run: &Run, well: bool) {
        let again = !queue.fifo() && self.pace.chance(REDELIVERED);
        let store = &mut self.queues[queue as usize];
        let Some(stored) = store.stored(message.slot) else {
            return;
        };
        stored.running -= 1;
        let delivery = stored
            .deliveries
            .iter_mut()
            .find(|(receives, _)| *receives == message.receives);
        if let Some((_, ended)) = delivery.filter(|_| run.told) {
            *ended = Some(well && run.effect);
        }
        // A receipt counts only while it is the newest: an older one deletes nothing.
        stored.deleted |= well && stored.message.receives == message.receives && !again;
        let doubled = store.let_go(message.slot);
        if doubled > 0 {
            self.truth.of(queue.reader().name()).doubled += doubled;
        }
    }
}
