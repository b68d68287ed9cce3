//! `nepho export`: what a receiver gets is what the snapshot holds, without secrets, and what it refuses is counted.
#![cfg(feature = "aws")]

#[path = "support/incident.rs"]
mod incident;
#[path = "support/program.rs"]
mod program;
#[path = "support/receiver.rs"]
mod receiver;
#[path = "support/secrets.rs"]
mod secrets;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nepho::app::clock::Stopwatch;
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsPartialSuccess, ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use program::{Following, finish, nepho};
use prost::Message as _;
use receiver::{Reply, Request, Seen, receive};
use serde_json::{Value, json};
use tempfile::TempDir;

/// An unpacked snapshot of the simulated incident, made once, and the rows of its traces and logs.
fn snapshot() -> (&'static Path, u64, u64) {
    static MADE: OnceLock<(TempDir, PathBuf, u64, u64)> = OnceLock::new();
    let (_, path, spans, logs) = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let (recording, settings) = incident::incident(folder.path(), 20);
        let path = folder.path().join("snapshot");
        let [recording, settings, to] =
            [&recording, &settings, &path].map(|path| path.to_str().unwrap());
        let (status, _, said) = finish(nepho(&[
            "snapshot", recording, "--config", settings, "--dir", "-o", to,
        ]));
        assert_eq!(status, Some(0), "{said}");
        let manifest = fs::read_to_string(path.join("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        let rows = |name: &str| {
            let files = manifest["files"].as_array().unwrap();
            let file = files.iter().find(|file| file["name"] == name).unwrap();
            file["rows"].as_u64().unwrap()
        };
        let (spans, logs) = (rows("traces.otlp.jsonl"), rows("logs.otlp.jsonl"));
        (folder, path, spans, logs)
    });
    (path, *spans, *logs)
}

fn export(path: &Path, to: &[&str]) -> Command {
    let mut arguments = vec!["export", path.to_str().unwrap(), "--to"];
    arguments.extend(to);
    let mut command = nepho(&arguments);
    command.env("OTEL_EXPORTER_OTLP_HEADERS", "api-key=the%20key");
    command.env("SPLUNK_HEC_TOKEN", "00000000-0000-0000-0000-000000000000");
    command
}

fn sent(seen: &Seen) -> Vec<Request> {
    seen.lock().unwrap().clone()
}

fn spans(request: &Request) -> Vec<Vec<u8>> {
    let request = ExportTraceServiceRequest::decode(&request.body[..]).unwrap();
    let scopes = request
        .resource_spans
        .into_iter()
        .flat_map(|of| of.scope_spans);
    let spans = scopes.flat_map(|scope| scope.spans);
    spans
        .map(|span| [span.trace_id, span.span_id].concat())
        .collect()
}

fn lines(request: &Request) -> usize {
    let request = ExportLogsServiceRequest::decode(&request.body[..]).unwrap();
    let scopes = request.resource_logs.iter().flat_map(|of| &of.scope_logs);
    scopes.map(|scope| scope.log_records.len()).sum()
}

#[test]
fn an_endpoint_gets_every_span_and_line_in_requests_that_it_takes() {
    let (path, all_spans, all_logs) = snapshot();
    let (url, seen) = receive(|_, _| Reply::ok());
    let (status, out, said) = finish(export(path, &["otlp", &url]));
    assert_eq!(status, Some(0), "{said}");
    let (mut ids, mut logs) = (HashSet::new(), 0);
    for request in sent(&seen) {
        assert_eq!(request.header("content-type"), "application/x-protobuf");
        assert_eq!(request.header("content-encoding"), "gzip");
        assert_eq!(request.header("api-key"), "the key");
        assert!(request.header("user-agent").starts_with("nepho/"));
        assert!(request.body.len() < 1_000_000 && request.wire < request.body.len());
        match request.path.as_str() {
            "/v1/traces" => ids.extend(spans(&request)),
            "/v1/logs" => logs += lines(&request) as u64,
            other => panic!("{other}"),
        }
    }
    assert!(sent(&seen).len() > 3, "several batches");
    assert_eq!((ids.len() as u64, logs), (all_spans, all_logs));
    assert!(
        out.starts_with(&format!("{} spans taken", grouped(all_spans))),
        "{out}"
    );
    assert!(
        out.contains(&format!("{} log lines taken", grouped(all_logs))),
        "{out}"
    );
    assert!(
        said.contains("sending traces to http://127.0.0.1"),
        "{said}"
    );
}

