//! Runs that only application lines tell of. At a system log level of `WARN` Lambda writes neither START nor REPORT of a run that
//! goes well; its own lines still name it.

use hashbrown::HashSet;

use crate::model::facts::Facts;
use crate::model::invocation::{Invocation, InvocationIndex};
use crate::model::symbols::Sym;

use super::attempts::Attempt;

/// Functions, by version, of whose runs Lambda tells: the log level is one for all environments of a version, so where one of them
/// has such lines those that another lacks were lost.
pub(super) fn told(facts: &Facts) -> HashSet<(Option<Sym>, Option<Sym>)> {
    let streams = facts.streams.iter().filter(|stream| stream.tells_runs);
    streams
        .map(|stream| (stream.function, stream.version))
        .collect()
}

/// Says of the attempts of a stream which of those without START and REPORT are runs all the same, by [`Attempt::named`]: none where
/// Lambda tells of runs, for there the lines of these were lost. An environment that runs one request at a time runs no two that
/// overlap: of ids that do, one is not that of a run, and only as many count as can stand one after the other.
pub(super) fn count(tells_runs: bool, concurrent: bool, attempts: &mut [Attempt]) {
    if tells_runs {
        for attempt in attempts {
            attempt.named = false;
        }
        return;
    }
    if concurrent {
        return;
    }
    let mut order: Vec<usize> = (0..attempts.len()).collect();
    // Those that end first, one after the other, are as many as there can be.
    order.sort_by_key(|&at| {
        let attempt = &attempts[at];
        (attempt.last_seen, attempt.start, at)
    });
    let mut free = None;
    for at in order {
        let attempt = &mut attempts[at];
        if attempt.told() {
            continue;
        }
        let fits = free.is_none_or(|free| attempt.start >= free);
        attempt.named &= fits;
        if attempt.named {
            free = Some(attempt.last_seen);
        }
    }
}

/// An id under which another function ran is that of a call, not of a run here: takes those out of the count.
pub(super) fn drop_foreign(runs: &mut [Invocation], same_request: &[InvocationIndex]) {
    let told = |run: &Invocation| run.counted && !run.is_only_named();
    let elsewhere = same_request.iter().find(|&&at| told(&runs[at as usize]));
    let Some(function) = elsewhere.map(|&at| runs[at as usize].function) else {
        return;
    };
    for &at in same_request {
        let run = &mut runs[at as usize];
        run.counted &= run.function == function || !run.is_only_named();
    }
}
