//! `nepho diff`: what is new, gone or otherwise between two analyses.
//!
//! A figure has changed where the 95 % intervals of both sides do not touch: that is stricter than a test of the difference, and
//! needs no other assumption. What one side cannot know is `null`.

mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use serde::Serialize;

use super::shown_json;
use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::finding::Finding;
use crate::model::rows::{ErrorGroup, FunctionFigures};
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

pub use text::text;

/// Two-sided 95 % of the normal distribution.
const Z: f64 = 1.959_964;

/// The comparison.
#[derive(Debug, Serialize)]
pub struct Diff {
    schema: &'static str,
    before: Side,
    after: Side,
    findings: Change<FindingLine>,
    /// Functions of either side, by name.
    functions: Vec<FunctionChange>,
    errors: Change<ErrorLine>,
}

/// What one side covers.
#[derive(Debug, Serialize)]
struct Side {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    invocations: u64,
    coverage: Option<f64>,
}

/// Rows that only one side has.
#[derive(Debug, Serialize)]
struct Change<T> {
    new: Vec<T>,
    gone: Vec<T>,
    /// Rows that both have.
    stayed: usize,
}

#[derive(Debug, Serialize)]
struct FindingLine {
    id: String,
    severity: String,
    since: Timestamp,
    claim: String,
}

#[derive(Debug, Serialize)]
struct ErrorLine {
    function: String,
    error_type: Option<String>,
    message: Option<String>,
    count: u64,
    first_seen: Timestamp,
}

#[derive(Debug, Serialize)]
struct FunctionChange {
    function: String,
    /// Invocations a minute of the side's window.
    per_minute: Compared,
    error_rate: Compared,
    cold_rate: Compared,
    /// Of the tries to run it, those that were refused.
    refused_rate: Compared,
    /// Repeats that did harm, over invocations.
    double_rate: Compared,
    p50_ms: Compared,
    p95_ms: Compared,
    p99_ms: Compared,
    /// Versions that ran on one side only.
    versions_new: Vec<String>,
    versions_gone: Vec<String>,
}

/// A figure with its 95 % interval on both sides.
#[derive(Clone, Copy, Debug, Serialize)]
struct Compared {
    before: Option<Interval>,
    after: Option<Interval>,
    /// The intervals do not touch; `null` where a side has none.
    changed: Option<bool>,
}

/// An end that the values are too few to give is `null`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
struct Interval {
    value: f64,
    low: Option<f64>,
    high: Option<f64>,
}

impl Compared {
    fn of(before: Option<Interval>, after: Option<Interval>) -> Self {
        let apart = |one: Interval, other: Interval| match (one.high, other.low) {
            (Some(high), Some(low)) => high < low,
            _ => false,
        };
        let changed = before
            .zip(after)
            .map(|(before, after)| apart(before, after) || apart(after, before));
        Self {
            before,
            after,
            changed,
        }
    }
}

impl Diff {
    /// Compares two analyses.
    pub fn of(before: &Analysis, after: &Analysis) -> Self {
        let finding = |row: &Finding| FindingLine {
            id: row.id.clone(),
            severity: row.severity.to_string(),
            since: row.since,
            claim: row.claim.clone(),
        };
        Self {
            schema: "nepho.diff/1",
            before: side(before),
            after: side(after),
            findings: change(
                (&before.findings, |row: &Finding| row.id.clone(), finding),
                (&after.findings, |row: &Finding| row.id.clone(), finding),
            ),
            functions: functions(before, after),
            errors: change(
                (
                    &before.errors,
                    |row: &ErrorGroup| fingerprint(before, row),
                    |row: &ErrorGroup| error(before, row),
                ),
                (
                    &after.errors,
                    |row: &ErrorGroup| fingerprint(after, row),
                    |row: &ErrorGroup| error(after, row),
                ),
            ),
        }
    }

    /// Writes it as one JSON document.
    pub fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        shown_json::write(&mut *out, self)?;
        out.write_all(b"\n")
    }
}

fn side(analysis: &Analysis) -> Side {
    Side {
        from: analysis.window.map(|(from, _)| from),
        to: analysis.window.map(|(_, to)| to),
        invocations: analysis.functions.iter().map(|row| row.invocations).sum(),
        coverage: analysis.coverage,
    }
}

