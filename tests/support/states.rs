//! States in which a pane has nothing, or not all, to show: loading, denied, logged out, broken, blind.

use std::sync::Arc;

use nepho::engine::{Engine, Limits};
use nepho::model::batch::Batch;
use nepho::model::health::{Board, Health, SourceState};
use nepho::model::record::{Gap, GapReason, LogRecord, Record};
use nepho::model::settings::Settings;
use nepho::model::time::Timestamp;
use nepho::store::scene::{Mode, Scene};

use crate::picture::{denied, empty};

/// 2026-03-03T14:10:21Z.
const NOW: Timestamp = Timestamp(1_772_547_021_000);

/// Every state in which a pane has nothing or not all to show, by its name.
pub fn without_figures() -> [(&'static str, Arc<Scene>); 7] {
    [
        ("starting", empty()),
        ("loading", loading()),
        ("denied", denied()),
        ("logged out", logged_out()),
        ("broken", broken()),
        ("blind", blind()),
        ("metrics alone", metered()),
    ]
}

fn with_sources(sources: Vec<Health>) -> Arc<Scene> {
    let mut board = Board::default();
    for health in sources {
        board.sources.insert(health.name.clone(), health);
    }
    Arc::new(Scene {
        board: Arc::new(board),
        ..Scene::empty(Mode::Live, "prod eu-west-1", NOW)
    })
}

fn source(name: &str, state: SourceState, trouble: Option<&str>, records: u64) -> Health {
    Health {
        name: name.into(),
        state,
        trouble: trouble.map(Into::into),
        complete_until: (state == SourceState::CaughtUp).then_some(NOW),
        records: Some(records),
        late: Some(0),
        ..Health::default()
    }
}

/// Two log groups are read, one of them to its end; nothing that ran was in them yet.
fn loading() -> Arc<Scene> {
    with_sources(vec![
        source("logs /aws/lambda/auth", SourceState::CaughtUp, None, 40_000),
        source("logs /aws/lambda/mailer", SourceState::Reading, None, 1_208),
    ])
}

fn logged_out() -> Arc<Scene> {
    let words = "login of profile prod expired · run aws sso login --profile prod";
    with_sources(vec![source(
        "logs /aws/lambda/auth",
        SourceState::LoggedOut,
        Some(words),
        0,
    )])
}

fn broken() -> Arc<Scene> {
    let words = "no answer from http://127.0.0.1:5000 (refused) · check --endpoint-url";
    with_sources(vec![source(
        "logs /aws/lambda/auth",
        SourceState::Broken,
        Some(words),
        0,
    )])
}

/// Log lines of runs of one function, a second apart, each with `said` between START and END.
pub fn runs(function: &str, said: &str) -> Arc<Scene> {
    concluded(lines_of_runs(function, said))
}

fn lines_of_runs(function: &str, said: &str) -> Vec<Record> {
    let mut records = Vec::new();
    for run in 0..30 {
        let id = format!("00000000-0000-4000-8000-{run:012}");
        let lines = [
            format!("START RequestId: {id} Version: 1\n"),
            format!("{said}\n"),
            format!("END RequestId: {id}\n"),
            format!(
                "REPORT RequestId: {id}\tDuration: 50.00 ms\tBilled Duration: 50 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\n"
            ),
        ];
        for (after, message) in (0..).zip(lines) {
            records.push(Record::Log(LogRecord {
                group: format!("/aws/lambda/{function}").into(),
                stream: "2026/03/03/[1]0123456789abcdef0123456789abcdef".into(),
                timestamp: NOW.plus_ms(-60_000 + run * 1_000 + after),
                ingestion: None,
                event_id: None,
                message: message.into(),
            }));
        }
    }
    records
}

/// What an engine makes of them.
fn concluded(records: Vec<Record>) -> Arc<Scene> {
    let settings = Settings::default();
    let limits = Limits::of(&settings.memory, true);
    let mut engine = Engine::new(settings, limits).unwrap();
    engine.apply(&Batch::from(records));
    let mut board = Board::default();
    let health = source("logs", SourceState::CaughtUp, None, 120);
    board.sources.insert(health.name.clone(), health);
    Arc::new(Scene {
        analysis: Arc::new(engine.analyse()),
        board: Arc::new(board),
        text: Arc::new(engine.text()),
        ..Scene::empty(Mode::Live, "prod eu-west-1", NOW)
    })
}

/// Points of a metric of one function, one a minute, the newest of them two minutes ago.
fn points(function: &str, name: &str, sums: &[f64]) -> Vec<Record> {
    let oldest = NOW.minute().plus_ms(-(sums.len() as i64 + 1) * 60_000);
    let line = |(minute, sum): (i64, &f64)| {
        let at = oldest.plus_ms(minute * 60_000).0;
        format!(
            r#"{{"namespace":"AWS/Lambda","metric_name":"{name}","dimensions":{{"FunctionName":"{function}"}},"timestamp":{at},"value":{{"sum":{sum},"count":1,"min":{sum},"max":{sum}}},"unit":"Count"}}"#
        )
    };
    let lines = (0..).zip(sums).map(line);
    lines.map(|line| Record::Metric(line.into())).collect()
}

/// Nobody may read the log of `payment`, that of `mailer` is empty: CloudWatch alone counts what they do.
pub fn metered() -> Arc<Scene> {
    let mut records = Vec::new();
    for (function, name, sums) in [
        ("payment", "Invocations", [40.0, 40.0, 40.0, 40.0, 40.0]),
        ("payment", "Errors", [0.0, 0.0, 30.0, 30.0, 30.0]),
        ("payment", "Throttles", [0.0, 0.0, 0.0, 7.0, 5.0]),
        ("payment", "Duration", [80.0, 80.0, 80.0, 2_400.0, 80.0]),
        ("mailer", "Invocations", [3.0, 0.0, 0.0, 1.0, 0.0]),
        ("mailer", "Errors", [0.0; 5]),
    ] {
        records.extend(points(function, name, &sums));
    }
    records.push(Record::Gap(Gap {
        group: "/aws/lambda/payment".into(),
        from: NOW.plus_ms(-600_000),
        to: NOW,
        why: GapReason::Denied,
    }));
    concluded(records)
}

/// A run of `invoice-pdf` each second of a minute's half, of which metrics count 90 more, and `payment`, of which metrics alone tell.
pub fn logged_and_metered() -> Arc<Scene> {
    let mut records = lines_of_runs("invoice-pdf", "INFO done");
    records.extend(points("invoice-pdf", "Invocations", &[60.0, 60.0]));
    records.extend(points("payment", "Invocations", &[5.0, 3.0]));
    records.extend(points("payment", "Errors", &[0.0, 2.0]));
    concluded(records)
}

/// Three of four reserved slots are in use all the time, and nobody was refused.
pub fn near_limit() -> Arc<Scene> {
    let config = r#"{"FunctionName":"invoice-pdf","Runtime":"nodejs22.x","MemorySize":128,"Timeout":30,"ReservedConcurrentExecutions":4}"#;
    let mut records = vec![Record::Function(config.into())];
    for run in 0..180 {
        let id = format!("00000000-0000-4000-8000-{run:012}");
        let (slot, second) = (run % 3, run / 3);
        let lines = [
            (0, format!("START RequestId: {id} Version: 1\n")),
            (900, format!("END RequestId: {id}\n")),
            (
                900,
                format!(
                    "REPORT RequestId: {id}\tDuration: 900.00 ms\tBilled Duration: 900 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\n"
                ),
            ),
        ];
        for (after, message) in lines {
            records.push(Record::Log(LogRecord {
                group: "/aws/lambda/invoice-pdf".into(),
                stream: format!("2026/03/03/[1]0123456789abcdef0123456789abcde{slot}").into(),
                timestamp: NOW.plus_ms(-60_000 + second * 1_000 + slot * 20 + after),
                ingestion: None,
                event_id: None,
                message: message.into(),
            }));
        }
    }
    concluded(records)
}

/// Runs whose lines name no event, of which no metric tells, and that nobody calls.
pub fn blind() -> Arc<Scene> {
    runs("invoice-pdf", "INFO done")
}

/// An order that came twice under one id, the same placed again three milliseconds later under another, and another order.
pub fn placed_again() -> Arc<Scene> {
    let order = |placed: &str, city: &str, skus: [u32; 3]| {
        let items: Vec<String> = skus
            .iter()
            .map(|sku| format!(r#"{{"sku":"sku-{sku}","count":1,"price":24.90}}"#))
            .collect();
        format!(
            r#"{{"customer":{{"name":"Ann","street":"Main street 4","city":"{city}","country":"DE"}},"items":[{}],"currency":"EUR","placedAt":"2026-03-03T14:09:{placed}Z"}}"#,
            items.join(",")
        )
    };
    let first = order("02.116", "Hamburg", [117, 204, 935]);
    let again = order("02.119", "Hamburg", [117, 204, 935]);
    let another = order("41.480", "Ulm", [551, 618, 302]);
    let received = [(1, &first), (1, &first), (2, &again), (3, &another)];
    let mut records = Vec::new();
    for (run, (message, body)) in (0..).zip(received) {
        let id = format!("00000000-0000-4000-8000-{run:012}");
        let body = body.replace('"', "\\\"");
        let lines = [
            format!("START RequestId: {id} Version: 1\n"),
            format!(
                r#"Received event: {{"Records":[{{"messageId":"00000000-0000-4000-9000-{message:012}","body":"{body}","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:123456789012:orders"}}]}}"#
            ),
            format!("END RequestId: {id}\n"),
            format!(
                "REPORT RequestId: {id}\tDuration: 50.00 ms\tBilled Duration: 50 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\n"
            ),
        ];
        for (after, message) in (0..).zip(lines) {
            records.push(Record::Log(LogRecord {
                group: "/aws/lambda/orders-worker".into(),
                stream: "2026/03/03/[1]0123456789abcdef0123456789abcdef".into(),
                timestamp: NOW.plus_ms(-60_000 + run * 10_000 + after),
                ingestion: None,
                event_id: None,
                message: message.into(),
            }));
        }
    }
    concluded(records)
}
