//! The facts of one log stream, packed: some 25 bytes each instead of the 250 of a [`Fact`], read one at a time.

use std::mem::take;

use serde::{Deserialize, Serialize};

use super::event_id::EventId;
use super::fact::{Fact, Kinds, What};
use super::packed::{Reader, Writer, pack, unpack};
use super::room::grow;
use super::symbols::{Sym, Symbols};
use super::time::Timestamp;

/// An id is looked for among so many of the latest of its kind: lines of a few batches, or of a few requests, may interleave.
const RECENT: usize = 8;

/// The least by which a log grows, in bytes.
const LEAST_ROOM: usize = 256;

/// The same in ids: most logs that have one soon have a few.
const LEAST_IDS: usize = 4;

/// Facts in the order in which they were added, or, once sorted, in the order of their lines. A fact is named by its place,
/// a number that grows from fact to fact; sorting and leaving out change places.
#[derive(Clone, Debug, Default)]
pub struct FactLog {
    /// Of each fact how many bytes it takes, then its kinds, its [`Head`] and what it says; one behind the other: its place is where
    /// it starts.
    bytes: Vec<u8>,
    len: usize,
    /// What any fact ever spoke of: whoever looks for something else need not look.
    said: Kinds,
    /// The moment from which the others are counted: that of the fact that was added first.
    origin: Timestamp,
    /// The high 16 bytes of event ids: lines that were sent together share them.
    batches: Shared,
    /// Request ids and traces: the lines of an invocation share them.
    requests: Shared,
    traces: Shared,
    /// Where the fact that was added last belongs.
    last: Option<(Timestamp, u64)>,
    /// A fact was added that does not belong behind those before it.
    disordered: bool,
}

/// A length that takes more than a byte stands in the four behind this one.
const LONG: u8 = u8::MAX;

/// A fact where it lies.
struct Packed<'a> {
    place: u32,
    /// Where the next one starts.
    end: usize,
    kinds: Kinds,
    /// Its head and what it says.
    rest: Reader<'a>,
}

/// What is packed of a fact beside what it says.
#[derive(Serialize, Deserialize)]
struct Head {
    /// Milliseconds since the origin. It comes first: see [`FactLog::moment_of`].
    after: i64,
    event: PackedId,
    /// Numbers of its ids; 0 where it has none, or where they are none.
    request: u32,
    trace: u32,
}

#[derive(Serialize, Deserialize)]
enum PackedId {
    None,
    Aws { batch: u32, index: u16 },
    Text(Sym),
}

/// Ids of 16 bytes that several facts name by a number.
#[derive(Clone, Debug, Default)]
struct Shared {
    ids: Vec<[u8; 16]>,
    /// How many there were before them.
    forgotten: u32,
}

impl Shared {
    /// The number of an id, new or among the latest.
    fn number(&mut self, id: [u8; 16]) -> u32 {
        let latest = self.ids.iter().rev().take(RECENT);
        let back = latest.into_iter().position(|known| *known == id);
        if back.is_none() {
            grow(&mut self.ids, LEAST_IDS);
            self.ids.push(id);
        }
        self.forgotten + (self.ids.len() - 1 - back.unwrap_or(0)) as u32
    }

    fn get(&self, number: u32) -> [u8; 16] {
        self.ids[(number - self.forgotten) as usize]
    }

    /// Forgets the ids before a number; all of them if no number is named any more.
    fn forget_before(&mut self, number: Option<u32>) {
        let gone = number.map_or(self.ids.len(), |number| (number - self.forgotten) as usize);
        self.ids.drain(..gone);
        self.ids.shrink_to_fit();
        self.forgotten += gone as u32;
    }

    fn heap_bytes(&self) -> usize {
        self.ids.capacity() * size_of::<[u8; 16]>()
    }
}

impl FactLog {
    /// Adds a fact behind the others; says whether it belongs there.
    pub fn push(&mut self, mut fact: Fact) -> bool {
        if self.is_empty() {
            self.origin = fact.at;
        }
        let request = fact.what.request_id_mut();
        let request = request.map_or(0, |id| 1 + self.requests.number(take(&mut id.0)));
        let trace = fact.what.trace_id_mut();
        let trace = trace.map_or(0, |id| 1 + self.traces.number(take(&mut id.0)));
        let head = Head {
            after: fact.at.0.wrapping_sub(self.origin.0),
            event: self.pack(fact.event),
            request,
            trace,
        };
        let kinds = fact.what.kinds();
        self.append(kinds, &head, &fact.what);
        self.len += 1;
        self.said = self.said.or(kinds);
        let place = (fact.at, fact.event.order());
        let belongs = self.last.is_none_or(|last| last < place);
        self.last = Some(place);
        self.disordered |= !belongs;
        belongs
    }

