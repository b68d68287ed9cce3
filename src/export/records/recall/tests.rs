use regex::bytes::Regex;

use super::*;
use crate::export::recording::write_log;
use crate::model::settings::RedactSettings;
use crate::model::time::Timestamp;
use crate::redact::Key;
use crate::store::journal::Journal;

/// Records as a poll brings them.
fn journal(lines: &[(&str, i64, &str)]) -> Journal {
    let mut bytes = Vec::new();
    for (id, at, message) in lines {
        let line = LogLine {
            group: "/aws/lambda/orders",
            stream: "2026/03/03/[9]a41c",
            timestamp: Timestamp(*at),
            ingestion: None,
            event_id: Some(id),
            message: (*message).into(),
        };
        write_log(&line, &mut bytes);
    }
    let mut journal = Journal::new(None);
    journal.push(&bytes, None).unwrap();
    journal
}

fn with(word: &'static str) -> Wanted {
    Wanted {
        marks: vec![Regex::new(word).unwrap()],
        holds: Box::new(move |line| line.message.text().contains(word)),
    }
}

fn asked() -> Asked {
    Asked::Filter("refused".to_owned())
}

fn texts(recalled: &Answer) -> Vec<&str> {
    recalled.text.lines().map(|line| line.text).collect()
}

#[test]
fn every_line_that_is_wanted_is_found_and_a_line_read_twice_once() {
    let origin = Origin::Journal(journal(&[
        ("1", 10, "payment refused"),
        ("2", 20, "paid"),
        ("1", 10, "payment refused"),
        ("3", 30, "refused again"),
    ]));
    let recalled = recall(&origin, None, asked(), &with("refused"), &mut |_, _| true);
    let recalled = recalled.unwrap().unwrap();
    assert_eq!((recalled.found, recalled.exact), (2, true));
    assert_eq!(texts(&recalled), ["payment refused", "refused again"]);
    assert_eq!(recalled.asked, asked());
}

#[test]
fn who_stops_it_gets_nothing() {
    let origin = Origin::Journal(journal(&[("1", 10, "refused")]));
    let recalled = recall(&origin, None, asked(), &with("refused"), &mut |_, _| false);
    assert!(recalled.unwrap().is_none());
}

#[test]
fn what_the_screen_masks_is_masked_here_too_and_not_looked_for() {
    let origin = Origin::Journal(journal(&[("1", 10, "refused, password=hunter2hunter2")]));
    let redactor = Redactor::new(&RedactSettings::default(), Key::of_text("k"));
    let redactor = Arc::new(redactor.unwrap());
    let find = |word| {
        let recalled = recall(
            &origin,
            Some(&redactor),
            asked(),
            &with(word),
            &mut |_, _| true,
        );
        recalled.unwrap().unwrap()
    };
    let shown = find("refused");
    assert_eq!(shown.found, 1);
    assert!(!texts(&shown)[0].contains("hunter2"), "{:?}", texts(&shown));
    assert_eq!(find("hunter2").found, 0);
}
