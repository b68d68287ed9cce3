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

/// What an environment was made of. A numbered version never changes; `$LATEST` did when it was last modified, and environments from
/// before that are of another make.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Make {
    version: Option<Sym>,
    modified: bool,
}

/// Environments that could explain a start, by make, the longest at rest first.
type Pools = HashMap<Make, BTreeSet<Rest>>;

pub(super) struct History<'a> {
    facts: &'a Facts,
    warm: &'a KeptWarm,
    eldest: Option<u32>,
    /// When the function was last changed.
    modified: Option<Timestamp>,
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
            modified: modified(facts, assembled, timeline),
            previous: previous_versions(facts, assembled, &timeline.environments),
            idle: HashMap::new(),
            gone: HashMap::new(),
            crashed: HashMap::new(),
            consumed: HashSet::new(),
        }
    }

    /// An environment has come to rest.
    pub(super) fn rest(&mut self, assembled: &Assembled, rest: Rest) {
        let home = &assembled.environments[rest.environment as usize];
        let first = home
            .invocations
            .first()
            .map(|&run| &assembled.invocations[run as usize]);
        let born = home
            .init_start
            .or(first.map(|run| run.start))
            .unwrap_or(rest.since);
        let make = self.make(home.version, born);
        if self.consumed.contains(&rest.environment) {
            return;
        }
        if rest.crashed {
            self.crashed.entry(make).or_default().insert(rest);
            return;
        }
        self.idle.entry(make).or_default().insert(rest);
        if rest.until.is_none() {
            self.gone.entry(make).or_default().insert(rest);
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
        let make = self.make(version, row.at);
        let (young, old) = (at.plus_ms(-YOUNG_MS), at.plus_ms(-OLD_MS));
        let rested = at.plus_ms(-SKEW_MS);
        let older = match version.and_then(|version| self.previous.get(&version).copied()) {
            Some(previous) => Some(self.make(Some(previous), row.at)),
            None => make.modified.then_some(Make {
                modified: false,
                ..make
            }),
        };
        if let Some(older) = older
            && let Some(rest) = oldest(&mut self.idle, older, young..=rested, at)
        {
            return self.explained(InitCause::Deploy, rest, older);
        }
        if self.warm.version(row.function, version) || self.spilled(row) {
            return (InitCause::PcExhausted, None);
        }
        if let Some(rest) = oldest(&mut self.crashed, make, young..=at, at) {
            return self.explained(InitCause::ErrorRecycle, rest, make);
        }
        if let Some(rest) = oldest(&mut self.gone, make, young.plus_ms(1)..=rested, at) {
            return self.explained(InitCause::PlatformRecycle, rest, make);
        }
        if let Some(rest) = oldest(&mut self.gone, make, old..=young, at) {
            return self.explained(InitCause::IdleExpiry, rest, make);
        }
        (InitCause::ScaleOut, None)
    }

    fn explained(&mut self, cause: InitCause, rest: Rest, make: Make) -> (InitCause, Option<u32>) {
        self.consumed.insert(rest.environment);
        for pools in [&mut self.idle, &mut self.gone, &mut self.crashed] {
            if let Some(pool) = pools.get_mut(&make) {
                pool.remove(&rest);
            }
        }
        (cause, Some(rest.environment))
    }

    fn make(&self, version: Option<Sym>, born: Timestamp) -> Make {
        let numbered = version.is_some_and(|version| self.facts.text(version) != "$LATEST");
        Make {
            version,
            modified: !numbered && self.modified.is_some_and(|modified| born >= modified),
        }
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

/// When the function of these environments was last changed, as its configuration says.
fn modified(facts: &Facts, assembled: &Assembled, timeline: &Timeline) -> Option<Timestamp> {
    let &home = timeline.environments.first()?;
    let function = assembled.environments[home as usize].function;
    facts.functions.get(&function)?.modified
}

/// The environment of a make longest at rest at `at`, of those that came to rest `within`: of all that explain a start it is
/// the first that will not do so any more.
fn oldest(
    pools: &mut Pools,
    make: Make,
    within: RangeInclusive<Timestamp>,
    at: Timestamp,
) -> Option<Rest> {
    let pool = pools.get_mut(&make)?;
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
