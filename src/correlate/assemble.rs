//! Joins platform and application lines into invocations and environments, also where lines are missing.

mod attempts;
mod attribution;
mod ends;
mod named;
mod status;

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use hashbrown::HashMap;

use crate::model::cores;
use crate::model::fact::{InitType, Kinds, What};
use crate::model::facts::{FactRef, Facts, StreamFacts};
use crate::model::invocation::{AppLine, Assembled, Environment, Invocation, InvocationIndex};
use crate::model::maybe::Maybe;
use crate::model::requests::Requests;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

use attempts::Attempt;

/// Invocations and environments of every stream that belongs to a function.
pub fn assemble(facts: &Facts) -> Assembled {
    let (homes, Runs { mut drafts, lines }) = homes(facts);
    let mut assembled = Assembled::default();
    for (at, home) in (0u32..).zip(homes) {
        let refer = |fact| FactRef { stream: at, fact };
        let orphans = home.orphans.into_iter().map(refer);
        assembled.orphans.extend(orphans);
        assembled.environments.extend(home.environment);
    }
    ends::estimate(facts, &assembled, &mut drafts);
    number(facts, drafts, &lines, &mut assembled);
    assembled
}

/// What one stream holds.
#[derive(Default)]
struct Home {
    /// `None` if it is no environment, or one of which nothing is known.
    environment: Option<Environment>,
    /// Application lines that belong to none.
    orphans: Vec<u32>,
}

/// An invocation by the lines of its stream alone: its number among attempts is not known yet, nor an end that no line tells.
struct Draft {
    run: Invocation,
    /// END, or what stands for it, was seen.
    ended: bool,
    /// Moment of its latest line.
    last_seen: Timestamp,
}

/// The invocations of all streams.
#[derive(Default)]
struct Runs {
    drafts: Vec<Draft>,
    /// Their application lines, those of each side by side.
    lines: Vec<AppLine>,
}

/// What each stream holds, worked out on all cores: no stream needs another. The invocations of one stream stand together in order
/// of start, the streams in no particular order.
fn homes(facts: &Facts) -> (Vec<Home>, Runs) {
    let told = named::told(facts);
    let runs = Mutex::new(Runs::default());
    let homes = cores::each(facts.streams.iter().enumerate(), |(at, stream)| {
        let tells_runs = told.contains(&(stream.function, stream.version));
        home(facts, stream, at as u32, tells_runs, &runs)
    });
    let runs = runs.into_inner();
    (homes, runs.unwrap_or_else(PoisonError::into_inner))
}

/// `tells_runs`: Lambda tells of the runs of this function, if their lines were not lost.
fn home(facts: &Facts, stream: &StreamFacts, at: u32, tells_runs: bool, all: &Mutex<Runs>) -> Home {
    let Some(mut environment) = environment_of(facts, stream, at) else {
        return Home {
            orphans: all_app_lines(stream),
            ..Home::default()
        };
    };
    let concurrent = environment.concurrent;
    let mut attempts = attempts::find(stream, concurrent);
    let orphans = attribution::attribute(facts, stream, concurrent, tells_runs, &mut attempts);
    named::count(tells_runs, concurrent, &mut attempts);
    if attempts.is_empty() && environment.inits.is_empty() {
        return Home {
            orphans,
            ..Home::default()
        };
    }
    let said = attempts.iter().find_map(|attempt| attempt.version);
    environment.version = said.or(environment.version);
    attempts.sort_by_key(|attempt| attempt.start);
    let drafts = attempts
        .iter()
        .map(|attempt| finish(facts, stream, &environment, attempt));
    let drafts: Vec<Draft> = drafts.collect();
    // Into one row at once: kept for each stream they would take their room twice.
    let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
    for (mut draft, attempt) in drafts.into_iter().zip(attempts) {
        draft.run.app = append(&mut all.lines, &attempt.app);
        all.drafts.push(draft);
    }
    Home {
        environment: Some(environment),
        orphans,
    }
}

/// Where in the row the lines are.
fn append(row: &mut Vec<AppLine>, lines: &[AppLine]) -> Range<u32> {
    let start = row.len() as u32;
    row.extend_from_slice(lines);
    start..row.len() as u32
}

fn all_app_lines(stream: &StreamFacts) -> Vec<u32> {
    stream.facts.of(Kinds::APP).map(|(at, _)| at).collect()
}

/// Managed Instances report how long a run took and nothing else: the init line that names them may be lost.
fn reports_only_durations(stream: &StreamFacts) -> bool {
    let mut runs = stream.facts.of(Kinds::RUN);
    let first = runs.find_map(|(_, fact)| match fact.what {
        What::Report(report) => Some(report),
        _ => None,
    });
    first.is_some_and(|report| {
        report.billed_ms.is_none()
            && report.memory_mb.is_none()
            && report.max_memory_used_mb.is_none()
    })
}

