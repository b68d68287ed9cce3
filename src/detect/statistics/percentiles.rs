//! Percentiles: exact while few, a DDSketch of 1 % relative error after that.

use sketches_ddsketch::{Config, DDSketch};

use crate::model::rows::Percentiles;

/// Up to so many values, percentiles are read off the sorted values.
const EXACT: usize = 64;
/// Relative error of the sketch.
const ALPHA: f64 = 0.01;
/// Buckets: 0.01 ms to 15 minutes take 916.
const BUCKETS: u32 = 2048;
/// Values below count as 0.
const SMALLEST: f64 = 1e-3;
/// Thirty years in milliseconds: no line that says more is believed, and the buckets reach further.
const LARGEST: f64 = 1e12;

/// Percentiles of `values`, which it may reorder; what is absurd (negative, not finite, beyond
/// thirty years) is left out. `None` if nothing is left.
pub fn percentiles(values: &mut Vec<f64>) -> Option<Percentiles> {
    values.retain(|value| (0.0..LARGEST).contains(value));
    if values.len() > EXACT {
        return sketched(values);
    }
    values.sort_by(f64::total_cmp);
    let max = *values.last()?;
    let nearest_rank = |share: f64| {
        let rank = (share * values.len() as f64).ceil() as usize;
        values[rank.saturating_sub(1)]
    };
    Some(Percentiles {
        p50: nearest_rank(0.50),
        p95: nearest_rank(0.95),
        p99: nearest_rank(0.99),
        max,
    })
}

fn sketched(values: &[f64]) -> Option<Percentiles> {
    let mut sketch = DDSketch::new(Config::new(ALPHA, BUCKETS, SMALLEST));
    for value in values {
        sketch.add(*value);
    }
    let at = |share| sketch.quantile(share).ok().flatten();
    Some(Percentiles {
        p50: at(0.50)?,
        p95: at(0.95)?,
        p99: at(0.99)?,
        max: sketch.max()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_values_are_exact_by_nearest_rank() {
        // 20 values: the 10th, 19th and 20th.
        let mut values: Vec<f64> = (1..=20).rev().map(f64::from).collect();
        let got = percentiles(&mut values).unwrap();
        assert_eq!(
            (got.p50, got.p95, got.p99, got.max),
            (10.0, 19.0, 20.0, 20.0)
        );
        assert_eq!(percentiles(&mut vec![]), None);
        assert_eq!(percentiles(&mut vec![f64::NAN, -3.0]), None);
    }

    #[test]
    fn the_sketch_estimates_the_middle_of_the_bucket() {
        // gamma = 1.01 / 0.99; the bucket of x has index ceil(log_gamma x) and reads 2 gamma^index / (gamma + 1).
        // 1 is the edge of two buckets: a sketch whose buckets hold their upper edge reads 0.99, this one 1.01. Both are 1 % off.
        for (value, estimate) in [
            (1.0, 1.01),
            (10.0, 10.0747),
            (100.0, 100.4946),
            (1000.0, 1002.4280),
            (1236.04, 1224.3765),
        ] {
            let got = percentiles(&mut vec![value; EXACT + 1]).unwrap();
            assert!((got.p50 - estimate).abs() < 5e-5, "{value}: {got:?}");
            assert!((got.max - value).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn many_values_are_right_within_one_percent() {
        // A geometric series spreads over six decades: rank r of n is 0.01 * 1.0014^r.
        let series: Vec<f64> = (0..10_000)
            .map(|rank| 0.01 * 1.0014_f64.powi(rank))
            .collect();
        let got = percentiles(&mut series.clone()).unwrap();
        for (estimate, rank) in [(got.p50, 4999), (got.p95, 9499), (got.p99, 9899)] {
            assert!((estimate / series[rank] - 1.0).abs() <= ALPHA + 1e-9);
        }
    }

    #[test]
    fn absurd_values_neither_panic_nor_hide_the_rest() {
        let mut values = vec![5.0; 100];
        values.extend([f64::INFINITY, f64::NAN, -1.0, 0.0, 1e300]);
        let got = percentiles(&mut values).unwrap();
        assert!((got.p50 - 5.0).abs() < 0.06);
    }
}