/// A number with a comma before each three digits, up to a million.
fn grouped(number: u64) -> String {
    match number {
        0..1000 => number.to_string(),
        _ => format!("{},{:03}", number / 1000, number % 1000),
    }
}

#[test]
fn what_is_refused_in_part_or_whole_is_counted_and_said() {
    let (path, all_spans, all_logs) = snapshot();
    // Of the first request of logs two lines are refused, the last traces as a whole.
    let (url, seen) = receive(|_, request| match request.path.as_str() {
        "/v1/traces" => {
            let status = [b"\x08\x03\x12\x08".as_slice(), b"bad span"].concat();
            Reply::Answer(
                400,
                vec![("content-type", "application/x-protobuf".into())],
                status,
            )
        }
        _ => {
            let partial = ExportLogsPartialSuccess {
                rejected_log_records: 2,
                error_message: "too old".into(),
            };
            let answer = ExportLogsServiceResponse {
                partial_success: Some(partial),
            };
            Reply::Answer(200, Vec::new(), answer.encode_to_vec())
        }
    });
    let (status, out, said) = finish(export(path, &["otlp", &url]));
    assert_eq!(status, Some(1), "{said}");
    let batches = sent(&seen)
        .iter()
        .filter(|request| request.path == "/v1/logs")
        .count() as u64;
    assert!(
        out.starts_with(&format!("0 spans taken, {} refused", grouped(all_spans))),
        "{out}"
    );
    let taken = format!(
        "{} log lines taken, {} refused",
        grouped(all_logs - 2 * batches),
        2 * batches
    );
    assert!(out.contains(&taken), "{out}");
    assert!(said.contains("status 400: bad span"), "{said}");
    assert!(
        said.contains("partial success, 2 log records refused: too old"),
        "{said}"
    );
}

#[test]
fn it_waits_as_long_as_it_is_asked_and_sends_the_same_again() {
    let (path, ..) = snapshot();
    for status in [429, 503] {
        let (url, seen) = receive(move |number, _| match number {
            0 => Reply::Answer(status, vec![("retry-after", "2".into())], Vec::new()),
            _ => Reply::ok(),
        });
        let watch = Stopwatch::start();
        let (ended, _, said) = finish(export(path, &["otlp", &url]));
        assert_eq!(ended, Some(0), "{said}");
        assert!(watch.elapsed() >= Duration::from_secs(2), "it waited");
        assert!(
            said.contains(&format!("status {status} · tried again after 2 s")),
            "{said}"
        );
        let sent = sent(&seen);
        assert_eq!(sent[0].body, sent[1].body, "the same request");
    }
}

#[test]
fn no_other_status_and_no_broken_connection_is_tried_again() {
    let (path, ..) = snapshot();
    for (status, says) in [
        (500, "status 500"),
        (401, "status 401"),
        (404, "status 404"),
        (0, "send it again"),
    ] {
        let (url, seen) = receive(move |number, _| match (number, status) {
            (0, _) => Reply::ok(),
            (_, 0) => Reply::Die,
            _ => Reply::Answer(status, Vec::new(), b"no".to_vec()),
        });
        let (ended, out, said) = finish(export(path, &["otlp", &url]));
        assert_eq!(ended, Some(2), "{said}");
        assert!(
            said.contains(says) && said.contains("the rest was not sent"),
            "{said}"
        );
        assert_eq!(sent(&seen).len(), 2, "{status}");
        let taken = spans(&sent(&seen)[0]).len() as u64;
        assert!(
            out.starts_with(&format!("{} spans taken", grouped(taken))),
            "what was taken is counted: {out}"
        );
    }
}

#[test]
fn a_receiver_that_asks_to_wait_for_an_hour_is_not_waited_for() {
    let (path, ..) = snapshot();
    let (url, seen) =
        receive(|_, _| Reply::Answer(503, vec![("retry-after", "3600".into())], Vec::new()));
    let (ended, _, said) = finish(export(path, &["otlp", &url]));
    assert_eq!(ended, Some(2));
    assert!(said.contains("asks to wait 3600 s"), "{said}");
    assert_eq!(sent(&seen).len(), 1);
}

