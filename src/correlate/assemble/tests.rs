use super::*;
use crate::correlate::testing::{EPOCH, World, at, id};
use crate::model::fact::{AppFact, Phase, Report, Status};
use crate::model::ids::TraceId;
use crate::model::invocation::InvocationStatus;

/// (request, attempt, start, end, status) with times after the epoch.
type Row = (u8, u16, i64, i64, InvocationStatus);

fn rows(assembled: &Assembled) -> Vec<Row> {
    assembled
        .invocations
        .iter()
        .map(|run| {
            (
                run.request_id.0[0],
                run.attempt,
                run.start.0 - EPOCH,
                run.end.0 - EPOCH,
                run.status,
            )
        })
        .collect()
}

fn note(request: Option<u8>) -> AppFact {
    AppFact {
        request_id: request.map(id),
        idempotent: true,
        ..AppFact::default()
    }
}

use InvocationStatus::{Error, Ok, OutOfMemory, Timeout, Unknown};

#[test]
fn start_end_and_report_make_one_invocation() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.init_start(env, 0);
    world.run(env, 500, 1, 120);
    let assembled = assemble(&world.facts());
    assert_eq!(rows(&assembled), [(1, 1, 500, 620, Ok)]);
    let run = &assembled.invocations[0];
    assert!(run.counted && !run.start_estimated && !run.end_estimated);
    assert_eq!(run.duration_ms.get(), Some(120.0));
    assert_eq!(assembled.environments.len(), 1);
    assert_eq!(assembled.environments[0].init_start, Some(at(0)));
    assert_eq!(assembled.environments[0].invocations, [0]);
}

#[test]
fn without_start_the_report_and_its_duration_tell_when_it_began() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.report(env, 700, 1, 200.4);
    let assembled = assemble(&world.facts());
    assert_eq!(rows(&assembled), [(1, 1, 500, 700, Ok)]);
    assert!(assembled.invocations[0].start_estimated);
}

#[test]
fn without_end_the_duration_tells_when_it_ended() {
    // An extension held the environment for 300 ms more: REPORT is late, the invocation was not.
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.start(env, 500, 1);
    world.report(env, 1_000, 1, 200.0);
    assert_eq!(rows(&assemble(&world.facts())), [(1, 1, 500, 700, Ok)]);
}

#[test]
fn start_alone_is_unknown_and_ends_as_its_function_usually_does() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.run(env, 0, 1, 40);
    world.start(env, 1_000, 2);
    world.run(env, 9_000, 3, 60);
    world.run(env, 10_000, 4, 60);
    let assembled = assemble(&world.facts());
    assert_eq!(rows(&assembled)[1], (2, 1, 1_000, 1_060, Unknown));
    assert!(assembled.invocations[1].end_estimated);
    assert!(assembled.invocations[1].counted);
}

#[test]
fn start_alone_ends_no_later_than_the_next_start_or_its_timeout() {
    let mut world = World::default();
    let (env, other) = (world.env("orders", "a"), world.env("orders", "b"));
    world.config("orders").timeout_s = Some(3);
    world.start(env, 0, 1);
    world.start(env, 2_000, 2);
    world.noise(other, 60_000);
    assert_eq!(
        rows(&assemble(&world.facts())),
        [(1, 1, 0, 2_000, Unknown), (2, 1, 2_000, 5_000, Unknown)]
    );
}

#[test]
fn what_may_still_run_ends_with_the_window() {
    let mut world = World::default();
    let (env, other) = (world.env("orders", "a"), world.env("orders", "b"));
    world.config("orders").timeout_s = Some(30);
    world.run(env, 0, 1, 50);
    world.start(env, 1_000, 2);
    world.noise(other, 20_000);
    assert_eq!(
        rows(&assemble(&world.facts()))[1],
        (2, 1, 1_000, 20_000, Unknown)
    );
}

#[test]
fn end_alone_is_not_counted() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.end(env, 500, 1);
    let assembled = assemble(&world.facts());
    assert_eq!(rows(&assembled), [(1, 1, 500, 500, Unknown)]);
    assert!(!assembled.invocations[0].counted);
}

