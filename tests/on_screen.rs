//! The dashboard in a pseudo-terminal on emulators: other places are watched and the first one again, what metrics say is on the
//! screen, and each request that goes out is counted.
#![cfg(all(feature = "aws", unix))]

#[path = "support/fault.rs"]
mod fault;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use fault::Reply;
use nepho::app::clock;
use pty::Pty;
use serde_json::{Value, json};
use server::{Server, boto};

/// `nepho watch` with these arguments on endpoints, as somebody with the profiles of that home.
fn watch(home: &str, endpoints: &[(&str, &str)], arguments: &[&str]) -> Pty {
    let mut env = vec![
        ("HOME", home),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
    ];
    env.extend(endpoints);
    Pty::start(160, 90, &[&["watch"], arguments].concat(), &env)
}

/// Runs of a function, of these numbers, from a moment on.
fn put_runs(url: &str, place: &str, function: &str, runs: Range<i64>, at: i64) {
    let lines = runs.flat_map(|run| {
        let id = format!("00000000-0000-4000-8000-{run:012}");
        let texts = [
            format!("START RequestId: {id} Version: $LATEST"),
            format!("END RequestId: {id}"),
            format!("REPORT RequestId: {id}\tDuration: 90.00 ms\tBilled Duration: 90 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t"),
        ];
        texts.into_iter().map(move |message| (run, message))
    });
    let events: Vec<Value> = lines
        .map(|(run, message)| {
            json!({ "group": format!("/aws/lambda/{function}"), "stream": "2026/01/01/[$LATEST]aa",
                "timestamp": at + run * 100, "message": message })
        })
        .collect();
    boto(url, place, "put-logs", &json!({ "events": events }));
}

/// Three places, each with a function of its own: two accounts in one region, and another region of the first. Each in its turn is
/// all that is on the screen, and the first one has what came meanwhile when it is watched again.
#[test]
fn other_places_are_watched_and_the_first_again_with_nothing_lost() {
    let ministack = Server::ministack();
    let (url, moto) = (ministack.url(), Server::moto().url());
    let (here, there) = ("sa-east-1", "ca-central-1");
    let (one, other) = ("333333333333", "444444444444");
    let minute_ago = clock::now().0 - 60_000;
    put_runs(&url, &format!("{here}/{one}"), "alpha", 0..4, minute_ago);
    put_runs(&url, &format!("{here}/{other}"), "beta", 0..5, minute_ago);
    put_runs(&url, &format!("{there}/{one}"), "gamma", 0..6, minute_ago);
    let home = tempfile::tempdir().unwrap();
    let keys = |name: &str, account: &str| {
        format!("[{name}]\naws_access_key_id = {account}\naws_secret_access_key = test\n")
    };
    fs::create_dir_all(home.path().join(".aws")).unwrap();
    let profiles = keys("day", one) + &keys("night", other);
    fs::write(home.path().join(".aws/credentials"), profiles).unwrap();

    let endpoints = [
        ("AWS_ENDPOINT_URL", &*url),
        ("AWS_ENDPOINT_URL_XRAY", &*moto),
    ];
    let arguments = ["--profile", "day", "--region", here];
    let mut pty = watch(home.path().to_str().unwrap(), &endpoints, &arguments);
    pty.wait_for("Functions by harm, 1: 4 invocations");
    pty.wait_for("alpha");

    // Names of what is watched stay in the header and in what is said; figures of the place before are gone.
    pty.send("Pnight\r");
    pty.wait_for(
        "now night sa-east-1, from the beginning: what was collected of day sa-east-1 is gone",
    );
    pty.wait_for("Functions by harm, 1: 5 invocations");
    pty.wait_for("beta");
    pty.wait_gone("alpha");

    pty.send("Pday\r");
    pty.wait_for("alpha");
    pty.wait_gone("beta");
    pty.send("R");
    pty.send(there);
    pty.send("\r");
    pty.wait_for("Functions by harm, 1: 6 invocations");
    pty.wait_for("gamma");
    pty.wait_gone("alpha");

    put_runs(&url, &format!("{here}/{one}"), "alpha", 4..7, minute_ago);
    pty.send("R");
    pty.send(here);
    pty.send("\r");
    pty.wait_for("Functions by harm, 1: 7 invocations");
    pty.wait_gone("gamma");
    pty.send("q");
    pty.expect_clean_end(0);
}

