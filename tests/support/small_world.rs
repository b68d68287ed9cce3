//! A small world in a file: one function that fails, with hostile text in its lines.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

const START: i64 = 1_772_366_400_000;

/// The file, written once a run.
pub fn file() -> PathBuf {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
        let path = folder.join(format!("small-world-{}.ndjson", std::process::id()));
        fs::write(&path, lines()).unwrap();
        path
    })
    .clone()
}

fn lines() -> String {
    let mut all = String::new();
    for run in 0..600 {
        let at = START + run * 1000;
        let id = format!("00000000-0000-4000-8000-{run:012}");
        let mut put = |after: i64, message: &str| {
            let line = serde_json::json!({
                "logGroupName": "/aws/lambda/failing",
                "logStreamName": "2026/03/01/[$LATEST]0123456789abcdef0123456789abcdef",
                "timestamp": at + after,
                "ingestionTime": at + after + 500,
                "eventId": format!("{run}-{after}-{}", message.len()),
                "message": message,
            });
            writeln!(all, "{line}").unwrap();
        };
        put(0, &format!("START RequestId: {id} Version: $LATEST\n"));
        put(1, "hostile \x1b]0;owned\x07 \x1b[31mred\x1b[2J\u{202e}\n");
        if run >= 300 {
            put(
                40,
                "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 7, in handler\n    return event['order']\n",
            );
        }
        put(50, &format!("END RequestId: {id}\n"));
        put(
            50,
            &format!(
                "REPORT RequestId: {id}\tDuration: 50.00 ms\tBilled Duration: 50 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t\n"
            ),
        );
    }
    all
}
