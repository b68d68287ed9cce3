//! nepho against AWS as emulators, and a server that answers wrongly, play it: the built program, the real SDK.
#![cfg(feature = "aws")]

#[path = "support/fault.rs"]
mod fault;
#[path = "support/program.rs"]
mod program;
#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fault::Reply;
use program::{Following, finish, nepho};
use serde_json::{Value, json};
use server::{Server, boto};

const SOON: Duration = Duration::from_secs(20);

#[expect(
    clippy::disallowed_methods,
    reason = "emulators refuse events that are not of today"
)]
fn now_ms() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis() as i64
}

/// The report of what ministack plays. It has no X-Ray, and is deaf for a while when asked for it: that goes to moto.
fn report_of(ministack: &str, moto: &Server, region: &str) -> std::process::Command {
    let mut command = nepho(&[
        "report",
        "--exit-zero",
        "--format",
        "json",
        "--region",
        region,
    ]);
    command
        .env("AWS_ENDPOINT_URL", ministack)
        .env("AWS_ENDPOINT_URL_XRAY", moto.url());
    command
}

/// While a function starts, the emulator answers nobody else.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn parse(lines: &[String]) -> Vec<Value> {
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn texts(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["message"].as_str().unwrap().trim_end())
        .collect()
}

fn event(stream: &str, timestamp: i64, message: &str) -> Value {
    json!({ "group": "/aws/lambda/pay", "stream": format!("2026/11/20/[$LATEST]{stream}"),
            "timestamp": timestamp, "message": message })
}

// --- what works -------------------------------------------------------------------------------------------------------

