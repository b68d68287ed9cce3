//! Links inferred for runs without evidence of their own, along edges that exact links have shown to exist. Each rule is first
//! tried on the runs whose parent is known and is used only where it was right: abstain rather than guess.

use hashbrown::HashMap;

use super::trace::Origins;
use super::{CLOCK_TOLERANCE_MS, Edges, Joins};
use crate::model::cores;
use crate::model::ids::TraceId;
use crate::model::invocation::InvocationIndex;
use crate::model::room::grow;
use crate::model::rows::{Link, LinkTier};
use crate::model::several::Several;
use crate::model::span::SpanKind;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

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
pub(super) fn add(joins: &Joins<'_>, origins: &Origins, runs: &Runs, edges: &mut Edges) {
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
    /// By child function, then parent function, where there are enough of them.
    by_edge: HashMap<Sym, HashMap<Sym, Vec<Link>>>,
    /// Children of each run in each function.
    calls: HashMap<(InvocationIndex, Sym), usize>,
    /// By (parent function, child function): links whose parent waited, less those whose parent did not.
    waited: HashMap<(Sym, Sym), isize>,
}

impl<'a> Known<'a> {
    fn new(joins: &Joins<'_>, edges: &'a Edges) -> Self {
        let mut by_edge: HashMap<Sym, HashMap<Sym, Vec<Link>>> = HashMap::new();
        let mut calls = HashMap::new();
        let mut waited = HashMap::new();
        let exact = edges
            .found
            .iter()
            .filter(|link| link.tier <= LinkTier::ProducedId);
        for link in exact {
            let (parent, child) = (
                joins.run(link.parent).function,
                joins.run(link.child).function,
            );
            let by_parent = by_edge.entry(child).or_default();
            let links = by_parent.entry(parent).or_default();
            grow(links, 1);
            links.push(*link);
            *calls.entry((link.parent, child)).or_default() += 1;
            *waited.entry((parent, child)).or_default() += if link.synchronous { 1 } else { -1 };
        }
        for by_parent in by_edge.values_mut() {
            by_parent.retain(|_, links| links.len() >= MIN_TRAINING);
        }
        by_edge.retain(|_, by_parent| !by_parent.is_empty());
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

    /// Children that the run has in a function, a given one left out.
    fn calls(&self, parent: InvocationIndex, function: Sym, but: InvocationIndex) -> usize {
        let made = self.calls.get(&(parent, function)).copied().unwrap_or(0);
        made.saturating_sub(usize::from(self.edges.joins(parent, but)))
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
            && (!fed[at] || origins.missing.contains_key(&child));
        if is_open {
            open.entry(run.function).or_default().push(child);
        }
    }
    open
}

/// When a run took place: what is asked of all runs stands close together.
struct Slot {
    start: Timestamp,
    end: Timestamp,
    at: InvocationIndex,
}

/// Where candidates are looked up.
pub(super) struct Runs {
    /// In order of start.
    by_function: HashMap<Sym, Vec<Slot>>,
    by_trace: Several<TraceId, InvocationIndex>,
    /// Runs whose own segment arrived, and all their calls with it: no child of theirs lacks its parent span.
    whole: Vec<bool>,
    /// How many runs of each function came from outside.
    outside: HashMap<Sym, usize>,
}

impl Runs {
    pub(super) fn new(joins: &Joins<'_>, origins: &Origins) -> Self {
        let mut by_function: HashMap<Sym, Vec<Slot>> = HashMap::new();
        let mut by_trace = Several::default();
        for (at, run) in joins.assembled.invocations.iter().enumerate() {
            let at = at as InvocationIndex;
            let slots = by_function.entry(run.function).or_default();
            grow(slots, 1);
            slots.push(Slot {
                start: run.start,
                end: run.end,
                at,
            });
            if let Some(context) = run.trace {
                by_trace.push(context.trace, at);
            }
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
            by_trace,
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
    runs: &'a Runs,
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

    /// The exact links into the function.
    fn exact(&self) -> impl Iterator<Item = (Sym, &[Link])> {
        let by_parent = self.known.by_edge.get(&self.function).into_iter().flatten();
        by_parent.map(|(&parent, links)| (parent, links.as_slice()))
    }

    /// How many more children of this function the run may have.
    fn calls_of(&self, parent: InvocationIndex, timings: &[timing::Timing]) -> usize {
        let function = self.joins.run(parent).function;
        let timing = timings.iter().find(|timing| timing.parent == function);
        let made = self.known.calls.get(&(parent, self.function));
        timing
            .map_or(1, |timing| timing.calls)
            .saturating_sub(made.copied().unwrap_or(0))
    }

    /// Whether a rule, tried on the runs whose parent is known, names enough of them and hardly ever a wrong one.
    fn is_right(&self, rule: impl Fn(InvocationIndex) -> Option<Guess> + Sync) -> bool {
        let request = |at| self.joins.run(at).request_id;
        let (mut made, mut right) = (0usize, 0usize);
        for (_, links) in self.exact() {
            let tried = cores::rows(links, |_, link| {
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
        let missing = self.origins.missing.get(&child).copied();
        let trace = missing.or_else(|| run.trace.map(|context| context.trace))?;
        let by_parent = self.known.by_edge.get(&self.function)?;
        let mut candidates = self.runs.by_trace.get(&trace).filter(|&at| {
            let parent = self.joins.run(*at);
            by_parent.contains_key(&parent.function)
                && parent.request_id != run.request_id
                && run.start.since(parent.start) >= -CLOCK_TOLERANCE_MS
                && (missing.is_none() || !self.runs.whole[*at as usize])
        });
        let only = candidates.next()?;
        let is_only = candidates.next().is_none();
        is_only.then_some((*only, ONLY_IN_TRACE))
    }
}
