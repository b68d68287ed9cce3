//! The facts of one log stream, packed: some 40 bytes each instead of the 250 of a [`Fact`], read one at a time.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::event_id::EventId;
use super::fact::{Fact, Kinds};
use super::symbols::{Sym, Symbols};
use super::time::Timestamp;

/// The batch of an event is looked for among so many of the latest: lines of a few batches may interleave.
const RECENT_BATCHES: usize = 4;

/// The least by which a log grows, in bytes.
const LEAST_ROOM: usize = 256;

/// Facts in the order in which they were added, or, once sorted, in the order of their lines. A fact is named by its place,
/// a number that grows from fact to fact; sorting and leaving out change places.
#[derive(Clone, Debug, Default)]
pub struct FactLog {
    /// [`Head`] and [`What`](super::fact::What) of each fact, one behind the other: its place is where it starts.
    bytes: Vec<u8>,
    len: usize,
    /// The moment from which the others are counted: that of the fact that was added first.
    origin: Timestamp,
    /// The high 16 bytes of event ids: lines that were sent together share them.
    batches: Vec<[u8; 16]>,
    /// Where the fact that was added last belongs.
    last: Option<(Timestamp, u64)>,
}

/// What is packed of a fact beside what it says.
#[derive(Serialize, Deserialize)]
struct Head {
    kinds: Kinds,
    /// Bytes of what it says, which stands behind the head.
    length: u32,
    /// Milliseconds since the origin.
    after: i64,
    event: PackedId,
}

#[derive(Serialize, Deserialize)]
enum PackedId {
    None,
    Aws { batch: u32, index: u16 },
    Text(Sym),
}

impl FactLog {
    /// Adds a fact behind the others; says whether it belongs there.
    pub fn push(&mut self, fact: &Fact) -> bool {
        if self.is_empty() {
            self.origin = fact.at;
        }
        if self.bytes.capacity() - self.bytes.len() < LEAST_ROOM {
            // By a quarter: doubling would leave a quarter of all memory empty.
            let more = (self.bytes.len() / 4).max(LEAST_ROOM);
            self.bytes.reserve_exact(more);
        }
        let start = self.bytes.len();
        self.bytes = packed(&fact.what, std::mem::take(&mut self.bytes));
        let end = self.bytes.len();
        let head = Head {
            kinds: fact.what.kinds(),
            length: (end - start) as u32,
            after: fact.at.0.wrapping_sub(self.origin.0),
            event: self.pack(fact.event),
        };
        self.bytes = packed(&head, std::mem::take(&mut self.bytes));
        let length = self.bytes.len() - end;
        self.bytes[start..].rotate_right(length);
        self.len += 1;
        let place = (fact.at, fact.event.order());
        let belongs = self.last.is_none_or(|last| last < place);
        self.last = Some(place);
        belongs
    }

    /// The fact at a place of this log. Panics at any other number, as an index does.
    pub fn get(&self, place: u32) -> Fact {
        let (head, what) = self.open(place as usize);
        self.read(head, what)
    }

    /// When the fact at a place was written.
    pub fn at(&self, place: u32) -> Timestamp {
        self.moment(&self.open(place as usize).0)
    }

    /// The fact at a place, if it speaks of one of `kinds`.
    pub fn get_of(&self, place: u32, kinds: Kinds) -> Option<Fact> {
        let (head, what) = self.open(place as usize);
        head.kinds.meets(kinds).then(|| self.read(head, what))
    }

