//! Joins platform and application lines into invocations and environments, also where lines are missing.

mod attempts;
mod attribution;
mod ends;
mod status;

use hashbrown::HashMap;

use crate::model::fact::{InitType, What};
use crate::model::facts::{FactRef, Facts, StreamFacts};
use crate::model::ids::RequestId;
use crate::model::invocation::{Assembled, Environment, Invocation, InvocationIndex};
use crate::model::symbols::Sym;

use attempts::Attempt;

/// Invocations and environments of every stream that belongs to a function.
pub fn assemble(facts: &Facts) -> Assembled {
    let mut assembled = Assembled::default();
    let mut attempts = Vec::new();
    for (at, stream) in (0u32..).zip(&facts.streams) {
        let (found, orphans) = match stream.function {
            Some(function) => runs_of(facts, stream, function),
            None => (Vec::new(), all_app_lines(stream)),
        };
        let refer = |fact| FactRef { stream: at, fact };
        assembled.orphans.extend(orphans.into_iter().map(refer));
        let Some(mut environment) = environment_of(facts, stream, at) else {
            continue;
        };
        if found.is_empty() && environment.init_start.is_none() && !has_init_line(stream) {
            continue;
        }
        let said = found.iter().find_map(|attempt| attempt.version);
        environment.version = said.or(environment.version);
        let index = assembled.environments.len() as u32;
        attempts.extend(found.into_iter().map(|attempt| (index, attempt)));
        assembled.environments.push(environment);
    }
    ends::estimate(facts, &assembled.environments, &mut attempts);
    number(facts, attempts, &mut assembled);
    assembled
}

/// The attempts seen in one stream, each with its application lines, and the lines that belong to none.
fn runs_of(facts: &Facts, stream: &StreamFacts, function: Sym) -> (Vec<Attempt>, Vec<u32>) {
    let concurrent = is_concurrent(facts, stream, function);
    let mut attempts = attempts::find(stream, concurrent);
    let orphans = attribution::attribute(facts, stream, concurrent, &mut attempts);
    for attempt in &mut attempts {
        attempt.outcome = status::judge(facts, stream, attempt);
    }
    (attempts, orphans)
}

fn all_app_lines(stream: &StreamFacts) -> Vec<u32> {
    stream
        .facts
        .iter()
        .filter(|(_, fact)| matches!(fact.what, What::App(_)))
        .map(|(at, _)| at)
        .collect()
}

/// Whether one environment runs many invocations at once, so that the order of its lines says nothing.
fn is_concurrent(facts: &Facts, stream: &StreamFacts, function: Sym) -> bool {
    let configured = facts.functions.get(&function);
    configured.is_some_and(|config| config.managed_instances)
        || init_type(stream) == Some(InitType::ManagedInstances)
}

fn environment_of(facts: &Facts, stream: &StreamFacts, at: u32) -> Option<Environment> {
    let function = stream.function?;
    let mut started = None;
    let mut version = stream.version;
    for (_, fact) in stream.facts.iter() {
        if let What::InitStart { version: said, .. } = &fact.what {
            version = said.or(version);
        }
        if let What::InitStart { .. } | What::RestoreStart { .. } = &fact.what {
            started = started.or(Some(fact.at));
        }
    }
    Some(Environment {
        function,
        version,
        stream: at,
        init_type: init_type(stream),
        init_start: started,
        invocations: Vec::new(),
        concurrent: is_concurrent(facts, stream, function),
    })
}

/// The first initialization type that a line of the stream names.
fn init_type(stream: &StreamFacts) -> Option<InitType> {
    stream.facts.iter().find_map(|(_, fact)| match fact.what {
        What::InitStart { init_type, .. }
        | What::InitDone { init_type, .. }
        | What::InitReport { init_type, .. } => init_type,
        What::RestoreStart { .. } | What::RestoreReport { .. } => Some(InitType::SnapStart),
        _ => None,
    })
}

fn has_init_line(stream: &StreamFacts) -> bool {
    stream.facts.iter().any(|(_, fact)| {
        matches!(
            fact.what,
            What::InitStart { .. }
                | What::InitDone { .. }
                | What::InitReport { .. }
                | What::RestoreStart { .. }
                | What::RestoreReport { .. }
        )
    })
}

/// Puts all attempts in order of start, numbers those of one request, and hangs them on their environments.
fn number(facts: &Facts, mut attempts: Vec<(u32, Attempt)>, assembled: &mut Assembled) {
    let ranks = ranks(facts, &assembled.environments);
    let rank = |environment: u32| {
        let function = assembled.environments[environment as usize].function;
        ranks.get(&function).copied().unwrap_or_default()
    };
    attempts.sort_by_key(|(environment, attempt)| {
        (
            attempt.start,
            rank(*environment),
            attempt.request_id,
            *environment,
        )
    });
    let mut before: HashMap<(Sym, RequestId), u16> = HashMap::new();
    for (index, (environment, attempt)) in (0 as InvocationIndex..).zip(attempts) {
        let home = &mut assembled.environments[environment as usize];
        home.invocations.push(index);
        let count = before
            .entry((home.function, attempt.request_id))
            .or_default();
        *count = count.saturating_add(1);
        let same_request = assembled.by_request.entry(attempt.request_id).or_default();
        same_request.push(index);
        let invocation = finish(home, environment, *count, attempt);
        assembled.invocations.push(invocation);
    }
}

/// Functions in order of their names.
fn ranks(facts: &Facts, environments: &[Environment]) -> HashMap<Sym, u32> {
    let mut functions: Vec<Sym> = environments.iter().map(|home| home.function).collect();
    functions.sort_by_key(|function| facts.text(*function));
    functions.dedup();
    functions.into_iter().zip(0u32..).collect()
}

fn finish(home: &Environment, environment: u32, number: u16, attempt: Attempt) -> Invocation {
    let refer = |fact| FactRef {
        stream: home.stream,
        fact,
    };
    let report = attempt.report;
    Invocation {
        function: home.function,
        version: attempt.version.or(home.version),
        request_id: attempt.request_id,
        attempt: number,
        environment,
        start: attempt.start,
        end: attempt.end.unwrap_or(attempt.start),
        start_estimated: attempt.start_line.is_none(),
        end_estimated: attempt.end_guessed,
        duration_ms: report.as_ref().map(|report| report.duration_ms),
        billed_ms: report.as_ref().and_then(|report| report.billed_ms),
        memory_mb: report.as_ref().and_then(|report| report.memory_mb),
        max_memory_used_mb: report.as_ref().and_then(|report| report.max_memory_used_mb),
        init_ms: report.as_ref().and_then(|report| report.init_ms),
        restore_ms: report.as_ref().and_then(|report| report.restore_ms),
        status: attempt.outcome.status,
        crashed: attempt.outcome.crashed,
        error_type: attempt.outcome.error_type,
        trace: attempt.trace,
        first_line: refer(attempt.start_line.unwrap_or(attempt.first_line)),
        report_line: attempt.report_line.map(refer),
        counted: attempt.start_line.is_some() || attempt.report_line.is_some(),
        app: attempt.app.into_iter().map(refer).collect(),
        init: None,
    }
}

#[cfg(test)]
mod tests;
