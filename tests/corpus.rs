//! Replays the fuzz corpora, and lines no fuzzer would be patient enough to write.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::Path;

#[path = "../fuzz/targets.rs"]
mod targets;

#[path = "support/pieces.rs"]
mod pieces;

use pieces::{ALL_MARKS, PIECES, repeated};

fn replay(name: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("readable").path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    for file in files {
        let data = fs::read(&file).expect("readable");
        target(&data);
        // Cut anywhere, it is still only text.
        for end in [data.len() / 3, data.len() / 2, data.len().saturating_sub(2)] {
            target(&data[..end]);
        }
    }
}

#[rstest::rstest]
#[case::platform_text("platform_text", targets::platform_text)]
#[case::platform_json("platform_json", targets::platform_json)]
#[case::app_line("app_line", targets::app_line)]
#[case::payload("payload", targets::payload)]
#[case::extract("extract", targets::extract)]
#[case::gateway_log("gateway_log", targets::gateway_log)]
#[case::segment("segment", targets::segment)]
#[case::metric("metric", targets::metric)]
#[case::function_config("function_config", targets::function_config)]
#[case::place("place", targets::place)]
#[case::log_event("log_event", targets::log_event)]
fn every_input_is_survived(#[case] name: &str, #[case] target: fn(&[u8])) {
    replay(name, target);
}

/// Beginnings that lead into every grammar.
const HEADS: [&str; 10] = [
    "",
    "REPORT RequestId: d46f2f88-b8fa-4993-b8be-c756d697f8b1\t",
    "INIT_START ",
    "[ERROR] Error: ",
    "2026-11-20T10:00:05.353Z\td46f2f88-b8fa-4993-b8be-c756d697f8b1\tERROR\t",
    "2026-11-20T10:00:05.353Z d46f2f88-b8fa-4993-b8be-c756d697f8b1 Error ",
    "{\"type\":\"platform.report\",\"record\":",
    "{\"message\":\"Error ",
    "Error thread 'main' panicked at ",
    "(4f3e3b0f) Error ",
];

#[test]
fn a_long_line_of_anything_takes_linear_time() {
    for piece in PIECES {
        for head in HEADS {
            targets::app_line(repeated(head, piece, 1 << 12).as_bytes());
        }
        targets::app_line(repeated(ALL_MARKS, piece, 1 << 16).as_bytes());
    }
    for piece in ["a", "=", "{", "at "] {
        targets::app_line(repeated(ALL_MARKS, piece, 1 << 20).as_bytes());
    }
}

#[test]
fn so_do_logs_of_gateways_documents_and_rules() {
    for piece in PIECES {
        let text = repeated("", piece, 1 << 15);
        for group in [
            "/logs/x",
            "API-Gateway-Execution-Logs_x/y",
            "/aws/appsync/apis/x",
        ] {
            targets::gateway_log(format!("{group}\n{text}").as_bytes());
            targets::gateway_log(format!("{group}\n{{\"a\":\"{text}").as_bytes());
        }
        targets::segment(text.as_bytes());
        targets::extract(text.as_bytes());
        targets::place(format!("{text}\n2026/11/20/{text}[{text}").as_bytes());
    }
}

#[test]
fn an_object_of_many_keys_and_ten_thousand_levels_are_survived() {
    let keys: Vec<String> = (0..100_000)
        .map(|key| format!("\"Error{key}\":\"x\""))
        .collect();
    let wide = format!("{{{}}}", keys.join(","));
    targets::app_line(wide.as_bytes());
    targets::segment(wide.as_bytes());
    for (open, close) in [("[", "]"), ("{\"Records\":[", "]}"), ("{\"message\":", "}")] {
        let deep = format!("{}1{}", open.repeat(10_000), close.repeat(10_000));
        targets::app_line(deep.as_bytes());
        targets::platform_json(deep.as_bytes());
        targets::segment(deep.as_bytes());
    }
}
