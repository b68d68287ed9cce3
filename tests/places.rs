//! Several places at once: the same functions in two regions, watched together, give the figures that each region gives
//! alone, and nothing of one gets into the other. Moto keeps its state by region.
#![cfg(feature = "aws")]

#[path = "support/program.rs"]
mod program;
#[path = "support/proxy.rs"]
mod proxy;
#[path = "support/python.rs"]
mod python;
#[path = "support/server.rs"]
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use nepho::app::clock::{self, Stopwatch};
use nepho::demo::{Options, Scenario, World};
use nepho::model::record::Record;
use nepho::model::time::Timestamp;
use program::{Following, finish, nepho};
use proxy::Proxy;
use serde_json::{Value, json};
use server::{Server, boto};

const NORTH: &str = "eu-north-1";
const WEST: &str = "ca-west-1";

/// Two worlds of the same shop, which differ in what happens in them, and one request that crosses from one to the other.
fn two_regions(moto: &Server) {
    // Moto refuses old events, so the worlds end now, but for what it takes to settle.
    let now = clock::now();
    for (region, seed) in [(NORTH, 21), (WEST, 22)] {
        let world = World::new(&Options {
            scenario: Scenario::DoubleOrders,
            seed,
            start: now.plus_ms(-600_000),
            duration_ms: Some(0),
            history_ms: Some(30_000),
        });
        let (mut events, mut documents) = (Vec::new(), Vec::new());
        for (_, record) in world {
            match record {
                Record::Log(log) => events.push(json!({
                    "group": &*log.group, "stream": &*log.stream,
                    "timestamp": log.timestamp.0, "message": log.message,
                })),
                Record::Segment(document) => documents.push(document),
                Record::Metric(_) | Record::Function(_) | Record::Gap(_) => {}
            }
        }
        let (crossing, segments) = crossing(region, now.plus_ms(-300_000));
        events.extend(crossing);
        documents.extend(segments);
        put(moto, region, &events, &documents);
    }
}

fn put(moto: &Server, region: &str, events: &[Value], documents: &[Box<str>]) {
    let logs = json!({ "events": events });
    let answer = boto(&moto.url(), region, "put-logs", &logs);
    assert_eq!(answer, json!({ "rejected_batches": 0 }));
    let traces = json!({ "documents": documents });
    let answer = boto(&moto.url(), region, "put-traces", &traces);
    assert_eq!(answer, json!({ "unprocessed": 0 }));
}

const CALLER: &str = "aaaaaaaa-0000-4000-8000-000000000001";
const CALLED: &str = "bbbbbbbb-0000-4000-8000-000000000002";

/// `front` in the north calls `back` in the west: each region holds its own lines and its own part of the trace.
fn crossing(region: &str, at: Timestamp) -> (Vec<Value>, Vec<Box<str>>) {
    let trace = format!("1-{:08x}-0123456789abcdef01234567", at.0 / 1_000);
    let seconds = at.0 as f64 / 1e3;
    let run = |function: &str, request: &str, segment: &str, from: i64, took: i64| {
        let line = move |after: i64, message: String| {
            json!({ "group": format!("/aws/lambda/{function}"), "stream": format!("2026/01/01/[$LATEST]{segment}{segment}"),
                "timestamp": at.0 + after, "message": message })
        };
        vec![
            line(from, format!("START RequestId: {request} Version: $LATEST")),
            line(from + took, format!("END RequestId: {request}")),
            line(
                from + took,
                format!(
                    "REPORT RequestId: {request}\tDuration: {took}.00 ms\tBilled Duration: {took} ms\tMemory Size: 128 MB\t\
                     Max Memory Used: 64 MB\t\nXRAY TraceId: {trace}\tSegmentId: {segment}\tSampled: true\t"
                ),
            ),
        ]
    };
    let document = |value: Value| value.to_string().into();
    if region == NORTH {
        let segment = json!({ "trace_id": trace, "id": "1111111111111111", "name": "front", "origin": "AWS::Lambda::Function",
            "start_time": seconds, "end_time": seconds + 0.9, "aws": { "request_id": CALLER },
            "subsegments": [{ "id": "2222222222222222", "name": "Lambda", "namespace": "aws", "start_time": seconds + 0.1,
                "end_time": seconds + 0.8, "aws": { "operation": "Invoke", "function_name": "back" } }] });
        let lines = run("front", CALLER, "1111111111111111", 0, 900);
        return (lines, vec![document(segment)]);
    }
    let service = json!({ "trace_id": trace, "id": "3333333333333333", "parent_id": "2222222222222222", "name": "back",
        "origin": "AWS::Lambda", "start_time": seconds + 0.2, "end_time": seconds + 0.7, "aws": { "request_id": CALLED } });
    let function = json!({ "trace_id": trace, "id": "4444444444444444", "parent_id": "3333333333333333", "name": "back",
        "origin": "AWS::Lambda::Function", "start_time": seconds + 0.3, "end_time": seconds + 0.7 });
    let lines = run("back", CALLED, "4444444444444444", 300, 400);
    (lines, vec![document(service), document(function)])
}

