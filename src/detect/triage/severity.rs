//! How bad is one candidate, and since when.

use crate::model::finding::{Alarm, BadEvent, Candidate, FindingKind, Severity};
use crate::model::settings::Settings;
use crate::model::time::{MINUTE_MS, Timestamp};

use super::change::{Level, Minutes, WINDOW, levels};
use super::{Traffic, Window};

/// Minutes without an event that end an episode: what comes back sooner is the same trouble.
const QUIET_MINUTES: i64 = 30;
/// Minutes over which harm is averaged at most, while it is rare.
const RARE_WINDOW: usize = 60;
/// Events from which the average over the last minutes is believed.
const ENOUGH: f64 = 10.0;
/// Minutes of trend that a finding carries.
const TREND: usize = 60;
/// Events within half an hour from which something that is wrong at once is no single case.
const RAISED_COUNT: f64 = 5.0;
const RAISED_MINUTES: usize = 30;

/// A candidate with everything that triage says of it alone.
pub(super) struct Judged {
    pub(super) candidate: Candidate,
    pub(super) severity: Severity,
    /// It is wrong, or it comes more often than it used to; else it is what always was, or what is expected.
    pub(super) loud: bool,
    pub(super) since: Timestamp,
    pub(super) last_seen: Timestamp,
    /// Harmed requests a minute, weighted by how bad one event is, and the lower bound.
    pub(super) harm: f64,
    pub(super) harm_low: f64,
    pub(super) score: f64,
    pub(super) trend: Vec<u32>,
}

/// Judges `candidate`, which has at least one event.
pub(super) fn judge(
    mut candidate: Candidate,
    window: &Window,
    traffic: &Traffic,
    settings: &Settings,
) -> Judged {
    candidate.events.sort_unstable();
    let mut counts = vec![0u32; window.minutes];
    for event in &candidate.events {
        let cell = &mut counts[window.cell(event.at)];
        *cell = cell.saturating_add(event.count);
    }
    let bad = Minutes::of(counts);
    let levels = match candidate.alarm {
        Alarm::Change => levels(&bad, traffic.of_function(candidate.function)),
        Alarm::Certain => certain_levels(&bad, RAISED_COUNT),
        Alarm::Raised => certain_levels(&bad, 1.0),
        Alarm::Never => vec![Level::List; window.minutes],
    };
    let severity_at = |minute: usize| severity(&candidate, levels[minute], &bad, minute, settings);
    let severity = (0..window.minutes)
        .map(severity_at)
        .min()
        .unwrap_or(Severity::P3);
    let loud = match candidate.alarm {
        Alarm::Change => levels.iter().any(|level| *level >= Level::List),
        Alarm::Certain | Alarm::Raised => true,
        Alarm::Never => false,
    };
    let (since, last_seen) = episode(&candidate, &bad, &levels, window);
    let (harm, harm_low) = harm(&bad, window.cell(last_seen));
    let trend = bad.counts[window.minutes.saturating_sub(TREND)..].to_vec();
    let weighted = |rate: f64| rate * candidate.weight;
    let mut judged = Judged {
        severity,
        loud,
        since,
        last_seen,
        harm: weighted(harm),
        harm_low: weighted(harm_low),
        score: 0.0,
        trend,
        candidate,
    };
    judged.score = super::rank::score(&judged, window);
    judged
}

/// What is wrong at once is listed from its first event, raised from `enough` on, and may page where there are several.
fn certain_levels(bad: &Minutes, enough: f64) -> Vec<Level> {
    let level = |minute| {
        if bad.last(WINDOW, minute) >= RAISED_COUNT {
            Level::Page
        } else if bad.last(RAISED_MINUTES, minute) >= enough {
            Level::Raised
        } else {
            Level::List
        }
    };
    (0..bad.counts.len()).map(level).collect()
}

/// P1: sure, and it harms or loses requests now. P2: sure. P3: worth a line.
fn severity(
    candidate: &Candidate,
    level: Level,
    bad: &Minutes,
    minute: usize,
    settings: &Settings,
) -> Severity {
    if candidate.kind == FindingKind::Governance {
        return Severity::P4;
    }
    match level {
        Level::Quiet | Level::List => Severity::P3,
        Level::Raised => Severity::P2,
        Level::Page => {
            let low = lower_bound(bad.last(WINDOW, minute)) / WINDOW as f64;
            let harmful = low * candidate.weight >= settings.thresholds.page_harm_per_min;
            if harmful || candidate.lost {
                Severity::P1
            } else {
                Severity::P2
            }
        }
    }
}

