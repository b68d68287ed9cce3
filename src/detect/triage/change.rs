//! Does a kind of event come more often than it used to? A test for rare counts with few false alarms.
//!
//! Each minute, the last 5 and 30 minutes are compared with up to 60 minutes that end 5 minutes before them (up to 12 hours
//! while those hold fewer than 20 events). The count to come is predicted from the past with its own clumping and drift, so
//! that neither noise nor a slowly changing rate alarms; with a base (invocations), growth of the base explains growth of the
//! count.

use crate::detect::statistics::predictive_tail;

/// Minutes of the window that alarms.
pub(super) const WINDOW: usize = 5;
/// The longer window that must agree before anyone is disturbed.
const LONG: usize = 30;
/// Minutes between the baseline and the window: the beginning of trouble is not its own past.
const GUARD: usize = 5;
/// Minutes of the baseline.
const BASELINE: usize = 60;
/// Longest baseline.
const HISTORY: usize = 12 * 60;
/// Events from which 60 minutes of baseline suffice.
const ENOUGH: f64 = 20.0;
/// Baseline events from which the measured clumping is believed.
const TRUSTED: f64 = 50.0;
/// Clumping that is assumed before: variance of twice the mean.
const PRIOR_CLUMPING: f64 = 2.0;
/// Variance of a drifting rate, as a share of its square, that is assumed before there are 8 half hours.
const PRIOR_DRIFT: f64 = 0.0625;

/// How sure it is that something changed for the worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    #[default]
    Quiet,
    List,
    Raised,
    Page,
}

/// Counts a minute, with sums that answer for any stretch at once.
pub(super) struct Minutes {
    pub(super) counts: Vec<u32>,
    ones: Blocks,
    fives: Blocks,
    thirties: Blocks,
}

impl Minutes {
    pub(super) fn of(counts: Vec<u32>) -> Self {
        Self {
            ones: Blocks::of(&counts, 1),
            fives: Blocks::of(&counts, 5),
            thirties: Blocks::of(&counts, 30),
            counts,
        }
    }

    /// Events of the minutes `[from, to)`.
    pub(super) fn sum(&self, from: usize, to: usize) -> f64 {
        self.ones.sum(from, to)
    }

    /// Events of the `length` minutes that end with `minute`.
    pub(super) fn last(&self, length: usize, minute: usize) -> f64 {
        self.sum((minute + 1).saturating_sub(length), minute + 1)
    }
}

/// Sums of a base, such as invocations, up to each minute.
pub(super) struct Base(Vec<f64>);

impl Base {
    pub(super) fn of(counts: &[u32]) -> Self {
        let mut sum = 0.0;
        let running = counts.iter().map(|count| {
            sum += f64::from(*count);
            sum
        });
        Self(std::iter::once(0.0).chain(running).collect())
    }

    fn sum(&self, from: usize, to: usize) -> f64 {
        self.0[to] - self.0[from]
    }
}

/// Sums of counts and of their squares over blocks of equal length, up to each block.
struct Blocks {
    length: usize,
    sums: Vec<f64>,
    squares: Vec<f64>,
}

impl Blocks {
    fn of(counts: &[u32], length: usize) -> Self {
        let (mut sums, mut squares) = (vec![0.0], vec![0.0]);
        let (mut sum, mut square) = (0.0, 0.0);
        for block in counts.chunks_exact(length) {
            let count: f64 = block.iter().copied().map(f64::from).sum();
            sum += count;
            square += count * count;
            sums.push(sum);
            squares.push(square);
        }
        Self {
            length,
            sums,
            squares,
        }
    }

    /// Sum over the whole blocks of the minutes `[from, to)`.
    fn sum(&self, from: usize, to: usize) -> f64 {
        let (first, last) = self.whole(from, to);
        self.sums[last] - self.sums[first]
    }

    fn whole(&self, from: usize, to: usize) -> (usize, usize) {
        let last = (to / self.length).min(self.sums.len() - 1);
        (from.div_ceil(self.length).min(last), last)
    }

    /// Number, mean and variance of the whole blocks of the minutes `[from, to)`; `None` for fewer than two.
    fn moments(&self, from: usize, to: usize) -> Option<(f64, f64, f64)> {
        let (first, last) = self.whole(from, to);
        if last < first + 2 {
            return None;
        }
        let n = (last - first) as f64;
        let mean = (self.sums[last] - self.sums[first]) / n;
        let square = self.squares[last] - self.squares[first];
        let variance = ((square - n * mean * mean) / (n - 1.0)).max(0.0);
        Some((n, mean, variance))
    }

    /// Variance over mean; 0 where there is nothing to measure.
    fn fano(&self, from: usize, to: usize) -> f64 {
        match self.moments(from, to) {
            Some((_, mean, variance)) if mean > 0.0 => variance / mean,
            _ => 0.0,
        }
    }
}

/// The level of every minute: at least that of two of the last three tests.
pub(super) fn levels(bad: &Minutes, base: Option<&Base>) -> Vec<Level> {
    let tested: Vec<Level> = (0..bad.counts.len())
        .map(|minute| test(bad, base, minute))
        .collect();
    let second_of_three = |minute: usize| {
        let from = minute.saturating_sub(2);
        let mut three = [Level::Quiet; 3];
        three[..=minute - from].copy_from_slice(&tested[from..=minute]);
        three.sort_unstable();
        three[1]
    };
    (0..tested.len()).map(second_of_three).collect()
}

