//! What strips count minute by minute, and what the page of one minute lists: one definition, so that a cell opens what it counted.

use std::collections::BTreeMap;

use crate::detect::statistics::percentiles;
use crate::model::analysis::Analysis;
use crate::model::invocation::{Invocation, InvocationIndex};
use crate::model::rows::{FunctionFigures, Harm, MeteredMinute};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

use super::page::Level;
use super::series::{Known, Minutes};

/// What is counted in each minute.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, strum::Display,
)]
#[strum(serialize_all = "lowercase")]
pub enum Counted {
    /// Runs that began.
    Runs,
    /// Runs that ended with an error, a time-out or out of memory.
    Failed,
    /// Tries that were refused.
    Refused,
    /// Repeats that ran twice.
    Doubled,
    /// Arrivals that were overtaken.
    Overtaken,
    /// Starts that somebody waited for.
    Cold,
    /// Runs that were the first of their environment.
    Started,
    /// Runs that took at least the 99th percentile of the runs that ended in their minute, whose height is that percentile.
    Slowest,
}

/// How long each run took that ended, by the minute in which it did.
pub struct Took {
    minutes: Minutes,
    lasted: Vec<Vec<f64>>,
    ends: Told,
}

impl Took {
    /// Of nothing yet.
    pub fn new(minutes: Minutes) -> Self {
        Self {
            minutes,
            lasted: vec![Vec::new(); minutes.len],
            ends: Told::new(minutes),
        }
    }

    /// Counts a run, if it ended in these minutes.
    pub fn add(&mut self, run: &Invocation) {
        self.ends.add(run.end, run);
        if let Some(ms) = run.duration_ms.get() {
            self.ended(run.end, ms);
        }
    }

    fn ended(&mut self, end: Timestamp, took_ms: f32) {
        if let Some(minute) = self.minutes.index(end) {
            self.lasted[minute].push(f64::from(took_ms));
        }
    }

    /// The 99th percentile of each minute in milliseconds, at least 1; 0 where nothing ended, no data in a minute that is not
    /// [`Known`] or in which only runs ended that do not say how long they took.
    pub fn p99(mut self, known: &Known) -> Vec<Level> {
        let p99 = |took: &mut Vec<f64>| percentiles(took).map_or(0, |of| of.p99.max(1.0) as u64);
        let heights: Vec<u64> = self.lasted.iter_mut().map(p99).collect();
        let minutes = self.minutes;
        let heights = heights.into_iter().enumerate();
        let heights = heights.map(|(at, height)| (minutes.start(at), height));
        self.ends.hide(minutes.count(known, heights))
    }
}

/// In which minutes there were runs, and whether any of a minute's says how it went: those that are
/// [only named](Invocation::is_only_named) do not.
pub struct Told {
    minutes: Minutes,
    silent: Vec<Option<bool>>,
}

impl Told {
    /// Of no run yet.
    pub fn new(minutes: Minutes) -> Self {
        Self {
            minutes,
            silent: vec![None; minutes.len],
        }
    }

    /// Notes a run at its start or its end, if that lies in these minutes.
    pub fn add(&mut self, at: Timestamp, run: &Invocation) {
        if let Some(minute) = self.minutes.index(at) {
            let silent = &mut self.silent[minute];
            *silent = Some(silent.unwrap_or(true) && run.is_only_named());
        }
    }

    /// A count of nothing in a minute of whose runs none says how it went is no zero.
    pub fn hide(&self, mut levels: Vec<Level>) -> Vec<Level> {
        for (level, silent) in levels.iter_mut().zip(&self.silent) {
            *level = level.filter(|count| *count > 0 || *silent != Some(true));
        }
        levels
    }
}

/// One thing that was counted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct One {
    pub at: Timestamp,
    pub count: u64,
    /// The run that it happened to; refusals have none, nor has what metrics alone count.
    pub run: Option<InvocationIndex>,
}

