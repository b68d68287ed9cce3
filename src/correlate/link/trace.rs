//! Links that X-Ray proves: parents, links of SQS batches, trace headers of messages, request ids of calls.

use hashbrown::HashMap;

use super::{CLOCK_TOLERANCE_MS, Edges, Joins};
use crate::correlate::spans::{MAX_HOPS, end_of};
use crate::model::fact::TraceContext;
use crate::model::ids::{RequestId, SpanId, TraceId};
use crate::model::invocation::{Invocation, InvocationIndex};
use crate::model::rows::{Link, LinkTier};
use crate::model::span::{Span, SpanKind};

/// What traces say of the runs that they link to no other run.
pub(super) struct Origins {
    /// Of each run, whether its parent is a span that never arrived.
    missing: Vec<bool>,
    /// The traces of these spans, where they are not those that the runs themselves name.
    traces: HashMap<InvocationIndex, TraceId>,
    /// Of each run, whether it was started by no function that left lines: a client, an API, a run that was lost.
    pub(super) outside: Vec<bool>,
}

impl Origins {
    /// The trace of a parent that never arrived.
    pub(super) fn missing(&self, at: InvocationIndex, run: &Invocation) -> Option<TraceId> {
        let own = || run.trace.map(|context| context.trace);
        let is_missing = self.missing[at as usize];
        let trace = || self.traces.get(&at).copied().or_else(own);
        is_missing.then(trace).flatten()
    }

    fn is_missing(&mut self, at: InvocationIndex, run: &Invocation, trace: TraceId) {
        self.missing[at as usize] = true;
        if run.trace.is_some_and(|own| own.trace == trace) {
            self.traces.remove(&at);
        } else {
            self.traces.insert(at, trace);
        }
    }

    fn are_outside(&mut self, runs: &[InvocationIndex]) {
        for &run in runs {
            self.outside[run as usize] = true;
        }
    }
}

/// Where a chain of parents leads.
enum Climb {
    /// To the run that owns the span.
    Run {
        parent: InvocationIndex,
        call: Option<usize>,
    },
    /// To a span that is missing.
    Missing,
    /// Out of Lambda, or to a run that left no lines.
    Outside,
}

/// Adds every link that spans and trace headers prove.
pub(super) fn add(joins: &Joins<'_>, edges: &mut Edges) -> Origins {
    let mut origins = Origins {
        missing: vec![false; joins.assembled.invocations.len()],
        traces: HashMap::new(),
        outside: vec![false; joins.assembled.invocations.len()],
    };
    for (at, span) in joins.facts.spans.iter().enumerate() {
        match span.kind {
            _ if span.inferred => {}
            SpanKind::LambdaService | SpanKind::LambdaFunction => {
                add_parent(joins, at, span, edges, &mut origins);
                add_batch(joins, at, span, edges);
            }
            _ => add_call(joins, at, span, edges),
        }
    }
    add_headers(joins, edges, &mut origins);
    origins
}

/// The runs that a Lambda segment stands for: all attempts of its request.
fn runs_of<'a>(joins: &Joins<'a>, at: usize, span: &Span) -> &'a [InvocationIndex] {
    let request = span
        .invocation
        .get()
        .or_else(|| Some(joins.run(joins.owner(at)?).request_id));
    request.map_or(&[], |request| joins.attempts(request))
}

fn add_parent(joins: &Joins<'_>, at: usize, span: &Span, edges: &mut Edges, origins: &mut Origins) {
    let children = runs_of(joins, at, span);
    let Some(&first) = children.first() else {
        return;
    };
    let Some(id) = span.parent.get() else {
        origins.are_outside(children);
        return;
    };
    match climb(joins, span.trace, id, joins.run(first).request_id) {
        Climb::Run { parent, call } => {
            for &child in children {
                let synchronous = span.status != Some(202) && waits(joins, call, parent, child);
                edges.add(joins, parent_link(parent, child, synchronous));
            }
        }
        Climb::Missing if span.kind == SpanKind::LambdaService => {
            for &child in children {
                origins.is_missing(child, joins.run(child), span.trace);
            }
        }
        Climb::Missing => {}
        Climb::Outside => origins.are_outside(children),
    }
}