    fn append(&mut self, kinds: Kinds, head: &Head, what: &What) {
        grow(&mut self.bytes, LEAST_ROOM);
        self.bytes.push(LONG);
        let start = self.bytes.len();
        let mut writer = Writer::behind(take(&mut self.bytes));
        pack(&kinds, &mut writer);
        pack(head, &mut writer);
        pack(what, &mut writer);
        self.bytes = writer.into_bytes();
        let length = self.bytes.len() - start;
        match u8::try_from(length) {
            Ok(short) if short < LONG => self.bytes[start - 1] = short,
            _ => {
                let length = (length as u32).to_le_bytes();
                self.bytes.splice(start..start, length);
            }
        }
    }

    /// The fact at a place of this log. Panics at any other number, as an index does.
    pub fn get(&self, place: u32) -> Fact {
        self.read(self.open(place as usize).rest)
    }

    /// When the fact at a place was written.
    pub fn at(&self, place: u32) -> Timestamp {
        self.moment_of(&self.open(place as usize))
    }

    /// The fact at a place, if it speaks of one of `kinds`.
    pub fn get_of(&self, place: u32, kinds: Kinds) -> Option<Fact> {
        if !self.said.meets(kinds) {
            return None;
        }
        let packed = self.open(place as usize);
        packed.kinds.meets(kinds).then(|| self.read(packed.rest))
    }

    /// Every fact with its place.
    pub fn iter(&self) -> impl Iterator<Item = (u32, Fact)> {
        self.from(0)
    }

    /// The facts from a place on.
    pub fn from(&self, place: u32) -> impl Iterator<Item = (u32, Fact)> {
        self.packed_from(place)
            .map(|packed| (packed.place, self.read(packed.rest)))
    }

    /// The facts that speak of one of `kinds`.
    pub fn of(&self, kinds: Kinds) -> impl Iterator<Item = (u32, Fact)> {
        self.packed_of(kinds)
            .map(|packed| (packed.place, self.read(packed.rest)))
    }

    /// The facts that speak of these `kinds` and of nothing else.
    pub fn only(&self, kinds: Kinds) -> impl Iterator<Item = (u32, Fact)> {
        self.packed_from(0)
            .filter(move |packed| packed.kinds == kinds)
            .map(|packed| (packed.place, self.read(packed.rest)))
    }

    /// Whether a fact speaks of one of `kinds`.
    pub fn has(&self, kinds: Kinds) -> bool {
        self.packed_of(kinds).next().is_some()
    }

