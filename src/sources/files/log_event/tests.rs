//! The quick way and the JSON reader must give the same event, or the quick way none.

use proptest::prelude::*;

use super::super::shapes::LogEvent;
use super::*;

type Fields = (String, String, i64, Option<i64>, Option<String>, String);

fn fields(line: &LogLine<'_>) -> Fields {
    (
        line.group.to_owned(),
        line.stream.to_owned(),
        line.timestamp.0,
        line.ingestion.map(|at| at.0),
        line.event_id.map(str::to_owned),
        line.message.text().to_owned(),
    )
}

fn quick(line: &str) -> Option<Fields> {
    let read = |arena: Option<&Bump>| {
        let mut room = Vec::new();
        let event = read(line, Some("given"), &mut room, arena)?;
        let escaped = event.message.escaped().expect("it stands in JSON");
        let again: String = serde_json::from_str(&format!("\"{escaped}\"")).expect("a string");
        assert_eq!(again, event.message.text(), "as it stands in the line");
        Some(fields(&event))
    };
    let fields = read(None);
    assert_eq!(read(Some(&Bump::new())), fields, "{line}");
    fields
}

fn parsed(line: &str) -> Option<Fields> {
    let event: LogEvent<'_> = serde_json::from_str(line).ok()?;
    Some(fields(&event.line(Some("given"))))
}

#[test]
fn keys_may_stand_in_any_order_and_spaces_between() {
    let line = r#"{ "message" : "a\n\"b\" \u00e9\/", "timestamp": 7, "logStreamName":"s" }"#;
    let event = quick(line).expect("plain");
    assert_eq!(event, parsed(line).expect("valid"));
    assert_eq!(
        (event.0.as_str(), event.5.as_str()),
        ("given", "a\n\"b\" é/")
    );
}

#[test]
fn what_is_not_plain_is_left_to_the_json_reader() {
    for line in [
        r#"{"logStreamName":"s","timestamp":7}"#,
        r#"{"logStreamName":"s","timestamp":7,"message":"a","message":"b"}"#,
        r#"{"logStreamName":"s","timestamp":7,"message":"a","more":1}"#,
        r#"{"logStreamName":"s","timestamp":7.0,"message":"a"}"#,
        r#"{"logStreamName":"s","timestamp":-7,"message":"a"}"#,
        r#"{"logStreamName":"s","timestamp":07,"message":"a"}"#,
        r#"{"logStreamName":"s","timestamp":99999999999999999999,"message":"a"}"#,
        r#"{"logStreamName":"s","timestamp":7,"message":"\ud83d"}"#,
        r#"{"logStreamName":"s","timestamp":7,"message":"\ude00\ud83d"}"#,
        r#"{"logStreamName":"s","timestamp":7,"message":"\x"}"#,
        r#"{"logStreamName":"s","timestamp":7,"message":"a"}}"#,
        r#"{"logStreamName":"s","timestamp":7,"message":"a",}"#,
        r#"{"logStreamName":"s","timestamp":7,"message":"a"#,
        r#"{"logStreamName":"s","timestamp":7,"message":null}"#,
        "{\"logStreamName\":\"s\",\"timestamp\":7,\"message\":\"a\tb\"}",
        "{}",
        "",
    ] {
        assert_eq!(quick(line), None, "{line}");
    }
}

proptest! {
    /// One damaged place of a real line: the quick way gives what the JSON reader gives, or nothing.
    #[test]
    fn a_damaged_line_is_never_read_otherwise(
        at in 0usize..4_000,
        cut in 0usize..3,
        put in prop::sample::select(vec!["", "\"", "\\", "{", "}", ",", ":", "0", "-", " ", "\\u", "\\ud83d", "\\ude00", "\\n", "null", "\t", "é"]),
        which in 0usize..6,
    ) {
        const LINES: [&str; 6] = [
            r#"{"logGroupName":"/aws/lambda/auth","logStreamName":"2026/11/24/[14]53","timestamp":1795484906614,"message":"START RequestId: d5c3 Version: 14\n","ingestionTime":1795484908060,"eventId":"4004065141021365"}"#,
            r#"{"logStreamName":"s","timestamp":1795484906614,"message":"{\"a\":{\"b\":[1,2,\"x\\\"y\"]},\"c\":\"\\n\"}","eventId":"17"}"#,
            r#"{"message":"plain","logStreamName":"s","timestamp":0}"#,
            r#"{"timestamp":12,"logStreamName":"s","message":"\u00e9\u20ac \\ \/ \b\f\r\t","logGroupName":"g"}"#,
            r#"{"logStreamName":"","timestamp":5,"message":"","eventId":"","ingestionTime":6}"#,
            r#"{"logStreamName":"s","timestamp":1,"message":"日本語 \"x\""}"#,
        ];
        let line = LINES[which];
        let boundary = |at: usize| (0..=at.min(line.len())).rev().find(|at| line.is_char_boundary(*at));
        let from = boundary(at % (line.len() + 1)).unwrap_or(0);
        let to = boundary(from + cut).unwrap_or(from).max(from);
        let damaged = format!("{}{put}{}", &line[..from], &line[to..]);
        let quick = quick(&damaged);
        prop_assert!(quick.is_none() || quick == parsed(&damaged), "{damaged}");
    }

    /// Whatever a message holds, it is read as it was written.
    #[test]
    fn any_message_is_read_whole(message in "([a-z]{0,12}|[\"\\\\/\n\t\r\u{1}é日]){0,12}") {
        let line = serde_json::json!({ "logStreamName": "s", "timestamp": 1, "message": message }).to_string();
        prop_assert_eq!(quick(&line).map(|event| event.5), Some(message));
    }
}
