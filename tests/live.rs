//! What comes live, what is read by queries, and what is watched without a screen: the built program against emulators, and
//! against a server of our own where they cannot play it.
#![cfg(feature = "aws")]

#[path = "support/fault.rs"]
mod fault;
#[path = "support/live_session.rs"]
mod live_session;
#[path = "support/program.rs"]
mod program;
#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fault::Reply;
use nepho::app::clock::Stopwatch;
use program::{Following, finish, nepho};
use serde_json::{Value, json};
use server::{Server, boto};

const SOON: Duration = Duration::from_secs(30);

#[expect(
    clippy::disallowed_methods,
    reason = "emulators refuse events that are not of today"
)]
fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap().as_millis() as i64
}

fn event(function: &str, ago: i64, message: &str) -> Value {
    json!({ "group": format!("/aws/lambda/{function}"), "stream": "2026/11/20/[$LATEST]aa",
            "timestamp": now_ms() - ago, "message": message })
}

fn tail(function: &str, url: &str, region: &str, more: &[&str]) -> Following {
    let follow = [
        "tail",
        function,
        "--json",
        "--region",
        region,
        "--endpoint-url",
        url,
    ];
    Following::start(nepho(&[&follow, more].concat()))
}

fn texts(lines: &[String]) -> Vec<String> {
    let text = |line: &String| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = line["message"].as_str().unwrap_or_else(|| panic!("{line}"));
        text.trim_end().to_owned()
    };
    lines.iter().map(text).collect()
}

#[test]
fn live_lines_come_at_once_and_polling_shows_none_of_them_twice() {
    let ministack = Server::ministack();
    let (url, region) = (ministack.url(), "ap-southeast-1");
    let put = |events: &[Value]| boto(&url, region, "put-logs", &json!({ "events": events }));
    put(&[event("lively", 9_000, "before")]);
    let tail = tail("lively", &url, region, &["--live-tail", "--max-cost", "5"]);
    assert_eq!(texts(&tail.lines(1, SOON)), ["before"]);
    // The session begins meanwhile: beside it the group is polled each ten seconds only.
    thread::sleep(Duration::from_secs(4));
    let mut slowest = Duration::ZERO;
    for round in 0..4 {
        // Two equal lines are two.
        put(&[
            event("lively", 0, &format!("one {round}")),
            event("lively", 0, "same"),
            event("lively", 0, "same"),
        ]);
        let begun = Stopwatch::start();
        let mut lines = texts(&tail.lines(3, SOON));
        slowest = slowest.max(begun.elapsed());
        lines.sort_unstable();
        assert_eq!(
            lines,
            [format!("one {round}"), "same".to_owned(), "same".to_owned()]
        );
    }
    assert!(
        slowest < Duration::from_millis(4_500),
        "a second of Live Tail, one on hold, and a slow machine: {slowest:?}"
    );
    let twice = tail.lines(1, Duration::from_secs(14));
    assert_eq!(twice, Vec::<String>::new(), "polled meanwhile");
    let (status, said) = tail.interrupt();
    assert_eq!(status, Some(0));
    assert!(said.contains("$0.01 a minute"), "{said}");
}

#[test]
fn what_live_tail_brings_again_is_shown_once() {
    // Each session of this emulator brings the whole group again and ends.
    let moto = Server::moto();
    let (url, region) = (moto.url(), "ap-northeast-2");
    let at = now_ms() - 8_000;
    let id = "8f6b4f2e-0000-4000-8000-000000000001";
    let line = |after: i64, text: &str| json!({ "group": "/aws/lambda/again", "stream": "s", "timestamp": at + after, "message": text });
    let events = [
        line(0, &format!("START RequestId: {id} Version: 7\n")),
        line(1, "same\n"),
        line(1, "same\n"),
        line(2, &format!("END RequestId: {id}\n")),
    ];
    boto(&url, region, "put-logs", &json!({ "events": events }));
    let tail = tail("again", &url, region, &["--live-tail", "--max-cost", "5"]);
    let mut shown = texts(&tail.lines(4, SOON));
    shown.extend(texts(&tail.lines(1, Duration::from_secs(6))));
    let texts = events
        .iter()
        .map(|event| event["message"].as_str().unwrap());
    let written: Vec<&str> = texts.map(str::trim_end).collect();
    assert_eq!(shown, written);
    boto(
        &url,
        region,
        "put-logs",
        &json!({ "events": [line(9_000, "new\n")] }),
    );
    let mut shown = self::texts(&tail.lines(1, SOON));
    shown.extend(self::texts(&tail.lines(1, Duration::from_secs(6))));
    assert_eq!(shown, ["new"]);
    let (status, said) = tail.interrupt();
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("the session ended"), "it was live: {said}");
}

