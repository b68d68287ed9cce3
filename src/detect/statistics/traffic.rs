//! Load on a pool of servers, and trends.

/// Erlang-B: share of arrivals that find all `servers` busy under `load` erlangs of Poisson traffic. Bursty traffic is
/// refused far more often, so a figure from this is optimistic.
pub fn erlang_b(servers: u32, load: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, servers| {
        load * blocked / (f64::from(servers) + load * blocked)
    })
}

/// Theil–Sen estimate of the slope: the median of the slopes between all pairs of points; `None` where no two differ in x.
/// Takes at most a few hundred points: it is quadratic in their number.
pub fn theil_sen(points: &[(f64, f64)]) -> Option<f64> {
    let mut slopes: Vec<f64> = Vec::new();
    for (at, a) in points.iter().enumerate() {
        for b in &points[at + 1..] {
            let slope = (b.1 - a.1) / (b.0 - a.0);
            if slope.is_finite() {
                slopes.push(slope);
            }
        }
    }
    slopes.sort_by(f64::total_cmp);
    let middle = slopes.len() / 2;
    let upper = *slopes.get(middle)?;
    Some(if slopes.len() % 2 == 1 {
        upper
    } else {
        f64::midpoint(slopes[middle - 1], upper)
    })
}

/// 1 % of the standard normal distribution lies above.
const ONE_PERCENT: f64 = 2.326_348;

/// Whether the points rise beyond chance: Mann–Kendall, one-sided, p < 0.01 by the normal approximation, ties corrected.
pub fn rises(points: &[(f64, f64)]) -> bool {
    let n = points.len() as f64;
    let mut score = 0.0;
    for (at, a) in points.iter().enumerate() {
        let signs = points[at + 1..].iter().map(|b| match b.1.total_cmp(&a.1) {
            std::cmp::Ordering::Greater => 1.0,
            std::cmp::Ordering::Equal => 0.0,
            std::cmp::Ordering::Less => -1.0,
        });
        score += signs.sum::<f64>();
    }
    let mut levels: Vec<f64> = points.iter().map(|point| point.1).collect();
    levels.sort_by(f64::total_cmp);
    let spread = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let ties: f64 = levels
        .chunk_by(|a, b| a.total_cmp(b).is_eq())
        .map(|same| spread(same.len() as f64))
        .sum();
    let variance = (spread(n) - ties) / 18.0;
    variance > 0.0 && (score - 1.0) / variance.sqrt() > ONE_PERCENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn erlang_b_gives_the_published_losses() {
        let vectors = [
            (3, 2.0, 0.210_526),
            (8, 5.0, 0.070_048),
            (15, 10.0, 0.036_497),
            (30, 20.0, 0.008_457),
        ];
        for (servers, load, wanted) in vectors {
            let got = erlang_b(servers, load);
            assert!((got - wanted).abs() < 5e-5, "{servers}, {load}: {got}");
        }
        assert!((erlang_b(0, 3.0) - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_rise_needs_more_than_chance() {
        let of = |levels: &[f64]| -> Vec<(f64, f64)> {
            levels
                .iter()
                .enumerate()
                .map(|(x, y)| (x as f64, *y))
                .collect()
        };
        // Five in order: S = 10, variance 5·4·15/18 = 16.7, z = 9/4.08 = 2.20. Six in order: S = 15, 28.3, z = 14/5.32 = 2.63.
        assert!(!rises(&of(&[1.0, 2.0, 3.0, 4.0, 5.0])));
        assert!(rises(&of(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])));
        assert!(!rises(&of(&[6.0, 5.0, 4.0, 3.0, 2.0, 1.0])));
        assert!(!rises(&of(&[2.0; 30])), "level");
        assert!(!rises(&[]));
    }

    #[test]
    fn one_outlier_does_not_move_the_slope() {
        let mut points: Vec<(f64, f64)> = (0..9)
            .map(|x| (f64::from(x), 2.0 * f64::from(x) + 1.0))
            .collect();
        points[4].1 = 900.0;
        assert_eq!(theil_sen(&points), Some(2.0));
        assert_eq!(theil_sen(&[(1.0, 1.0)]), None);
        assert_eq!(theil_sen(&[(1.0, 1.0), (1.0, 5.0)]), None);
    }
}
