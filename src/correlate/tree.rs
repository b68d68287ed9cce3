//! Request trees: every run that one entry led to, where its time went, and what the request waited for.

use hashbrown::HashMap;
use smallvec::SmallVec;

use crate::correlate::spans::MAX_HOPS;
use crate::model::analysis::Analysis;
use crate::model::fact::{Kinds, What};
use crate::model::facts::FactRef;
use crate::model::grouped::Grouped;
use crate::model::ids::RequestId;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{Link, LinkTier};
use crate::model::time::Timestamp;

mod path;
mod rows;
mod stretches;

#[cfg(test)]
mod tests;

/// A tree shows no more rows: a run that fans out further repeats itself.
const MOST_ROWS: usize = 10_000;

/// One request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// Method and path, or the route, where a gateway's log names the entry.
    pub entry: Option<String>,
    /// First start and last end of its runs, inits that were waited for included.
    pub from: Timestamp,
    pub to: Timestamp,
    /// Depth first, those of one parent in order of start.
    pub rows: Vec<Row>,
    /// The critical path in order of time, without holes.
    pub path: Vec<Part>,
    /// The longest chain of calls that were waited for; 1 for a run alone.
    pub depth: u16,
    /// Distinct functions.
    pub functions: u16,
}

/// One line of a waterfall.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// 0 for the entry.
    pub depth: u16,
    pub kind: RowKind,
    /// Function, called resource, or queue.
    pub name: String,
    pub start: Timestamp,
    pub end: Timestamp,
    /// In order of time, without overlap.
    pub stretches: Vec<Stretch>,
    /// How the row hangs on the one above it; `None` for the entry and for calls and queues, which are read.
    pub tier: Option<LinkTier>,
    /// Of the link, 0 to 1.
    pub confidence: f32,
    pub invocation: Option<InvocationIndex>,
    /// Index in `Facts::spans`.
    pub span: Option<u32>,
    /// Further parents that the tree does not show (a batch of several messages).
    pub more_parents: u16,
    /// Time of its own: the run less what it waited for.
    pub own_ms: i64,
    /// Time in which the run was billed for waiting for other functions.
    pub waited_ms: i64,
    /// On the critical path.
    pub critical: bool,
}

/// What a row stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// An invocation.
    Run,
    /// A call that led to no run: to another service, or refused.
    Call,
    /// The time between a send and the run it led to.
    Queue,
}

/// A part of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub from: Timestamp,
    pub to: Timestamp,
    pub kind: Kind,
}

/// What goes on in a stretch; where several do, the first named counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Refused,
    Cold,
    /// Waits for a call.
    Waits,
    /// Waits to try again.
    WaitsToRetry,
    Queued,
    Runs,
}

/// A piece of the critical path: a stretch of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub row: usize,
    pub stretch: Stretch,
}

/// Links, spans and entries by invocation: made once for an analysis.
#[derive(Debug, Default)]
pub struct Index {
    /// Indices in `Analysis::links`, the parents of a run the best first.
    children: Grouped,
    parents: Grouped,
    /// Indices in `Facts::spans`.
    spans: Grouped,
    entries: HashMap<RequestId, FactRef>,
}

impl Index {
    /// Looks through links, spans and access lines once.
    pub fn new(analysis: &Analysis) -> Self {
        let runs = analysis.assembled.invocations.len();
        let links = || analysis.links.iter().zip(0..);
        let children = Grouped::of(runs, links().map(|(link, at)| (link.parent, at)));
        let mut parents = Grouped::of(runs, links().map(|(link, at)| (link.child, at)));
        parents.sort_by_key(|at| {
            let link = &analysis.links[at as usize];
            (link.tier, link.parent)
        });
        let owners = analysis.assembled.span_owners.iter().zip(0..);
        let spans = Grouped::of(
            runs,
            owners.filter_map(|(owner, at)| Some((owner.get()?, at))),
        );
        let mut entries = HashMap::new();
        for (stream, lines) in analysis.facts.streams.iter().enumerate() {
            for (fact, line) in lines.facts.of(Kinds::ACCESS) {
                if let What::Access(access) = line.what
                    && let Some(request) = access.integration_request
                {
                    let place = FactRef {
                        stream: stream as u32,
                        fact,
                    };
                    entries.entry(request).or_insert(place);
                }
            }
        }
        Self {
            children,
            parents,
            spans,
            entries,
        }
    }