/// What is asked of the one group of one function, but for Live Tail.
fn one_group() -> impl Fn(&str, &str) -> Reply {
    let polls = AtomicUsize::new(0);
    move |operation, _| match operation {
        "FilterLogEvents" => {
            let poll = polls.fetch_add(1, Ordering::Relaxed);
            let line = json!({ "logStreamName": "s", "timestamp": now_ms(), "ingestionTime": now_ms(),
                               "eventId": poll.to_string(), "message": format!("line {poll}") });
            Reply::Json(200, json!({ "events": [line] }).to_string())
        }
        "DescribeLogGroups" => {
            let arn = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/pay";
            let group = json!({ "logGroupName": "/aws/lambda/pay", "logGroupArn": arn });
            Reply::Json(200, json!({ "logGroups": [group] }).to_string())
        }
        _ => Reply::Json(
            404,
            json!({ "__type": "ResourceNotFoundException" }).to_string(),
        ),
    }
}

#[test]
fn whatever_becomes_of_live_tail_polling_goes_on_and_it_is_said() {
    let refusals = [
        (400, "AccessDeniedException", "denied: logs:StartLiveTail"),
        (400, "LimitExceededException", "no session is free"),
        (400, "InvalidParameterException", "polling meanwhile"),
        (500, "InternalFailure", "failed with 500"),
    ];
    for (status, code, words) in refusals {
        let body = json!({ "__type": code, "message": "played" }).to_string();
        let others = one_group();
        let url = fault::serve(move |operation, question| match operation {
            "StartLiveTail" => Reply::Json(status, body.clone()),
            _ => others(operation, question),
        });
        let tail = tail("pay", &url, "eu-west-1", &["--live-tail"]);
        assert_eq!(tail.lines(4, SOON).len(), 4, "{code}");
        let (status, said) = tail.interrupt();
        assert_eq!(status, Some(0), "{code}: {said}");
        assert!(said.contains(words), "{code}: {said}");
    }
}

/// AWS charges each session that begins.
#[test]
fn a_group_that_is_not_there_does_not_end_the_session_of_another() {
    let sessions = Arc::new(AtomicUsize::new(0));
    let begun = Arc::clone(&sessions);
    let url = live_session::serve(one_group(), move |_, session| {
        begun.fetch_add(1, Ordering::Relaxed);
        for _ in 0..30 {
            session.update(false, &[])?;
            thread::sleep(Duration::from_millis(500));
        }
        None
    });
    let groups = ["--log-group", "/aws/lambda/pay", "/aws/lambda/gone"];
    let live = ["--live-tail", "--max-cost", "5"];
    let tail = tail("pay", &url, "eu-west-1", &[&live[..], &groups].concat());
    thread::sleep(Duration::from_secs(10));
    let (status, said) = tail.interrupt();
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(sessions.load(Ordering::Relaxed), 1, "{said}");
}