#[test]
fn a_signal_ends_it_while_it_waits_for_an_answer() {
    let (path, ..) = snapshot();
    let (url, seen) = receive(|_, _| Reply::Hang);
    let running = Following::start(export(path, &["otlp", &url]));
    let watch = Stopwatch::start();
    while sent(&seen).is_empty() {
        assert!(watch.elapsed() < Duration::from_secs(60), "nothing is sent");
        std::thread::sleep(Duration::from_millis(20));
    }
    let asked = watch.elapsed();
    let (status, said) = running.interrupt();
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("cancelled"), "{said}");
    assert!(watch.elapsed() < asked + Duration::from_secs(3), "at once");
}

#[test]
fn each_signal_goes_where_the_environment_says_and_nowhere_else() {
    let (path, all_spans, _) = snapshot();
    let (url, seen) = receive(|_, _| Reply::ok());
    let mut command = export(path, &["otlp"]);
    command.env(
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
        format!("{url}/v2/trace/otlp"),
    );
    command.env("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "x-sf-token=t");
    command.env("OTEL_EXPORTER_OTLP_COMPRESSION", "none");
    let (status, out, said) = finish(command);
    assert_eq!(status, Some(0), "{said}");
    let all: usize = sent(&seen)
        .iter()
        .map(|request| {
            assert_eq!(request.path, "/v2/trace/otlp");
            assert_eq!(request.header("x-sf-token"), "t");
            assert_eq!(request.wire, request.body.len());
            spans(request).len()
        })
        .sum();
    assert_eq!(all as u64, all_spans);
    assert!(out.contains("0 log lines taken"), "{out}");

    let (status, _, said) = finish(nepho(&["export", path.to_str().unwrap(), "--to", "otlp"]));
    assert_eq!(status, Some(2));
    assert!(said.contains("no address to send to"), "{said}");
}

#[test]
fn no_planted_secret_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let inputs = secrets::inputs(folder.path());
    let settings = secrets::settings(folder.path());
    for kind in ["otlp", "splunk-hec"] {
        let (url, seen) = receive(|_, _| Reply::json(200, &json!({"text": "Success", "code": 0})));
        let mut command = export(&inputs, &[kind, &url]);
        command.arg("--config").arg(&settings);
        let (status, _, said) = finish(command);
        assert!(status.is_some_and(|status| status < 2), "{said}");
        let seen = sent(&seen);
        assert!(!seen.is_empty());
        for request in seen {
            let found = secrets::found_in(&request.body);
            assert!(found.is_empty(), "{kind}: {found:?}");
        }
    }
}

/// Splunk's collector with a token that asks for acknowledgement: strict about what it takes, it stores a request when it is
/// asked for the second time.
struct Collector {
    asked: AtomicU64,
}

impl Collector {
    fn answer(&self, number: usize, request: &Request) -> Reply {
        let said = |status, text: &str, code: i32| {
            Reply::json(status, &json!({"text": text, "code": code}))
        };
        if request.header("authorization") != "Splunk 00000000-0000-0000-0000-000000000000" {
            return said(403, "Invalid token", 4);
        }
        let channel = request.header("x-splunk-request-channel");
        let parts: Vec<usize> = channel.split('-').map(str::len).collect();
        if parts != [8, 4, 4, 4, 12] {
            return said(400, "Data channel is missing", 10);
        }
        match request.path.as_str() {
            "/services/collector/event" => match events(&request.body) {
                Ok(_) => Reply::json(200, &json!({"text": "Success", "code": 0, "ackId": number})),
                Err(why) => said(400, &why, 6),
            },
            "/services/collector/ack" => {
                let stored = self.asked.fetch_add(1, Ordering::Relaxed) > 0;
                let asked: Value = serde_json::from_slice(&request.body).unwrap();
                let acks: BTreeMap<String, bool> = asked["acks"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|number| (number.to_string(), stored))
                    .collect();
                Reply::json(200, &json!({ "acks": acks }))
            }
            other => panic!("{other}"),
        }
    }
}

