//! Log lines as log records, each with the span of the run that wrote it.

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, SeverityNumber};
use opentelemetry_proto::tonic::resource::v1::Resource;

use super::attributes::{any, list, text};
use super::batch::Batches;
use super::{Telemetry, nanos, resource, valid};
use crate::decode::{Head, head};
use crate::model::fact::Level;
use crate::model::invocation::InvocationIndex;
use crate::model::record::LogLine;
use crate::model::time::Timestamp;

/// Takes log lines one by one and gives them back in requests.
pub struct LogBatches<'t, 'a> {
    telemetry: &'t Telemetry<'a>,
    batches: Batches<Place, ExportLogsServiceRequest>,
    /// The stream of the line before, if it is known: lines of one stream come in runs.
    last: Option<u32>,
}

/// What log lines come from: each has one resource.
#[derive(PartialEq, Eq, Hash)]
enum Place {
    /// Index in `Facts::streams`.
    Known(u32),
    /// Group and stream of which nothing is remembered.
    Elsewhere(Box<str>, Box<str>),
}

impl<'t, 'a> LogBatches<'t, 'a> {
    /// Requests have at most `limit` bytes of protobuf; a larger line goes alone.
    pub fn new(telemetry: &'t Telemetry<'a>, limit: usize) -> Self {
        Self {
            telemetry,
            batches: Batches::new(limit),
            last: None,
        }
    }

    /// Adds a line. Gives the request that was full before, if it was.
    pub fn push(&mut self, line: &LogLine<'_>) -> Option<ExportLogsServiceRequest> {
        let telemetry = self.telemetry;
        let same = self.last.filter(|last| telemetry.is_of(line, *last));
        let known = same.or_else(|| telemetry.stream(line));
        self.last = known;
        let record = telemetry.record(line, known);
        match known {
            Some(at) => {
                let resource = || telemetry.environment(at);
                self.batches.push(Place::Known(at), resource, record)
            }
            None => {
                let place = Place::Elsewhere(line.group.into(), line.stream.into());
                let resource = || telemetry.elsewhere(line.group, line.stream);
                self.batches.push(place, resource, record)
            }
        }
    }

    /// The request that is not full yet.
    pub fn rest(&mut self) -> Option<ExportLogsServiceRequest> {
        self.batches.rest()
    }
}

impl Telemetry<'_> {
    fn is_of(&self, line: &LogLine<'_>, stream: u32) -> bool {
        let facts = &self.analysis.facts;
        let place = &facts.streams[stream as usize];
        (facts.text(place.stream), facts.text(place.group)) == (line.stream, line.group)
    }

    /// Index in `Facts::streams`; `None` for a stream of which nothing is remembered.
    fn stream(&self, line: &LogLine<'_>) -> Option<u32> {
        let facts = &self.analysis.facts;
        let found = facts.streams.binary_search_by(|place| {
            let place = (facts.text(place.group), facts.text(place.stream));
            place.cmp(&(line.group, line.stream))
        });
        found.ok().map(|at| at as u32)
    }

    fn elsewhere(&self, group: &str, stream: &str) -> Resource {
        let mut attributes = self.cloud();
        attributes.push(list("aws.log.group.names", group));
        attributes.push(list("aws.log.stream.names", stream));
        resource(attributes)
    }

    fn record(&self, line: &LogLine<'_>, stream: Option<u32>) -> LogRecord {
        let head = head(line.message);
        let run = self.run_of(line, &head, stream);
        let request = run.map(|run| self.analysis.invocation(run).request_id);
        let request = head.request_id.or(request);
        let trace = head.trace.map(|trace| valid(trace.0).to_vec());
        let ids = [
            ("log.record.uid", line.event_id.map(str::to_owned)),
            ("faas.invocation_id", request.map(|id| id.to_string())),
        ];
        LogRecord {
            time_unix_nano: nanos(line.timestamp),
            observed_time_unix_nano: line.ingestion.map_or(0, nanos),
            severity_number: head.level.map_or(SeverityNumber::Unspecified, severity) as i32,
            severity_text: head
                .level
                .map_or_else(String::new, |level| level.to_string()),
            body: Some(any(Value::StringValue(line.message.to_owned()))),
            attributes: ids
                .into_iter()
                .filter_map(|(name, value)| Some(text(name, value?)))
                .collect(),
            trace_id: run
                .map(|run| self.trace_id(run))
                .or(trace)
                .unwrap_or_default(),
            span_id: run.map_or_else(Vec::new, |run| self.span_id(run)),
            ..LogRecord::default()
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
            let attempts = assembled.by_request.get(&request)?;
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
        let run = self.running(&environment.invocations, line.timestamp)?;
        let report = self.analysis.invocation(run).report_line;
        let report = report.map(|report| self.analysis.facts.moment(report));
        let end = self
            .analysis
            .invocation(run)
            .end
            .max(report.unwrap_or_default());
        (!environment.concurrent && line.timestamp <= end).then_some(run)
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
