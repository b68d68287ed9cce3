//! Log records and spans as events of Splunk: `time`, `host` (the execution environment), `source` (the log group), `sourcetype`,
//! `event`, and `fields`, which are flat and texts. `fields.event_id` is the same at every run.

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, Status};
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json, json};
use xxhash_rust::xxh3::xxh3_128;

use crate::sources::snapshot::hex;

/// What all events of one resource share.
pub(super) struct Place {
    host: Option<String>,
    source: Option<String>,
    is_function: bool,
    index: Option<String>,
    fields: Map<String, Json>,
}

#[derive(serde::Serialize)]
struct Envelope<'a> {
    /// Seconds, with a point before the milliseconds.
    time: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'a str>,
    sourcetype: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    index: Option<&'a str>,
    event: Json,
    fields: Map<String, Json>,
}

impl Place {
    pub(super) fn of(resource: Option<&Resource>, index: Option<&str>) -> Self {
        let attributes = resource.map_or(&[][..], |resource| &resource.attributes);
        let find = |key: &str| {
            let found = attributes.iter().find(|one| one.key == key)?;
            Some(words(found.value.as_ref()?))
        };
        let kept = ["cloud.region", "faas.name", "faas.version", "service.name"];
        let fields = kept
            .iter()
            .filter_map(|key| Some(((*key).to_owned(), find(key)?.into())));
        Self {
            host: find("faas.instance").or_else(|| find("aws.log.stream.names")),
            source: find("aws.log.group.names").or_else(|| find("service.name")),
            is_function: find("faas.name").is_some(),
            index: index.map(str::to_owned),
            fields: fields.collect(),
        }
    }

    /// A log line; `None` for an empty one, which the collector refuses (its code 13).
    pub(super) fn log(&self, record: &LogRecord) -> Option<Vec<u8>> {
        let message = words(record.body.as_ref()?);
        if message.trim().is_empty() {
            return None;
        }
        let mut fields = self.fields.clone();
        flatten(&record.attributes, &mut fields);
        // The id of the event in CloudWatch is unique; without one the line and its place make one.
        let id = fields.remove("log.record.uid").unwrap_or_else(|| {
            let place = [self.source.as_deref(), self.host.as_deref()];
            let place = place.map(Option::unwrap_or_default).join("\n");
            let whole = format!("{place}\n{}\n{message}", record.time_unix_nano);
            format!("{:032x}", xxh3_128(whole.as_bytes())).into()
        });
        fields.insert("event_id".into(), id);
        ids(&record.trace_id, &record.span_id, &mut fields);
        if !record.severity_text.is_empty() {
            fields.insert("severity".into(), record.severity_text.as_str().into());
        }
        let sourcetype = if self.is_function {
            "aws:lambda"
        } else {
            "aws:cloudwatchlogs"
        };
        Some(self.event(record.time_unix_nano, sourcetype, message.into(), fields))
    }

    /// A span: what it says is the event, as the OpenTelemetry Collector lays it out for Splunk.
    pub(super) fn span(&self, span: &Span) -> Vec<u8> {
        let mut attributes = Map::new();
        flatten(&span.attributes, &mut attributes);
        let links = span.links.iter().map(|link| {
            let mut about = Map::new();
            flatten(&link.attributes, &mut about);
            json!({ "trace_id": hex(&link.trace_id), "span_id": hex(&link.span_id), "attributes": about })
        });
        let status = span.status.as_ref();
        let code = status.map_or(StatusCode::Unset, Status::code);
        let event = json!({
            "trace_id": hex(&span.trace_id),
            "span_id": hex(&span.span_id),
            "parent_span_id": hex(&span.parent_span_id),
            "name": span.name,
            "kind": SpanKind::try_from(span.kind).unwrap_or(SpanKind::Unspecified).as_str_name(),
            "start_time": span.start_time_unix_nano,
            "end_time": span.end_time_unix_nano,
            "status": { "code": code.as_str_name(), "message": status.map_or("", |it| &it.message) },
            "attributes": attributes,
            "links": links.collect::<Vec<_>>(),
        });
        let mut fields = self.fields.clone();
        let id = format!("{}-{}", hex(&span.trace_id), hex(&span.span_id));
        fields.insert("event_id".into(), id.into());
        ids(&span.trace_id, &span.span_id, &mut fields);
        self.event(span.start_time_unix_nano, "nepho:span", event, fields)
    }

    fn event(
        &self,
        nanos: u64,
        sourcetype: &str,
        event: Json,
        fields: Map<String, Json>,
    ) -> Vec<u8> {
        let millis = nanos / 1_000_000;
        let time = format!("{}.{:03}", millis / 1000, millis % 1000);
        let event = Envelope {
            // Digits and a point are a number; that cannot fail.
            time: RawValue::from_string(time).unwrap_or_default(),
            host: self.host.as_deref(),
            source: self.source.as_deref(),
            sourcetype,
            index: self.index.as_deref(),
            event,
            fields,
        };
        // Writing to memory cannot fail.
        let mut line = serde_json::to_vec(&event).unwrap_or_default();
        line.push(b'\n');
        line
    }
}

fn ids(trace: &[u8], span: &[u8], fields: &mut Map<String, Json>) {
    for (name, id) in [("trace_id", trace), ("span_id", span)] {
        if !id.is_empty() {
            fields.insert(name.into(), hex(id).into());
        }
    }
}

fn flatten(attributes: &[KeyValue], into: &mut Map<String, Json>) {
    for attribute in attributes {
        if let Some(value) = &attribute.value {
            into.insert(attribute.key.clone(), words(value).into());
        }
    }
}

/// A value as text.
fn words(value: &AnyValue) -> String {
    match &value.value {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(Value::BoolValue(truth)) => truth.to_string(),
        Some(Value::ArrayValue(list)) => {
            list.values.iter().map(words).collect::<Vec<_>>().join(", ")
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
