//! Cuts the time of a run into what goes on in it.

use super::{Kind, Stretch};
use crate::model::time::Timestamp;

/// The stretches of a run `[start, end)` in which `parts` go on, the rest being its own; before it `felt_ms` of init.
pub(super) fn of_run(
    (start, end): (Timestamp, Timestamp),
    felt_ms: i64,
    parts: &[Stretch],
) -> Vec<Stretch> {
    let mut turns: Vec<(Timestamp, Kind, i32)> =
        vec![(start, Kind::Runs, 1), (end, Kind::Runs, -1)];
    for part in parts {
        let (from, to) = (part.from.max(start), part.to.min(end));
        if from < to {
            turns.push((from, part.kind, 1));
            turns.push((to, part.kind, -1));
        }
    }
    turns.sort_unstable();
    let mut stretches = Vec::new();
    if felt_ms > 0 {
        push(&mut stretches, start.plus_ms(-felt_ms), start, Kind::Cold);
    }
    let mut active = [0i32; 6];
    let mut since = start;
    for (at, kind, change) in turns {
        if let Some(strongest) = KINDS.into_iter().find(|kind| active[*kind as usize] > 0) {
            push(&mut stretches, since, at, strongest);
        }
        active[kind as usize] += change;
        since = at;
    }
    stretches
}

/// In the order in which they count.
const KINDS: [Kind; 6] = [
    Kind::Refused,
    Kind::Cold,
    Kind::Waits,
    Kind::WaitsToRetry,
    Kind::Queued,
    Kind::Runs,
];

/// Adds a stretch, or lets the last one of its kind go on.
fn push(stretches: &mut Vec<Stretch>, from: Timestamp, to: Timestamp, kind: Kind) {
    if from >= to {
        return;
    }
    match stretches.last_mut() {
        Some(last) if last.kind == kind && last.to == from => last.to = to,
        _ => stretches.push(Stretch { from, to, kind }),
    }
}

/// The time that stretches of a kind take.
pub(super) fn total_ms(stretches: &[Stretch], kind: Kind) -> i64 {
    stretches
        .iter()
        .filter(|stretch| stretch.kind == kind)
        .map(|stretch| stretch.to.since(stretch.from))
        .sum()
}

/// What of the stretches lies in `[from, to)`.
pub(super) fn within(
    stretches: &[Stretch],
    from: Timestamp,
    to: Timestamp,
) -> impl DoubleEndedIterator<Item = Stretch> {
    stretches.iter().filter_map(move |stretch| {
        let (from, to) = (stretch.from.max(from), stretch.to.min(to));
        (from < to).then_some(Stretch {
            from,
            to,
            kind: stretch.kind,
        })
    })
}
