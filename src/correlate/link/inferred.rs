//! Links inferred for runs without evidence of their own, along edges that exact links have shown to exist. Each rule is first
//! tried on the runs whose parent is known and is used only where it was right: abstain rather than guess.

use hashbrown::HashMap;

use super::trace::Origins;
use super::{CLOCK_TOLERANCE_MS, Edges, Joins};
use crate::correlate::spans::{RunsBy, trace_of};
use crate::model::cores;
use crate::model::ids::TraceId;
use crate::model::invocation::InvocationIndex;
use crate::model::room::push;
use crate::model::rows::{Link, LinkTier};
use crate::model::span::SpanKind;
use crate::model::symbols::Sym;

mod timing;

/// An edge between two functions is known only by this many exact links.
const MIN_TRAINING: usize = 30;
/// A rule is used only where it was right this often.
const MIN_PRECISION: f64 = 0.99;
/// What a rule that passed is trusted with when nothing but the trace speaks for a parent.
const ONLY_IN_TRACE: f64 = 0.97;

/// A parent that a rule names, and how sure it is.
type Guess = (InvocationIndex, f64);

/// Adds what can be inferred at a posterior of at least 0.90.
pub(super) fn add(joins: &Joins<'_>, origins: &Origins, runs: &Runs<'_>, edges: &mut Edges) {
    let known = Known::new(joins, edges);
    let open = open_runs(joins, origins, edges, &known);
    // No family needs another.
    let links = cores::each(open.into_iter(), |(function, open)| {
        let family = Family {
            joins,
            origins,
            known: &known,
            runs,
            function,
        };
        family.infer(&open)
    });
    for links in links {
        edges.add_all(joins, links);
    }
}

/// The exact links.
struct Known<'a> {
    edges: &'a Edges,
    /// Places in `edges` by child function, then parent function, where there are enough of them.
    by_edge: HashMap<Sym, HashMap<Sym, Vec<u32>>>,
    /// Of each exact link its parent and the function of its child, in this order.
    calls: Vec<(InvocationIndex, Sym)>,
    /// By (parent function, child function): links whose parent waited, less those whose parent did not.
    waited: HashMap<(Sym, Sym), isize>,
}

impl<'a> Known<'a> {
    fn new(joins: &Joins<'_>, edges: &'a Edges) -> Self {
        let mut by_edge: HashMap<Sym, HashMap<Sym, Vec<u32>>> = HashMap::new();
        let mut calls = Vec::new();
        let mut waited = HashMap::new();
        let links = (0..).zip(&edges.found);
        for (at, link) in links.filter(|(_, link)| link.tier <= LinkTier::ProducedId) {
            let (parent, child) = (
                joins.run(link.parent).function,
                joins.run(link.child).function,
            );
            let by_parent = by_edge.entry(child).or_default();
            let links = by_parent.entry(parent).or_default();
            push(links, at);
            push(&mut calls, (link.parent, child));
            *waited.entry((parent, child)).or_default() += if link.synchronous { 1 } else { -1 };
        }
        for by_parent in by_edge.values_mut() {
            by_parent.retain(|_, links| links.len() >= MIN_TRAINING);
        }
        by_edge.retain(|_, by_parent| !by_parent.is_empty());
        calls.sort_unstable();
        Self {
            edges,
            by_edge,
            calls,
            waited,
        }
    }

    /// Whether runs of one function usually wait for the other.
    fn waits(&self, parent: Sym, child: Sym) -> bool {
        self.waited
            .get(&(parent, child))
            .is_some_and(|&most| most > 0)
    }

    fn link(&self, at: u32) -> &'a Link {
        &self.edges.found[at as usize]
    }
}

/// Runs without a parent that may have one, by function: no event came with them, and no trace says that they came from outside.
fn open_runs(
    joins: &Joins<'_>,
    origins: &Origins,
    edges: &Edges,
    known: &Known<'_>,
) -> HashMap<Sym, Vec<InvocationIndex>> {
    let mut fed = vec![false; joins.assembled.invocations.len()];
    for delivery in joins.deliveries {
        fed[delivery.invocation as usize] = true;
    }
    let mut open: HashMap<Sym, Vec<InvocationIndex>> = HashMap::new();
    for (at, run) in joins.assembled.invocations.iter().enumerate() {
        let child = at as InvocationIndex;
        let is_open = known.by_edge.contains_key(&run.function)
            && !edges.has_parent_above(LinkTier::Inferred, child)
            && !origins.outside[at]
            && (!fed[at] || origins.missing(child, run).is_some());
        if is_open {
            open.entry(run.function).or_default().push(child);
        }
    }
    open
}

/// Where candidates are looked up.
pub(super) struct Runs<'a> {
    /// In order of start.
    by_function: HashMap<Sym, Vec<InvocationIndex>>,
    by_trace: RunsBy<'a, TraceId>,
    /// Runs whose own segment arrived, and all their calls with it: no child of theirs lacks its parent span.
    whole: Vec<bool>,
    /// How many runs of each function came from outside.
    outside: HashMap<Sym, usize>,
}

impl<'a> Runs<'a> {
    pub(super) fn new(joins: &Joins<'a>, origins: &Origins) -> Self {
        let mut by_function: HashMap<Sym, Vec<InvocationIndex>> = HashMap::new();
        for (at, run) in (0..).zip(&joins.assembled.invocations) {
            let runs = by_function.entry(run.function).or_default();
            push(runs, at);
        }
        let mut whole = vec![false; joins.assembled.invocations.len()];
        for (at, span) in joins.facts.spans.iter().enumerate() {
            if let (SpanKind::LambdaFunction, Some(run)) = (span.kind, joins.owner(at)) {
                whole[run as usize] = true;
            }
        }
        let mut outside = HashMap::new();
        let runs = joins.assembled.invocations.iter();
        for (run, _) in runs.zip(&origins.outside).filter(|(_, outside)| **outside) {
            *outside.entry(run.function).or_default() += 1;
        }
        Self {
            by_function,
            by_trace: RunsBy::new(&joins.assembled.invocations, trace_of),
            whole,
            outside,
        }
    }
}

