use super::*;
use crate::detect::Detector as _;
use crate::detect::testing::{World, at};
use crate::model::finding::{Alarm, BadEvent, FindingKind, Severity};
use crate::model::invocation::InvocationIndex;
use crate::model::invocation::InvocationStatus::{Ok as Fine, Timeout};

/// A candidate on `function` whose bad events are the given runs.
fn candidate(
    world: &mut World,
    kind: FindingKind,
    function: &str,
    runs: &[InvocationIndex],
    minutes: &[f64],
) -> Candidate {
    let mut found = Candidate::new(kind, function, "key");
    found.function = Some(world.sym(function));
    found.requests = runs.to_vec();
    found.events = minutes
        .iter()
        .map(|minute| BadEvent {
            at: at(*minute),
            count: 1,
        })
        .collect();
    found.evidence = vec![world.proof(0)];
    found
}

/// Minutes from `from` on, `per_minute` events in each of `minutes` minutes.
fn burst(from: u32, minutes: u32, per_minute: u32) -> Vec<f64> {
    let cells = (from..from + minutes).flat_map(|minute| (0..per_minute).map(move |n| (minute, n)));
    cells
        .map(|(minute, n)| f64::from(minute) + f64::from(n) / f64::from(per_minute))
        .collect()
}

fn judged(world: World, candidates: Vec<Candidate>) -> Vec<(String, Severity, Option<String>)> {
    let found = triage(&world.analysis(), &Settings::default(), candidates);
    found
        .into_iter()
        .map(|found| (found.id, found.severity, found.parent))
        .collect()
}

/// Sixty minutes of traffic of each function, ten runs a minute.
fn hour(functions: &[&str]) -> World {
    let mut world = World::default();
    for n in 0..600 {
        for function in functions {
            world.run(function, f64::from(n) / 10.0, Fine);
        }
    }
    world
}

#[test]
fn a_new_burst_pages_and_says_when_it_began() {
    let mut world = hour(&["orders"]);
    let found = candidate(
        &mut world,
        FindingKind::Error,
        "orders",
        &[],
        &burst(40, 10, 8),
    );
    let findings = triage(&world.analysis(), &Settings::default(), vec![found]);
    assert_eq!(findings[0].severity, Severity::P1);
    assert_eq!(
        (findings[0].since, findings[0].id.as_str()),
        (at(40.0), "error:orders:key")
    );
    assert_eq!(findings[0].last_seen, at(49.875));
    // 8 a minute over the last five minutes of the trouble; its lower bound is the 5 % quantile of gamma(40.5) / 5: 6.1.
    let low = findings[0].harm_per_min_low.unwrap();
    assert_eq!(findings[0].harm_per_min, Some(8.0));
    assert!((6.0..6.3).contains(&low), "{low}");
    assert_eq!(findings[0].trend.iter().sum::<u32>(), 80);
}

#[test]
fn what_always_was_so_stays_in_the_list() {
    let mut world = hour(&["orders"]);
    let found = candidate(
        &mut world,
        FindingKind::Error,
        "orders",
        &[],
        &burst(0, 60, 2),
    );
    assert_eq!(judged(world, vec![found])[0].1, Severity::P3);
}

#[test]
fn what_is_wrong_at_once_is_raised_without_a_change() {
    let mut world = hour(&["orders"]);
    let mut steady = candidate(
        &mut world,
        FindingKind::Duplicate,
        "orders",
        &[],
        &burst(0, 60, 1),
    );
    steady.alarm = Alarm::Certain;
    let mut single = candidate(&mut world, FindingKind::Reordering, "orders", &[], &[7.0]);
    single.alarm = Alarm::Certain;
    let mut broken = candidate(&mut world, FindingKind::Reordering, "orders", &[], &[9.0]);
    broken.alarm = Alarm::Raised;
    broken.key = "violation".to_owned();
    let mut expected = candidate(
        &mut world,
        FindingKind::Duplicate,
        "orders",
        &[],
        &burst(0, 60, 9),
    );
    expected.alarm = Alarm::Never;
    expected.key = "retry".to_owned();
    let seen = judged(world, vec![single, expected, broken, steady]);
    let severities: Vec<_> = seen
        .iter()
        .map(|(id, severity, _)| (id.as_str(), *severity))
        .collect();
    assert_eq!(severities[0], ("duplicate:orders:key", Severity::P2));
    assert_eq!(severities[1], ("reordering:orders:violation", Severity::P2));
    assert!(
        severities[2..]
            .iter()
            .all(|(_, severity)| *severity == Severity::P3)
    );
}

