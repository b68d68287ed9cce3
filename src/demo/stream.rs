//! Streams read shard by shard, in order: the stock stream of Kinesis and the change stream of the items table.

use std::collections::VecDeque;

use super::event::{Event, Record};
use super::platform::{Ask, Refused};
use super::run::Reply;
use super::shop::Function;
use super::simulator::{Simulator, What};
use super::stamp::{Micros, SECOND, millis};

/// The shop's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamName {
    Stock,
    Items,
}

/// Most records of one batch.
const BATCH: usize = 100;

impl StreamName {
    pub(super) const ALL: [Self; 2] = [Self::Stock, Self::Items];

    fn shards(self) -> u8 {
        match self {
            Self::Stock => 4,
            Self::Items => 1,
        }
    }

    fn reader(self) -> Function {
        match self {
            Self::Stock => Function::StockStream,
            Self::Items => Function::SearchIndex,
        }
    }
}

/// One stream.
pub(super) struct Stream {
    shards: Vec<Shard>,
    sequence: u64,
}

#[derive(Default)]
struct Shard {
    records: VecDeque<Record>,
    /// A poll is noted, or a batch is being processed: the next one waits.
    busy: bool,
}

impl Stream {
    pub(super) fn new(name: StreamName) -> Self {
        Self {
            shards: (0..name.shards()).map(|_| Shard::default()).collect(),
            sequence: 7_204_518_000,
        }
    }
}

impl Simulator {
    /// Puts a record; tells its shard and sequence number.
    pub(super) fn put_record(&mut self, name: StreamName, key: u32, at: Micros) -> (u8, u64) {
        let stream = &mut self.streams[name as usize];
        stream.sequence += 16;
        let sequence = stream.sequence;
        let shard = (key.wrapping_mul(0x9e37_79b9) >> 16) as u8 % name.shards();
        let place = &mut stream.shards[usize::from(shard)];
        place.records.push_back(Record { sequence, key, at });
        if !place.busy {
            place.busy = true;
            self.note_poll(name, shard);
        }
        (shard, sequence)
    }

    fn note_poll(&mut self, name: StreamName, shard: u8) {
        let wait = millis(self.pace.between(250.0, 1_100.0));
        self.agenda.note(self.now + wait, What::Poll(name, shard));
    }

    pub(super) fn poll(&mut self, name: StreamName, shard: u8) {
        let place = &mut self.streams[name as usize].shards[usize::from(shard)];
        let count = place.records.len().min(BATCH);
        let records: Vec<Record> = place.records.drain(..count).collect();
        let event = match name {
            StreamName::Stock => Event::Records { shard, records },
            StreamName::Items => Event::Changes(records),
        };
        self.read(name, shard, event);
    }

    fn read(&mut self, name: StreamName, shard: u8, event: Event) {
        let ask = Ask {
            function: name.reader(),
            event,
            reply: Reply::Stream { name, shard },
            trace: self.new_trace(0.05),
            request: self.ids.uuid(),
            attempt: 1,
        };
        if let Err(Refused(event)) = self.invoke(ask, None) {
            self.advance(name, shard, &event, false);
        }
    }

    /// A batch ended: the next one, or the same again if it failed.
    pub(super) fn advance(&mut self, name: StreamName, shard: u8, event: &Event, well: bool) {
        let place = &mut self.streams[name as usize].shards[usize::from(shard)];
        if !well && let Event::Records { records, .. } | Event::Changes(records) = event {
            for record in records.iter().rev() {
                place.records.push_front(*record);
            }
            self.agenda.note(self.now + SECOND, What::Poll(name, shard));
        } else if place.records.is_empty() {
            place.busy = false;
        } else {
            self.note_poll(name, shard);
        }
    }
}
