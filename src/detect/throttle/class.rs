//! Which limit refused: by the reason that AWS gave, else by what is set and what was running.

use std::borrow::Cow;
use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};

use super::Attempt;
use super::concurrency::{Load, by_minute, occupied};
use crate::model::config::FunctionConfig;
use crate::model::facts::Facts;
use crate::model::invocation::{Assembled, Invocation};
use crate::model::placed;
use crate::model::rows::ThrottleClass;
use crate::model::settings::Settings;
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

/// A reason holds for minutes near it that give none.
const SAME_EPISODE_MS: i64 = 10 * MINUTE_MS;
/// A limit is reached at this share of it: metrics and logs see a little less than AWS counts.
const REACHED: f64 = 0.95;
/// Lambda adds at most 1,000 environments to a function every 10 s.
const SCALING_WINDOW_MS: i64 = 10_000;
const SCALING_STEP: usize = 900;
/// Requests a second that one unit of concurrency may take.
const RATE_PER_SLOT: f64 = 10.0;

type Cells<'a> = BTreeMap<(Timestamp, Cow<'a, str>), Vec<&'a Attempt<'a>>>;

/// What tells the limits of functions apart.
pub(super) struct Limits<'a> {
    facts: &'a Facts,
    settings: &'a Settings,
    /// By function: the class that most reasons of a minute name.
    reasons: HashMap<&'a str, BTreeMap<Timestamp, ThrottleClass>>,
    /// Accounts, by their place, and minutes in which some function was refused for the account's limit.
    account: HashSet<(Option<&'a str>, Timestamp)>,
    /// Runs of functions that nothing but their load explains.
    runs: HashMap<Sym, Vec<&'a Invocation>>,
    /// The load of all unreserved functions of an account, by its place.
    pools: HashMap<Option<&'a str>, BTreeMap<Timestamp, Load>>,
}

impl<'a> Limits<'a> {
    pub(super) fn new(
        facts: &'a Facts,
        assembled: &'a Assembled,
        settings: &'a Settings,
        cells: &'a Cells<'_>,
    ) -> Self {
        let mut reasons: HashMap<&str, BTreeMap<Timestamp, ThrottleClass>> = HashMap::new();
        let mut account = HashSet::new();
        let mut unexplained: HashSet<&str> = HashSet::new();
        for ((minute, resource), attempts) in cells {
            let Some(function) = resource.strip_prefix("lambda:") else {
                continue;
            };
            unexplained.insert(function);
            if let Some(class) = most_named(facts, attempts) {
                reasons.entry(function).or_default().insert(*minute, class);
                if class == ThrottleClass::AccountLimit {
                    account.insert((placed::place(function), *minute));
                }
            }
        }
        let reserved = |name: Sym| {
            let config = facts.functions.get(&name);
            config.is_some_and(|config| config.reserved_concurrency.is_some())
        };
        unexplained.retain(|name| {
            let known = facts.symbols.lookup(name).is_some_and(reserved);
            !known && !reasons.contains_key(name)
        });
        let mut runs: HashMap<Sym, Vec<&Invocation>> = HashMap::new();
        let mut unreserved: HashMap<Option<&str>, Vec<_>> = HashMap::new();
        if !unexplained.is_empty() {
            for run in &assembled.invocations {
                runs.entry(run.function).or_default().push(run);
                if !reserved(run.function) {
                    let place = placed::place(facts.text(run.function));
                    unreserved
                        .entry(place)
                        .or_default()
                        .push(occupied(run, 0.0));
                }
            }
        }
        let pools = unreserved.into_iter();
        Self {
            facts,
            settings,
            reasons,
            account,
            runs,
            pools: pools
                .map(|(place, runs)| (place, by_minute(runs)))
                .collect(),
        }
    }

    /// Why the function was refused in a minute.
    pub(super) fn of_function(&self, function: &str, minute: Timestamp) -> ThrottleClass {
        let name = self.facts.symbols.lookup(function);
        let config = name.and_then(|name| self.facts.functions.get(&name));
        let reserved = config.and_then(|config| config.reserved_concurrency);
        if reserved == Some(0) {
            return ThrottleClass::Disabled;
        }
        let reason = self.reason(function, minute);
        if reason == Some(ThrottleClass::InvokeRate) {
            return ThrottleClass::InvokeRate;
        }
        match (reserved, config) {
            // Everything reserved is provisioned: what comes on top cannot spill over.
            (Some(reserved), Some(config)) if provisioned(config) >= reserved => {
                ThrottleClass::PcSpill
            }
            (Some(_), _) => ThrottleClass::ReservedLimit,
            (None, _) => reason
                .or_else(|| self.by_load(name?, minute))
                .unwrap_or_else(|| self.by_elimination(placed::place(function), minute)),
        }
    }

