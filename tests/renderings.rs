//! A snapshot for programs that nobody here wrote: `tests/support/renderings.py` opens what this leaves in `target/tmp/renderings`.

#[path = "support/program.rs"]
mod program;

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use nepho::demo::{Options, SETTINGS, Scenario, World};
use nepho::export::recording::write_record;
use nepho::model::record::{LogRecord, Record};
use nepho::model::time::Timestamp;
use program::{finish, nepho};
use serde_json::Value;

/// 2026-03-03T14:10:21Z, and the two minutes before it.
const END: Timestamp = Timestamp(1_772_547_021_000);
const HISTORY_MS: i64 = 120_000;

#[test]
fn every_rendering_of_an_incident_with_hostile_lines_is_written() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("renderings");
    fs::remove_dir_all(&folder).ok();
    fs::create_dir_all(&folder).unwrap();
    let (recording, settings) = (folder.join("incident.ndjson"), folder.join("shop.toml"));
    let mut out = BufWriter::new(File::create(&recording).unwrap());
    let options = Options {
        scenario: Scenario::Incident,
        seed: 7,
        start: END,
        duration_ms: Some(0),
        history_ms: Some(HISTORY_MS),
    };
    let world = World::new(&options).map(|(_, record)| record);
    for record in world.chain(hostile()) {
        write_record(&record, &mut out).unwrap();
    }
    out.flush().unwrap();
    fs::write(&settings, SETTINGS).unwrap();

    let snapshot = folder.join("snapshot");
    let [recording, settings, to] =
        [&recording, &settings, &snapshot].map(|path| path.to_str().unwrap());
    let arguments = [
        "snapshot", recording, "--config", settings, "--dir", "-o", to,
    ];
    let (status, _, said) = finish(nepho(&arguments));
    assert_eq!(status, Some(0), "{said}");
    let manifest = fs::read_to_string(snapshot.join("manifest.json")).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    for name in [
        "report.html",
        "invocations.csv",
        "findings.csv",
        "traces.otlp.jsonl",
        "logs.otlp.jsonl",
        "trace-events.json",
    ] {
        let files = manifest["files"].as_array().unwrap();
        let file = files.iter().find(|file| file["name"] == name);
        assert!(
            file.is_some_and(|file| file["bytes"].as_u64() > Some(100)),
            "{name}"
        );
    }
}

/// Runs that fail with markup, a formula and escape sequences for a message.
fn hostile() -> impl Iterator<Item = Record> {
    (0..300).flat_map(|run| {
        let at = END.plus_ms(run * 300 - 100_000);
        let id = format!("00000000-0000-4000-8000-{run:012}");
        let lines = [
            (0, format!("START RequestId: {id} Version: $LATEST\n")),
            (
                40,
                "[ERROR] ValueError: =1+1 <img src=http://127.0.0.1:9/x onerror=alert(1)> \u{1b}[31mred</script><script>alert(2)</script>\n"
                    .to_owned(),
            ),
            (50, format!("END RequestId: {id}\n")),
            (
                50,
                format!(
                    "REPORT RequestId: {id}\tDuration: 50.00 ms\tBilled Duration: 50 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t\n"
                ),
            ),
        ];
        lines.map(|(after, message)| {
            Record::Log(LogRecord {
                group: "/aws/lambda/hostile".into(),
                stream: "2026/03/03/[$LATEST]0123456789abcdef0123456789abcdef".into(),
                timestamp: at.plus_ms(after),
                ingestion: Some(at.plus_ms(after + 500)),
                event_id: Some(format!("{run}-{after}-{}", message.len()).into()),
                message: message.into(),
            })
        })
    })
}
