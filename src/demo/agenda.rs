//! What happens when: the queue of a discrete-event simulation.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::stamp::Micros;

/// Things to come, earliest first; of one moment in the order in which they were noted.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    entries: BinaryHeap<Entry<T>>,
    noted: u64,
}

#[derive(Debug)]
struct Entry<T> {
    at: Micros,
    number: u64,
    what: T,
}

impl<T> Agenda<T> {
    pub(super) fn new() -> Self {
        Self {
            entries: BinaryHeap::new(),
            noted: 0,
        }
    }

    pub(super) fn note(&mut self, at: Micros, what: T) {
        self.noted += 1;
        self.entries.push(Entry {
            at,
            number: self.noted,
            what,
        });
    }

    /// When the next thing is due.
    pub(super) fn next_at(&self) -> Option<Micros> {
        self.entries.peek().map(|entry| entry.at)
    }

    pub(super) fn take(&mut self) -> Option<(Micros, T)> {
        self.entries.pop().map(|entry| (entry.at, entry.what))
    }
}

impl<T> Ord for Entry<T> {
    /// The heap gives its largest first, so the earliest is the largest.
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.number).cmp(&(self.at, self.number))
    }
}

impl<T> PartialOrd for Entry<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Entry<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<T> Eq for Entry<T> {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_ties_keep_their_order() {
        let mut agenda = Agenda::new();
        for (at, what) in [(5, 'c'), (1, 'a'), (5, 'd'), (3, 'b')] {
            agenda.note(at, what);
        }
        assert_eq!(agenda.next_at(), Some(1));
        let order: String = std::iter::from_fn(|| agenda.take().map(|(_, what)| what)).collect();
        assert_eq!(order, "abcd");
    }
}
