//! Hand-made worlds: what becomes of runs, links, inits, segments and lines.

use std::sync::Arc;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::trace::v1::Span as OtlpSpan;

use super::{LogBatches, Telemetry};
use crate::correlate::assemble::assemble;
use crate::correlate::testing::{EPOCH, World, at, id};
use crate::export::otlp_json::{self, JsonRequest, SpanJson};
use crate::export::records::Logs;
use crate::model::analysis::Analysis;
use crate::model::fact::{AppFact, EventSource, Item, Status};
use crate::model::few::Few;
use crate::model::ids::{SpanId, TraceId};
use crate::model::record::LogLine;
use crate::model::rows::{Init, InitKind, Link, LinkTier};
use crate::model::span::{Span, SpanKind};
use crate::sources::files::Sink as _;

fn analysis(world: World) -> Analysis {
    let facts = world.facts();
    Analysis {
        assembled: assemble(&facts),
        facts: Arc::new(facts),
        ..Analysis::default()
    }
}

fn link(analysis: &mut Analysis, parent: u8, child: u8, tier: LinkTier, confidence: f32) {
    let run = |request| analysis.assembled.attempts(&id(request)).unwrap()[0];
    let link = Link {
        parent: run(parent),
        child: run(child),
        tier,
        confidence,
        synchronous: true,
    };
    analysis.links.push(link);
}

fn requests(analysis: &Analysis, limit: usize) -> (u64, Vec<ExportTraceServiceRequest>) {
    let mut all = Vec::new();
    let telemetry = Telemetry::new(analysis, Some("eu-west-1"));
    let count = telemetry.traces(limit, |request| {
        all.push(request);
        Ok(())
    });
    (count.unwrap(), all)
}

/// The spans; as JSON they say the same.
fn spans(analysis: &Analysis) -> Vec<OtlpSpan> {
    let (count, all) = requests(analysis, 1_000_000);
    let mut line = Vec::new();
    let telemetry = Telemetry::new(analysis, Some("eu-west-1"));
    let written = otlp_json::traces(&telemetry, &mut line).unwrap();
    let read: ExportTraceServiceRequest = serde_json::from_slice(&line).unwrap();
    assert_eq!((written, vec![read]), (count, all.clone()));
    let resources = all.into_iter().flat_map(|request| request.resource_spans);
    let scopes = resources.flat_map(|resource| resource.scope_spans);
    let spans: Vec<_> = scopes.flat_map(|scope| scope.spans).collect();
    assert_eq!(count, spans.len() as u64);
    spans
}

fn value<'a>(attributes: &'a [KeyValue], key: &str) -> Option<&'a Value> {
    let found = attributes.iter().find(|attribute| attribute.key == key)?;
    found.value.as_ref()?.value.as_ref()
}

fn word(text: &str) -> Value {
    Value::StringValue(text.to_owned())
}

#[test]
fn a_run_is_a_server_span_under_the_resource_of_its_environment() {
    let mut world = World::default();
    let env = world.env_of("orders", "7", "ab");
    world.run(env, 0, 1, 62);
    let (count, all) = requests(&analysis(world), 1_000_000);
    assert_eq!((count, all.len()), (1, 1));
    let of = &all[0].resource_spans[0];
    let resource = &of.resource.as_ref().unwrap().attributes;
    for (key, expected) in [
        ("cloud.provider", "aws"),
        ("cloud.region", "eu-west-1"),
        ("cloud.platform", "aws_lambda"),
        ("service.name", "orders"),
        ("faas.name", "orders"),
        ("faas.version", "7"),
        ("faas.instance", "2026/11/20/[7]ab"),
    ] {
        assert_eq!(value(resource, key), Some(&word(expected)), "{key}");
    }
    let Some(Value::ArrayValue(groups)) = value(resource, "aws.log.group.names") else {
        panic!("a list of log groups");
    };
    assert_eq!(groups.values[0].value, Some(word("/aws/lambda/orders")));
    let span = &of.scope_spans[0].spans[0];
    assert_eq!(span.name, "orders");
    assert_eq!(span.kind, 2, "SPAN_KIND_SERVER");
    // Milliseconds since the epoch, in nanoseconds.
    assert_eq!(span.start_time_unix_nano, EPOCH as u64 * 1_000_000);
    assert_eq!(span.end_time_unix_nano, (EPOCH + 62) as u64 * 1_000_000);
    // No trace is known: the request id is one.
    assert_eq!(span.trace_id, [1; 16]);
    assert_eq!(span.span_id.len(), 8);
    assert!(span.parent_span_id.is_empty() && span.status.is_none());
    let attribute = |key| value(&span.attributes, key);
    assert_eq!(
        attribute("faas.invocation_id"),
        Some(&word(&id(1).to_string()))
    );
    assert_eq!(
        attribute("nepho.billed_ms"),
        Some(&Value::DoubleValue(62.0))
    );
    assert_eq!(attribute("faas.trigger"), None, "its event is not known");
    assert_eq!(
        attribute("faas.coldstart"),
        None,
        "its environment may have begun before"
    );
}