#[test]
fn a_second_start_of_a_request_is_its_second_attempt() {
    let mut world = World::default();
    let env = world.env("mailer", "a");
    world.run(env, 0, 1, 50);
    world.run(env, 60_000, 1, 70);
    let assembled = assemble(&world.facts());
    assert_eq!(
        rows(&assembled),
        [(1, 1, 0, 50, Ok), (1, 2, 60_000, 60_070, Ok)]
    );
    assert_eq!(assembled.attempts(&id(1)).unwrap(), [0, 1]);
}

#[test]
fn a_report_in_another_stream_is_another_attempt() {
    let mut world = World::default();
    let (first, second) = (world.env("mailer", "a"), world.env("mailer", "b"));
    world.start(first, 0, 1);
    world.report(second, 60_070, 1, 70.0);
    world.run(first, 5_000, 2, 10);
    let got = rows(&assemble(&world.facts()));
    assert_eq!(got[2], (1, 2, 60_000, 60_070, Ok));
}

#[test]
fn a_report_far_from_the_first_start_is_another_attempt() {
    // REPORT of the first and START of the second attempt were lost: 70 ms do not reach back a minute. END goes with REPORT.
    let mut world = World::default();
    let env = world.env("mailer", "a");
    world.config("mailer").timeout_s = Some(3);
    world.start(env, 0, 1);
    world.end(env, 60_070, 1);
    world.report(env, 60_070, 1, 70.0);
    assert_eq!(
        rows(&assemble(&world.facts())),
        [(1, 1, 0, 70, Unknown), (1, 2, 60_000, 60_070, Ok)]
    );
}

#[test]
fn lines_of_one_millisecond_may_stand_in_any_order() {
    // Back to back: the first ends in the millisecond in which the second starts and ends.
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.start(env, 0, 1);
    world.start(env, 30, 2);
    world.report(env, 30, 1, 30.0);
    world.end(env, 30, 1);
    world.report(env, 30, 2, 0.4);
    world.end(env, 30, 2);
    world.report(env, 90, 3, 0.2);
    world.start(env, 90, 3);
    assert_eq!(
        rows(&assemble(&world.facts())),
        [(1, 1, 0, 30, Ok), (2, 1, 30, 30, Ok), (3, 1, 90, 90, Ok)]
    );
}

fn status_of(fill: impl FnOnce(&mut World, &mut Report)) -> (InvocationStatus, bool) {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.start(env, 0, 1);
    let mut report = Report::default();
    fill(&mut world, &mut report);
    world.report_with(env, 100, 1, 100.0, |target| {
        target.status = report.status;
        target.error_type = report.error_type;
        target.max_memory_used_mb = report.max_memory_used_mb;
    });
    let assembled = assemble(&world.facts());
    assert_eq!(assembled.invocations.len(), 1);
    (
        assembled.invocations[0].status,
        assembled.invocations[0].crashed,
    )
}

#[test]
fn the_status_of_report_decides() {
    assert_eq!(status_of(|_, _| {}), (Ok, false));
    let with = |status| status_of(|_, report| report.status = Some(status));
    assert_eq!(with(Status::Success), (Ok, false));
    assert_eq!(with(Status::Failure), (Error, false));
    assert_eq!(with(Status::Error), (Error, false));
    assert_eq!(with(Status::Timeout), (Timeout, true));
    let named = |name: &str| {
        status_of(|world, report| {
            report.status = Some(Status::Error);
            report.error_type = Some(world.sym(name));
        })
    };
    assert_eq!(named("Runtime.ExitError"), (Error, true));
    assert_eq!(named("Runtime.OutOfMemory"), (OutOfMemory, true));
    assert_eq!(named("Sandbox.Timedout"), (Timeout, true));
    for gone in [
        "Runtime.ImportModuleError",
        "Runtime.Unknown",
        "Runtime.InvalidEntrypoint",
        "Runtime.BadFunctionCode",
        "Extension.Crash",
    ] {
        assert_eq!(named(gone), (Error, true), "{gone}");
    }
    assert_eq!(named("Runtime.MarshalError"), (Error, false));
    assert_eq!(named("ValueError"), (Error, false));
}

