//! Every shape of input, plain and compressed, whole and damaged: what is read, what is counted, what is said.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nepho::engine::{Engine, Limits};
use nepho::model::settings::{Memory, Settings};
use nepho::sources::files::{self, Options, Read, ReadError};
use tempfile::TempDir;

const EVENT: &str = r#"{"logGroupName":"/aws/lambda/f","logStreamName":"2026/03/01/[$LATEST]aa","timestamp":1772366400000,"ingestionTime":1772366400500,"eventId":"%","message":"START RequestId: 00000000-0000-4000-8000-00000000000% Version: $LATEST\n"}"#;

fn event(number: u8) -> String {
    EVENT.replace('%', &number.to_string())
}

struct Seen {
    log_events: u64,
    reread: u64,
    unparsed: u64,
    segments: u64,
    metrics: u64,
    functions: usize,
    read: Read,
}

fn read_with(paths: &[PathBuf], options: &Options) -> Result<Seen, ReadError> {
    let limits = Limits::of(&Memory::default(), false);
    let mut engine = Engine::new(Settings::default(), limits).unwrap();
    let read = files::read(paths, options, &mut engine, &mut |_, _| true)?;
    let facts = engine.facts();
    Ok(Seen {
        log_events: facts.inputs.log_events,
        reread: facts.inputs.log_events_reread,
        unparsed: facts.inputs.unparsed_lines,
        segments: facts.inputs.trace_segments,
        metrics: facts.inputs.metric_points,
        functions: facts.functions.len(),
        read,
    })
}

fn read(paths: &[PathBuf]) -> Seen {
    read_with(paths, &Options::default()).unwrap()
}