    /// Every fact with its place.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Fact)> {
        self.from(0)
    }

    /// The facts from a place on.
    pub fn from(&self, place: u32) -> impl Iterator<Item = (u32, Fact)> {
        self.packed_from(place)
            .map(|(place, head, what)| (place, self.read(head, what)))
    }

    /// The facts that speak of one of `kinds`.
    pub fn of(&self, kinds: Kinds) -> impl Iterator<Item = (u32, Fact)> {
        self.packed_from(0)
            .filter(move |(_, head, _)| head.kinds.meets(kinds))
            .map(|(place, head, what)| (place, self.read(head, what)))
    }

    /// Whether a fact speaks of one of `kinds`.
    pub fn has(&self, kinds: Kinds) -> bool {
        self.packed_from(0)
            .any(|(_, head, _)| head.kinds.meets(kinds))
    }

    /// When each fact was written.
    pub fn moments(&self) -> impl Iterator<Item = Timestamp> {
        self.packed_from(0).map(|(_, head, _)| self.moment(&head))
    }

    fn packed_from(&self, place: u32) -> impl Iterator<Item = (u32, Head, Range<usize>)> {
        let mut next = place as usize;
        std::iter::from_fn(move || {
            let at = next;
            (at < self.bytes.len()).then(|| {
                let (head, what) = self.open(at);
                next = what.end;
                (at as u32, head, what)
            })
        })
    }

    /// The place that the next fact will have.
    pub fn end(&self) -> u32 {
        self.bytes.len() as u32
    }

    /// How many facts there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        self.bytes.capacity() + self.batches.capacity() * size_of::<[u8; 16]>()
    }

    /// Puts the facts in the order of their lines: by moment, then by what their event ids say. An event that stands there
    /// twice was read twice; its second copies are taken out and given back.
    pub fn sort(&mut self, symbols: &Symbols) -> Vec<Fact> {
        let mut order: Vec<(Timestamp, EventId, usize, usize)> = Vec::with_capacity(self.len);
        for (place, head, what) in self.packed_from(0) {
            let moment = self.moment(&head);
            let event = self.unpack(head.event);
            order.push((moment, event, place as usize, what.end));
        }
        order.sort_by(|a, b| {
            let key = |one: &(Timestamp, EventId, usize, usize)| (one.0, one.1.order());
            key(a)
                .cmp(&key(b))
                .then_with(|| a.1.text(a.0, symbols).cmp(&b.1.text(b.0, symbols)))
        });
        let mut again = Vec::new();
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut before = None;
        for (moment, event, from, to) in order {
            if event != EventId::None && before == Some((moment, event)) {
                again.push(self.get(from as u32));
                continue;
            }
            before = Some((moment, event));
            bytes.extend_from_slice(&self.bytes[from..to]);
        }
        self.bytes = bytes;
        self.len -= again.len();
        self.last = before.map(|(moment, event)| (moment, event.order()));
        again
    }

    /// Leaves out the facts that `keep` refuses; it may change the others, but not when they were written.
    pub fn retain_mut(&mut self, mut keep: impl FnMut(&mut Fact) -> bool) {
        let old = std::mem::take(self);
        for (_, mut fact) in old.iter() {
            if keep(&mut fact) {
                self.push(&fact);
            }
        }
        self.bytes.shrink_to_fit();
        self.batches.shrink_to_fit();
    }

    /// The head of the fact at a place, and where in `bytes` what it says lies.
    fn open(&self, at: usize) -> (Head, Range<usize>) {
        let (head, behind): (Head, _) = unpacked(&self.bytes[at..]);
        let start = self.bytes.len() - behind.len();
        let end = start + head.length as usize;
        (head, start..end)
    }

    fn read(&self, head: Head, what: Range<usize>) -> Fact {
        Fact {
            at: self.moment(&head),
            event: self.unpack(head.event),
            what: unpacked(&self.bytes[what]).0,
        }
    }

    fn moment(&self, head: &Head) -> Timestamp {
        Timestamp(self.origin.0.wrapping_add(head.after))
    }

    fn pack(&mut self, event: EventId) -> PackedId {
        let rest = match event {
            EventId::None => return PackedId::None,
            EventId::Text(text) => return PackedId::Text(text),
            EventId::Aws(rest) => rest,
        };
        let (batch, index) = EventId::parts(rest);
        let known = self.batches.iter().rev().take(RECENT_BATCHES);
        let back = known.into_iter().position(|known| *known == batch);
        let batch = match back {
            Some(back) => self.batches.len() - 1 - back,
            None => {
                self.batches.push(batch);
                self.batches.len() - 1
            }
        };
        PackedId::Aws {
            batch: batch as u32,
            index,
        }
    }

    fn unpack(&self, event: PackedId) -> EventId {
        match event {
            PackedId::None => EventId::None,
            PackedId::Text(text) => EventId::Text(text),
            PackedId::Aws { batch, index } => {
                EventId::of_parts(self.batches[batch as usize], index)
            }
        }
    }
}