#[test]
fn killed_with_all_memory_used_is_out_of_memory() {
    let killed = |used| {
        let mut world = World::default();
        let env = world.env("orders", "a");
        world.start(env, 0, 1);
        let exit = What::RuntimeExit {
            request_id: Some(id(1)),
            killed: true,
            error_type: None,
        };
        world.add(env, 100, exit);
        world.report_with(env, 100, 1, 100.0, |report| {
            report.max_memory_used_mb = Some(used);
        });
        assemble(&world.facts()).invocations[0].status
    };
    assert_eq!((killed(256), killed(255)), (OutOfMemory, Error));
}

#[test]
fn the_old_style_timeout_line_decides() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.start(env, 0, 1);
    world.report(env, 3_000, 1, 3_000.0);
    world.add(env, 3_000, What::TimedOut { request_id: id(1) });
    assert_eq!(rows(&assemble(&world.facts())), [(1, 1, 0, 3_000, Timeout)]);
}

#[test]
fn in_text_logs_the_runtimes_own_exception_line_decides_and_the_applications_does_not() {
    for (unhandled, wanted) in [(true, Error), (false, Ok)] {
        let mut world = World::default();
        let env = world.env("orders", "a");
        world.start(env, 0, 1);
        world.exception(env, 50, None, unhandled);
        world.report(env, 100, 1, 100.0);
        assert_eq!(assemble(&world.facts()).invocations[0].status, wanted);
    }
}

#[test]
fn runtime_done_stands_in_for_a_lost_report() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.start(env, 0, 1);
    let done = What::RuntimeDone {
        request_id: id(1),
        status: Status::Timeout,
        error_type: None,
        duration_ms: Some(3_000.0),
    };
    world.add(env, 3_001, done);
    assert_eq!(rows(&assemble(&world.facts())), [(1, 1, 0, 3_000, Timeout)]);
}

#[test]
fn a_done_line_without_metrics_ends_the_run_and_says_how() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.start(env, 0, 1);
    let done = What::RuntimeDone {
        request_id: id(1),
        status: Status::Timeout,
        error_type: None,
        duration_ms: None,
    };
    world.add(env, 3_001, done);
    assert_eq!(rows(&assemble(&world.facts())), [(1, 1, 0, 3_001, Timeout)]);
}

#[test]
fn what_reports_only_durations_runs_many_at_once() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.start(env, 0, 1);
    world.start(env, 100, 2);
    world.app(env, 150, note(None));
    for (at, request) in [(200, 1), (300, 2)] {
        let report = Report {
            request_id: Some(id(request)),
            duration_ms: 200.0,
            ..Report::default()
        };
        world.add(env, at, What::Report(report));
    }
    let assembled = assemble(&world.facts());
    assert!(assembled.environments[0].concurrent);
    assert_eq!(rows(&assembled), [(1, 1, 0, 200, Ok), (2, 1, 100, 300, Ok)]);
    assert_eq!(assembled.orphans.len(), 1, "its place says nothing");
}

#[test]
fn where_report_is_lost_an_end_tells_by_the_configured_timeout() {
    // Nothing ends a run before its timeout but the run itself, or an exit that has a line of its own.
    let cases = [
        (Some(3), 3_000, Timeout),
        (Some(3), 2_900, Ok),
        (None, 2_900, Unknown),
    ];
    for (timeout_s, end, wanted) in cases {
        let mut world = World::default();
        let env = world.env("orders", "a");
        world.config("orders").timeout_s = timeout_s;
        world.start(env, 0, 1);
        world.end(env, end, 1);
        let run = &assemble(&world.facts()).invocations[0];
        assert_eq!((run.status, run.crashed), (wanted, wanted == Timeout));
    }
}

#[test]
fn a_line_belongs_by_its_id_before_its_place() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    // Python stamps whole seconds: the line of request 2 stands before its START, inside request 1.
    world.run(env, 500, 1, 700);
    world.app(env, 1_000, note(Some(2)));
    world.run(env, 1_300, 2, 50);
    let assembled = assemble(&world.facts());
    let lines: Vec<usize> = assembled
        .invocations
        .iter()
        .map(|run| run.app.len())
        .collect();
    assert_eq!(lines, [0, 1]);
}

