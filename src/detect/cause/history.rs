//! The environments of one function as a new request would have found them.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use hashbrown::{HashMap, HashSet};

use crate::detect::kept_warm::KeptWarm;
use crate::model::facts::Facts;
use crate::model::invocation::Assembled;
use crate::model::rows::{Init, InitCause, InitKind};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

use super::{Rest, Timeline};

/// Idle for less: nothing of its own made it go, so the platform took it. A crash, and an idle environment of the previous
/// version, explain a start for as long.
const YOUNG_MS: i64 = 300_000;
/// Clocks of two hosts differ by tens of milliseconds: an environment idle for less may as well have been busy.
const SKEW_MS: i64 = 100;
/// Nothing explains a start for longer.
const OLD_MS: i64 = 3_600_000;

/// Environments that could explain a start, by version, the longest at rest first.
type Pools = HashMap<Option<Sym>, BTreeSet<Rest>>;

pub(super) struct History<'a> {
    facts: &'a Facts,
    warm: &'a KeptWarm,
    eldest: Option<u32>,
    /// Numbered version → the one before it.
    previous: HashMap<Sym, Sym>,
    idle: Pools,
    /// Of the idle, those that never ran again.
    gone: Pools,
    /// Those that crashed and never ran again.
    crashed: Pools,
    consumed: HashSet<u32>,
}

impl<'a> History<'a> {
    pub(super) fn new(
        facts: &'a Facts,
        assembled: &Assembled,
        warm: &'a KeptWarm,
        timeline: &Timeline,
    ) -> Self {
        Self {
            facts,
            warm,
            eldest: timeline.eldest.map(|(_, home)| home),
            previous: previous_versions(facts, assembled, &timeline.environments),
            idle: HashMap::new(),
            gone: HashMap::new(),
            crashed: HashMap::new(),
            consumed: HashSet::new(),
        }
    }

    /// An environment has come to rest.
    pub(super) fn rest(&mut self, assembled: &Assembled, rest: Rest) {
        let version = assembled.environments[rest.environment as usize].version;
        if self.consumed.contains(&rest.environment) {
            return;
        }
        if rest.crashed {
            self.crashed.entry(version).or_default().insert(rest);
            return;
        }
        self.idle.entry(version).or_default().insert(rest);
        if rest.until.is_none() {
            self.gone.entry(version).or_default().insert(rest);
        }
    }

    /// The cause of a start at `at`, and the environment that explains it.
    pub(super) fn cause(
        &mut self,
        home: u32,
        row: &Init,
        at: Timestamp,
    ) -> (InitCause, Option<u32>) {
        if row.kind == InitKind::ReinitAfterCrash {
            return (InitCause::ErrorRecycle, Some(home));
        }
        if self.eldest == Some(home) {
            return (InitCause::First, None);
        }
        let version = row.version;
        let (young, old) = (at.plus_ms(-YOUNG_MS), at.plus_ms(-OLD_MS));
        let rested = at.plus_ms(-SKEW_MS);
        let older = version.and_then(|version| self.previous.get(&version).copied());
        if older.is_some()
            && let Some(rest) = oldest(&mut self.idle, older, young..=rested, at)
        {
            return self.explained(InitCause::Deploy, rest, older);
        }
        if self.warm.version(row.function, version) || self.spilled(row) {
            return (InitCause::PcExhausted, None);
        }
        if let Some(rest) = oldest(&mut self.crashed, version, young..=at, at) {
            return self.explained(InitCause::ErrorRecycle, rest, version);
        }
        if let Some(rest) = oldest(&mut self.gone, version, young.plus_ms(1)..=rested, at) {
            return self.explained(InitCause::PlatformRecycle, rest, version);
        }
        if let Some(rest) = oldest(&mut self.gone, version, old..=young, at) {
            return self.explained(InitCause::IdleExpiry, rest, version);
        }
        (InitCause::ScaleOut, None)
    }

    fn explained(
        &mut self,
        cause: InitCause,
        rest: Rest,
        version: Option<Sym>,
    ) -> (InitCause, Option<u32>) {
        self.consumed.insert(rest.environment);
        for pools in [&mut self.idle, &mut self.gone, &mut self.crashed] {
            if let Some(pool) = pools.get_mut(&version) {
                pool.remove(&rest);
            }
        }
        (cause, Some(rest.environment))
    }

    /// Behind an alias the metric does not name the version; `$LATEST` cannot have provisioned concurrency.
    fn spilled(&self, row: &Init) -> bool {
        let text = |version| self.facts.text(version);
        let numbered = row
            .version
            .is_some_and(|version| text(version) != "$LATEST");
        numbered && self.warm.spilled(row.function, row.at)
    }
}

/// The environment of a version longest at rest at `at`, of those that came to rest `within`: of all that explain a start it is
/// the first that will not do so any more.
fn oldest(
    pools: &mut Pools,
    version: Option<Sym>,
    within: RangeInclusive<Timestamp>,
    at: Timestamp,
) -> Option<Rest> {
    let pool = pools.get_mut(&version)?;
    let from = Rest {
        since: *within.start(),
        environment: 0,
        until: None,
        crashed: false,
    };
    loop {
        let rest = *pool.range(from..).next()?;
        if rest.since > *within.end() {
            return None;
        }
        if rest.until.is_none_or(|until| until > at) {
            return Some(rest);
        }
        pool.remove(&rest);
    }
}

/// For each numbered version, the greatest smaller one that was seen.
fn previous_versions(facts: &Facts, assembled: &Assembled, homes: &[u32]) -> HashMap<Sym, Sym> {
    let mut numbered: Vec<(u64, Sym)> = homes
        .iter()
        .filter_map(|&home| assembled.environments[home as usize].version)
        .filter_map(|version| Some((facts.text(version).parse().ok()?, version)))
        .collect();
    numbered.sort_unstable();
    numbered.dedup();
    numbered
        .windows(2)
        .map(|pair| (pair[1].1, pair[0].1))
        .collect()
}
