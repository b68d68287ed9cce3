use std::path::Path;

use proptest::prelude::*;

use super::super::shapes::{Place, any_line, one_line};
use super::*;
use crate::model::odd::Odd;
use crate::model::record::{Gap, LogLine};

/// Notes what it is handed.
#[derive(Debug, Default, PartialEq)]
struct Noted(Vec<String>);

impl Sink for Noted {
    fn log(&mut self, line: &LogLine<'_>) -> Option<Odd> {
        self.0.push(format!("log {line:?}"));
        None
    }

    fn segment(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        let json = document.text();
        self.0.push(format!("segment {json}"));
        if json.contains("broken") {
            return Err(DecodeError::Missing("id"));
        }
        Ok(())
    }

    fn metric(&mut self, document: &Document<'_>) -> Result<(), DecodeError> {
        self.0.push(format!("metric {}", document.text()));
        Ok(())
    }

    fn gap(&mut self, gap: Gap) {
        self.0.push(format!("gap {gap:?}"));
    }

    fn unparsed(&mut self, why: impl FnOnce() -> String) {
        self.0.push(why());
    }

    fn unparsed_before(&mut self, lines: u64) {
        self.0.push(format!("unparsed {lines}"));
    }
}

fn document() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec![
        "start_time",
        "start\\u005ftime",
        "traceId",
        "metric_name",
        "logStreamName",
        "events",
        "messageType",
        "Segments",
        "gap",
        "unparsed_lines",
        "id",
        "name",
        "\\ud83d",
    ]);
    let value = prop::sample::select(vec![
        "null",
        "1.5",
        "1e999",
        "01",
        "\"broken\"",
        "\"\\ude00\"",
        "\"a\tb\"",
        "[]",
        "[{\"start_time\":1}]",
        "{\"logStreamName\":1}",
    ]);
    let entry = (key, value).prop_map(|(key, value)| format!("\"{key}\":{value}"));
    let ends = prop::sample::select(vec!["}", "} ", "}}", "", "} {\"start_time\":1}"]);
    (prop::collection::vec(entry, 0..4), ends)
        .prop_map(|(entries, end)| format!("{{{}{end}", entries.join(",")))
}

proptest! {
    #[test]
    fn a_line_that_is_told_beyond_doubt_is_told_as_any_line(line in document()) {
        let place = Place { name: Path::new("a"), line: 1, log_group: None };
        let (mut quick, mut plain) = (Noted::default(), Noted::default());
        one_line(&mut quick, &line, &place, &Bump::new());
        any_line(&mut plain, &line, &place);
        prop_assert_eq!(quick, plain);
    }
}

#[test]
fn a_segment_and_a_metric_are_told_beyond_doubt() {
    let mut sink = Noted::default();
    let lines = [
        r#"{"id":"a","start_time":1.5,"subsegments":[{"start_time":1.5}]}"#,
        r#"{"metric_stream_name":"a","metric_name":"Errors"}"#,
        r#"{"id":"a"}"#,
        r#"{"start_time":1,"start_time":1}"#,
        r#"{"start_time":null}"#,
    ];
    let told = lines.map(|line| take(&mut sink, line, &Bump::new()).is_some());
    assert_eq!(told, [true, true, false, false, false]);
}
