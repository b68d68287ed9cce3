//! Re-reads: the same CloudWatch event fetched again by an overlapping poll. Not the duplicates that functions process.

use hashbrown::{HashMap, HashSet};

/// Which events were seen. Bounded: two generations, of which the older is forgotten when the younger is full.
pub(super) struct Seen {
    young: HashSet<u64>,
    old: HashSet<u64>,
    per_generation: usize,
    /// Events without an id, by their hash: how often they stood in any one read, and in the read under way.
    without_id: HashMap<u64, (u32, u32)>,
    read: u32,
    current: HashMap<u64, u32>,
    pub(super) forgotten: u64,
}

impl Seen {
    pub(super) fn new(bound: usize) -> Self {
        Self {
            young: HashSet::new(),
            old: HashSet::new(),
            per_generation: (bound / 2).max(1),
            without_id: HashMap::new(),
            read: 0,
            current: HashMap::new(),
            forgotten: 0,
        }
    }

    /// A new read begins: a poll, a file. Equal events without an id within one read are different events.
    pub(super) fn begin_read(&mut self) {
        self.read += 1;
        self.current.clear();
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
        let here = self.current.entry(key).or_insert(0);
        *here += 1;
        let here = *here;
        if self.without_id.len() >= self.per_generation {
            let oldest = self.read.saturating_sub(1);
            let before = self.without_id.len();
            self.without_id.retain(|_, (_, read)| *read >= oldest);
            self.forgotten += (before - self.without_id.len()) as u64;
        }
        let most = self.without_id.entry(key).or_insert((0, self.read));
        most.1 = self.read;
        if here > most.0 {
            most.0 = here;
            return true;
        }
        false
    }

    pub(super) fn heap_bytes(&self) -> usize {
        (self.young.capacity() + self.old.capacity()) * 9
            + (self.without_id.capacity() + self.current.capacity()) * 17
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
}
