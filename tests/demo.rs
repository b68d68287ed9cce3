//! The simulated cloud against the analysis: each scenario is recorded, read back as `nepho report` reads files, and
//! compared with what the world itself counted while it ran.

#![expect(clippy::unwrap_used, reason = "a test ends where a step fails")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;

use nepho::demo::{Options, SETTINGS, Scenario, Truth, World};
use nepho::engine::{Engine, Limits};
use nepho::export::recording::write_record;
use nepho::model::analysis::Analysis;
use nepho::model::finding::{Finding, FindingKind, Severity};
use nepho::model::record::Record;
use nepho::model::rows::{Harm, Verdict};
use nepho::model::settings::Settings;
use nepho::model::time::Timestamp;
use nepho::sources::files;

/// 2026-03-03T14:10:00Z
const START: Timestamp = Timestamp(1_772_547_000_000);

fn options(scenario: Scenario, history_min: i64) -> Options {
    Options {
        scenario,
        seed: 7,
        start: START,
        duration_ms: Some(0),
        history_ms: Some(history_min * 60_000),
    }
}

/// The world's records as a file, and its truth.
fn recorded(options: &Options) -> (Vec<u8>, Truth) {
    let mut world = World::new(options);
    let mut out = Vec::new();
    for (_, record) in world.by_ref() {
        write_record(&record, &mut out).unwrap();
    }
    (out, world.truth().clone())
}

/// What the report makes of a recording of the scenario.
fn reported(scenario: Scenario, history_min: i64) -> (Analysis, Truth) {
    let (bytes, truth) = recorded(&options(scenario, history_min));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("world.ndjson.zst");
    let mut file = zstd::Encoder::new(fs::File::create(&path).unwrap(), 1).unwrap();
    file.write_all(&bytes).unwrap();
    file.finish().unwrap();
    let settings: Settings = toml::from_str(SETTINGS).unwrap();
    let limits = Limits::of(&settings.memory, false);
    let mut engine = Engine::new(settings, limits).unwrap();
    let options = files::Options {
        log_group: None,
        ..files::Options::default()
    };
    let read = files::read(&[path], &options, &mut engine, &mut |_, _| true).unwrap();
    assert_eq!(read.warnings, Vec::<String>::new());
    (engine.analyse(), truth)
}

/// Every count that a recording shows whole is the world's own.
fn agrees(analysis: &Analysis, truth: &Truth) {
    let mut figures = BTreeMap::new();
    for row in &analysis.functions {
        figures.insert(analysis.text(row.function), row);
    }
    for (name, expected) in &truth.functions {
        let row = figures[name];
        assert_eq!(
            (row.invocations, row.errors, row.timeouts, row.out_of_memory),
            (
                expected.invocations,
                expected.errors,
                expected.timeouts,
                expected.out_of_memory
            ),
            "{name}: invocations, errors, time-outs, out of memory"
        );
        let doubled = row.duplicates_harmful.unwrap_or(0);
        assert_eq!(doubled, expected.doubled, "{name}: doubled");
        let refused: BTreeMap<Timestamp, u64> = analysis
            .throttles
            .iter()
            .filter(|row| row.resource == format!("lambda:{name}"))
            .map(|row| (row.minute, row.count))
            .collect();
        assert_eq!(refused, expected.throttles, "{name}: refused by minute");
    }
    let violations = analysis
        .reordered
        .iter()
        .filter(|row| row.verdict == Verdict::Violation)
        .count() as u64;
    let ledger = &truth.functions["ledger-apply"];
    let most = ledger.overtaken + ledger.overtaken_closely;
    assert!(
        (ledger.overtaken..=most).contains(&violations),
        "{violations} overtaken, the world has {} to {most}",
        ledger.overtaken
    );
}

fn first(analysis: &Analysis) -> (FindingKind, &str, Severity) {
    let finding = &analysis.findings[0];
    (finding.kind, finding.subject.as_str(), finding.severity)
}

/// The finding of that kind on that subject, and whether it follows, over any number of steps, from the first one.
fn finding<'a>(
    analysis: &'a Analysis,
    kind: FindingKind,
    subject: &str,
) -> Option<(&'a Finding, bool)> {
    let found = analysis
        .findings
        .iter()
        .find(|finding| finding.kind == kind && finding.subject == subject)?;
    let root = &analysis.findings[0].id;
    let mut parent = found.parent.as_ref();
    for _ in 0..analysis.findings.len() {
        match parent {
            Some(id) if id == root => return Some((found, true)),
            Some(id) => {
                let above = analysis.findings.iter().find(|finding| finding.id == *id);
                parent = above.and_then(|finding| finding.parent.as_ref());
            }
            None => break,
        }
    }
    Some((found, false))
}

#[test]
fn calm_pages_nobody() {
    let (analysis, truth) = reported(Scenario::Calm, 20);
    agrees(&analysis, &truth);
    let loud: Vec<_> = analysis
        .findings
        .iter()
        .filter(|finding| finding.severity < Severity::P3)
        .map(|finding| &finding.claim)
        .collect();
    assert_eq!(loud, Vec::<&String>::new());
    assert_eq!(truth.throttled("payment"), 0);
}

