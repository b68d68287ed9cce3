//! Whole records: every text of each.

use std::borrow::Cow;

use super::counts::Counts;
use super::{Redactor, field};
use crate::model::record::{Gap, LogLine, LogRecord, Record};
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
            message: &self.message,
        }
    }
}

impl Redactor {
    /// A log event, all its texts.
    pub fn line<'a>(&self, line: &LogLine<'a>, counts: &mut Counts) -> RedactedLine<'a> {
        RedactedLine {
            group: self.text(line.group, counts),
            stream: self.text(line.stream, counts),
            timestamp: line.timestamp,
            ingestion: line.ingestion,
            event_id: line.event_id.map(|id| self.text(id, counts)),
            message: self.text(line.message, counts),
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
                let line = self.line(&log.line(), counts);
                Record::Log(LogRecord {
                    group: line.group.into(),
                    stream: line.stream.into(),
                    timestamp: line.timestamp,
                    ingestion: line.ingestion,
                    event_id: line.event_id.map(Into::into),
                    message: line.message.into(),
                })
            }
            Record::Segment(json) => Record::Segment(self.text(&json, counts).into()),
            Record::Metric(json) => Record::Metric(self.text(&json, counts).into()),
            Record::Function(json) => Record::Function(self.function(&json, counts).into()),
            Record::Gap(gap) => Record::Gap(self.gap(gap, counts)),
        }
    }
}
