//! Is a count more than its past explains? Gamma–Poisson prediction with over-dispersion.

/// Probability of at least `count` events in a window of `window` minutes, after `past` events in `past_minutes`.
///
/// The rate has the gamma posterior of the past under Jeffreys' prior, so the count to come is negative binomial with shape
/// `0.5 + past / dispersion` and success probability `past_minutes / (past_minutes + window)`. `dispersion` (variance over
/// mean, at least 1) divides both counts: events that come in clumps of that size are that many fewer independent ones.
pub fn predictive_tail(
    count: f64,
    past: f64,
    past_minutes: f64,
    window: f64,
    dispersion: f64,
) -> f64 {
    let dispersion = dispersion.max(1.0);
    let shape = 0.5 + past.max(0.0) / dispersion;
    let needed = (count / dispersion).ceil();
    if needed <= 0.0 {
        return 1.0;
    }
    if past_minutes <= 0.0 || window <= 0.0 {
        return if window <= 0.0 { 0.0 } else { 1.0 };
    }
    let miss = window / (past_minutes + window);
    let first = ln_gamma(shape + needed) - ln_gamma(shape) - ln_gamma(needed + 1.0)
        + shape * (1.0 - miss).ln()
        + needed * miss.ln();
    // P(X = n + 1) = P(X = n) * (shape + n) / (n + 1) * miss. Above the mean the terms fall by a ratio below 1: the
    // tail is a short sum. Below it the tail is 1 less a sum that falls towards 0.
    let mean = shape * miss / (1.0 - miss);
    if needed > mean {
        sum_terms(first, |at| (shape + at) / (at + 1.0) * miss, needed, 1.0)
    } else {
        let before = first + (needed / (shape + needed - 1.0) / miss).ln();
        1.0 - sum_terms(
            before,
            |at| at / (shape + at - 1.0) / miss,
            needed - 1.0,
            -1.0,
        )
    }
    .clamp(0.0, 1.0)
}

/// Sums terms from `exp(ln_first)` at `at`, each `ratio(at)` times the one before, until they no longer count.
fn sum_terms(ln_first: f64, ratio: impl Fn(f64) -> f64, mut at: f64, step: f64) -> f64 {
    const MOST_TERMS: usize = 200_000;
    let mut term = ln_first.exp();
    let mut sum = 0.0;
    for _ in 0..MOST_TERMS {
        sum += term;
        if at <= 0.0 && step < 0.0 {
            break;
        }
        term *= ratio(at);
        at += step;
        if term <= sum * 1e-15 {
            break;
        }
    }
    sum
}

/// Variance over mean of `counts`; `None` for fewer than two or none that counts.
pub fn fano(counts: &[f64]) -> Option<f64> {
    if counts.len() < 2 {
        return None;
    }
    let n = counts.len() as f64;
    let mean = counts.iter().sum::<f64>() / n;
    let variance = counts
        .iter()
        .map(|count| (count - mean).powi(2))
        .sum::<f64>()
        / (n - 1.0);
    (mean > 0.0).then(|| variance / mean)
}

/// Natural logarithm of the gamma function for x > 0 (Lanczos, g = 7, nine terms: 15 digits).
fn ln_gamma(x: f64) -> f64 {
    const G: f64 = 7.0;
    const TERMS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        let sine = (std::f64::consts::PI * x).sin();
        return (std::f64::consts::PI / sine).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let sum = TERMS
        .iter()
        .enumerate()
        .skip(1)
        .fold(TERMS[0], |sum, (at, term)| sum + term / (x + at as f64));
    let t = x + G + 0.5;
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (count, past, past minutes, window, dispersion), the probability.
    type Vector = ([f64; 5], f64);

    fn agrees(vectors: &[Vector], tolerance: f64) {
        for ([count, past, minutes, window, dispersion], wanted) in vectors {
            let got = predictive_tail(*count, *past, *minutes, *window, *dispersion);
            assert!(
                (got / wanted - 1.0).abs() < tolerance,
                "{count} after {past}: {got:e}, wanted {wanted:e}"
            );
        }
    }

    #[test]
    fn the_tail_gives_the_computed_vectors() {
        let vectors = [
            ([10.0, 60.0, 60.0, 5.0, 1.0], 3.948e-2),
            ([15.0, 60.0, 60.0, 5.0, 1.0], 4.870e-4),
            ([15.0, 60.0, 60.0, 5.0, 2.0], 6.810e-3),
            ([5.0, 0.0, 60.0, 5.0, 1.0], 6.852e-7),
            ([5.0, 3.0, 60.0, 5.0, 1.0], 8.033e-5),
        ];
        agrees(&vectors, 5e-4);
    }

    #[test]
    fn first_events_ever_need_more_history_or_more_events() {
        // In clumps of two, against 12 hours of history and against one: known to two digits.
        let vectors = [
            ([5.0, 0.0, 720.0, 5.0, 2.0], 1.0e-7),
            ([5.0, 0.0, 60.0, 5.0, 2.0], 1.5e-4),
            ([7.0, 0.0, 60.0, 5.0, 2.0], 9.9e-6),
        ];
        agrees(&vectors, 0.05);
    }

    #[test]
    fn both_sides_of_the_mean_meet() {
        // P(X >= n) falls in n and its steps are the terms of the distribution: positive, and 1 in sum.
        let tails: Vec<f64> = (0..40)
            .map(|count| predictive_tail(f64::from(count), 60.0, 60.0, 5.0, 1.0))
            .collect();
        assert!((tails[0] - 1.0).abs() < 1e-12);
        assert!(tails.windows(2).all(|pair| pair[0] > pair[1]), "{tails:?}");
        let mean: f64 = tails[1..].iter().sum();
        assert!(
            (mean - 60.5 * 5.0 / 60.0).abs() < 1e-6,
            "the tails sum to the mean: {mean}"
        );
    }

    #[test]
    fn huge_counts_stay_finite() {
        let tail = predictive_tail(1e7, 1e6, 60.0, 5.0, 1.0);
        assert!((0.0..1e-100).contains(&tail));
        assert!(predictive_tail(10.0, 1e9, 60.0, 5.0, 1.0) > 0.999);
    }

    #[test]
    fn fano_is_variance_over_mean() {
        assert_eq!(fano(&[1.0]), None);
        assert_eq!(fano(&[0.0, 0.0]), None);
        assert_eq!(fano(&[2.0, 4.0]), Some(2.0 / 3.0));
    }

    #[test]
    fn ln_gamma_is_the_factorial() {
        for (x, factorial) in [(1.0_f64, 1.0_f64), (5.0, 24.0), (11.0, 3_628_800.0)] {
            assert!((ln_gamma(x) - factorial.ln()).abs() < 1e-12);
        }
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-12);
    }
}