/// The report that these arguments give.
fn report(moto: &Server, arguments: &[&str]) -> Value {
    let common = ["report", "--format", "json", "--full", "--exit-zero"];
    let mut command = nepho(&[&common, arguments].concat());
    command.env("AWS_ENDPOINT_URL", moto.url());
    let (status, out, said) = finish(command);
    assert_eq!(status, Some(0), "{said}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {said}"))
}

/// The lists of a report whose rows lie in one place each.
const LISTS: [&str; 6] = [
    "functions",
    "inits",
    "throttles",
    "duplicates",
    "reordered",
    "invocations",
];

/// The rows of one place, without their place, as texts: equal rows are equal texts.
fn rows(report: &Value, list: &str, place: Option<&str>) -> Vec<String> {
    let rows = report[list].as_array().unwrap().iter();
    let texts = rows.map(Value::to_string);
    match place {
        None => texts.collect(),
        Some(place) => texts
            .filter(|text| text.contains(place))
            .map(|text| text.replace(place, ""))
            .collect(),
    }
}

/// Severity and claim by id, without the place.
fn findings(report: &Value, place: Option<&str>) -> BTreeMap<String, String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let texts = findings.map(|one| {
        (
            one["id"].as_str().unwrap(),
            format!("{} {}", one["severity"], one["claim"]),
        )
    });
    match place {
        None => texts.map(|(id, text)| (id.to_owned(), text)).collect(),
        Some(place) => texts
            .filter(|(id, _)| id.contains(place))
            .map(|(id, text)| (id.replace(place, ""), text.replace(place, "")))
            .collect(),
    }
}

