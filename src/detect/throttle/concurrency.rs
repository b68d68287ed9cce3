//! Runs in progress at once: the sweep line, room under a limit, slots that a demand needs.

use std::collections::BTreeMap;

use crate::model::invocation::Invocation;
use crate::model::time::{MINUTE_MS, Timestamp};

/// No run occupies a slot for longer: 15 minutes is the highest time-out, and an init may last as long.
const LONGEST_MS: i64 = 30 * MINUTE_MS;

/// Slots in use over one minute.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Load {
    pub peak: u32,
    /// Average over the minute: run-milliseconds / 60,000.
    pub mean: f64,
}

/// The half-open stretch `[start − felt, end)` in which a run occupies a slot: an init that its request waited for counts.
pub fn occupied(run: &Invocation, felt_ms: f64) -> (Timestamp, Timestamp) {
    let felt = felt_ms.clamp(0.0, LONGEST_MS as f64) as i64;
    let start = run.start.plus_ms(-felt);
    (start, run.end.min(start.plus_ms(LONGEST_MS)))
}

/// Slots in use by minute, of minutes in which any was. At equal times ends come before starts.
pub fn by_minute(
    stretches: impl IntoIterator<Item = (Timestamp, Timestamp)>,
) -> BTreeMap<Timestamp, Load> {
    let mut turns: Vec<(i64, i32)> = Vec::new();
    for (start, end) in stretches {
        if start < end {
            turns.push((start.0, 1));
            turns.push((end.0, -1));
        }
    }
    turns.sort_unstable();
    let mut loads: BTreeMap<Timestamp, Load> = BTreeMap::new();
    let mut busy = 0i64;
    let mut since = 0i64;
    for (at, change) in turns {
        let mut from = since;
        while busy > 0 && from < at {
            let minute = Timestamp(from).minute();
            let to = at.min(minute.0 + MINUTE_MS);
            let load = loads.entry(minute).or_default();
            load.peak = load.peak.max(busy as u32);
            load.mean += (to - from) as f64 * busy as f64 / MINUTE_MS as f64;
            from = to;
        }
        busy += i64::from(change);
        since = at;
    }
    loads
}

/// Share of a limit that is free at the peak; negative where the limit was lowered meanwhile, `None` without a limit.
pub fn headroom(peak: u32, limit: u32) -> Option<f64> {
    (limit > 0).then(|| 1.0 - f64::from(peak) / f64::from(limit))
}

/// Little's law: the slots that `calls_per_minute` of `seconds` each keep busy on average.
pub fn needed_slots(calls_per_minute: f64, seconds: f64) -> f64 {
    calls_per_minute / 60.0 * seconds
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(of: &[(i64, i64)]) -> Vec<(Timestamp, Timestamp)> {
        of.iter()
            .map(|&(start, end)| (Timestamp(start), Timestamp(end)))
            .collect()
    }

    #[test]
    fn the_sweep_gives_peak_and_mean() {
        // Busy run-milliseconds are 100 + 100 + 100 + 10 + 60 = 370: over 200 ms that is 1.85 at once, over the minute 370/60000.
        // At 120 to 130 four run: [50,150) [100,200) [120,130) [120,180); the first ended as the third began.
        let loads = by_minute(stretches(&[
            (0, 100),
            (50, 150),
            (100, 200),
            (120, 130),
            (120, 180),
        ]));
        let load = loads[&Timestamp(0)];
        assert_eq!(load.peak, 4);
        assert!((load.mean * 60_000.0 / 200.0 - 1.85).abs() < 1e-9);
    }

    #[test]
    fn a_run_over_several_minutes_is_busy_in_each() {
        let loads = by_minute(stretches(&[(30_000, 150_000)]));
        let means: Vec<f64> = loads.values().map(|load| load.mean).collect();
        assert_eq!(means, [0.5, 1.0, 0.5]);
        assert!(loads.values().all(|load| load.peak == 1));
    }

    #[test]
    fn littles_law_and_room() {
        // 300 calls a minute of 4.45 s each keep 22.25 slots busy.
        assert!((needed_slots(300.0, 4.45) - 22.25).abs() < 1e-9);
        assert_eq!(headroom(46, 100), Some(0.54));
        assert_eq!(headroom(3, 0), None);
    }
}
