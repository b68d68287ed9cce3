//! Interned text: every name, message id, key and sequence is stored once and held as four bytes.

use std::num::NonZeroU32;

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// A piece of text in a [`Symbols`] table. Numbers are given in order of arrival: sort by the **text**, never by this.
/// Never 0 inside, so that one that may be missing takes no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sym(NonZeroU32);

impl Sym {
    /// The symbol of the text that was interned after `before` others.
    pub fn nth(before: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(before as u32))
    }

    /// How many texts of its table were interned before it.
    pub fn number(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The table behind [`Sym`]: append-only, one copy of each text.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    bytes: String,
    /// End of each text in `bytes`; it starts where the one before ends.
    ends: Vec<u32>,
    index: HashTable<Sym>,
}

impl Symbols {
    /// The symbol of `text`, new or known.
    pub fn intern(&mut self, text: &str) -> Sym {
        let hash = xxh3_64(text.as_bytes());
        let known = self.index.find(hash, |&known| self.get(known) == text);
        if let Some(&known) = known {
            return known;
        }
        let new = Sym::nth(self.ends.len());
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u32);
        let Self { bytes, ends, index } = self;
        index.insert_unique(hash, new, |&sym| {
            xxh3_64(slice(bytes, ends, sym).as_bytes())
        });
        new
    }

    /// The symbol of `text` if it was interned before.
    pub fn lookup(&self, text: &str) -> Option<Sym> {
        let hash = xxh3_64(text.as_bytes());
        self.index
            .find(hash, |&known| self.get(known) == text)
            .copied()
    }

    /// The text of a symbol of this table.
    pub fn get(&self, sym: Sym) -> &str {
        slice(&self.bytes, &self.ends, sym)
    }

    /// How many texts are held.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Bytes on the heap, for the memory budget.
    pub fn heap_bytes(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * 4 + self.index.capacity() * 5
    }

    /// Interns every text of `other`, in its order; `result[n]` is the symbol here of the one with the number n there.
    pub fn absorb(&mut self, other: &Self) -> Vec<Sym> {
        (0..other.len())
            .map(|at| self.intern(other.get(Sym::nth(at))))
            .collect()
    }
}

fn slice<'a>(bytes: &'a str, ends: &[u32], sym: Sym) -> &'a str {
    let at = sym.number();
    let start = if at == 0 { 0 } else { ends[at - 1] as usize };
    &bytes[start..ends[at] as usize]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_share_one_symbol() {
        let mut symbols = Symbols::default();
        let first = symbols.intern("orders");
        let empty = symbols.intern("");
        assert_eq!(symbols.intern("orders"), first);
        assert_ne!(empty, first);
        assert_eq!(
            (symbols.get(first), symbols.get(empty), symbols.len()),
            ("orders", "", 2)
        );
        assert_eq!(symbols.lookup("payments"), None);
    }

    #[test]
    fn absorbing_maps_each_symbol_to_its_twin() {
        let mut here = Symbols::default();
        here.intern("a");
        let mut there = Symbols::default();
        let (b, a) = (there.intern("b"), there.intern("a"));
        let map = here.absorb(&there);
        assert_eq!(here.get(map[b.number()]), "b");
        assert_eq!(here.get(map[a.number()]), "a");
        assert_eq!(here.len(), 2);
    }
}
