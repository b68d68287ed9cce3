//! Links over hand-made worlds. Every expectation follows from the tiers: a parent span proves, an id proves, an equal trace does not.

mod correlation;
mod inferred;

use super::links;
use crate::correlate::testing::{EPOCH, Env, World, id};
use crate::correlate::{assemble::assemble, ledger::deliveries, spans};
use crate::model::fact::{AppFact, EventSource, Item, Produced, ProducedKind, TraceContext};
use crate::model::facts::Facts;
use crate::model::few::Few;
use crate::model::ids::{SpanId, TraceId};
use crate::model::rows::LinkTier;
use crate::model::span::{Span, SpanKind};
use crate::model::symbols::Sym;

const TRACE: TraceId = TraceId([7; 16]);

/// (parent, child, tier) by the numbers of their requests, attempts as often as they are linked.
fn linked(facts: &mut Facts) -> Vec<(u8, u8, LinkTier)> {
    facts
        .spans
        .sort_by_key(|span| (span.trace, span.start_us, span.id));
    let mut assembled = assemble(facts);
    assembled.span_owners = spans::owners(facts, &assembled);
    let deliveries = deliveries(facts, &assembled);
    let number = |at: u32| assembled.invocations[at as usize].request_id.0[0];
    links(facts, &assembled, &deliveries)
        .iter()
        .map(|link| (number(link.parent), number(link.child), link.tier))
        .collect()
}

fn span(kind: SpanKind, name: Sym, own: u64, parent: Option<u64>, start_ms: i64, ms: i64) -> Span {
    Span {
        trace: TRACE,
        id: SpanId::of(own),
        parent: parent.map(SpanId::of).into(),
        segment: SpanId::of(own),
        name,
        kind,
        start_us: (EPOCH + start_ms) * 1_000,
        end_us: Some((EPOCH + start_ms + ms) * 1_000).into(),
        request_id: None,
        invocation: None.into(),
        resource: None,
        operation: None,
        message_id: None,
        status: Some(200),
        error: false,
        fault: false,
        throttle: false,
        inferred: false,
        links: Few::default(),
    }
}

/// A traced world: the `AWS::Lambda::Function` segment of request n is span n, its `AWS::Lambda` segment 100 + n.
#[derive(Default)]
struct Traced {
    world: World,
    spans: Vec<Span>,
}

impl Traced {
    /// A run in an environment of its own with REPORT's trace and segment, and both segments. `caller` is the span it was called by.
    fn run(&mut self, function: &str, request: u8, ms: i64, took: i32, caller: Option<u64>) -> Env {
        let env = self.run_with_lines(function, request, ms, took);
        let name = self.world.sym(function);
        let own = u64::from(request);
        let mut service = span(
            SpanKind::LambdaService,
            name,
            100 + own,
            caller,
            ms,
            i64::from(took),
        );
        service.invocation = Some(id(request)).into();
        self.spans.push(service);
        let inner = span(
            SpanKind::LambdaFunction,
            name,
            own,
            Some(100 + own),
            ms,
            i64::from(took),
        );
        self.spans.push(inner);
        env
    }

    fn run_with_lines(&mut self, function: &str, request: u8, ms: i64, took: i32) -> Env {
        let env = self.world.env(function, &format!("{request:04}"));
        self.world.start(env, ms, request);
        let end = ms + i64::from(took);
        self.world
            .report_with(env, end, request, took as f32, |report| {
                report.trace = Some(TraceContext {
                    trace: TRACE,
                    segment: Some(SpanId::of(u64::from(request))).into(),
                    parent: None.into(),
                    sampled: Some(true),
                });
            });
        env
    }

    /// A call in the run `from`, as span `own`; the request id `to` of the called run where the call answers with it.
    fn call(&mut self, from: u8, own: u64, ms: i64, took: i64, to: Option<u8>) {
        let name = self.world.sym("Lambda");
        let segment = SpanId::of(u64::from(from));
        let mut call = span(
            SpanKind::Remote,
            name,
            own,
            Some(segment.number()),
            ms,
            took,
        );
        call.segment = segment;
        call.invocation = to.map(id).into();
        self.spans.push(call);
    }

