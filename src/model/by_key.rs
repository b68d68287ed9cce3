//! Numbers of rows by a key that the rows hold: a map of the keys themselves would hold each a second time.

use std::hash::{BuildHasher as _, Hash};

use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

/// Finds the rows of a key. Whoever asks says anew where the key of a row stands.
#[derive(Debug)]
pub struct ByKey {
    /// The first row of each key.
    firsts: HashTable<u32>,
    /// Where the next row with the key of each stands: at itself if there is none.
    next: Vec<u32>,
    hasher: DefaultHashBuilder,
}

impl ByKey {
    /// Of so many rows, those without a key left out.
    pub fn of<K: Hash + Eq>(rows: usize, key: impl Fn(u32) -> Option<K>) -> Self {
        let hasher = DefaultHashBuilder::default();
        // A table that grew would read the keys of all its rows again, in its own order.
        let filled = (0..rows as u32).filter(|at| key(*at).is_some()).count();
        let mut firsts = HashTable::with_capacity(filled);
        let mut next: Vec<u32> = (0..rows as u32).collect();
        // From the end: each new row stands before those that are known.
        for at in (0..rows as u32).rev() {
            let Some(own) = key(at) else { continue };
            let same = |known: &u32| key(*known).as_ref() == Some(&own);
            let hash = |known: &u32| hasher.hash_one(key(*known).as_ref());
            match firsts.entry(hasher.hash_one(Some(&own)), same, hash) {
                Entry::Occupied(mut known) => {
                    next[at as usize] = std::mem::replace(known.get_mut(), at);
                }
                Entry::Vacant(place) => {
                    place.insert(at);
                }
            }
        }
        Self {
            firsts,
            next,
            hasher,
        }
    }

    /// The rows of a key, in their order; none if it is unknown.
    pub fn get<K: Hash + Eq>(&self, wanted: &K, key: impl Fn(u32) -> Option<K>) -> Rows<'_> {
        let same = |known: &u32| key(*known).as_ref() == Some(wanted);
        let first = self.firsts.find(self.hasher.hash_one(Some(wanted)), same);
        self.rows(first.copied())
    }

    /// The rows of each key, the keys in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = Rows<'_>> {
        self.firsts.iter().map(|first| self.rows(Some(*first)))
    }

    fn rows(&self, first: Option<u32>) -> Rows<'_> {
        Rows {
            next: &self.next,
            at: first,
        }
    }
}

/// The rows of one key.
#[derive(Clone, Debug)]
pub struct Rows<'a> {
    next: &'a [u32],
    at: Option<u32>,
}

impl Iterator for Rows<'_> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let at = self.at?;
        let next = self.next[at as usize];
        self.at = (next != at).then_some(next);
        Some(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_by_what_they_hold_in_their_order() {
        let words = [Some("a"), None, Some("b"), Some("a"), Some("a")];
        let key = |at: u32| words[at as usize];
        let by_key = ByKey::of(words.len(), key);
        let of = |wanted| by_key.get(&wanted, key).collect::<Vec<_>>();
        assert_eq!(
            (of("a"), of("b"), of("c")),
            (vec![0, 3, 4], vec![2], vec![])
        );
        let mut all: Vec<Vec<u32>> = by_key.iter().map(Iterator::collect).collect();
        all.sort_unstable();
        assert_eq!(
            all,
            [vec![0, 3, 4], vec![2]],
            "a row without a key is of none"
        );
    }
}