    /// The requests of the analysis that the index was made of.
    pub fn requests<'a>(&'a self, analysis: &'a Analysis) -> Requests<'a> {
        Requests {
            analysis,
            index: self,
        }
    }
}

/// The requests of an analysis.
#[derive(Clone, Copy)]
pub struct Requests<'a> {
    analysis: &'a Analysis,
    index: &'a Index,
}

impl<'a> Requests<'a> {
    /// The run at the top of the tree that shows `at`.
    pub fn root(&self, at: InvocationIndex) -> InvocationIndex {
        let mut way: SmallVec<[InvocationIndex; 8]> = SmallVec::new();
        let mut here = at;
        while let Some(link) = self.parent(here)
            && way.len() + 1 < MAX_HOPS
            && !way.contains(&here)
        {
            way.push(here);
            here = link.parent;
        }
        here
    }

    /// The same of every invocation, by index.
    pub fn roots(&self) -> Vec<InvocationIndex> {
        let count = self.analysis.assembled.invocations.len();
        let mut roots: Vec<Option<InvocationIndex>> = vec![None; count];
        let mut way = Vec::new();
        for at in 0..count as InvocationIndex {
            let mut here = at;
            while roots[here as usize].is_none() {
                way.push(here);
                match self.parent(here) {
                    Some(link) if way.len() < MAX_HOPS && !way.contains(&link.parent) => {
                        here = link.parent;
                    }
                    _ => break,
                }
            }
            let root = roots[here as usize].unwrap_or(here);
            for below in way.drain(..) {
                roots[below as usize] = Some(root);
            }
        }
        roots.into_iter().flatten().collect()
    }

    /// The request that `at` is part of.
    pub fn tree(&self, at: InvocationIndex) -> Tree {
        rows::tree(self, self.root(at))
    }

    /// The link under which a tree shows a run: of the highest tier, that of the earliest parent.
    pub fn parent(&self, child: InvocationIndex) -> Option<&'a Link> {
        self.parents(child).next()
    }

    /// All links that lead to a run, the best first.
    pub fn parents(&self, child: InvocationIndex) -> impl Iterator<Item = &'a Link> + use<'a> {
        let links = self.index.parents.get(child).iter();
        links.filter_map(|at| self.analysis.links.get(*at as usize))
    }

    /// The links to the children that a tree shows under a run, in order of their starts.
    fn shown_children(&self, parent: InvocationIndex) -> impl Iterator<Item = &'a Link> {
        let links = self.index.children.get(parent).iter();
        let links = links.filter_map(|at| self.analysis.links.get(*at as usize));
        let mut shown: Vec<&Link> = links
            .filter(|link| {
                self.parent(link.child)
                    .is_some_and(|best| best.parent == parent)
            })
            .collect();
        shown.sort_by_key(|link| link.child);
        shown.into_iter()
    }

    /// Spans that ran in a run, as indices in `Facts::spans`.
    pub fn spans(&self, run: InvocationIndex) -> &'a [u32] {
        self.index.spans.get(run)
    }

    /// Milliseconds that the run's request waited for an init.
    fn felt_ms(&self, run: InvocationIndex) -> i64 {
        let init = self.analysis.invocation(run).init.get();
        let felt = init.and_then(|init| self.analysis.inits.get(init as usize)?.felt_ms);
        felt.map_or(0, |felt| felt.clamp(0.0, 900_000.0) as i64)
    }

    /// Method and path of the request that a gateway passed to the run.
    pub fn entry(&self, run: InvocationIndex) -> Option<&'a str> {
        let facts = &self.analysis.facts;
        let request = self.analysis.invocation(run).request_id;
        let What::Access(access) = facts.fact(*self.index.entries.get(&request)?).what else {
            return None;
        };
        facts.text_of(access.route)
    }
}