/// The runs of one child function.
struct Family<'a, 'j> {
    joins: &'a Joins<'j>,
    origins: &'a Origins,
    known: &'a Known<'a>,
    runs: &'a Runs<'j>,
    function: Sym,
}

impl Family<'_, '_> {
    fn infer(&self, open: &[InvocationIndex]) -> Vec<Link> {
        let timings = timing::learn(self);
        let by_trace = self.is_right(|child| self.in_trace(child));
        let by_time = self.is_right(|child| timing::guess(self, &timings, child));
        let guess = |child| {
            let first = by_trace.then(|| self.in_trace(child)).flatten();
            first.or_else(|| {
                by_time
                    .then(|| timing::guess(self, &timings, child))
                    .flatten()
            })
        };
        let mut claims: HashMap<InvocationIndex, Vec<(InvocationIndex, f64)>> = HashMap::new();
        let guesses = cores::rows(open, |_, &child| guess(child));
        for (&child, guess) in open.iter().zip(guesses) {
            if let Some((parent, confidence)) = guess {
                claims.entry(parent).or_default().push((child, confidence));
            }
        }
        // More claims than a parent makes calls: some of them are wrong, so none is made.
        let fits = |parent, count| self.calls_of(parent, &timings) >= count;
        claims
            .into_iter()
            .filter(|(parent, children)| fits(*parent, children.len()))
            .flat_map(|(parent, children)| {
                let link = move |(child, confidence)| self.link(parent, child, confidence);
                children.into_iter().map(link)
            })
            .collect()
    }

    fn link(&self, parent: InvocationIndex, child: InvocationIndex, confidence: f64) -> Link {
        Link {
            parent,
            child,
            tier: LinkTier::Inferred,
            confidence: confidence as f32,
            synchronous: self
                .known
                .waits(self.joins.run(parent).function, self.function)
                && self.joins.is_nested(parent, child),
        }
    }

    /// Odds that a run of the function was started by nobody known.
    fn odds_outside(&self) -> f64 {
        let outside = self.runs.outside.get(&self.function).copied().unwrap_or(0);
        let linked: usize = self.exact().map(|(_, links)| links.len()).sum();
        (outside as f64 + 0.5) / (linked as f64 + 0.5)
    }

    /// Places of the exact links into the function.
    fn exact(&self) -> impl Iterator<Item = (Sym, &[u32])> {
        let by_parent = self.known.by_edge.get(&self.function).into_iter().flatten();
        by_parent.map(|(&parent, links)| (parent, links.as_slice()))
    }

    /// How many more children of this function the run may have.
    fn calls_of(&self, parent: InvocationIndex, timings: &[timing::Timing]) -> usize {
        let function = self.joins.run(parent).function;
        let timing = timings.iter().find(|timing| timing.parent == function);
        timing
            .map_or(1, |timing| timing.calls)
            .saturating_sub(self.made(parent))
    }

    /// Children of this function that the run has.
    fn made(&self, parent: InvocationIndex) -> usize {
        let wanted = (parent, self.function);
        let calls = &self.known.calls;
        let first = calls.partition_point(|call| *call < wanted);
        calls[first..].partition_point(|call| *call == wanted)
    }

    /// Whether it has less than so many, a given one left out.
    fn may_make(&self, parent: InvocationIndex, child: InvocationIndex, most: usize) -> bool {
        let made = self.made(parent);
        made < most || made == most && self.known.edges.joins(parent, child)
    }

    /// Whether a rule, tried on the runs whose parent is known, names enough of them and hardly ever a wrong one.
    fn is_right(&self, rule: impl Fn(InvocationIndex) -> Option<Guess> + Sync) -> bool {
        let request = |at| self.joins.run(at).request_id;
        let (mut made, mut right) = (0usize, 0usize);
        for (_, links) in self.exact() {
            let tried = cores::rows(links, |_, &at| {
                let link = self.known.link(at);
                let (parent, _) = rule(link.child)?;
                Some(request(parent) == request(link.parent))
            });
            made += tried.iter().flatten().count();
            right += tried.iter().flatten().filter(|right| **right).count();
        }
        made >= MIN_TRAINING && right as f64 >= MIN_PRECISION * made as f64
    }

    /// The only run of a parent function in the trace of the child. Where the parent is known to be a span that is missing, runs
    /// whose segment arrived are not it.
    fn in_trace(&self, child: InvocationIndex) -> Option<Guess> {
        let run = self.joins.run(child);
        let missing = self.origins.missing(child, run);
        let trace = missing.or_else(|| run.trace.map(|context| context.trace))?;
        let by_parent = self.known.by_edge.get(&self.function)?;
        let mut candidates = self.runs.by_trace.find(&trace).filter(|&at| {
            let parent = self.joins.run(at);
            by_parent.contains_key(&parent.function)
                && parent.request_id != run.request_id
                && run.start.since(parent.start) >= -CLOCK_TOLERANCE_MS
                && (missing.is_none() || !self.runs.whole[at as usize])
        });
        let only = candidates.next()?;
        let is_only = candidates.next().is_none();
        is_only.then_some((only, ONLY_IN_TRACE))
    }
}
