use super::*;
use crate::detect::testing::{World, at};
use crate::model::fact::Kinds;
use crate::model::invocation::InvocationStatus::{Error, Ok as Fine, Timeout};
use crate::model::rows::Evidence;

#[test]
fn equal_fingerprints_are_one_group_and_the_largest_stands_first() {
    let mut world = World::default();
    let rare = world.run("orders", 0.0, Error);
    world.exception(rare, "KeyError", "'id'");
    for run in world.runs("orders", 1.0, 2.0, 3, Error) {
        world.exception(run, "ValueError", "bad amount <n>");
    }
    world.run("orders", 3.0, Timeout);
    world.run("orders", 4.0, Fine);
    let analysis = world.analysis();
    let seen: Vec<_> = analysis
        .errors
        .iter()
        .map(|group| {
            (
                analysis.facts.text_of(group.error_type),
                group.status,
                group.count,
            )
        })
        .collect();
    // Of the two single failures, an error sorts before a timeout.
    assert_eq!(
        seen,
        [
            (Some("ValueError"), Error, 3),
            (Some("KeyError"), Error, 1),
            (None, Timeout, 1)
        ]
    );
    assert_eq!(analysis.errors[0].first_seen, at(1.0).plus_ms(100));
}

#[test]
fn a_claim_counts_failures_against_all_runs_and_names_the_exception() {
    let mut world = World::default();
    world.runs("orders", 0.0, 20.0, 98, Fine);
    for run in world.runs("orders", 20.0, 21.0, 2, Error) {
        world.exception(run, "ValueError", "bad amount <n>");
    }
    let analysis = world.analysis();
    let found = Errors.candidates(&analysis, &Settings::default());
    // Wilson 95 % of 2 in 100: 0.55 % to 7.0 %.
    assert_eq!(
        found[0].claim,
        "2 of 100 runs of orders failed, 2.0 % [0.6–7.0]: ValueError: bad amount <n>, new 10:20:00"
    );
    assert_eq!(found[0].requests, [98, 99]);
    // The newest comes first, and its proof is the exception's own line.
    let line = |evidence: &Evidence| match evidence {
        Evidence::Line { line, .. } => analysis.facts.app(*line, Kinds::RAISED).is_some(),
        _ => false,
    };
    assert!(found[0].evidence.iter().all(line));
}

#[test]
fn failed_runs_that_were_refused_wait_for_the_one_that_refused() {
    let mut world = World::default();
    for run in world.runs("checkout", 0.0, 1.0, 4, Error) {
        world.refused(run, "lambda:payment");
    }
    let analysis = world.analysis();
    let found = Errors.candidates(&analysis, &Settings::default());
    assert_eq!(found[0].cause, "payment refused the calls of 4 of them");
    assert_eq!(analysis.text(found[0].waits_for[0]), "lambda:payment");
}

#[test]
fn a_callee_behind_few_of_the_failures_is_not_blamed() {
    let mut world = World::default();
    let runs = world.runs("checkout", 0.0, 1.0, 3, Error);
    world.refused(runs[0], "lambda:payment");
    let analysis = world.analysis();
    let found = Errors.candidates(&analysis, &Settings::default());
    assert_eq!((found[0].cause.as_str(), found[0].waits_for.len()), ("", 0));
}

#[test]
fn a_failed_callee_is_blamed_for_its_callers() {
    let mut world = World::default();
    for n in 0..3 {
        let checkout = world.run("checkout", f64::from(n), Error);
        let payment = world.run("payment", f64::from(n), Error);
        world.call(checkout, payment);
    }
    let analysis = world.analysis();
    let found = Errors.candidates(&analysis, &Settings::default());
    let checkout = found
        .iter()
        .find(|found| found.subject == "checkout")
        .unwrap();
    assert_eq!(checkout.cause, "their call to payment failed in 3 of them");
}

#[test]
fn a_long_message_is_cut_between_letters() {
    let mut world = World::default();
    let run = world.run("orders", 0.0, Error);
    world.exception(run, "E", &"ü".repeat(500));
    let analysis = world.analysis();
    let shown = fingerprint(&analysis, &analysis.errors[0]);
    assert_eq!(shown.chars().count(), SHOWN_LETTERS + 1);
    assert!(shown.ends_with('…'));
}