    fn lose(&mut self, own: u64) {
        self.spans
            .retain(|span| span.id != SpanId::of(own) && span.segment != SpanId::of(own));
    }

    fn linked(self) -> Vec<(u8, u8, LinkTier)> {
        let mut facts = self.world.facts();
        facts.spans = self.spans;
        linked(&mut facts)
    }
}

/// An event item that names its id alone.
fn got(world: &mut World, source: EventSource, identity: &str) -> AppFact {
    let item = Item::new(source, world.sym(identity), 0);
    AppFact {
        items: vec![item],
        ..AppFact::default()
    }
}

fn sent(world: &mut World, kind: ProducedKind, made: &str) -> AppFact {
    let produced = Produced {
        kind,
        id: world.sym(made),
        target: None,
    };
    AppFact {
        produced: vec![produced],
        ..AppFact::default()
    }
}

/// web (1) calls auth (2) in span 50, auth calls rate (3) in span 51.
fn chain() -> Traced {
    let mut traced = Traced::default();
    traced.run("web", 1, 0, 500, None);
    traced.call(1, 50, 100, 300, Some(2));
    traced.run("auth", 2, 110, 280, Some(50));
    traced.call(2, 51, 150, 100, Some(3));
    traced.run("rate", 3, 160, 80, Some(51));
    traced
}

#[test]
fn a_parent_span_links_to_the_run_it_lies_in_and_no_further() {
    let expected = [(1, 2, LinkTier::TraceParent), (2, 3, LinkTier::TraceParent)];
    assert_eq!(chain().linked(), expected);
}

#[test]
fn a_call_names_its_callee_where_the_callees_service_segment_is_lost() {
    let mut traced = chain();
    traced.lose(102);
    let expected = [(1, 2, LinkTier::ProducedId), (2, 3, LinkTier::TraceParent)];
    assert_eq!(traced.linked(), expected);
}

#[test]
fn a_run_without_lines_does_not_make_its_parent_the_parent_of_its_children() {
    let mut traced = Traced::default();
    traced.run("web", 1, 0, 500, None);
    traced.call(1, 50, 100, 300, Some(2));
    // Segments of auth (2), of which every line was lost; rate (3) was called by it.
    let name = traced.world.sym("auth");
    let mut service = span(SpanKind::LambdaService, name, 102, Some(50), 110, 280);
    service.invocation = Some(id(2)).into();
    traced.spans.push(service);
    traced
        .spans
        .push(span(SpanKind::LambdaFunction, name, 2, Some(102), 110, 280));
    traced.call(2, 51, 150, 100, Some(3));
    traced.run("rate", 3, 160, 80, Some(51));
    assert_eq!(traced.linked(), []);
}

#[test]
fn an_equal_trace_alone_links_nothing() {
    let mut traced = Traced::default();
    traced.run("web", 1, 0, 500, None);
    traced.run("auth", 2, 100, 100, None);
    assert_eq!(traced.linked(), []);
}

#[test]
fn every_attempt_of_an_asynchronous_event_is_a_child_of_its_sender() {
    let mut traced = Traced::default();
    traced.run("web", 1, 0, 100, None);
    traced.call(1, 50, 20, 5, None);
    let name = traced.world.sym("mail");
    let mut service = span(SpanKind::LambdaService, name, 102, Some(50), 25, 61_000);
    service.invocation = Some(id(2)).into();
    service.status = Some(202);
    traced.spans.push(service);
    traced.run_with_lines("mail", 2, 100, 50);
    let env = traced.world.env("mail", "second");
    traced.world.run(env, 60_200, 2, 50);
    let expected = [(1, 2, LinkTier::TraceParent), (1, 2, LinkTier::TraceParent)];
    assert_eq!(traced.linked(), expected);
}