#[test]
fn tail_shows_each_event_once_in_order_and_late_ones_marked() {
    let moto = Server::moto();
    let (url, region) = (moto.url(), "eu-north-1");
    let start = now_ms() - 30_000;
    // Two environments whose lines alternate; equal texts are events of their own.
    let mut events: Vec<Value> = (0..40)
        .map(|at| {
            event(
                if at % 2 == 0 { "aa" } else { "bb" },
                start + at * 100,
                &format!("line {at}"),
            )
        })
        .collect();
    events.push(event("aa", start + 4_000, "line 39"));
    boto(&url, region, "put-logs", &json!({ "events": events }));
    let tail = Following::start(nepho(&[
        "tail",
        "pay",
        "--json",
        "--endpoint-url",
        &url,
        "--region",
        region,
    ]));
    let first = parse(&tail.lines(41, SOON));
    let mut expected: Vec<String> = (0..40).map(|at| format!("line {at}")).collect();
    expected.push("line 39".to_owned());
    assert_eq!(texts(&first), expected);
    assert!(
        first
            .iter()
            .all(|line| line["late"] == false && line["function"] == "pay")
    );

    // Ten seconds older than what was shown: late, but not lost. Polls read all of it again meanwhile.
    let later = [
        event("bb", start + 3_950, "slow"),
        event("aa", start + 8_000, "fresh"),
    ];
    boto(&url, region, "put-logs", &json!({ "events": later }));
    let second = parse(&tail.lines(2, SOON));
    assert_eq!(texts(&second), ["slow", "fresh"]);
    assert_eq!(
        (&second[0]["late"], &second[1]["late"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(
        tail.lines(1, Duration::from_secs(5)),
        Vec::<String>::new(),
        "nothing twice"
    );
    assert_eq!(tail.interrupt(), (Some(0), String::new()));
}

#[test]
fn tail_ends_without_a_word_when_nobody_reads_any_more() {
    let moto = Server::moto();
    let (url, region) = (moto.url(), "eu-west-3");
    let events: Vec<Value> = (0..500)
        .map(|at| event("aa", now_ms() - 9_000 + at, "line"))
        .collect();
    boto(&url, region, "put-logs", &json!({ "events": events }));
    let mut command = nepho(&["tail", "pay", "--endpoint-url", &url, "--region", region]);
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let status = child.wait_with_output().unwrap();
    assert_eq!((status.status.code(), status.stderr), (Some(0), Vec::new()));
}

#[test]
fn the_report_of_an_account_rests_on_its_logs_and_traces() {
    let moto = Server::moto();
    let (url, region) = (moto.url(), "ap-south-1");
    let start = now_ms() - 60_000;
    let id = "d46f2f88-b8fa-4993-b8be-c756d697f8b1";
    let events = [
        event(
            "aa",
            start,
            &format!("START RequestId: {id} Version: $LATEST\n"),
        ),
        event("aa", start + 90, &format!("END RequestId: {id}\n")),
        event(
            "aa",
            start + 91,
            &format!(
                "REPORT RequestId: {id}\tDuration: 89.50 ms\tBilled Duration: 90 ms\tMemory Size: 128 MB\tMax Memory Used: 50 MB\t\n"
            ),
        ),
    ];
    boto(&url, region, "put-logs", &json!({ "events": events }));
    let second = start / 1_000;
    // Seven traces: more than one call of BatchGetTraces takes.
    let documents: Vec<String> = (0..7)
        .map(|at| {
            json!({ "trace_id": format!("1-{second:08x}-{at:024x}"), "id": format!("{at:016x}"), "name": "pay",
                    "start_time": start as f64 / 1e3, "end_time": start as f64 / 1e3 + 0.1 })
            .to_string()
        })
        .collect();
    boto(
        &url,
        region,
        "put-traces",
        &json!({ "documents": documents }),
    );
    let report = [
        "report",
        "--format",
        "json",
        "--endpoint-url",
        &url,
        "--region",
        region,
    ];
    let (status, out, _) = finish(nepho(&report));
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status, Some(0));
    assert_eq!(report["inputs"]["log_events"], 3);
    assert_eq!(report["inputs"]["trace_segments"], 7);
    assert_eq!(report["totals"]["invocations"], 1);
    assert_eq!(report["completeness"]["gaps"], json!([]));
}

#[test]
fn real_invocations_are_followed_with_their_start_end_and_cost() {
    let _alone = alone();
    let ministack = Server::ministack();
    let (url, region) = (ministack.url(), "us-east-1");
    let source =
        "def handler(event, context):\n    print('paying', event['order'])\n    return 1\n";
    let create = json!({ "name": "pay", "source": source, "memory": 256 });
    boto(&url, region, "create-function", &create);
    boto(
        &url,
        region,
        "reserve",
        &json!({ "name": "pay", "concurrency": 7 }),
    );
    for order in 1..=2 {
        boto(
            &url,
            region,
            "invoke",
            &json!({ "name": "pay", "payload": { "order": order } }),
        );
    }
    let follow = [
        "tail",
        "pay",
        "--json",
        "--endpoint-url",
        &url,
        "--region",
        region,
    ];
    let tail = Following::start(nepho(&follow));
    let mut lines = Vec::new();
    let of_kind =
        |lines: &[Value], kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
    while of_kind(&lines, "report") < 2 {
        let next = parse(&tail.lines(1, SOON));
        assert!(!next.is_empty(), "two REPORT lines: {lines:#?}");
        lines.extend(next);
    }
    assert_eq!((of_kind(&lines, "start"), of_kind(&lines, "end")), (2, 2));
    let requests: BTreeSet<_> = lines
        .iter()
        .filter_map(|line| line["request_id"].as_str())
        .collect();
    assert_eq!(requests.len(), 2, "{lines:#?}");
    let printed: Vec<_> = lines
        .iter()
        .filter(|line| texts(std::slice::from_ref(line))[0].starts_with("paying"))
        .collect();
    assert_eq!(printed.len(), 2);
    assert!(printed.iter().all(|line| line["request_id"].is_string()));
    assert_eq!(tail.interrupt().0, Some(0));

    // The same in the report, with what Lambda and CloudWatch say of the function.
    let (_, out, said) = finish(report_of(&url, &Server::moto(), region));
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {said}"));
    assert_eq!(report["totals"]["invocations"], 2);
    assert_eq!(report["functions"][0]["memory_mb"], 256);
}

#[test]
fn metrics_of_a_function_are_read_minute_by_minute() {
    let _alone = alone();
    let ministack = Server::ministack();
    let (url, region) = (ministack.url(), "eu-west-2");
    let source = "def handler(event, context):\n    return 1\n";
    boto(
        &url,
        region,
        "create-function",
        &json!({ "name": "orders", "source": source }),
    );
    let minute = now_ms() / 60_000 * 60;
    // Two whole minutes ago and three.
    let points: Vec<Value> = [(2, 5), (3, 1)]
        .map(|(ago, throttled)| {
            json!({ "name": "Throttles", "function": "orders", "timestamp": minute - ago * 60, "values": vec![1.0; throttled] })
        })
        .into();
    boto(&url, region, "put-metrics", &json!({ "points": points }));
    boto(
        &url,
        region,
        "invoke",
        &json!({ "name": "orders", "payload": {} }),
    );
    let (_, out, said) = finish(report_of(&url, &Server::moto(), region));
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {said}"));
    let throttles = report["throttles"].as_array().unwrap();
    let counts: Vec<_> = throttles
        .iter()
        .map(|row| (row["count"].as_u64(), row["lower_bound"].as_bool()))
        .collect();
    assert_eq!(
        counts,
        [(Some(1), Some(false)), (Some(5), Some(false))],
        "{report:#}"
    );
}

/// CloudWatch counts 40 runs of `locked`, of which 30 failed, and 8 of `empty`. Nobody may read the log of the one, and nothing is in the
/// other's.
#[test]
fn what_runs_without_a_log_is_told_by_its_metrics() {
    let _alone = alone();
    let ministack = Server::ministack();
    let (url, region) = (ministack.url(), "eu-north-1");
    let source = "def handler(event, context):\n    return 1\n";
    let minute = now_ms() / 60_000 * 60;
    let mut points = Vec::new();
    for (name, runs, errors) in [("locked", 20, 15), ("empty", 4, 0)] {
        let create = json!({ "name": name, "source": source });
        boto(&url, region, "create-function", &create);
        for ago in [2, 3] {
            let metrics = [("Invocations", runs), ("Errors", errors)];
            points.extend(metrics.map(|(metric, count)| {
                json!({ "name": metric, "function": name, "timestamp": minute - ago * 60, "values": vec![1.0; count] })
            }));
        }
    }
    points.retain(|point| !point["values"].as_array().unwrap().is_empty());
    boto(&url, region, "put-metrics", &json!({ "points": points }));
    let logs = fault::serve(|operation, body| match operation {
        "FilterLogEvents" if body.contains("/aws/lambda/locked") => {
            refusal("AccessDeniedException", "no")
        }
        "FilterLogEvents" => Reply::Json(200, json!({ "events": [] }).to_string()),
        "DescribeLogGroups" => {
            let groups = ["locked", "empty"]
                .map(|name| json!({ "logGroupName": format!("/aws/lambda/{name}") }));
            Reply::Json(200, json!({ "logGroups": groups }).to_string())
        }
        other => panic!("{other} is not asked of logs"),
    });
    let mut command = report_of(&url, &Server::moto(), region);
    command.env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", logs);
    let (_, out, said) = finish(command);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {said}"));
    assert_eq!(report["functions"], json!([]), "those are the logs'");
    let findings = report["findings"].as_array().unwrap();
    let claims: Vec<(&str, &str)> = findings
        .iter()
        .map(|one| {
            (
                one["severity"].as_str().unwrap(),
                one["claim"].as_str().unwrap(),
            )
        })
        .collect();
    // Wilson's interval of 30 of 40 is [60, 86] %.
    assert_eq!(
        claims,
        [
            (
                "P1",
                "30 of 40 runs of locked failed, 75 % [60–86]: CloudWatch counts them, no log says why"
            ),
            (
                "P3",
                "cannot see locked: logs:FilterLogEvents denied on /aws/lambda/locked"
            ),
            ("P3", "no log tells of empty: CloudWatch counts 8 runs"),
        ],
        "{report:#} {said}"
    );
}

#[test]
fn a_request_is_shown_wherever_in_time_it_lies() {
    let moto = Server::moto();
    let (url, region) = (moto.url(), "sa-east-1");
    // Five hours ago: not in the first hour that is looked at.
    let start = now_ms() - 5 * 3_600_000;
    let id = "cea42185-a492-47f6-a9f2-4d7d690c43d6";
    let events = [
        event(
            "aa",
            start,
            &format!("START RequestId: {id} Version: $LATEST\n"),
        ),
        event("aa", start + 5, "a line without the id\n"),
        event(
            "aa",
            start + 91,
            &format!(
                "REPORT RequestId: {id}\tDuration: 89.50 ms\tBilled Duration: 90 ms\tMemory Size: 128 MB\tMax Memory Used: 50 MB\t\n"
            ),
        ),
    ];
    boto(&url, region, "put-logs", &json!({ "events": events }));
    let show = |id: &str| {
        finish(nepho(&[
            "show",
            id,
            "--endpoint-url",
            &url,
            "--region",
            region,
        ]))
    };
    let (status, out, _) = show(id);
    assert_eq!(status, Some(0), "{out}");
    assert!(
        out.contains("a line without the id"),
        "its whole invocation: {out}"
    );
    let (status, _, said) = show("no-such-id");
    assert_eq!(status, Some(2));
    assert!(
        said.contains("no-such-id: in no log group of the last 90 days"),
        "{said}"
    );
}

// --- what goes wrong --------------------------------------------------------------------------------------------------

/// What a server answers to all calls but FilterLogEvents: there is no such function, so its log group is read.
fn no_function() -> Reply {
    Reply::Json(
        404,
        r#"{"__type":"ResourceNotFoundException","message":"Function not found"}"#.to_owned(),
    )
}

fn refusal(code: &str, message: &str) -> Reply {
    Reply::Json(
        400,
        json!({ "__type": code, "message": message }).to_string(),
    )
}

fn page(ids: std::ops::Range<i64>, token: Option<&str>) -> String {
    static BEGUN: OnceLock<i64> = OnceLock::new();
    let begun = *BEGUN.get_or_init(now_ms);
    let events: Vec<Value> = ids
        .map(|id| {
            json!({ "eventId": id.to_string(), "logStreamName": "2026/11/20/[$LATEST]aa", "timestamp": begun - 5_000 + id,
                    "ingestionTime": begun, "message": format!("line {id}") })
        })
        .collect();
    let mut page = json!({ "events": events, "searchedLogStreams": [] });
    if let Some(token) = token {
        page["nextToken"] = token.into();
    }
    page.to_string()
}

/// Follows against a server that answers the nth FilterLogEvents as told.
fn follow(answer: impl Fn(usize, &str) -> Reply + Send + Sync + 'static) -> std::process::Command {
    let calls = AtomicUsize::new(0);
    let url = fault::serve(move |operation, body| match operation {
        "FilterLogEvents" => answer(calls.fetch_add(1, Ordering::SeqCst), body),
        _ => no_function(),
    });
    nepho(&[
        "tail",
        "pay",
        "--json",
        "--region",
        "eu-west-1",
        "--endpoint-url",
        &url,
    ])
}

fn fails(command: std::process::Command, words: &[&str]) {
    let (status, _, said) = finish(command);
    assert_eq!(status, Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "one clear line: {said}");
    for word in words {
        assert!(said.contains(word), "{word} in {said}");
    }
    assert!(
        !said.contains("Error {") && !said.contains("SdkError"),
        "{said}"
    );
}

#[test]
fn a_denied_action_is_named_with_its_resource_and_whom_it_is_denied() {
    let text = "User: arn:aws:sts::123456789012:assumed-role/oncall/me is not authorized to perform: logs:FilterLogEvents on resource: arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/pay because no identity-based policy allows it";
    let command = follow(move |_, _| refusal("AccessDeniedException", text));
    fails(
        command,
        &[
            "denied: logs:FilterLogEvents on /aws/lambda/pay for role oncall",
            "add that action",
        ],
    );
}

#[test]
fn an_expired_token_says_what_to_renew() {
    let command = follow(|_, _| {
        refusal(
            "ExpiredTokenException",
            "The security token included in the request is expired",
        )
    });
    fails(
        command,
        &["login expired", "environment", "export new ones"],
    );
}

#[test]
fn an_endpoint_that_refuses_is_named() {
    let url = format!("http://127.0.0.1:{}", server::free_port());
    let command = nepho(&[
        "tail",
        "pay",
        "--region",
        "eu-west-1",
        "--endpoint-url",
        &url,
    ]);
    fails(
        command,
        &[
            &format!("no answer from {url} (refused)"),
            "check --endpoint-url",
        ],
    );
}

#[test]
fn an_endpoint_that_hangs_is_named_within_bounded_time() {
    let url = fault::serve(|_, _| Reply::Hang);
    let command = nepho(&[
        "tail",
        "pay",
        "--region",
        "eu-west-1",
        "--endpoint-url",
        &url,
    ]);
    fails(
        command,
        &[
            &format!("no answer from {url} after 10 s (timed out)"),
            "check --endpoint-url",
        ],
    );
}

#[test]
fn without_credentials_it_says_where_it_looked() {
    let mut command = nepho(&["tail", "pay", "--region", "eu-west-1"]);
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    fails(
        command,
        &[
            "no AWS credentials",
            "environment",
            "profile \"default\"",
            "nepho demo",
        ],
    );
    let command = nepho(&["report", "--region", "eu-west-1", "--profile", "nobody"]);
    fails(command, &["no AWS credentials in profile nobody"]);
}

#[test]
fn an_unknown_region_is_told_from_a_network_that_is_away() {
    let command = nepho(&["tail", "pay", "--region", "eu-wset-1"]);
    fails(
        command,
        &["region eu-wset-1 is not known", "did you mean eu-west-1?"],
    );
}

/// Nothing was read where neither the function nor its log group is there: no line says up to when it was complete.
#[test]
fn of_a_function_that_is_not_there_nothing_is_said_to_be_complete() {
    let absent = json!({ "__type": "ResourceNotFoundException" }).to_string();
    let url = fault::serve(move |_, _| Reply::Json(404, absent.clone()));
    let arguments = ["tail", "nosuch", "--endpoint-url", &url];
    let mut command = nepho(&arguments);
    command.env("AWS_REGION", "eu-west-1");
    let (status, out, said) = finish(command);
    assert_eq!((status, &*out), (Some(2), ""), "{said}");
    assert!(
        said.contains("no Lambda function nosuch in eu-west-1"),
        "{said}"
    );
}

#[test]
fn a_glob_is_no_function_to_follow() {
    let command = nepho(&["tail", "orders-*", "--region", "eu-west-1"]);
    fails(
        command,
        &["orders-*: tail follows one function", "nepho watch"],
    );
}

#[test]
fn after_throttling_an_empty_page_and_half_a_body_no_line_is_lost_and_none_is_shown_twice() {
    let command = follow(|call, body| match call {
        0 => refusal("ThrottlingException", "Rate exceeded"),
        1 => Reply::Json(200, page(0..2, Some("one"))),
        // Nothing in this page, but another follows.
        2 => Reply::Json(200, page(0..0, Some("two"))),
        3 => Reply::Half(page(2..4, None)),
        4 => Reply::Json(500, json!({ "__type": "InternalFailure" }).to_string()),
        5 => {
            assert!(
                body.contains("\"two\""),
                "the same page is asked for again: {body}"
            );
            Reply::Json(200, page(2..4, None))
        }
        _ => Reply::Json(200, page(0..4, None)),
    });
    let tail = Following::start(command);
    let lines = parse(&tail.lines(5, Duration::from_secs(12)));
    assert_eq!(texts(&lines), ["line 0", "line 1", "line 2", "line 3"]);
    assert_eq!(tail.interrupt().0, Some(0));
}

#[test]
fn a_report_goes_on_without_what_is_denied_and_says_so() {
    let url = fault::serve(|operation, _| match operation {
        "FilterLogEvents" => Reply::Json(200, page(0..3, None)),
        "DescribeLogGroups" => Reply::Json(
            200,
            json!({ "logGroups": [{ "logGroupName": "/aws/lambda/pay" }] }).to_string(),
        ),
        _ => Reply::Json(
            403,
            json!({ "__type": "AccessDeniedException", "message": "no" }).to_string(),
        ),
    });
    let (status, out, said) = finish(nepho(&[
        "report",
        "--format",
        "json",
        "--region",
        "eu-west-1",
        "--endpoint-url",
        &url,
    ]));
    let report: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (status, &report["inputs"]["log_events"]),
        (Some(0), &json!(3)),
        "{said}"
    );
    for action in ["lambda:ListFunctions", "xray:GetTraceSummaries"] {
        assert!(said.contains(&format!("denied: {action}")), "{said}");
    }
}

#[test]
fn what_feeds_a_function_and_what_it_keeps_warm_stands_beside_its_settings() {
    // No emulator lists provisioned concurrency.
    let url = fault::serve(|operation, _| {
        let answer = match operation {
            _ if operation.contains("/provisioned-concurrency") => {
                json!({ "ProvisionedConcurrencyConfigs": [
                { "FunctionArn": "arn:aws:lambda:eu-west-1:1:function:worker:live", "RequestedProvisionedConcurrentExecutions": 5,
                  "AllocatedProvisionedConcurrentExecutions": 5, "Status": "READY" }] })
            }
            _ if operation.contains("/concurrency") => {
                json!({ "ReservedConcurrentExecutions": 20 })
            }
            _ if operation.contains("/event-source-mappings") => json!({ "EventSourceMappings": [
                { "UUID": "1", "EventSourceArn": "arn:aws:sqs:eu-west-1:1:orders", "FunctionArn": "arn:aws:lambda:eu-west-1:1:function:worker",
                  "State": "Enabled", "BatchSize": 10, "MaximumBatchingWindowInSeconds": 5, "ScalingConfig": { "MaximumConcurrency": 8 } }] }),
            _ if operation.contains("/functions") => {
                json!({ "Functions": [{ "FunctionName": "worker", "MemorySize": 512 }] })
            }
            _ => return no_function(),
        };
        Reply::Json(200, answer.to_string())
    });
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("day.ndjson");
    let at = nepho::app::clock::now().to_string();
    let record = [
        "watch",
        "--region",
        "eu-west-1",
        "--endpoint-url",
        &url,
        "--at",
        &at,
        "--record",
    ];
    let (status, _, said) = finish(nepho(
        &[&record[..], &[recording.to_str().unwrap()]].concat(),
    ));
    assert_eq!(status, Some(0), "{said}");
    let recorded = fs::read_to_string(recording).unwrap();
    let lines = recorded
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let settings = lines
        .rev()
        .find_map(|line| line["Functions"].get(0).cloned())
        .unwrap();
    assert_eq!(settings["ReservedConcurrentExecutions"], 20, "{recorded}");
    assert_eq!(
        settings["ProvisionedConcurrencyConfigs"][0]["AllocatedProvisionedConcurrentExecutions"],
        5
    );
    let mapping = &settings["EventSourceMappings"][0];
    assert_eq!(
        (
            &mapping["BatchSize"],
            &mapping["ScalingConfig"]["MaximumConcurrency"]
        ),
        (&json!(10), &json!(8))
    );
}

#[test]
fn the_doctor_tells_what_is_allowed_and_what_it_could_not_find_out() {
    let _alone = alone();
    let (moto, ministack) = (Server::moto(), Server::ministack());
    let source = "def handler(event, context):\n    return 1\n";
    let region = "eu-west-3";
    let create = json!({ "name": "checked", "source": source });
    boto(&ministack.url(), region, "create-function", &create);
    let mut command = nepho(&["doctor", "--json", "--region", region]);
    command
        .env("AWS_ENDPOINT_URL", ministack.url())
        .env("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", moto.url())
        .env("AWS_ENDPOINT_URL_XRAY", moto.url());
    let (status, out, said) = finish(command);
    let checkups: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {said}"));
    let checkup = &checkups[0];
    assert_eq!(
        (&checkup["region"], &checkup["account"]),
        (&json!(region), &json!("000000000000"))
    );
    let ahead = checkup["clock_ahead_ms"].as_i64().unwrap();
    assert!(ahead.abs() < 5_000, "one machine has one clock: {ahead} ms");
    let allowed = |action: &str| {
        let actions = checkup["actions"].as_array().unwrap();
        let found = actions.iter().find(|trial| trial["action"] == action);
        found.unwrap_or_else(|| panic!("{action} was tried: {out}"))["allowed"].clone()
    };
    for action in nepho::sources::aws::actions(false) {
        // Neither emulator has Transaction Search, and moto breaks on a query that it does not know.
        let absent = ["Destination", "Indexing", "Retriev", "GetQueryResults"];
        if absent.iter().any(|word| action.contains(word)) {
            assert_eq!(allowed(action), Value::Null, "{action} cannot be told");
        } else {
            assert_eq!(allowed(action), json!(true), "{action}: {out}");
        }
    }
    assert_eq!(status, Some(1), "something optional is missing");
}

#[test]
fn the_doctor_names_what_is_denied_and_fails_where_nothing_could_be_seen() {
    let denied = |operation: &str| {
        let text = format!(
            "User: arn:aws:sts::1:assumed-role/oncall/me is not authorized to perform: logs:{operation} on resource: *"
        );
        Reply::Json(
            403,
            json!({ "__type": "AccessDeniedException", "message": text }).to_string(),
        )
    };
    let url = fault::serve(move |operation, _| match operation {
        "FilterLogEvents" | "DescribeLogGroups" => denied(operation),
        _ => Reply::Json(200, "{}".to_owned()),
    });
    let doctor = ["doctor", "--region", "eu-west-1", "--endpoint-url", &url];
    let (status, out, _) = finish(nepho(&doctor));
    assert_eq!(status, Some(2), "{out}");
    let line = |action: &str| out.lines().find(|line| line.starts_with(action)).unwrap();
    assert!(
        line("logs:FilterLogEvents").contains("denied")
            && line("logs:FilterLogEvents").contains("needed")
    );
    assert!(line("logs:DescribeLogGroups").contains("denied"));
    assert!(line("lambda:ListFunctions").contains("allowed"));
    assert!(
        out.contains("for role oncall") && out.contains("nepho policy"),
        "{out}"
    );
}

#[test]
fn traces_under_transaction_search_come_from_its_group_of_spans_or_are_retrieved() {
    // The shapes of the API's model; no emulator has these calls.
    let id = format!("1-{:08x}-000000000000000000000001", now_ms() / 1_000 - 60);
    let hex = id[2..].replace('-', "");
    let started = u64::try_from(now_ms() - 60_000).unwrap() * 1_000_000;
    let span = json!({ "traceId": hex, "spanId": "00000000000000aa", "name": "pay", "kind": "SERVER",
                       "startTimeUnixNano": started, "endTimeUnixNano": started + 1_000_000, "attributes": {}, "status": {} });
    let segment = json!({ "trace_id": id, "id": "00000000000000aa", "name": "pay", "start_time": started as f64 / 1e9,
                          "end_time": started as f64 / 1e9 + 0.1 });
    let segments = |with_group: bool| {
        let (span, segment, id) = (span.to_string(), segment.to_string(), id.clone());
        let gathered = AtomicUsize::new(0);
        let url = fault::serve(move |operation, body| {
            let answer = match operation {
                "/GetTraceSegmentDestination" => {
                    json!({ "Destination": "CloudWatchLogs", "Status": "ACTIVE" })
                }
                "/GetIndexingRules" => {
                    json!({ "IndexingRules": [{ "Name": "Default", "Rule": { "Probabilistic": { "DesiredSamplingPercentage": 1.0 } } }] })
                }
                "DescribeLogGroups" if with_group && body.contains("aws/spans") => {
                    json!({ "logGroups": [{ "logGroupName": "aws/spans" }] })
                }
                "DescribeLogGroups" => json!({ "logGroups": [] }),
                "FilterLogEvents" if body.contains("aws/spans") => json!({ "events": [
                    { "eventId": "1", "logStreamName": "default", "timestamp": now_ms() - 60_000, "ingestionTime": now_ms() - 59_000, "message": span }] }),
                "FilterLogEvents" => json!({ "events": [] }),
                "/TraceSummaries" => json!({ "TraceSummaries": [{ "Id": id, "Revision": 1 }] }),
                "/StartTraceRetrieval" if body.contains(&id) => {
                    json!({ "RetrievalToken": "token" })
                }
                "/ListRetrievedTraces" if gathered.fetch_add(1, Ordering::SeqCst) == 0 => {
                    json!({ "RetrievalStatus": "RUNNING" })
                }
                "/ListRetrievedTraces" => {
                    json!({ "RetrievalStatus": "COMPLETE", "TraceFormat": "XRAY", "Traces": [
                    { "Id": id, "Duration": 0.1, "Spans": [{ "Id": "00000000000000aa", "Document": segment }] }] })
                }
                _ => return no_function(),
            };
            Reply::Json(200, answer.to_string())
        });
        let report = [
            "report",
            "--format",
            "json",
            "--function",
            "pay",
            "--region",
            "eu-west-1",
            "--endpoint-url",
            &url,
        ];
        let (_, out, said) = finish(nepho(&report));
        let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{said}"));
        report["inputs"]["trace_segments"].clone()
    };
    assert_eq!(segments(true), 1, "every span is a line of aws/spans");
    assert_eq!(
        segments(false),
        1,
        "without the group, X-Ray retrieves what it indexed"
    );
}

// --- rights -----------------------------------------------------------------------------------------------------------

fn rust_files(folder: &Path, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push((
                path.display().to_string(),
                fs::read_to_string(&path).unwrap(),
            ));
        }
    }
}