    /// When the first and the last fact of a log that is sorted were written.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        Some((self.moments().next()?, self.last?.0))
    }

    /// When each fact was written.
    pub fn moments(&self) -> impl Iterator<Item = Timestamp> {
        self.moments_of(Kinds::ANY)
    }

    /// When each fact that speaks of one of `kinds` was written.
    pub fn moments_of(&self, kinds: Kinds) -> impl Iterator<Item = Timestamp> {
        self.packed_of(kinds).map(|packed| self.moment_of(&packed))
    }

    fn packed_of(&self, kinds: Kinds) -> impl Iterator<Item = Packed<'_>> {
        let from = if self.said.meets(kinds) {
            0
        } else {
            self.end()
        };
        self.packed_from(from)
            .filter(move |packed| packed.kinds.meets(kinds))
    }

    fn packed_from(&self, place: u32) -> impl Iterator<Item = Packed<'_>> {
        let mut next = place as usize;
        std::iter::from_fn(move || {
            let packed = (next < self.bytes.len()).then(|| self.open(next))?;
            next = packed.end;
            Some(packed)
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

    /// How many requests the facts name; one whose lines lie far apart may count again.
    pub fn requests(&self) -> usize {
        self.requests.ids.len()
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let ids = [&self.batches, &self.requests, &self.traces];
        self.bytes.capacity() + ids.map(Shared::heap_bytes).iter().sum::<usize>()
    }

    /// Puts the facts in the order of their lines: by moment, then by what their event ids say. An event that stands there
    /// twice was read twice; its second copies are taken out and given back.
    pub fn sort(&mut self, symbols: &Symbols) -> Vec<Fact> {
        if !take(&mut self.disordered) {
            return Vec::new();
        }
        let mut order = Vec::with_capacity(self.len);
        for mut packed in self.packed_from(0) {
            let head: Head = unpack(&mut packed.rest);
            let event = self.unpack(head.event);
            let key = (self.moment(head.after), event.order());
            order.push((key, event, packed.place));
        }
        order.sort_by(|(key, event, ..), (other_key, other, ..)| {
            let text = |event: &EventId| event.text(key.0, symbols);
            key.cmp(other_key)
                .then_with(|| text(event).cmp(&text(other)))
        });
        let mut again = Vec::new();
        let mut bytes = Vec::with_capacity(self.bytes.len());
        let mut before = None;
        for ((moment, _), event, place) in order {
            if event != EventId::None && before == Some((moment, event)) {
                again.push(self.get(place));
                continue;
            }
            before = Some((moment, event));
            let from = place as usize;
            bytes.extend_from_slice(&self.bytes[from..self.open(from).end]);
        }
        // Back into the room it had: rows that move leave holes behind that nothing else fits into.
        self.bytes.clear();
        self.bytes.extend_from_slice(&bytes);
        self.len -= again.len();
        self.last = before.map(|(moment, event)| (moment, event.order()));
        again
    }

    /// Leaves out the facts that `keep` refuses.
    pub fn retain(&mut self, keep: impl Fn(u32, &Fact) -> bool) {
        let old = take(self);
        for (place, fact) in old.iter() {
            if keep(place, &fact) {
                self.push(fact);
            }
        }
        self.bytes.shrink_to_fit();
        for ids in [&mut self.batches, &mut self.requests, &mut self.traces] {
            ids.ids.shrink_to_fit();
        }
    }

    /// Forgets the facts that were written before a moment, of a log that is sorted; says how many of them were REPORT lines.
    pub fn forget_before(&mut self, moment: Timestamp) -> usize {
        let mut gone = 0;
        let mut reports = 0;
        let mut stays = self.bytes.len();
        for packed in self.packed_from(0) {
            if self.moment_of(&packed) >= moment {
                stays = packed.place as usize;
                break;
            }
            gone += 1;
            reports += usize::from(packed.kinds.meets(Kinds::REPORT));
        }
        if gone > 0 {
            self.bytes.drain(..stays);
            self.bytes.shrink_to_fit();
            self.len -= gone;
            self.forget_ids();
        }
        reports
    }

    /// Forgets the ids that no fact names any more: late facts name older ones than those before them.
    fn forget_ids(&mut self) {
        let mut oldest = [None; 3];
        for mut packed in self.packed_from(0) {
            let head: Head = unpack(&mut packed.rest);
            let batch = match head.event {
                PackedId::Aws { batch, .. } => Some(batch),
                _ => None,
            };
            let named = [
                batch,
                head.request.checked_sub(1),
                head.trace.checked_sub(1),
            ];
            for (oldest, named) in oldest.iter_mut().zip(named) {
                let all = named.into_iter().chain(*oldest);
                *oldest = all.min();
            }
        }
        let [batch, request, trace] = oldest;
        self.batches.forget_before(batch);
        self.requests.forget_before(request);
        self.traces.forget_before(trace);
    }

    /// The fact at a place, unread but for what it speaks of.
    fn open(&self, at: usize) -> Packed<'_> {
        let mut start = at + 1;
        let mut length = usize::from(self.bytes[at]);
        if let (LONG, Some(long)) = (self.bytes[at], self.bytes[start..].first_chunk()) {
            length = u32::from_le_bytes(*long) as usize;
            start += size_of::<u32>();
        }
        let mut rest = Reader::new(&self.bytes[start..]);
        Packed {
            place: at as u32,
            end: start + length,
            kinds: unpack(&mut rest),
            rest,
        }
    }

    fn read(&self, mut from: Reader<'_>) -> Fact {
        let head: Head = unpack(&mut from);
        let mut fact = Fact {
            at: self.moment(head.after),
            event: self.unpack(head.event),
            what: unpack(&mut from),
        };
        if let Some(id) = fact.what.request_id_mut() {
            id.0 = self.requests.get(head.request - 1);
        }
        if let Some(id) = fact.what.trace_id_mut() {
            id.0 = self.traces.get(head.trace - 1);
        }
        fact
    }

    /// Of its head only the first is read.
    fn moment_of(&self, packed: &Packed<'_>) -> Timestamp {
        self.moment(unpack(&mut packed.rest.clone()))
    }

    fn moment(&self, after: i64) -> Timestamp {
        Timestamp(self.origin.0.wrapping_add(after))
    }

    fn pack(&mut self, event: EventId) -> PackedId {
        let rest = match event {
            EventId::None => return PackedId::None,
            EventId::Text(text) => return PackedId::Text(text),
            EventId::Aws(rest) => rest,
        };
        let (batch, index) = EventId::parts(rest);
        PackedId::Aws {
            batch: self.batches.number(batch),
            index,
        }
    }

    fn unpack(&self, event: PackedId) -> EventId {
        match event {
            PackedId::None => EventId::None,
            PackedId::Text(text) => EventId::Text(text),
            PackedId::Aws { batch, index } => EventId::of_parts(self.batches.get(batch), index),
        }
    }
}