#[test]
fn equal_names_in_two_regions_stay_apart_and_a_trace_joins_them() {
    let moto = Server::moto();
    two_regions(&moto);
    let since = clock::now().plus_ms(-1_200_000).to_string();
    // Dozens of groups share the quota: all of it makes them wait less.
    let window = ["--since", &since, "--quota-share", "1"];
    let of = |regions: &str| report(&moto, &[&window[..], &["--region", regions]].concat());
    let both = of(&format!("{NORTH},{WEST}"));
    let (north, west) = (of(NORTH), of(WEST));
    for (region, alone) in [(NORTH, &north), (WEST, &west)] {
        let place = format!("@{region}");
        let names = rows(alone, "functions", None);
        assert!(names.len() > 10, "a world worth the name: {}", names.len());
        assert!(!alone.to_string().contains(&place), "one place has no name");
        for list in LISTS {
            let together: BTreeSet<_> = rows(&both, list, Some(&place)).into_iter().collect();
            let expected: BTreeSet<_> = rows(alone, list, None).into_iter().collect();
            assert_eq!(together, expected, "{list} of {region}");
        }
        assert_eq!(findings(&both, Some(&place)), findings(alone, None));
    }
    let link = |report: &Value| {
        let links = report["links"].as_array().unwrap().iter();
        links
            .filter(|link| link["child"] == CALLED)
            .map(|link| (link["parent"].clone(), link["tier"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(link(&both), [(json!(CALLER), json!("trace_parent"))]);
    assert_eq!(link(&west), [], "alone nothing is known of the caller");

    // What was recorded says the same: the place stands in the records.
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().to_str().unwrap();
    let regions = format!("{NORTH},{WEST}");
    let saved = ["snapshot", "--region", &regions, "-o", into];
    let mut command = nepho(&[&saved, &window[..]].concat());
    command.env("AWS_ENDPOINT_URL", moto.url());
    let (status, _, said) = finish(command);
    assert_eq!(status, Some(0), "{said}");
    let file = fs::read_dir(into).unwrap().next().unwrap().unwrap().path();
    let reopened = report(&moto, &[file.to_str().unwrap()]);
    assert_eq!(reopened["functions"], both["functions"]);
    assert_eq!(reopened["links"], both["links"]);
}

#[test]
fn a_place_that_cannot_be_asked_is_said_and_the_others_go_on() {
    let moto = Server::moto();
    let region = "ap-northeast-3";
    let at = clock::now().plus_ms(-60_000);
    let (events, documents) = crossing(NORTH, at);
    put(&moto, region, &events, &documents);
    let home = home(&["good"]);
    let profiles = format!("good,absent@{region}");
    let arguments = [
        "report",
        "--format",
        "json",
        "--region",
        region,
        "--profile",
        &profiles,
    ];
    let mut command = nepho(&arguments);
    command
        .env("HOME", home.path())
        .env("AWS_ENDPOINT_URL", moto.url());
    let (status, out, said) = finish(command);
    assert_eq!(status, Some(0), "{said}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let names: Vec<_> = report["functions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["function"])
        .collect();
    assert_eq!(names, [&json!(format!("front@{region}/good"))]);
    let words = format!("{region}/absent: profile absent is not defined");
    assert!(said.contains(&words), "{said}");
}

/// A home with these profiles, each with a key of its name.
fn home(profiles: &[&str]) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join(".aws")).unwrap();
    let keys = |name: &&str| {
        format!("[{name}]\naws_access_key_id = {name}\naws_secret_access_key = test\n")
    };
    let text: String = profiles.iter().map(keys).collect();
    fs::write(home.path().join(".aws/credentials"), text).unwrap();
    home
}

#[test]
fn two_profiles_of_one_account_are_read_once_and_it_is_said() {
    let moto = Server::moto();
    let (region, other) = ("us-west-1", "ca-central-1");
    for region in [region, other] {
        let (events, documents) = crossing(NORTH, clock::now().plus_ms(-60_000));
        put(&moto, region, &events, &documents);
    }
    let home = home(&["one", "two"]);
    let regions = format!("{region},{other}");
    let mut command = nepho(&[
        "report",
        "--format",
        "json",
        "--exit-zero",
        "--region",
        &regions,
        "--profile",
        "one,two",
    ]);
    command
        .env("HOME", home.path())
        .env("AWS_ENDPOINT_URL", moto.url());
    let (status, out, said) = finish(command);
    assert_eq!(status, Some(0), "{said}");
    let report: Value = serde_json::from_str(&out).unwrap();
    let functions = report["functions"].as_array().unwrap().iter();
    let names: BTreeSet<&str> = functions
        .map(|one| one["function"].as_str().unwrap())
        .collect();
    let expected = [region, other].map(|region| format!("front@{region}/one"));
    assert_eq!(names, expected.iter().map(String::as_str).collect());
    assert_eq!(report["totals"]["invocations"], 2, "one in each region");
    assert_eq!(
        report["completeness"]["gaps"],
        json!([]),
        "nothing is missing"
    );
    for region in [region, other] {
        let words =
            format!("{region}/two: the same account and region as {region}/one: read once, there");
        assert_eq!(said.matches(&words).count(), 1, "{said}");
    }
}

/// What a report of two profiles of one account says, of which some rights are `denied` (profile, mark of the call); its words, and
/// how often each denial was met.
fn with_rights(region: &str, denied: &[(&'static str, &'static str)]) -> (Value, String, Vec<u32>) {
    let moto = Server::moto();
    let at = clock::now().plus_ms(-60_000);
    for part in [NORTH, WEST] {
        let (events, documents) = crossing(part, at);
        put(&moto, region, &events, &documents);
    }
    let denied = denied.to_vec();
    let met = Arc::new(Mutex::new(vec![0; denied.len()]));
    let counts = Arc::clone(&met);
    let proxy = Proxy::denying(&moto.url(), move |head, body| {
        let is_met = |(profile, call): &(&str, &str)| {
            head.contains(&format!("Credential={profile}/"))
                && call
                    .split('+')
                    .all(|mark| head.contains(mark) || body.contains(mark))
        };
        let at = denied.iter().position(is_met);
        at.is_some_and(|at| {
            counts.lock().unwrap()[at] += 1;
            true
        })
    });
    let home = home(&["one", "two"]);
    let mut command = nepho(&["report", "--format", "json", "--exit-zero", "--full"]);
    command
        .args(["--region", region, "--profile", "one,two"])
        .args(["--endpoint-url", &proxy.url])
        .env("HOME", home.path());
    let (status, out, said) = finish(command);
    assert_eq!(status, Some(0), "{said}");
    let report = serde_json::from_str(&out).unwrap();
    let met = met.lock().unwrap().clone();
    (report, said, met)
}

#[test]
fn functions_that_run_in_two_regions_are_followed_live_and_counted_apart() {
    let (west, north) = ("us-west-2", "eu-west-3");
    followed_and_counted([west, north], &["--region", "us-west-2,eu-west-3"]);
}

/// One region of two accounts, each by a profile of its own.
#[test]
fn functions_that_run_in_two_accounts_are_followed_live_and_counted_apart() {
    let [one, other] =
        ["111111111111", "222222222222"].map(|account| format!("ap-south-1/{account}"));
    let chosen = [
        "--region",
        "ap-south-1",
        "--profile",
        "111111111111,222222222222",
    ];
    followed_and_counted([&one, &other], &chosen);
}

/// Two functions of one name that really run, in two places, beside what Lambda and CloudWatch say of each: followed live in both,
/// each line once and with its place, and then counted, with settings and refusals that are each place's own. nepho names
/// the places as the client of the emulator does.
fn followed_and_counted([one, other]: [&str; 2], chosen: &[&str]) {
    let ministack = Server::ministack();
    let url = ministack.url();
    let home = home(&["111111111111", "222222222222"]);
    let source =
        "def handler(event, context):\n    print('paying', event['order'])\n    return 1\n";
    let invoke = |region, order: u32, times: u32| {
        let call = json!({ "name": "pay", "payload": { "order": order }, "times": times });
        boto(&url, region, "invoke", &call);
    };
    for (region, memory, concurrency) in [(one, 256, 7), (other, 512, 9)] {
        let create = json!({ "name": "pay", "source": source, "memory": memory });
        boto(&url, region, "create-function", &create);
        let reserve = json!({ "name": "pay", "concurrency": concurrency });
        boto(&url, region, "reserve", &reserve);
        // Its log group begins with its first run.
        invoke(region, 0, 1);
    }
    let minute = clock::now().0 / 60_000 * 60;
    let refused = json!({ "name": "Throttles", "function": "pay", "timestamp": minute - 120, "values": [1.0, 1.0, 1.0] });
    boto(&url, one, "put-metrics", &json!({ "points": [refused] }));

    let mut command = nepho(&["tail", "pay", "--json", "--live-tail", "--max-cost", "5"]);
    command
        .args(chosen)
        .args(["--endpoint-url", &url])
        .env("HOME", home.path());
    let tail = Following::start(command);
    let is_report = |line: &&Value| line["kind"] == "report";
    let runs = |lines: &[Value], place: &str| {
        let function = format!("pay@{place}");
        lines
            .iter()
            .filter(is_report)
            .filter(|line| line["function"] == function)
            .count()
    };
    let mut lines: Vec<Value> = Vec::new();
    let mut until = |reports: usize| {
        while lines.iter().filter(is_report).count() < reports {
            let next = tail.lines(1, Duration::from_secs(30));
            assert!(!next.is_empty(), "{reports} runs: {lines:#?}");
            lines.extend(
                next.iter()
                    .map(|line| serde_json::from_str::<Value>(line).unwrap()),
            );
        }
        lines.clone()
    };
    until(2);
    // Both sessions begin meanwhile.
    thread::sleep(Duration::from_secs(3));
    invoke(one, 1, 2);
    invoke(other, 2, 3);
    let mut lines = until(7);
    let more = tail.lines(1, Duration::from_secs(12));
    lines.extend(
        more.iter()
            .map(|line| serde_json::from_str::<Value>(line).unwrap()),
    );
    assert_eq!(
        (runs(&lines, one), runs(&lines, other)),
        (3, 4),
        "polled meanwhile, once each"
    );
    let printed = |place: &str, order: u32| {
        let group = format!("/aws/lambda/pay@{place}");
        let text = format!("paying {order}");
        let is_it = |line: &&Value| {
            line["log_group"] == group && line["message"].as_str().unwrap().trim_end() == text
        };
        lines.iter().filter(is_it).count()
    };
    assert_eq!([printed(one, 1), printed(other, 2)], [2, 3], "{lines:#?}");
    assert_eq!([printed(one, 2), printed(other, 1)], [0, 0]);
    let (status, said) = tail.interrupt();
    assert_eq!(status, Some(0));
    assert!(said.contains("$0.02 so far"), "a session in each: {said}");

    let mut command = nepho(&["report", "--format", "json", "--exit-zero"]);
    command
        .args(chosen)
        .env("HOME", home.path())
        .env("AWS_ENDPOINT_URL", &url)
        .env("AWS_ENDPOINT_URL_XRAY", Server::moto().url());
    let (_, out, said) = finish(command);
    let report: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{out} {said}"));
    let functions = report["functions"].as_array().unwrap().iter();
    let rows: BTreeSet<String> = functions
        .map(|one| json!([one["function"], one["invocations"], one["memory_mb"]]).to_string())
        .collect();
    let expected = [
        json!([format!("pay@{other}"), 4, 512]),
        json!([format!("pay@{one}"), 3, 256]),
    ];
    assert_eq!(rows, expected.iter().map(Value::to_string).collect());
    let throttles = report["throttles"].as_array().unwrap().iter();
    let rows: Vec<Value> = throttles
        .map(|row| json!([row["resource"], row["count"], row["class"]]))
        .collect();
    let resource = format!("lambda:pay@{one}");
    assert_eq!(rows, [json!([resource, 3, "reserved_limit"])], "{said}");
}

/// The first profile may not find log groups, not read one of them, and not list traces; the second may. Each figure is there,
/// once, under the first one's name, and none of the denials is met twice.
#[test]
fn of_two_profiles_of_one_account_one_has_the_rights_that_the_other_lacks() {
    let region = "eu-central-2";
    let denied = [
        ("one", "DescribeLogGroups"),
        ("one", "FilterLogEvents+/aws/lambda/back"),
        ("one", "/TraceSummaries"),
    ];
    let (report, said, met) = with_rights(region, &denied);
    let functions = report["functions"].as_array().unwrap().iter();
    let runs: BTreeMap<&str, u64> = functions
        .map(|one| {
            let name = one["function"].as_str().unwrap();
            (name, one["invocations"].as_u64().unwrap())
        })
        .collect();
    let (front, back) = (format!("front@{region}/one"), format!("back@{region}/one"));
    assert_eq!(runs, BTreeMap::from([(&*front, 1), (&*back, 1)]), "{said}");
    let links = report["links"].as_array().unwrap();
    assert_eq!(links.len(), 1, "{links:?}");
    assert_eq!(
        (&links[0]["parent"], &links[0]["child"]),
        (&json!(CALLER), &json!(CALLED))
    );
    assert_eq!(report["completeness"]["gaps"], json!([]), "{said}");
    for right in [
        "logs:DescribeLogGroups",
        "logs:FilterLogEvents on /aws/lambda/back",
        "xray:GetTraceSummaries",
    ] {
        let words =
            format!("{region}/one: {right} is denied: asked with the rights of {region}/two");
        assert_eq!(said.matches(&words).count(), 1, "{said}");
    }
    assert!(
        met[0] <= 2,
        "once by each of the two sources that ask for groups: {met:?}"
    );
    assert_eq!(met[1..], [1, 1]);
}

/// The first profile may not read a log group; the second may, and nobody has logged in by it yet. Once somebody has, the group is
/// read, each line once, without a restart; until then the first one is not asked again.
#[test]
fn a_profile_that_logs_in_later_lends_its_rights() {
    let region = "eu-west-2";
    let moto = Server::moto();
    let at = clock::now().plus_ms(-60_000);
    for part in [NORTH, WEST] {
        let (events, documents) = crossing(part, at);
        put(&moto, region, &events, &documents);
    }
    let asked = Arc::new(Mutex::new(BTreeMap::<bool, u32>::new()));
    let counts = Arc::clone(&asked);
    let proxy = Proxy::denying(&moto.url(), move |head, body| {
        let of_back = head.contains("FilterLogEvents") && body.contains("/aws/lambda/back");
        let first = head.contains("Credential=one/");
        if of_back {
            *counts.lock().unwrap().entry(first).or_default() += 1;
        }
        of_back && first
    });
    let of = |first: bool| asked.lock().unwrap().get(&first).copied().unwrap_or(0);
    let home = home(&["one"]);
    let keys = home.path().join("keys.json");
    let config = format!(
        "[profile two]\ncredential_process = cat {}\n",
        keys.display()
    );
    fs::write(home.path().join(".aws/config"), config).unwrap();
    let recording = home.path().join("day.ndjson");
    let mut command = nepho(&["watch", "--region", region, "--profile", "one,two"]);
    command
        .args(["--endpoint-url", &proxy.url, "--record"])
        .arg(&recording)
        .env("HOME", home.path());
    let watch = Following::start(command);
    let wait = |what: &str, done: &dyn Fn() -> bool| {
        let begun = Stopwatch::start();
        while !done() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{what}: {:?}",
                asked.lock().unwrap()
            );
            thread::sleep(Duration::from_millis(50));
        }
    };
    wait("denied to the first", &|| of(true) > 0);
    thread::sleep(Duration::from_secs(3));
    assert_eq!(
        (of(true), of(false)),
        (1, 0),
        "nobody else has the right yet"
    );
    let printed = json!({ "Version": 1, "AccessKeyId": "two", "SecretAccessKey": "test" });
    fs::write(&keys, printed.to_string()).unwrap();
    wait("asked by the second", &|| of(false) > 1);
    let (status, said) = watch.interrupt();
    assert_eq!(status, Some(0), "{said}");
    assert_eq!(of(true), 1, "what was denied is not asked again");
    let recorded = fs::read_to_string(recording).unwrap();
    let group = format!("/aws/lambda/back@{region}/one");
    let is_its = |line: &&str| line.contains(&group) && line.contains("REPORT RequestId");
    assert_eq!(recorded.lines().filter(is_its).count(), 1, "{recorded}");
}

