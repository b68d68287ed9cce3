//! Invocations as spans.

use opentelemetry_proto::tonic::trace::v1::span::{Link as SpanLink, SpanKind as Kind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span as OtlpSpan, Status};

use super::attributes::{real, text, truth, whole};
use super::{Telemetry, hash, nanos, valid};
use crate::export::numbers::{share, single_millis};
use crate::model::fact::{EventSource, Item, Kinds};
use crate::model::invocation::{Invocation, InvocationIndex};
use crate::model::rows::{Init, Link};
use crate::model::span::{Span, SpanKind};
use opentelemetry_proto::tonic::common::v1::KeyValue;

impl Telemetry<'_> {
    /// The span of an invocation. Every link that was found to a run before it is a link of the span, with what it rests on.
    pub(super) fn run(&self, at: InvocationIndex) -> OtlpSpan {
        let run = self.analysis.invocation(at);
        let items = self.items(run);
        let links = self.requests().parents(at);
        OtlpSpan {
            trace_id: self.trace_id(at).to_vec(),
            span_id: self.span_id(at).to_vec(),
            parent_span_id: self.parent_of_run(at),
            name: self.analysis.text(run.function).to_owned(),
            kind: match items.first().map(trigger) {
                Some("pubsub") => Kind::Consumer,
                _ => Kind::Server,
            } as i32,
            start_time_unix_nano: nanos(run.start),
            end_time_unix_nano: nanos(run.end.max(run.start)),
            attributes: self.attributes_of_run(at, &items),
            links: links.map(|link| self.link(link)).collect(),
            status: run.status.failed().then(|| Status {
                code: StatusCode::Error as i32,
                message: self.error_type(run),
            }),
            ..OtlpSpan::default()
        }
    }

    /// The init that the run came first in, where X-Ray does not show it.
    pub(super) fn init(&self, at: InvocationIndex) -> Option<OtlpSpan> {
        let init = self.init_of(self.analysis.invocation(at))?;
        let is_init = |span: &u32| {
            let kind = self.analysis.facts.spans[*span as usize].kind;
            matches!(kind, SpanKind::Initialization | SpanKind::Restore)
        };
        if self.requests().spans(at).iter().any(is_init) {
            return None;
        }
        let took = (f64::from(init.init_ms?) * 1e6) as u64;
        let own = self.span_id(at);
        let id = hash(&[b"init", &own, &init.at.0.to_be_bytes()]);
        Some(OtlpSpan {
            trace_id: self.trace_id(at).to_vec(),
            span_id: valid(id.to_be_bytes()).to_vec(),
            parent_span_id: own.to_vec(),
            name: "init".to_owned(),
            kind: Kind::Internal as i32,
            start_time_unix_nano: nanos(init.at),
            end_time_unix_nano: nanos(init.at).saturating_add(took),
            attributes: vec![text("nepho.init.kind", init.kind.to_string())],
            ..OtlpSpan::default()
        })
    }

    /// The segment that the run's environment sent to X-Ray.
    pub(super) fn own_segment(&self, run: InvocationIndex) -> Option<&Span> {
        let spans = self.requests().spans(run).iter();
        spans
            .map(|&span| &self.analysis.facts.spans[span as usize])
            .find(|span| span.kind == SpanKind::LambdaFunction)
    }

    /// What X-Ray says; else the run that a tree shows it under, in the same trace; else what its trace header says.
    fn parent_of_run(&self, at: InvocationIndex) -> Vec<u8> {
        if let Some(parent) = self
            .own_segment(at)
            .and_then(|segment| segment.parent.get())
        {
            return parent.bytes().to_vec();
        }
        let linked = self.requests().parent(at).map(|link| link.parent);
        if let Some(parent) = linked.filter(|&run| self.trace_id(run) == self.trace_id(at)) {
            return self.span_id(parent).to_vec();
        }
        let header = self
            .analysis
            .invocation(at)
            .trace
            .and_then(|own| own.parent.get());
        header.map_or_else(Vec::new, |parent| parent.bytes().to_vec())
    }

    fn link(&self, link: &Link) -> SpanLink {
        SpanLink {
            trace_id: self.trace_id(link.parent).to_vec(),
            span_id: self.span_id(link.parent).to_vec(),
            attributes: vec![
                text("nepho.link.tier", link.tier.to_string()),
                real("nepho.link.confidence", share(f64::from(link.confidence))),
                truth("nepho.link.synchronous", link.synchronous),
            ],
            ..SpanLink::default()
        }
    }

    fn attributes_of_run(&self, at: InvocationIndex, items: &[Item]) -> Vec<KeyValue> {
        let run = self.analysis.invocation(at);
        let mut attributes = vec![
            text("faas.invocation_id", run.request_id.to_string()),
            text("nepho.status", run.status.to_string()),
            whole("nepho.attempt", run.attempt),
        ];
        attributes.extend(
            self.is_cold(at, run)
                .map(|cold| truth("faas.coldstart", cold)),
        );
        attributes.extend(
            self.trigger(at, items)
                .map(|word| text("faas.trigger", word)),
        );
        self.messaging(items, &mut attributes);
        if run.status.failed() {
            attributes.push(text("error.type", self.error_type(run)));
        }
        let figures = [
            ("nepho.duration_ms", run.duration_ms.get()),
            ("nepho.billed_ms", run.billed_ms.get()),
        ];
        for (name, value) in figures {
            attributes.extend(value.map(|value| real(name, single_millis(value))));
        }
        let sizes = [
            ("nepho.memory_mb", run.memory_mb(&self.analysis.facts)),
            ("nepho.max_memory_used_mb", run.max_memory_used_mb.get()),
        ];
        for (name, value) in sizes {
            attributes.extend(value.map(|value| whole(name, value)));
        }
        if let Some(init) = self.init_of(run) {
            attributes.push(text("nepho.init.kind", init.kind.to_string()));
            let cause = init
                .cause
                .map(|cause| text("nepho.init.cause", cause.to_string()));
            attributes.extend(cause);
            let felt = init.felt_ms;
            attributes.extend(felt.map(|ms| real("nepho.init.felt_ms", single_millis(ms))));
        }
        for (name, estimated) in [
            ("nepho.start_estimated", run.start_estimated),
            ("nepho.end_estimated", run.end_estimated),
        ] {
            attributes.extend(estimated.then(|| truth(name, true)));
        }
        attributes
    }

    fn init_of(&self, run: &Invocation) -> Option<&Init> {
        self.analysis.inits.get(run.init.get()? as usize)
    }

    /// Whether the run was the first of its environment; `None` if its environment may have begun before what was seen.
    fn is_cold(&self, at: InvocationIndex, run: &Invocation) -> Option<bool> {
        let environment = self.analysis.assembled.environment(run);
        let first_seen = environment.invocations.first() == Some(&at);
        (run.init.get().is_some() || !first_seen).then_some(run.init.get().is_some())
    }

    fn trigger(&self, at: InvocationIndex, items: &[Item]) -> Option<&'static str> {
        let by_gateway = self.requests().entry(at).map(|_| "http");
        by_gateway.or_else(|| Some(trigger(items.first()?)))
    }

    /// The first line of the run that shows what it was given.
    fn items(&self, run: &Invocation) -> Vec<Item> {
        let facts = &self.analysis.facts;
        let lines = self
            .analysis
            .assembled
            .app_lines_of(run, Kinds::RECEIVED)
            .filter_map(|line| facts.app(line, Kinds::RECEIVED));
        let mut items = lines.map(|app| app.items);
        items.find(|items| !items.is_empty()).unwrap_or_default()
    }

    fn messaging(&self, items: &[Item], attributes: &mut Vec<KeyValue>) {
        let facts = &self.analysis.facts;
        let Some(item) = items.first() else {
            return;
        };
        let Some(system) = messaging_system(item.source) else {
            return;
        };
        attributes.push(text("messaging.system", system));
        let destination = facts.text_of(item.resource);
        attributes.extend(destination.map(|name| text("messaging.destination.name", name)));
        attributes.push(match items.len() {
            1 => text("messaging.message.id", facts.text(item.identity)),
            more => whole("messaging.batch.message_count", more as i64),
        });
    }

    fn error_type(&self, run: &Invocation) -> String {
        let named = self.analysis.facts.text_of(run.error_type);
        named.map_or_else(|| run.status.to_string(), str::to_owned)
    }
}

/// `faas.trigger` of an event item.
fn trigger(item: &Item) -> &'static str {
    if item.scheduled {
        return "timer";
    }
    match item.source {
        EventSource::Sqs
        | EventSource::SqsFifo
        | EventSource::Sns
        | EventSource::SnsFifo
        | EventSource::Eventbridge
        | EventSource::Kinesis
        | EventSource::Kafka => "pubsub",
        EventSource::Dynamodb | EventSource::S3 => "datasource",
        EventSource::Apigateway => "http",
        EventSource::LambdaAsync
        | EventSource::Stepfunctions
        | EventSource::Configured
        | EventSource::Payload => "other",
    }
}

/// `messaging.system` of a source, where the conventions have a word for it.
fn messaging_system(source: EventSource) -> Option<&'static str> {
    match source {
        EventSource::Sqs | EventSource::SqsFifo => Some("aws_sqs"),
        EventSource::Sns | EventSource::SnsFifo => Some("aws.sns"),
        EventSource::Kafka => Some("kafka"),
        _ => None,
    }
}