impl FromIterator<Fact> for FactLog {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        let mut log = Self::default();
        for fact in facts {
            log.push(fact);
        }
        log
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fact::{AppFact, Report, TraceContext};
    use crate::model::ids::{RequestId, TraceId};

    fn fact(ms: i64, batch: u8, index: u16) -> Fact {
        Fact {
            at: Timestamp(1_795_168_800_000 + ms),
            event: EventId::of_parts([batch; 16], index),
            what: What::Report(Report {
                request_id: Some(RequestId([batch; 16])),
                duration_ms: ms as f32,
                trace: Some(TraceContext {
                    trace: TraceId([batch; 16]),
                    segment: None.into(),
                    parent: None.into(),
                    sampled: None,
                }),
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
        let ids = [&log.batches, &log.requests, &log.traces].map(|ids| ids.ids.len());
        assert_eq!(ids, [2, 2, 2], "the first two share theirs");
    }

    #[test]
    fn a_fact_that_says_much_is_passed_over_as_others_are() {
        let mut much = fact(1, 1, 1);
        much.what = What::App(AppFact {
            failed_items: (0..1000).map(Sym::nth).collect(),
            ..AppFact::default()
        });
        let facts = [fact(0, 1, 0), much, fact(2, 1, 2)];
        let log: FactLog = facts.iter().cloned().collect();
        assert!(log.iter().map(|(_, fact)| fact).eq(facts));
        assert_eq!(log.of(Kinds::REPORT).count(), 2);
    }

    #[test]
    fn times_at_the_ends_of_time_are_kept() {
        for ms in [i64::MIN, i64::MAX, 0] {
            let mut one = fact(0, 1, 0);
            let mut log = FactLog::default();
            log.push(one.clone());
            one.at = Timestamp(ms);
            log.push(one.clone());
            assert_eq!(log.iter().last().map(|(_, fact)| fact.at), Some(one.at));
        }
    }

    #[test]
    fn sorting_takes_out_what_was_read_twice() {
        let mut log = FactLog::default();
        assert!(log.push(fact(5, 2, 1)) && !log.push(fact(5, 2, 0)));
        log.push(fact(1, 1, 0));
        log.push(fact(5, 2, 1));
        let again = log.sort(&Symbols::default());
        assert_eq!(again, [fact(5, 2, 1)]);
        let sorted: Vec<Fact> = log.iter().map(|(_, fact)| fact).collect();
        assert_eq!(sorted, [fact(1, 1, 0), fact(5, 2, 0), fact(5, 2, 1)]);
        assert!(log.push(fact(5, 2, 2)), "it goes behind the last");
    }

    #[test]
    fn forgetting_takes_the_oldest_with_their_ids_and_counts_their_reports() {
        let mut log = FactLog::default();
        // The third is late: it names the ids of the first, which must stay for it.
        for one in [fact(0, 1, 0), fact(10, 2, 0), fact(9, 1, 1), fact(20, 3, 0)] {
            log.push(one);
        }
        log.sort(&Symbols::default());
        assert_eq!(log.forget_before(Timestamp(1_795_168_800_000 + 9)), 1);
        log.push(fact(30, 4, 0));
        let left: Vec<Fact> = log.iter().map(|(_, fact)| fact).collect();
        assert_eq!(
            left,
            [
                fact(9, 1, 1),
                fact(10, 2, 0),
                fact(20, 3, 0),
                fact(30, 4, 0)
            ]
        );
        assert_eq!(log.forget_before(Timestamp(1_795_168_800_000 + 15)), 2);
        let ids = [&log.batches, &log.requests, &log.traces].map(|ids| ids.ids.len());
        assert_eq!((ids, log.len()), ([2, 2, 2], 2), "those of the last two");
        assert_eq!(log.forget_before(Timestamp(i64::MAX)), 2);
        assert!(log.is_empty() && log.heap_bytes() == 0);
        log.push(fact(40, 5, 0));
        assert_eq!(log.get(0), fact(40, 5, 0));
    }

    #[test]
    fn leaving_out_keeps_the_others_whole() {
        let mut log: FactLog = (0..100).map(|n| fact(n, n as u8, 0)).collect();
        let before = log.heap_bytes();
        log.retain(|_, fact| fact.at.0 % 10 == 0);
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