fn file(folder: &TempDir, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn log_events_one_a_line_and_the_same_event_id_again_is_a_re_read() {
    let folder = folder();
    let path = file(
        &folder,
        "logs",
        format!("{}\n{}\n\n{}", event(1), event(2), event(1)),
    );
    let seen = read(&[path]);
    assert_eq!((seen.log_events, seen.reread, seen.unparsed), (2, 1, 0));
}

#[test]
fn without_an_event_id_equal_platform_lines_are_one_and_equal_lines_of_the_application_two() {
    let folder = folder();
    let bare = event(1).replace(r#""eventId":"1","#, "");
    let said = bare.replace(
        "START RequestId: 00000000-0000-4000-8000-000000000001 Version: $LATEST",
        "tick",
    );
    let lines = format!("{bare}\n{bare}\n{said}\n{said}\n");
    let seen = read(&[file(&folder, "bare", lines)]);
    assert_eq!((seen.log_events, seen.reread, seen.unparsed), (3, 1, 0));
}

#[test]
fn gzip_and_zstd_are_told_by_their_first_bytes_not_by_name() {
    let folder = folder();
    let text = format!("{}\n{}\n", event(1), event(2));
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    let gzip = file(&folder, "a.txt", gzip.finish().unwrap());
    let zstd = file(
        &folder,
        "b.gz",
        zstd::encode_all(text.as_bytes(), 1).unwrap(),
    );
    assert_eq!(read(&[gzip]).log_events, 2);
    assert_eq!(read(&[zstd]).log_events, 2);
}

#[test]
fn half_a_zstd_frame_says_where_it_ends_and_what_was_read_counts() {
    let folder = folder();
    let many: String = (0..20_000)
        .map(|n| format!("{}\n", EVENT.replace('%', &format!("{n:05}"))))
        .collect();
    let whole = zstd::encode_all(many.as_bytes(), 1).unwrap();
    let path = file(&folder, "half.ndjson.zst", &whole[..whole.len() / 2]);
    let seen = read(std::slice::from_ref(&path));
    assert!(
        seen.log_events > 0 && seen.log_events < 20_000,
        "{} events",
        seen.log_events
    );
    let told = seen.read.warnings.last().unwrap();
    assert!(
        told.starts_with(&format!(
            "{}: ends inside a compressed frame after ",
            path.display()
        )),
        "{told}"
    );
    assert!(told.ends_with(" · those were read"), "{told}");
}

#[test]
fn a_broken_line_is_counted_named_by_file_and_line_and_the_rest_is_read() {
    let folder = folder();
    let mut lines: Vec<String> = (1..=9).map(event).collect();
    lines[6] = r#"{"logGroupName":"/aws/lambda/f","logStr"#.to_owned();
    let path = file(&folder, "logs.ndjson", lines.join("\n"));
    let seen = read(std::slice::from_ref(&path));
    assert_eq!((seen.log_events, seen.unparsed), (8, 1));
    let told = &seen.read.warnings[0];
    assert!(
        told.starts_with(&format!("{}:7: not JSON", path.display())),
        "{told}"
    );
}

#[test]
fn a_line_of_no_known_shape_is_counted_too() {
    let folder = folder();
    let path = file(&folder, "x", "{\"a\":1}\n[]\n\"text\"\n42\n");
    let seen = read(&[path]);
    assert_eq!(seen.unparsed, 3, "an empty list says nothing wrong");
    assert!(
        seen.read.warnings[0].contains(":1: no known shape"),
        "{:?}",
        seen.read.warnings
    );
}

#[test]
fn the_answer_of_the_aws_cli_takes_its_group_from_the_option() {
    let folder = folder();
    let answer = r#"{
  "events": [
    {"logStreamName": "2026/03/01/[$LATEST]aa", "timestamp": 1772366400000, "message": "x", "ingestionTime": 1, "eventId": "1"},
    {"logStreamName": "2026/03/01/[$LATEST]aa", "timestamp": 1772366400000, "message": "y", "ingestionTime": 1, "eventId": "2"}
  ],
  "searchedLogStreams": []
}
"#;
    let path = file(&folder, "cli.json", answer);
    let options = Options {
        log_group: Some("/aws/lambda/named".to_owned()),
        threads: 1,
        ..Options::default()
    };
    let seen = read_with(&[path], &options).unwrap();
    assert_eq!((seen.log_events, seen.unparsed), (2, 0));
}

#[test]
fn subscription_records_stand_one_after_another_without_line_ends() {
    let folder = folder();
    let data = r#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"/aws/lambda/f","logStream":"2026/03/01/[$LATEST]aa","subscriptionFilters":["a"],"logEvents":[{"id":"1","timestamp":1772366400000,"message":"x"},{"id":"2","timestamp":1772366400001,"message":"y"}]}"#;
    let control = r#"{"messageType":"CONTROL_MESSAGE","owner":"1","logGroup":"","logStream":"","logEvents":[{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health"}]}"#;
    let path = file(
        &folder,
        "firehose",
        format!(
            "{control}{data}{}\n{control}",
            data.replace("\"id\":\"", "\"id\":\"3")
        ),
    );
    let seen = read(&[path]);
    assert_eq!((seen.log_events, seen.unparsed), (4, 0));
}

#[test]
fn traces_stand_as_answers_as_bare_traces_and_as_bare_segments() {
    let folder = folder();
    let segment = r#"{"id":"70de5b6f19ff9a0a","name":"f","start_time":1.478293361271E9,"end_time":1.478293361449E9,"trace_id":"1-581cf771-a006649127e371903a2de979"}"#;
    let quoted = serde_json::to_string(segment).unwrap();
    let trace = format!(
        r#"{{"Id":"1-581cf771-a006649127e371903a2de979","Segments":[{{"Id":"70de5b6f19ff9a0a","Document":{quoted}}}]}}"#
    );
    let lines = format!("{{\"Traces\":[{trace},{trace}]}}\n{trace}\n{segment}\n");
    let seen = read(&[file(&folder, "traces", lines)]);
    assert_eq!((seen.segments, seen.unparsed), (4, 0));
}

#[test]
fn metrics_and_functions_are_read_beside_log_lines_in_one_file() {
    let folder = folder();
    let metric = r#"{"namespace":"AWS/Lambda","metric_name":"Throttles","dimensions":{"FunctionName":"f"},"timestamp":1772366400000,"value":{"sum":1.0,"count":1.0,"min":1.0,"max":1.0},"unit":"Count"}"#;
    let functions =
        r#"{"Functions":[{"FunctionName":"f","Runtime":"python3.13"},{"FunctionName":"g"}]}"#;
    let seen = read(&[file(
        &folder,
        "mixed",
        format!("{}\n{metric}\n{functions}\n", event(1)),
    )]);
    assert_eq!(
        (seen.log_events, seen.metrics, seen.functions, seen.unparsed),
        (1, 1, 2, 0)
    );
}

#[test]
fn a_directory_is_read_in_name_order_without_settings_and_dot_files() {
    let folder = folder();
    file(&folder, "b/2.ndjson", event(2));
    file(&folder, "a.ndjson", event(1));
    file(&folder, "nepho.toml", "not input");
    file(&folder, ".hidden", "not input");
    let seen = read(&[folder.path().to_owned()]);
    assert_eq!((seen.log_events, seen.unparsed, seen.read.files), (2, 0, 2));
}

#[test]
fn an_empty_directory_and_a_missing_file_say_what_to_do() {
    let folder = folder();
    let told = read_with(&[folder.path().to_owned()], &Options::default())
        .err()
        .unwrap()
        .to_string();
    assert!(
        told.contains("no input in this directory · name a file"),
        "{told}"
    );
    let missing = Path::new("/nonexistent/logs.ndjson").to_owned();
    let told = read_with(&[missing], &Options::default())
        .err()
        .unwrap()
        .to_string();
    assert!(
        told.starts_with("/nonexistent/logs.ndjson: ") && told.contains("check the path"),
        "{told}"
    );
}

#[test]
fn lone_surrogates_and_nul_are_read() {
    let folder = folder();
    let line = event(1).replace("START", "\\u0000 \\ud800 \\udfff \\ud83d\\ude00");
    let seen = read(&[file(&folder, "odd", line)]);
    assert_eq!((seen.log_events, seen.unparsed), (1, 0));
}

#[test]
fn nested_json_ten_thousand_deep_is_one_unparsed_line() {
    let folder = folder();
    let deep = format!("{}{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let seen = read(&[file(&folder, "deep", format!("{deep}\n{}\n", event(1)))]);
    assert_eq!((seen.log_events, seen.unparsed), (1, 1));
}

#[test]
fn one_thread_and_many_give_the_same_facts() {
    let folder = folder();
    let many: String = (0..40_000)
        .map(|n| format!("{}\n", EVENT.replace('%', &format!("{n:05}"))))
        .collect();
    let path = file(&folder, "many", many);
    let facts = |threads| {
        let mut engine =
            Engine::new(Settings::default(), Limits::of(&Memory::default(), false)).unwrap();
        let options = Options {
            log_group: None,
            threads,
            ..Options::default()
        };
        files::read(
            std::slice::from_ref(&path),
            &options,
            &mut engine,
            &mut |_, _| true,
        )
        .unwrap();
        let facts = engine.facts();
        format!("{:?} {:?}", facts.streams, facts.inputs)
    };
    assert_eq!(facts(1), facts(3));
}

/// What is absurd is counted as what it is, and spoils no figure of the lines beside it.
fn report_of(lines: &str) -> serde_json::Value {
    let folder = folder();
    let limits = Limits::of(&Memory::default(), false);
    let mut engine = Engine::new(Settings::default(), limits).unwrap();
    let path = file(&folder, "absurd", lines);
    files::read(&[path], &Options::default(), &mut engine, &mut |_, _| true).unwrap();
    let mut out = Vec::new();
    nepho::export::report::json(&engine.analyse(), false, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

/// A run of `took` at a moment: START and REPORT.
fn run(number: u32, at: i64, took: &str) -> String {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let line = |order: u32, message: String| {
        serde_json::json!({
            "logGroupName": "/aws/lambda/f", "logStreamName": "2026/03/01/[$LATEST]aa", "timestamp": at,
            "eventId": format!("{number}-{order}"), "message": message,
        })
        .to_string()
    };
    let start = line(0, format!("START RequestId: {id} Version: $LATEST\n"));
    let report = line(
        1,
        format!(
            "REPORT RequestId: {id}\tDuration: {took} ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t\n"
        ),
    );
    format!("{start}\n{report}\n")
}

const NOON: i64 = 1_772_366_400_000;

#[test]
fn absurd_durations_are_runs_without_a_length() {
    let lines: String = ["100.00", "-100.00", "1e300", "NaN", "", "forty"]
        .iter()
        .enumerate()
        .map(|(n, took)| run(n as u32, NOON + 60_000 * n as i64, took))
        .collect();
    let report = report_of(&lines);
    assert_eq!(report["inputs"]["log_events"], 12);
    assert_eq!(report["totals"]["invocations"], 6);
    let figures = &report["functions"][0]["duration_ms"];
    assert_eq!(
        (&figures["p50"], &figures["max"]),
        (&100.0.into(), &100.0.into())
    );
}

#[test]
fn moments_of_1970_and_9999_and_beyond_are_counted_and_cost_no_more() {
    let moments = [0, 253_402_300_799_000, -1, i64::MIN, i64::MAX];
    for (n, moment) in moments.into_iter().enumerate() {
        let report = report_of(&(run(1, NOON, "100.00") + &run(2 + n as u32, moment, "50.00")));
        assert_eq!(report["inputs"]["log_events"], 4, "{moment}");
        assert_eq!(report["totals"]["invocations"], 2, "{moment}");
        let figures = &report["functions"][0]["duration_ms"];
        assert_eq!(
            (&figures["p50"], &figures["max"]),
            (&50.0.into(), &100.0.into()),
            "{moment}"
        );
    }
}

#[test]
fn lines_of_a_mebibyte_and_objects_of_a_million_keys_are_single_lines() {
    let long = "x".repeat(1 << 20);
    let keys: Vec<String> = (0..1_000_000).map(|key| format!("\"k{key}\":1")).collect();
    let wide = format!("{{{}}}", keys.join(","));
    let said = |message: &str| {
        let message = serde_json::to_string(message).unwrap();
        format!(
            r#"{{"logGroupName":"/aws/lambda/f","logStreamName":"2026/03/01/[$LATEST]aa","timestamp":{NOON},"message":{message}}}"#
        )
    };
    let folder = folder();
    let lines = [said(&long), said(&wide), wide, event(1)].join("\n");
    let seen = read(&[file(&folder, "long", lines)]);
    assert_eq!((seen.log_events, seen.unparsed), (3, 1));
    let first = seen.read.warnings.last().unwrap();
    assert!(first.contains("long:3: "), "{first}");
}

/// The report on a recording of the incident: `change` is made to each log event.
fn report_on(folder: &TempDir, name: &str, change: impl Fn(&str) -> String) -> String {
    let options = nepho::demo::Options {
        scenario: nepho::demo::Scenario::Incident,
        seed: 11,
        start: nepho::model::time::Timestamp(1_795_168_800_000),
        duration_ms: Some(20_000),
        history_ms: None,
    };
    let mut lines = Vec::new();
    for (_, record) in nepho::demo::World::new(&options) {
        nepho::export::recording::write_record(&record, &mut lines).unwrap();
    }
    let lines = String::from_utf8(lines).unwrap();
    let lines: Vec<String> = lines.lines().map(change).collect();
    let path = file(folder, name, lines.join("\n"));
    let limits = Limits::of(&Memory::default(), false);
    let mut engine = Engine::new(Settings::default(), limits).unwrap();
    files::read(&[path], &Options::default(), &mut engine, &mut |_, _| true).unwrap();
    let mut json = Vec::new();
    nepho::export::report::json(&engine.conclude(), true, &mut json).unwrap();
    String::from_utf8(json).unwrap()
}

#[test]
fn events_that_are_scanned_and_events_that_are_parsed_give_the_same_report() {
    let folder = folder();
    let scanned = report_on(&folder, "scanned", str::to_owned);
    // A key that no event has: the scan gives up, and the JSON reader skips it.
    let parsed = report_on(&folder, "parsed", |line| {
        line.replacen("{\"logGroupName\"", "{\"more\":[1],\"logGroupName\"", 1)
    });
    assert!(scanned.contains("\"throttles\":[{"), "it says something");
    assert_eq!(scanned, parsed);
}