/// `stock` refuses calls of `orders` (its runs are the requests of both); those runs time out and their events run twice.
#[test]
fn a_throttle_explains_timeouts_and_repeats_of_its_callers() {
    let mut world = hour(&["orders", "stock"]);
    let runs = world.runs("orders", 61.0, 66.0, 50, Timeout);
    for run in &runs {
        world.refused(*run, "lambda:stock");
    }
    let minutes = burst(61, 5, 10);
    let mut throttle = candidate(
        &mut world,
        FindingKind::Throttling,
        "stock",
        &runs,
        &minutes,
    );
    throttle.weight = 0.2;
    let mut repeats = candidate(
        &mut world,
        FindingKind::Duplicate,
        "orders",
        &runs[..20],
        &minutes[10..30],
    );
    repeats.alarm = Alarm::Certain;
    let analysis = world.analysis();
    let mut candidates =
        crate::detect::timeout::Timeouts.candidates(&analysis, &Settings::default());
    candidates.extend([repeats, throttle]);
    let findings = triage(&analysis, &Settings::default(), candidates);
    let seen: Vec<_> = findings
        .iter()
        .map(|found| (found.kind, found.parent.as_deref()))
        .collect();
    let cause = Some("throttling:stock:key");
    assert_eq!(seen[0], (FindingKind::Throttling, None));
    assert!(
        seen[1..].contains(&(FindingKind::Timeout, cause)),
        "{seen:?}"
    );
    assert!(
        seen[1..].contains(&(FindingKind::Duplicate, cause)),
        "{seen:?}"
    );
}

#[test]
fn troubles_of_different_requests_stay_apart() {
    let mut world = hour(&["orders", "stock"]);
    let refused = world.runs("orders", 61.0, 64.0, 30, Fine);
    let late = world.runs("orders", 64.0, 66.0, 20, Timeout);
    let throttle = candidate(
        &mut world,
        FindingKind::Throttling,
        "stock",
        &refused,
        &burst(61, 5, 10),
    );
    let timeouts = candidate(
        &mut world,
        FindingKind::Timeout,
        "orders",
        &late,
        &burst(61, 5, 4),
    );
    let seen = judged(world, vec![throttle, timeouts]);
    assert!(
        seen.iter().all(|(_, _, parent)| parent.is_none()),
        "{seen:?}"
    );
}

#[test]
fn three_functions_that_change_alike_at_once_are_one_incident() {
    let mut world = hour(&["a", "b", "c"]);
    let candidates = ["a", "b", "c"]
        .map(|function| {
            candidate(
                &mut world,
                FindingKind::Error,
                function,
                &[],
                &burst(50, 8, 9),
            )
        })
        .to_vec();
    let seen = judged(world, candidates);
    assert_eq!(seen[0].2, None);
    assert!(
        seen[1..]
            .iter()
            .all(|(_, _, parent)| parent.as_deref() == Some("error:a:key"))
    );
}

#[test]
fn a_remark_on_the_data_never_stands_first() {
    let mut world = hour(&["orders"]);
    let mut remark = candidate(
        &mut world,
        FindingKind::IncompleteData,
        "orders",
        &[],
        &burst(0, 60, 9),
    );
    remark.alarm = Alarm::Never;
    remark.weight = 0.0;
    let small = candidate(&mut world, FindingKind::Error, "orders", &[], &[1.0]);
    let seen = judged(world, vec![remark, small]);
    assert_eq!(
        (seen[0].0.as_str(), seen[1].1),
        ("error:orders:key", Severity::P3)
    );
}

#[test]
fn what_cannot_be_opened_is_not_said() {
    let mut world = hour(&["orders"]);
    let mut unproven = candidate(
        &mut world,
        FindingKind::Error,
        "orders",
        &[],
        &burst(50, 8, 9),
    );
    unproven.evidence.clear();
    assert!(judged(world, vec![unproven]).is_empty());
}

/// A steady trickle of failures whose events are sent again: the repeats are wrong, the trickle is what always was.
#[test]
fn what_always_was_explains_nothing_that_is_wrong_and_stands_below_it() {
    let mut world = hour(&["exporter", "worker"]);
    let minutes: Vec<f64> = (0..4).map(|n| 5.0 + 12.0 * f64::from(n)).collect();
    let failed: Vec<InvocationIndex> = (0..4).map(|n| 100 + 240 * n).collect();
    let errors = candidate(
        &mut world,
        FindingKind::Error,
        "exporter",
        &failed,
        &burst(0, 60, 1),
    );
    let mut repeats = candidate(
        &mut world,
        FindingKind::Duplicate,
        "worker",
        &failed,
        &minutes,
    );
    repeats.alarm = Alarm::Certain;
    let seen = judged(world, vec![errors, repeats]);
    assert_eq!(
        (seen[0].0.as_str(), seen[0].1),
        ("duplicate:worker:key", Severity::P3)
    );
    assert_eq!(seen[0].2, None);
}

#[test]
fn an_init_that_fails_explains_the_runs_that_failed_in_it() {
    let mut world = hour(&["orders"]);
    let runs: Vec<InvocationIndex> = (10..16).collect();
    let minutes = burst(1, 6, 1);
    let mut bad_init = candidate(
        &mut world,
        FindingKind::ColdStart,
        "orders",
        &runs,
        &minutes,
    );
    bad_init.alarm = Alarm::Raised;
    let errors = candidate(
        &mut world,
        FindingKind::Error,
        "orders",
        &runs[1..5],
        &minutes[1..5],
    );
    let mut late = candidate(
        &mut world,
        FindingKind::ColdStart,
        "orders",
        &runs,
        &minutes,
    );
    late.alarm = Alarm::Never;
    late.key = "idle_expiry".to_owned();
    let seen = judged(world, vec![late, errors, bad_init]);
    assert_eq!(seen[0].0, "cold_start:orders:key");
    assert_eq!(
        (seen[1].0.as_str(), seen[1].2.as_deref()),
        ("error:orders:key", Some("cold_start:orders:key"))
    );
}