/// The environment by its init lines; which runs many invocations at once, what they report may tell.
fn environment_of(facts: &Facts, stream: &StreamFacts, at: u32) -> Option<Environment> {
    let function = stream.function?;
    let mut started = None;
    let mut version = stream.version;
    // The first initialization type that a line names.
    let mut init_type = None;
    let mut inits = Vec::new();
    for (at, fact) in stream.facts.of(Kinds::INIT) {
        inits.push(at);
        if let What::InitStart { version: said, .. } = &fact.what {
            version = said.or(version);
        }
        if let What::InitStart { .. } | What::RestoreStart { .. } = &fact.what {
            started = started.or(Some(fact.at));
        }
        init_type = init_type.or(match fact.what {
            What::InitStart { init_type, .. }
            | What::InitDone { init_type, .. }
            | What::InitReport { init_type, .. } => init_type,
            What::RestoreStart { .. } | What::RestoreReport { .. } => Some(InitType::SnapStart),
            _ => None,
        });
    }
    let configured = facts.functions.get(&function);
    Some(Environment {
        function,
        version,
        stream: at,
        init_type,
        init_start: started,
        inits,
        invocations: Vec::new(),
        concurrent: configured.is_some_and(|config| config.managed_instances)
            || init_type.map_or_else(
                || reports_only_durations(stream),
                |kind| kind == InitType::ManagedInstances,
            ),
    })
}

/// Puts all attempts in order of start, numbers those of one request, and hangs them on their environments.
fn number(facts: &Facts, mut drafts: Vec<Draft>, lines: &[AppLine], assembled: &mut Assembled) {
    let ranks = ranks(facts, &assembled.environments);
    // Of one request in one environment the first line tells.
    cores::sort_by_key(&mut drafts, |Draft { run, .. }| {
        (
            run.start,
            ranks[run.stream() as usize],
            run.request_id,
            run.first_line,
        )
    });
    assembled.invocations = drafts.into_iter().map(|draft| draft.run).collect();
    // They stand where the drafts stood, which were larger.
    assembled.invocations.shrink_to_fit();
    // In their order: which stream was done first is chance.
    assembled.lines.reserve_exact(lines.len());
    for run in &mut assembled.invocations {
        let own = &lines[run.app.start as usize..run.app.end as usize];
        run.app = append(&mut assembled.lines, own);
    }
    let (runs, homes) = (&assembled.invocations, &mut assembled.environments);
    (assembled.by_request, ()) = cores::both(
        || Requests::of(runs),
        || {
            for (index, run) in (0 as InvocationIndex..).zip(runs) {
                let at = Environment::place(homes, run);
                homes[at].invocations.push(index);
            }
        },
    );
    let mut before: HashMap<Sym, u16> = HashMap::new();
    for attempts in assembled.by_request.repeated() {
        named::drop_foreign(&mut assembled.invocations, attempts);
        before.clear();
        for &at in attempts {
            let run = &mut assembled.invocations[at as usize];
            let count = before.entry(run.function).or_default();
            *count = count.saturating_add(1);
            run.attempt = *count;
        }
    }
}

/// Where the function of each stream stands in order of their names.
fn ranks(facts: &Facts, environments: &[Environment]) -> Vec<u32> {
    let mut functions: Vec<Sym> = environments.iter().map(|home| home.function).collect();
    functions.sort_by_key(|function| facts.text(*function));
    functions.dedup();
    let ranks: HashMap<Sym, u32> = functions.into_iter().zip(0..).collect();
    let mut by_stream = vec![0; facts.streams.len()];
    for home in environments {
        by_stream[home.stream as usize] = ranks[&home.function];
    }
    by_stream
}

fn finish(facts: &Facts, stream: &StreamFacts, home: &Environment, attempt: &Attempt) -> Draft {
    let outcome = status::judge(facts, stream, attempt);
    let refer = |fact| FactRef {
        stream: home.stream,
        fact,
    };
    let counted = attempt.told() || attempt.named;
    let report = attempt.report.as_ref();
    let run = Invocation {
        function: home.function,
        request_id: attempt.request_id,
        attempt: 1,
        start: attempt.start,
        end: attempt.end.unwrap_or(attempt.start),
        start_estimated: attempt.start_line.is_none(),
        end_estimated: false,
        duration_ms: report.map(|report| report.duration_ms).into(),
        billed_ms: report.and_then(|report| report.billed_ms).into(),
        max_memory_used_mb: report.and_then(|report| report.max_memory_used_mb).into(),
        init_ms: report.and_then(|report| report.init_ms).into(),
        status: outcome.status,
        crashed: outcome.crashed,
        error_type: outcome.error_type,
        trace: attempt.trace,
        first_line: refer(attempt.start_line.unwrap_or(attempt.first_line)),
        report_fact: attempt.report_line.map(|line| line.place).into(),
        counted,
        app: 0..0,
        init: Maybe::default(),
    };
    Draft {
        run,
        ended: attempt.end.is_some(),
        last_seen: attempt.last_seen,
    }
}

#[cfg(test)]
mod tests;