impl Counted {
    /// Everything of its kind, of one function or of all.
    pub fn all(self, analysis: &Analysis, function: Option<Sym>) -> Vec<One> {
        let mine = |of: Sym| function.is_none_or(|function| function == of);
        let runs = || {
            let all = analysis.assembled.invocations.iter().zip(0..);
            all.filter(move |(one, _)| one.counted && mine(one.function))
        };
        let one = |at, run| One { at, count: 1, run };
        let metered = |of: fn(&MeteredMinute) -> u64| {
            let rows = analysis.metered.iter();
            let minutes = rows.filter(move |row| mine(row.function));
            let minutes = minutes.flat_map(|row| &row.minutes);
            minutes.map(move |minute| One {
                at: minute.at,
                count: of(minute),
                run: None,
            })
        };
        match self {
            Self::Runs => runs()
                .map(|(run, at)| one(run.start, Some(at)))
                .chain(metered(|minute| minute.invocations))
                .collect(),
            Self::Failed => runs()
                .filter(|(run, _)| run.status.failed())
                .map(|(run, at)| one(run.end, Some(at)))
                .chain(metered(|minute| minute.errors))
                .collect(),
            Self::Slowest => {
                slowest(runs().filter_map(|(run, at)| Some((run.end, run.duration_ms.get()?, at))))
            }
            Self::Started => runs()
                .filter(|(run, _)| run.init.get().is_some())
                .map(|(run, at)| one(run.start, Some(at)))
                .collect(),
            Self::Refused => {
                let resource = function.map(|name| format!("lambda:{}", analysis.text(name)));
                let all = analysis.throttles.iter();
                all.filter(|row| resource.as_ref().is_none_or(|name| *name == row.resource))
                    .map(|row| One {
                        at: row.minute,
                        count: row.count,
                        run: None,
                    })
                    .collect()
            }
            Self::Doubled => {
                let all = analysis.duplicates.iter();
                all.filter(|row| row.harm == Harm::Double && mine(row.consumer))
                    .map(|row| one(row.repeat.at, Some(row.repeat.invocation)))
                    .collect()
            }
            Self::Overtaken => {
                let all = analysis.reordered.iter();
                all.filter(|row| mine(row.consumer))
                    .map(|row| one(row.at, Some(row.invocation)))
                    .collect()
            }
            Self::Cold => {
                let all = analysis.inits.iter();
                all.filter(|row| row.cause.is_some() && mine(row.function))
                    .map(|row| one(row.at, row.invocation))
                    .collect()
            }
        }
    }

    /// Whether anything tells of it: that none was seen where nothing does is no zero.
    fn is_told(self, analysis: &Analysis, function: Option<Sym>) -> bool {
        let told = |of: fn(&FunctionFigures) -> Option<u64>| {
            let mut rows = analysis.functions.iter();
            rows.any(|row| function.is_none_or(|name| name == row.function) && of(row).is_some())
        };
        match self {
            Self::Refused => !analysis.throttles.is_empty() || told(|row| row.throttled),
            Self::Doubled => told(|row| row.duplicates_harmful),
            Self::Overtaken => told(|row| row.reordered),
            _ => true,
        }
    }

    /// How many in each minute; no data in a minute that is not [`Known`], nor where none of its runs would say so.
    pub fn levels(
        self,
        analysis: &Analysis,
        function: Option<Sym>,
        minutes: Minutes,
    ) -> Vec<Level> {
        let runs = || {
            let mine = |run: &&Invocation| function.is_none_or(|of| run.function == of);
            let all = analysis.assembled.invocations.iter();
            all.filter(|run| run.counted).filter(mine)
        };
        if self == Self::Slowest {
            let mut took = Took::new(minutes);
            runs().for_each(|run| took.add(run));
            return took.p99(&Known::of(analysis));
        }
        let all = self.all(analysis, function).into_iter();
        let events = all.map(|one| (one.at, one.count));
        let known = match self {
            Self::Runs | Self::Failed => Known::with_metered(analysis, function),
            _ => Known::of(analysis),
        };
        let mut levels = minutes.count(&known, events);
        if !self.is_told(analysis, function) {
            for level in &mut levels {
                *level = level.filter(|count| *count > 0);
            }
        }
        if !matches!(self, Self::Cold | Self::Started) {
            return levels;
        }
        let mut starts = Told::new(minutes);
        runs().for_each(|run| starts.add(run.start, run));
        starts.hide(levels)
    }
}

