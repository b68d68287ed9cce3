//! How near a refusing function is to its limit, and what its refusals cost those who call it.

mod claimed;

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::Attempt;
use super::concurrency::{Load, by_minute, headroom, needed_slots, occupied};
use super::finding::{Calls, Demand, Episode, fed_by_events, is_lost};
use crate::detect::figures::coverage;
use crate::detect::statistics::{rises, theil_sen};
use crate::detect::waiting;
use crate::model::analysis::Analysis;
use crate::model::invocation::{Invocation, InvocationIndex};
use crate::model::placed;
use crate::model::rows::{Pressure, Throttle, ThrottleClass};
use crate::model::settings::Settings;
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

/// "Now" are the last minutes, sampled this often.
const NOW_MS: i64 = 5 * MINUTE_MS;
const SAMPLE_MS: i64 = 10_000;
/// A trend is told only if the limit is nearer than this.
const FURTHEST_MIN: f64 = 30.0;
/// Logs and the metric of concurrency agree within this.
const AGREE: std::ops::RangeInclusive<f64> = 0.9..=1.1;
/// Tries a call from which they feed themselves, for so many minutes after the limit has room again.
const STORM: f64 = 1.5;
const STORM_MINUTES: usize = 5;
/// Below this share of the limit there is room.
const ROOM: f64 = 0.95;

/// What used so much of its limit at some moment is looked at more closely …
const CLOSE: f64 = 0.6;
/// … and told where no more than this is free over the last minutes.
const SCARCE: f64 = 0.4;
/// What functions without a reservation share.
const POOL: &str = "account";

