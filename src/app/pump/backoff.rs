//! Waits that grow while a source fails, and are spread so that many sources do not ask at once.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64_with_seed;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);

/// The growing wait of one source. Spread by a seed, not by chance: the same run waits the same.
#[derive(Debug)]
pub(super) struct Backoff {
    base: Duration,
    state: u64,
}

impl Backoff {
    pub(super) fn new(seed: u64, name: &str) -> Self {
        Self {
            base: FIRST,
            state: xxh3_64_with_seed(name.as_bytes(), seed),
        }
    }

    /// The wait after another failure: 200 ms, doubling to 30 s, less up to a quarter.
    pub(super) fn next_wait(&mut self) -> Duration {
        let wait = self.jitter(self.base);
        self.base = (self.base * 2).min(LONGEST);
        wait
    }

    /// Begins anew after a success.
    pub(super) fn reset(&mut self) {
        self.base = FIRST;
    }

    /// `wait`, less up to a quarter.
    pub(super) fn jitter(&mut self, wait: Duration) -> Duration {
        self.state = xxh3_64_with_seed(&self.state.to_le_bytes(), self.state);
        let share = (self.state >> 11) as f64 / (1u64 << 53) as f64;
        wait.mul_f64(1.0 - share / 4.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_from_200_ms_to_30_s_within_a_quarter() {
        let mut backoff = Backoff::new(7, "logs a");
        let bases = [
            200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000,
        ];
        for base in bases.map(Duration::from_millis) {
            let wait = backoff.next_wait();
            assert!(wait <= base, "{wait:?} of {base:?}");
            assert!(wait >= base.mul_f64(0.75), "{wait:?} of {base:?}");
        }
        backoff.reset();
        assert!(backoff.next_wait() <= FIRST);
    }

    #[test]
    fn sources_wait_differently_and_runs_alike() {
        let wait = |name| Backoff::new(7, name).jitter(LONGEST);
        assert_ne!(wait("logs a"), wait("logs b"));
        assert_eq!(wait("logs a"), wait("logs a"));
    }
}
