//! Which invocation called or fed which: the union of what traces, ids and correlation ids prove, and of what little can be
//! inferred. A lower tier never overrides a higher one; an equal trace alone makes no parent.

use crate::correlate::spans::{RunsBy, SpanIndex, segment_of};
use crate::model::cores;
use crate::model::delivery::Delivery;
use crate::model::facts::Facts;
use crate::model::ids::{RequestId, SpanId, TraceId};
use crate::model::invocation::{Assembled, Invocation, InvocationIndex};
use crate::model::room::push;
use crate::model::rows::{Link, LinkTier};

mod correlation;
mod inferred;
mod loops;
mod produced;
mod trace;

#[cfg(test)]
mod tests;

/// Two clocks that are kept by NTP differ by less: a child that ends this much after its parent still ended inside it.
const CLOCK_TOLERANCE_MS: i64 = 100;

/// All links, sorted by (parent, child) as request id texts, then by tier and attempts. Every attempt and every redelivery is a child of
/// the producer; siblings are not linked.
pub fn links(facts: &Facts, assembled: &Assembled, deliveries: &[Delivery]) -> Vec<Link> {
    let mut links = found(&Joins::new(facts, assembled, deliveries));
    loops::remove(&mut links, assembled.invocations.len());
    cores::sort_by_key(&mut links, |link| {
        let id = |at: InvocationIndex| assembled.invocations[at as usize].request_id;
        (
            id(link.parent),
            id(link.child),
            link.tier,
            link.parent,
            link.child,
        )
    });
    links
}

/// The links of all tiers, each pair once.
fn found(joins: &Joins<'_>) -> Vec<Link> {
    let mut edges = Edges::among(&joins.assembled.invocations);
    let (produced, origins) =
        cores::both(|| produced::links(joins), || trace::add(joins, &mut edges));
    let (runs, ()) = cores::both(
        || inferred::Runs::new(joins, &origins),
        || {
            edges.add_all(joins, produced);
            edges.settle();
            correlation::add(joins, &mut edges);
            edges.settle();
        },
    );
    inferred::add(joins, &origins, &runs, &mut edges);
    edges.settle();
    edges.found
}

/// What all tiers look things up in.
struct Joins<'a> {
    facts: &'a Facts,
    assembled: &'a Assembled,
    deliveries: &'a [Delivery],
    spans: SpanIndex<'a>,
    /// Runs whose REPORT names their `AWS::Lambda::Function` segment, to be found by it.
    segments: RunsBy<'a, (TraceId, SpanId)>,
}

impl<'a> Joins<'a> {
    fn new(facts: &'a Facts, assembled: &'a Assembled, deliveries: &'a [Delivery]) -> Self {
        let (spans, segments) = cores::both(
            || SpanIndex::new(&facts.spans),
            || RunsBy::new(&assembled.invocations, segment_of),
        );
        Self {
            facts,
            assembled,
            deliveries,
            spans,
            segments,
        }
    }

    fn run(&self, at: InvocationIndex) -> &'a Invocation {
        &self.assembled.invocations[at as usize]
    }

    /// The run whose REPORT names this segment: of several the last.
    fn of_segment(&self, trace: TraceId, id: SpanId) -> Option<InvocationIndex> {
        self.segments.find(&(trace, id)).last()
    }

    /// Attempts of a request, in order.
    fn attempts(&self, request: RequestId) -> &'a [InvocationIndex] {
        self.assembled.attempts(&request).unwrap_or_default()
    }

    fn owner(&self, span: usize) -> Option<InvocationIndex> {
        self.assembled.owner(span)
    }

    /// Whether the child ran inside its parent, as a call that is waited for does.
    fn is_nested(&self, parent: InvocationIndex, child: InvocationIndex) -> bool {
        let (outer, inner) = (self.run(parent), self.run(child));
        inner.start.since(outer.start) >= -CLOCK_TOLERANCE_MS
            && inner.end.since(outer.end) <= CLOCK_TOLERANCE_MS
    }
}

/// The links found so far.
struct Edges {
    /// Those that are settled come first, sorted by their pair, each pair once; behind them, new ones.
    found: Vec<Link>,
    settled: usize,
    /// The highest tier that gave each invocation a parent.
    best: Vec<Option<LinkTier>>,
}

impl Edges {
    fn among(invocations: &[Invocation]) -> Self {
        Self {
            found: Vec::new(),
            settled: 0,
            best: vec![None; invocations.len()],
        }
    }

    /// Adds a link unless both ends are one request.
    fn add(&mut self, joins: &Joins<'_>, link: Link) {
        if joins.run(link.parent).request_id == joins.run(link.child).request_id {
            return;
        }
        push(&mut self.found, link);
        let best = &mut self.best[link.child as usize];
        *best = Some(best.map_or(link.tier, |known| known.min(link.tier)));
    }

    fn add_all(&mut self, joins: &Joins<'_>, links: Vec<Link>) {
        for link in links {
            self.add(joins, link);
        }
    }

    /// Keeps one link of each pair: that of the highest tier, and of those the first that was found.
    fn settle(&mut self) {
        self.found
            .sort_by_key(|link| (link.parent, link.child, link.tier));
        self.found.dedup_by_key(|link| (link.parent, link.child));
        self.settled = self.found.len();
    }

    /// Whether a settled link joins the two.
    fn joins(&self, parent: InvocationIndex, child: InvocationIndex) -> bool {
        let settled = &self.found[..self.settled];
        let pair = |link: &Link| (link.parent, link.child);
        settled.binary_search_by_key(&(parent, child), pair).is_ok()
    }

    /// Whether a higher tier than this one knows a parent of the child.
    fn has_parent_above(&self, tier: LinkTier, child: InvocationIndex) -> bool {
        self.best[child as usize].is_some_and(|best| best < tier)
    }
}
