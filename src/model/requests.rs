//! Which invocations a request id names: most ids name one, asynchronous retries run the same again.

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use xxhash_rust::xxh3::xxh3_64;

use super::ids::RequestId;
use super::invocation::{Invocation, InvocationIndex};

/// The attempts of each request.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    /// Where the stretch of each request begins in `runs`; the next one's begin is its end. Its id is that of its runs.
    starts: Vec<u32>,
    /// Numbers of requests, found by their id.
    index: HashTable<u32>,
    /// The invocations, those of one request side by side in their order.
    runs: Vec<InvocationIndex>,
}

impl Requests {
    /// The requests of these invocations.
    pub fn of(invocations: &[Invocation]) -> Self {
        // The first invocation of each, then where its stretch begins.
        let mut starts: Vec<u32> = Vec::with_capacity(invocations.len());
        let mut index = HashTable::with_capacity(invocations.len());
        // How many there are of each, then where the next of each belongs.
        let mut counts: Vec<u32> = Vec::with_capacity(invocations.len());
        let mut numbers = Vec::with_capacity(invocations.len());
        for (at, run) in (0 as InvocationIndex..).zip(invocations) {
            let id = |number: &u32| invocations[starts[*number as usize] as usize].request_id;
            let same = |number: &u32| id(number) == run.request_id;
            let number = match index.entry(hash(run.request_id), same, |number| hash(id(number))) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(place) => {
                    let number = starts.len() as u32;
                    place.insert(number);
                    starts.push(at);
                    counts.push(0);
                    number
                }
            };
            counts[number as usize] += 1;
            numbers.push(number);
        }
        let mut free = 0;
        for (start, count) in starts.iter_mut().zip(&mut counts) {
            *start = free;
            free += std::mem::replace(count, free);
        }
        let mut runs = vec![0; invocations.len()];
        for (at, number) in (0 as InvocationIndex..).zip(numbers) {
            let next = &mut counts[number as usize];
            runs[*next as usize] = at;
            *next += 1;
        }
        starts.shrink_to_fit();
        Self {
            starts,
            index,
            runs,
        }
    }

    /// The attempts of a request among the invocations that this was made of, in order.
    pub(super) fn get(
        &self,
        request: &RequestId,
        invocations: &[Invocation],
    ) -> Option<&[InvocationIndex]> {
        let first = |number: &u32| self.runs[self.starts[*number as usize] as usize];
        let same = |number: &u32| invocations[first(number) as usize].request_id == *request;
        let number = self.index.find(hash(*request), same)?;
        Some(self.stretch(*number as usize))
    }

    /// The attempts of every request, the requests in no particular order.
    pub fn values(&self) -> impl Iterator<Item = &[InvocationIndex]> {
        (0..self.starts.len()).map(|number| self.stretch(number))
    }

    fn stretch(&self, number: usize) -> &[InvocationIndex] {
        let start = self.starts[number] as usize;
        let next = self.starts.get(number + 1);
        let end = next.map_or(self.runs.len(), |start| *start as usize);
        &self.runs[start..end]
    }
}

fn hash(id: RequestId) -> u64 {
    xxh3_64(&id.0)
}
