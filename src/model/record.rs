//! Raw records, exactly as a source got them: nothing is read out of them before `decode`.

use std::sync::Arc;

use super::message::Message;
use super::time::Timestamp;

/// One raw record of any source. The wire shapes are those of the report contract (README, "Inputs").
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// One CloudWatch Logs event.
    Log(LogRecord),
    /// One X-Ray segment document (JSON text), or one span of `aws/spans`.
    Segment(Box<str>),
    /// One CloudWatch metric-stream line (JSON text).
    Metric(Box<str>),
    /// One function configuration (JSON text), as `ListFunctions` gives it, `ReservedConcurrentExecutions` beside it.
    Function(Box<str>),
    /// A stretch that the source knows it did not see.
    Gap(Gap),
}

impl Record {
    /// Bytes of its texts.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Log(line) => line.stream.len() + line.message.len(),
            Self::Segment(json) | Self::Metric(json) | Self::Function(json) => json.len(),
            Self::Gap(_) => 0,
        }
    }
}

/// One CloudWatch Logs event with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// Shared, as the stream is: those of one page mostly stand in one.
    pub group: Arc<str>,
    pub stream: Arc<str>,
    pub timestamp: Timestamp,
    pub ingestion: Option<Timestamp>,
    pub event_id: Option<Box<str>>,
    pub message: Box<str>,
}

impl LogRecord {
    /// This record as decoders take it.
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

/// A borrowed log event: what a decoder looks at, once.
#[derive(Clone, Copy, Debug)]
pub struct LogLine<'a> {
    pub group: &'a str,
    pub stream: &'a str,
    pub timestamp: Timestamp,
    pub ingestion: Option<Timestamp>,
    pub event_id: Option<&'a str>,
    pub message: Message<'a>,
}

impl From<&LogLine<'_>> for LogRecord {
    fn from(line: &LogLine<'_>) -> Self {
        Self {
            group: line.group.into(),
            stream: line.stream.into(),
            timestamp: line.timestamp,
            ingestion: line.ingestion,
            event_id: line.event_id.map(Into::into),
            message: line.message.text().into(),
        }
    }
}

/// Why a stretch of a log group was not seen. The words are the contract's.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[strum(serialize_all = "snake_case")]
pub enum GapReason {
    Throttled,
    Denied,
    Outage,
    Sampled,
    Dropped,
}

/// A stretch `[from, to)` of one log group that was not seen, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    pub group: Box<str>,
    pub from: Timestamp,
    pub to: Timestamp,
    pub why: GapReason,
}
