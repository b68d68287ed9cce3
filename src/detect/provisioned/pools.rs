//! The replay: warm slots first, then environments on demand.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// One request: when it came, in milliseconds, and how long it ran once it had an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Arrival {
    pub(super) at: i64,
    pub(super) length_ms: i64,
}

/// What came of all requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Replay {
    /// Found no slot free.
    pub(super) spilled: u64,
    /// Of these, had to start an environment.
    pub(super) colds: u64,
    /// Time for which slots were used.
    pub(super) served_ms: i64,
}

/// Replays arrivals, in order of time, against `slots` that are always warm and a pool on demand: there the environment that
/// was used last is used first, and one idle for longer than `idle_life_ms` is gone.
pub(super) fn replay(arrivals: &[Arrival], slots: u32, init_ms: i64, idle_life_ms: i64) -> Replay {
    let mut done = Replay::default();
    let mut warm: BinaryHeap<Reverse<i64>> = (0..slots).map(|_| Reverse(i64::MIN)).collect();
    let mut busy: BinaryHeap<Reverse<i64>> = BinaryHeap::new();
    // Ends come off the heap in order, so the last of these was used last.
    let mut idle: Vec<i64> = Vec::new();
    for arrival in arrivals {
        let free = warm
            .peek()
            .is_some_and(|Reverse(until)| *until <= arrival.at);
        if free {
            warm.pop();
            warm.push(Reverse(arrival.at.saturating_add(arrival.length_ms)));
            done.served_ms = done.served_ms.saturating_add(arrival.length_ms);
            continue;
        }
        done.spilled += 1;
        while let Some(&Reverse(end)) = busy.peek().filter(|Reverse(end)| *end <= arrival.at) {
            busy.pop();
            idle.push(end);
        }
        let reused = idle
            .pop()
            .filter(|since| arrival.at.saturating_sub(*since) <= idle_life_ms);
        let init = if reused.is_some() {
            0
        } else {
            idle.clear();
            done.colds += 1;
            init_ms
        };
        let length = arrival.length_ms.saturating_add(init);
        busy.push(Reverse(arrival.at.saturating_add(length)));
    }
    done
}