/// The events of a body, each as Splunk's documentation of the collector wants it.
fn events(body: &[u8]) -> Result<Vec<Value>, String> {
    let known = [
        "time",
        "host",
        "source",
        "sourcetype",
        "index",
        "event",
        "fields",
    ];
    let mut events = Vec::new();
    for event in serde_json::Deserializer::from_slice(body).into_iter::<Value>() {
        let event = event.map_err(|error| error.to_string())?;
        let object = event.as_object().ok_or("not an object")?;
        if let Some(other) = object.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(format!("{other} is unknown"));
        }
        match &event["event"] {
            Value::String(text) if text.trim().is_empty() => return Err("blank".into()),
            Value::String(_) | Value::Object(_) => {}
            _ => return Err("no event".into()),
        }
        if !event["time"].is_number() {
            return Err("no time".into());
        }
        let fields = event["fields"].as_object().ok_or("no fields")?;
        if !fields.values().all(Value::is_string) {
            return Err("fields are not flat".into());
        }
        events.push(event);
    }
    Ok(events)
}

#[test]
fn splunk_gets_every_event_once_and_confirms_it() {
    let (path, all_spans, all_logs) = snapshot();
    let collector = Collector {
        asked: AtomicU64::new(0),
    };
    let (url, seen) = receive(move |number, request| collector.answer(number, request));
    let (status, out, said) = finish(export(path, &["splunk-hec", &url]));
    assert_eq!(status, Some(0), "{said}");
    assert!(!out.contains("not acknowledged"), "{out}");
    let seen = sent(&seen);
    let posts = seen
        .iter()
        .filter(|request| request.path.ends_with("/event"));
    let mut all = Vec::new();
    for request in posts {
        assert!(request.body.len() < 1_000_000);
        all.extend(events(&request.body).unwrap());
    }
    assert_eq!(all.len() as u64, all_spans + all_logs);
    let ids: HashSet<&str> = all
        .iter()
        .map(|event| event["fields"]["event_id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), all.len(), "each has an id of its own");
    let asked = seen
        .iter()
        .filter(|request| request.path.ends_with("/ack"))
        .count();
    assert_eq!(asked, 2, "until it is stored");

    // The same again has the same ids.
    let (url, again) = receive(|_, _| Reply::json(200, &json!({"text": "Success", "code": 0})));
    finish(export(path, &["splunk-hec", &url]));
    let again = sent(&again);
    let of = |requests: &[Request]| -> HashSet<String> {
        let posts = requests
            .iter()
            .filter(|request| request.path.ends_with("/event"));
        let events = posts.flat_map(|request| events(&request.body).unwrap());
        events
            .map(|event| event["fields"]["event_id"].to_string())
            .collect()
    };
    assert_eq!(of(&again), of(&seen));
    assert_ne!(
        again[0].header("x-splunk-request-channel"),
        seen[0].header("x-splunk-request-channel"),
        "no run asks for another's"
    );
}

#[test]
fn splunk_that_refuses_a_token_or_is_busy() {
    let (path, ..) = snapshot();
    let (url, seen) =
        receive(|_, _| Reply::json(403, &json!({"text": "Invalid token", "code": 4})));
    let (status, _, said) = finish(export(path, &["splunk-hec", &url]));
    assert_eq!(status, Some(2));
    assert!(
        said.contains("status 403: Invalid token (code 4)"),
        "{said}"
    );
    assert_eq!(sent(&seen).len(), 1);

    let (url, seen) = receive(|number, _| match number {
        0 => Reply::json(503, &json!({"text": "Server is busy", "code": 9})),
        _ => Reply::json(200, &json!({"text": "Success", "code": 0})),
    });
    let (status, _, said) = finish(export(path, &["splunk-hec", &url]));
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("Server is busy (code 9) · tried again after 1 s"),
        "{said}"
    );
    let seen = sent(&seen);
    assert_eq!(seen[0].body, seen[1].body);
}

#[test]
fn a_token_is_never_an_argument() {
    let (path, ..) = snapshot();
    let (status, _, said) = finish(export(
        path,
        &["splunk-hec", "https://me:token@splunk:8088"],
    ));
    assert_eq!(status, Some(2));
    assert!(
        said.contains("the address holds a password") && !said.contains("token@"),
        "{said}"
    );
}