#[test]
fn a_batch_is_linked_to_each_send_that_its_segment_names() {
    let mut traced = Traced::default();
    traced.run("web", 1, 0, 100, None);
    traced.call(1, 50, 20, 5, None);
    traced.run("shop", 2, 10, 100, None);
    traced.call(2, 51, 30, 5, None);
    traced.run("worker", 3, 1_000, 100, None);
    for own in [50, 51] {
        let service = traced
            .spans
            .iter_mut()
            .find(|span| span.id == SpanId::of(103))
            .unwrap();
        let link = (TRACE, SpanId::of(own));
        service.links = service.links.iter().copied().chain([link]).collect();
    }
    let expected = [(1, 3, LinkTier::TraceLink), (2, 3, LinkTier::TraceLink)];
    assert_eq!(traced.linked(), expected);
}

#[test]
fn a_message_id_links_its_sender_to_every_delivery_but_deliveries_to_nobody() {
    let mut world = World::default();
    let (web, worker) = (world.env("web", "a"), world.env("worker", "b"));
    world.run(web, 0, 1, 100);
    let app = sent(&mut world, ProducedKind::Message, "m-1");
    world.app(web, 50, app);
    for (request, ms) in [(2, 1_000), (3, 31_000)] {
        world.run(worker, ms, request, 100);
        let app = got(&mut world, EventSource::Sqs, "m-1");
        world.app(worker, ms + 1, app);
        // The consumer logs the id of what it works on in the words of a sender.
        let app = sent(&mut world, ProducedKind::Message, "m-1");
        world.app(worker, ms + 50, app);
    }
    let expected = [(1, 2, LinkTier::ProducedId), (1, 3, LinkTier::ProducedId)];
    assert_eq!(linked(&mut world.facts()), expected);
}

#[test]
fn a_topic_behind_a_queue_is_found_inside_the_body() {
    let mut world = World::default();
    let (web, worker) = (world.env("web", "a"), world.env("worker", "b"));
    world.run(web, 0, 1, 100);
    let app = sent(&mut world, ProducedKind::Message, "topic-message");
    world.app(web, 50, app);
    world.run(worker, 1_000, 2, 100);
    let mut app = got(&mut world, EventSource::Sqs, "queue-message");
    app.items[0].inner = Some((EventSource::Sns, world.sym("topic-message")));
    world.app(worker, 1_001, app);
    assert_eq!(linked(&mut world.facts()), [(1, 2, LinkTier::ProducedId)]);
}

#[test]
fn a_sequence_number_is_enough_whatever_shard_the_producer_names() {
    let mut world = World::default();
    let (web, agg) = (world.env("web", "a"), world.env("agg", "b"));
    world.run(web, 0, 1, 100);
    let app = sent(
        &mut world,
        ProducedKind::Record,
        "shardId-000000000000:4966",
    );
    world.app(web, 50, app);
    world.run(agg, 1_000, 2, 100);
    let mut app = got(
        &mut world,
        EventSource::Kinesis,
        "shardId-000000000001:4966",
    );
    app.items[0].sequence = Some(world.sym("4966"));
    world.app(agg, 1_001, app);
    assert_eq!(linked(&mut world.facts()), [(1, 2, LinkTier::ProducedId)]);
}

#[test]
fn an_id_of_another_kind_of_source_is_another_id() {
    let mut world = World::default();
    let (web, worker) = (world.env("web", "a"), world.env("worker", "b"));
    world.run(web, 0, 1, 100);
    let app = sent(&mut world, ProducedKind::Record, "17");
    world.app(web, 50, app);
    world.run(worker, 1_000, 2, 100);
    let app = got(&mut world, EventSource::Sqs, "17");
    world.app(worker, 1_001, app);
    assert_eq!(linked(&mut world.facts()), []);
}