/// Each of the ten metrics that are asked for, put by another client, comes into the figure that shows it.
#[test]
fn each_metric_comes_into_its_figure() {
    let ministack = Server::ministack();
    let (url, moto, region) = (ministack.url(), Server::moto().url(), "eu-south-1");
    let source = "def handler(event, context):\n    return 1\n";
    let create = json!({ "name": "worker", "source": source });
    boto(&url, region, "create-function", &create);
    let reserve = json!({ "name": "worker", "concurrency": 10 });
    boto(&url, region, "reserve", &reserve);
    let stream = "arn:aws:kinesis:eu-south-1:000000000000:stream/clicks";
    let feed = json!({ "name": "worker", "source": stream });
    boto(&url, region, "feed", &feed);
    // Of four minutes ago, when CloudWatch counted twice as many runs.
    let minute = clock::now().0 / 60_000 * 60 - 240;
    put_runs(&url, region, "worker", 0..4, minute * 1_000);
    // It has no slots of its own: the pool of the account is of interest.
    let create = json!({ "name": "shop", "source": source });
    boto(&url, region, "create-function", &create);
    put_runs(&url, region, "shop", 4..5, minute * 1_000);
    let put = |name: &str, (sum, count, min, max): (f64, f64, f64, f64), unit: &str| {
        let dimensions = match name {
            "ClaimedAccountConcurrency" => json!({}),
            _ => json!({ "FunctionName": "worker" }),
        };
        json!({ "name": name, "dimensions": dimensions, "timestamp": minute, "unit": unit,
            "sum": sum, "count": count, "min": min, "max": max })
    };
    let minutes = [
        put("Invocations", (8.0, 8.0, 1.0, 1.0), "Count"),
        put("Errors", (2.0, 8.0, 0.0, 1.0), "Count"),
        put("Throttles", (5.0, 13.0, 0.0, 1.0), "Count"),
        put("ConcurrentExecutions", (30.0, 4.0, 5.0, 9.0), "Count"),
        put("Duration", (800.0, 8.0, 50.0, 190.0), "Milliseconds"),
        put(
            "IteratorAge",
            (90_000.0, 3.0, 1_000.0, 61_000.0),
            "Milliseconds",
        ),
        put(
            "AsyncEventAge",
            (9_000.0, 3.0, 1_000.0, 7_000.0),
            "Milliseconds",
        ),
        put("AsyncEventsDropped", (3.0, 3.0, 1.0, 1.0), "Count"),
        put(
            "ProvisionedConcurrencySpilloverInvocations",
            (2.0, 2.0, 1.0, 1.0),
            "Count",
        ),
        put(
            "ClaimedAccountConcurrency",
            (1_900.0, 2.0, 930.0, 970.0),
            "Count",
        ),
    ];
    boto(&url, region, "put-minutes", &json!({ "minutes": minutes }));
    let endpoints = [
        ("AWS_ENDPOINT_URL", &*url),
        ("AWS_ENDPOINT_URL_XRAY", &*moto),
    ];
    let mut pty = watch("/nonexistent", &endpoints, &["--region", region]);
    pty.wait_for("refuses 5.0/min");
    pty.send("3");
    // By `ConcurrentExecutions`, where the logs show one at once; and why events are put off, by `AsyncEventsDropped`.
    pty.wait_for("0/9/10");
    pty.wait_for("its asynchronous queue");
    // By `ClaimedAccountConcurrency`, less what is reserved, where one slot is in use.
    pty.wait_for("near its limit");
    pty.wait_for("/960/");
    pty.send(":worker\r");
    pty.wait_for("coverage 50 % of Invocations");
    pty.wait_for(
        "metrics  8 runs, 2 failed, 100 ms on average, 190 ms at most: more than the logs show",
    );
    pty.wait_for("3 asynchronous events were dropped, by AsyncEventsDropped");
    pty.wait_for("2 runs found nothing kept warm, by ProvisionedConcurrencySpilloverInvocations");
    pty.wait_for("records of its streams up to 1m01s old, by IteratorAge");
    pty.wait_for("asynchronous events up to 7.00 s old, by AsyncEventAge");
    pty.send("q");
    pty.expect_clean_end(0);
}

