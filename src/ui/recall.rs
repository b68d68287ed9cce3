//! Which raw records are wanted where somebody asks for lines that are not held any more.

use std::sync::Arc;

use regex::bytes::{Regex, RegexBuilder};

use crate::export::records::Wanted;
use crate::model::analysis::Analysis;
use crate::model::record::LogLine;
use crate::store::log_text::{Line, LineId, StreamNo};
use crate::store::recalled::{Asked, Stretch};

use super::filter::{Filter, Seen};
use super::page::Row;
use super::writers::{self, Writers};

/// The least letters of a mark: what is shorter stands in nearly every line.
const LEAST: usize = 3;

/// What is wanted, or what is wrong with the filter.
pub fn wanted(asked: &Asked, analysis: &Arc<Analysis>) -> Result<Wanted, String> {
    match asked {
        Asked::Stretch(stretch) => Ok(of_stretch(stretch.clone())),
        Asked::Filter(text) => of_filter(text, analysis),
    }
}

fn of_stretch(stretch: Stretch) -> Wanted {
    Wanted {
        marks: mark(&stretch.stream, |_| false).into_iter().collect(),
        holds: Box::new(move |line| {
            (line.group, line.stream) == (&*stretch.group, &*stretch.stream)
                && line.timestamp >= stretch.from
                && line.timestamp <= stretch.to
        }),
    }
}

/// The same lines that the filter lets through in the tail.
fn of_filter(text: &str, analysis: &Arc<Analysis>) -> Result<Wanted, String> {
    let filter = Filter::parse(text, &writers::columns())?;
    let writers = Writers::all(analysis);
    // A function's name need not stand in its records.
    let is_name = |word: &str| {
        let mut functions = writers.functions();
        functions.any(|name| name.to_lowercase().contains(&word.to_lowercase()))
    };
    let marks = filter.wholes().filter_map(|word| mark(word, is_name));
    let marks = marks.collect();
    let analysis = Arc::clone(analysis);
    let holds = move |line: &LogLine<'_>| {
        let stream = analysis.facts.stream_named(line.group, line.stream);
        let line = Line {
            id: LineId(0),
            // A number that no stream has.
            stream: StreamNo(stream.unwrap_or(u32::MAX)),
            at: line.timestamp,
            order: 0,
            lag_ms: line.ingestion.map(|at| at.since(line.timestamp)),
            text: line.message.text(),
        };
        let row = if filter.is_of_text() {
            Row::default()
        } else {
            writers.row(&analysis, &line)
        };
        let text = writers.words(&line).to_lowercase();
        filter.holds(&Seen {
            row: &row,
            text: &text,
        })
    };
    Ok(Wanted {
        marks,
        holds: Box::new(holds),
    })
}

/// The longest part of a word that stands in JSON as it stands in the word, whatever the case of its letters: one of letters that no
/// writer escapes, and that no other letter becomes in lower case (İ becomes i, the sign of Kelvin k).
fn mark(word: &str, is_name: impl Fn(&str) -> bool) -> Option<Regex> {
    let is_plain = |letter: char| {
        letter.is_ascii_alphanumeric() && !"iIkK".contains(letter) || "_-.:".contains(letter)
    };
    let parts = word.split(|letter| !is_plain(letter));
    let parts = parts.filter(|part| part.len() >= LEAST && !is_name(part));
    let longest = parts.max_by_key(|part| part.len())?;
    let mut pattern = RegexBuilder::new(&regex::escape(longest));
    pattern.case_insensitive(true).unicode(false).build().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::export::recording::write_log;
    use crate::export::records::{Origin, recall};
    use crate::model::time::Timestamp;
    use crate::store::journal::Journal;

    fn marked(word: &str) -> Option<String> {
        mark(word, |part| "checkout".contains(part)).map(|mark| mark.to_string())
    }

    #[test]
    fn a_mark_is_the_longest_part_that_any_json_has_as_it_is() {
        assert_eq!(marked("timeout").as_deref(), Some("meout"));
        assert_eq!(
            marked("task timed out: 42").as_deref(),
            Some("out:"),
            "no k, no i"
        );
        assert_eq!(marked("\"no\" / Zürich"), None, "escaped, or short");
        assert_eq!(marked("kik"), None);
        assert_eq!(marked("checkout"), None, "a function's name");
        assert!(mark("ERROR", |_| false).is_some_and(|mark| mark.is_match(b"an error")));
    }

    fn message() -> impl Strategy<Value = String> {
        let words = prop::sample::select(vec![
            "timeout",
            "TIMEOUT",
            "Time",
            "out",
            "\"",
            "\\",
            "\n",
            " ",
            "/",
            "K",
            "\u{212a}",
            "\u{130}",
            "i",
            "é",
            "{\"a\":\"timeout\"}",
        ]);
        prop::collection::vec(words, 1..8).prop_map(|words| words.concat())
    }

    proptest! {
        #[test]
        fn no_wanted_line_lacks_a_mark(messages in prop::collection::vec(message(), 1..20), word in message()) {
            // A quote in a filter is a sign of its own.
            let word = word.replace('"', "");
            prop_assume!(!word.trim().is_empty());
            let asked = Asked::Filter(format!("\"{word}\""));
            let wanted = wanted(&asked, &Arc::default()).unwrap();
            let (mut bytes, mut count) = (Vec::new(), 0);
            for (at, message) in (0..).zip(&messages) {
                let line = LogLine {
                    group: "g",
                    stream: "s",
                    timestamp: Timestamp(at),
                    ingestion: None,
                    event_id: None,
                    message: message.as_str().into(),
                };
                write_log(&line, &mut bytes);
                count += u64::from((wanted.holds)(&line));
            }
            let mut journal = Journal::new(None);
            journal.push(&bytes, None).unwrap();
            let found = recall(&Origin::Journal(journal), None, asked, &wanted, &mut |_, _| true);
            prop_assert_eq!(found.unwrap().unwrap().found, count);
        }
    }
}
