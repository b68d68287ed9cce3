//! Lines whose text is not held any more are read again from the records: found by a filter and counted, or those of one run.

#![cfg(unix)]

#[path = "support/pty.rs"]
mod pty;

use std::fs;
use std::path::Path;

use pty::Pty;
use serde_json::json;

const RUNS: usize = 8_000;
/// Every so many runs one is refused; the first is number 0, whose text is the first to go.
const REFUSED_EVERY: usize = 250;

/// 2026-03-03T14:00:00Z.
const START: i64 = 1_772_546_400_000;

/// A function whose runs write three lines each, some of them a fourth; all of it is several times what is held.
fn record(to: &Path) {
    let mut lines = String::new();
    for run in 0..RUNS {
        let id = format!("00000000-0000-4000-8000-{run:012}");
        let at = START + run as i64 * 200;
        let mut say = |after: i64, message: String| {
            let event = json!({
                "logGroupName": "/aws/lambda/orders", "logStreamName": "2026/03/03/[9]a41c",
                "timestamp": at + after, "message": message,
            });
            lines.push_str(&event.to_string());
            lines.push('\n');
        };
        say(0, format!("START RequestId: {id} Version: 9"));
        if run.is_multiple_of(REFUSED_EVERY) {
            say(20, format!("payment \"refused\" run {run}"));
        }
        say(
            30,
            format!(
                "{{\"level\":\"INFO\",\"message\":\"{}\"}}",
                "order taken ".repeat(30)
            ),
        );
        say(
            50,
            format!(
                "REPORT RequestId: {id}\tDuration: 50.00 ms\tBilled Duration: 50 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t"
            ),
        );
    }
    fs::write(to, lines).unwrap();
}

#[test]
fn a_filter_is_looked_for_in_all_records_and_a_run_is_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let (file, config) = (
        folder.path().join("day.ndjson"),
        folder.path().join("nepho.toml"),
    );
    record(&file);
    fs::write(&config, "[memory]\nlog_text_mb = 1\n").unwrap();
    let (file, config) = (file.to_str().unwrap(), config.to_str().unwrap());
    let mut pty = Pty::start(130, 40, &["open", file, "--config", config, "--fresh"], &[]);
    pty.wait_for("complete to");
    pty.send("7");
    pty.wait_for("not held · A looks for a filter in all");
    pty.send("A");
    pty.wait_for("set a filter first");
    pty.send("/refused\r");
    pty.wait_for("filter refused hides");
    pty.send("A");
    let (found, lines) = (RUNS / REFUSED_EVERY, RUNS * 3 + RUNS / REFUSED_EVERY);
    assert_eq!((found, lines), (32, 24_032));
    pty.wait_for("Found in all records: 32 of 24,032 lines");
    pty.wait_for("payment \"refused\" run 0");
    // Of the run that the first of them belongs to nothing is held.
    pty.send("g\r");
    pty.wait_for("Log lines, 0");
    pty.wait_for("not held: A reads them again");
    pty.send("A");
    pty.wait_for("Log lines, 4");
    pty.wait_for("payment \"refused\" run 0");
    // What the filter found is still there.
    pty.send("\x1b");
    pty.wait_for("Found in all records: 32 of 24,032 lines");
    pty.send("q");
    pty.expect_clean_end(0);
}
