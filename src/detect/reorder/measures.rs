//! Measures of disorder over one key's arrivals, without duplicates: RFC 4737 and RFC 5236.

use std::collections::BTreeMap;

/// `n-reordering` is told up to here.
const MOST_PRECEDING: usize = 8;

/// Displacements beyond this count as lost.
const DISPLACEMENT_LIMIT: i64 = 32;

/// An arrival that came after a larger one (RFC 4737, Type-P-Reordered).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overtaken {
    /// The earliest arrival with a larger sequence.
    pub by: u32,
    /// Arrivals since that one.
    pub extent: u32,
}

/// For each arrival what overtook it; `None` if it was in order. O(n log n).
///
/// The earliest larger arrival is always a record high, so that only those are searched.
pub fn overtaken<S: Ord>(arrivals: &[S]) -> Vec<Option<Overtaken>> {
    let mut records: Vec<u32> = Vec::new();
    (0..)
        .zip(arrivals)
        .map(|(at, sequence)| {
            let larger = records.partition_point(|&record| arrivals[record as usize] <= *sequence);
            let Some(&by) = records.get(larger) else {
                records.push(at);
                return None;
            };
            Some(Overtaken {
                by,
                extent: at - by,
            })
        })
        .collect()
}

/// How many arrivals just before `arrivals[at]` are all larger (RFC 4737, n-reordering), at most 8.
pub fn n_reordering<S: Ord>(arrivals: &[S], at: usize) -> usize {
    let before = arrivals[..at].iter().rev().take(MOST_PRECEDING);
    before
        .take_while(|&sequence| *sequence > arrivals[at])
        .count()
}

/// How often arrivals were displaced by how many places (RFC 5236, reorder density, not yet divided by the arrivals).
///
/// Negative: came early. Places are counted over the sequences that arrived, so that a lost number shifts nothing.
pub fn displacements<S: Ord + Copy>(arrivals: &[S]) -> BTreeMap<i64, u64> {
    let mut in_order: Vec<usize> = (0..arrivals.len()).collect();
    in_order.sort_by_key(|&at| arrivals[at]);
    let mut density = BTreeMap::new();
    for (place, &received) in in_order.iter().enumerate() {
        let displacement = received as i64 - place as i64;
        if displacement.abs() <= DISPLACEMENT_LIMIT {
            *density.entry(displacement).or_default() += 1;
        }
    }
    density
}

/// Entropy of a reorder density in nats: 0 in perfect order.
pub fn entropy(displacements: &BTreeMap<i64, u64>) -> f64 {
    let total: u64 = displacements.values().sum();
    displacements
        .values()
        .map(|&count| count as f64 / total as f64)
        .map(|share| -share * share.ln())
        .sum::<f64>()
        .max(0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// (sequence, extent, n) of each reordered arrival.
    fn reordered(arrivals: &[i32]) -> Vec<(i32, u32, usize)> {
        let found = overtaken(arrivals).into_iter().enumerate();
        found
            .filter_map(|(at, found)| {
                found.map(|it| (arrivals[at], it.extent, n_reordering(arrivals, at)))
            })
            .collect()
    }

    #[test]
    fn extents_and_n_of_the_specification() {
        assert_eq!(reordered(&[1, 2, 3, 5, 6, 7, 8, 4, 9, 10]), [(4, 4, 4)]);
        assert_eq!(
            reordered(&[1, 2, 3, 7, 5, 6, 8, 4, 9, 10]),
            [(5, 1, 1), (6, 2, 0), (4, 4, 4)]
        );
        assert_eq!(reordered(&[1, 4, 2, 5, 3, 6, 8]), [(2, 1, 1), (3, 3, 1)]);
        assert_eq!(
            reordered(&[1, 2, 4, 3, 5]),
            [(3, 1, 1)],
            "after the second 2 is removed"
        );
        assert_eq!(reordered(&[5, 1, 2, 3, 4]).len(), 4, "R = 0.8");
        assert_eq!(reordered(&[1, 2, 5, 6]), [], "a hole is no disorder");
    }

    #[test]
    fn densities_of_the_specification() {
        let density = displacements(&[1, 4, 3, 5, 8, 7, 6]);
        assert_eq!(
            density,
            BTreeMap::from([(-2, 1), (-1, 1), (0, 3), (1, 1), (2, 1)])
        );
        // −3/7 ln 3/7 − 4 · 1/7 ln 1/7
        assert!((entropy(&density) - 1.4751).abs() < 5e-5);
        assert_eq!(
            displacements(&[1, 2, 3, 5, 4, 6]),
            BTreeMap::from([(-1, 1), (0, 4), (1, 1)])
        );
        assert!(entropy(&displacements(&[1, 2, 3])) < 1e-12);
        assert!(entropy(&BTreeMap::new()) < 1e-12);
    }

    proptest! {
        #[test]
        fn record_highs_find_what_comparing_all_pairs_finds(arrivals: Vec<u8>) {
            let all_pairs: Vec<_> = (0..arrivals.len())
                .map(|at| {
                    let by = (0..at).find(|&before| arrivals[before] > arrivals[at])?;
                    Some(Overtaken { by: by as u32, extent: (at - by) as u32 })
                })
                .collect();
            prop_assert_eq!(overtaken(&arrivals), all_pairs);
        }

        #[test]
        fn displacements_cancel_out(arrivals in proptest::collection::hash_set(any::<u32>(), 0..30)) {
            let arrivals: Vec<u32> = arrivals.into_iter().collect();
            let sum: i64 = displacements(&arrivals).iter().map(|(by, count)| by * *count as i64).sum();
            prop_assert_eq!(sum, 0);
        }
    }
}
