//! The spans that are remembered: the latest version of each.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use xxhash_rust::xxh3::xxh3_64;

use crate::model::room::push;
use crate::model::span::Span;

/// Distinct spans, found by trace and id. They stand in a row and the index holds their numbers: a table of the spans
/// themselves would be half empty.
#[derive(Default)]
pub(super) struct Spans {
    rows: Vec<Span>,
    index: HashTable<u32>,
}

impl Spans {
    /// Keeps the latest version of a span: a segment is sent again while it is in progress. Says whether it was not there yet.
    pub(super) fn take(&mut self, span: Span) -> bool {
        let Self { rows, index } = self;
        let same = |at: &u32| {
            let known = &rows[*at as usize];
            (known.trace, known.id) == (span.trace, span.id)
        };
        match index.entry(hash(&span), same, |at| hash(&rows[*at as usize])) {
            Entry::Vacant(place) => {
                place.insert(rows.len() as u32);
                push(rows, span);
                true
            }
            Entry::Occupied(place) => {
                let known = &mut rows[*place.get() as usize];
                if version(&span) > version(known) {
                    *known = span;
                }
                false
            }
        }
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Span> {
        self.rows.iter()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Span> {
        self.rows.iter_mut()
    }

    /// Leaves out the spans that `keep` refuses.
    pub(super) fn retain(&mut self, keep: impl FnMut(&Span) -> bool) {
        let Self { rows, index } = self;
        rows.retain(keep);
        index.clear();
        for (at, span) in (0u32..).zip(rows.iter()) {
            index.insert_unique(hash(span), at, |at| hash(&rows[*at as usize]));
        }
    }

    /// All of them, in no particular order.
    pub(super) fn into_rows(self) -> Vec<Span> {
        self.rows
    }

    /// Bytes on the heap, links between traces aside.
    pub(super) fn heap_bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Span>() + self.index.capacity() * (size_of::<u32>() + 1)
    }
}

fn hash(span: &Span) -> u64 {
    xxh3_64(&span.trace.0) ^ span.id.number()
}

/// What grows from version to version of a span; the last of them only decide so that no order of arrival does.
fn version(span: &Span) -> impl PartialOrd + use<> {
    let said = (span.throttle, span.fault, span.error, span.status);
    // `None` is less than any end.
    let ended = (span.end_us.get(), span.start_us);
    (ended, span.links.len(), said, span.parent.get(), span.kind)
}
