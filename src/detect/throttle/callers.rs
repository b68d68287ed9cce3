//! Who was refused, and who is to blame for the rush.

use hashbrown::HashMap;

use super::Attempt;
use crate::model::facts::Facts;
use crate::model::symbols::Sym;

/// Attempts by calling function, most first, then by name.
pub(super) fn counted<'a>(
    facts: &Facts,
    attempts: impl Iterator<Item = &'a Attempt<'a>>,
) -> Vec<(Sym, u64)> {
    let mut counts: HashMap<Sym, u64> = HashMap::new();
    for caller in attempts.filter_map(|attempt| attempt.caller) {
        *counts.entry(caller).or_default() += 1;
    }
    let mut counts: Vec<(Sym, u64)> = counts.into_iter().collect();
    counts.sort_by(|one, other| {
        (other.1.cmp(&one.1)).then_with(|| facts.text(one.0).cmp(facts.text(other.0)))
    });
    counts
}

/// A caller's part in an episode of refusals.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Blame<T> {
    pub caller: T,
    /// Tries a minute in the episode and before it.
    pub rate: f64,
    pub baseline: f64,
    /// Share of the rise of all callers together, 0 to 1.
    pub share: f64,
}

/// `excess = max(0, rate − baseline)`, `share = excess / Σ excess`; most to blame first. Empty if nobody's rate rose.
pub fn blame<T: Copy + Ord>(rates: &[(T, f64, f64)]) -> Vec<Blame<T>> {
    let excess = |&(_, rate, baseline): &(T, f64, f64)| (rate - baseline).max(0.0);
    let total: f64 = rates.iter().map(excess).sum();
    if total <= 0.0 {
        return Vec::new();
    }
    let mut blamed: Vec<Blame<T>> = rates
        .iter()
        .map(|entry| Blame {
            caller: entry.0,
            rate: entry.1,
            baseline: entry.2,
            share: excess(entry) / total,
        })
        .collect();
    blamed.sort_by(|one, other| {
        (other.share.total_cmp(&one.share)).then_with(|| one.caller.cmp(&other.caller))
    });
    blamed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blame_is_shared_by_excess_not_by_volume() {
        // checkout rose by 205 a minute, the worker by 120, the steady one not at all: 205/325 and 120/325.
        let blamed = blame(&[
            ("checkout", 445.0, 240.0),
            ("worker", 180.0, 60.0),
            ("steady", 900.0, 905.0),
        ]);
        let shares: Vec<(&str, f64)> = blamed
            .iter()
            .map(|part| (part.caller, part.share))
            .collect();
        assert_eq!(
            shares,
            [
                ("checkout", 205.0 / 325.0),
                ("worker", 120.0 / 325.0),
                ("steady", 0.0)
            ]
        );
        assert_eq!(blame(&[("steady", 10.0, 10.0)]), []);
    }
}
