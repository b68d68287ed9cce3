//! Too many requests wait for an environment.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::detect::statistics::{predictive_tail, wilson};
use crate::model::analysis::Analysis;
use crate::model::finding::{Alarm, Candidate};
use crate::model::rows::{FunctionFigures, Init, InitCause};
use crate::model::settings::Settings;
use crate::model::symbols::Sym;
use crate::model::text::plain;
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::model::words::{count, share};

use super::{Waits, candidate_of, words};

/// Runs from which a share of cold starts is judged.
const ENOUGH_RUNS: u64 = 50;
/// Share of its requests' time that a function must spend in starts before anyone is told.
const FELT_SHARE: f64 = 0.05;
/// Starts within five minutes from which they may be more than usual, and how improbable that must be.
const BURST: usize = 5;
const BURST_MS: i64 = 5 * MINUTE_MS;
const IMPROBABLE: f64 = 1e-4;
/// Variance over mean of starts that come with bursts of requests, until measured better.
const CLUMPING: f64 = 2.0;
/// A new version starts its environments for so long: a wave that every release brings.
const WAVE_MS: i64 = 10 * MINUTE_MS;
/// Harm of one felt start, against a lost request.
const WEIGHT: f64 = 0.05;

/// Listed where more than the share of the settings waits, for more than a twentieth of all the time that requests take; watched
/// for change where far more than usual waited at once.
pub(super) fn candidate(
    analysis: &Analysis,
    settings: &Settings,
    figures: &FunctionFigures,
    waits: &Waits<'_>,
) -> Option<Candidate> {
    let rate = figures.cold_rate?;
    let felt_ms = waits.felt_ms();
    let often = figures.invocations >= ENOUGH_RUNS
        && rate.low > settings.thresholds.cold_rate
        && felt_ms > FELT_SHARE * (felt_ms + waits.ran_ms);
    let unexpected = unexpected(waits);
    let burst = is_burst(analysis, settings, waits, &unexpected);
    if !often && !burst {
        return None;
    }
    let starts = if burst { &unexpected } else { &waits.starts };
    let (cause, of_cause) = top_cause(starts)?;
    let mut found = candidate_of(analysis, figures, &cause.to_string(), starts);
    let counted = share(
        figures.felt_cold_starts?,
        figures.told(),
        &format!(
            " runs of {} started cold",
            plain(analysis.text(figures.function))
        ),
        Some((rate.low, rate.high)),
    );
    let felt = words::felt_an_hour(analysis, felt_ms);
    found.claim = format!("{counted}: {}{felt}", words::reason(cause));
    found.cause = format!(
        "{cause} explains {} of {}",
        count(of_cause),
        count(starts.len() as u64)
    );
    found.next = words::next(analysis, figures, cause);
    found.alarm = if burst { Alarm::Change } else { Alarm::Never };
    found.weight = WEIGHT;
    Some(found)
}

/// Starts that no release and no crash brought: a release starts all environments anew, those beyond the idle ones too, and
/// crashes are findings themselves.
fn unexpected<'a>(waits: &Waits<'a>) -> Vec<&'a Init> {
    let expected = [InitCause::First, InitCause::Deploy, InitCause::ErrorRecycle];
    let mut released: HashMap<Option<Sym>, Timestamp> = HashMap::new();
    for row in &waits.starts {
        if row.cause == Some(InitCause::Deploy) {
            released.entry(row.version).or_insert(row.at);
        }
    }
    let in_wave = |row: &Init| {
        let since = released.get(&row.version);
        since.is_some_and(|since| (-WAVE_MS..WAVE_MS).contains(&row.at.since(*since)))
    };
    let starts = waits.starts.iter().copied();
    starts
        .filter(|row| row.cause.is_some_and(|cause| !expected.contains(&cause)))
        .filter(|row| !in_wave(row))
        .collect()
}

/// In the worst five minutes far more than at other times, and for more than the share of the settings.
fn is_burst(analysis: &Analysis, settings: &Settings, waits: &Waits<'_>, starts: &[&Init]) -> bool {
    let Some((from, to)) = analysis.window else {
        return false;
    };
    let Some((worst, since)) = worst_window(starts) else {
        return false;
    };
    let until = since.plus_ms(BURST_MS);
    let runs = waits.runs.partition_point(|run| *run < until)
        - waits.runs.partition_point(|run| *run < since);
    let rate = wilson(worst as u64, runs.max(worst) as u64);
    let past = (starts.len() - worst) as f64;
    let in_minutes = |ms: i64| ms as f64 / MINUTE_MS as f64;
    let past_minutes = in_minutes((to.since(from) - 2 * BURST_MS).max(BURST_MS));
    worst >= BURST
        && rate.is_some_and(|rate| rate.low > settings.thresholds.cold_rate)
        && predictive_tail(
            worst as f64,
            past,
            past_minutes,
            in_minutes(BURST_MS),
            CLUMPING,
        ) < IMPROBABLE
}

/// The most starts within five minutes, and when those begin.
fn worst_window(starts: &[&Init]) -> Option<(usize, Timestamp)> {
    let mut last = 0;
    let mut worst = None;
    for (first, row) in starts.iter().enumerate() {
        let until = row.at.plus_ms(BURST_MS);
        while starts.get(last).is_some_and(|row| row.at < until) {
            last += 1;
        }
        let here = (last - first, row.at);
        if worst.is_none_or(|(most, _)| here.0 > most) {
            worst = Some(here);
        }
    }
    worst
}

fn top_cause(starts: &[&Init]) -> Option<(InitCause, u64)> {
    let mut counts = BTreeMap::new();
    for cause in starts.iter().filter_map(|row| row.cause) {
        *counts.entry(cause).or_insert(0u64) += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count)
}
