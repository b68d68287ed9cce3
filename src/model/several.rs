//! A map with several values a key, without a list for each of them: most keys have one value.

use std::hash::Hash;

use hashbrown::HashMap;

use super::room::grow;

/// Values by key, those of one key in the order in which they came.
#[derive(Clone, Debug)]
pub struct Several<K, V> {
    /// The first and the last value of each key.
    ends: HashMap<K, (u32, u32)>,
    /// Each value, and where the next of its key stands: at itself if there is none.
    rows: Vec<(V, u32)>,
}

impl<K, V> Default for Several<K, V> {
    fn default() -> Self {
        Self {
            ends: HashMap::new(),
            rows: Vec::new(),
        }
    }
}

impl<K: Eq + Hash, V> Several<K, V> {
    /// Adds a value behind the others of its key.
    pub fn push(&mut self, key: K, value: V) {
        let at = self.rows.len() as u32;
        grow(&mut self.rows, 1);
        self.rows.push((value, at));
        let (_, last) = self.ends.entry(key).or_insert((at, at));
        self.rows[*last as usize].1 = at;
        *last = at;
    }

    /// Whether the key has a value.
    pub fn contains_key(&self, key: &K) -> bool {
        self.ends.contains_key(key)
    }

    /// The values of a key; none if it is unknown.
    pub fn get(&self, key: &K) -> Values<'_, V> {
        let first = self.ends.get(key).map(|(first, _)| *first);
        Values {
            rows: &self.rows,
            next: first,
        }
    }

    /// Every key with its values, the keys in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, Values<'_, V>)> {
        self.ends.iter().map(|(key, (first, _))| {
            let values = Values {
                rows: &self.rows,
                next: Some(*first),
            };
            (key, values)
        })
    }
}

/// The values of one key. It may be copied to go over them again.
#[derive(Debug)]
pub struct Values<'a, V> {
    rows: &'a [(V, u32)],
    next: Option<u32>,
}

impl<V> Clone for Values<'_, V> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<'a, V> Iterator for Values<'a, V> {
    type Item = &'a V;

    fn next(&mut self) -> Option<&'a V> {
        let at = self.next?;
        let (value, next) = &self.rows[at as usize];
        self.next = (*next != at).then_some(*next);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_by_key_in_the_order_in_which_they_came() {
        let mut several = Several::default();
        for (key, value) in [("a", 1), ("b", 2), ("a", 3), ("a", 4)] {
            several.push(key, value);
        }
        let of = |key| several.get(&key).copied().collect::<Vec<_>>();
        assert_eq!(
            (of("a"), of("b"), of("c")),
            (vec![1, 3, 4], vec![2], vec![])
        );
        assert_eq!(
            several
                .iter()
                .map(|(_, values)| values.count())
                .sum::<usize>(),
            4
        );
    }
}
