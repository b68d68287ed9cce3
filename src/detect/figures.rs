//! The figures of each function: counts, percentiles, rates, and how much of it was seen.

pub mod coverage;
pub mod metered;

use hashbrown::{HashMap, HashSet};

use crate::detect::statistics::percentiles::percentiles;
use crate::detect::statistics::rate::wilson_covered;
use crate::detect::{concurrency, statistics};
use crate::model::analysis::Analysis;
use crate::model::cores;
use crate::model::fact::{Kinds, What};
use crate::model::invocation::{Environment, Invocation, InvocationStatus};
use crate::model::rows::{FunctionFigures, Harm, Rate, Verdict};
use crate::model::symbols::Sym;

/// One row per function with an environment, sorted by name.
pub fn figures(analysis: &Analysis) -> Vec<FunctionFigures> {
    let mut tallies: HashMap<Sym, Tally<'_>> = HashMap::new();
    for home in &analysis.assembled.environments {
        let tally = tallies.entry(home.function).or_default();
        tally.environments += 1;
        tally.serves = tally.serves || serves(analysis, home);
    }
    for run in analysis
        .assembled
        .invocations
        .iter()
        .filter(|run| run.counted)
    {
        tallies.entry(run.function).or_default().runs.push(run);
    }
    for row in analysis.inits.iter().filter(|row| row.cause.is_some()) {
        let tally = tallies.entry(row.function).or_default();
        tally.felt += 1;
        tally.inits.extend(row.init_ms.map(f64::from));
    }
    let seen = Seen::of(analysis);
    let coverage = coverage::by_function(&analysis.facts, &analysis.assembled);
    let mut rows = cores::each(tallies.into_iter(), |(function, tally)| {
        let mut row = tally.figures(analysis, function);
        row.coverage = coverage.get(&function).and_then(|reports| reports.share());
        row.cold_rate = cold_rate(&row);
        seen.fill(&mut row);
        row
    });
    rows.sort_by_key(|row| analysis.text(row.function));
    rows
}

/// Felt cold starts over the invocations that say how they started; where lines are missing, the interval is that of the smaller sample.
fn cold_rate(row: &FunctionFigures) -> Option<Rate> {
    match row.coverage {
        Some(coverage) if coverage < coverage::WHOLE => {
            wilson_covered(row.felt_cold_starts?, row.of_starts()?, coverage)
        }
        _ => statistics::wilson(row.felt_cold_starts?, row.of_starts()?),
    }
}

/// Whether it is an environment of a Web Function.
fn serves(analysis: &Analysis, home: &Environment) -> bool {
    let mut inits = home.init_lines(&analysis.facts);
    inits.any(|(_, fact)| matches!(fact.what, What::Serves { .. }))
}

/// What is counted for one function.
#[derive(Default)]
struct Tally<'a> {
    environments: u64,
    serves: bool,
    runs: Vec<&'a Invocation>,
    felt: u64,
    inits: Vec<f64>,
}

impl Tally<'_> {
    fn figures(mut self, analysis: &Analysis, function: Sym) -> FunctionFigures {
        let runs = &self.runs;
        let mut counts = Counts::default();
        let mut durations = Vec::with_capacity(runs.len());
        let mut intervals = Vec::with_capacity(runs.len());
        for run in runs {
            counts.add(analysis, run);
            durations.extend(run.duration_ms.get().map(f64::from));
            intervals.push(concurrency::busy(run, &analysis.inits));
        }
        let invocations = runs.len() as u64;
        let only_named = counts.only_named;
        let silent = only_named > 0 && only_named == invocations && self.felt == 0;
        let mut row = FunctionFigures {
            function,
            invocations,
            only_named,
            serves: self.serves,
            errors: counts.errors,
            timeouts: counts.timeouts,
            out_of_memory: counts.out_of_memory,
            duration_ms: percentiles(&mut durations),
            init_ms: percentiles(&mut self.inits),
            environments: self.environments,
            felt_cold_starts: (!silent).then_some(self.felt),
            cold_rate: None,
            throttled: None,
            duplicates_harmful: None,
            retries: None,
            reordered: None,
            memory_mb: (runs.iter().rev()).find_map(|run| run.memory_mb(&analysis.facts)),
            max_memory_used_mb: counts.max_memory_used_mb,
            billed_ms: counts.billed_ms,
            peak_concurrency: Some(concurrency::peak(&intervals)),
            id_coverage: share(counts.with_an_event, invocations),
            sampled_share: share(counts.sampled, counts.tells_of_sampling)
                .filter(|_| counts.is_traced),
            coverage: None,
        };
        let known = !row.is_hidden() && row.of_runs(0).is_some();
        row.peak_concurrency = row.peak_concurrency.filter(|_| known);
        row
    }
}

