//! Shares and their intervals.

use crate::model::rows::Rate;

/// Two-sided 95 % quantile of the standard normal distribution.
const Z: f64 = 1.959_964;

/// The share `hits` of `total` with its 95 % Wilson score interval; `None` without trials.
pub fn wilson(hits: u64, total: u64) -> Option<Rate> {
    (total > 0).then(|| wilson_of(hits.min(total) as f64, total as f64))
}

/// As [`wilson`], for a sample of which only the share `coverage` (0 to 1) was seen: the interval widens, the share stays.
pub fn wilson_covered(hits: u64, total: u64, coverage: f64) -> Option<Rate> {
    let share = coverage.clamp(0.01, 1.0);
    (total > 0).then(|| wilson_of(hits.min(total) as f64 * share, total as f64 * share))
}

fn wilson_of(hits: f64, total: f64) -> Rate {
    let value = hits / total;
    let z2 = Z * Z;
    let centre = value + z2 / (2.0 * total);
    let spread = Z * (value * (1.0 - value) / total + z2 / (4.0 * total * total)).sqrt();
    let scale = 1.0 + z2 / total;
    Rate {
        value,
        low: ((centre - spread) / scale).max(0.0),
        high: ((centre + spread) / scale).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_gives_the_published_intervals() {
        let vectors = [
            (0, 10, 0.0, 0.277_533),
            (1, 10, 0.017_876, 0.404_150),
            (5, 10, 0.236_593, 0.763_407),
            (3, 300, 0.003_407, 0.028_983),
            (12, 1000, 0.006_878, 0.020_857),
        ];
        for (hits, total, low, high) in vectors {
            let rate = wilson(hits, total).unwrap();
            assert!((rate.low - low).abs() < 1e-6, "{hits}/{total}: {rate:?}");
            assert!((rate.high - high).abs() < 1e-6, "{hits}/{total}: {rate:?}");
        }
        assert_eq!(wilson(0, 0), None);
    }

    #[test]
    fn what_was_half_seen_has_the_interval_of_half_the_sample() {
        assert_eq!(wilson_covered(10, 20, 0.5), wilson(5, 10));
    }
}