#[test]
fn a_session_that_samples_or_breaks_off_loses_nothing_and_shows_nothing_twice() {
    // Lines that all are polled once they are two seconds old, and of which sessions bring some at once.
    let lines = Arc::new(Mutex::new(Vec::<(i64, String)>::new()));
    let (written, polled) = (Arc::clone(&lines), Arc::clone(&lines));
    let others = one_group();
    let answer = move |operation: &str, question: &str| {
        if operation != "FilterLogEvents" {
            return others(operation, question);
        }
        let question: Value = serde_json::from_str(question).unwrap();
        let (from, until) = (question["startTime"].as_i64().unwrap(), now_ms() - 2_000);
        let lines = polled.lock().unwrap();
        let there = lines
            .iter()
            .enumerate()
            .filter(|(_, (at, _))| (from..until).contains(at));
        let event = |(id, (at, text)): (usize, &(i64, String))| {
            json!({ "logStreamName": "s", "timestamp": at, "ingestionTime": at, "eventId": id.to_string(),
                    "message": format!("{text}\n") })
        };
        let events: Vec<Value> = there.map(event).collect();
        Reply::Json(200, json!({ "events": events }).to_string())
    };
    let url = live_session::serve(answer, move |number, session| {
        // Ten updates a session, then the connection ends: the first after less time than any session should take.
        for update in 0..if number == 0 { 3 } else { 10 } {
            let mut new = Vec::new();
            for line in 0..4 {
                new.push((now_ms(), format!("{number} {update} {}", line / 2)));
            }
            written.lock().unwrap().extend(new.iter().cloned());
            // AWS leaves the last of the four away in the second session.
            let sampled = number == 1;
            session.update(sampled, &new[..if sampled { 3 } else { 4 }])?;
            thread::sleep(Duration::from_millis(700));
        }
        // The later ones end as after three hours.
        if number > 0 { session.time_out() } else { None }
    });
    let tail = tail(
        "pay",
        &url,
        "eu-west-1",
        &["--live-tail", "--max-cost", "5"],
    );
    let begun = Stopwatch::start();
    let (mut shown, mut gaps) = (BTreeMap::<String, u32>::new(), Vec::new());
    while begun.elapsed() < Duration::from_secs(45) {
        for line in tail.lines(1, Duration::from_secs(1)) {
            let line: Value = serde_json::from_str(&line).unwrap();
            match line["message"].as_str() {
                Some(text) => *shown.entry(text.trim_end().to_owned()).or_default() += 1,
                None => gaps.push(line["gap"].clone()),
            }
        }
    }
    let (status, said) = tail.interrupt();
    assert_eq!(status, Some(0), "{said}");
    let lines = lines.lock().unwrap();
    let mut expected = BTreeMap::<String, u32>::new();
    let settled = lines.last().unwrap().0 - 15_000;
    for (at, text) in lines.iter() {
        if *at < settled {
            *expected.entry(text.clone()).or_default() += 1;
        } else {
            shown.remove(text);
        }
    }
    assert!(
        expected.keys().any(|text| text.starts_with("2 ")),
        "three sessions: {expected:?}"
    );
    assert_eq!(
        shown, expected,
        "every line as often as it was written: {said}"
    );
    let sampled: Vec<&Value> = gaps.iter().filter(|gap| gap["why"] == "sampled").collect();
    assert!(
        sampled.len() >= 2 && sampled.iter().any(|gap| gap["filled"].is_string()),
        "said when it began, and when polling had filled it in: {gaps:?}"
    );
}

#[test]
fn a_group_of_infrequent_access_is_read_by_queries() {
    let moto = Server::moto();
    let (url, region) = (moto.url(), "ca-central-1");
    let events: Vec<Value> = (0..30)
        .map(|at| event("rare", 90_000 - at * 1_000, &format!("line {at}")))
        .collect();
    let put = json!({ "events": events, "class": "INFREQUENT_ACCESS" });
    boto(&url, region, "put-logs", &put);
    let mut report = nepho(&[
        "report",
        "--format",
        "json",
        "--since",
        "10m",
        "--region",
        region,
        "--endpoint-url",
        &url,
        "--log-group",
        "/aws/lambda/ra*",
    ]);
    report.env("NO_COLOR", "1");
    let (status, out, said) = finish(report);
    assert_eq!(status, Some(0), "{said}");
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["inputs"]["log_events"], 30, "{said}");
}

