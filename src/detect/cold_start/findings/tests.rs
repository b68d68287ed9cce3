use super::*;
use crate::detect::testing::{World, at};
use crate::model::finding::Alarm;
use crate::model::invocation::InvocationStatus::Ok;
use crate::model::rows::{InitCause, InitKind};

/// A function that runs every minute for two hours, 100 ms each, and whose starts are added by the test.
struct Case {
    analysis: Analysis,
    function: Sym,
}

impl Case {
    /// `runs` a minute.
    fn new(runs: u32) -> Self {
        let mut world = World::default();
        let function = world.sym("orders");
        world.runs("orders", 0.0, 120.0, 120 * runs, Ok);
        let analysis = world.analysis();
        Self { analysis, function }
    }

    fn start(&mut self, minute: f64, kind: InitKind, cause: InitCause, init_ms: f32) {
        let runs = &self.analysis.assembled.invocations;
        let run = runs.partition_point(|run| run.start < at(minute));
        let line = runs[run].first_line;
        self.analysis.inits.push(Init {
            function: self.function,
            version: None,
            stream: 0,
            at: at(minute),
            kind,
            init_ms: Some(init_ms),
            felt_ms: Some(init_ms),
            cause: Some(cause),
            invocation: Some(run as u32),
            request_id: Some(runs[run].request_id),
            explained_by: None,
            line: Some(line),
        });
    }

    fn found(mut self) -> Vec<Candidate> {
        self.analysis.inits.sort_by_key(|row| row.at);
        self.analysis.functions = crate::detect::figures::figures(&self.analysis);
        ColdStarts.candidates(&self.analysis, &Settings::default())
    }
}

#[test]
fn a_few_cold_starts_are_no_finding() {
    let mut case = Case::new(10);
    for minute in [0.0, 31.0, 62.0, 93.0] {
        case.start(minute, InitKind::OnDemand, InitCause::IdleExpiry, 800.0);
    }
    assert_eq!(case.found(), []);
}

#[test]
fn a_high_share_that_costs_a_twentieth_of_the_time_is_listed() {
    // 20 of 120 runs: the lower bound is 11 %. 20 starts of 100 ms beside 120 runs of 100 ms: 14 % of the time.
    let every = |init_ms: f32| {
        let mut case = Case::new(1);
        for at in 0..20 {
            let minute = f64::from(at) * 6.0;
            case.start(minute, InitKind::OnDemand, InitCause::IdleExpiry, init_ms);
        }
        case.found()
    };
    let found = every(100.0);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].alarm, Alarm::Never);
    assert_eq!(
        (found[0].key.as_str(), found[0].evidence.len()),
        ("idle_expiry", 20)
    );
    assert!(
        found[0]
            .claim
            .starts_with("20 of 120 runs of orders started cold, 17 % [11–24]:"),
        "{}",
        found[0].claim
    );
    assert_eq!(every(20.0), [], "3 % of the time: nobody minds");
}

#[test]
fn a_burst_is_watched_for_change() {
    // 12 of 50 runs within five minutes, none in the two hours around.
    let mut case = Case::new(10);
    for at in 0..12 {
        case.start(
            60.0 + f64::from(at) * 0.3,
            InitKind::OnDemand,
            InitCause::ScaleOut,
            300.0,
        );
    }
    let found = case.found();
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].alarm, found[0].events.len()), (Alarm::Change, 12));
}

#[test]
fn the_wave_after_a_release_is_expected() {
    let mut case = Case::new(10);
    case.start(60.0, InitKind::OnDemand, InitCause::Deploy, 300.0);
    for at in 0..12 {
        case.start(
            60.1 + f64::from(at) * 0.3,
            InitKind::OnDemand,
            InitCause::ScaleOut,
            300.0,
        );
    }
    assert_eq!(case.found(), []);
}

#[test]
fn failed_inits_are_listed_at_once_and_raised_from_three_in_ten_minutes() {
    let alarm = |minutes: [f64; 3]| {
        let mut case = Case::new(10);
        for minute in minutes {
            case.start(minute, InitKind::InitTimeout, InitCause::ScaleOut, 10_000.0);
        }
        let found = case.found();
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .claim
                .starts_with("3 starts of orders timed out in init since 10:")
        );
        found[0].alarm
    };
    assert_eq!(alarm([10.0, 14.0, 19.9]), Alarm::Raised);
    assert_eq!(alarm([10.0, 20.0, 30.0]), Alarm::Certain);
}
