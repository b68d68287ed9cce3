//! How many environments of a function were busy at once.

use crate::model::invocation::Invocation;
use crate::model::rows::{Init, InitKind};
use crate::model::time::Timestamp;

/// `[from, to)` during which an invocation held an environment: its Duration, and the init that it waited for.
///
/// A restart after a crash lies inside the Duration; so does the second init after one that failed or timed out.
pub fn busy(invocation: &Invocation, inits: &[Init]) -> (Timestamp, Timestamp) {
    let waited = invocation
        .init
        .get()
        .and_then(|at| inits.get(at as usize))
        .filter(|row| row.cause.is_some() && row.kind != InitKind::ReinitAfterCrash)
        .and_then(|row| row.init_ms)
        .unwrap_or(0.0);
    let before = waited.clamp(0.0, 1e7).round() as i64;
    (invocation.start.plus_ms(-before), invocation.end)
}

/// The greatest number of intervals that overlap; one that ends when another starts makes room for it. What took less than the
/// millisecond of the stamps took some of it.
pub fn peak(intervals: &[(Timestamp, Timestamp)]) -> u64 {
    let mut starts: Vec<Timestamp> = intervals.iter().map(|(from, _)| *from).collect();
    let end = |&(from, to): &(Timestamp, Timestamp)| to.max(from.plus_ms(1));
    let mut ends: Vec<Timestamp> = intervals.iter().map(end).collect();
    starts.sort_unstable();
    ends.sort_unstable();
    let (mut peak, mut ended) = (0, 0);
    for (started, from) in starts.iter().enumerate() {
        while ends.get(ended).is_some_and(|to| to <= from) {
            ended += 1;
        }
        peak = peak.max(started + 1 - ended);
    }
    peak as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peak_of(intervals: &[(i64, i64)]) -> u64 {
        let moments = |&(from, to): &(i64, i64)| (Timestamp(from), Timestamp(to));
        peak(&intervals.iter().map(moments).collect::<Vec<_>>())
    }

    #[test]
    fn the_sweep_finds_the_published_peak() {
        assert_eq!(
            peak_of(&[(0, 100), (50, 150), (100, 200), (120, 130), (120, 180)]),
            4
        );
    }

    #[test]
    fn ends_come_before_starts() {
        assert_eq!(peak_of(&[(0, 100), (100, 200)]), 1);
        assert_eq!(peak_of(&[]), 0);
    }

    #[test]
    fn what_ran_for_less_than_a_millisecond_counts() {
        assert_eq!(peak_of(&[(5, 5)]), 1);
        assert_eq!(peak_of(&[(0, 10), (5, 5)]), 2);
    }
}
