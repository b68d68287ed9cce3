//! Restarts: the runtime of an environment died, and its next invocation paid for a new one.

use crate::model::rows::{Init, InitKind};

use super::Place;
use super::lines::InitLines;

/// One row per invocation that ran after a crash in the same environment, or in which an init ran that no lost line explains
/// otherwise. Where many invocations run at once, each worker writes init lines of its own: there nothing can be told.
pub(super) fn rows(place: &Place<'_>, lines: &InitLines) -> Vec<Init> {
    if place.home.concurrent {
        return Vec::new();
    }
    let mut restarts = vec![Restart::default(); place.runs.len()];
    for (at, pair) in place.runs.windows(2).enumerate() {
        restarts[at + 1].seen = pair[0].1.crashed;
    }
    // A start line after the first invocation began belongs to the next one; INIT_REPORT of the invoke phase to the one that
    // runs then.
    for &(at, length) in &lines.later {
        let next = place.runs.partition_point(|(_, run)| run.start < at);
        note(&mut restarts, next, length);
    }
    for &(at, length) in &lines.inside {
        let within = place.runs.partition_point(|(_, run)| run.start <= at);
        note(&mut restarts, within.max(1) - 1, Some(length));
    }
    let first = place.runs.first().map(|(_, run)| run);
    let created = lines.line.is_some() || first.is_some_and(|run| run.init_ms.get().is_some());
    place
        .runs
        .iter()
        .zip(restarts)
        .skip(usize::from(created))
        .filter(|(_, restart)| restart.seen)
        .map(|(&(at, run), restart)| {
            let init_ms = restart.init_ms.or(run.init_ms.get());
            Init {
                init_ms,
                felt_ms: init_ms,
                invocation: Some(at),
                request_id: Some(run.request_id),
                line: Some(run.first_line),
                ..place.row(InitKind::ReinitAfterCrash, run.start)
            }
        })
        .collect()
}

/// What tells that the runtime was started again for an invocation.
#[derive(Clone, Copy, Default)]
struct Restart {
    seen: bool,
    init_ms: Option<f32>,
}

fn note(restarts: &mut [Restart], at: usize, length: Option<f32>) {
    if let Some(restart) = restarts.get_mut(at) {
        restart.seen = true;
        restart.init_ms = restart.init_ms.or(length);
    }
}