/// The rows of a side, what tells one from another, and how one is shown.
type Rows<'a, R, K, L> = (&'a [R], K, L);

fn change<R, I: Ord, T>(
    (before, id_before, line_before): Rows<'_, R, impl Fn(&R) -> I, impl Fn(&R) -> T>,
    (after, id_after, line_after): Rows<'_, R, impl Fn(&R) -> I, impl Fn(&R) -> T>,
) -> Change<T> {
    let known: BTreeSet<I> = before.iter().map(&id_before).collect();
    let now: BTreeSet<I> = after.iter().map(&id_after).collect();
    let new = after.iter().filter(|row| !known.contains(&id_after(row)));
    let gone = before.iter().filter(|row| !now.contains(&id_before(row)));
    Change {
        new: new.map(line_after).collect(),
        gone: gone.map(line_before).collect(),
        stayed: known.intersection(&now).count(),
    }
}

/// What tells one error from another: its function, type, normalised message and frames, as texts.
fn fingerprint(analysis: &Analysis, row: &ErrorGroup) -> [String; 5] {
    let text = |sym: Option<Sym>| analysis.facts.text_of(sym).unwrap_or_default().to_owned();
    [
        analysis.text(row.function).to_owned(),
        row.status.to_string(),
        text(row.error_type),
        text(row.message),
        text(row.frames),
    ]
}

fn error(analysis: &Analysis, row: &ErrorGroup) -> ErrorLine {
    let text = |sym: Option<Sym>| analysis.facts.text_of(sym).map(str::to_owned);
    ErrorLine {
        function: analysis.text(row.function).to_owned(),
        error_type: text(row.error_type).or_else(|| Some(row.status.to_string())),
        message: text(row.message),
        count: row.count,
        first_seen: row.first_seen,
    }
}

/// What is compared of one function on one side.
struct OfFunction<'a> {
    figures: &'a FunctionFigures,
    /// REPORT durations, sorted.
    durations: Vec<f64>,
    versions: BTreeSet<String>,
}

fn by_name(analysis: &Analysis) -> BTreeMap<&str, OfFunction<'_>> {
    let mut rows: BTreeMap<&str, OfFunction<'_>> = analysis
        .functions
        .iter()
        .filter(|row| row.environments > 0)
        .map(|figures| {
            let row = OfFunction {
                figures,
                durations: Vec::new(),
                versions: BTreeSet::new(),
            };
            (analysis.text(figures.function), row)
        })
        .collect();
    let counted = analysis
        .assembled
        .invocations
        .iter()
        .filter(|one| one.counted);
    for one in counted {
        if let Some(row) = rows.get_mut(analysis.text(one.function)) {
            row.durations.extend(one.duration_ms.get().map(f64::from));
            let version = analysis.facts.text_of(analysis.version_of(one));
            if let Some(version) = version.filter(|version| !row.versions.contains(*version)) {
                row.versions.insert(version.to_owned());
            }
        }
    }
    rows.values_mut()
        .for_each(|row| row.durations.sort_by(f64::total_cmp));
    rows
}

fn functions(before: &Analysis, after: &Analysis) -> Vec<FunctionChange> {
    let (old, new) = (by_name(before), by_name(after));
    let names: BTreeSet<&str> = old.keys().chain(new.keys()).copied().collect();
    let minutes = |analysis: &Analysis| {
        let (from, to) = analysis.window?;
        Some((to.since(from) as f64 / MINUTE_MS as f64).max(1.0 / 60.0))
    };
    let (minutes_before, minutes_after) = (minutes(before), minutes(after));
    let none = BTreeSet::new();
    names
        .into_iter()
        .map(|name| {
            let (old, new) = (old.get(name), new.get(name));
            let both = |of: &dyn Fn(&OfFunction<'_>) -> Option<Interval>| {
                Compared::of(old.and_then(of), new.and_then(of))
            };
            let traffic = |row: Option<&OfFunction<'_>>, minutes: Option<f64>| {
                Some(per_minute(row?.figures.invocations, minutes?))
            };
            let versions = |row: Option<&'_ OfFunction<'_>>| {
                row.map_or_else(|| none.clone(), |row| row.versions.clone())
            };
            let (was, is) = (versions(old), versions(new));
            FunctionChange {
                function: name.to_owned(),
                per_minute: Compared::of(traffic(old, minutes_before), traffic(new, minutes_after)),
                error_rate: both(&|row| share(row.figures.errors, row.figures.invocations)),
                cold_rate: both(&|row| {
                    share(row.figures.felt_cold_starts?, row.figures.of_starts()?)
                }),
                refused_rate: both(&|row| {
                    let refused = row.figures.throttled?;
                    share(refused, row.figures.invocations + refused)
                }),
                double_rate: both(&|row| {
                    share(row.figures.duplicates_harmful?, row.figures.invocations)
                }),
                p50_ms: both(&|row| quantile(&row.durations, 0.50)),
                p95_ms: both(&|row| quantile(&row.durations, 0.95)),
                p99_ms: both(&|row| quantile(&row.durations, 0.99)),
                versions_new: is.difference(&was).cloned().collect(),
                versions_gone: was.difference(&is).cloned().collect(),
            }
        })
        .collect()
}

