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
    // Before the line that the end cut in two: pane 8 shows the first.
    let told = seen.read.warnings.first().unwrap();
    assert!(
        told.starts_with(&format!(
            "{}: ends inside a compressed frame after ",
            path.display()
        )),
        "{told}"
    );
    assert!(told.ends_with("copy the file anew for the rest"), "{told}");
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
    let segment = |number: u8| {
        format!(
            r#"{{"id":"70de5b6f19ff9a0{number}","name":"f","start_time":1.478293361271E9,"end_time":1.478293361449E9,"trace_id":"1-581cf771-a006649127e371903a2de979"}}"#
        )
    };
    let trace = |number: u8| {
        let quoted = serde_json::to_string(&segment(number)).unwrap();
        format!(
            r#"{{"Id":"1-581cf771-a006649127e371903a2de979","Segments":[{{"Id":"70de5b6f19ff9a0{number}","Document":{quoted}}}]}}"#
        )
    };
    let lines = format!(
        "{{\"Traces\":[{},{}]}}\n{}\n{}\n",
        trace(1),
        trace(2),
        trace(3),
        segment(4)
    );
    let seen = read(&[file(&folder, "traces", &lines)]);
    assert_eq!((seen.segments, seen.unparsed), (4, 0));
    let again = read(&[file(&folder, "again", lines.repeat(2))]);
    assert_eq!(again.segments, 4, "polls overlap: a segment counts once");
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

/// Reading from a pipe that nobody writes to would wait for ever, and a socket cannot be opened.
#[test]
fn pipes_and_sockets_in_a_directory_are_no_input() {
    let folder = tempfile::tempdir().unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(folder.path().join("a-pipe"))
        .status();
    assert!(made.unwrap().success());
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("b-socket")).unwrap();
    fs::write(folder.path().join("c.ndjson"), "").unwrap();
    let nepho = std::process::Command::new(env!("CARGO_BIN_EXE_nepho"))
        .args(["report", folder.path().to_str().unwrap()])
        .stdout(std::process::Stdio::null())
        .spawn();
    let mut nepho = nepho.unwrap();
    let ended = (0..100).find_map(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        nepho.try_wait().unwrap()
    });
    nepho.kill().ok();
    assert_eq!(ended.and_then(|status| status.code()), Some(0));
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
    let path = file(&folder, "odd", line);
    let seen = read(std::slice::from_ref(&path));
    assert_eq!((seen.log_events, seen.unparsed), (1, 0));
    let named = format!("{}:1: the message holds NUL or U+FFFD", path.display());
    assert!(
        seen.read.warnings[0].starts_with(&named),
        "{:?}",
        seen.read.warnings
    );
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
        // They tell nothing of when the others were: no window of thousands of years, and what is newest is known.
        let noon = "2026-03-01T12:00:00.000Z";
        // REPORT stands at START's own moment: no run ends after its REPORT.
        let window = serde_json::json!({"from": noon, "to": noon});
        assert_eq!(report["window"], window, "{moment}");
        assert_eq!(report["completeness"]["complete_until"], noon, "{moment}");
        let figures = &report["functions"][0]["duration_ms"];
        assert_eq!(
            (&figures["p50"], &figures["max"]),
            (&50.0.into(), &100.0.into()),
            "{moment}"
        );
    }
}

