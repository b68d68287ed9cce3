//! What if some environments of a function were always kept warm: starts avoided, requests that spill over, money.
//!
//! The finished runs are replayed against two pools: slots that are always warm, and environments on demand that live on
//! while idle. Erlang's formula would do for Poisson traffic only; where requests come in bursts it promises far too much.

mod pools;
pub mod prices;

use crate::detect::concurrency;
use crate::detect::statistics::erlang_b;
use crate::detect::statistics::percentiles::percentiles;
use crate::model::analysis::Analysis;
use crate::model::invocation::Invocation;
use crate::model::symbols::Sym;

use pools::{Arrival, Replay, replay};
use prices::Prices;

/// Runs from which a replay says something.
const ENOUGH_RUNS: usize = 500;
/// More slots are not tried.
const MOST_SLOTS: u32 = 32;
/// Share of avoidable starts from which more slots are not worth it, and from which more are not tried.
const WORTH: f64 = 0.80;
const NEARLY_ALL: f64 = 0.95;
/// Idle life of an environment on demand: at least and at most, whatever was survived.
const IDLE_LIFE_MS: (i64, i64) = (300_000, 3_600_000);
const DAY_MS: f64 = 86_400_000.0;

/// The answer for one function.
#[derive(Clone, Debug, PartialEq)]
pub struct WhatIf {
    /// For 1, 2, … slots, up to what the function ever used at once or what avoids nearly every start.
    pub rows: Vec<Slots>,
    /// Index of the fewest slots that avoid 80 % of the starts that somebody waited for.
    pub recommended: Option<usize>,
    /// The longest idle gap that an environment survived, between 5 minutes and an hour.
    pub idle_life_ms: i64,
    /// Finished runs that were replayed.
    pub runs: usize,
    /// Too few runs for a replay: Erlang's formula, which is optimistic.
    pub optimistic: bool,
}

/// What a number of slots would have done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slots {
    pub slots: u32,
    /// Share of felt starts avoided; `None` if there were none to avoid.
    pub avoided: Option<f64>,
    /// Share of requests that found no slot free.
    pub spill: f64,
    /// Share of the slots' time that was used.
    pub used: f64,
    /// Dollars a day more than without, at list prices; `None` without the memory size.
    pub cost_per_day: Option<f64>,
}

/// Replays the function's runs; `None` without any.
pub fn what_if(analysis: &Analysis, function: Sym, prices: Prices) -> Option<WhatIf> {
    let runs: Vec<&Invocation> = analysis
        .assembled
        .invocations
        .iter()
        .filter(|run| run.function == function && run.counted && !run.end_estimated)
        .collect();
    let world = World::of(analysis, &runs)?;
    let optimistic = runs.len() < ENOUGH_RUNS;
    let none = replay(&world.arrivals, 0, world.init_ms, world.idle_life_ms);
    let most = world.peak.clamp(1, MOST_SLOTS);
    let mut rows: Vec<Slots> = Vec::new();
    for slots in 1..=most {
        let row = if optimistic {
            world.by_formula(slots)
        } else {
            let with = replay(&world.arrivals, slots, world.init_ms, world.idle_life_ms);
            world.by_replay(slots, none, with, prices)
        };
        rows.push(row);
        if row.avoided.is_none_or(|avoided| avoided >= NEARLY_ALL) {
            break;
        }
    }
    let recommended = rows
        .iter()
        .position(|row| row.avoided.is_some_and(|avoided| avoided >= WORTH));
    Some(WhatIf {
        rows,
        recommended,
        idle_life_ms: world.idle_life_ms,
        runs: runs.len(),
        optimistic,
    })
}

/// What the replay needs to know of a function.
struct World {
    arrivals: Vec<Arrival>,
    /// Median of the inits that somebody waited for.
    init_ms: i64,
    idle_life_ms: i64,
    peak: u32,
    /// From the first arrival to the last end.
    span_ms: f64,
    memory_gb: Option<f64>,
}

impl World {
    fn of(analysis: &Analysis, runs: &[&Invocation]) -> Option<Self> {
        let busy = |run: &&Invocation| concurrency::busy(run, &analysis.inits);
        let mut arrivals: Vec<Arrival> = runs
            .iter()
            .map(|run| Arrival {
                at: busy(run).0.0,
                length_ms: run.end.since(run.start).max(0),
            })
            .collect();
        arrivals.sort_unstable();
        let first = arrivals.first()?.at;
        let last = runs.iter().map(|run| run.end.0).max()?;
        let intervals: Vec<_> = runs.iter().map(busy).collect();
        let felt = |run: &&Invocation| run.init.get().is_some();
        let inits = runs.iter().filter(|run| felt(run));
        let mut inits = inits
            .filter_map(|run| run.report(&analysis.facts)?.start_ms().map(f64::from))
            .collect();
        let mut newest = runs.iter().rev();
        let memory = newest.find_map(|run| run.memory_mb(&analysis.facts));
        Some(Self {
            init_ms: percentiles(&mut inits).map_or(0, |init| init.p50 as i64),
            idle_life_ms: idle_life(analysis, runs),
            peak: u32::try_from(concurrency::peak(&intervals)).unwrap_or(u32::MAX),
            span_ms: last.saturating_sub(first).max(1) as f64,
            memory_gb: memory.map(|memory| f64::from(memory) / 1024.0),
            arrivals,
        })
    }

    fn by_replay(&self, slots: u32, none: Replay, with: Replay, prices: Prices) -> Slots {
        let avoided = none.colds.saturating_sub(with.colds);
        let kept_ms = f64::from(slots) * self.span_ms;
        let gb_s = |ms: f64, memory: f64| memory * ms / 1000.0;
        let cost = self.memory_gb.map(|memory| {
            let kept = gb_s(kept_ms, memory) * prices.provisioned;
            let served = gb_s(with.served_ms as f64, memory)
                * (prices.provisioned_duration - prices.on_demand);
            let spared = gb_s(avoided as f64 * self.init_ms as f64, memory) * prices.on_demand;
            (kept + served - spared) * DAY_MS / self.span_ms
        });
        Slots {
            slots,
            avoided: (none.colds > 0).then(|| avoided as f64 / none.colds as f64),
            spill: with.spilled as f64 / self.arrivals.len() as f64,
            used: with.served_ms as f64 / kept_ms,
            cost_per_day: cost,
        }
    }

    fn by_formula(&self, slots: u32) -> Slots {
        let lengths = self.arrivals.iter().map(|arrival| arrival.length_ms as f64);
        let load = lengths.sum::<f64>() / self.span_ms;
        let spill = erlang_b(slots, load);
        Slots {
            slots,
            avoided: Some(1.0 - spill),
            spill,
            used: load * (1.0 - spill) / f64::from(slots),
            cost_per_day: None,
        }
    }
}

/// The longest gap between two runs that an environment survived.
fn idle_life(analysis: &Analysis, runs: &[&Invocation]) -> i64 {
    let mut last_end: hashbrown::HashMap<u32, i64> = hashbrown::HashMap::new();
    let mut longest = 0;
    for run in runs {
        let home = analysis.assembled.environment(run);
        let before = last_end.insert(run.stream(), run.end.0);
        if let Some(before) = before.filter(|_| !home.concurrent) {
            longest = longest.max(run.start.0.saturating_sub(before));
        }
    }
    longest.clamp(IDLE_LIFE_MS.0, IDLE_LIFE_MS.1)
}

#[cfg(test)]
mod tests;