#[test]
fn then_by_its_trace_then_by_its_place() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.traced_start(env, 0, 1, 7);
    world.end(env, 100, 1);
    world.run(env, 200, 2, 100);
    let traced = AppFact {
        trace: Some(TraceId([7; 16])),
        ..note(None)
    };
    world.app(env, 250, traced);
    world.app(env, 260, note(None));
    world.app(env, 150, note(None));
    let assembled = assemble(&world.facts());
    let lines: Vec<usize> = assembled
        .invocations
        .iter()
        .map(|run| run.app.len())
        .collect();
    assert_eq!(lines, [1, 1]);
    assert_eq!(assembled.orphans.len(), 1, "between two invocations");
}

#[test]
fn lines_of_an_init_that_runs_again_precede_the_start_they_delay() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.start(env, 0, 1);
    world.report_with(env, 3_000, 1, 3_000.0, |report| {
        report.status = Some(Status::Timeout);
    });
    world.app(env, 8_000, note(None));
    world.run(env, 8_500, 2, 50);
    let assembled = assemble(&world.facts());
    assert_eq!(assembled.invocations[1].app.len(), 1);
}

#[test]
fn lines_of_the_first_init_belong_to_no_invocation() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.init_start(env, 0);
    world.app(env, 123, note(None));
    world.run(env, 500, 1, 50);
    assert_eq!(assemble(&world.facts()).orphans.len(), 1);
}

#[test]
fn a_request_that_only_application_lines_name_is_an_attempt_that_is_not_counted() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.run(env, 0, 1, 50);
    world.app(env, 1_000, note(Some(2)));
    world.app(env, 1_030, note(Some(2)));
    world.run(env, 2_000, 3, 50);
    let assembled = assemble(&world.facts());
    let run = &assembled.invocations[1];
    assert_eq!(
        (run.request_id, run.counted, run.app.len()),
        (id(2), false, 2)
    );
}

#[test]
fn an_id_of_another_service_inside_an_invocation_makes_no_invocation() {
    // The application logs a gateway's request id under a field of that name.
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.start(env, 0, 1);
    world.app(env, 20, note(Some(9)));
    world.report(env, 50, 1, 50.0);
    let assembled = assemble(&world.facts());
    assert_eq!(assembled.invocations.len(), 1);
    assert_eq!(assembled.invocations[0].app.len(), 1);
}

#[test]
fn place_says_nothing_where_many_run_at_once() {
    let mut world = World::default();
    let env = world.env("orders", "a");
    world.typed_init_start(env, 0, Some(InitType::ManagedInstances));
    world.start(env, 100, 1);
    world.start(env, 120, 2);
    world.app(env, 150, note(None));
    world.report(env, 300, 1, 200.0);
    world.report(env, 400, 2, 280.0);
    let assembled = assemble(&world.facts());
    assert_eq!(
        rows(&assembled),
        [(1, 1, 100, 300, Ok), (2, 1, 120, 400, Ok)]
    );
    assert_eq!(assembled.orphans.len(), 1);
    assert!(assembled.environments[0].concurrent);
}

#[test]
fn an_environment_that_never_ran_is_one_and_a_stream_without_lines_that_count_is_none() {
    let mut world = World::default();
    let (unused, other) = (world.env("orders", "a"), world.env("orders", "b"));
    world.init_report(unused, 300, Phase::Init, Status::Success, 300.0);
    world.app(other, 0, note(None));
    let assembled = assemble(&world.facts());
    assert_eq!(assembled.environments.len(), 1);
    assert!(assembled.environments[0].invocations.is_empty());
}

#[test]
fn absurd_durations_neither_panic_nor_reach_back_for_ever() {
    for duration in [f32::NAN, f32::INFINITY, -5.0, 1e30] {
        let mut world = World::default();
        let env = world.env("orders", "a");
        world.report(env, 1_000, 1, duration);
        let run = &assemble(&world.facts()).invocations[0];
        assert!(run.end.since(run.start) <= 24 * 3_600_000);
        assert!(run.start <= run.end);
    }
}
