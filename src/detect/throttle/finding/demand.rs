//! What the callers of a refusing function ask of it, before and during the refusals.

use hashbrown::{HashMap, HashSet};

use super::episode::between;
use crate::detect::throttle::Attempt;
use crate::detect::throttle::callers::{Blame, blame};
use crate::detect::throttle::concurrency::needed_slots;
use crate::model::analysis::Analysis;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{Link, Rise};
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};

/// The time before that counts as usual.
pub(in crate::detect::throttle) const BASELINE_MS: i64 = 60 * MINUTE_MS;
/// Medians rest on so many runs.
const ENOUGH: usize = 20;

/// Calls, runs and callers of a function.
pub(in crate::detect::throttle) struct Demand {
    /// Tries per call; `None` where no caller is known.
    pub(in crate::detect::throttle) amplification: Option<f64>,
    /// Slots that the calls need, by Little's law.
    pub(super) slots: Option<f64>,
    /// Median run before and during, in milliseconds.
    pub(super) took: Option<(f64, f64)>,
    /// Version that runs now and did not before, when it first ran, and the one before.
    pub(super) deployed: Option<(Sym, Timestamp, Option<Sym>)>,
    /// Callers by their part in the rise, as symbols of their names.
    pub(super) blame: Vec<Blame<Sym>>,
}

impl Demand {
    /// `None` if the function did not run beside the refusals.
    pub(super) fn new(
        analysis: &Analysis,
        function: Sym,
        links: &[&Link],
        attempts: &[&Attempt<'_>],
        (from, to): (Timestamp, Timestamp),
    ) -> Option<Self> {
        let before = Spell::new(
            analysis,
            function,
            links,
            (from.plus_ms(-BASELINE_MS), from),
        );
        let during = Spell::new(analysis, function, links, (from, to));
        if during.took.is_empty() {
            return None;
        }
        let refused: HashSet<InvocationIndex> =
            attempts.iter().filter_map(|attempt| attempt.run).collect();
        let callers: HashSet<InvocationIndex> = refused.union(&during.callers).copied().collect();
        let tries = attempts
            .iter()
            .filter(|attempt| attempt.run.is_some())
            .count()
            + during.calls;
        let amplification = (!callers.is_empty()).then(|| {
            let usual = before.calls_per_caller().unwrap_or(1.0).max(1.0);
            tries as f64 / callers.len() as f64 / usual
        });
        let minutes = to.since(from) as f64 / MINUTE_MS as f64;
        let seconds = during.occupied_ms / during.took.len() as f64 / 1_000.0;
        let calls = callers.len() as f64 * before.calls_per_caller().unwrap_or(1.0).max(1.0);
        let slots = (!callers.is_empty()).then(|| needed_slots(calls / minutes, seconds));
        Some(Self {
            amplification,
            slots,
            took: before.median().zip(during.median()),
            deployed: deployed(analysis, &before, &during),
            blame: rise(analysis, &before, &callers, minutes),
        })
    }
}

impl Demand {
    /// Callers by their share of the rise.
    pub(in crate::detect::throttle) fn rises(&self) -> impl Iterator<Item = Rise> {
        self.blame.iter().map(|blame| Rise {
            caller: blame.caller,
            per_minute: blame.rate,
            before: blame.baseline,
            share: blame.share,
        })
    }
}

/// A stretch of a function's life.
struct Spell {
    minutes: f64,
    took: Vec<f64>,
    occupied_ms: f64,
    /// Calls with a known caller, and the runs that made them.
    calls: usize,
    callers: HashSet<InvocationIndex>,
    /// Runs by version, with the first start of each.
    versions: HashMap<Sym, (usize, Timestamp)>,
}

impl Spell {
    fn new(
        analysis: &Analysis,
        function: Sym,
        links: &[&Link],
        (from, to): (Timestamp, Timestamp),
    ) -> Self {
        let start = analysis.window.map_or(from, |(start, _)| start).max(from);
        let mut spell = Self {
            minutes: to.since(start) as f64 / MINUTE_MS as f64,
            took: Vec::new(),
            occupied_ms: 0.0,
            calls: 0,
            callers: HashSet::new(),
            versions: HashMap::new(),
        };
        let runs = between(analysis, from, to);
        for run in runs.iter().filter(|run| run.function == function) {
            let felt = run
                .init
                .get()
                .and_then(|init| analysis.inits[init as usize].felt_ms);
            if let Some(took) = run.duration_ms.get() {
                spell.took.push(f64::from(took));
                spell.occupied_ms += f64::from(took) + f64::from(felt.unwrap_or(0.0));
            }
            if let Some(version) = analysis.version_of(run) {
                let seen = spell.versions.entry(version).or_insert((0, run.start));
                seen.0 += 1;
            }
        }
        let called = links
            .iter()
            .filter(|link| (from..to).contains(&analysis.invocation(link.child).start));
        for link in called {
            spell.calls += 1;
            spell.callers.insert(link.parent);
        }
        spell
    }

    fn median(&self) -> Option<f64> {
        let mut took = self.took.clone();
        took.sort_unstable_by(f64::total_cmp);
        (took.len() >= ENOUGH).then(|| took[took.len() / 2])
    }

    fn calls_per_caller(&self) -> Option<f64> {
        (!self.callers.is_empty()).then(|| self.calls as f64 / self.callers.len() as f64)
    }

    /// The version that most runs have, and when it first ran.
    fn version(&self, analysis: &Analysis) -> Option<(Sym, Timestamp)> {
        let most = self.versions.iter().max_by(|one, other| {
            (one.1.0.cmp(&other.1.0))
                .then_with(|| analysis.text(*one.0).cmp(analysis.text(*other.0)))
        });
        most.map(|(version, (_, first))| (*version, *first))
    }
}

/// The version that took over when the refusals began.
fn deployed(
    analysis: &Analysis,
    before: &Spell,
    during: &Spell,
) -> Option<(Sym, Timestamp, Option<Sym>)> {
    let (new, seen) = during.version(analysis)?;
    let (old, _) = before.version(analysis)?;
    if new == old {
        return None;
    }
    let first = before.versions.get(&new).map_or(seen, |(_, first)| *first);
    Some((new, first, Some(old)))
}

/// Which callers come more often than they used to: by runs that call, so that retries do not blame whoever suffers.
fn rise(
    analysis: &Analysis,
    before: &Spell,
    callers: &HashSet<InvocationIndex>,
    minutes: f64,
) -> Vec<Blame<Sym>> {
    if before.minutes < 1.0 || before.callers.is_empty() {
        return Vec::new();
    }
    let mut rates: HashMap<Sym, (f64, f64)> = HashMap::new();
    for &run in callers {
        rates
            .entry(analysis.invocation(run).function)
            .or_default()
            .0 += 1.0 / minutes;
    }
    for &run in &before.callers {
        rates
            .entry(analysis.invocation(run).function)
            .or_default()
            .1 += 1.0 / before.minutes;
    }
    let mut rates: Vec<(Sym, f64, f64)> = rates
        .into_iter()
        .map(|(caller, (rate, usual))| (caller, rate, usual))
        .collect();
    rates.sort_by(|one, other| analysis.text(one.0).cmp(analysis.text(other.0)));
    blame(&rates)
}