/// One row per function that refused, or that is about to, sorted by resource. A function that is switched off has no limit to be near to.
pub fn pressures(
    analysis: &Analysis,
    attempts: &[Attempt<'_>],
    settings: &Settings,
) -> Vec<Pressure> {
    let mut refused: BTreeMap<&str, Vec<&Throttle>> = BTreeMap::new();
    for row in &analysis.throttles {
        if row.resource.starts_with("lambda:") && row.class != ThrottleClass::Disabled {
            refused.entry(&row.resource).or_default().push(row);
        }
    }
    let mut near = near_limit(analysis, settings, |resource| {
        refused.contains_key(resource)
    });
    if refused.is_empty() {
        return near;
    }
    let calls = Calls::new(analysis, attempts);
    let fed = fed_by_events(analysis);
    near.extend(refused.into_iter().map(|(resource, rows)| {
        let class = rows[rows.len() - 1].class;
        let episode = Episode::new(analysis, settings, &calls, (resource, class), rows);
        pressure(analysis, settings, &calls, &episode, &fed)
    }));
    near.sort_by(|one, other| one.resource.cmp(&other.resource));
    near
}

/// What nobody was refused by yet and has little room: functions with a reservation, and the pool of those without.
fn near_limit(
    analysis: &Analysis,
    settings: &Settings,
    refused: impl Fn(&str) -> bool,
) -> Vec<Pressure> {
    let mut found = Vec::new();
    let mut pools: BTreeMap<Option<&str>, u64> = BTreeMap::new();
    for figures in &analysis.functions {
        let name = analysis.text(figures.function);
        let Some(limit) = reservation(analysis, Some(figures.function)) else {
            *pools.entry(placed::place(name)).or_default() += figures.peak_concurrency.unwrap_or(0);
            continue;
        };
        let resource = format!("lambda:{name}");
        let close = figures.peak_concurrency.unwrap_or(0) as f64 >= CLOSE * f64::from(limit);
        if limit > 0 && close && !refused(&resource) {
            let runs = Runs::of_function(analysis, Some(figures.function));
            found.extend(unrefused(analysis, resource, &runs, limit));
        }
    }
    for (home, peaks) in pools {
        let mut members = analysis.functions.iter().map(|figures| figures.function);
        let member = members.find(|function| {
            reservation(analysis, Some(*function)).is_none()
                && placed::place(analysis.text(*function)) == home
        });
        let limit = left_by_account(analysis, settings, member);
        // Their peaks together are at least the peak of all together; the account has functions that nobody reads the logs of.
        let claimed = claimed::by_minute(analysis, home).into_values().max();
        let peak = peaks.max(u64::from(claimed.unwrap_or(0)));
        let close = limit.filter(|limit| *limit > 0 && peak as f64 >= CLOSE * f64::from(*limit));
        if let Some(limit) = close {
            let runs = Runs::of_pool(analysis, member);
            let resource = placed::join(POOL, home).into_owned();
            found.extend(unrefused(analysis, resource, &runs, limit));
        }
    }
    found
}

fn unrefused(analysis: &Analysis, resource: String, runs: &Runs, limit: u32) -> Option<Pressure> {
    let level = Level::of(analysis, runs, Some(limit), None);
    let scarce = level.headroom.is_some_and(|free| free <= SCARCE);
    (scarce || level.full_in_min.is_some()).then(|| Pressure {
        resource,
        limit: Some(limit),
        now: level.now,
        peak: level.peak,
        headroom: level.headroom,
        full_in_min: level.full_in_min,
        lines_missing: runs.little(analysis),
        amplification: None,
        amplification_by_minute: Vec::new(),
        metastable: false,
        lost: 0,
        delayed: 0,
        fan_factors: Vec::new(),
        flood: None,
        residual: None,
        blame: Vec::new(),
    })
}

/// How much of a limit is in use.
struct Level {
    now: Option<u32>,
    peak: Option<u32>,
    headroom: Option<f64>,
    full_in_min: Option<f64>,
    peaks: BTreeMap<Timestamp, u32>,
}

impl Level {
    /// At the newest moment, or at `otherwise` where no line tells one.
    fn of(
        analysis: &Analysis,
        runs: &Runs,
        limit: Option<u32>,
        otherwise: Option<Timestamp>,
    ) -> Self {
        // What runs when the logs end, ends with them: one millisecond before, it still runs.
        let end = analysis.facts.watermark.or(analysis.facts.newest);
        let newest = end.or(otherwise).unwrap_or_default().plus_ms(-1);
        let from = newest.plus_ms(-NOW_MS).minute();
        let peaks = runs.peaks(analysis);
        let recent = peaks.range(from..).map(|(_, peak)| *peak).max();
        Self {
            now: runs.are_seen.then(|| runs.at(newest)),
            peak: peaks.values().copied().max(),
            headroom: recent
                .zip(limit)
                .and_then(|(peak, limit)| headroom(peak, limit)),
            full_in_min: limit.and_then(|limit| runs.full_in(newest, limit)),
            peaks,
        }
    }
}

fn pressure(
    analysis: &Analysis,
    settings: &Settings,
    calls: &Calls<'_>,
    episode: &Episode<'_>,
    fed: &HashSet<InvocationIndex>,
) -> Pressure {
    let own = reservation(analysis, episode.function);
    let runs = match own {
        Some(_) => Runs::of_function(analysis, episode.function),
        None => Runs::of_pool(analysis, episode.function),
    };
    let limit = own.or_else(|| left_by_account(analysis, settings, episode.function));
    let level = Level::of(analysis, &runs, limit, Some(episode.to));
    let lost = episode
        .attempts
        .iter()
        .filter(|one| is_lost(analysis, one, fed))
        .count() as u64;
    let tries = Tries::of(analysis, calls, episode);
    Pressure {
        resource: episode.resource.to_owned(),
        limit,
        now: level.now,
        peak: level.peak,
        headroom: level.headroom,
        full_in_min: level.full_in_min,
        lines_missing: runs.little(analysis),
        amplification_by_minute: tries.by_minute(),
        amplification: episode
            .demand
            .as_ref()
            .and_then(|demand| demand.amplification),
        metastable: limit.is_some_and(|limit| tries.outlive(&level.peaks, limit)),
        lost,
        delayed: episode.count.saturating_sub(lost),
        fan_factors: tries.by_caller(analysis),
        flood: episode.flood.clone(),
        residual: (episode.function)
            .and_then(|function| waiting::residual(analysis, function, (episode.from, episode.to))),
        blame: episode.demand.iter().flat_map(Demand::rises).collect(),
    }
}

fn reservation(analysis: &Analysis, function: Option<Sym>) -> Option<u32> {
    let config = analysis.facts.functions.get(&function?)?;
    config.reserved_concurrency
}

/// What the account leaves to all functions without a reservation.
fn left_by_account(analysis: &Analysis, settings: &Settings, function: Option<Sym>) -> Option<u32> {
    let place = place(analysis, function);
    let set = settings.thresholds.account_concurrency;
    let account = set.or_else(|| analysis.facts.account_concurrency(place));
    Some(account?.saturating_sub(analysis.facts.reserved_concurrency(place)))
}

/// Account and region of a function, where several are watched.
fn place(analysis: &Analysis, function: Option<Sym>) -> Option<&str> {
    placed::place(analysis.text(function?))
}

/// Runs that share a limit, as stretches in which they hold a slot.
struct Runs {
    /// The only function among them; `None` for a pool.
    function: Option<Sym>,
    /// The highest level of the pool in each minute, by the account's metric; empty for a function.
    claimed: BTreeMap<Timestamp, u32>,
    /// Each environment runs one invocation at a time, and its logs are read.
    are_seen: bool,
    stretches: Vec<(Timestamp, Timestamp)>,
    loads: BTreeMap<Timestamp, Load>,
}

impl Runs {
    fn of_function(analysis: &Analysis, function: Option<Sym>) -> Self {
        Self::of(analysis, function, |it| Some(it) == function)
    }

    /// All functions of an account without a reservation draw from one pool.
    fn of_pool(analysis: &Analysis, refusing: Option<Sym>) -> Self {
        let home = place(analysis, refusing);
        let runs = Self::of(analysis, refusing, |it| {
            reservation(analysis, Some(it)).is_none() && place(analysis, Some(it)) == home
        });
        Self {
            function: None,
            claimed: claimed::by_minute(analysis, home),
            ..runs
        }
    }

    fn of(analysis: &Analysis, refusing: Option<Sym>, shares: impl Fn(Sym) -> bool) -> Self {
        let mut homes = analysis.assembled.environments.iter();
        let concurrent = homes
            .clone()
            .any(|home| home.concurrent && shares(home.function));
        let felt = |run: &Invocation| {
            let init = run
                .init
                .get()
                .and_then(|init| analysis.inits[init as usize].felt_ms);
            f64::from(init.unwrap_or(0.0))
        };
        let stretches: Vec<_> = (analysis.assembled.invocations.iter())
            .filter(|run| run.counted && shares(run.function))
            .map(|run| occupied(run, felt(run)))
            .collect();
        let hidden = (analysis.functions.iter())
            .any(|figures| shares(figures.function) && figures.is_hidden());
        Self {
            function: refusing,
            claimed: BTreeMap::new(),
            are_seen: !concurrent && !hidden && homes.any(|home| Some(home.function) == refusing),
            loads: by_minute(stretches.iter().copied()),
            stretches,
        }
    }

    fn at(&self, moment: Timestamp) -> u32 {
        let holds = |&&(from, to): &&(Timestamp, Timestamp)| from <= moment && moment < to;
        self.stretches.iter().filter(holds).count() as u32
    }

    /// The highest level of each minute: by the logs, or by `ConcurrentExecutions` of a function and `ClaimedAccountConcurrency` of the
    /// account where that says something else.
    fn peaks(&self, analysis: &Analysis) -> BTreeMap<Timestamp, u32> {
        let mut peaks: BTreeMap<Timestamp, u32> = if self.are_seen {
            self.loads
                .iter()
                .map(|(minute, load)| (*minute, load.peak))
                .collect()
        } else {
            BTreeMap::new()
        };
        let facts = &analysis.facts;
        let function = self.function.into_iter();
        let of_function = function
            .flat_map(|function| facts.lambda_metric(function, "ConcurrentExecutions"))
            .map(|point| (point.at.minute(), point.max));
        let of_pool = self
            .claimed
            .iter()
            .map(|(at, most)| (*at, f64::from(*most)));
        for (minute, most) in of_function.chain(of_pool) {
            let seen = peaks.get(&minute).copied().unwrap_or(0);
            if most > 0.0 && !AGREE.contains(&(f64::from(seen) / most)) {
                peaks.insert(minute, most.min(f64::from(u32::MAX)) as u32);
            }
        }
        peaks
    }

    /// Minutes until the limit is reached if the level goes on as it rose over the last minutes; `None` unless it rose beyond chance.
    fn full_in(&self, newest: Timestamp, limit: u32) -> Option<f64> {
        let samples = (0..=NOW_MS / SAMPLE_MS).map(|n| {
            let before_ms = NOW_MS - n * SAMPLE_MS;
            let level = self.at(newest.plus_ms(-before_ms));
            (-(before_ms as f64) / MINUTE_MS as f64, f64::from(level))
        });
        let samples: Vec<(f64, f64)> = samples.collect();
        let slope = theil_sen(&samples).filter(|slope| *slope > 0.0 && rises(&samples))?;
        let now = self.at(newest);
        let minutes = f64::from(limit.saturating_sub(now)) / slope;
        (self.are_seen && minutes < FURTHEST_MIN).then_some(minutes)
    }

    /// Little's law: by how much the load of the logs falls short of, or exceeds, the one that follows from the metric's number of runs and
    /// their mean length, as a share of the latter. Over final minutes with both.
    fn little(&self, analysis: &Analysis) -> Option<f64> {
        let function = self.function.filter(|_| self.are_seen)?;
        let from = coverage::first_whole_minute(&analysis.facts)?;
        let points = analysis.facts.lambda_metric(function, "Invocations");
        let ran: BTreeMap<Timestamp, f64> = points
            .map(|point| (point.at.minute(), point.sum))
            .filter(|(minute, _)| {
                *minute >= from && coverage::is_final(&analysis.facts, function, *minute)
            })
            .collect();
        let inside: Vec<i64> = (self.stretches.iter())
            .filter(|(from, _)| ran.contains_key(&from.minute()))
            .map(|(from, to)| to.since(*from))
            .collect();
        let runs: f64 = ran.values().sum();
        if inside.is_empty() || runs <= 0.0 {
            return None;
        }
        let held: i64 = inside.iter().sum();
        let seconds = held as f64 / inside.len() as f64 / 1_000.0;
        let expected = needed_slots(runs / ran.len() as f64, seconds);
        let seen = held as f64 / (ran.len() as f64 * MINUTE_MS as f64);
        (expected > 0.0).then(|| (seen - expected) / expected)
    }
}

/// Tries to call one function, refused and done, with the runs that made them.
struct Tries {
    by_minute: BTreeMap<Timestamp, (u64, HashSet<InvocationIndex>)>,
    by_function: HashMap<Sym, u64>,
    /// Calls that one run usually makes.
    usual: f64,
    /// End of the last minute that refused.
    to: Timestamp,
}

impl Tries {
    fn of(analysis: &Analysis, calls: &Calls<'_>, episode: &Episode<'_>) -> Self {
        let links = episode
            .function
            .map_or(&[][..], |function| calls.links(function));
        let done = links
            .iter()
            .map(|link| (analysis.invocation(link.child).start, link.parent));
        let refused = episode
            .attempts
            .iter()
            .filter_map(|attempt| Some((attempt.at, attempt.run?)));
        let mut tries = Self {
            by_minute: BTreeMap::new(),
            by_function: HashMap::new(),
            usual: 1.0,
            to: episode.to,
        };
        let (mut before, mut callers_before) = (0u64, HashSet::new());
        for (at, run) in done.chain(refused) {
            let caller = analysis.invocation(run).function;
            *tries.by_function.entry(caller).or_default() += 1;
            let minute = tries.by_minute.entry(at.minute()).or_default();
            minute.0 += 1;
            minute.1.insert(run);
            if at < episode.from {
                before += 1;
                callers_before.insert(run);
            }
        }
        if !callers_before.is_empty() {
            tries.usual = (before as f64 / callers_before.len() as f64).max(1.0);
        }
        tries
    }

    /// Tries a call takes in each minute, against what was usual before.
    fn by_minute(&self) -> Vec<(Timestamp, f64)> {
        let minutes = self.by_minute.iter();
        minutes
            .map(|(minute, (tries, callers))| {
                let each = *tries as f64 / callers.len().max(1) as f64;
                (*minute, each / self.usual)
            })
            .collect()
    }

    /// Whether callers go on trying again and again although the limit has had room for minutes: the tries feed themselves.
    fn outlive(&self, peaks: &BTreeMap<Timestamp, u32>, limit: u32) -> bool {
        let stormy =
            |(minute, (tries, callers)): (&Timestamp, &(u64, HashSet<InvocationIndex>))| {
                let room = peaks
                    .get(minute)
                    .is_some_and(|peak| f64::from(*peak) < ROOM * f64::from(limit));
                room && *tries as f64 / callers.len() as f64 / self.usual >= STORM
            };
        let minutes: Vec<(Timestamp, bool)> = self
            .by_minute
            .iter()
            .map(|one| (*one.0, stormy(one)))
            .collect();
        minutes.windows(STORM_MINUTES).any(|window| {
            let apart = window[STORM_MINUTES - 1].0.since(window[0].0);
            apart == (STORM_MINUTES as i64 - 1) * MINUTE_MS
                && window[0].0 < self.to
                && window.iter().all(|(_, stormy)| *stormy)
        })
    }

    /// Calls for each run of a caller, most first, then by name.
    fn by_caller(&self, analysis: &Analysis) -> Vec<(Sym, f64)> {
        let runs = |caller: Sym| {
            let mut figures = analysis.functions.iter();
            figures
                .find(|one| one.function == caller)
                .map(|one| one.invocations)
        };
        let mut factors: Vec<(Sym, f64)> = (self.by_function.iter())
            .filter_map(|(&caller, &tries)| {
                let runs = runs(caller).filter(|runs| *runs > 0)?;
                Some((caller, tries as f64 / runs as f64))
            })
            .collect();
        factors.sort_by(|one, other| {
            (other.1.total_cmp(&one.1))
                .then_with(|| analysis.text(one.0).cmp(analysis.text(other.0)))
        });
        factors
    }
}
