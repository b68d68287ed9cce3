//! What failed runs were waiting for: the callee that refused them, failed them or kept them.

use hashbrown::HashMap;

use crate::model::analysis::Analysis;
use crate::model::fact::Kinds;
use crate::model::invocation::{Invocation, InvocationIndex};
use crate::model::rows::Link;
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::words::count;

/// A run is kept by a callee that took this share of its time, or was still busy when it ended.
const KEPT: f64 = 0.5;
/// A cause stands behind at least half of the runs.
const MOST: usize = 2;

/// How a callee let its caller down, worst evidence first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum How {
    Refused,
    Failed,
    Slow,
}

/// The one callee behind most of some failed runs; empty where none is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Blame {
    /// Callee, how, and in how many of the runs.
    callee: Option<(Sym, How, u64)>,
}

impl Blame {
    /// Looks at the own lines and at the synchronous calls of each of `runs`.
    pub(super) fn of(analysis: &Analysis, runs: &[InvocationIndex]) -> Self {
        let mut votes: HashMap<(Sym, How), u64> = HashMap::new();
        for at in runs {
            if let Some(vote) = refused(analysis, *at).or_else(|| let_down(analysis, *at)) {
                *votes.entry(vote).or_insert(0) += 1;
            }
        }
        let most = votes
            .into_iter()
            .max_by(|((a, how_a), votes_a), ((b, how_b), votes_b)| {
                votes_a
                    .cmp(votes_b)
                    .then(how_b.cmp(how_a))
                    .then_with(|| analysis.text(*b).cmp(analysis.text(*a)))
            });
        let callee = most
            .filter(|(_, votes)| *votes as usize * MOST >= runs.len())
            .map(|((callee, how), votes)| (callee, how, votes));
        Self { callee }
    }

    /// The callee as a candidate names what it waits for.
    pub(super) fn resources(&self) -> Vec<Sym> {
        self.callee.iter().map(|(callee, ..)| *callee).collect()
    }

    /// Name of the callee, without the kind of resource.
    pub(super) fn name(&self, analysis: &Analysis) -> Option<String> {
        let (callee, ..) = self.callee?;
        let text = analysis.text(callee);
        let name = text.strip_prefix("lambda:").unwrap_or(text);
        Some(plain(name).into_owned())
    }

    /// `calls to stock were refused in 41 of them`.
    pub(super) fn words(&self, analysis: &Analysis) -> Option<String> {
        let (_, how, votes) = self.callee?;
        let name = self.name(analysis)?;
        let votes = count(votes);
        Some(match how {
            How::Refused => format!("{name} refused the calls of {votes} of them"),
            How::Failed => format!("their call to {name} failed in {votes} of them"),
            How::Slow => format!("{name} kept {votes} of them waiting"),
        })
    }
}

/// The resource that the run's last refusal names: a line that names only the service says less than one that names more.
fn refused(analysis: &Analysis, at: InvocationIndex) -> Option<(Sym, How)> {
    let run = analysis.invocation(at);
    let lines = analysis.assembled.app_lines_of(run, Kinds::REFUSED);
    let resources =
        lines.filter_map(|line| analysis.facts.app(line, Kinds::REFUSED)?.refused?.resource);
    let named = |resource: &Sym| analysis.text(*resource).contains(':');
    let resource = resources.max_by_key(named)?;
    Some((resource, How::Refused))
}

/// The synchronous callee that failed last, else the one that took most of the run's time.
fn let_down(analysis: &Analysis, at: InvocationIndex) -> Option<(Sym, How)> {
    let run = analysis.invocation(at);
    let calls = || calls_of(analysis, at).filter(|link| link.synchronous);
    let child = |link: &Link| analysis.invocation(link.child);
    let failed = calls()
        .map(child)
        .filter(|callee| callee.status.failed())
        .max_by_key(|callee| callee.end);
    if let Some(callee) = failed {
        return Some((callee.function, How::Failed));
    }
    let time = |callee: &Invocation| {
        callee
            .end
            .min(run.end)
            .since(callee.start.max(run.start))
            .max(0)
    };
    let longest = calls()
        .map(child)
        .max_by_key(|callee| (time(callee), callee.start))?;
    let kept =
        time(longest) as f64 >= KEPT * run.end.since(run.start) as f64 || longest.end > run.end;
    kept.then_some((longest.function, How::Slow))
}

/// The links from one invocation. They are sorted by the texts of the parents' request ids, which are the ids themselves.
fn calls_of(analysis: &Analysis, at: InvocationIndex) -> impl Iterator<Item = &Link> {
    let parent = |link: &Link| analysis.invocation(link.parent).request_id;
    let wanted = analysis.invocation(at).request_id;
    let start = analysis.links.partition_point(|link| parent(link) < wanted);
    analysis.links[start..]
        .iter()
        .take_while(move |link| parent(link) == wanted)
        .filter(move |link| link.parent == at)
}
