//! How often a service may be asked, and for how much money: one token bucket an API, account and region, so that all log
//! groups share the quota; one purse for everything that is billed.

use std::time::Duration;

use crate::model::time::Timestamp;

/// What nepho may take of the account.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Share of each quota, above 0 and up to 1; the rest is left to the team's own tools.
    pub quota_share: f64,
    /// US dollars an hour for calls that are billed.
    pub usd_an_hour: f64,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            quota_share: 0.5,
            usd_an_hour: 0.25,
        }
    }
}

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

    /// How long until the next call may be made.
    pub fn wait(&self, now: Timestamp) -> Duration {
        Duration::from_secs_f64((self.next_at(now) - now.0 as f64).max(0.0) / 1_000.0)
    }

    /// Takes the token of a call that is made now.
    pub fn take(&mut self, now: Timestamp) {
        self.free_at = self.next_at(now) + 1_000.0 / self.rate;
        self.shown = self.per_second(now) + 1_000.0 / SHOWN_OVER_MS;
        self.shown_at = now;
    }

    /// Takes the token of a call back that was not made after all.
    pub fn give_back(&mut self, now: Timestamp) {
        self.free_at -= 1_000.0 / self.rate;
        self.shown = (self.per_second(now) - 1_000.0 / SHOWN_OVER_MS).max(0.0);
        self.shown_at = now;
    }

    /// The moment of the next call, in milliseconds since the epoch: at most a second's worth is held.
    fn next_at(&self, now: Timestamp) -> f64 {
        let now_ms = now.0 as f64;
        let step = 1_000.0 / self.rate;
        self.free_at.max((now_ms - 1_000.0 + step).min(now_ms))
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

/// Share of an hour's money that may be spent at once; the rest comes with time, so that no hour sees more than its limit.
const AT_ONCE: f64 = 0.25;

const HOUR_MS: f64 = 3_600_000.0;

/// Money for calls that are billed: a bucket that fills with time. What a call cost is known after it was made.
#[derive(Clone, Debug)]
pub struct Purse {
    usd_an_hour: f64,
    /// Dollars that may be spent now; less than none after a call that cost more.
    left: f64,
    at: Timestamp,
    spent: f64,
}

impl Purse {
    /// A full purse.
    pub fn new(usd_an_hour: f64, now: Timestamp) -> Self {
        Self {
            usd_an_hour,
            left: usd_an_hour * AT_ONCE,
            at: now,
            spent: 0.0,
        }
    }

    /// How long until the next billed call may be made; `None`: never.
    pub fn wait(&mut self, now: Timestamp) -> Option<Duration> {
        let a_ms = self.usd_an_hour * (1.0 - AT_ONCE) / HOUR_MS;
        let filled = self.left + a_ms * now.since(self.at).max(0) as f64;
        self.left = filled.min(self.usd_an_hour * AT_ONCE);
        self.at = now;
        if self.left > 0.0 {
            return Some(Duration::ZERO);
        }
        (a_ms > 0.0).then(|| Duration::from_secs_f64((1.0 - self.left / a_ms) / 1_000.0))
    }

    /// Pays for a call.
    pub fn pay(&mut self, usd: f64) {
        self.left -= usd;
        self.spent += usd;
    }

    /// Dollars that were paid so far.
    pub fn spent(&self) -> f64 {
        self.spent
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
            now = now.plus_ms(bucket.wait(now).as_secs_f64().mul_add(1_000.0, 0.999) as i64);
            bucket.take(now);
            let Some(cell) = calls.get_mut((now.0 / 1_000) as usize) else {
                return calls;
            };
            *cell += 1;
        }
    }

    #[test]
    fn takes_half_of_ten_a_second_after_a_burst_of_one_second() {
        let mut bucket = Bucket::new(Some(10.0), 0.5, Timestamp(0));
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
        let mut bucket = Bucket::new(Some(10.0), 0.5, Timestamp(0));
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
    fn a_call_that_was_not_made_leaves_its_token_and_no_trace_in_the_rate() {
        let mut bucket = Bucket::new(Some(2.0), 0.5, Timestamp(0));
        for at in 0..100 {
            assert!(bucket.wait(Timestamp(at)).is_zero());
            bucket.take(Timestamp(at));
            bucket.give_back(Timestamp(at));
        }
        assert!(bucket.per_second(Timestamp(100)) < 1e-9);
        bucket.take(Timestamp(100));
        assert!(!bucket.wait(Timestamp(100)).is_zero(), "one a second");
    }

    #[test]
    fn the_shown_rate_nears_the_true_one_and_fades() {
        let mut bucket = Bucket::new(Some(10.0), 0.5, Timestamp(0));
        for call in 0..300 {
            bucket.take(Timestamp(call * 500));
        }
        let shown = bucket.per_second(Timestamp(150_000));
        assert!((1.8..2.2).contains(&shown), "two a second: {shown}");
        assert!(bucket.per_second(Timestamp(450_000)) < 0.01);
    }

    #[test]
    fn no_hour_costs_more_than_its_limit_but_for_one_call() {
        let mut purse = Purse::new(0.25, Timestamp(0));
        let mut paid: Vec<i64> = Vec::new();
        // A cent a call, asked for each second of three hours.
        for second in 0..3 * 3_600 {
            let now = second * 1_000;
            if purse.wait(Timestamp(now)) == Some(Duration::ZERO) {
                purse.pay(0.01);
                paid.push(now);
            }
        }
        for (at, first) in paid.iter().enumerate() {
            let within = paid[at..].iter().take_while(|now| *now - first < 3_600_000);
            assert!(within.count() <= 25 + 1);
        }
        assert!(
            paid.len() >= 55,
            "0.19 $ an hour and 0.06 $ at once: {}",
            paid.len()
        );
        assert!((purse.spent() - 0.01 * paid.len() as f64).abs() < 1e-9);
    }

    #[test]
    fn without_money_nothing_billed_is_ever_called() {
        assert_eq!(
            Purse::new(0.0, Timestamp(0)).wait(Timestamp(9_000_000)),
            None
        );
    }
}