/// A rate with the interval of a count of events that come independently: the square root of such a count varies by a half,
/// whatever it is (Anscombe, The transformation of Poisson data, 1948).
fn per_minute(count: u64, minutes: f64) -> Interval {
    let n = count as f64;
    let rate = |count: f64| rounded(count / minutes);
    Interval {
        value: rate(n),
        low: Some(rate((n.sqrt() - Z / 2.0).max(0.0).powi(2))),
        high: Some(rate(((n + 1.0).sqrt() + Z / 2.0).powi(2))),
    }
}

/// A share with its Wilson interval.
fn share(hits: u64, total: u64) -> Option<Interval> {
    wilson(hits, total).map(|rate| Interval {
        value: rounded(rate.value),
        low: Some(rounded(rate.low)),
        high: Some(rounded(rate.high)),
    })
}

/// A quantile of sorted values by nearest rank, with the interval that the order statistics around it give: how many values
/// lie below a quantile is binomial, so its 95 % are ranks, whatever the distribution (Conover, Practical Nonparametric
/// Statistics, 3.2).
fn quantile(sorted: &[f64], share: f64) -> Option<Interval> {
    let n = sorted.len() as f64;
    let rank = (share * n).ceil() as usize;
    let value = *sorted.get(rank.saturating_sub(1))?;
    let spread = Z * (n * share * (1.0 - share)).sqrt();
    let low = (n * share - spread).floor();
    let high = (n * share + spread).ceil() + 1.0;
    let at = |rank: f64| {
        let inside = rank >= 1.0 && rank <= n;
        inside.then(|| rounded(sorted[rank as usize - 1]))
    };
    Some(Interval {
        value: rounded(value),
        low: at(low),
        high: at(high),
    })
}

/// Six digits after the point.
fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_median_are_order_statistics() {
        // n = 100, p = 0.5: 50 ± 1.96 · 5 = 40.2 and 59.8, so the 40th and the 61st value.
        let values: Vec<f64> = (1..=100).map(f64::from).collect();
        let median = quantile(&values, 0.5);
        assert_eq!(
            median,
            Some(Interval {
                value: 50.0,
                low: Some(40.0),
                high: Some(61.0)
            })
        );
        // Of ten values the 99th percentile has no upper end.
        let few = quantile(&values[..10], 0.99).map(|found| (found.value, found.high));
        assert_eq!(few, Some((10.0, None)));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn a_rate_has_the_interval_of_a_poisson_count() {
        // Garwood's exact 95 % of a count of 100 are 81.4 and 121.6, of 0 are 0 and 3.7.
        let rate = per_minute(100, 2.0);
        assert_eq!(rate.value, 50.0);
        assert!((rate.low.unwrap() * 2.0 - 81.4).abs() < 0.5, "{rate:?}");
        assert!((rate.high.unwrap() * 2.0 - 121.6).abs() < 0.5, "{rate:?}");
        let none = per_minute(0, 1.0);
        assert_eq!(none.low, Some(0.0));
        assert!((none.high.unwrap() - 3.7).abs() < 0.3, "{none:?}");
    }

    #[test]
    fn a_figure_has_changed_where_the_intervals_do_not_touch() {
        let one = share(10, 1_000);
        let other = share(60, 1_000);
        assert_eq!(Compared::of(one, other).changed, Some(true));
        assert_eq!(Compared::of(one, share(12, 1_000)).changed, Some(false));
        assert_eq!(Compared::of(one, None).changed, None);
    }
}
