//! The critical path: what would have to be shorter for the request to be.

use hashbrown::HashMap;

use super::stretches::within;
use super::{Kind, Part, Requests, Row, RowKind, Stretch};
use crate::model::invocation::InvocationIndex;
use crate::model::time::Timestamp;

/// Walks back from the last end: inside a run to the call that ended last before, through it to its start, and so on; from the start
/// of a run that was queued to the moment it was sent. What lies between calls is the run's own.
pub(super) fn critical(requests: &Requests<'_>, rows: &[Row]) -> Vec<Part> {
    let places: HashMap<InvocationIndex, usize> = rows
        .iter()
        .enumerate()
        .filter_map(|(place, row)| Some((row.invocation?, place)))
        .collect();
    let mut walk = Walk {
        requests,
        rows,
        places,
        parts: Vec::new(),
    };
    let runs = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.kind == RowKind::Run);
    let Some((mut at, last)) = runs.max_by_key(|(place, row)| (row.end, std::cmp::Reverse(*place)))
    else {
        return Vec::new();
    };
    let mut to = last.end;
    // Every step goes up to a parent: there are no more than rows.
    for _ in 0..rows.len() {
        let from = walk.through(at, to);
        let Some(parent) = walk.parent_of(at) else {
            break;
        };
        (at, to) = walk.before(at, from, parent);
    }
    walk.parts.reverse();
    walk.parts
}

struct Walk<'r, 'a> {
    requests: &'r Requests<'a>,
    rows: &'r [Row],
    places: HashMap<InvocationIndex, usize>,
    /// Last first.
    parts: Vec<Part>,
}

impl Walk<'_, '_> {
    /// Adds what of the run lies before `to`, with the calls it waited for, and gives the moment before which nothing of it is.
    /// Recursion is as deep as the tree.
    fn through(&mut self, at: usize, to: Timestamp) -> Timestamp {
        let row = &self.rows[at];
        let mut to = to.min(row.end);
        for child in self.awaited(at) {
            let end = self.rows[child].end;
            // Clocks of two hosts differ: a child may seem to end a little after its parent.
            if self.start(child) >= to || end.min(to) <= row.start {
                continue;
            }
            let end = end.min(to);
            self.add(at, end, to);
            to = self.through(child, end).max(row.start);
        }
        self.add(at, self.start(at), to);
        self.start(at)
    }

    /// Rows of the runs that a run waited for, the last to end first.
    fn awaited(&self, at: usize) -> Vec<usize> {
        let Some(run) = self.rows[at].invocation else {
            return Vec::new();
        };
        let links = self.requests.shown_children(run);
        let mut places: Vec<usize> = links
            .filter(|link| link.synchronous)
            .filter_map(|link| self.places.get(&link.child).copied())
            .filter(|&place| place > at)
            .collect();
        places.sort_by_key(|&place| std::cmp::Reverse(self.rows[place].end));
        places
    }

    /// When a row began, an init that was waited for included.
    fn start(&self, at: usize) -> Timestamp {
        let row = &self.rows[at];
        row.stretches
            .first()
            .map_or(row.start, |stretch| stretch.from)
    }

    /// Adds the row's own stretches in `[from, to)`, the last first.
    fn add(&mut self, at: usize, from: Timestamp, to: Timestamp) {
        let stretches = within(&self.rows[at].stretches, from, to).rev();
        self.parts
            .extend(stretches.map(|stretch| Part { row: at, stretch }));
    }

    fn parent_of(&self, at: usize) -> Option<usize> {
        let link = self.requests.parent(self.rows[at].invocation?)?;
        self.places
            .get(&link.parent)
            .copied()
            .filter(|&place| place < at)
    }

    /// Adds the wait before a run that was queued, and gives the row and the moment at which the path goes on: the try before, else
    /// the parent when it sent.
    fn before(&mut self, at: usize, to: Timestamp, parent: usize) -> (usize, Timestamp) {
        let above = at.checked_sub(1);
        let queue = above.filter(|&place| self.rows[place].kind == RowKind::Queue);
        let Some(place) = queue else {
            // When it was sent is not known: not before its parent ended, if that is earlier.
            let from = to.min(self.rows[parent].end);
            if from < to {
                let kind = Kind::Queued;
                let stretch = Stretch { from, to, kind };
                self.parts.push(Part { row: at, stretch });
            }
            return (parent, from);
        };
        let queue = &self.rows[place];
        let kind = queue
            .stretches
            .first()
            .map_or(Kind::Queued, |stretch| stretch.kind);
        let ended_then = |place: &usize| self.rows[*place].end == queue.start;
        let children = self.rows[parent].invocation.into_iter();
        let mut tries = children
            .flat_map(|run| self.requests.shown_children(run))
            .filter_map(|link| self.places.get(&link.child).copied())
            .filter(|&place| place < at);
        let next = tries.find(ended_then).unwrap_or(parent);
        let from = queue.start.min(self.rows[next].end);
        let stretch = Stretch { from, to, kind };
        self.parts.push(Part {
            row: place,
            stretch,
        });
        (next, from)
    }
}
