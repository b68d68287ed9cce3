//! How late the latest events of a log group were: ingestion − timestamp.

use sketches_ddsketch::{Config, DDSketch};

/// Events in a generation.
const GENERATION: usize = 4_096;

/// Lateness over the last few thousand events, in two generations: the older is dropped when the younger is full.
#[derive(Default)]
pub(super) struct Lateness {
    young: DDSketch,
    old: DDSketch,
}

impl Lateness {
    /// One more event, so many milliseconds late. Clocks may differ: an event is not early.
    pub(super) fn saw(&mut self, ms: i64) {
        if self.young.count() >= GENERATION {
            self.old = std::mem::replace(&mut self.young, DDSketch::new(Config::defaults()));
        }
        self.young.add(ms.max(0) as f64);
    }

    /// How many of the latest events it rests on.
    pub(super) fn count(&self) -> usize {
        self.young.count() + self.old.count()
    }

    /// The lateness below which that share of events stayed, in milliseconds, to 1 %; `None` before the first.
    pub(super) fn percentile(&self, share: f64) -> Option<f64> {
        let mut both = self.young.clone();
        both.merge(&self.old).ok()?;
        both.quantile(share).ok().flatten()
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
