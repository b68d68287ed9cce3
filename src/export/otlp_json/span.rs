//! A span as JSON.

use opentelemetry_proto::tonic::trace::v1::Span;

use super::request::{Json, attributes};
use crate::export::json::{hex, long, text, value};

/// `Span` of OTLP; what is zero or empty is left out.
pub(in crate::export) struct SpanJson(Vec<u8>);

impl AsRef<[u8]> for SpanJson {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Json for SpanJson {
    const LISTS: [&'static str; 3] = ["resourceSpans", "scopeSpans", "spans"];
}

impl From<Span> for SpanJson {
    /// All that [`Telemetry`](crate::export::telemetry::Telemetry) says of a span.
    fn from(span: Span) -> Self {
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(br#"{"traceId":"#);
        hex(&mut out, &span.trace_id);
        out.extend_from_slice(br#","spanId":"#);
        hex(&mut out, &span.span_id);
        if !span.parent_span_id.is_empty() {
            out.extend_from_slice(br#","parentSpanId":"#);
            hex(&mut out, &span.parent_span_id);
        }
        out.extend_from_slice(br#","name":"#);
        text(&mut out, &span.name);
        out.extend_from_slice(br#","kind":"#);
        value(&mut out, &span.kind);
        out.extend_from_slice(br#","startTimeUnixNano":"#);
        long(&mut out, span.start_time_unix_nano);
        out.extend_from_slice(br#","endTimeUnixNano":"#);
        long(&mut out, span.end_time_unix_nano);
        if !span.attributes.is_empty() {
            out.extend_from_slice(br#","attributes":"#);
            attributes(&mut out, &span.attributes);
        }
        if !span.links.is_empty() {
            let mut before: &[u8] = br#","links":[{"traceId":"#;
            for link in &span.links {
                out.extend_from_slice(before);
                hex(&mut out, &link.trace_id);
                out.extend_from_slice(br#","spanId":"#);
                hex(&mut out, &link.span_id);
                if !link.attributes.is_empty() {
                    out.extend_from_slice(br#","attributes":"#);
                    attributes(&mut out, &link.attributes);
                }
                before = br#"},{"traceId":"#;
            }
            out.extend_from_slice(b"}]");
        }
        if let Some(status) = &span.status {
            out.extend_from_slice(br#","status":{"code":"#);
            value(&mut out, &status.code);
            out.extend_from_slice(br#","message":"#);
            text(&mut out, &status.message);
            out.push(b'}');
        }
        out.push(b'}');
        Self(out)
    }
}
