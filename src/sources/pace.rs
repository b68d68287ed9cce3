//! How often a service may be asked: one token bucket an API, so that all log groups share the account's quota.

use std::time::Duration;

use crate::model::time::Timestamp;

/// Share of a quota that nepho takes; the rest is left to the team's own tools.
pub const SHARE: f64 = 0.5;

/// Calls a second where the service publishes no quota.
const UNPUBLISHED: f64 = 5.0;

/// The pace never falls below one call in ten seconds, so that it can recover.
const SLOWEST: f64 = 0.1;

/// Calm after which a slowed pace rises by a quarter.
const RECOVERY_MS: i64 = 5_000;

/// Time over which the shown calls a second are averaged.
const SHOWN_OVER_MS: f64 = 30_000.0;

/// A bucket of tokens that fills at an allowed rate; it holds one second's worth.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Calls a second when nothing was refused.
    ceiling: f64,
    /// Calls a second now.
    rate: f64,
    /// When the next call may be made, in milliseconds since the epoch.
    free_at: f64,
    changed_at: Timestamp,
    shown: f64,
    shown_at: Timestamp,
}

impl Bucket {
    /// A full bucket for an API that grants `quota` calls a second, of which `share` is taken.
    pub fn new(quota: Option<f64>, share: f64, now: Timestamp) -> Self {
        let ceiling = ceiling(quota, share);
        Self {
            ceiling,
            rate: ceiling,
            free_at: now.0 as f64 - 1_000.0,
            changed_at: now,
            shown: 0.0,
            shown_at: now,
        }
    }

    /// Takes the share of another quota: the region, and so the quota, is known once the configuration was read.
    pub fn regrade(&mut self, quota: Option<f64>, share: f64) {
        let ceiling = ceiling(quota, share);
        self.rate *= ceiling / self.ceiling;
        self.ceiling = ceiling;
    }

    /// Reserves the next call, first come first served; how long it has to wait.
    pub fn reserve(&mut self, now: Timestamp) -> Duration {
        let now_ms = now.0 as f64;
        let step = 1_000.0 / self.rate;
        let at = self.free_at.max((now_ms - 1_000.0 + step).min(now_ms));
        self.free_at = at + step;
        self.shown = self.per_second(now) + 1_000.0 / SHOWN_OVER_MS;
        self.shown_at = now;
        Duration::from_secs_f64((at - now_ms).max(0.0) / 1_000.0)
    }

    /// The service refused a call: half the pace. Refusals within a second of each other are one.
    pub fn refused(&mut self, now: Timestamp) {
        if self.rate < self.ceiling && now.since(self.changed_at) < 1_000 {
            return;
        }
        self.rate = (self.rate / 2.0).max(SLOWEST);
        self.changed_at = now;
    }

    /// A call went through: after five calm seconds the pace rises by a quarter, up to its share.
    pub fn granted(&mut self, now: Timestamp) {
        if self.rate < self.ceiling && now.since(self.changed_at) >= RECOVERY_MS {
            self.rate = (self.rate * 1.25).min(self.ceiling);
            self.changed_at = now;
        }
    }

    /// Calls a second that are allowed now.
    pub fn allowed(&self) -> f64 {
        self.rate
    }

    /// Calls a second over the last half minute, fading.
    pub fn per_second(&self, now: Timestamp) -> f64 {
        let age = now.since(self.shown_at).max(0) as f64;
        self.shown * (-age / SHOWN_OVER_MS).exp()
    }
}

fn ceiling(quota: Option<f64>, share: f64) -> f64 {
    (quota.unwrap_or(UNPUBLISHED) * share).max(SLOWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls let through in each of `seconds`, when asked for as often as possible.
    fn calls_per_second(bucket: &mut Bucket, seconds: usize) -> Vec<u32> {
        let mut calls = vec![0; seconds];
        let mut now = Timestamp(0);
        loop {
            now = now.plus_ms(bucket.reserve(now).as_millis() as i64);
            let Some(cell) = calls.get_mut((now.0 / 1_000) as usize) else {
                return calls;
            };
            *cell += 1;
        }
    }

    #[test]
    fn takes_half_of_ten_a_second_after_a_burst_of_one_second() {
        let mut bucket = Bucket::new(Some(10.0), SHARE, Timestamp(0));
        let calls = calls_per_second(&mut bucket, 10);
        assert!(
            calls[0] <= 10,
            "the burst of 5 and the first second: {calls:?}"
        );
        assert!(calls[1..].iter().all(|&calls| calls <= 6), "{calls:?}");
        let sum = calls.iter().sum::<u32>();
        assert!((49..=55).contains(&sum), "no token is lost: {calls:?}");
    }

    #[test]
    fn a_refusal_halves_the_pace_and_calm_restores_it() {
        let mut bucket = Bucket::new(Some(10.0), SHARE, Timestamp(0));
        let about = |bucket: &Bucket, rate: f64| (bucket.allowed() - rate).abs() < 1e-9;
        bucket.refused(Timestamp(10_000));
        bucket.refused(Timestamp(10_400));
        assert!(about(&bucket, 2.5), "one burst of refusals is one");
        bucket.refused(Timestamp(11_500));
        assert!(about(&bucket, 1.25));
        bucket.granted(Timestamp(12_000));
        assert!(about(&bucket, 1.25), "not yet calm");
        for second in 0..60 {
            bucket.granted(Timestamp(17_000 + second * 1_000));
        }
        assert!(about(&bucket, 5.0), "never above its share");
    }

    #[test]
    fn the_shown_rate_nears_the_true_one_and_fades() {
        let mut bucket = Bucket::new(Some(10.0), SHARE, Timestamp(0));
        for call in 0..300 {
            bucket.reserve(Timestamp(call * 500));
        }
        let shown = bucket.per_second(Timestamp(150_000));
        assert!((1.8..2.2).contains(&shown), "two a second: {shown}");
        assert!(bucket.per_second(Timestamp(450_000)) < 0.01);
    }
}