impl FromIterator<Fact> for FactLog {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        let mut log = Self::default();
        for fact in facts {
            log.push(&fact);
        }
        log
    }
}

#[expect(clippy::expect_used, reason = "a vector takes every byte")]
fn packed<T: Serialize>(value: &T, bytes: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(value, bytes).expect("vectors grow")
}

#[expect(clippy::expect_used, reason = "only `packed` writes what is read here")]
fn unpacked<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> (T, &'a [u8]) {
    postcard::take_from_bytes(bytes).expect("a fact starts at its place")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fact::{Report, What};
    use crate::model::ids::RequestId;

    fn fact(ms: i64, batch: u8, index: u16) -> Fact {
        Fact {
            at: Timestamp(1_795_168_800_000 + ms),
            event: EventId::of_parts([batch; 16], index),
            what: What::Report(Report {
                request_id: Some(RequestId([batch; 16])),
                duration_ms: ms as f32,
                ..Report::default()
            }),
        }
    }

    #[test]
    fn facts_come_back_as_they_were_added() {
        let facts = [fact(0, 1, 0), fact(5, 1, 1), fact(-7, 2, 0)];
        let log: FactLog = facts.iter().cloned().collect();
        let read: Vec<(u32, Fact)> = log.iter().collect();
        assert_eq!(log.len(), 3);
        assert!(read.iter().map(|(_, fact)| fact).eq(&facts));
        for (place, fact) in read {
            assert_eq!((log.get(place), log.at(place)), (fact.clone(), fact.at));
        }
        assert_eq!(log.batches.len(), 2, "the first two were sent together");
    }

    #[test]
    fn times_at_the_ends_of_time_are_kept() {
        for ms in [i64::MIN, i64::MAX, 0] {
            let mut one = fact(0, 1, 0);
            let mut log = FactLog::default();
            log.push(&one);
            one.at = Timestamp(ms);
            log.push(&one);
            assert_eq!(log.iter().last().map(|(_, fact)| fact.at), Some(one.at));
        }
    }

    #[test]
    fn sorting_takes_out_what_was_read_twice() {
        let mut log = FactLog::default();
        assert!(log.push(&fact(5, 2, 1)) && !log.push(&fact(5, 2, 0)));
        log.push(&fact(1, 1, 0));
        log.push(&fact(5, 2, 1));
        let again = log.sort(&Symbols::default());
        assert_eq!(again, [fact(5, 2, 1)]);
        let sorted: Vec<Fact> = log.iter().map(|(_, fact)| fact).collect();
        assert_eq!(sorted, [fact(1, 1, 0), fact(5, 2, 0), fact(5, 2, 1)]);
        assert!(log.push(&fact(5, 2, 2)), "it goes behind the last");
    }

    #[test]
    fn leaving_out_keeps_the_others_whole() {
        let mut log: FactLog = (0..100).map(|n| fact(n, n as u8, 0)).collect();
        let before = log.heap_bytes();
        log.retain_mut(|fact| fact.at.0 % 10 == 0);
        let left: Vec<Fact> = log.iter().map(|(_, fact)| fact).collect();
        assert_eq!(left.len(), 10);
        assert!(
            left.iter()
                .zip(0..)
                .all(|(left, n)| *left == fact(n * 10, n as u8 * 10, 0))
        );
        assert!(
            log.heap_bytes() * 5 < before,
            "what was left out takes no room"
        );
    }
}
