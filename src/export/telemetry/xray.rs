//! Segments and subsegments of X-Ray as spans.

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::{Link as SpanLink, SpanKind as Kind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span as OtlpSpan, Status};

use super::attributes::{text, truth, whole};
use super::{Telemetry, resource, valid};
use crate::model::span::{Span, SpanKind};

impl Telemetry<'_> {
    /// A span as X-Ray has it.
    pub(super) fn xray(&self, at: u32) -> OtlpSpan {
        let span = &self.analysis.facts.spans[at as usize];
        let error = error_type(span);
        let links = span.links.iter().map(|(trace, id)| SpanLink {
            trace_id: valid(trace.0).to_vec(),
            span_id: valid(id.bytes()).to_vec(),
            ..SpanLink::default()
        });
        OtlpSpan {
            trace_id: valid(span.trace.0).to_vec(),
            span_id: valid(span.id.bytes()).to_vec(),
            parent_span_id: span
                .parent
                .get()
                .map_or_else(Vec::new, |id| id.bytes().to_vec()),
            name: self.analysis.text(span.name).to_owned(),
            kind: match span.kind {
                SpanKind::LambdaService | SpanKind::LambdaFunction | SpanKind::Segment => {
                    Kind::Server
                }
                SpanKind::Remote => Kind::Client,
                _ => Kind::Internal,
            } as i32,
            start_time_unix_nano: nanos_of(span.start_us),
            end_time_unix_nano: nanos_of(
                span.end_us
                    .get()
                    .unwrap_or(span.start_us)
                    .max(span.start_us),
            ),
            attributes: self.attributes_of_span(span, error),
            links: links.collect(),
            status: error.map(|error| Status {
                code: StatusCode::Error as i32,
                message: error.to_owned(),
            }),
            ..OtlpSpan::default()
        }
    }

    fn attributes_of_span(&self, span: &Span, error: Option<&'static str>) -> Vec<KeyValue> {
        let facts = &self.analysis.facts;
        let request = span.request(&facts.symbols);
        let texts = [
            ("aws.request_id", request.as_deref()),
            ("rpc.method", facts.text_of(span.operation)),
            ("messaging.message.id", facts.text_of(span.message_id)),
            ("nepho.resource", facts.text_of(span.resource)),
            ("error.type", error),
        ];
        let mut attributes: Vec<_> = texts
            .into_iter()
            .filter_map(|(name, value)| Some(text(name, value?)))
            .collect();
        let status = span.status;
        attributes.extend(status.map(|status| whole("http.response.status_code", status)));
        let unfinished = span.end_us.get().is_none();
        attributes.extend(unfinished.then(|| truth("nepho.in_progress", true)));
        attributes
    }

    /// What made a segment that no known run made.
    pub(super) fn segment(&self, at: u32) -> Resource {
        let spans = &self.analysis.facts.spans;
        let span = &spans[at as usize];
        // Spans are sorted by trace: its segment stands near.
        let first = spans.partition_point(|other| other.trace < span.trace);
        let of_trace = spans[first..]
            .iter()
            .take_while(|other| other.trace == span.trace);
        let segment = of_trace.into_iter().find(|other| other.id == span.segment);
        let name = self.analysis.text(segment.unwrap_or(span).name);
        let mut attributes = self.cloud();
        attributes.push(text("service.name", name));
        resource(attributes)
    }
}

/// X-Ray's own words for what went wrong, the narrowest that applies.
fn error_type(span: &Span) -> Option<&'static str> {
    let words = [
        (span.throttle, "throttle"),
        (span.fault, "fault"),
        (span.error, "error"),
    ];
    words
        .into_iter()
        .find_map(|(applies, word)| applies.then_some(word))
}

fn nanos_of(us: i64) -> u64 {
    u64::try_from(us).unwrap_or(0).saturating_mul(1_000)
}
