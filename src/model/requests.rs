//! Which invocations a request id names: most ids name one, asynchronous retries run the same again.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use xxhash_rust::xxh3::xxh3_64;

use super::grouped::Grouped;
use super::ids::RequestId;
use super::invocation::{Invocation, InvocationIndex};

/// The attempts of each request.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    /// Numbers of requests, found by their id, which is that of their runs.
    index: HashTable<u32>,
    /// The invocations of each request, by its number, in their order.
    runs: Grouped,
}

impl Requests {
    /// The requests of these invocations.
    pub fn of(invocations: &[Invocation]) -> Self {
        // The first invocation of each.
        let mut firsts: Vec<InvocationIndex> = Vec::with_capacity(invocations.len());
        let mut index = HashTable::with_capacity(invocations.len());
        let mut numbers = Vec::with_capacity(invocations.len());
        for (at, run) in (0..).zip(invocations) {
            let id = |number: &u32| invocations[firsts[*number as usize] as usize].request_id;
            let same = |number: &u32| id(number) == run.request_id;
            let number = match index.entry(hash(run.request_id), same, |number| hash(id(number))) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(place) => {
                    let number = firsts.len() as u32;
                    place.insert(number);
                    firsts.push(at);
                    number
                }
            };
            numbers.push(number);
        }
        let runs = Grouped::of(firsts.len(), numbers.iter().copied().zip(0..));
        Self { index, runs }
    }

    /// The attempts of a request among the invocations that this was made of, in order.
    pub(super) fn get(
        &self,
        request: &RequestId,
        invocations: &[Invocation],
    ) -> Option<&[InvocationIndex]> {
        let same = |number: &u32| {
            let first = self.runs.get(*number)[0];
            invocations[first as usize].request_id == *request
        };
        let number = self.index.find(hash(*request), same)?;
        Some(self.runs.get(*number))
    }

    /// The attempts of every request, the requests in no particular order.
    pub fn values(&self) -> impl Iterator<Item = &[InvocationIndex]> {
        self.runs.iter()
    }
}

fn hash(id: RequestId) -> u64 {
    xxh3_64(&id.0)
}
