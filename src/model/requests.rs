//! Which invocations a request id names: most ids name one, asynchronous retries run the same again.

use std::slice::from_ref;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use xxhash_rust::xxh3::xxh3_64;

use super::grouped::Grouped;
use super::ids::RequestId;
use super::invocation::{Invocation, InvocationIndex};

/// The attempts of each request.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    /// Found by the id of the request, which is that of its runs.
    index: HashTable<Attempts>,
    /// The invocations of each request that has several, by its number, in their order.
    several: Grouped,
}

#[derive(Clone, Copy, Debug)]
enum Attempts {
    One(InvocationIndex),
    /// The number of the request.
    Several(u32),
}

impl Requests {
    /// The requests of these invocations.
    pub fn of(invocations: &[Invocation]) -> Self {
        let mut index = HashTable::with_capacity(invocations.len());
        // The first invocation of each request that has several, and all of them with the number of theirs.
        let mut firsts: Vec<InvocationIndex> = Vec::new();
        let mut runs = Vec::new();
        for (at, run) in (0..).zip(invocations) {
            let first = |of: &Attempts, firsts: &[InvocationIndex]| match *of {
                Attempts::One(first) => first,
                Attempts::Several(number) => firsts[number as usize],
            };
            let id = |of: &Attempts| invocations[first(of, &firsts) as usize].request_id;
            let same = |of: &Attempts| id(of) == run.request_id;
            match index.entry(hash(run.request_id), same, |of| hash(id(of))) {
                Entry::Vacant(place) => _ = place.insert(Attempts::One(at)),
                Entry::Occupied(mut known) => match *known.get() {
                    Attempts::Several(number) => runs.push((number, at)),
                    Attempts::One(first) => {
                        let number = firsts.len() as u32;
                        *known.get_mut() = Attempts::Several(number);
                        firsts.push(first);
                        runs.extend([(number, first), (number, at)]);
                    }
                },
            }
        }
        let several = Grouped::of(firsts.len(), runs.into_iter());
        Self { index, several }
    }

    /// The attempts of a request among the invocations that this was made of, in order.
    pub(super) fn get(
        &self,
        request: &RequestId,
        invocations: &[Invocation],
    ) -> Option<&[InvocationIndex]> {
        let same = |of: &Attempts| {
            let first = self.attempts(of)[0];
            invocations[first as usize].request_id == *request
        };
        let found = self.index.find(hash(*request), same)?;
        Some(self.attempts(found))
    }

    fn attempts<'a>(&'a self, of: &'a Attempts) -> &'a [InvocationIndex] {
        match of {
            Attempts::One(run) => from_ref(run),
            Attempts::Several(number) => self.several.get(*number),
        }
    }

    /// The attempts of every request that has several, the requests in no particular order.
    pub fn repeated(&self) -> impl Iterator<Item = &[InvocationIndex]> {
        self.several.iter()
    }
}

fn hash(id: RequestId) -> u64 {
    xxh3_64(&id.0)
}
