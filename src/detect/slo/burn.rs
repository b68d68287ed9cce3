//! How fast an error budget is spent: bad shares over a long and a short window, as multiples of what the target allows.

/// A long and a short window, minutes, that must both burn this fast. The short one ends the alarm soon after the trouble.
struct Rule {
    times: f64,
    long: usize,
    short: usize,
    pace: Pace,
}

/// For a budget of 30 days: 2 % of it in an hour, 5 % in six hours, 10 % in three days.
const RULES: [Rule; 3] = [
    Rule {
        times: 14.4,
        long: 60,
        short: 5,
        pace: Pace::Page,
    },
    Rule {
        times: 6.0,
        long: 6 * 60,
        short: 30,
        pace: Pace::Page,
    },
    Rule {
        times: 1.0,
        long: 3 * 24 * 60,
        short: 6 * 60,
        pace: Pace::Ticket,
    },
];

/// Bad events in the long window from which a share is believed.
const ENOUGH: u64 = 10;
/// Share of the long window that must have been seen.
const SEEN: f64 = 0.8;

/// How loud a burn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pace {
    /// It will be gone in days.
    Page,
    /// It will be gone before its time.
    Ticket,
}

/// The budget is being spent too fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Burn {
    pub(super) pace: Pace,
    /// Less of the long window was seen than it needs.
    pub(super) short_history: bool,
    /// Times as fast as the target allows, over the long window.
    pub(super) times: f64,
    /// The minutes `[from, to)` of the long window.
    pub(super) from: usize,
    pub(super) to: usize,
}

/// The worst burn of any minute: pages before tickets, what was seen whole before short history, the fastest; the newest of equals.
pub(super) fn worst(bad: &[u64], all: &[u64], budget: f64) -> Option<Burn> {
    let (bad, all) = (running(bad), running(all));
    let minutes = bad.len() - 1;
    let burns = (1..=minutes).flat_map(|to| {
        let (bad, all) = (&bad, &all);
        RULES
            .iter()
            .filter_map(move |rule| rule.burns(bad, all, budget, to))
    });
    burns.reduce(|worst, burn| if is_worse(&burn, &worst) { burn } else { worst })
}

fn is_worse(one: &Burn, other: &Burn) -> bool {
    let rank = |burn: &Burn| (burn.short_history, burn.pace);
    (rank(other).cmp(&rank(one)))
        .then(one.times.total_cmp(&other.times))
        .is_ge()
}

/// Sums up to each minute.
fn running(counts: &[u64]) -> Vec<u64> {
    let mut sum = 0;
    let sums = counts.iter().map(|count| {
        sum += count;
        sum
    });
    std::iter::once(0).chain(sums).collect()
}

impl Rule {
    /// The burn over the windows that end before minute `to`.
    fn burns(&self, bad: &[u64], all: &[u64], budget: f64, to: usize) -> Option<Burn> {
        let from = to.saturating_sub(self.long);
        let sum = |sums: &[u64], length: usize| sums[to] - sums[to.saturating_sub(length)];
        let times = |length: usize| {
            let all = sum(all, length);
            let share = sum(bad, length) as f64 / all as f64;
            (all > 0).then_some(share / budget)
        };
        let (long, short) = (times(self.long)?, times(self.short)?);
        let burns = sum(bad, self.long) >= ENOUGH && long >= self.times && short >= self.times;
        burns.then_some(Burn {
            pace: self.pace,
            short_history: ((to - from) as f64) < SEEN * self.long as f64,
            times: long,
            from,
            to,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of 100 requests a minute with a target of 99.9 %, 0.1 a minute may be bad: 1.44 % is 14.4 times as many.
    const BUDGET: f64 = 0.001;

    fn burn(bad: &[u64]) -> Option<Burn> {
        worst(bad, &vec![100; bad.len()], BUDGET)
    }

    #[test]
    fn both_windows_must_burn() {
        // 2 of 100 in every minute of an hour: 20 times.
        let steady = burn(&[2; 60]).unwrap();
        assert_eq!((steady.pace, steady.short_history), (Pace::Page, false));
        assert!((steady.times - 20.0).abs() < 1e-9);
        assert_eq!((steady.from, steady.to), (0, 60));
        // 100 bad in one minute of an hour before: the long window burns, the short ones long no more.
        let mut over = vec![0; 400];
        over[60] = 100;
        let burnt = burn(&over[..70]).map(|burn| burn.to);
        assert!(burnt.is_none_or(|to| to <= 61 + 30), "{burnt:?}");
        assert_eq!(burn(&[0; 400]), None);
    }

    #[test]
    fn a_young_history_is_called_short() {
        // 48 of 60 minutes are 80 %.
        assert!(burn(&[2; 47]).unwrap().short_history);
        assert!(!burn(&[2; 48]).unwrap().short_history);
        // Nine bad ones are too few to speak of.
        assert_eq!(burn(&[1; 9]), None);
    }

    #[test]
    fn a_slow_burn_is_a_ticket() {
        // 0.2 a minute is twice the budget: neither 14.4 nor 6, but 1.
        let slow: Vec<u64> = (0..4_320)
            .map(|minute| u64::from(minute % 5 == 0))
            .collect();
        let found = burn(&slow).unwrap();
        assert_eq!((found.pace, found.short_history), (Pace::Ticket, false));
        assert!((found.times - 2.0).abs() < 0.01);
        // 0.8 a minute is eight times: six hours of it page.
        let fast: Vec<u64> = (0..360).map(|minute| u64::from(minute % 5 != 0)).collect();
        let found = burn(&fast).unwrap();
        assert_eq!((found.pace, found.short_history), (Pace::Page, false));
    }

    #[test]
    fn without_traffic_nothing_burns() {
        assert_eq!(worst(&[20; 60], &[0; 60], BUDGET), None);
        assert_eq!(worst(&[], &[], BUDGET), None);
    }
}