#[test]
fn the_incident_begins_at_payment_and_shows_in_four_places() {
    let (analysis, truth) = reported(Scenario::Incident, 24);
    agrees(&analysis, &truth);
    assert_eq!(
        first(&analysis),
        (FindingKind::Throttling, "payment", Severity::P1)
    );
    let cause = &analysis.findings[0].cause;
    assert!(cause.contains("v42") && cause.contains("14×"), "{cause}");
    for (kind, subject) in [
        (FindingKind::Error, "checkout"),
        (FindingKind::Duplicate, "orders-worker"),
        (FindingKind::Timeout, "orders-worker"),
    ] {
        let follows = finding(&analysis, kind, subject).map(|(_, follows)| follows);
        assert_eq!(follows, Some(true), "{kind} at {subject} follows from it");
    }
    assert!(finding(&analysis, FindingKind::Reordering, "ledger-apply").is_some());
    // A repeat that the ledger recognises does no harm there.
    let absorbed = |row: &&nepho::model::rows::Duplicate| {
        analysis.text(row.consumer) == "ledger-apply" && row.harm == Harm::Absorbed
    };
    assert!(analysis.duplicates.iter().filter(absorbed).count() > 0);
}

#[test]
fn a_storm_is_throttling_at_payment() {
    let (analysis, truth) = reported(Scenario::ThrottleStorm, 20);
    agrees(&analysis, &truth);
    assert_eq!(
        first(&analysis),
        (FindingKind::Throttling, "payment", Severity::P1)
    );
}

#[test]
fn orders_that_run_twice_are_the_first_finding() {
    let (analysis, truth) = reported(Scenario::DoubleOrders, 20);
    agrees(&analysis, &truth);
    assert_eq!(
        first(&analysis),
        (FindingKind::Duplicate, "orders-worker", Severity::P1)
    );
    assert!(truth.functions["orders-worker"].doubled > 20);
}

#[test]
fn events_that_come_late_are_reordering_at_the_ledger() {
    let (analysis, truth) = reported(Scenario::Shuffled, 20);
    agrees(&analysis, &truth);
    assert_eq!(
        first(&analysis),
        (FindingKind::Reordering, "ledger-apply", Severity::P1)
    );
}

#[test]
fn bursts_on_a_slow_init_are_cold_starts_first() {
    let (analysis, truth) = reported(Scenario::ColdBurst, 22);
    agrees(&analysis, &truth);
    let (kind, subject, _) = first(&analysis);
    assert_eq!((kind, subject), (FindingKind::ColdStart, "cart-api"));
    let row = analysis
        .functions
        .iter()
        .find(|row| analysis.text(row.function) == "cart-api")
        .unwrap();
    assert_eq!(
        row.felt_cold_starts,
        Some(truth.functions["cart-api"].cold_starts)
    );
}

#[test]
fn the_same_seed_and_start_give_the_same_bytes() {
    let options = options(Scenario::Incident, 2);
    let (first, _) = recorded(&options);
    assert_eq!(first, recorded(&options).0);
    let other = Options { seed: 8, ..options };
    assert_ne!(first, recorded(&other).0);
}

#[test]
fn a_shorter_end_is_a_beginning_and_arrivals_never_go_back() {
    let endless = Options {
        duration_ms: None,
        ..options(Scenario::Calm, 2)
    };
    let mut last = Timestamp(0);
    let mut count = 0;
    for (at, record) in World::new(&endless).take_while(|(at, _)| *at < START) {
        assert!(at >= last, "{at} after {last}");
        last = at;
        count += 1;
        if let Record::Log(log) = &record {
            assert!(log.ingestion.is_some_and(|ingestion| ingestion == at));
        }
    }
    // Some 2,500 runs a minute with four lines and more.
    assert!(count > 15_000, "{count}");
}

#[test]
fn no_minute_has_more_runs_at_once_than_slots_are_reserved() {
    let mut world = World::new(&options(Scenario::ThrottleStorm, 8));
    let mut peaks = Vec::new();
    for (_, record) in world.by_ref() {
        let Record::Metric(text) = record else {
            continue;
        };
        let point: serde_json::Value = serde_json::from_str(&text).unwrap();
        if point["metric_name"] == "ConcurrentExecutions"
            && point["dimensions"]["FunctionName"] == "payment"
        {
            peaks.push(point["value"]["max"].as_f64().unwrap());
        }
    }
    // Three slots are reserved in this scenario, and demand fills them.
    assert!(!peaks.is_empty());
    assert!(peaks.iter().all(|peak| *peak <= 3.0), "{peaks:?}");
    assert!(peaks.contains(&3.0));
}

/// No message is received again before its visibility timeout is over, unless it is another message.
#[test]
fn a_message_comes_again_only_after_its_visibility_timeout() {
    let world = World::new(&options(Scenario::DoubleOrders, 12));
    let mut received: BTreeMap<String, (u64, i64)> = BTreeMap::new();
    let mut again = 0;
    let mut lines: Vec<(i64, String)> = world
        .filter_map(|(_, record)| match record {
            Record::Log(log) if &*log.group == "/aws/lambda/orders-worker" => {
                Some((log.timestamp.0, log.message.into()))
            }
            _ => None,
        })
        .collect();
    lines.sort();
    for (at, line) in lines {
        let Some((_, json)) = line.split_once("Received event: ") else {
            continue;
        };
        let event: serde_json::Value = serde_json::from_str(json.trim()).unwrap();
        let message = &event["Records"][0];
        let id = message["messageId"].as_str().unwrap().to_owned();
        let count: u64 = message["attributes"]["ApproximateReceiveCount"]
            .as_str()
            .and_then(|count| count.parse().ok())
            .unwrap();
        if let Some((before, when)) = received.insert(id, (count, at)) {
            assert_eq!(count, before + 1);
            // A cold start may hold the first line back by some seconds; the receive itself came before.
            assert!(at - when > 27_000, "again after {} ms", at - when);
            again += 1;
        }
    }
    assert!(again > 10, "{again}");
}