fn test(bad: &Minutes, base: Option<&Base>, minute: usize) -> Level {
    let count = bad.last(WINDOW, minute);
    let Some(baseline_end) = (minute + 1)
        .checked_sub(WINDOW + GUARD)
        .filter(|end| *end > 0)
    else {
        return Level::Quiet;
    };
    if count < 5.0 {
        return Level::Quiet;
    }
    let past = Past::of(bad, base, baseline_end);
    let window = past.exposure(base, WINDOW, minute);
    let effect = (count / WINDOW as f64 + 0.1) / (past.rate * window / WINDOW as f64 + 0.1);
    if effect < 2.0 {
        return Level::Quiet;
    }
    let short_tail = past.tail(count, window);
    let long_tail = || past.tail(bad.last(LONG, minute), past.exposure(base, LONG, minute));
    if short_tail < 1e-3 {
        let worse = short_tail.max(long_tail());
        if worse < 1e-4 {
            return Level::Page;
        }
        if worse < 1e-3 {
            return Level::Raised;
        }
    }
    if short_tail < 1e-4 {
        Level::List
    } else {
        Level::Quiet
    }
}

/// What the minutes before the window let expect.
struct Past {
    events: f64,
    minutes: f64,
    /// Events a minute.
    rate: f64,
    /// Base a minute; `None` without a base or where it was empty.
    base_rate: Option<f64>,
    clumping: f64,
    drift: f64,
}

impl Past {
    fn of(bad: &Minutes, base: Option<&Base>, end: usize) -> Self {
        let oldest = end.saturating_sub(HISTORY);
        let mut from = end.saturating_sub(BASELINE);
        let mut events = bad.sum(from, end);
        while events < ENOUGH && from > oldest {
            from = from.saturating_sub(BASELINE).max(oldest);
            events = bad.sum(from, end);
        }
        let minutes = (end - from) as f64;
        let measured = bad
            .ones
            .fano(oldest, end)
            .max(bad.fives.fano(oldest, end))
            .clamp(1.0, 20.0);
        let trust = (bad.sum(oldest, end) / TRUSTED).min(1.0);
        let clumping = trust * measured + (1.0 - trust) * PRIOR_CLUMPING;
        let drift = match bad.thirties.moments(oldest, end) {
            Some((blocks, mean, variance)) if blocks >= 8.0 && mean > 0.0 => {
                ((variance / mean - clumping) / mean).clamp(0.0, 4.0)
            }
            _ => PRIOR_DRIFT,
        };
        Self {
            events,
            minutes,
            rate: events / minutes,
            base_rate: base
                .map(|base| base.sum(from, end) / minutes)
                .filter(|rate| *rate > 0.0),
            clumping,
            drift,
        }
    }

    /// Minutes of the past's traffic that passed in the `length` minutes up to `minute`: more than `length` if traffic grew.
    fn exposure(&self, base: Option<&Base>, length: usize, minute: usize) -> f64 {
        let length = length.min(minute + 1);
        let grown = match (base, self.base_rate) {
            (Some(base), Some(rate)) => base.sum(minute + 1 - length, minute + 1) / rate,
            _ => 0.0,
        };
        grown.max(length as f64)
    }

    /// Probability of at least `count` events in `exposure` minutes if nothing changed.
    fn tail(&self, count: f64, exposure: f64) -> f64 {
        let dispersion = self.clumping + self.drift * self.rate * exposure;
        predictive_tail(count, self.events, self.minutes, exposure, dispersion)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn worst(counts: Vec<u32>, base: Option<Vec<u32>>) -> Level {
        let base = base.as_deref().map(Base::of);
        levels(&Minutes::of(counts), base.as_ref())
            .into_iter()
            .max()
            .unwrap_or_default()
    }

    fn step(before: u32, after: u32) -> Vec<u32> {
        [vec![before; 60], vec![after; 10]].concat()
    }

    #[test]
    fn a_steady_rate_is_quiet_and_a_tenfold_one_pages() {
        assert_eq!(worst(vec![10; 120], None), Level::Quiet);
        assert_eq!(worst(step(3, 30), None), Level::Page);
    }

    #[test]
    fn below_five_events_or_twice_the_rate_nothing_is_said() {
        assert_eq!(
            worst([vec![0; 60], vec![4, 0, 0, 0, 0]].concat(), None),
            Level::Quiet
        );
        assert_eq!(worst(step(1_000, 1_900), None), Level::Quiet);
    }

    #[test]
    fn without_a_past_nothing_has_changed() {
        assert_eq!(worst(vec![500; 9], None), Level::Quiet);
    }

    #[test]
    fn growth_of_the_base_alone_never_alarms() {
        let traffic = step(100, 1_000);
        assert_eq!(worst(step(3, 30), Some(traffic)), Level::Quiet);
        assert_eq!(worst(step(3, 30), Some(vec![100; 70])), Level::Page);
    }

    /// 5 first-ever events against 60 minutes: p = 1.5e-4, and their long window does not agree: nobody is disturbed.
    #[test]
    fn a_few_first_events_disturb_nobody() {
        let few = [vec![0; 70], vec![1; 5], vec![0; 5]].concat();
        assert!(worst(few, None) <= Level::List);
    }

    #[test]
    fn one_alarming_minute_of_three_is_not_enough() {
        // Only the newest minute holds the burst: one test of three.
        assert_eq!(worst([vec![0; 60], vec![50]].concat(), None), Level::Quiet);
        assert_eq!(
            worst([vec![0; 60], vec![50, 0]].concat(), None),
            Level::Page
        );
    }

    #[test]
    fn bursts_that_always_come_are_no_change() {
        // Thirty at once every quarter of an hour: clumped, but steady.
        let clumped: Vec<u32> = (0..720)
            .map(|minute| if minute % 15 == 0 { 30 } else { 0 })
            .collect();
        let late = levels(&Minutes::of(clumped), None);
        assert!(
            late[240..].iter().all(|level| *level <= Level::List),
            "{late:?}"
        );
    }
}
