//! Whole records: every text of each.

use std::borrow::Cow;

use hashbrown::HashSet;

use super::counts::Counts;
use super::{Redactor, field};
use crate::model::message::Message;
use crate::model::record::{Gap, LogLine, Record};
use crate::model::time::Timestamp;

/// A log event without what the rules took out.
#[derive(Clone, Debug)]
pub struct RedactedLine<'a> {
    group: Cow<'a, str>,
    stream: Cow<'a, str>,
    timestamp: Timestamp,
    ingestion: Option<Timestamp>,
    event_id: Option<Cow<'a, str>>,
    message: Cow<'a, str>,
}

impl RedactedLine<'_> {
    /// As decoders take it.
    pub fn line(&self) -> LogLine<'_> {
        LogLine {
            group: &self.group,
            stream: &self.stream,
            timestamp: self.timestamp,
            ingestion: self.ingestion,
            event_id: self.event_id.as_deref(),
            message: Message::Text(&self.message),
        }
    }
}

/// CloudWatch numbers its events by 56 digits: more than a card or an account has.
fn is_number_of_an_event(id: &str) -> bool {
    id.len() > 40 && id.bytes().all(|byte| byte.is_ascii_digit())
}

/// Names of groups and streams that hold nothing to take out: they come again with every line.
#[derive(Clone, Debug, Default)]
pub struct CleanNames(HashSet<Box<str>>);

impl CleanNames {
    fn name<'a>(
        &mut self,
        redactor: &Redactor,
        name: &'a str,
        counts: &mut Counts,
    ) -> Cow<'a, str> {
        if self.0.contains(name) {
            return Cow::Borrowed(name);
        }
        let redacted = redactor.text(name, counts);
        if redacted == name {
            self.0.insert(name.into());
        }
        redacted
    }
}

impl Redactor {
    /// A log event, all its texts. `clean` is of the same redactor, and lives as long as a stretch of records.
    pub fn line<'a>(
        &self,
        line: &LogLine<'a>,
        clean: &mut CleanNames,
        counts: &mut Counts,
    ) -> RedactedLine<'a> {
        RedactedLine {
            group: clean.name(self, line.group, counts),
            stream: clean.name(self, line.stream, counts),
            timestamp: line.timestamp,
            ingestion: line.ingestion,
            event_id: line.event_id.map(|id| {
                if self.patterns.is_empty() && is_number_of_an_event(id) {
                    Cow::Borrowed(id)
                } else {
                    self.text(id, counts)
                }
            }),
            message: self.text(line.message.text(), counts),
        }
    }

    /// A function configuration: its environment variables go whatever they say.
    pub fn function<'a>(&self, json: &'a str, counts: &mut Counts) -> Cow<'a, str> {
        let mut environment = |text: &str, finds: &mut super::Finds| {
            field::find_environment(text, finds);
        };
        match self.masked(json, &mut environment, counts) {
            Some(masked) => Cow::Owned(self.text(&masked, counts).into_owned()),
            None => self.text(json, counts),
        }
    }

    /// A stretch that was not seen: the name of its group.
    pub fn gap(&self, gap: Gap, counts: &mut Counts) -> Gap {
        Gap {
            group: self.text(&gap.group, counts).into(),
            ..gap
        }
    }

    /// A record of any kind.
    pub fn record(&self, record: Record, counts: &mut Counts) -> Record {
        match record {
            Record::Log(log) => {
                let line = self.line(&log.line(), &mut CleanNames::default(), counts);
                Record::Log((&line.line()).into())
            }
            Record::Segment(json) => Record::Segment(self.text(&json, counts).into()),
            Record::Metric(json) => Record::Metric(self.text(&json, counts).into()),
            Record::Function(json) => Record::Function(self.function(&json, counts).into()),
            Record::Gap(gap) => Record::Gap(self.gap(gap, counts)),
        }
    }
}
