//! The built program on the command line: exit status, one line on standard error, closed pipes.

#[path = "support/small_world.rs"]
mod small_world;

use std::fs;
use std::io::Read as _;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn nepho(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nepho"));
    // No settings of the person who runs the tests.
    let folder = env!("CARGO_TARGET_TMPDIR");
    command
        .args(arguments)
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("HOME", folder);
    command
}

fn run(arguments: &[&str]) -> Output {
    nepho(arguments).output().unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn world() -> String {
    small_world::file().to_str().unwrap().to_owned()
}

#[test]
fn a_p1_or_p2_makes_the_status_1_unless_told_otherwise() {
    // 300 of 600 runs fail within ten minutes, none before: nobody would call that a list entry.
    let output = run(&["report", &world(), "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["schema"], "nepho.report/1");
    assert_eq!(report["totals"]["invocations"], 600);
    assert_eq!(report["totals"]["errors"], 300);
    assert_eq!(report["findings"][0]["kind"], "error");
    assert_eq!(
        run(&["report", &world(), "--exit-zero"]).status.code(),
        Some(0)
    );
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let first = run(&["report", &world(), "--format", "json", "--full"]);
    let second = run(&["report", &world(), "--format", "json", "--full"]);
    assert!(!first.stdout.is_empty());
    assert_eq!(first.stdout, second.stdout);
}

#[test]
fn standard_input_is_read_and_named() {
    let mut child = nepho(&["report", "-", "--format", "json", "--exit-zero"])
        .stdin(fs::File::open(small_world::file()).unwrap())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert!(child.wait().unwrap().success());
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["totals"]["invocations"], 600);
}

#[test]
fn a_window_counts_back_from_the_last_event() {
    // One run a second: the last two minutes hold 120 starts, give or take the one on the edge.
    let output = run(&[
        "report",
        &world(),
        "--format",
        "json",
        "--since",
        "2m",
        "--exit-zero",
    ]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let invocations = report["totals"]["invocations"].as_u64().unwrap();
    assert!((120..=121).contains(&invocations), "{invocations}");
}

#[test]
fn a_reader_that_closed_its_end_has_what_it_wanted() {
    let mut child = nepho(&[
        "report",
        &world(),
        "--format",
        "json",
        "--full",
        "--exit-zero",
    ])
    .stdout(Stdio::piped())
    .stderr(Stdio::piped())
    .spawn()
    .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), told(&output).as_str()),
        (Some(0), "")
    );
}

#[test]
fn what_cannot_be_read_is_one_line_that_says_what_where_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().to_str().unwrap();
    let config = folder.path().join("bad.toml");
    fs::write(&config, "theme = \"dark\"\n\n  [thresholds]\n  cold = 1\n").unwrap();
    let config = config.to_str().unwrap();
    let world = world();
    let cases: &[(&[&str], &[&str])] = &[
        (
            &["report", "/nonexistent/x.ndjson"],
            &["/nonexistent/x.ndjson", "check the path"],
        ),
        (
            &["report", empty],
            &["no input in this directory", "name a file"],
        ),
        (
            &["report", &world, "--config", config],
            &["bad.toml:4:3", "unknown key \"thresholds.cold\""],
        ),
        (
            &["report", &world, "--since", "noon"],
            &["noon: not a time", "RFC 3339"],
        ),
        (
            &["report", &world, "--function", "a[", "--format", "json"],
            &["a[: not a glob"],
        ),
        (
            &["show", "no-such-id", &world],
            &["no-such-id: not found in 1 file ", "check the id"],
        ),
        (
            &["report", "--format", "xml"],
            &[
                "'xml' for '--format",
                "json, markdown",
                "see nepho report --help",
            ],
        ),
        (
            &["report", "--formt", "json"],
            &["'--formt'", "'--format'", "see nepho report --help"],
        ),
        (&["show"], &["not provided: <ID>", "see nepho show --help"]),
        (
            &["reprot", "a\n\nb"],
            &["'reprot'", "'report'", "see nepho --help"],
        ),
        (
            &["diff", "a", "b", "--before", "1h"],
            &["cannot be used with", "see nepho diff --help"],
        ),
        // As nobody could act on a screen that stays empty.
        (
            &["open", &world, "/nonexistent/x.ndjson"],
            &["/nonexistent/x.ndjson", "check the path"],
        ),
        (
            &["open", empty],
            &["no input in this directory", "name a file"],
        ),
        (
            &["open", &world, "--theme", "nope"],
            &["theme nope", "built in: "],
        ),
    ];
    for (arguments, expected) in cases {
        let output = run(arguments);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert_eq!(told.lines().count(), 1, "{arguments:?}: {told}");
        for part in *expected {
            assert!(told.contains(part), "{arguments:?}: {told}");
        }
    }
}

