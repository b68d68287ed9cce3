//! What starts cost: worlds of a few requests, from their lines on, whose figures can be added up by hand.

use crate::correlate::assemble::assemble;
use crate::correlate::testing::{World, at};
use crate::detect::cold_figures::cold_figures;
use crate::detect::cold_start::inits;
use crate::detect::figures::figures;
use crate::model::analysis::Analysis;
use crate::model::rows::{ColdFigures, Link, LinkTier};

fn analysis(world: World, calls: &[(u8, u8)]) -> Analysis {
    let facts = std::sync::Arc::new(world.facts());
    let mut assembled = assemble(&facts);
    let rows = inits(&facts, &assembled);
    for (at, row) in rows.iter().enumerate() {
        if let Some(run) = row.invocation {
            assembled.invocations[run as usize].init = Some(at as u32).into();
        }
    }
    let place = |number: u8| {
        let mut runs = assembled.invocations.iter();
        runs.position(|run| run.request_id.0[0] == number).unwrap() as u32
    };
    let links = calls
        .iter()
        .map(|(parent, child)| Link {
            parent: place(*parent),
            child: place(*child),
            tier: LinkTier::TraceParent,
            confidence: 1.0,
            synchronous: true,
        })
        .collect();
    let window = Some((at(0), at(3_600_000)));
    let mut analysis = Analysis {
        facts,
        inits: rows,
        assembled,
        links,
        window,
        ..Analysis::default()
    };
    analysis.functions = figures(&analysis);
    analysis
}

fn of<'a>(analysis: &Analysis, rows: &'a [ColdFigures], name: &str) -> &'a ColdFigures {
    rows.iter()
        .find(|row| analysis.text(row.function) == name)
        .unwrap()
}

/// A run after an init of `init_ms` that its request waited for, all of it billed.
fn cold(
    world: &mut World,
    function: &str,
    tail: &str,
    ms: i64,
    number: u8,
    (init_ms, ran_ms): (i32, i32),
) {
    let env = world.env(function, tail);
    let start = ms + i64::from(init_ms);
    world.init_start(env, ms);
    world.start(env, start, number);
    let end = start + i64::from(ran_ms);
    world.end(env, end, number);
    world.report_with(env, end, number, ran_ms as f32, |report| {
        report.init_ms = Some(init_ms as f32);
        report.billed_ms = Some((init_ms + ran_ms) as f32);
        report.memory_mb = Some(1_024);
    });
}

#[test]
fn a_request_waits_for_the_starts_below_it_that_are_on_its_path() {
    let mut world = World::default();
    // 1 runs from 0 to 1000 and calls 2, which starts cold: 400 ms of init, then 200 ms of work, up to 900. Beside it, 3 starts cold
    // too and is done by 500, off the path: 1 waited for 2 all that time. 4 enters the same way and waits for nothing.
    let api = world.env("api", "a");
    world.run(api, 0, 1, 1_000);
    cold(&mut world, "stock", "b", 300, 2, (400, 200));
    cold(&mut world, "mail", "c", 350, 3, (100, 50));
    world.run(api, 5_000, 4, 1_000);
    let analysis = analysis(world, &[(1, 2), (1, 3)]);
    let rows = cold_figures(&analysis);
    let api = of(&analysis, &rows, "api").requests.unwrap();
    assert_eq!((api.requests, api.cold.value), (2, 0.5));
    // 400 of 2,000 ms.
    assert!((api.felt_share - 0.2).abs() < 1e-9, "{api:?}");
    assert_eq!((api.tail_share, api.relative_risk), (None, None));
    assert_eq!(of(&analysis, &rows, "stock").requests, None);
}

#[test]
fn calls_one_after_another_are_all_on_the_path() {
    let mut world = World::default();
    let api = world.env("api", "a");
    world.run(api, 0, 1, 2_000);
    cold(&mut world, "stock", "b", 100, 2, (400, 200));
    cold(&mut world, "mail", "c", 1_000, 3, (100, 50));
    let analysis = analysis(world, &[(1, 2), (1, 3)]);
    let rows = cold_figures(&analysis);
    let api = of(&analysis, &rows, "api").requests.unwrap();
    assert!((api.felt_share - 500.0 / 2_000.0).abs() < 1e-9, "{api:?}");
}

#[test]
fn the_slowest_requests_and_what_was_cold_of_them() {
    let mut world = World::default();
    // 199 warm requests of 100 ms but for one of 900, one cold of 1,000 in all. The 99 % rank of 200 is 198: two are slower than 100 ms,
    // one of them cold. Slow are 1 of 1 cold ones and 1 of 199 warm ones.
    let env = world.env("api", "a");
    for number in 0..199 {
        let took = if number == 7 { 900 } else { 100 };
        world.run(env, i64::from(number) * 2_000, number, took);
    }
    cold(&mut world, "api", "b", 500_000, 250, (800, 200));
    let analysis = analysis(world, &[]);
    let rows = cold_figures(&analysis);
    let api = of(&analysis, &rows, "api").requests.unwrap();
    assert_eq!(api.tail_share, Some(0.5));
    assert!((api.relative_risk.unwrap() - 199.0).abs() < 1e-9, "{api:?}");
}

#[test]
fn inits_are_charged_only_where_they_were_billed() {
    let mut world = World::default();
    // 2 s of init of 1 GB in an hour.
    cold(&mut world, "new", "a", 0, 1, (2_000, 100));
    let env = world.env("old", "b");
    world.init_start(env, 0);
    world.start(env, 2_000, 2);
    world.end(env, 2_100, 2);
    world.report_with(env, 2_100, 2, 100.0, |report| {
        report.init_ms = Some(2_000.0);
        report.memory_mb = Some(1_024);
    });
    let analysis = analysis(world, &[]);
    let rows = cold_figures(&analysis);
    let new = of(&analysis, &rows, "new");
    assert!(
        (new.init_cost_per_hour.unwrap() - 2.0 * 16.6667e-6).abs() < 1e-12,
        "{new:?}"
    );
    assert_eq!(of(&analysis, &rows, "old").init_cost_per_hour, Some(0.0));
    assert_eq!(
        (new.init_rate, new.proactive_share, new.bad_init_share),
        (Some(1.0), Some(0.0), Some(0.0))
    );
}