#[test]
fn a_group_whose_class_is_refused_is_queried_and_its_price_counted() {
    let url = fault::serve(|operation, body| {
        let body: Value = serde_json::from_str(body).unwrap_or_default();
        match operation {
            "FilterLogEvents" => {
                let message = "FilterLogEvents is not supported for log groups of log class INFREQUENT_ACCESS";
                let refusal = json!({ "__type": "InvalidOperationException", "message": message });
                Reply::Json(400, refusal.to_string())
            }
            "StartQuery" => {
                assert_eq!(body["logGroupName"], "/aws/lambda/pay");
                assert!(
                    body["startTime"].as_i64().unwrap() < 100_000_000_000,
                    "seconds"
                );
                Reply::Json(200, json!({ "queryId": "q" }).to_string())
            }
            "GetQueryResults" => {
                let field = |name: &str, value: &str| json!({ "field": name, "value": value });
                let row = json!([
                    field("@timestamp", "2026-11-20 10:00:00.123"),
                    field("@logStream", "s"),
                    field("@message", "rare\n"),
                    field("@ptr", "p")
                ]);
                let scanned =
                    json!({ "bytesScanned": 2e9, "recordsMatched": 1.0, "recordsScanned": 9.0 });
                let answer =
                    json!({ "status": "Complete", "results": [row], "statistics": scanned });
                Reply::Json(200, answer.to_string())
            }
            _ => Reply::Json(
                404,
                json!({ "__type": "ResourceNotFoundException" }).to_string(),
            ),
        }
    });
    let tail = tail(
        "pay",
        &url,
        "eu-west-1",
        &["--since", "2026-11-20T09:00:00Z"],
    );
    let lines = tail.lines(1, SOON);
    let line: Value = serde_json::from_str(&lines[0]).unwrap();
    assert_eq!(
        (&line["message"], &line["event_id"]),
        (&json!("rare\n"), &Value::Null)
    );
    assert_eq!(line["timestamp"], "2026-11-20T10:00:00.123Z");
    assert_eq!(tail.interrupt().0, Some(0));
}

/// Lines of `runs` runs that timed out, over the last minutes.
fn timeouts(function: &str, runs: i64) -> Vec<Value> {
    let run = |at: i64| {
        let id = format!("00000000-0000-4000-8000-{at:012}");
        let ago = 170_000 - at * 2_000;
        [
            event(
                function,
                ago,
                &format!("START RequestId: {id} Version: 7\n"),
            ),
            event(function, ago - 1_000, &format!("END RequestId: {id}\n")),
            event(
                function,
                ago - 1_000,
                &format!(
                    "REPORT RequestId: {id}\tDuration: 1000.00 ms\tBilled Duration: 1000 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tStatus: timeout\n"
                ),
            ),
        ]
    };
    (0..runs).flat_map(run).collect()
}

/// A watch without a screen, and its first three reports: each says how far everything was read.
fn three_reports(url: &str, region: &str, more: &[&str]) -> (Following, Vec<String>) {
    let watch = ["report", "--every", "5s", "--format", "json"];
    let place = ["--region", region, "--endpoint-url", url];
    let watch = Following::start(nepho(&[&watch, more, &place].concat()));
    let reports = watch.lines(3, Duration::from_secs(60));
    assert_eq!(reports.len(), 3);
    for report in &reports {
        let report: Value = serde_json::from_str(report).unwrap();
        assert!(report["completeness"]["complete_until"].is_string());
    }
    (watch, reports)
}

#[test]
fn a_watch_without_a_screen_reports_and_tells_each_finding_once() {
    let moto = Server::moto();
    let (url, region) = (moto.url(), "sa-east-1");
    boto(
        &url,
        region,
        "put-logs",
        &json!({ "events": timeouts("stuck", 80) }),
    );
    let folder = tempfile::tempdir().unwrap();
    let told = folder.path().join("told.ndjson");
    let command = format!("tee -a '{}'", told.display());
    let (watch, reports) = three_reports(&url, region, &["--on-finding", &command]);
    for report in &reports {
        let report: Value = serde_json::from_str(report).unwrap();
        assert_eq!(report["schema"], "nepho.report/1");
        assert_eq!(report["totals"]["timeouts"], 80);
    }
    let raised = |report: &str| -> Vec<Value> {
        let report: Value = serde_json::from_str(report).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let raised = findings
            .filter(|finding| ["P1", "P2"].contains(&finding["severity"].as_str().unwrap()));
        raised.cloned().collect()
    };
    let expected = raised(&reports[0]);
    assert!(!expected.is_empty(), "{}", reports[0]);
    let (status, said) = watch.interrupt();
    assert_eq!(status, Some(1), "a P1 or P2 was raised: {said}");
    let told = fs::read_to_string(told).unwrap();
    let told: Vec<Value> = told
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(told, expected, "once, though three reports have it");
}