/// The runs that took at least the 99th percentile of their minute, the slowest of each minute first; of runs by their end and
/// what they took.
fn slowest(runs: impl Iterator<Item = (Timestamp, f32, InvocationIndex)>) -> Vec<One> {
    let mut by_minute: BTreeMap<Timestamp, Vec<(f64, One)>> = BTreeMap::new();
    for (at, took, run) in runs {
        let one = One {
            at,
            count: 1,
            run: Some(run),
        };
        let minute = by_minute.entry(at.minute()).or_default();
        minute.push((f64::from(took), one));
    }
    let of_minute = |mut runs: Vec<(f64, One)>| {
        let least = percentiles(&mut runs.iter().map(|(took, _)| *took).collect());
        // A percentile of many is an estimate of 1 %: it may lie above the longest.
        let longest = runs.iter().map(|(took, _)| *took).fold(0.0, f64::max);
        let least = least.map_or(0.0, |of| of.p99.min(longest));
        runs.retain(|(took, _)| *took >= least);
        runs.sort_by(|one, other| other.0.total_cmp(&one.0));
        runs.into_iter().map(|(_, one)| one)
    };
    by_minute.into_values().flat_map(of_minute).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::testing::{self, World};
    use crate::model::invocation::InvocationStatus;
    use crate::model::time::MINUTE_MS;

    #[test]
    fn the_slowest_are_those_at_the_99th_percentile_of_their_minute() {
        // 60 runs of 10 to 600 ms end in the first minute, one of 5 ms in the second: nearest rank takes the 60th and the only one.
        let mut runs: Vec<(Timestamp, f32, InvocationIndex)> = (0..60)
            .map(|at| (Timestamp(0), (at + 1) as f32 * 10.0, at))
            .collect();
        runs.push((Timestamp(MINUTE_MS), 5.0, 60));
        let found = slowest(runs.iter().copied());
        assert_eq!(
            found.iter().map(|one| one.run).collect::<Vec<_>>(),
            [Some(59), Some(60)]
        );
        let minutes = Minutes::until(Timestamp(3 * MINUTE_MS), 4);
        let known = Known {
            from: Some(Timestamp(0)),
            until: Some(Timestamp(2 * MINUTE_MS + 30_000)),
        };
        let mut took = Took::new(minutes);
        runs.iter().for_each(|(end, ms, _)| took.ended(*end, *ms));
        assert_eq!(
            took.p99(&known),
            [Some(600), Some(5), Some(0), None],
            "a minute in which nothing ended is no unknown one"
        );
    }

    /// One run of the first minute has a REPORT line, one of it and one of the second are only named: of the second minute nothing is
    /// known but that there was a run.
    #[test]
    fn what_only_named_runs_hide_is_unknown() {
        let mut world = World::default();
        let run = |world: &mut World, minute| world.run("f", minute, InvocationStatus::Ok);
        run(&mut world, 0.0);
        for minute in [0.5, 1.0] {
            let hidden = run(&mut world, minute);
            world.only_named(hidden);
        }
        let analysis = world.analysis();
        let minutes = Minutes::until(testing::at(2.0), 3);
        let levels = |counted: Counted| counted.levels(&analysis, None, minutes);
        assert_eq!(levels(Counted::Runs), [Some(2), Some(1), Some(0)]);
        assert_eq!(levels(Counted::Cold), [Some(0), None, Some(0)]);
        assert_eq!(levels(Counted::Started), [Some(0), None, Some(0)]);
        assert_eq!(levels(Counted::Slowest), [Some(100), None, Some(0)]);
    }
}
