//! How late the latest events of a log group were: ingestion − timestamp.

use sketches_ddsketch::{Config, DDSketch};

use crate::model::time::{MINUTE_MS, Timestamp};

/// Events in a generation, and how long it grows: a straggler of a quiet group is not remembered for days.
const GENERATION: usize = 4_096;
const GROWS_MS: i64 = 30 * MINUTE_MS;

/// Lateness over the last few thousand events of the last hour, in two generations: the older is dropped when the younger is full
/// or of age.
#[derive(Default)]
pub(super) struct Lateness {
    young: DDSketch,
    old: DDSketch,
    turned_at: Option<Timestamp>,
    /// Median of the last generation, for when all were forgotten.
    usual: Option<f64>,
}

impl Lateness {
    /// One more event, so many milliseconds late. Clocks may differ: an event is not early.
    pub(super) fn saw(&mut self, ms: i64) {
        if self.young.count() >= GENERATION {
            self.turn();
        }
        self.young.add(ms.max(0) as f64);
    }

    /// Forgets what is of age at that moment.
    pub(super) fn pass(&mut self, at: Timestamp) {
        let turned_at = *self.turned_at.get_or_insert(at);
        if at.since(turned_at) >= GROWS_MS {
            self.turned_at = Some(at);
            self.turn();
        }
    }

    fn turn(&mut self) {
        let young = std::mem::replace(&mut self.young, DDSketch::new(Config::defaults()));
        self.usual = young.quantile(0.5).ok().flatten().or(self.usual);
        self.old = young;
    }

    /// How many of the latest events it rests on.
    pub(super) fn count(&self) -> usize {
        self.young.count() + self.old.count()
    }

    /// The lateness below which that share of events stayed, in milliseconds, to 1 %; of none lately, what was usual before. `None`
    /// before the first.
    pub(super) fn percentile(&self, share: f64) -> Option<f64> {
        let mut both = self.young.clone();
        both.merge(&self.old).ok()?;
        both.quantile(share).ok().flatten().or(self.usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_the_latest_events_to_one_percent() {
        let mut lateness = Lateness::default();
        assert_eq!(lateness.percentile(0.5), None);
        (0..9_000).for_each(|_| lateness.saw(60_000));
        (1..=8_192).for_each(|at| lateness.saw(at % 100));
        let median = lateness.percentile(0.5).unwrap();
        assert!((48.0..=51.0).contains(&median), "{median}");
        assert!(lateness.percentile(0.999).unwrap() < 101.0, "forgotten");
    }
}
