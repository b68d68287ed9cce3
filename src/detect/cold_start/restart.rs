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
    let mut restarted: Vec<Option<Option<f32>>> = vec![None; place.runs.len()];
    for (at, pair) in place.runs.windows(2).enumerate() {
        if pair[0].1.crashed {
            restarted[at + 1] = Some(None);
        }
    }
    // A start line after the first invocation began belongs to the next one; INIT_REPORT of the invoke phase to the one that
    // runs then.
    for &(at, length) in &lines.later {
        let next = place.runs.partition_point(|(_, run)| run.start < at);
        note(&mut restarted, next, length);
    }
    for &(at, length) in &lines.inside {
        let within = place.runs.partition_point(|(_, run)| run.start <= at);
        note(&mut restarted, within.max(1) - 1, Some(length));
    }
    let created = lines.line.is_some()
        || place
            .runs
            .first()
            .is_some_and(|(_, run)| run.init_ms.is_some());
    let unseen_start = usize::from(created);
    place
        .runs
        .iter()
        .zip(restarted)
        .skip(unseen_start)
        .filter_map(|(&(at, run), restarted)| {
            let init_ms = restarted?.or(run.init_ms);
            Some(Init {
                version: run.version,
                init_ms,
                felt_ms: init_ms,
                invocation: Some(at),
                request_id: Some(run.request_id),
                line: Some(run.first_line),
                ..place.row(InitKind::ReinitAfterCrash, run.start)
            })
        })
        .collect()
}

fn note(restarted: &mut [Option<Option<f32>>], at: usize, length: Option<f32>) {
    if let Some(slot) = restarted.get_mut(at) {
        let known = slot.unwrap_or(None);
        *slot = Some(known.or(length));
    }
}