/// First and last moment of the worst stretch of trouble, the newest of equals.
fn episode(
    candidate: &Candidate,
    bad: &Minutes,
    levels: &[Level],
    window: &Window,
) -> (Timestamp, Timestamp) {
    let events = &candidate.events;
    let whole = (events[0].at, events[events.len() - 1].at);
    let worst = levels.iter().copied().max().unwrap_or_default();
    let Some(minute) = levels.iter().rposition(|level| *level == worst) else {
        return whole;
    };
    // What is expected, usual or rare has no beginning but its first event.
    let crowded = |minute| bad.last(RAISED_MINUTES, minute) >= RAISED_COUNT;
    let rare = candidate.alarm != Alarm::Change && !(0..bad.counts.len()).any(crowded);
    if candidate.alarm == Alarm::Never || worst == Level::Quiet || rare {
        return whole;
    }
    let start = |minute: usize| window.start.plus_ms(minute as i64 * MINUTE_MS);
    let onset = if candidate.alarm == Alarm::Change {
        start(onset(bad, levels, minute))
    } else {
        whole.0
    };
    // The episode holds what happened about that minute with no long quiet between.
    let middle = events
        .partition_point(|event| event.at < start(minute + 1))
        .max(1)
        - 1;
    let near = |pair: &[BadEvent]| pair[1].at.since(pair[0].at) <= QUIET_MINUTES * MINUTE_MS;
    let (mut first, mut last) = (middle, middle);
    while first > 0 && events[first - 1].at >= onset && near(&events[first - 1..=first]) {
        first -= 1;
    }
    while last + 1 < events.len() && near(&events[last..=last + 1]) {
        last += 1;
    }
    (events[first].at, events[last].at)
}

/// The minute in which the change began that stands at its worst in `minute`.
fn onset(bad: &Minutes, levels: &[Level], minute: usize) -> usize {
    let mut first = minute;
    let mut quiet = 0;
    for at in (0..minute).rev() {
        if levels[at] >= Level::List {
            first = at;
            quiet = 0;
        } else if quiet == QUIET_MINUTES {
            break;
        } else {
            quiet += 1;
        }
    }
    // The alarm stands from its second minute on and looks back five: the trouble began within them.
    let from = first.saturating_sub(WINDOW + 1);
    let usual = bad.sum(from.saturating_sub(30), from) / 30.0;
    (from..=first)
        .find(|at| f64::from(bad.counts[*at]) > 2.0 * usual)
        .unwrap_or(first)
}

/// Events a minute over the last 5 minutes up to `minute`, longer while they are rare, with the 95 % lower bound.
fn harm(bad: &Minutes, minute: usize) -> (f64, f64) {
    let mut length = WINDOW.min(minute + 1);
    while bad.last(length, minute) < ENOUGH && length < RARE_WINDOW.min(minute + 1) {
        length += 1;
    }
    let count = bad.last(length, minute);
    let minutes = length.max(WINDOW) as f64;
    (count / minutes, lower_bound(count) / minutes)
}

/// 5 % quantile of the gamma distribution of shape `count` + 0.5 and scale 1, after Wilson and Hilferty.
fn lower_bound(count: f64) -> f64 {
    const Z: f64 = 1.645;
    let shape = count + 0.5;
    let ninth = 1.0 / (9.0 * shape);
    shape * (1.0 - ninth - Z * ninth.sqrt()).max(0.0).powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Half the 5 % quantiles of chi square with 3, 11 and 201 degrees of freedom: 0.3518, 4.5748, 169.0 (tables).
    #[test]
    fn the_lower_bound_is_the_quantile_of_the_tables() {
        for (count, quantile) in [(1.0, 0.1759), (5.0, 2.2874), (100.0, 84.5)] {
            let got = lower_bound(count);
            assert!((got / quantile - 1.0).abs() < 0.08, "{count}: {got}");
        }
    }

    #[test]
    fn rare_events_are_averaged_over_more_minutes() {
        let mut counts = vec![0; 60];
        counts[59] = 1;
        let (harm, low) = harm(&Minutes::of(counts), 59);
        assert!((harm - 1.0 / 60.0).abs() < 1e-9 && low < harm);
        let (busy, _) = super::harm(&Minutes::of(vec![30; 60]), 59);
        assert!((busy - 30.0).abs() < 1e-9);
    }
}
