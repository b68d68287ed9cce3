//! What was read although it cannot be: counted by kind, the first of each with its place.

use std::collections::BTreeMap;

/// In which way a record cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OddKind {
    /// A moment at which no function ran, or which CloudWatch would not have taken.
    Moment,
    /// A figure of a platform line that is none: negative, not finite, beyond all bounds.
    Figure,
    /// An event that names no log group: it belongs to no function.
    Place,
    /// A message as long as CloudWatch takes one: what was longer was cut.
    Length,
    /// A message with letters that are none: NUL, or what stands for bytes and halves of pairs that are no text.
    Letters,
    /// A message of JSON that nests deeper than it is read.
    Depth,
}

/// One record that cannot be as it is. Its words name what it says, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    pub kind: OddKind,
    pub words: String,
}

/// Such records: how many of each kind, and the first in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Oddities(BTreeMap<OddKind, (u64, String)>);

impl Oddities {
    /// Counts a record that stands at a place (file and line; group and stream).
    pub fn add(&mut self, odd: &Odd, place: impl FnOnce() -> String) {
        let (count, _) = self
            .0
            .entry(odd.kind)
            .or_insert_with(|| (0, format!("{}: {}", place(), odd.words)));
        *count += 1;
    }

    /// Counts those of a later stretch of the same records.
    pub fn absorb(&mut self, later: Self) {
        for (kind, (count, first)) in later.0 {
            self.0.entry(kind).or_insert((0, first)).0 += count;
        }
    }

    /// A line for each kind: the first record, and how many there are.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0.values().map(|(count, first)| match count {
            1 => first.clone(),
            count => format!("{first} · {count} records are like it"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_each_kind_is_named_and_all_are_counted() {
        let odd = |kind| Odd {
            kind,
            words: "never".into(),
        };
        let (mut first, mut later) = (Oddities::default(), Oddities::default());
        first.add(&odd(OddKind::Moment), || "a:1".into());
        later.add(&odd(OddKind::Moment), || "a:9".into());
        later.add(&odd(OddKind::Figure), || "a:10".into());
        first.absorb(later);
        let lines: Vec<String> = first.lines().collect();
        assert_eq!(lines, ["a:1: never · 2 records are like it", "a:10: never"]);
    }
}