    /// The reason of this minute, else of the nearest one of the episode.
    fn reason(&self, function: &str, minute: Timestamp) -> Option<ThrottleClass> {
        let reasons = self.reasons.get(function)?;
        let from = minute.plus_ms(-SAME_EPISODE_MS);
        let nearest = reasons
            .range(from..=minute.plus_ms(SAME_EPISODE_MS))
            .min_by_key(|(at, _)| at.since(minute).abs())?;
        Some(*nearest.1)
    }

    fn by_load(&self, function: Sym, minute: Timestamp) -> Option<ThrottleClass> {
        let runs = self.runs.get(&function).map_or(&[][..], Vec::as_slice);
        let from = minute.plus_ms(-SCALING_WINDOW_MS);
        let first = runs.partition_point(|run| run.start < from);
        let last = runs.partition_point(|run| run.start < minute.plus_ms(MINUTE_MS));
        let near = &runs[first..last];
        if grows_by(near, SCALING_STEP) {
            return Some(ThrottleClass::ScalingRate);
        }
        let set = self.settings.thresholds.account_concurrency;
        let place = placed::place(self.facts.text(function));
        let account = set.or_else(|| self.facts.account_concurrency(place))?;
        let reserved = self.facts.reserved_concurrency(place);
        let limit = f64::from(account.saturating_sub(reserved));
        let load = self.pools.get(&place).and_then(|pool| pool.get(&minute));
        let peak = load.map_or(0, |load| load.peak);
        let started = near.iter().filter(|run| run.start >= minute).count();
        if f64::from(peak) >= REACHED * limit {
            Some(ThrottleClass::AccountLimit)
        } else if started as f64 / 60.0 >= REACHED * RATE_PER_SLOT * limit {
            Some(ThrottleClass::InvokeRate)
        } else {
            None
        }
    }

    /// A function without a reservation shares the account's pool: another one was refused for it in that minute, or no other
    /// limit is left. Somebody's reservation is known, so reservations were asked for: a function without one has none.
    fn by_elimination(&self, place: Option<&str>, minute: Timestamp) -> ThrottleClass {
        let mut configs = self.facts.functions_at(place);
        if self.account.contains(&(place, minute))
            || configs.any(|config| config.reserved_concurrency.is_some())
        {
            ThrottleClass::AccountLimit
        } else {
            ThrottleClass::Unknown
        }
    }
}

fn provisioned(config: &FunctionConfig) -> u32 {
    let slots = config.provisioned.iter().map(|(_, slots)| *slots);
    slots.fold(0, u32::saturating_add)
}

/// Whether so many environments began to run within one window of scaling.
fn grows_by(runs: &[&Invocation], step: usize) -> bool {
    let mut cold = runs.iter().filter(|run| run.init_ms.get().is_some());
    let starts: Vec<Timestamp> = cold.by_ref().map(|run| run.start).collect();
    starts
        .windows(step)
        .any(|window| window[step - 1].since(window[0]) <= SCALING_WINDOW_MS)
}

/// The class that most reasons name; among equals the first.
fn most_named(facts: &Facts, attempts: &[&Attempt<'_>]) -> Option<ThrottleClass> {
    let mut votes: BTreeMap<ThrottleClass, usize> = BTreeMap::new();
    let reasons = attempts.iter().filter_map(|attempt| attempt.reason);
    for class in reasons.filter_map(|reason| of_reason(facts.text(reason))) {
        *votes.entry(class).or_default() += 1;
    }
    let most = votes.values().max().copied()?;
    votes
        .into_iter()
        .find(|&(_, count)| count == most)
        .map(|(class, _)| class)
}

/// What a `Reason` of Lambda's `TooManyRequestsException` says.
fn of_reason(reason: &str) -> Option<ThrottleClass> {
    Some(match reason {
        "ReservedFunctionConcurrentInvocationLimitExceeded" => ThrottleClass::ReservedLimit,
        "ConcurrentInvocationLimitExceeded" => ThrottleClass::AccountLimit,
        "FunctionInvocationRateLimitExceeded"
        | "ReservedFunctionInvocationRateLimitExceeded"
        | "CallerRateLimitExceeded" => ThrottleClass::InvokeRate,
        _ => return None,
    })
}