/// Traces come in three pages, what is kept warm in two, and functions in two: the pane of costs tells of as many calls as the server
/// counted, and traces are paid for once.
#[test]
fn each_request_that_goes_out_is_one_call_on_the_screen() {
    let id = format!(
        "1-{:08x}-000000000000000000000001",
        clock::now().0 / 1_000 - 60
    );
    let began = clock::now().0 as f64 / 1e3 - 60.0;
    let counted = Arc::new(Mutex::new(BTreeMap::<String, u64>::new()));
    let counts = Arc::clone(&counted);
    let url = fault::serve(move |operation, body| {
        let path = operation.split('?').next().unwrap_or_default();
        let call = path
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned();
        *counts.lock().unwrap().entry(call).or_default() += 1;
        let asked = |token: &str| body.contains(token) || operation.contains(token);
        let answer = match path {
            "/GetTraceSegmentDestination" => json!({ "Destination": "XRay", "Status": "ACTIVE" }),
            "/TraceSummaries" => json!({ "TraceSummaries": [{ "Id": id, "Revision": 1 }] }),
            "/Traces" => {
                let (page, next) = match () {
                    () if asked("page-3") => (3, None),
                    () if asked("page-2") => (2, Some("page-3")),
                    () => (1, Some("page-2")),
                };
                let segment = json!({ "trace_id": id, "id": format!("{page:016x}"), "name": "pay",
                    "origin": "AWS::Lambda::Function", "start_time": began, "end_time": began + 0.1 });
                let segments = json!([{ "Id": "s", "Document": segment.to_string() }]);
                json!({ "Traces": [{ "Id": id, "Segments": segments }], "UnprocessedTraceIds": [], "NextToken": next })
            }
            path if path.ends_with("/provisioned-concurrency") => {
                let next = (!asked("more")).then_some("more");
                json!({ "ProvisionedConcurrencyConfigs": [], "NextMarker": next })
            }
            path if path.ends_with("/functions") || path.ends_with("/functions/") => {
                json!({ "Functions": [{ "FunctionName": "pay", "MemorySize": 512 }] })
            }
            _ if path == "FilterLogEvents" => json!({ "events": [] }),
            _ => json!({}),
        };
        Reply::Json(200, answer.to_string())
    });
    let until = clock::now().to_string();
    let arguments = [
        "--region",
        "eu-west-1",
        "--endpoint-url",
        &url,
        "--at",
        &until,
    ];
    let mut pty = watch("/nonexistent", &[], &arguments);
    pty.send("8");
    pty.wait_for("3 segments");
    pty.wait_for("ListProvisio");
    pty.settle();
    thread::sleep(Duration::from_secs(2));
    let screen = pty.screen().contents();
    let counted = counted.lock().unwrap().clone();
    // Behind the number of calls stand bytes, with their unit, and money.
    let made = |call: &str| -> u64 {
        let is_its = |line: &&str| line.trim_start().starts_with(call) && line.contains("/s ");
        let line = screen.lines().find(is_its);
        let line = line.unwrap_or_else(|| panic!("{call} is on the screen:\n{screen}"));
        let words: Vec<&str> = line.split_whitespace().collect();
        let made = words[words.len() - 4];
        made.parse()
            .unwrap_or_else(|_| panic!("{made:?} in {line}"))
    };
    let calls = [
        ("lambda:ListFunctions", "functions"),
        ("lambda:ListProvisioned", "provisioned-concurrency"),
        ("logs:FilterLogEvents", "FilterLogEvents"),
        ("xray:GetTraceSummaries", "TraceSummaries"),
        ("xray:BatchGetTraces", "Traces"),
    ];
    for (action, path) in calls {
        assert_eq!(
            Some(&made(action)),
            counted.get(path),
            "{action}: {counted:?}\n{screen}"
        );
    }
    assert_eq!(
        (counted["Traces"], counted["provisioned-concurrency"]),
        (3, 2)
    );
    pty.send("q");
    pty.expect_clean_end(0);
}