#[test]
fn what_is_denied_to_both_profiles_of_an_account_is_a_gap_once() {
    let region = "eu-south-2";
    let denied = [
        ("one", "FilterLogEvents+/aws/lambda/back"),
        ("two", "FilterLogEvents+/aws/lambda/back"),
    ];
    let (report, said, met) = with_rights(region, &denied);
    let functions = report["functions"].as_array().unwrap();
    assert_eq!(functions.len(), 1, "{said}");
    assert_eq!(functions[0]["function"], format!("front@{region}/one"));
    let gaps = report["completeness"]["gaps"].as_array().unwrap();
    let group = format!("/aws/lambda/back@{region}/one");
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!(
        (&gaps[0]["log_group"], &gaps[0]["why"]),
        (&json!(group), &json!("denied"))
    );
    assert_eq!(met, [1, 1], "each is asked once");
    assert!(
        said.contains("denied: logs:FilterLogEvents on /aws/lambda/back"),
        "{said}"
    );
}

#[test]
fn show_and_snapshot_take_profile_and_region_of_the_settings() {
    let moto = Server::moto();
    let region = "me-central-1";
    let (events, documents) = crossing(NORTH, clock::now().plus_ms(-60_000));
    put(&moto, region, &events, &documents);
    let home = home(&["ops"]);
    let settings = home.path().join("nepho.toml");
    fs::write(
        &settings,
        format!("profile = \"ops\"\nregion = \"{region}\"\n"),
    )
    .unwrap();
    let settings = settings.to_str().unwrap();
    let folder = home.path().join("out");
    fs::create_dir(&folder).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = nepho(&[arguments, &["--config", settings]].concat());
        command
            .env("HOME", home.path())
            // Only the profile's own keys do.
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY")
            .env("AWS_ENDPOINT_URL", moto.url());
        let (status, out, said) = finish(command);
        assert_eq!(status, Some(0), "{said}");
        out
    };
    assert!(run(&["show", CALLER]).contains("front"));
    run(&["snapshot", "-o", folder.to_str().unwrap()]);
    let file = fs::read_dir(&folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let again = run(&["report", "--format", "json", file.to_str().unwrap()]);
    let again: Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again["totals"]["invocations"], 1);
}
