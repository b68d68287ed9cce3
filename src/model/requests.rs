//! Which invocations a request id names: most ids name one, asynchronous retries run the same again.

use std::ops::Index;

use hashbrown::HashMap;

use super::ids::RequestId;
use super::invocation::{Invocation, InvocationIndex};

/// The attempts of each request.
#[derive(Clone, Debug, Default)]
pub struct Requests {
    places: HashMap<RequestId, Place>,
    /// The invocations, those of one request side by side in their order.
    runs: Vec<InvocationIndex>,
}

/// A stretch of [`Requests::runs`].
#[derive(Clone, Copy, Debug)]
struct Place {
    start: Option<u32>,
    len: u32,
}

impl Requests {
    /// The requests of these invocations.
    pub fn of(invocations: &[Invocation]) -> Self {
        let mut places: HashMap<RequestId, Place> = HashMap::with_capacity(invocations.len());
        for run in invocations {
            let unplaced = Place {
                start: None,
                len: 0,
            };
            places.entry(run.request_id).or_insert(unplaced).len += 1;
        }
        let mut runs = vec![0; invocations.len()];
        let mut free = 0;
        for (at, run) in (0 as InvocationIndex..).zip(invocations) {
            let Some(place) = places.get_mut(&run.request_id) else {
                continue;
            };
            let start = *place.start.get_or_insert_with(|| {
                let start = free;
                free += std::mem::take(&mut place.len);
                start
            });
            runs[(start + place.len) as usize] = at;
            place.len += 1;
        }
        Self { places, runs }
    }

    /// The attempts of a request, in order.
    pub fn get(&self, request: &RequestId) -> Option<&[InvocationIndex]> {
        self.places.get(request).map(|place| self.stretch(*place))
    }

    /// Whether an invocation has this id.
    pub fn contains_key(&self, request: &RequestId) -> bool {
        self.places.contains_key(request)
    }

    /// The attempts of every request, the requests in no particular order.
    pub fn values(&self) -> impl Iterator<Item = &[InvocationIndex]> {
        self.places.values().map(|place| self.stretch(*place))
    }

    fn stretch(&self, place: Place) -> &[InvocationIndex] {
        let start = place.start.unwrap_or_default() as usize;
        &self.runs[start..start + place.len as usize]
    }
}

impl Index<&RequestId> for Requests {
    type Output = [InvocationIndex];

    fn index(&self, request: &RequestId) -> &Self::Output {
        self.stretch(self.places[request])
    }
}
