//! How many values each rule replaced.

use std::collections::BTreeMap;

/// Counts by rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    names: Vec<String>,
    counts: Vec<u64>,
}

impl Counts {
    pub(super) fn new(names: Vec<String>) -> Self {
        let counts = vec![0; names.len()];
        Self { names, counts }
    }

    pub(super) fn add(&mut self, rule: u16) {
        if let Some(count) = self.counts.get_mut(rule as usize) {
            *count += 1;
        }
    }

    /// Adds the counts of another part of the same work.
    pub fn merge(&mut self, other: &Self) {
        if self.names.is_empty() {
            self.clone_from(other);
            return;
        }
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
    }

    /// The rules that replaced anything, by name.
    pub fn by_rule(&self) -> BTreeMap<String, u64> {
        let pairs = self.names.iter().cloned().zip(self.counts.iter().copied());
        pairs
            .filter(|(_, count)| *count > 0)
            .fold(BTreeMap::new(), |mut by_rule, (name, count)| {
                *by_rule.entry(name).or_default() += count;
                by_rule
            })
    }
}
