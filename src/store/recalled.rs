//! Log lines that were read again from the raw records, because somebody asked for what is not held any more.

use std::sync::Arc;

use super::log_text::{LineId, LogText};
use crate::model::time::Timestamp;

/// Lines that were read again have numbers from here on, each kind its own: no line that comes ever gets so far.
const OF_FILTER: LineId = LineId(1 << 63);
const OF_STRETCH: LineId = LineId(3 << 62);

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Every line of a stretch.
    Stretch(Stretch),
    /// Every line that a filter lets through, as it was typed.
    Filter(String),
}

/// A log stream in `[from, to]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub group: String,
    pub stream: String,
    pub from: Timestamp,
    pub to: Timestamp,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Answer {
    pub asked: Asked,
    /// The lines, of very many the newest.
    pub text: LogText,
    /// All that were found.
    pub found: u64,
    /// No line can have been counted twice.
    pub exact: bool,
}

/// The last answer of each kind. A copy shares them.
#[derive(Clone, Debug, Default)]
pub struct Recalled {
    filter: Option<Arc<Answer>>,
    stretch: Option<Arc<Answer>>,
}

impl Asked {
    /// An empty store for its lines that holds at most `limit` bytes.
    pub fn store(&self, limit: usize) -> LogText {
        let first = match self {
            Self::Stretch(_) => OF_STRETCH,
            Self::Filter(_) => OF_FILTER,
        };
        LogText::from(first, limit)
    }
}

impl Stretch {
    /// Whether the other lies in it.
    fn holds(&self, other: &Self) -> bool {
        let is_same = (&self.group, &self.stream) == (&other.group, &other.stream);
        is_same && self.from <= other.from && self.to >= other.to
    }
}

impl Recalled {
    /// Takes the place of the answer before.
    pub fn take(&mut self, answer: Answer) {
        let place = match answer.asked {
            Asked::Stretch(_) => &mut self.stretch,
            Asked::Filter(_) => &mut self.filter,
        };
        *place = Some(Arc::new(answer));
    }

    /// The lines of a stretch, if the last that was asked for is no less.
    pub fn of_stretch(&self, wanted: &Stretch) -> Option<&LogText> {
        let answer = self.stretch.as_ref()?;
        let is_of = matches!(&answer.asked, Asked::Stretch(asked) if asked.holds(wanted));
        is_of.then_some(&answer.text)
    }

    /// What a filter found, if it was the last that was asked for.
    pub fn of_filter(&self, filter: &str) -> Option<&Answer> {
        let answer = self.filter.as_deref()?;
        matches!(&answer.asked, Asked::Filter(asked) if asked == filter).then_some(answer)
    }

    /// The store that a line is in; `None` where it was not read again.
    pub fn text_of(&self, line: LineId) -> Option<&LogText> {
        let answer = match line {
            line if line >= OF_STRETCH => &self.stretch,
            line if line >= OF_FILTER => &self.filter,
            _ => &None,
        };
        answer.as_ref().map(|answer| &answer.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::record::LogLine;

    fn stretch(stream: &str, from: i64, to: i64) -> Stretch {
        Stretch {
            group: "/aws/lambda/orders".to_owned(),
            stream: stream.to_owned(),
            from: Timestamp(from),
            to: Timestamp(to),
        }
    }

    fn answer(asked: Asked, message: &str) -> Answer {
        let mut text = asked.store(1 << 20);
        let line = LogLine {
            group: "/aws/lambda/orders",
            stream: "a",
            timestamp: Timestamp(12),
            ingestion: None,
            event_id: None,
            message: message.into(),
        };
        text.push(&line, 0);
        Answer {
            asked,
            text,
            found: 1,
            exact: true,
        }
    }

    #[test]
    fn a_stretch_answers_for_every_stretch_in_it() {
        let mut recalled = Recalled::default();
        assert!(recalled.of_stretch(&stretch("a", 12, 13)).is_none());
        recalled.take(answer(Asked::Stretch(stretch("a", 10, 20)), "read"));
        let knows = |wanted: Stretch| recalled.of_stretch(&wanted).is_some();
        assert!(knows(stretch("a", 10, 20)) && knows(stretch("a", 12, 13)));
        assert!(!knows(stretch("a", 9, 20)) && !knows(stretch("a", 10, 21)));
        assert!(!knows(stretch("b", 12, 13)));
    }

    #[test]
    fn the_last_answer_of_each_kind_is_kept_and_no_line_is_taken_for_another() {
        let mut recalled = Recalled::default();
        recalled.take(answer(Asked::Filter("refused".to_owned()), "refused"));
        recalled.take(answer(Asked::Stretch(stretch("a", 0, 5)), "old"));
        recalled.take(answer(Asked::Stretch(stretch("a", 10, 20)), "of a run"));
        assert!(recalled.of_stretch(&stretch("a", 0, 5)).is_none());
        assert!(recalled.of_filter("another").is_none());
        let of_filter = recalled.of_filter("refused").map(|answer| &answer.text);
        let of_stretch = recalled.of_stretch(&stretch("a", 10, 20));
        for (text, said) in [(of_filter, "refused"), (of_stretch, "of a run")] {
            let id = text.unwrap().lines().next().unwrap().id;
            let line = recalled.text_of(id).and_then(|text| text.line(id));
            assert_eq!(line.map(|line| line.text), Some(said));
        }
        assert!(recalled.text_of(LineId(0)).is_none());
    }
}
