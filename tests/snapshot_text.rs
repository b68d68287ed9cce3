//! Texts of others in a snapshot: what readers left on the screen, and what is written to logs to do harm.

#[path = "support/incident.rs"]
mod incident;
#[path = "support/program.rs"]
mod program;
#[path = "support/secrets.rs"]
mod secrets;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use incident::incident;
use program::{finish, nepho};
use serde_json::{Value, json};

/// Writes an unpacked snapshot.
fn unpacked(from: &Path, to: &Path, more: &[&str]) -> PathBuf {
    let arguments = [
        "snapshot",
        from.to_str().unwrap(),
        "--dir",
        "-o",
        to.to_str().unwrap(),
    ];
    let (status, _, said) = finish(nepho(&[&arguments, more].concat()));
    assert_eq!(status, Some(0), "{said}");
    to.to_owned()
}

fn manifest(snapshot: &Path) -> Value {
    serde_json::from_slice(&fs::read(snapshot.join("manifest.json")).unwrap()).unwrap()
}

#[test]
fn what_readers_left_stays_and_says_nothing_secret() {
    let folder = tempfile::tempdir().unwrap();
    let (path, _) = incident(folder.path(), 20);
    let first = unpacked(&path, &folder.path().join("a"), &[]);
    // As the dashboard writes it, but that it quotes secrets, as an older nepho might have left them.
    let mut told = manifest(&first);
    let quotes: Vec<Value> = secrets::texts()
        .map(|text| {
            json!({
                "row": u64::MAX, "place": format!("Errors {text}"), "says": text, "note": format!("ask <b>ann</b> *now* {text}"),
                "marked_ms": 1_772_547_021_000_i64, "way": {"pane": 8, "part": "errors", "steps": [{"Pane": 8}, {"Find": text}]},
            })
        })
        .collect();
    let silences: Vec<Value> = secrets::texts()
        .map(|text| {
            json!({"finding": "errors:payment", "reason": format!("rolled back {text}"), "until_ms": 1_772_550_621_000_i64, "muted": true})
        })
        .collect();
    told["marks"] = quotes.clone().into();
    told["silences"] = silences.into();
    fs::write(first.join("manifest.json"), told.to_string()).unwrap();

    let settings = secrets::settings(folder.path());
    let settings = ["--config", settings.to_str().unwrap()];
    let second = unpacked(&first, &folder.path().join("b"), &settings);
    let told = manifest(&second);
    for list in ["marks", "silences"] {
        assert_eq!(told[list].as_array().unwrap().len(), quotes.len(), "{list}");
    }
    assert_eq!(told["marks"][0]["row"], u64::MAX);
    assert_eq!(told["marks"][0]["way"]["steps"][0]["Pane"], 8);
    assert_eq!(told["silences"][0]["until_ms"], 1_772_550_621_000_i64);
    for name in ["manifest.json", "report.md", "report.html"] {
        let bytes = fs::read(second.join(name)).unwrap();
        let found = secrets::found_in(&bytes);
        assert!(found.is_empty(), "{name}: {found:?}");
        let says = String::from_utf8(bytes).unwrap().replace('\\', "");
        for wanted in ["[email#", "rolled back", "errors:payment", "ann"] {
            assert!(says.contains(wanted), "{name}: {wanted}");
        }
    }
    let said = |name: &str| fs::read_to_string(second.join(name)).unwrap();
    assert!(!said("report.html").contains("<b>"), "no markup");
    assert!(
        said("report.md").contains(r"ask &lt;b&gt;ann&lt;/b&gt; \*now\*"),
        "no markup"
    );
    assert!(
        said("report.md")
            .contains("`errors:payment` is muted until 2026-03-03T15:10:21.000Z: rolled back")
    );

    // And again: nothing more is lost.
    let third = unpacked(&second, &folder.path().join("c"), &settings);
    for name in ["manifest.json", "report.md", "report.html"] {
        assert!(
            fs::read(second.join(name)).unwrap() == fs::read(third.join(name)).unwrap(),
            "{name}"
        );
    }
}

/// What is written to logs, names and traces by somebody who wants harm.
const HOSTILE: [&str; 12] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "--><svg/onload=alert(1)>",
    "]]><!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\u{1b}[31mred\u{1b}]0;owned\u{7}\u{1b}[2J",
    "right\u{202e}tfel\u{2066}\u{200b}\u{9b}31m",
    "[click](http://127.0.0.1/x) ![x](http://127.0.0.1/y) ```",
];

