//! What is remembered and what will be concluded from it, in bytes: over its bound, the oldest is forgotten.

use std::sync::Arc;

use super::intake::Engine;
use crate::model::fact_log::FactLog;
use crate::model::facts::StreamFacts;
use crate::model::symbols::Sym;

/// The least that is concluded from a run: its own row and where it is looked for, what it was given, who called it.
const CONCLUDED_PER_RUN: usize = 200;

/// Whose a span is, and its place among the others while they are put in order.
const CONCLUDED_PER_SPAN: usize = 16;

/// A metric point, its key and their dimensions.
const BYTES_PER_POINT: usize = 256;

/// What the facts of all streams take: there may be too many streams to ask each with every block.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Held {
    bytes: usize,
    /// Requests that they name.
    requests: usize,
}

impl Held {
    fn of(facts: &FactLog) -> Self {
        Self {
            bytes: facts.heap_bytes(),
            requests: facts.requests(),
        }
    }

    /// Where one stream took `before` and now takes `after`.
    pub(super) fn changed(self, before: Self, after: Self) -> Self {
        Self {
            bytes: self.bytes - before.bytes + after.bytes,
            requests: self.requests - before.requests + after.requests,
        }
    }
}

impl Engine {
    /// Bytes that the engine's stores hold, estimated from their capacities.
    pub fn heap_bytes(&self) -> usize {
        self.fact_bytes() + self.seen.heap_bytes() + self.spans.heap_bytes() + self.text.bytes().0
    }

    /// Bytes of what is remembered and of what will be concluded from it: as much again as facts and names take, as far as
    /// recordings tell, where they are not of runs that say little.
    pub(super) fn weight(&self) -> usize {
        let facts = self.fact_bytes();
        let concluded = facts.max(self.held.requests * CONCLUDED_PER_RUN);
        let spans = self.spans.heap_bytes() + self.spans.len() * CONCLUDED_PER_SPAN;
        facts + concluded + spans
    }

    /// What the facts of a stream take.
    pub(super) fn held_by(&self, stream: u32) -> Held {
        Held::of(&self.streams[stream as usize].facts)
    }

    /// Adds up anew what the facts of all streams take, after many of them changed.
    pub(super) fn weigh(&mut self) {
        self.held = self.held_by_all();
    }

    fn held_by_all(&self) -> Held {
        let logs = self.streams.iter().map(|stream| Held::of(&stream.facts));
        logs.fold(Held::default(), |all, one| {
            all.changed(Held::default(), one)
        })
    }

    /// Bytes of facts, names, streams and metric points.
    fn fact_bytes(&self) -> usize {
        debug_assert_eq!(self.held, self.held_by_all());
        let stream = size_of::<StreamFacts>() + size_of::<Arc<StreamFacts>>();
        let indexed = size_of::<((Sym, Sym), u32)>() + 1;
        self.held.bytes
            + self.symbols.heap_bytes()
            + self.streams.capacity() * stream
            + self.stream_index.capacity() * indexed
            + self.metrics.len() * BYTES_PER_POINT
    }
}