#[test]
fn a_failed_run_says_so_and_a_run_in_a_used_environment_is_warm() {
    let mut world = World::default();
    let env = world.env("orders", "ab");
    world.run(env, 0, 1, 10);
    world.start(env, 20, 2);
    world.report_with(env, 3_020, 2, 3_000.0, |report| {
        report.status = Some(Status::Timeout);
    });
    let spans = spans(&analysis(world));
    let failed = &spans[1];
    assert_eq!(failed.status.as_ref().map(|status| status.code), Some(2));
    assert_eq!(
        value(&failed.attributes, "error.type"),
        Some(&word("timeout"))
    );
    assert_eq!(
        value(&failed.attributes, "faas.coldstart"),
        Some(&Value::BoolValue(false))
    );
}

#[test]
fn linked_runs_share_a_trace_and_every_link_is_kept_with_its_tier() {
    let mut world = World::default();
    for (function, request) in [("checkout", 1), ("other", 2), ("payment", 3)] {
        let env = world.env(function, "ab");
        world.run(env, i64::from(request), request, 50);
    }
    let mut analysis = analysis(world);
    link(&mut analysis, 1, 3, LinkTier::ProducedId, 1.0);
    link(&mut analysis, 2, 3, LinkTier::Inferred, 0.93);
    let spans = spans(&analysis);
    let of = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    let (checkout, other, payment) = (of("checkout"), of("other"), of("payment"));
    assert_eq!(payment.trace_id, checkout.trace_id);
    assert_eq!(payment.parent_span_id, checkout.span_id);
    let links: Vec<_> = payment
        .links
        .iter()
        .map(|link| {
            let tier = value(&link.attributes, "nepho.link.tier").cloned();
            let confidence = value(&link.attributes, "nepho.link.confidence").cloned();
            (&link.span_id, tier, confidence)
        })
        .collect();
    let real = |value| Some(Value::DoubleValue(value));
    assert_eq!(
        links,
        [
            (&checkout.span_id, Some(word("produced_id")), real(1.0)),
            (&other.span_id, Some(word("inferred")), real(0.93)),
        ]
    );
}

