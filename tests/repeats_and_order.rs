//! Rules of repeats and order that need many lines, traces, or figures that the report does not print.

use nepho::engine::{Engine, Limits};
use nepho::model::analysis::Analysis;
use nepho::model::batch::Batch;
use nepho::model::record::{LogRecord, Record};
use nepho::model::rows::{DuplicateClass, Harm, OrderDomain, Verdict};
use nepho::model::settings::{ExtractRule, Settings};
use nepho::model::time::Timestamp;
use serde_json::{Value, json};

/// 2026-03-01T12:00:00Z.
const NOON: i64 = 1_772_366_400_000;

/// Lines of one function, at milliseconds after noon.
#[derive(Default)]
struct World {
    records: Vec<Record>,
    settings: Settings,
}

fn request(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

impl World {
    fn line(&mut self, env: &str, ms: i64, message: String) {
        let number = self.records.len();
        self.records.push(Record::Log(LogRecord {
            group: "/aws/lambda/worker".into(),
            stream: format!("2026/03/01/[$LATEST]{env:0>32}").into(),
            timestamp: Timestamp(NOON + ms),
            ingestion: None,
            event_id: Some(format!("event-{number}").into()),
            message: message.into(),
        }));
    }

    /// A run that logs its payload; its REPORT says nothing of errors.
    fn run(&mut self, env: &str, ms: i64, length: i64, number: u32, payload: &Value) {
        self.line(
            env,
            ms,
            format!("START RequestId: {} Version: $LATEST\n", request(number)),
        );
        self.run_without_start(env, ms, length, number, payload);
    }

    fn run_without_start(&mut self, env: &str, ms: i64, length: i64, number: u32, payload: &Value) {
        let id = request(number);
        let event = json!({"requestId": id, "message": payload});
        self.line(env, ms + 1, event.to_string());
        self.line(env, ms + length, format!("END RequestId: {id}\n"));
        self.line(
            env,
            ms + length,
            format!("REPORT RequestId: {id}\tDuration: {length}.00 ms\tBilled Duration: {length} ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t\n"),
        );
    }

    fn exception(&mut self, env: &str, ms: i64) {
        let text = "[ERROR] ValueError: bad value\nTraceback (most recent call last):\n";
        self.line(env, ms, text.to_owned());
    }

    /// The service's segment of a run, by the clock of the service.
    fn accepted(&mut self, number: u32, ms: f64) {
        let start = (NOON as f64 + ms) / 1000.0;
        let segment = json!({
            "id": format!("{number:016x}"), "name": "worker", "origin": "AWS::Lambda",
            "trace_id": format!("1-69a42b40-{number:024x}"),
            "start_time": start, "end_time": start + 1.0, "aws": {"request_id": request(number)},
        });
        self.records
            .push(Record::Segment(segment.to_string().into()));
    }

    fn analysis(self) -> Analysis {
        let limits = Limits::of(&self.settings.memory, false);
        let mut engine = Engine::new(self.settings, limits).expect("the rules compile");
        engine.apply(&Batch::from(self.records));
        engine.analyse()
    }
}

fn message(id: u32, body: &str, receive: u32) -> Value {
    json!({"Records": [{
        "messageId": format!("m-{id}"), "body": body, "eventSource": "aws:sqs",
        "attributes": {"ApproximateReceiveCount": receive.to_string()},
        "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:orders",
    }]})
}

fn ordered(world: &mut World) {
    let path = |name: &str| Some(format!("$.message.{name}"));
    world.settings.extract = vec![ExtractRule {
        event_id: path("id"),
        ordering_key: path("account"),
        sequence: path("version"),
        dense: true,
        ..ExtractRule::default()
    }];
}

fn version(number: i64) -> Value {
    json!({"id": format!("e-{number}"), "account": "a-1", "version": number})
}

fn classes(analysis: &Analysis) -> Vec<(DuplicateClass, Harm)> {
    let rows = analysis.duplicates.iter();
    rows.map(|row| (row.class, row.harm)).collect()
}

/// A body that 100 ids carry within an hour is a health check. One less is 98 second sends of the first.
#[test]
fn a_hundred_equal_bodies_an_hour_are_a_heartbeat() {
    let repeats = |count: u32| {
        let mut world = World::default();
        for n in 0..count {
            let body = r#"{"check":"liveness","from":"monitor","expect":"ok"}"#;
            world.run("a", i64::from(n) * 36_000, 50, n, &message(n, body, 1));
        }
        classes(&world.analysis())
    };
    assert_eq!(repeats(100), []);
    let sent_again = (DuplicateClass::ProducerDup, Harm::Double);
    assert_eq!(repeats(99), vec![sent_again; 98]);
}

/// A failed message comes back after 30.2 s, another one after 30.1 s although its run looks fine. With all lines there it
/// was delivered twice. Where START lines are missing at random, so may the line of its exception be: it came as retries do.
#[test]
fn where_lines_are_missing_what_comes_back_as_retries_do_is_one() {
    let rows = |missing: bool| {
        let mut world = World::default();
        let body = |n: u32| format!(r#"{{"order":"o-{n}","customer":"c-7","amount":12.5}}"#);
        world.run("a", 0, 50, 1, &message(1, &body(1), 1));
        world.exception("a", 49);
        world.run("a", 30_200, 50, 2, &message(1, &body(1), 2));
        world.run("a", 40_000, 50, 3, &message(2, &body(2), 1));
        world.run("a", 70_100, 50, 4, &message(2, &body(2), 2));
        for n in 10..60 {
            let ms = 100_000 + i64::from(n) * 1_000;
            if missing && n % 10 == 0 {
                world.run_without_start("a", ms, 50, n, &message(n, &body(n), 1));
            } else {
                world.run("a", ms, 50, n, &message(n, &body(n), 1));
            }
        }
        classes(&world.analysis())
    };
    let retry = (DuplicateClass::RetryExpected, Harm::None);
    let redelivery = (DuplicateClass::ProviderRedelivery, Harm::Double);
    assert_eq!(rows(false), [retry, redelivery]);
    assert_eq!(rows(true), [retry, retry]);
}

/// Version 1 starts 40 ms after version 2, in another environment. X-Ray stamps both by the service's clock, 1 ms before
/// START where the clocks agree. If the second host runs 45 ms ahead, version 1 started 5 ms before version 2.
#[test]
fn a_clock_that_runs_ahead_overtakes_nobody() {
    let verdict = |ahead: f64| {
        let mut world = World::default();
        ordered(&mut world);
        world.run("a", 1_000, 20, 1, &version(2));
        world.run("b", 1_040, 20, 2, &version(1));
        world.accepted(1, 999.0);
        world.accepted(2, 1_039.0 - ahead);
        let rows = world.analysis().reordered;
        rows.iter().map(|row| row.verdict).collect::<Vec<_>>()
    };
    assert_eq!(verdict(0.0), [Verdict::Violation]);
    assert_eq!(verdict(45.0), [Verdict::Uncertain]);
}

/// Where two measured clocks differ by 40 ms, an unmeasured third may differ as well: 30 ms prove nothing, 400 ms do.
#[test]
fn an_unmeasured_clock_may_be_off_as_far_as_measured_ones_are() {
    let verdict = |late: i64| {
        let mut world = World::default();
        ordered(&mut world);
        world.run("a", 0, 20, 1, &version(10));
        world.run("b", 500, 20, 2, &version(11));
        world.accepted(1, -1.0);
        world.accepted(2, 539.0);
        world.run("a", 1_000, 20, 3, &version(13));
        world.run("c", 1_000 + late, 20, 4, &version(12));
        let rows = world.analysis().reordered;
        rows.iter().map(|row| row.verdict).collect::<Vec<_>>()
    };
    assert_eq!(verdict(30), [Verdict::Uncertain]);
    assert_eq!(verdict(400), [Verdict::Violation]);
}

/// The vectors of RFC 4737: R is what was overtaken over what came, each sequence once; a sequence that is left out is a
/// discontinuity, no disorder.
#[test]
fn ratios_and_discontinuities_of_the_specification() {
    let domain = |sequences: &[i64]| {
        let mut world = World::default();
        ordered(&mut world);
        for (at, sequence) in (0..).zip(sequences) {
            let ms = i64::from(at) * 1_000;
            world.run("a", ms, 20, at, &version(*sequence));
        }
        world.analysis()
    };
    for (sequences, overtaken, arrivals) in [
        (&[1, 2, 3, 5, 6, 7, 8, 4, 9, 10][..], 1, 10),
        (&[1, 2, 3, 7, 5, 6, 8, 4, 9, 10], 3, 10),
        (&[1, 4, 2, 5, 3, 6, 8], 2, 7),
        (&[1, 2, 2, 4, 3, 5], 1, 5),
        (&[5, 1, 2, 3, 4], 4, 5),
        (&[1, 2, 5, 6], 0, 4),
    ] {
        let analysis = domain(sequences);
        let row = &analysis.order_domains[0];
        assert_eq!(
            (row.reordered, row.arrivals),
            (overtaken, arrivals),
            "{sequences:?}"
        );
    }
    let analysis = domain(&[1, 2, 5, 6]);
    assert_eq!(analysis.order_domains[0].gaps, 1);
    let holes: Vec<_> = analysis.findings.iter().map(|row| &row.claim).collect();
    assert_eq!(
        holes,
        ["2 events not seen in 1 hole of the sequences of worker, on 1 key"],
        "without a metric nobody knows how many lines are there"
    );
}

/// 1 | 2 runs from 1.0 to 4.0 s | 4 begins within it (overlap) and ends at 3.0 s | 3 comes after 4 (reordered) and ends last.
/// One of 6 places is swapped, so that two arrivals of six are displaced by one: entropy −4/6 ln 4/6 − 2 · 1/6 ln 1/6.
/// 2 and 3 were applied after 4 (two stale applies). 7 leaves one hole, of 5 and 6, and so does a far number.
#[test]
fn a_domain_counts_overlaps_stale_applies_and_holes() {
    let mut world = World::default();
    ordered(&mut world);
    world.run("a", 0, 20, 1, &version(1));
    world.run("a", 1_000, 3_000, 2, &version(2));
    world.run("b", 2_000, 1_000, 3, &version(4));
    world.run("b", 5_000, 20, 4, &version(3));
    world.run("b", 6_000, 20, 5, &version(7));
    world.run("b", 7_000, 20, 6, &version(i64::MAX));
    let analysis = world.analysis();
    let [domain] = analysis.order_domains.as_slice() else {
        panic!("{:?}", analysis.order_domains);
    };
    assert!(
        (domain.entropy - 0.867_563).abs() < 1e-6,
        "{}",
        domain.entropy
    );
    let expected = OrderDomain {
        keys: 1,
        arrivals: 6,
        reordered: 1,
        three_reordered: 0,
        overlaps: 1,
        stale_applies: 2,
        gaps: 2,
        ..domain.clone()
    };
    assert_eq!(*domain, expected);
}
