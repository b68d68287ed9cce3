//! Log lines as log records, each with the span of the run that wrote it.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::attributes::{any, list, text};
use super::batch::{Batches, Request};
use super::{Telemetry, nanos, resource, valid};
use crate::decode::{Head, head};
use crate::model::fact::Level;
use crate::model::ids::RequestId;
use crate::model::invocation::InvocationIndex;
use crate::model::record::LogLine;
use crate::model::time::Timestamp;

/// What is known of a line, whatever it is encoded in.
pub(in crate::export) struct Entry<'l> {
    pub(in crate::export) line: LogLine<'l>,
    pub(in crate::export) level: Option<Level>,
    pub(in crate::export) request: Option<RequestId>,
    pub(in crate::export) trace: Option<[u8; 16]>,
    pub(in crate::export) span: Option<[u8; 8]>,
}

impl Entry<'_> {
    /// Nanoseconds since the epoch: of the line, and of its ingestion; 0 where that is not known.
    pub(in crate::export) fn nanos(&self) -> (u64, u64) {
        let observed = self.line.ingestion.map_or(0, nanos);
        (nanos(self.line.timestamp), observed)
    }

    /// Number and name of its level.
    pub(in crate::export) fn severity(&self) -> Option<(i32, &'static str)> {
        self.level
            .map(|level| (severity(level) as i32, level.into()))
    }
}

/// Names of the attributes that a line has.
pub(in crate::export) const EVENT_ID: &str = "log.record.uid";
pub(in crate::export) const REQUEST_ID: &str = "faas.invocation_id";

impl From<Entry<'_>> for LogRecord {
    fn from(entry: Entry<'_>) -> Self {
        let (time_unix_nano, observed_time_unix_nano) = entry.nanos();
        let (number, name) = entry.severity().unwrap_or_default();
        let ids = [
            (EVENT_ID, entry.line.event_id.map(str::to_owned)),
            (REQUEST_ID, entry.request.map(|id| id.to_string())),
        ];
        Self {
            time_unix_nano,
            observed_time_unix_nano,
            severity_number: number,
            severity_text: name.to_owned(),
            body: Some(any(Value::StringValue(
                entry.line.message.text().to_owned(),
            ))),
            attributes: ids
                .into_iter()
                .filter_map(|(name, value)| Some(text(name, value?)))
                .collect(),
            trace_id: entry.trace.map(Vec::from).unwrap_or_default(),
            span_id: entry.span.map(Vec::from).unwrap_or_default(),
            ..Self::default()
        }
    }
}

/// What log lines come from: each has one resource.
#[derive(PartialEq, Eq, Hash)]
pub(in crate::export) enum Place {
    /// Index in `Facts::streams`.
    Known(u32),
    /// Group and stream of which nothing is remembered.
    Elsewhere(Box<str>, Box<str>),
}

/// Takes log records one by one and gives them back in requests.
pub(in crate::export) struct LogBatches<'t, 'a, R> {
    telemetry: &'t Telemetry<'a>,
    batches: Batches<Place, R>,
}

impl<'t, 'a, R: Request> LogBatches<'t, 'a, R> {
    /// Requests have at most `limit` bytes; a larger record goes alone.
    pub(in crate::export) fn new(telemetry: &'t Telemetry<'a>, limit: usize) -> Self {
        Self {
            telemetry,
            batches: Batches::new(limit),
        }
    }

    /// Adds a record. Gives the request that was full before, if it was.
    pub(in crate::export) fn push(&mut self, place: Place, record: R::Record) -> Option<R> {
        let resource = |place: &Place| self.telemetry.resource_at(place);
        self.batches.push(place, resource, record)
    }

    /// The request that is not full yet.
    pub(in crate::export) fn rest(&mut self) -> Option<R> {
        self.batches.rest()
    }

    /// Records so far.
    pub(in crate::export) fn records(&self) -> u64 {
        self.batches.records()
    }
}

impl Telemetry<'_> {
    /// What a line comes from. `last`: what the line before it came from.
    pub(in crate::export) fn place(&self, line: &LogLine<'_>, last: Option<&Place>) -> Place {
        match last {
            Some(Place::Known(at)) if self.is_of(line, *at) => Place::Known(*at),
            _ => {
                let known = self.analysis.facts.stream_named(line.group, line.stream);
                known.map_or_else(
                    || Place::Elsewhere(line.group.into(), line.stream.into()),
                    Place::Known,
                )
            }
        }
    }

    fn is_of(&self, line: &LogLine<'_>, stream: u32) -> bool {
        let facts = &self.analysis.facts;
        let place = &facts.streams[stream as usize];
        (facts.text(place.stream), facts.text(place.group)) == (line.stream, line.group)
    }

    fn resource_at(&self, place: &Place) -> Resource {
        let (group, stream) = match place {
            Place::Known(at) => return self.environment(*at),
            Place::Elsewhere(group, stream) => (group, stream),
        };
        let mut attributes = self.cloud();
        attributes.push(list("aws.log.group.names", group));
        attributes.push(list("aws.log.stream.names", stream));
        resource(attributes)
    }

    /// What is known of a line from a place.
    pub(in crate::export) fn entry<'l>(&self, line: &LogLine<'l>, place: &Place) -> Entry<'l> {
        let stream = match place {
            Place::Known(at) => Some(*at),
            Place::Elsewhere(..) => None,
        };
        let head = head(line.message.text());
        let run = self.run_of(line, &head, stream);
        let request = run.map(|run| self.analysis.invocation(run).request_id);
        let trace = head.trace.map(|trace| valid(trace.0));
        Entry {
            line: *line,
            level: head.level,
            request: head.request_id.or(request),
            trace: run.map(|run| self.trace_id(run)).or(trace),
            span: run.map(|run| self.span_id(run)),
        }
    }

    /// The run that wrote a line: the one it names, else the one that its environment was in.
    fn run_of(
        &self,
        line: &LogLine<'_>,
        head: &Head<'_>,
        stream: Option<u32>,
    ) -> Option<InvocationIndex> {
        let assembled = &self.analysis.assembled;
        if let Some(request) = head.request_id {
            let attempts = assembled.attempts(&request)?;
            return self
                .running(attempts, line.timestamp)
                .or(attempts.first().copied());
        }
        let stream = stream?;
        let at = assembled
            .environments
            .binary_search_by_key(&stream, |environment| environment.stream)
            .ok()?;
        let environment = &assembled.environments[at];
        if environment.concurrent {
            return None;
        }
        let run = self.running(&environment.invocations, line.timestamp)?;
        let of = self.analysis.invocation(run);
        // Its REPORT may stand behind its end; it is looked up only for the lines between.
        let is_before = |report| line.timestamp <= self.analysis.facts.moment(report);
        let is_of = line.timestamp <= of.end || of.report_line().is_some_and(is_before);
        is_of.then_some(run)
    }

    /// The last of the runs that had started then.
    fn running(&self, runs: &[InvocationIndex], then: Timestamp) -> Option<InvocationIndex> {
        let started = runs.partition_point(|&run| self.analysis.invocation(run).start <= then);
        runs[..started].last().copied()
    }
}

fn severity(level: Level) -> SeverityNumber {
    match level {
        Level::Trace => SeverityNumber::Trace,
        Level::Debug => SeverityNumber::Debug,
        Level::Info => SeverityNumber::Info,
        Level::Warn => SeverityNumber::Warn,
        Level::Error => SeverityNumber::Error,
        Level::Fatal => SeverityNumber::Fatal,
    }
}
