//! What the requests that enter by a function wait for starts, wherever on their critical path.

use std::cmp::Reverse;

use hashbrown::HashMap;

use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::grouped::Grouped;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::ColdRequests;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// Links below are guesses about traffic, not about this request.
const CONFIDENT: f32 = 0.9;
/// No chain of calls is followed further.
const DEEPEST: usize = 64;
/// A request is slow beyond this share of all.
const SLOW: f64 = 0.99;
/// Fewer requests have no tail.
const ENOUGH: usize = 100;

/// One request: how long it took, and how much of that it waited for starts.
#[derive(Clone, Copy)]
struct Request {
    took_ms: i64,
    felt_ms: i64,
}

/// Figures of the requests that enter by each function: runs that nothing called or fed.
pub(super) fn by_entry(analysis: &Analysis) -> HashMap<Sym, ColdRequests> {
    let calls = Calls::of(analysis);
    let mut entries: HashMap<Sym, Vec<Request>> = HashMap::new();
    for (at, run) in (0..).zip(&analysis.assembled.invocations) {
        if !run.counted || run.is_only_named() || calls.is_called[at as usize] {
            continue;
        }
        let took_ms = run.end.since(run.start).max(0) + calls.felt_ms(at);
        let felt_ms = calls.felt_on_path(at, run.end, 0).min(took_ms);
        entries
            .entry(run.function)
            .or_default()
            .push(Request { took_ms, felt_ms });
    }
    let figures = |(function, requests): (Sym, Vec<Request>)| Some((function, of(&requests)?));
    entries.into_iter().filter_map(figures).collect()
}

fn of(requests: &[Request]) -> Option<ColdRequests> {
    let is_cold = |request: &&Request| request.felt_ms > 0;
    let cold = requests.iter().filter(is_cold).count() as u64;
    let sum = |part: fn(&Request) -> i64| requests.iter().map(part).sum::<i64>() as f64;
    let (took, felt) = (
        sum(|request| request.took_ms),
        sum(|request| request.felt_ms),
    );
    let tail = tail(requests);
    Some(ColdRequests {
        requests: requests.len() as u64,
        cold: wilson(cold, requests.len() as u64)?,
        felt_share: if took > 0.0 { felt / took } else { 0.0 },
        tail_share: tail.map(|tail| tail.share),
        relative_risk: tail.and_then(|tail| tail.risk),
    })
}

#[derive(Clone, Copy)]
struct Tail {
    share: f64,
    risk: Option<f64>,
}

/// How many of the slowest requests were cold, and how many times likelier a cold request is slow than a warm one; `None` for few
/// requests, or where none is slower than the rest.
fn tail(requests: &[Request]) -> Option<Tail> {
    if requests.len() < ENOUGH {
        return None;
    }
    let mut took: Vec<i64> = requests.iter().map(|request| request.took_ms).collect();
    took.sort_unstable();
    let rank = (SLOW * took.len() as f64).ceil() as usize;
    let limit = took[rank.clamp(1, took.len()) - 1];
    let count = |wanted: &dyn Fn(&Request) -> bool| {
        requests.iter().filter(|one| wanted(one)).count() as f64
    };
    let slow = count(&|one| one.took_ms > limit);
    let slow_cold = count(&|one| one.took_ms > limit && one.felt_ms > 0);
    let cold = count(&|one| one.felt_ms > 0);
    let (warm, slow_warm) = (requests.len() as f64 - cold, slow - slow_cold);
    (slow > 0.0).then(|| Tail {
        share: slow_cold / slow,
        risk: (cold > 0.0 && slow_warm > 0.0).then(|| (slow_cold / cold) / (slow_warm / warm)),
    })
}

/// Who called whom.
struct Calls<'a> {
    analysis: &'a Analysis,
    /// Of each run, whether something called or fed it.
    is_called: Vec<bool>,
    /// Runs that a run waited for, the last to end first.
    awaited: Grouped,
}

impl<'a> Calls<'a> {
    fn of(analysis: &'a Analysis) -> Self {
        let runs = analysis.assembled.invocations.len();
        let links = analysis.links.iter();
        let sure = links.filter(|link| link.confidence >= CONFIDENT);
        let mut is_called = vec![false; runs];
        for link in sure.clone() {
            is_called[link.child as usize] = true;
        }
        let waits = sure.filter(|link| link.synchronous);
        let mut awaited = Grouped::of(runs, waits.map(|link| (link.parent, link.child)));
        awaited.sort_by_key(|child| Reverse((analysis.invocation(child).end, child)));
        Self {
            analysis,
            is_called,
            awaited,
        }
    }

    fn felt_ms(&self, at: InvocationIndex) -> i64 {
        let init = self.analysis.invocation(at).init.get();
        let felt = init.and_then(|init| self.analysis.inits.get(init as usize)?.felt_ms);
        felt.map_or(0, |felt| felt.clamp(0.0, 900_000.0) as i64)
    }

    /// Milliseconds of starts on the critical path through a run, up to `to`: back from its end to the call that ended last before,
    /// through that to its start, and on from there.
    fn felt_on_path(&self, at: InvocationIndex, to: Timestamp, depth: usize) -> i64 {
        let mut felt = self.felt_ms(at);
        let run = self.analysis.invocation(at);
        let mut to = to;
        for &child in self.awaited.get(at) {
            let callee = self.analysis.invocation(child);
            let began = callee.start.plus_ms(-self.felt_ms(child));
            let end = callee.end.min(to);
            if depth == DEEPEST || began >= to || end <= run.start {
                continue;
            }
            felt += self.felt_on_path(child, end, depth + 1);
            to = began;
        }
        felt
    }
}