#[test]
#[cfg(unix)]
fn a_file_that_cannot_be_opened_is_named_whoever_asks() {
    let folder = tempfile::tempdir().unwrap();
    // A link to itself: nobody can open it, not even root.
    let looped = folder.path().join("loop.ndjson");
    std::os::unix::fs::symlink(&looped, &looped).unwrap();
    let looped = looped.to_str().unwrap();
    let world = world();
    for arguments in [
        ["report", &world, looped],
        ["open", &world, looped],
        ["show", "no-such-id", looped],
    ] {
        let output = run(&arguments);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert_eq!(told.lines().count(), 1, "{arguments:?}: {told}");
        assert!(
            told.contains("loop.ndjson: ") && told.contains("check the path and its permissions"),
            "{arguments:?}: {told}"
        );
    }
}

#[test]
fn show_prints_the_lines_of_a_request_without_their_escapes() {
    let output = run(&["show", "00000000-0000-4000-8000-000000000400", &world()]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("failing") && text.contains("KeyError"),
        "{text}"
    );
    assert!(
        !text.contains('\x1b') && !text.contains('\u{202e}'),
        "{text:?}"
    );
}

/// Of what was read without a group nothing is known; the option that the advice names is one of the command.
#[test]
fn what_names_no_log_group_is_shown_where_its_advice_is_followed() {
    const ID: &str = "00000000-0000-4000-8000-000000000001";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("answer.json");
    let event = serde_json::json!({
        "logStreamName": "2026/03/01/[$LATEST]aa", "timestamp": 1_772_366_400_000_i64, "eventId": "1",
        "message": format!("START RequestId: {ID} Version: $LATEST\n"),
    });
    let answer = serde_json::json!({"events": [event], "searchedLogStreams": []});
    fs::write(&path, answer.to_string()).unwrap();
    let path = path.to_str().unwrap();
    for command in [&["show", ID, path][..], &["diff", path, path]] {
        let output = run(command);
        assert!(told(&output).contains("--log-group NAME names it"));
        let output = run(&[command, &["--log-group", "/aws/lambda/f"]].concat());
        assert_eq!(
            (output.status.code(), told(&output).as_str()),
            (Some(0), "")
        );
    }
}

/// Neither of an empty file nor of one of other lines can it be said that nothing is wrong.
#[test]
fn where_nothing_ran_nothing_is_said_to_be_right() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("empty", ""), ("foreign", "hello\n")] {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        for format in ["table", "markdown"] {
            let output = run(&["report", path.to_str().unwrap(), "--format", format]);
            assert_eq!(output.status.code(), Some(0));
            let report = String::from_utf8(output.stdout).unwrap();
            assert!(report.contains("nothing can be said"), "{report}");
            assert!(!report.contains("Nothing"), "{report}");
        }
    }
}