#[test]
fn a_watch_goes_on_without_what_is_denied_names_it_once_and_ends_by_sigterm() {
    let url = fault::serve(|operation, _| match operation {
        "FilterLogEvents" => Reply::Json(200, json!({ "events": [] }).to_string()),
        "DescribeLogGroups" => {
            let group = |name: &str| json!({ "logGroupName": format!("/aws/lambda/{name}") });
            let groups = ["pay", "ship"].map(group);
            Reply::Json(200, json!({ "logGroups": groups }).to_string())
        }
        _ => {
            let denied = json!({ "__type": "AccessDeniedException", "message": "no" });
            Reply::Json(403, denied.to_string())
        }
    });
    let (watch, _) = three_reports(&url, "eu-west-1", &[]);
    let (status, said) = watch.stop("-TERM");
    assert_eq!(status, Some(0), "nothing was raised: {said}");
    for action in [
        "lambda:ListFunctions",
        "lambda:GetAccountSettings",
        "xray:GetTraceSummaries",
        "cloudwatch:GetMetricData",
    ] {
        let words = format!("denied: {action}");
        assert_eq!(said.matches(&words).count(), 1, "{action}: {said}");
    }
}

/// A trace whose one call ends in its second revision: it was listed before, with its segment open. Asked for that, AWS first leaves
/// it unprocessed.
#[test]
fn a_trace_that_grew_is_read_again_and_takes_the_place_of_what_was_known() {
    let at = now_ms() - 30_000;
    let trace = format!("1-{:08x}-0123456789abcdef01234567", at / 1_000);
    let (run, called) = (
        "8f6b4f2e-0000-4000-8000-000000000001",
        "8f6b4f2e-0000-4000-8000-000000000002",
    );
    let seconds = at as f64 / 1e3;
    let lists = AtomicUsize::new(0);
    let fetches = Arc::new(AtomicUsize::new(0));
    let fetched = Arc::clone(&fetches);
    let url = fault::serve(move |operation, question| match operation {
        "DescribeLogGroups" => {
            let group = |name: &str| json!({ "logGroupName": format!("/aws/lambda/{name}") });
            let groups = ["front", "back"].map(group);
            Reply::Json(200, json!({ "logGroups": groups }).to_string())
        }
        "FilterLogEvents" => {
            let (id, after, segment) = if question.contains("lambda/front") {
                (run, 0, "1111111111111111")
            } else {
                (called, 200, "4444444444444444")
            };
            let line = |number: i64, after: i64, text: String| {
                json!({ "logStreamName": format!("2026/01/01/[$LATEST]{segment}{segment}"), "timestamp": at + after,
                        "ingestionTime": at + after, "eventId": format!("{segment}{number}"), "message": text })
            };
            let report = format!(
                "REPORT RequestId: {id}\tDuration: 100.00 ms\tBilled Duration: 100 ms\tMemory Size: 128 MB\t\
                 Max Memory Used: 64 MB\t\nXRAY TraceId: {trace}\tSegmentId: {segment}\tSampled: true\t"
            );
            let lines = [
                line(1, after, format!("START RequestId: {id} Version: $LATEST")),
                line(2, after + 100, report),
            ];
            Reply::Json(200, json!({ "events": lines }).to_string())
        }
        "/TraceSummaries" => {
            let grown = lists.fetch_add(1, Ordering::SeqCst) > 0;
            let summary =
                json!({ "Id": trace, "Revision": if grown { 2 } else { 1 }, "IsPartial": !grown });
            Reply::Json(200, json!({ "TraceSummaries": [summary] }).to_string())
        }
        "/Traces" => {
            let call = fetched.fetch_add(1, Ordering::SeqCst);
            if call == 1 {
                let left = json!({ "Traces": [], "UnprocessedTraceIds": [trace] });
                return Reply::Json(200, left.to_string());
            }
            let grown = call > 1;
            let mut front = json!({ "trace_id": trace, "id": "1111111111111111", "name": "front",
                "origin": "AWS::Lambda::Function", "start_time": seconds, "in_progress": true });
            let mut documents = vec![];
            if grown {
                front = json!({ "trace_id": trace, "id": "1111111111111111", "name": "front",
                    "origin": "AWS::Lambda::Function", "start_time": seconds, "end_time": seconds + 0.4,
                    "subsegments": [{ "id": "2222222222222222", "name": "Lambda", "namespace": "aws", "start_time": seconds + 0.1,
                        "end_time": seconds + 0.3, "aws": { "operation": "Invoke", "function_name": "back" } }] });
                documents.push(json!({ "trace_id": trace, "id": "3333333333333333", "parent_id": "2222222222222222", "name": "back",
                    "origin": "AWS::Lambda", "start_time": seconds + 0.2, "end_time": seconds + 0.3, "aws": { "request_id": called } }));
                documents.push(json!({ "trace_id": trace, "id": "4444444444444444", "parent_id": "3333333333333333", "name": "back",
                    "origin": "AWS::Lambda::Function", "start_time": seconds + 0.2, "end_time": seconds + 0.3 }));
            }
            documents.push(front);
            let segment =
                |document: Value| json!({ "Id": document["id"], "Document": document.to_string() });
            let segments: Vec<Value> = documents.into_iter().map(segment).collect();
            Reply::Json(200, json!({ "Traces": [{ "Id": trace, "Segments": segments }], "UnprocessedTraceIds": [] }).to_string())
        }
        _ => Reply::Json(
            404,
            json!({ "__type": "ResourceNotFoundException" }).to_string(),
        ),
    });
    let watch = Following::start(nepho(&[
        "report",
        "--every",
        "5s",
        "--format",
        "json",
        "--full",
        "--region",
        "eu-west-1",
        "--endpoint-url",
        &url,
    ]));
    let mut links = Vec::new();
    for _ in 0..12 {
        let lines = watch.lines(1, SOON);
        let report: Value = serde_json::from_str(&lines[0]).unwrap();
        let front = report["functions"].as_array().unwrap().iter();
        let shares: Vec<_> = front.map(|one| one["sampled_share"].clone()).collect();
        assert_eq!(
            shares,
            [json!(1.0), json!(1.0)],
            "known from the logs alone"
        );
        links = report["links"].as_array().unwrap().clone();
        if !links.is_empty() {
            break;
        }
    }
    let joined: Vec<_> = links
        .iter()
        .map(|link| (&link["parent"], &link["child"]))
        .collect();
    assert_eq!(joined, [(&json!(run), &json!(called))]);
    let calls = fetches.load(Ordering::SeqCst);
    assert_eq!(calls, 3, "as it was, left out, as it grew");
    assert_eq!(watch.interrupt().0, Some(0));
}