/// `filter_log_events` of the client `logs` is `logs:FilterLogEvents`.
fn iam(client: &str, operation: &str) -> String {
    let camel = operation.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    format!("{client}:{}", camel.collect::<String>())
}

#[test]
fn every_call_in_the_source_is_one_of_the_actions_that_are_declared() {
    let mut files = Vec::new();
    rust_files(
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
        &mut files,
    );
    let mut called = BTreeSet::new();
    let call =
        regex::Regex::new(r"clients\.(logs|xray|cloudwatch|lambda|sts)\.([a-z_]+)\(").unwrap();
    for (path, text) in &files {
        let dense: String = text.split_whitespace().collect();
        called.extend(
            call.captures_iter(&dense)
                .map(|found| iam(&found[1], &found[2])),
        );
        assert!(
            !dense.contains(".unmask("),
            "{path}: masked data stays masked"
        );
        assert!(
            !text.contains("aws_sdk_") || path.contains("sources/aws"),
            "{path}: calls are made in one place"
        );
    }
    assert!(
        called.remove("sts:GetCallerIdentity"),
        "needs no right, so that no policy names it"
    );
    let (_, policy, _) = finish(nepho(&["policy"]));
    let allowed = &serde_json::from_str::<Value>(&policy).unwrap()["Statement"][0]["Action"];
    let allowed: BTreeSet<String> = serde_json::from_value(allowed.clone()).unwrap();
    assert_eq!(
        called, allowed,
        "the policy allows what is called, and no more"
    );
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    assert!(
        readme.contains(&policy),
        "the README shows this policy: {policy}"
    );
}
