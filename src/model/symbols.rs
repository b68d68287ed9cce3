//! Interned text: every name, message id, key and sequence is stored once and held as four bytes.

use std::num::NonZeroU32;

use hashbrown::HashTable;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::room::{grow_text, push};

/// The least by which the texts' room grows, in bytes.
const LEAST_ROOM: usize = 256;

/// Bytes of a UUID: most texts are ids.
const ORDINARY_LENGTH: usize = 36;

/// A piece of text in a [`Symbols`] table. Numbers are given in order of arrival, those of forgotten texts again: sort by
/// the **text**, never by this.
/// Never 0 inside, so that one that may be missing takes no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sym(NonZeroU32);

impl Sym {
    /// The symbol of the text that was interned after `before` others.
    pub fn nth(before: usize) -> Self {
        Self(NonZeroU32::MIN.saturating_add(before as u32))
    }

    /// Its number in its table, from 0.
    pub fn number(self) -> usize {
        self.0.get() as usize - 1
    }
}

/// The table behind [`Sym`]: one copy of each text.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    bytes: String,
    /// Where the text of each number stands in `bytes`.
    places: Vec<Place>,
    /// Each by the hash of its text.
    index: HashTable<Sym>,
    /// Numbers whose texts were forgotten.
    free: Vec<Sym>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    start: u32,
    end: u32,
}

impl Symbols {
    /// A table for about so many texts of ordinary length.
    pub fn with_room(texts: usize) -> Self {
        Self {
            bytes: String::with_capacity(texts * ORDINARY_LENGTH),
            places: Vec::with_capacity(texts),
            index: HashTable::with_capacity(texts),
            free: Vec::new(),
        }
    }

    /// The symbol of `text`, new or known.
    pub fn intern(&mut self, text: &str) -> Sym {
        let hash = hash(text);
        if let Some(known) = self.find(text, hash) {
            return known;
        }
        let start = self.bytes.len() as u32;
        grow_text(&mut self.bytes, text.len().max(LEAST_ROOM));
        self.bytes.push_str(text);
        let end = self.bytes.len() as u32;
        let new = self.free.pop().unwrap_or_else(|| {
            push(&mut self.places, Place::default());
            Sym::nth(self.places.len() - 1)
        });
        self.places[new.number()] = Place { start, end };
        if self.index.len() == self.index.capacity() {
            self.widen();
        }
        self.index(new, hash);
        new
    }

    /// Makes room in the index for as many again. Left to itself, it would read the texts in its own order, which lie all over memory.
    fn widen(&mut self) {
        let mut known: Vec<Sym> = self.index.drain().collect();
        known.sort_unstable();
        self.index = HashTable::with_capacity(1 + known.len() * 2);
        for sym in known {
            self.index(sym, hash(self.get(sym)));
        }
    }

    fn index(&mut self, sym: Sym, own: u64) {
        let (bytes, places) = (&self.bytes, &self.places);
        let text = |sym: &Sym| slice(bytes, places, *sym);
        self.index.insert_unique(own, sym, |sym| hash(text(sym)));
    }

    /// The symbol of `text` if it was interned before.
    pub fn lookup(&self, text: &str) -> Option<Sym> {
        self.find(text, hash(text))
    }

    fn find(&self, text: &str, hash: u64) -> Option<Sym> {
        let is_it = |known: &Sym| self.get(*known) == text;
        self.index.find(hash, is_it).copied()
    }

    /// The text of a symbol of this table.
    pub fn get(&self, sym: Sym) -> &str {
        slice(&self.bytes, &self.places, sym)
    }

    /// How many texts are held.
    pub fn len(&self) -> usize {
        self.places.len() - self.free.len()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes on the heap, for the memory budget.
    pub fn heap_bytes(&self) -> usize {
        let symbols = self.free.capacity() * size_of::<Sym>();
        let indexed = self.index.capacity() * (size_of::<Sym>() + 1);
        self.bytes.capacity() + self.places.capacity() * size_of::<Place>() + symbols + indexed
    }

    /// Interns every text of `other`, in its order; `result[n]` is the symbol here of the one with the number n there.
    /// For tables that never forgot a text.
    pub fn absorb(&mut self, other: &Self) -> Vec<Sym> {
        (0..other.places.len())
            .map(|at| self.intern(other.get(Sym::nth(at))))
            .collect()
    }

    /// The symbols of this table, none of them named yet; for [`Self::retain`].
    pub fn unnamed(&self) -> Named {
        Named(vec![false; self.places.len()])
    }

    /// Forgets the texts that are not named. The others keep their symbols: what holds them needs no change.
    pub fn retain(&mut self, named: &Named) {
        let Named(named) = named;
        let stay = self.places.iter().zip(named).filter(|(_, named)| **named);
        let bytes = stay.map(|(place, _)| (place.end - place.start) as usize);
        let mut kept = String::with_capacity(bytes.sum());
        self.index.retain(|sym| named[sym.number()]);
        self.free.clear();
        for (number, named) in named.iter().enumerate() {
            let sym = Sym::nth(number);
            let start = kept.len() as u32;
            if *named {
                kept.push_str(self.get(sym));
            } else {
                self.free.push(sym);
            }
            let end = kept.len() as u32;
            self.places[number] = Place { start, end };
        }
        self.bytes = kept;
    }
}

/// Which symbols of a table something names.
pub struct Named(Vec<bool>);

impl Named {
    /// Something names it.
    pub fn add(&mut self, sym: Sym) {
        self.0[sym.number()] = true;
    }
}

fn hash(text: &str) -> u64 {
    xxh3_64(text.as_bytes())
}

fn slice<'a>(bytes: &'a str, places: &[Place], sym: Sym) -> &'a str {
    let Place { start, end } = places[sym.number()];
    &bytes[start as usize..end as usize]
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

    #[test]
    fn forgetting_leaves_the_others_their_symbols_and_gives_the_numbers_again() {
        let mut symbols = Symbols::default();
        let [a, b, c] = ["a", "b", "c"].map(|text| symbols.intern(text));
        let mut named = symbols.unnamed();
        named.add(c);
        symbols.retain(&named);
        assert_eq!((symbols.get(c), symbols.len()), ("c", 1));
        assert_eq!((symbols.lookup("a"), symbols.lookup("c")), (None, Some(c)));
        let again = ["d", "e", "f"].map(|text| symbols.intern(text));
        assert!(again[..2].contains(&a) && again[..2].contains(&b));
        assert_eq!(again.map(|sym| symbols.get(sym)), ["d", "e", "f"]);
        assert_eq!((symbols.get(c), symbols.len()), ("c", 4));
    }

    #[test]
    fn each_of_many_is_found_however_the_table_grew() {
        let mut symbols = Symbols::default();
        let texts = |numbers: std::ops::Range<usize>| numbers.map(|number| format!("o-{number}"));
        let first: Vec<Sym> = texts(0..1000).map(|text| symbols.intern(&text)).collect();
        let mut named = symbols.unnamed();
        first[500..].iter().for_each(|sym| named.add(*sym));
        symbols.retain(&named);
        texts(1000..3000).for_each(|text| _ = symbols.intern(&text));
        assert_eq!(symbols.len(), 2500);
        assert!(texts(0..500).all(|text| symbols.lookup(&text).is_none()));
        for text in texts(500..3000) {
            let found = symbols.lookup(&text);
            assert_eq!(found.map(|sym| symbols.get(sym)), Some(text.as_str()));
        }
        let again: Vec<Sym> = texts(500..1000).map(|text| symbols.intern(&text)).collect();
        assert_eq!(again, first[500..]);
    }
}