#[test]
fn the_segment_of_x_ray_and_its_run_are_one_span() {
    let mut world = World::default();
    let env = world.env("orders", "ab");
    world.traced_start(env, 0, 5, 9);
    world.report(env, 100, 5, 100.0);
    let name = world.sym("orders");
    let table = world.sym("DynamoDB");
    let mut facts = world.facts();
    let span = |id, parent, name, kind, from_us, to_us| Span {
        trace: TraceId([9; 16]),
        id: SpanId::of(id),
        parent: Some(SpanId::of(parent)).into(),
        segment: SpanId::of(5),
        name,
        kind,
        start_us: EPOCH * 1_000 + from_us,
        end_us: Some(to_us).into(),
        request_id: None,
        invocation: None.into(),
        resource: None,
        operation: None,
        message_id: None,
        status: Some(400),
        error: true,
        fault: false,
        throttle: kind == SpanKind::Remote,
        inferred: false,
        links: Few::default(),
    };
    facts.spans = vec![
        span(
            5,
            70,
            name,
            SpanKind::LambdaFunction,
            0,
            EPOCH * 1_000 + 100_000,
        ),
        span(
            6,
            5,
            table,
            SpanKind::Remote,
            10_250,
            EPOCH * 1_000 + 12_750,
        ),
    ];
    let mut assembled = assemble(&facts);
    assembled.span_owners = vec![Some(0).into(); 2];
    let analysis = Analysis {
        assembled,
        facts: Arc::new(facts),
        ..Analysis::default()
    };
    let spans = spans(&analysis);
    assert_eq!(spans.len(), 2, "the run and the call in it");
    let (run, call) = (&spans[0], &spans[1]);
    assert_eq!(run.trace_id, [9; 16]);
    assert_eq!(run.span_id, 5u64.to_be_bytes());
    assert_eq!(run.parent_span_id, 70u64.to_be_bytes());
    assert_eq!(call.kind, 3, "SPAN_KIND_CLIENT");
    assert_eq!(call.parent_span_id, run.span_id);
    assert_eq!(
        call.start_time_unix_nano,
        (EPOCH as u64 * 1_000 + 10_250) * 1_000
    );
    assert_eq!(
        value(&call.attributes, "error.type"),
        Some(&word("throttle"))
    );
    assert_eq!(
        value(&call.attributes, "http.response.status_code"),
        Some(&Value::IntValue(400))
    );
}

#[test]
fn an_init_that_x_ray_does_not_show_is_a_span_below_its_run() {
    let mut world = World::default();
    let env = world.env("orders", "ab");
    world.run(env, 500, 1, 62);
    let function = world.sym("orders");
    let mut analysis = analysis(world);
    analysis.assembled.invocations[0].init = Some(0).into();
    analysis.inits = vec![Init {
        function,
        version: None,
        stream: 0,
        at: at(100),
        kind: InitKind::OnDemand,
        init_ms: Some(390.5),
        felt_ms: Some(390.5),
        cause: None,
        invocation: Some(0),
        request_id: Some(id(1)),
        explained_by: None,
        line: None,
    }];
    let spans = spans(&analysis);
    let (run, init) = (&spans[0], &spans[1]);
    assert_eq!(
        value(&run.attributes, "faas.coldstart"),
        Some(&Value::BoolValue(true))
    );
    assert_eq!(
        (init.name.as_str(), &init.parent_span_id),
        ("init", &run.span_id)
    );
    assert_eq!(init.trace_id, run.trace_id);
    // 390.5 ms.
    assert_eq!(
        init.end_time_unix_nano - init.start_time_unix_nano,
        390_500_000
    );
}

#[test]
fn a_message_names_its_queue_and_makes_its_run_a_consumer() {
    let mut world = World::default();
    let env = world.env("worker", "ab");
    world.start(env, 0, 1);
    let mut item = Item::new(EventSource::SqsFifo, world.sym("m-1"), 0);
    item.resource = Some(world.sym("orders.fifo"));
    let app = AppFact {
        request_id: Some(id(1)),
        items: vec![item],
        ..AppFact::default()
    };
    world.app(env, 1, app);
    world.report(env, 10, 1, 10.0);
    let spans = spans(&analysis(world));
    assert_eq!(spans[0].kind, 5, "SPAN_KIND_CONSUMER");
    for (key, expected) in [
        ("faas.trigger", "pubsub"),
        ("messaging.system", "aws_sqs"),
        ("messaging.destination.name", "orders.fifo"),
        ("messaging.message.id", "m-1"),
    ] {
        assert_eq!(
            value(&spans[0].attributes, key),
            Some(&word(expected)),
            "{key}"
        );
    }
}

#[test]
fn no_request_is_larger_than_the_limit_and_nothing_is_lost() {
    let mut world = World::default();
    for function in ["a", "b", "c"] {
        let env = world.env(function, "ab");
        for run in 0..20 {
            world.run(env, i64::from(run) * 100, run + 1, 50);
        }
    }
    let (count, all) = requests(&analysis(world), 4_000);
    assert_eq!(count, 60);
    assert!(all.len() > 1);
    let sizes: Vec<usize> = all.iter().map(prost::Message::encoded_len).collect();
    assert!(sizes.iter().all(|size| *size <= 4_000), "{sizes:?}");
    let spans = all
        .iter()
        .flat_map(|request| &request.resource_spans)
        .flat_map(|resource| &resource.scope_spans)
        .map(|scope| scope.spans.len());
    assert_eq!(spans.sum::<usize>(), 60);
}