/// What the runs of a function are counted by: all at once, for they lie far apart.
#[derive(Default)]
struct Counts {
    only_named: u64,
    errors: u64,
    timeouts: u64,
    out_of_memory: u64,
    with_an_event: u64,
    /// One names its trace.
    is_traced: bool,
    /// Those whose lines would say that they were sampled, and those that were.
    tells_of_sampling: u64,
    sampled: u64,
    max_memory_used_mb: Option<u32>,
    billed_ms: Option<f64>,
}

impl Counts {
    fn add(&mut self, analysis: &Analysis, run: &Invocation) {
        self.only_named += u64::from(run.is_only_named());
        self.errors += u64::from(run.status.failed());
        self.timeouts += u64::from(run.status == InvocationStatus::Timeout);
        self.out_of_memory += u64::from(run.status == InvocationStatus::OutOfMemory);
        self.with_an_event += u64::from(names_an_event(analysis, run));
        // START with a trace, or REPORT.
        let tells = run.trace.is_some() || run.report_line().is_some();
        self.is_traced |= run.trace.is_some();
        self.tells_of_sampling += u64::from(tells);
        self.sampled += u64::from(is_sampled(run));
        self.max_memory_used_mb = self.max_memory_used_mb.max(run.max_memory_used_mb.get());
        if let Some(billed) = run.billed_ms.get().map(f64::from) {
            self.billed_ms = Some(self.billed_ms.map_or(billed, |sum| sum + billed));
        }
    }
}

fn share(hits: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| hits as f64 / of as f64)
}

/// An event that the invocation received was logged with its id.
fn names_an_event(analysis: &Analysis, run: &Invocation) -> bool {
    let mut events = analysis.assembled.app_lines_of(run, Kinds::RECEIVED);
    events.next().is_some()
}

/// REPORT names the segment of a traced invocation, sometimes without `Sampled`.
fn is_sampled(run: &Invocation) -> bool {
    let Some(trace) = run.trace else { return false };
    match trace.sampled {
        Some(sampled) => sampled,
        None => trace.segment.get().is_some(),
    }
}

/// What other detectors counted, and for which functions they could see anything: nothing seen is unknown, not 0.
#[derive(Default)]
struct Seen {
    throttled: HashMap<Sym, u64>,
    harmful: HashMap<Sym, u64>,
    retries: HashMap<Sym, u64>,
    reordered: HashMap<Sym, u64>,
    consumers: HashSet<Sym>,
}

impl Seen {
    fn of(analysis: &Analysis) -> Self {
        let mut seen = Self::default();
        for function in metered(analysis) {
            seen.throttled.entry(function).or_default();
        }
        for row in &analysis.throttles {
            let name = row.resource.strip_prefix("lambda:");
            if let Some(function) = name.and_then(|name| analysis.facts.symbols.lookup(name)) {
                *seen.throttled.entry(function).or_default() += row.count;
            }
        }
        seen.consumers
            .extend(analysis.deliveries.iter().map(|seen| seen.consumer));
        for row in &analysis.duplicates {
            seen.consumers.insert(row.consumer);
            if row.harm == Harm::Double {
                *seen.harmful.entry(row.consumer).or_default() += 1;
            } else {
                *seen.retries.entry(row.consumer).or_default() += 1;
            }
        }
        for row in &analysis.reordered {
            seen.consumers.insert(row.consumer);
            if row.verdict == Verdict::Violation {
                *seen.reordered.entry(row.consumer).or_default() += 1;
            }
        }
        seen
    }

    fn fill(&self, row: &mut FunctionFigures) {
        let count = |of: &HashMap<Sym, u64>| of.get(&row.function).copied().unwrap_or_default();
        let consumer = self.consumers.contains(&row.function);
        row.throttled = self.throttled.get(&row.function).copied();
        row.duplicates_harmful = consumer.then(|| count(&self.harmful));
        row.retries = consumer.then(|| count(&self.retries));
        row.reordered = consumer.then(|| count(&self.reordered));
    }
}

/// Functions whose `Throttles` metric was seen.
fn metered(analysis: &Analysis) -> impl Iterator<Item = Sym> {
    let facts = &analysis.facts;
    let points = facts.metrics.iter();
    points
        .filter(|point| facts.text(point.name) == "Throttles")
        .filter_map(|point| match point.dimensions[..] {
            [(name, function)] if facts.text(name) == "FunctionName" => Some(function),
            _ => None,
        })
}

#[cfg(test)]
mod tests;