/// Log groups are listed each minute: what is there from the twentieth second on stands in a report within a minute more.
#[test]
fn a_function_that_is_made_while_it_is_watched_is_followed_too() {
    let at = now_ms() - 10_000;
    let made = now_ms() + 20_000;
    let url = fault::serve(move |operation, question| match operation {
        "DescribeLogGroups" => {
            let names: &[&str] = if now_ms() < made {
                &["front"]
            } else {
                &["front", "later"]
            };
            let group = |name: &&str| json!({ "logGroupName": format!("/aws/lambda/{name}") });
            let groups: Vec<Value> = names.iter().map(group).collect();
            Reply::Json(200, json!({ "logGroups": groups }).to_string())
        }
        "FilterLogEvents" => {
            let number = if question.contains("lambda/front") {
                1
            } else {
                2
            };
            let id = format!("8f6b4f2e-0000-4000-8000-00000000000{number}");
            let line = json!({ "logStreamName": format!("2026/01/01/[$LATEST]{number}"), "timestamp": at, "ingestionTime": at,
                "eventId": number.to_string(), "message": format!("START RequestId: {id} Version: $LATEST") });
            Reply::Json(200, json!({ "events": [line] }).to_string())
        }
        _ => Reply::Json(
            404,
            json!({ "__type": "ResourceNotFoundException" }).to_string(),
        ),
    });
    let (watch, reports) = three_reports(&url, "eu-west-1", &["--full"]);
    let runs = |report: &str| -> Vec<(String, u64)> {
        let report: Value = serde_json::from_str(report).unwrap();
        let functions = report["functions"].as_array().unwrap().iter();
        let row = |one: &Value| {
            let name = one["function"].as_str().unwrap().to_owned();
            (name, one["invocations"].as_u64().unwrap())
        };
        functions.map(row).collect()
    };
    assert_eq!(runs(&reports[0]), [("front".to_owned(), 1)]);
    let both = [("front".to_owned(), 1), ("later".to_owned(), 1)];
    let found = (0..15).any(|_| runs(&watch.lines(1, SOON)[0]) == both);
    assert!(found, "the next listing names it");
    assert_eq!(watch.interrupt().0, Some(0));
}

