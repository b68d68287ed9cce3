//! The refused calls that a run's own lines tell of, each once: also the line in which it fails with the refusal tells of it.

use crate::model::analysis::Analysis;
use crate::model::fact::{Kinds, Refusal, SAME_ATTEMPT_MS, may_be_one};
use crate::model::facts::FactRef;
use crate::model::invocation::Invocation;

/// In order of time. A line that names no call repeats another of the run near it that may be of the same resource.
pub fn refusals(analysis: &Analysis, run: &Invocation) -> Vec<(FactRef, Refusal)> {
    let facts = &analysis.facts;
    let lines = analysis.assembled.app_lines_of(run, Kinds::REFUSED);
    let told: Vec<(FactRef, Refusal)> = lines
        .filter_map(|line| Some((line, facts.app(line, Kinds::REFUSED)?.refused?)))
        .collect();
    let resource = |at: usize| facts.text_of(told[at].1.resource);
    let is_named = |at: usize| told[at].1.aws_request_id.is_some();
    let repeats = |at: usize| {
        let near = |other: &usize| {
            let apart = facts.moment(told[at].0).since(facts.moment(told[*other].0));
            apart.abs() <= SAME_ATTEMPT_MS
        };
        // From the nearest on, and no further than the window: a run may tell of thousands.
        let before = (0..at).rev().take_while(near);
        let behind = (at + 1..told.len()).take_while(near);
        let mut others = before.chain(behind.filter(|other| is_named(*other)));
        let may_be_this = |other| {
            let names = resource(at).zip(resource(other));
            names.is_none_or(|(one, other)| may_be_one(one, other))
        };
        !is_named(at) && others.any(may_be_this)
    };
    let own: Vec<usize> = (0..told.len()).filter(|at| !repeats(*at)).collect();
    own.into_iter().map(|at| told[at].clone()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::correlate::assemble::assemble;
    use crate::correlate::testing::{World, at, id};
    use crate::model::fact::AppFact;

    #[test]
    fn a_line_that_names_no_call_repeats_what_is_near_it_and_may_be_the_same() {
        let mut world = World::default();
        let env = world.env("checkout", "0001");
        world.run(env, 0, 1, 10_000);
        let payment = "lambda:payment";
        for (ms, resource, call) in [
            (100, payment, Some("c-1")),
            (300, payment, Some("c-2")),
            // The third try, then the exception in which the run would end: it names the service alone.
            (900, payment, Some("c-3")),
            (905, "lambda", None),
            // Nothing near it: a call of its own. Behind it another service.
            (5_000, "lambda", None),
            (5_100, "dynamodb:orders", None),
            // Told before the line that names the call.
            (9_000, payment, None),
            (9_010, payment, Some("c-4")),
        ] {
            let refusal = Refusal {
                resource: Some(world.sym(resource)),
                reason: None,
                aws_request_id: call.map(|call| world.sym(call)),
                attempts: 1,
            };
            let app = AppFact {
                request_id: Some(id(1)),
                refused: Some(refusal),
                ..AppFact::default()
            };
            world.app(env, ms, app);
        }
        let facts = world.facts();
        let analysis = Analysis {
            assembled: assemble(&facts),
            facts: Arc::new(facts),
            ..Analysis::default()
        };
        let run = &analysis.assembled.invocations[0];
        let told = refusals(&analysis, run).into_iter();
        let times: Vec<_> = told.map(|(line, _)| analysis.facts.moment(line)).collect();
        assert_eq!(times, [100, 300, 900, 5_000, 5_100, 9_010].map(at));
    }
}