#[test]
fn show_as_json_is_one_document() {
    let output = run(&[
        "show",
        "00000000-0000-4000-8000-000000000400",
        &world(),
        "--json",
    ]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(document["schema"], "nepho.show/1");
    assert_eq!(document["kind"], "request");
    assert_eq!(document["invocations"][0]["status"], "error");
    assert_eq!(document["lines"].as_array().map(Vec::len), Some(5));
}

#[test]
fn table_and_markdown_hold_no_escape_of_a_log_line() {
    for format in ["table", "markdown"] {
        let output = run(&["report", &world(), "--format", format, "--exit-zero"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("failing"), "{text}");
        assert!(!text.contains('\x1b'), "{format}: {text:?}");
    }
}

#[test]
fn wrong_arguments_are_status_2_and_help_is_0() {
    assert_eq!(
        run(&["report", "--format", "xml", "x"]).status.code(),
        Some(2)
    );
    assert_eq!(run(&["--help"]).status.code(), Some(0));
    assert_eq!(run(&["--version"]).status.code(), Some(0));
}

#[test]
fn diff_tells_what_is_new_after_a_moment() {
    // The first 300 of 600 runs succeed, the others fail: one run a second from 12:00:00.
    let world = world();
    let output = run(&[
        "diff",
        &world,
        "--before",
        "2026-03-01T12:05:00Z",
        "--after",
        "2026-03-01T12:05:00Z",
        "--format",
        "json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let diff: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(diff["schema"], "nepho.diff/1");
    assert_eq!(diff["before"]["invocations"], 300);
    assert_eq!(diff["after"]["invocations"], 300);
    assert_eq!(diff["errors"]["new"][0]["error_type"], "KeyError");
    assert_eq!(diff["errors"]["new"][0]["count"], 300);
    assert_eq!(diff["errors"]["gone"].as_array().map(Vec::len), Some(0));
    let rate = &diff["functions"][0]["error_rate"];
    assert_eq!(rate["before"]["value"], 0.0);
    assert_eq!(rate["after"]["value"], 1.0);
    assert_eq!(rate["changed"], true);
    let output = run(&["diff", &world]);
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).contains("name a second PATH"));
}

/// What is absurd never stops the program, is counted, and is named with its line: on standard error beside JSON, in the notes of the table.
#[test]
fn absurd_input_is_counted_and_named() {
    const NOON: i64 = 1_772_366_400_000;
    let event = |at: i64, message: &str| {
        serde_json::json!({
            "logGroupName": "/aws/lambda/f", "logStreamName": "2026/03/01/[$LATEST]aa", "timestamp": at, "message": message,
        })
        .to_string()
    };
    let id = |number: u8| format!("00000000-0000-4000-8000-0000000000{number:02}");
    let start = |number: u8| format!("START RequestId: {} Version: $LATEST\n", id(number));
    let report = |number: u8, took: &str| {
        format!(
            "REPORT RequestId: {}\tDuration: {took} ms\tBilled Duration: 1 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t\n",
            id(number)
        )
    };
    // Every tenth stands under a name that is looked at: what one costs must not grow with the others.
    let keys: Vec<String> = (0..1_000_000)
        .map(|key| match key % 10 {
            0 => "\"requestId\":\"429\"".to_owned(),
            _ => format!("\"k{key}\":1"),
        })
        .collect();
    let deep = format!("{}1{}", "{\"error\":".repeat(10_000), "}".repeat(10_000));
    let lines = [
        // A run as it should be, and one of a negative length.
        event(NOON, &start(1)),
        event(NOON + 100, &report(1, "100.00")),
        event(NOON + 200, &start(2)),
        event(NOON + 300, &report(2, "-7.50")),
        // Runs of 1970 and 9999.
        event(0, &start(3)),
        event(253_402_300_799_000, &start(4)),
        // A mebibyte, a million keys, ten thousand levels, NUL and half of a surrogate pair.
        event(NOON + 400, &"x".repeat(1 << 20)),
        event(NOON + 500, &format!("{{{}}}", keys.join(","))),
        event(NOON + 600, &deep),
        event(NOON + 700, "error: \0").replace("\\u0000", "\\u0000 \\ud800"),
        // Cut off, of a wrong type, of none.
        event(NOON + 800, "cut")[..60].to_owned(),
        event(NOON + 900, "typed").replace(&(NOON + 900).to_string(), "\"noon\""),
        deep,
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absurd.ndjson");
    fs::write(&path, lines.join("\n")).unwrap();
    let path = path.to_str().unwrap();

    let output = run(&["report", path, "--format", "json", "--exit-zero"]);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["inputs"]["log_events"], 10);
    assert_eq!(json["inputs"]["unparsed_lines"], 3);
    assert_eq!(json["totals"]["invocations"], 4);
    // The one length that is known, and the stretch in which things can have run.
    assert_eq!(json["functions"][0]["duration_ms"]["max"], 100.0);
    assert_eq!(json["window"]["from"], "2026-03-01T12:00:00.000Z");
    let said = told(&output);
    let named = [
        (":11: not JSON", ""),
        (
            ":5: stamped 1970-01-01T00:00:00.000Z (0 ms)",
            "2 records are like it",
        ),
        (":4: Duration: -7.50 ms is no figure", ""),
        (":7: a message of 1048576 bytes", "2 records are like it"),
        (
            ":9: the message is JSON that nests deeper than 128 levels",
            "",
        ),
        (":10: the message holds NUL or U+FFFD", ""),
    ];
    for (what, like) in named {
        let line = said.lines().find(|line| line.contains(what));
        assert!(
            line.is_some_and(|line| line.contains(like)),
            "{what}: {said}"
        );
    }

    let output = run(&["report", path, "--exit-zero"]);
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("3 lines could not be read"), "{table}");
    for (what, _) in &named[1..] {
        assert!(table.contains(what), "{what}: {table}");
    }
}