#[test]
fn a_watch_of_nothing_says_why_and_fails() {
    let port = server::free_port();
    let url = format!("http://127.0.0.1:{port}");
    let watch = nepho(&[
        "report",
        "--every",
        "5s",
        "--region",
        "eu-west-1",
        "--endpoint-url",
        &url,
    ]);
    let (status, _, said) = finish(watch);
    assert_eq!(status, Some(2), "{said}");
    assert!(said.contains("no answer from"), "{said}");
    let (status, _, said) = finish(nepho(&["report", "--every", "1s"]));
    assert_eq!(
        (status, said.contains("too often")),
        (Some(2), true),
        "{said}"
    );
}

/// Each listing takes two pages, and the token of the second is refused once: it had expired. What it led through is read anew, where the
/// source would else end, and what is listed twice counts once.
#[test]
fn a_page_whose_token_is_refused_is_read_anew() {
    let refused = Arc::new(Mutex::new(Vec::<String>::new()));
    let tokens = Arc::clone(&refused);
    let began = now_ms() - 60_000;
    let id = format!("1-{:08x}-000000000000000000000001", began / 1_000);
    let url = fault::serve(move |operation, body| {
        let path = operation.split('?').next().unwrap_or_default();
        let asked = |token: &str| body.contains(token) || operation.contains(token);
        let listings = [
            "functions-2",
            "groups-2",
            "summaries-2",
            "traces-2",
            "mappings-2",
            "slots-2",
        ];
        let further = listings.into_iter().find(|token| asked(token));
        if let Some(token) = further {
            let mut tokens = tokens.lock().unwrap();
            if !tokens.iter().any(|known| known == token) {
                tokens.push(token.to_owned());
                let refusal = json!({ "__type": "InvalidParameterException", "message": "the token has expired" });
                return Reply::Json(400, refusal.to_string());
            }
        }
        let next = |token: &'static str| further.is_none().then_some(token);
        let name = if further.is_none() { "pay" } else { "ship" };
        let answer = match path {
            "/GetTraceSegmentDestination" => json!({ "Destination": "XRay", "Status": "ACTIVE" }),
            "/TraceSummaries" => {
                json!({ "TraceSummaries": [{ "Id": id, "Revision": 1 }], "NextToken": next("summaries-2") })
            }
            "/Traces" => {
                let segment = json!({ "trace_id": id, "id": "0000000000000001", "name": "pay",
                    "origin": "AWS::Lambda::Function", "start_time": began as f64 / 1e3, "end_time": began as f64 / 1e3 + 0.1 });
                let segments = json!([{ "Id": "s", "Document": segment.to_string() }]);
                json!({ "Traces": [{ "Id": id, "Segments": segments }], "UnprocessedTraceIds": [], "NextToken": next("traces-2") })
            }
            path if path.ends_with("/provisioned-concurrency") => {
                json!({ "ProvisionedConcurrencyConfigs": [], "NextMarker": next("slots-2") })
            }
            path if path
                .trim_end_matches('/')
                .ends_with("/event-source-mappings") =>
            {
                json!({ "EventSourceMappings": [], "NextMarker": next("mappings-2") })
            }
            path if path.trim_end_matches('/').ends_with("/functions") => {
                json!({ "Functions": [{ "FunctionName": name, "MemorySize": 512 }], "NextMarker": next("functions-2") })
            }
            "DescribeLogGroups" => {
                let name = format!("API-Gateway-Access-Logs_{name}");
                json!({ "logGroups": [{ "logGroupName": name }], "nextToken": next("groups-2") })
            }
            "FilterLogEvents" => {
                let asked: Value = serde_json::from_str(body).unwrap();
                json!({ "events": [{ "eventId": asked["logGroupName"], "logStreamName": "s", "timestamp": began,
                    "ingestionTime": began, "message": "a line" }] })
            }
            _ => json!({}),
        };
        Reply::Json(200, answer.to_string())
    });
    let report = ["report", "--format", "json", "--region", "eu-west-1"];
    let (_, out, said) = finish(nepho(&[&report[..], &["--endpoint-url", &url]].concat()));
    let mut refused = refused.lock().unwrap().clone();
    refused.sort_unstable();
    assert_eq!(refused.len(), 6, "all of them: {refused:?}\n{said}");
    assert!(!said.contains("the token has expired"), "{said}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let inputs = &report["inputs"];
    // Two functions and two gateways, one line each.
    assert_eq!(inputs["log_events"], 4, "{inputs}");
    assert_eq!(inputs["trace_segments"], 1, "{inputs}");
}
