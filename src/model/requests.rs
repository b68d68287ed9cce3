//! Which invocations a request id names: most ids name one, asynchronous retries run the same again.

use std::ops::Index;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::ids::RequestId;
use super::invocation::{Invocation, InvocationIndex};

/// The attempts of each request.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    /// Each request, with the start of its stretch of `runs`; the next one's start is its end.
    rows: Vec<(RequestId, u32)>,
    /// Numbers of rows, found by their id.
    index: HashTable<u32>,
    /// The invocations, those of one request side by side in their order.
    runs: Vec<InvocationIndex>,
}

impl Requests {
    /// The requests of these invocations.
    pub fn of(invocations: &[Invocation]) -> Self {
        let mut rows: Vec<(RequestId, u32)> = Vec::with_capacity(invocations.len());
        let mut index = HashTable::with_capacity(invocations.len());
        // How many there are of each, then where the next of each belongs.
        let mut counts: Vec<u32> = Vec::with_capacity(invocations.len());
        let mut numbers = Vec::with_capacity(invocations.len());
        for run in invocations {
            let id = run.request_id;
            let same = |number: &u32| rows[*number as usize].0 == id;
            let known = index.find(hash(id), same).copied();
            let number = known.unwrap_or_else(|| {
                let number = rows.len() as u32;
                rows.push((id, 0));
                counts.push(0);
                index.insert_unique(hash(id), number, |number: &u32| {
                    hash(rows[*number as usize].0)
                });
                number
            });
            counts[number as usize] += 1;
            numbers.push(number);
        }
        let mut free = 0;
        for ((_, start), count) in rows.iter_mut().zip(&mut counts) {
            *start = free;
            free += std::mem::replace(count, free);
        }
        let mut runs = vec![0; invocations.len()];
        for (at, number) in (0 as InvocationIndex..).zip(numbers) {
            let next = &mut counts[number as usize];
            runs[*next as usize] = at;
            *next += 1;
        }
        Self { rows, index, runs }
    }

    /// The attempts of a request, in order.
    pub fn get(&self, request: &RequestId) -> Option<&[InvocationIndex]> {
        let same = |number: &u32| self.rows[*number as usize].0 == *request;
        let number = self.index.find(hash(*request), same)?;
        Some(self.stretch(*number as usize))
    }

    /// Whether an invocation has this id.
    pub fn contains_key(&self, request: &RequestId) -> bool {
        self.get(request).is_some()
    }

    /// The attempts of every request, the requests in no particular order.
    pub fn values(&self) -> impl Iterator<Item = &[InvocationIndex]> {
        (0..self.rows.len()).map(|number| self.stretch(number))
    }

    fn stretch(&self, number: usize) -> &[InvocationIndex] {
        let start = self.rows[number].1 as usize;
        let next = self.rows.get(number + 1);
        let end = next.map_or(self.runs.len(), |(_, start)| *start as usize);
        &self.runs[start..end]
    }
}

fn hash(id: RequestId) -> u64 {
    xxh3_64(&id.0)
}

impl Index<&RequestId> for Requests {
    type Output = [InvocationIndex];

    fn index(&self, request: &RequestId) -> &Self::Output {
        self.get(request).unwrap_or_default()
    }
}
