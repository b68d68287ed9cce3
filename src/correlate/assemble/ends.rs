//! Ends that no line tells.

use hashbrown::HashMap;

use crate::model::facts::Facts;
use crate::model::invocation::Assembled;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

use super::Draft;

/// Time that END and REPORT may take to be written once the timeout has struck.
const GRACE_MS: i64 = 5_000;
/// Lambda's longest timeout, for functions of which nothing is known.
const LONGEST_TIMEOUT_MS: i64 = 900_000;

/// Guesses the end of every attempt whose END and REPORT are missing.
///
/// While its timeout and 5 s more have not passed at the newest line, and nothing else started in its environment, it still
/// runs: it ends with the window. Otherwise its lines were lost: it took as long as its function usually does, but no longer
/// than until its timeout or the next start in its environment, and not less than its own lines show. Of a run that only its
/// application lines name, nothing tells more than that. Those of one environment stand together, in order of start.
pub(super) fn estimate(facts: &Facts, assembled: &Assembled, drafts: &mut [Draft]) {
    let usual = usual_lengths(drafts);
    let newest = facts.newest.unwrap_or_default();
    let mut next: Option<(u32, Timestamp)> = None;
    for Draft {
        run,
        ended,
        last_seen,
    } in drafts.iter_mut().rev()
    {
        let behind = next.replace((run.stream(), run.start));
        if *ended {
            continue;
        }
        if run.is_only_named() {
            run.end = *last_seen;
            run.end_estimated = true;
            continue;
        }
        let home = assembled.environment(run);
        let following = behind
            .filter(|(of, _)| *of == run.stream() && !home.concurrent)
            .map(|(_, start)| start);
        let usual = usual.get(&home.function).copied().unwrap_or_default();
        let timeout = facts
            .functions
            .get(&home.function)
            .and_then(|config| config.timeout_s)
            .map(|seconds| i64::from(seconds) * 1_000)
            .or(usual.longest)
            .unwrap_or(LONGEST_TIMEOUT_MS);
        let latest = run.start.plus_ms(timeout);
        let runs = following.is_none() && latest.plus_ms(GRACE_MS) > newest;
        let likely = match usual.median {
            Some(median) if !runs => run.start.plus_ms(median).min(latest),
            _ if runs => newest.min(latest),
            _ => latest,
        };
        let bounded = following.map_or(likely, |start| likely.min(start));
        run.end = bounded.max(*last_seen).max(run.start);
        run.end_estimated = true;
    }
}

/// How long the invocations of a function take, in milliseconds, by their REPORT lines.
#[derive(Clone, Copy, Default)]
struct Usual {
    median: Option<i64>,
    longest: Option<i64>,
}

fn usual_lengths(drafts: &[Draft]) -> HashMap<Sym, Usual> {
    let mut lengths: HashMap<Sym, Vec<i64>> = HashMap::new();
    // Those of one environment stand together.
    for alike in drafts.chunk_by(|one, other| one.run.function == other.run.function) {
        let known = alike.iter().filter_map(|draft| draft.run.duration_ms.get());
        let lengths = lengths.entry(alike[0].run.function).or_default();
        lengths.extend(known.map(|length| length.max(0.0) as i64));
    }
    let known = lengths.into_iter().filter(|(_, known)| !known.is_empty());
    known
        .map(|(function, mut lengths)| {
            let middle = lengths.len() / 2;
            let (_, median, _) = lengths.select_nth_unstable(middle);
            let median = Some(*median);
            let longest = lengths.iter().copied().max();
            (function, Usual { median, longest })
        })
        .collect()
}
