//! Why a request had to wait for a new environment: what became of those that could have served it.

use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};

use crate::detect::pools::Provisioned;
use crate::model::facts::Facts;
use crate::model::invocation::{Assembled, Invocation};
use crate::model::rows::{Init, InitCause, InitKind};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// Idle for less: nothing of its own made it go, so the platform took it. A crash, and an idle environment of the previous
/// version, explain a start for as long.
const YOUNG_MS: i64 = 300_000;
/// Nothing explains a start for longer.
const OLD_MS: i64 = 3_600_000;

/// Gives every start that somebody waited for its cause. `starts` are rows with their environments.
///
/// Judged at the arrival of the request, in the order of [`InitCause`], each environment explaining one start. An environment
/// is taken for gone if it never ran again: one that did was busy, or the request would have been given to it.
pub(super) fn explain(
    facts: &Facts,
    assembled: &Assembled,
    provisioned: &Provisioned,
    mut starts: Vec<(u32, Init)>,
) -> Vec<Init> {
    let mut homes: HashMap<Sym, Vec<u32>> = HashMap::new();
    for (at, home) in (0u32..).zip(&assembled.environments) {
        homes.entry(home.function).or_default().push(at);
    }
    let mut events: HashMap<Sym, Vec<(Timestamp, Event)>> = HashMap::new();
    let mut eldest: HashMap<Sym, (Timestamp, u32)> = HashMap::new();
    for (at, (home, row)) in starts.iter().enumerate() {
        let events = events.entry(row.function).or_default();
        let first = eldest.entry(row.function).or_insert((row.at, *home));
        *first = (*first).min((row.at, *home));
        if row.felt_ms != Some(0.0) {
            events.push((row.at, Event::Arrival(at)));
        } else if row.invocation.is_none() {
            let ready = row.at.plus_ms(row.init_ms.unwrap_or(0.0).max(0.0) as i64);
            let rest = Rest {
                since: ready,
                environment: *home,
                until: None,
                crashed: false,
            };
            events.push((ready, Event::Rest(rest)));
        }
    }
    for (function, mut events) in events {
        let homes = homes.get(&function).map_or(&[][..], Vec::as_slice);
        let rests = homes.iter().flat_map(|&home| rests(assembled, home));
        events.extend(rests.map(|rest| (rest.since, Event::Rest(rest))));
        events.sort_unstable();
        let warm = homes.iter().filter_map(|&home| {
            let first = assembled.environments[home as usize].invocations.first()?;
            Some((assembled.invocations[*first as usize].start, home))
        });
        let known = eldest.get(&function).copied();
        let mut history = History {
            facts,
            provisioned,
            eldest: warm.chain(known).min().map(|(_, home)| home),
            previous: previous_versions(facts, assembled, homes),
            idle: HashMap::new(),
            gone: HashMap::new(),
            crashed: HashMap::new(),
            consumed: HashSet::new(),
        };
        for (at, event) in events {
            match event {
                Event::Rest(rest) => {
                    let home = &assembled.environments[rest.environment as usize];
                    history.take_rest(rest, home.version);
                }
                Event::Arrival(start) => {
                    let (home, row) = &mut starts[start];
                    let (cause, by) = history.cause(*home, row, at);
                    row.cause = Some(cause);
                    row.explained_by = by;
                }
            }
        }
    }
    starts.into_iter().map(|(_, row)| row).collect()
}

/// A stretch in which an environment waited for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rest {
    since: Timestamp,
    environment: u32,
    /// Its next invocation; `None` if it never ran again.
    until: Option<Timestamp>,
    /// Not at rest but dead: its last invocation crashed.
    crashed: bool,
}

/// What happens to the environments of one function. At one moment ends come before arrivals.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Rest(Rest),
    Arrival(usize),
}

/// Environments that could explain a start, newest rest last.
type Pool = BTreeSet<Rest>;

/// Environments that could explain a start, by version, the longest at rest first.
type Pools = HashMap<Option<Sym>, BTreeSet<Rest>>;

struct History<'a> {
    facts: &'a Facts,
    provisioned: &'a Provisioned,
    /// The environment that was seen first.
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

impl History<'_> {
    fn take_rest(&mut self, rest: Rest, version: Option<Sym>) {
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
    fn cause(&mut self, home: u32, row: &Init, at: Timestamp) -> (InitCause, Option<u32>) {
        if row.kind == InitKind::ReinitAfterCrash {
            return (InitCause::ErrorRecycle, Some(home));
        }
        if self.eldest == Some(home) {
            return (InitCause::First, None);
        }
        let version = row.version;
        let young = at.plus_ms(-YOUNG_MS);
        let older = version.and_then(|version| self.previous.get(&version).copied());
        if older.is_some()
            && let Some(rest) = oldest(&mut self.idle, older, young, at)
        {
            return self.explained(InitCause::Deploy, rest, older);
        }
        if self.provisioned.version(row.function, version) || self.spilled(row) {
            return (InitCause::PcExhausted, None);
        }
        if let Some(rest) = oldest(&mut self.crashed, version, young, at) {
            return self.explained(InitCause::ErrorRecycle, rest, version);
        }
        if let Some(rest) = oldest(&mut self.gone, version, young.plus_ms(1), at) {
            return self.explained(InitCause::PlatformRecycle, rest, version);
        }
        if let Some(rest) = oldest(&mut self.gone, version, at.plus_ms(-OLD_MS), at) {
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
        numbered && self.provisioned.spilled(row.function, row.at)
    }
}

/// The environment of a version longest at rest at `at`, since `since` or later: of those that explain a start it is the
/// first that will not do so any more.
fn oldest(
    pools: &mut Pools,
    version: Option<Sym>,
    since: Timestamp,
    at: Timestamp,
) -> Option<Rest> {
    let pool = pools.get_mut(&version)?;
    let from = Rest {
        since,
        environment: 0,
        until: None,
        crashed: false,
    };
    loop {
        let rest = *pool.range(from..).next()?;
        if rest.until.is_none_or(|until| until > at) {
            return Some(rest);
        }
        pool.remove(&rest);
    }
}

/// When each environment of a function rested. Where many invocations run at once, none ever does.
fn rests(assembled: &Assembled, home: u32) -> Vec<Rest> {
    let environment = &assembled.environments[home as usize];
    if environment.concurrent {
        return Vec::new();
    }
    let runs = &environment.invocations;
    let runs: Vec<&Invocation> = runs
        .iter()
        .map(|&at| &assembled.invocations[at as usize])
        .collect();
    let next = runs.iter().skip(1).map(|run| Some(run.start)).chain([None]);
    runs.iter()
        .zip(next)
        .filter(|(run, until)| until.is_none_or(|until| until > run.end))
        .filter(|(run, until)| !run.crashed || until.is_none())
        .map(|(run, until)| Rest {
            since: run.end,
            environment: home,
            until,
            crashed: run.crashed,
        })
        .collect()
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