/// Runs that fail with such errors, lines in groups and streams of such names, segments that say such things.
fn hostile(path: &Path) {
    let mut lines = String::new();
    for (at, text) in HOSTILE.iter().enumerate() {
        for run in 0..200 {
            let id = format!("{at:08x}-0000-4000-8000-{run:012}");
            let time = 1_772_366_400_000_i64 + run * 1000;
            let failed = format!(
                "[ERROR] ValueError: {text}\nTraceback (most recent call last):\n  File \"{text}\", line 7, in {text}\n"
            );
            let messages = [
                format!("START RequestId: {id} Version: $LATEST\n"),
                if run < 100 {
                    (*text).to_owned()
                } else {
                    failed
                },
                json!({"level": "INFO", "message": text, "requestId": id}).to_string(),
                format!(
                    "REPORT RequestId: {id}\tDuration: 5.00 ms\tBilled Duration: 5 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t\n"
                ),
            ];
            for (after, message) in messages.iter().enumerate() {
                let line = json!({
                    "logGroupName": format!("/aws/lambda/hostile-{at}"), "logStreamName": format!("2026/03/01/[$LATEST]{at:032x}"),
                    "timestamp": time + after as i64, "ingestionTime": time + 500, "eventId": format!("{at}-{run}-{after}"), "message": message,
                });
                writeln!(lines, "{line}").unwrap();
            }
        }
        let elsewhere = json!({
            "logGroupName": text, "logStreamName": text, "timestamp": 1_772_366_400_000_i64, "eventId": text, "message": text,
        });
        writeln!(lines, "{elsewhere}").unwrap();
        let document = json!({
            "id": format!("{at:016x}"), "trace_id": format!("1-69a43f40-{at:024x}"), "name": text, "origin": "AWS::Lambda",
            "start_time": 1_772_366_400.0 + at as f64, "end_time": 1_772_366_400.5 + at as f64, "fault": true,
            "cause": {"exceptions": [{"id": "1", "message": text, "type": text}]},
        });
        writeln!(lines, "{document}").unwrap();
    }
    fs::write(path, lines).unwrap();
}

#[test]
fn hostile_text_is_only_text_in_every_file() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("hostile.ndjson");
    hostile(&input);
    let snapshot = unpacked(&input, &folder.path().join("a"), &[]);
    let read = |name: &str| fs::read_to_string(snapshot.join(name)).unwrap();

    for name in [
        "report.html",
        "report.md",
        "screen.svg",
        "invocations.csv",
        "findings.csv",
        "report.json",
        "trace-events.json",
        "traces.otlp.jsonl",
        "logs.otlp.jsonl",
        "manifest.json",
    ] {
        let text = read(name);
        // What programs read keeps what was logged; JSON writes the controls of ASCII as escapes.
        let is_json = name.contains(".json");
        let moves = |letter: &char| {
            letter.is_control() && !matches!(letter, '\n' | '\r') && (letter.is_ascii() || !is_json)
        };
        assert_eq!(text.chars().find(moves), None, "{name}");
        let hides = |letter: char| matches!(letter, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(is_json || !text.chars().any(hides), "{name}");
    }

    let page = read("report.html");
    // Figures in messages are written as *, so that equal errors are one.
    assert!(page.contains("alert(*)"), "the text is there");
    assert_eq!(page.matches("<script").count(), 1, "its own");
    assert_eq!(page.matches("</script").count(), 1);
    for markup in ["<img", "onerror=alert(*)>", "<!ENTITY", "<svg/"] {
        assert!(!page.contains(markup), "{markup}");
    }
    let elements = |text: &str| -> BTreeSet<String> {
        let parts = text.split('<').skip(1);
        let ends = |letter: char| letter.is_whitespace() || letter == '>';
        let names = parts.map(|part| part.split(ends).next().unwrap());
        names
            .map(|name| name.trim_matches('/').to_owned())
            .collect()
    };
    let picture = elements(&read("screen.svg"));
    let known = [
        "?xml", "svg", "g", "rect", "text", "tspan", "style", "title", "desc", "clipPath", "path",
        "line", "defs",
    ];
    assert!(
        picture.iter().all(|name| known.contains(&name.as_str())),
        "{picture:?}"
    );

    for name in ["invocations.csv", "findings.csv"] {
        let mut rows = csv::Reader::from_path(snapshot.join(name)).unwrap();
        for row in rows.records() {
            for cell in &row.unwrap() {
                let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                assert!(!is_formula || cell.parse::<f64>().is_ok(), "{name}: {cell}");
            }
        }
    }
    assert!(read("findings.csv").contains("=cmd|"), "the text is there");

    // Outside of code, which is text: between fences, and between backticks.
    let ticket = read("report.md");
    let mut fenced = false;
    for line in ticket.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let line = line.replace("\\`", "");
            let prose: String = line.split('`').step_by(2).collect();
            let prose = prose.replace("\\]", "");
            for markup in ["](http", "<script", "<img", "<svg"] {
                assert!(!prose.contains(markup), "{line}");
            }
        }
    }
    assert!(!fenced, "every fence is closed");
    for line in read("traces.otlp.jsonl")
        .lines()
        .chain(read("logs.otlp.jsonl").lines())
    {
        serde_json::from_str::<Value>(line).unwrap();
    }
}