/// A line that says nothing and is stamped when nothing can have run changes nothing but the count of lines: not when the logs began
/// (or the 40 runs of the hour before, which only the metric counts, would be missing), nor what is newest, nor who waited for a start.
#[test]
fn a_moment_that_cannot_be_changes_no_figure_of_the_others() {
    let line = |at: i64, message: String| {
        serde_json::json!({
            "logGroupName": "/aws/lambda/f", "logStreamName": "2026/03/01/[$LATEST]aa", "timestamp": at,
            "eventId": format!("x{at}"), "message": message,
        })
        .to_string()
            + "\n"
    };
    let runs = |at: i64, count: u32| {
        format!(
            "{{\"namespace\":\"AWS/Lambda\",\"metric_name\":\"Invocations\",\"dimensions\":{{\"FunctionName\":\"f\"}},\"timestamp\":{at},\
             \"value\":{{\"sum\":{count},\"count\":{count},\"min\":1,\"max\":1}},\"unit\":\"Count\"}}\n"
        )
    };
    let minute = 60_000;
    let init = "INIT_START Runtime Version: python:3.13.v31\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:aa\n";
    let lines = line(NOON, init.to_owned())
        + &run(1, NOON + 300, "100.00")
        + &run(2, NOON + minute, "100.00")
        + &run(3, NOON + minute + 20_000, "100.00")
        + &line(NOON + 10 * minute, "tick".to_owned())
        + &runs(NOON - 60 * minute, 40)
        + &runs(NOON + minute, 2);
    let mut alone = report_of(&lines);
    assert_eq!(alone["completeness"]["coverage"], 1.0);
    for moment in [0, -1, 253_402_300_799_000] {
        let mut beside = report_of(&(lines.clone() + &line(moment, "tock".to_owned())));
        assert_eq!(beside["inputs"]["log_events"], 9);
        beside["inputs"]["log_events"] = alone["inputs"]["log_events"].take();
        alone["inputs"]["log_events"] = beside["inputs"]["log_events"].clone();
        assert_eq!(beside, alone, "{moment}");
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
    let [unparsed, cut] = &seen.read.warnings[..] else {
        panic!("{:?}", seen.read.warnings);
    };
    assert!(unparsed.contains("long:3: "), "{unparsed}");
    assert!(
        cut.contains("long:1: a message of 1048576 bytes")
            && cut.ends_with("2 records are like it"),
        "{cut}"
    );
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

#[test]
fn a_byte_order_mark_and_carriage_returns_are_no_part_of_a_line() {
    let folder = folder();
    let lines = format!("\u{feff}{}\r\n{}\r\n", event(1), event(2));
    let seen = read(&[file(&folder, "windows", lines)]);
    assert_eq!((seen.log_events, seen.unparsed), (2, 0));
    let pretty = format!(
        "\u{feff}{{\r\n  \"events\": [\r\n    {}\r\n  ]\r\n}}\r\n",
        event(3)
    );
    let seen = read(&[file(&folder, "pretty", pretty)]);
    assert_eq!((seen.log_events, seen.unparsed), (1, 0));
}

/// A line is counted once, in however many pieces it is torn; what is whole on it is read.
#[test]
fn a_torn_line_counts_once() {
    let folder = folder();
    for (torn, whole) in [
        (r#""eventId":"7","message":"x"}"#.to_owned(), 0),
        (r#"7,"message":"x"} 8 9 "ten""#.to_owned(), 0),
        (format!("1 2 3 {}", event(1)), 1),
        (format!("{}{}}}", event(1), event(2)), 2),
        (r#"[$LATEST]aa","timestamp":1}"#.to_owned(), 0),
    ] {
        let seen = read(&[file(&folder, "torn", format!("{torn}\n{}\n", event(9)))]);
        assert_eq!((seen.log_events, seen.unparsed), (whole + 1, 1), "{torn}");
        let told = &seen.read.warnings[0];
        assert!(told.contains("torn:1: "), "{told}");
    }
}

/// One bad part of an answer does not take the others with it: each that cannot be read is counted.
#[test]
fn a_bad_part_of_an_answer_costs_that_part_alone() {
    let folder = folder();
    let bad = r#"{"logStreamName":"s","timestamp":"noon","message":"x"}"#;
    let segment = |id: &str, start: &str| {
        let document = format!(
            r#"{{"id":"{id}","name":"f","start_time":{start},"trace_id":"1-581cf771-a006649127e371903a2de979"}}"#
        );
        format!(
            r#"{{"Id":"x","Document":{}}}"#,
            serde_json::to_string(&document).unwrap()
        )
    };
    let good = |number: u8| segment(&format!("70de5b6f19ff9a0{number}"), "1.5e9");
    let absurd = segment("70de5b6f19ff9a0b", "-3");
    let (one, two, three) = (good(1), good(2), good(3));
    let broken = r#"{"Id":"x","Document":"{"}"#;
    let (a, b) = (event(1), event(2));
    for (lines, events, segments, functions, unparsed) in [
        (format!(r#"{{"events":[{a},{bad},7,{b}]}}"#), 2, 0, 0, 2),
        (format!("[{a},{bad},{b}]"), 2, 0, 0, 1),
        (format!("[[[{a}]]]"), 1, 0, 0, 0),
        (format!(r#"{{"Traces":[{{"Segments":[{one},{broken},{two}]}},7,{{"Segments":[{absurd},{three}]}}]}}"#), 0, 3, 0, 3),
        (format!(r#"{{"Segments":[{absurd},{one}]}}"#), 0, 1, 0, 1),
        (r#"{"Functions":[{"FunctionName":"f"},{"Name":"g"},{"FunctionName":"h"}]}"#.to_owned(), 0, 0, 2, 1),
        (r#"{"messageType":"DATA_MESSAGE","logGroup":"/aws/lambda/f","logStream":"s","logEvents":[{"id":"1","timestamp":1795168800000,"message":"x"},{"id":"2"},{"id":"3","timestamp":1795168800000,"message":"y"}]}"#.to_owned(), 2, 0, 0, 1),
    ] {
        let seen = read(&[file(&folder, "answer", &lines)]);
        assert_eq!(
            (seen.log_events, seen.segments, seen.functions, seen.unparsed),
            (events, segments, functions, unparsed),
            "{lines}"
        );
    }
}

/// Pretty-printed answers one after another, one of them cut off: the next that begins a line is read.
#[test]
fn behind_a_broken_document_of_many_lines_the_next_is_read() {
    let folder = folder();
    let answer = |event: String| format!("{{\n  \"events\": [\n    {event}\n  ]\n}}\n");
    let cut = "{\n  \"events\": [\n    {\"logStreamName\": oops\n";
    let lines = format!(
        "{}{cut}{}{{\n \"a\": 1\n}}\n",
        answer(event(1)),
        answer(event(2))
    );
    let seen = read(&[file(&folder, "many", lines)]);
    assert_eq!((seen.log_events, seen.unparsed), (2, 2));
    // The first five lines are an answer, the word that is none stands in the third of the next.
    let told = &seen.read.warnings[0];
    assert!(told.contains("many:8: not JSON"), "{told}");
    let unknown = "{\n  \"events\": []\n}\n\n{\n  \"a\": 1\n}\n".to_owned();
    let told = read(&[file(&folder, "unknown", unknown)]).read.warnings;
    assert!(told[0].contains("unknown:5: no known shape"), "{told:?}");
}

#[test]
fn lists_in_lists_without_end_are_one_unparsed_line() {
    let folder = folder();
    let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let seen = read(&[file(&folder, "deep", format!("{deep}\n{}\n", event(1)))]);
    assert_eq!((seen.log_events, seen.unparsed), (1, 1));
}

/// What cannot be is counted as what it is, and the first of each kind is told with file and line.
#[test]
fn what_cannot_be_is_named_with_file_and_line() {
    let folder = folder();
    let lines = run(1, NOON, "100.00")
        + &run(2, 0, "5.00")
        + &run(3, NOON, "-7.50")
        + &run(4, NOON, "NaN")
        + "{\"logStreamName\":\"s\",\"timestamp\":1772366400000,\"message\":\"x\"}\n";
    let path = file(&folder, "odd.ndjson", lines);
    let seen = read(std::slice::from_ref(&path));
    assert_eq!((seen.log_events, seen.unparsed), (9, 0));
    let path = path.display();
    assert_eq!(
        seen.read.warnings,
        [
            format!(
                "{path}:3: stamped 1970-01-01T00:00:00.000Z (0 ms), when nothing can have run · it counts all the same · 2 records are like it"
            ),
            format!(
                "{path}:6: Duration: -7.50 ms is no figure · the line says that the run is over, not how long it was · 2 records are like it"
            ),
            format!("{path}:9: the event names no log group · --log-group NAME names it"),
        ]
    );
}
