//! Refusals that spans show: `throttle: true`, or an answer of 429.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};

use super::{Key, Record, Source, TOO_MANY_REQUESTS, is_gateway, key_of};
use crate::model::facts::Facts;
use crate::model::ids::SpanId;
use crate::model::invocation::Assembled;
use crate::model::placed;
use crate::model::rows::{Evidence, ThrottleClass};
use crate::model::span::{Span, SpanKind};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

fn is_refused(span: &Span) -> bool {
    !span.inferred && (span.throttle || span.status == Some(TOO_MANY_REQUESTS))
}

/// One record per refused span; inferred segments are copies.
pub(super) fn of_spans<'a>(
    facts: &'a Facts,
    assembled: &Assembled,
) -> impl Iterator<Item = Record<'a>> {
    let mut end = 0;
    // Those of one trace stand together.
    let traces = facts.spans.chunk_by(|one, next| one.trace == next.trace);
    let placed = traces.map(move |trace| {
        let places = end..end + trace.len();
        end = places.end;
        (places, trace)
    });
    let with_refused = placed.filter(|(_, trace)| trace.iter().any(is_refused));
    with_refused.flat_map(move |(places, trace)| {
        let around = Around::new(facts, trace);
        let refused = places.filter(|&at| is_refused(&facts.spans[at]));
        refused.filter_map(move |at| of_span(facts, assembled, &around, at))
    })
}

/// What is looked up around a refused span, in its trace.
struct Around {
    refused: HashSet<SpanId>,
    /// Functions by the id of their `AWS::Lambda::Function` segment.
    functions: HashMap<SpanId, Sym>,
    /// Request ids of gateways' segments.
    gateways: HashMap<SpanId, Key>,
    /// Spans that others lie in or under.
    parents: HashSet<SpanId>,
}

impl Around {
    fn new(facts: &Facts, trace: &[Span]) -> Self {
        let of_kind = |kind| trace.iter().filter(move |span| span.kind == kind);
        let refused = trace.iter().filter(|span| is_refused(span));
        Self {
            refused: refused.map(|span| span.id).collect(),
            functions: of_kind(SpanKind::LambdaFunction)
                .map(|span| (span.id, span.name))
                .collect(),
            gateways: of_kind(SpanKind::Segment)
                .filter_map(|span| Some((span.id, request_of(facts, span)?)))
                .collect(),
            parents: trace.iter().filter_map(|span| span.parent.get()).collect(),
        }
    }
}

/// The request that a span names.
fn request_of(facts: &Facts, span: &Span) -> Option<Key> {
    let written = span.request_id.map(|id| key_of(facts, id));
    written.or_else(|| span.invocation.get().map(Key::Request))
}

fn of_span<'a>(
    facts: &'a Facts,
    assembled: &Assembled,
    around: &Around,
    at: usize,
) -> Option<Record<'a>> {
    let span = &facts.spans[at];
    let run = assembled.owner(at);
    let resource = facts.text_of(span.resource);
    let mut keys = vec![Key::Span(span.trace, span.id)];
    let mut caller = None;
    let resource = match span.kind {
        // The caller's side of a call.
        SpanKind::Remote => {
            caller = run
                .map(|run| assembled.invocations[run as usize].function)
                .or_else(|| around.functions.get(&span.segment).copied());
            // A gateway's call to what stands behind it is its request.
            let gateway = around.gateways.get(&span.segment);
            keys.extend(gateway);
            resource.map_or_else(|| called_host(facts.text(span.name)), Cow::Borrowed)
        }
        // The refused side: a run that did take place was not refused, whatever it answered.
        SpanKind::LambdaService
            if span
                .invocation
                .get()
                .is_none_or(|id| assembled.attempts(&id).is_none()) =>
        {
            Cow::Borrowed(resource?)
        }
        // A gateway that passed the request on repeats the answer of what stands behind it.
        SpanKind::Segment if !around.parents.contains(&span.id) => {
            let resource = resource.filter(|name| is_gateway(name))?;
            Cow::Borrowed(resource)
        }
        _ => return None,
    };
    keys.extend(request_of(facts, span));
    if let Some(call) = span
        .parent
        .get()
        .filter(|call| around.refused.contains(call))
        && span.kind != SpanKind::Remote
    {
        keys.push(Key::Span(span.trace, call));
    }
    Some(Record {
        gateway: is_gateway(&resource).then_some(ThrottleClass::GatewayStage),
        resource: Some(resource),
        at: Timestamp(span.end_us.get().unwrap_or(span.start_us).div_euclid(1_000)),
        keys,
        source: Source::Span,
        caller,
        run: run.filter(|_| span.kind == SpanKind::Remote),
        reason: None,
        trace: Some(span.trace),
        route: None,
        evidence: Evidence::Span { span: at as u32 },
    })
}

/// The resource behind a host name: an API of the gateway, or the host itself.
fn called_host(host: &str) -> Cow<'_, str> {
    match host.split_once(".execute-api.") {
        Some((api, _)) => {
            let api = placed::join(api, placed::place(host));
            Cow::Owned(format!("apigateway:{api}"))
        }
        None => Cow::Borrowed(host),
    }
}