/// SQS batches: X-Ray links the consumer's segment to the sends, at most 20 a segment.
fn add_batch(joins: &Joins<'_>, at: usize, span: &Span, edges: &mut Edges) {
    for &(trace, id) in span.links.iter() {
        for &child in runs_of(joins, at, span) {
            if let Climb::Run { parent, .. } = climb(joins, trace, id, joins.run(child).request_id)
            {
                edges.add(joins, queue_link(parent, child));
            }
        }
    }
}

/// A call's `aws.request_id` is the request id of the invocation that it started.
fn add_call(joins: &Joins<'_>, at: usize, span: &Span, edges: &mut Edges) {
    let (Some(request), Some(parent)) = (span.invocation.get(), joins.owner(at)) else {
        return;
    };
    for &child in joins.attempts(request) {
        edges.add(
            joins,
            Link {
                parent,
                child,
                tier: LinkTier::ProducedId,
                confidence: 0.995,
                synchronous: waits(joins, Some(at), parent, child),
            },
        );
    }
}

/// Trace headers in logs: `Parent=` of the run's own header, and `AWSTraceHeader` of the messages it got.
fn add_headers(joins: &Joins<'_>, edges: &mut Edges, origins: &mut Origins) {
    for (at, run) in joins.assembled.invocations.iter().enumerate() {
        let child = at as InvocationIndex;
        let Some((trace, id)) = run.trace.and_then(parent_of) else {
            continue;
        };
        match climb(joins, trace, id, run.request_id) {
            Climb::Run { parent, call } => {
                let synchronous = waits(joins, call, parent, child);
                edges.add(joins, parent_link(parent, child, synchronous));
            }
            Climb::Missing => origins.is_missing(child, run, trace),
            Climb::Outside => origins.are_outside(&[child]),
        }
    }
    for delivery in joins.deliveries {
        let context = delivery.trace.as_deref();
        let Some((trace, id)) = context.and_then(|context| parent_of(*context)) else {
            continue;
        };
        let request = joins.run(delivery.invocation).request_id;
        if let Climb::Run { parent, .. } = climb(joins, trace, id, request) {
            edges.add(joins, queue_link(parent, delivery.invocation));
        }
    }
}

/// `Parent=` of a header.
fn parent_of(context: TraceContext) -> Option<(TraceId, SpanId)> {
    Some((context.trace, context.parent.get()?))
}

fn parent_link(parent: InvocationIndex, child: InvocationIndex, synchronous: bool) -> Link {
    Link {
        parent,
        child,
        tier: LinkTier::TraceParent,
        confidence: 1.0,
        synchronous,
    }
}

fn queue_link(parent: InvocationIndex, child: InvocationIndex) -> Link {
    Link {
        parent,
        child,
        tier: LinkTier::TraceLink,
        confidence: 0.999,
        synchronous: false,
    }
}

/// Whether the caller waited: its call lasted as long as the run.
fn waits(
    joins: &Joins<'_>,
    call: Option<usize>,
    parent: InvocationIndex,
    child: InvocationIndex,
) -> bool {
    let call_covers = call.is_none_or(|at| {
        let span = &joins.facts.spans[at];
        span.kind != SpanKind::Remote
            || joins.run(child).end.since(end_of(span)) <= CLOCK_TOLERANCE_MS
    });
    call_covers && joins.is_nested(parent, child)
}

/// Follows parents from span `id` up to the first that another request owns. A Lambda segment whose run is unknown ends the
/// climb: beyond it are grandparents.
fn climb(joins: &Joins<'_>, trace: TraceId, id: SpanId, child: RequestId) -> Climb {
    let mut id = id;
    for _ in 0..MAX_HOPS {
        let Some(at) = joins.spans.find(trace, id) else {
            let parent = joins.of_segment(trace, id);
            return match parent.filter(|&parent| joins.run(parent).request_id != child) {
                Some(parent) => Climb::Run { parent, call: None },
                None => Climb::Missing,
            };
        };
        let span = &joins.facts.spans[at];
        match joins.owner(at) {
            Some(parent) if joins.run(parent).request_id != child => {
                return Climb::Run {
                    parent,
                    call: Some(at),
                };
            }
            None if matches!(
                span.kind,
                SpanKind::LambdaService | SpanKind::LambdaFunction
            ) =>
            {
                return Climb::Outside;
            }
            _ => {}
        }
        let Some(parent) = span.parent.get() else {
            return Climb::Outside;
        };
        id = parent;
    }
    Climb::Outside
}