#[test]
fn no_line_of_json_is_longer_than_the_limit() {
    let mut world = World::default();
    for function in ["a", "b", "c"] {
        let env = world.env(function, "ab");
        for run in 0..20 {
            world.run(env, i64::from(run) * 100, run + 1, 50);
        }
    }
    let analysis = analysis(world);
    let telemetry = Telemetry::new(&analysis, None);
    let (mut sizes, mut read) = (Vec::new(), 0);
    let count = telemetry.traces(4_000, |request: JsonRequest<SpanJson>| {
        let mut line = Vec::new();
        request.write(&mut line)?;
        let request: ExportTraceServiceRequest = serde_json::from_slice(&line)?;
        read += request
            .resource_spans
            .iter()
            .map(|of| of.scope_spans[0].spans.len())
            .sum::<usize>();
        sizes.push(line.len());
        Ok(())
    });
    assert_eq!((count.unwrap(), read), (60, 60));
    assert!(sizes.iter().all(|size| *size <= 4_000), "{sizes:?}");
    // The next span would not have gone in: with its resource it takes less than 1,400 bytes.
    let full = &sizes[..sizes.len() - 1];
    assert!(full.iter().all(|size| *size > 2_600), "{sizes:?}");
}

fn records(analysis: &Analysis, lines: &[(i64, Option<&str>, &str)]) -> Vec<LogRecord> {
    let telemetry = Telemetry::new(analysis, None);
    let mut batches = LogBatches::<ExportLogsServiceRequest>::new(&telemetry, 1_000_000);
    let mut sink = Logs::new(&telemetry);
    for (ms, event_id, message) in lines {
        let line = LogLine {
            group: "/aws/lambda/orders",
            stream: "2026/11/20/[$LATEST]ab",
            timestamp: at(*ms),
            ingestion: Some(at(ms + 900)),
            event_id: *event_id,
            message: (*message).into(),
        };
        sink.log(&line);
    }
    for (place, record) in sink.records {
        assert_eq!(batches.push(place, record), None, "it is not full");
    }
    let request = batches.rest().unwrap();
    let resources = request.resource_logs.into_iter();
    let scopes = resources.flat_map(|resource| resource.scope_logs);
    scopes.flat_map(|scope| scope.log_records).collect()
}

#[test]
fn a_line_has_its_level_its_text_its_id_and_the_span_of_its_run() {
    let mut world = World::default();
    let env = world.env("orders", "ab");
    world.run(env, 0, 1, 50);
    world.run(env, 100, 2, 50);
    let analysis = analysis(world);
    let spans = spans(&analysis);
    let json = format!(
        r#"{{"level":"error","message":"boom","requestId":"{}"}}"#,
        id(1)
    );
    let records = records(
        &analysis,
        &[
            (20, Some("e-1"), &json),
            (110, None, "plain words\n"),
            (500, None, "after the last run"),
        ],
    );
    let named = &records[0];
    assert_eq!(
        (named.severity_number, named.severity_text.as_str()),
        (17, "ERROR")
    );
    assert_eq!(named.time_unix_nano, (EPOCH + 20) as u64 * 1_000_000);
    assert_eq!(
        named.observed_time_unix_nano,
        (EPOCH + 920) as u64 * 1_000_000
    );
    let body = named.body.as_ref().and_then(|body| body.value.clone());
    assert_eq!(body, Some(word(&json)));
    assert_eq!(
        value(&named.attributes, "log.record.uid"),
        Some(&word("e-1"))
    );
    assert_eq!(
        (&named.trace_id, &named.span_id),
        (&spans[0].trace_id, &spans[0].span_id)
    );
    assert_eq!(records[1].span_id, spans[1].span_id, "by its place");
    assert_eq!(records[1].severity_number, 0);
    assert!(records[2].span_id.is_empty() && records[2].trace_id.is_empty());
}
