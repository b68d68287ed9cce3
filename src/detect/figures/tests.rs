use super::*;
use crate::detect::testing::{World, at};
use crate::model::metric::MetricPoint;
use crate::model::rows::{Init, InitCause, InitKind, Throttle, ThrottleClass};
use crate::model::time::Timestamp;

use InvocationStatus::{Error, Ok, OutOfMemory, Timeout, Unknown};

fn row<'a>(rows: &'a [FunctionFigures], analysis: &Analysis, name: &str) -> &'a FunctionFigures {
    let found = rows.iter().find(|row| analysis.text(row.function) == name);
    found.expect("the function has a row")
}

fn metric(world: &mut World, name: &str, function: &str, minute: f64, sum: f64) {
    let point = MetricPoint {
        namespace: world.sym("AWS/Lambda"),
        name: world.sym(name),
        dimensions: vec![(world.sym("FunctionName"), world.sym(function))],
        at: at(minute),
        sum,
        count: 1.0,
        min: sum,
        max: sum,
    };
    world.facts.metrics.push(point);
}

#[test]
fn errors_hold_timeouts_and_runs_out_of_memory_but_nothing_unknown() {
    let mut world = World::default();
    for status in [Ok, Error, Timeout, Timeout, OutOfMemory, Unknown] {
        world.run("orders", 0.0, status);
    }
    let analysis = world.analysis();
    let rows = figures(&analysis);
    let row = row(&rows, &analysis, "orders");
    assert_eq!((row.invocations, row.errors), (6, 4));
    assert_eq!((row.timeouts, row.out_of_memory), (2, 1));
    assert_eq!(row.peak_concurrency, Some(6), "all started in one moment");
    assert_eq!(row.duration_ms.map(|figures| figures.max), Some(100.0));
}

#[test]
fn what_nobody_could_see_is_unknown_and_not_zero() {
    let mut world = World::default();
    world.run("orders", 0.0, Ok);
    let analysis = world.analysis();
    let rows = figures(&analysis);
    let row = row(&rows, &analysis, "orders");
    assert_eq!(row.throttled, None, "no metric, no row");
    assert_eq!(row.duplicates_harmful, None, "no event ids");
    assert_eq!((row.retries, row.reordered), (None, None));
    assert_eq!((row.sampled_share, row.coverage), (None, None));
    assert_eq!(row.id_coverage, Some(0.0), "it did run, without ids");
    assert_eq!(row.billed_ms, None);
}

#[test]
fn the_sampled_share_is_of_the_runs_whose_lines_would_tell() {
    let mut world = World::default();
    let mut run = || world.run("orders", 0.0, Ok);
    let (sampled, segment, header, told, silent, lost) = (run(), run(), run(), run(), run(), run());
    world.traced(sampled, true, Some(true));
    // A segment is sent only where the run was sampled; a trace header alone says nothing of it.
    world.traced(segment, true, None);
    world.traced(header, false, None);
    world.traced(told, false, Some(false));
    world.unreported(lost);
    assert_eq!(silent, 4, "its REPORT names no trace: not sampled");
    let analysis = world.analysis();
    let rows = figures(&analysis);
    let row = row(&rows, &analysis, "orders");
    assert_eq!((row.invocations, row.sampled_share), (6, Some(2.0 / 5.0)));
}

#[test]
fn a_throttles_metric_of_zero_is_zero_and_rows_add_up() {
    let mut world = World::default();
    for name in ["quiet", "busy"] {
        world.run(name, 0.0, Ok);
    }
    metric(&mut world, "Throttles", "quiet", 0.0, 0.0);
    let mut analysis = world.analysis();
    let refused = |minute: f64, resource: &str, count| Throttle {
        minute: at(minute),
        resource: resource.to_owned(),
        class: ThrottleClass::Unknown,
        count,
        lower_bound: true,
        callers: Vec::new(),
        evidence: Vec::new(),
    };
    analysis.throttles = vec![
        refused(0.0, "lambda:busy", 3),
        refused(1.0, "lambda:busy", 4),
        refused(1.0, "dynamodb:busy", 9),
    ];
    let rows = figures(&analysis);
    assert_eq!(row(&rows, &analysis, "quiet").throttled, Some(0));
    assert_eq!(row(&rows, &analysis, "busy").throttled, Some(7));
}

#[test]
fn coverage_is_reports_over_the_metric_of_final_whole_minutes() {
    let mut world = World::default();
    // Minute 0 is cut by the first line at 30 s; minute 5 is not final at the last line, 5:30.
    world.runs("orders", 0.5, 1.0, 5, Ok);
    world.runs("orders", 1.0, 3.0, 8, Ok);
    world.runs("orders", 5.0, 5.5, 2, Ok);
    for (minute, sum) in [(0.0, 50.0), (1.0, 5.0), (2.0, 5.0), (5.0, 90.0)] {
        metric(&mut world, "Invocations", "orders", minute, sum);
    }
    world.facts.newest = Some(at(5.5));
    let analysis = world.analysis();
    let rows = figures(&analysis);
    assert_eq!(row(&rows, &analysis, "orders").coverage, Some(0.8));
    assert_eq!(coverage::overall(&analysis), Some(0.8));
}

#[test]
fn a_cold_start_is_counted_by_its_cause_and_its_init_holds_the_environment() {
    let mut world = World::default();
    let first = world.run("orders", 0.0, Ok);
    world.run("orders", 1.0, Ok);
    let mut analysis = world.analysis();
    let function = analysis.assembled.invocations[0].function;
    let init = |at: Timestamp, kind, cause, init_ms| Init {
        function,
        version: None,
        stream: 0,
        at,
        kind,
        init_ms,
        felt_ms: None,
        cause,
        invocation: Some(first),
        request_id: None,
        explained_by: None,
        line: None,
    };
    analysis.inits = vec![
        init(
            at(0.0),
            InitKind::OnDemand,
            Some(InitCause::First),
            Some(60_000.0),
        ),
        init(at(0.0), InitKind::Proactive, None, Some(9.0)),
        init(
            at(0.0),
            InitKind::ReinitAfterCrash,
            Some(InitCause::ErrorRecycle),
            None,
        ),
    ];
    // The second run waited a minute for its init: it held an environment while the first ran.
    analysis.assembled.invocations[1].init = Some(0).into();
    let rows = figures(&analysis);
    let row = row(&rows, &analysis, "orders");
    assert_eq!(row.felt_cold_starts, Some(2));
    assert_eq!(row.cold_rate, statistics::wilson(2, 2));
    assert_eq!(
        row.init_ms.map(|init| init.max),
        Some(60_000.0),
        "of felt inits only"
    );
    assert_eq!(row.peak_concurrency, Some(2));
    assert_eq!(row.of_starts(), Some(2));
    analysis.assembled.invocations[1].counted = false;
    let rows = figures(&analysis);
    let row = rows.iter().find(|row| row.function == function);
    let row = row.expect("the function has a row");
    assert_eq!(
        (row.of_starts(), row.cold_rate),
        (None, None),
        "more starts than runs"
    );
}
