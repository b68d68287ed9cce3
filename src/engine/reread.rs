//! Re-reads: the same CloudWatch event fetched again by an overlapping poll. Not the duplicates that functions process.

use hashbrown::{HashMap, HashSet};
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_64_with_seed};

use crate::model::placed;
use crate::model::record::LogLine;

/// Which events were seen. Bounded: of each sort two generations, of which the older is forgotten when the younger is full.
pub struct Seen {
    young: HashSet<u64>,
    old: HashSet<u64>,
    /// Events without an id, by their hash.
    young_copies: HashMap<u64, Copies>,
    old_copies: HashMap<u64, Copies>,
    per_generation: usize,
    read: u32,
    forgotten: u64,
}

/// The hash by which a re-read is recognised: of the event id, else of (stream, time, text); and whether there is an id.
pub(super) fn key_of(line: &LogLine<'_>) -> (u64, bool) {
    if let Some(id) = line.event_id.filter(|id| !id.is_empty()) {
        // An id may be given in each place.
        let place = placed::place(line.group).map_or(0, |place| xxh3_64(place.as_bytes()));
        return (xxh3_64_with_seed(id.as_bytes(), place), true);
    }
    let mut hash = Xxh3::new();
    for part in [line.group, line.stream, line.message.text()] {
        hash.update(part.as_bytes());
        hash.update(&[0xff]);
    }
    hash.update(&line.timestamp.0.to_le_bytes());
    (hash.digest(), false)
}

/// How often an event without an id stood in one read.
#[derive(Clone, Copy)]
struct Copies {
    /// The most in any read.
    most: u32,
    /// Those in the read that held the last one.
    here: u32,
    read: u32,
}

impl Seen {
    /// Nothing was seen yet; at most so many events of each sort are remembered.
    pub fn new(bound: usize) -> Self {
        Self {
            young: HashSet::new(),
            old: HashSet::new(),
            young_copies: HashMap::new(),
            old_copies: HashMap::new(),
            per_generation: (bound / 2).max(1),
            read: 0,
            forgotten: 0,
        }
    }

    /// A new read begins: a poll, a file. Equal events without an id within one read are different events.
    pub fn begin_read(&mut self) {
        self.read += 1;
    }

    /// Whether an event is new.
    pub fn is_new_line(&mut self, line: &LogLine<'_>) -> bool {
        match key_of(line) {
            (key, true) => self.is_new(key),
            (key, false) => self.is_new_without_id(key),
        }
    }

    /// Events that it has forgotten: should they come again, they are new.
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    /// Whether the event with this id is new.
    pub(super) fn is_new(&mut self, key: u64) -> bool {
        if self.old.contains(&key) || !self.young.insert(key) {
            return false;
        }
        if self.young.len() >= self.per_generation {
            self.forgotten += self.old.len() as u64;
            self.old = std::mem::take(&mut self.young);
        }
        true
    }

    /// Whether the event without an id is new: its n-th copy in this read is, if no read before held n copies.
    pub(super) fn is_new_without_id(&mut self, key: u64) -> bool {
        let read = self.read;
        let before = self.old_copies.remove(&key);
        let copies = self.young_copies.entry(key).or_insert_with(|| {
            before.unwrap_or(Copies {
                most: 0,
                here: 0,
                read,
            })
        });
        if copies.read != read {
            copies.read = read;
            copies.here = 0;
        }
        copies.here += 1;
        let is_new = copies.here > copies.most;
        copies.most = copies.most.max(copies.here);
        if self.young_copies.len() >= self.per_generation {
            self.forgotten += self.old_copies.len() as u64;
            self.old_copies = std::mem::take(&mut self.young_copies);
        }
        is_new
    }

    /// Bytes on the heap.
    pub fn heap_bytes(&self) -> usize {
        let ids = self.young.capacity() + self.old.capacity();
        let copies = self.young_copies.capacity() + self.old_copies.capacity();
        ids * (size_of::<u64>() + 1) + copies * (size_of::<(u64, Copies)>() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_counts_once() {
        let mut seen = Seen::new(100);
        assert!(seen.is_new(1));
        assert!(!seen.is_new(1));
        assert_eq!(seen.forgotten, 0);
    }

    #[test]
    fn what_is_forgotten_is_counted_and_the_bound_holds() {
        let mut seen = Seen::new(10);
        assert!((0..1000).all(|key| seen.is_new(key)));
        assert!(seen.young.len() + seen.old.len() <= 10);
        assert_eq!(
            seen.forgotten,
            1000 - (seen.young.len() + seen.old.len()) as u64
        );
    }

    #[test]
    fn equal_lines_without_id_are_told_from_re_reads_by_their_number_in_one_read() {
        let mut seen = Seen::new(100);
        seen.begin_read();
        assert!(
            seen.is_new_without_id(7) && seen.is_new_without_id(7),
            "two lines of one read"
        );
        seen.begin_read();
        assert!(
            !seen.is_new_without_id(7) && !seen.is_new_without_id(7),
            "the same two again"
        );
        assert!(seen.is_new_without_id(7), "and one more");
    }

    #[test]
    fn lines_without_id_are_forgotten_too_and_one_long_read_stays_bounded() {
        let mut seen = Seen::new(10);
        seen.begin_read();
        assert!((0..1000).all(|key| seen.is_new_without_id(key)));
        let held = seen.young_copies.len() + seen.old_copies.len();
        assert!(held <= 10);
        assert_eq!(seen.forgotten, 1000 - held as u64);
        seen.begin_read();
        assert!(!seen.is_new_without_id(999), "the last is remembered");
    }
}
