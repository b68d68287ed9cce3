//! Whose spans are whose: ties the spans of X-Ray to the invocations of the logs.

use std::hash::Hash;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use crate::model::by_key::{ByKey, Rows};
use crate::model::cores;
use crate::model::facts::Facts;
use crate::model::ids::{RequestId, SpanId, TraceId};
use crate::model::invocation::{Assembled, Invocation, InvocationIndex};
use crate::model::maybe::Maybe;
use crate::model::span::{Span, SpanKind};
use crate::model::time::Timestamp;

/// How far the clock of X-Ray and the stamp of a START line may lie apart where nothing but time tells runs apart.
const SAME_START_MS: i64 = 1_000;

/// No chain of parents is followed further: a longer one is broken or hostile.
pub const MAX_HOPS: usize = 64;

/// Finds a span by its trace and id. It holds places, not ids: those are read where they stand.
#[derive(Debug)]
pub struct SpanIndex<'a> {
    spans: &'a [Span],
    places: HashTable<u32>,
}

impl<'a> SpanIndex<'a> {
    /// An index of `spans`.
    pub fn new(spans: &'a [Span]) -> Self {
        let hash_at = |at: &u32| hash(spans[*at as usize].trace, spans[*at as usize].id);
        let mut places = HashTable::with_capacity(spans.len());
        for at in 0..spans.len() as u32 {
            places.insert_unique(hash_at(&at), at, hash_at);
        }
        Self { spans, places }
    }

    /// Where the span stands in [`Facts::spans`].
    pub fn find(&self, trace: TraceId, id: SpanId) -> Option<usize> {
        let same = |at: &u32| {
            let span = &self.spans[*at as usize];
            (span.trace, span.id) == (trace, id)
        };
        let place = self.places.find(hash(trace, id), same)?;
        Some(*place as usize)
    }
}

/// Spreads spans over a table.
fn hash(trace: TraceId, id: SpanId) -> u64 {
    xxh3_64(&trace.0) ^ id.number()
}

/// Finds runs by what they say of themselves.
pub(super) struct RunsBy<'a, K> {
    runs: &'a [Invocation],
    key: fn(&Invocation) -> Option<K>,
    rows: ByKey,
}

impl<'a, K: Hash + Eq> RunsBy<'a, K> {
    pub(super) fn new(runs: &'a [Invocation], key: fn(&Invocation) -> Option<K>) -> Self {
        let rows = ByKey::of(runs.len(), |at| key(&runs[at as usize]));
        Self { runs, key, rows }
    }

    /// In order of start.
    pub(super) fn find(&self, wanted: &K) -> Rows<'_> {
        let key_at = |at| (self.key)(&self.runs[at as usize]);
        self.rows.get(wanted, key_at)
    }
}

/// The trace that a run is of.
pub(super) fn trace_of(run: &Invocation) -> Option<TraceId> {
    run.trace.map(|context| context.trace)
}

/// The `AWS::Lambda::Function` segment that the REPORT of a run names.
pub(super) fn segment_of(run: &Invocation) -> Option<(TraceId, SpanId)> {
    let context = run.trace?;
    Some((context.trace, context.segment.get()?))
}

/// The invocation that each span ran in, parallel to [`Facts::spans`]; `None` where it cannot be told.
///
/// `AWS::Lambda` carries the request id. `AWS::Lambda::Function` does not: its own id is the `SegmentId` of the REPORT line, and
/// its parent is `AWS::Lambda` (or the `Attempt #N` below it). Where one of these was lost the other still holds.
pub fn owners(facts: &Facts, assembled: &Assembled) -> Vec<Maybe<InvocationIndex>> {
    let spans = &facts.spans;
    let (index, runs) = cores::both(|| SpanIndex::new(spans), || Runs::new(facts, assembled));
    let known = cores::rows(spans, |_, span| match span.kind {
        SpanKind::LambdaService => runs.first_of(span.invocation.get()?),
        SpanKind::LambdaFunction => runs.behind(span, spans, &index),
        SpanKind::Attempt(_) => runs.attempt_at(request_of(span, spans, &index)?, start_of(span)),
        _ => None,
    });
    // Segments are known by now: the others lie in them.
    cores::rows(spans, |at, span| {
        let owner = match known[at] {
            None if is_inside(span.kind) => {
                enclosing(span, spans, &index).and_then(|around| known[around])
            }
            own => own,
        };
        owner.into()
    })
}

/// Whether spans of this kind lie inside the segment of whoever made them.
fn is_inside(kind: SpanKind) -> bool {
    !matches!(
        kind,
        SpanKind::LambdaService | SpanKind::LambdaFunction | SpanKind::Segment
    )
}

/// The Lambda segment that a subsegment or a client span lies in.
fn enclosing(span: &Span, spans: &[Span], index: &SpanIndex<'_>) -> Option<usize> {
    let mut at = index.find(span.trace, span.segment);
    let mut parent = span.parent.get();
    for _ in 0..MAX_HOPS {
        if let Some(found) = at
            && !is_inside(spans[found].kind)
        {
            return (spans[found].kind != SpanKind::Segment).then_some(found);
        }
        let next = index.find(span.trace, parent?)?;
        parent = spans[next].parent.get();
        at = Some(next);
    }
    None
}

/// The request id of the `AWS::Lambda` segment that a span of it lies in.
fn request_of(span: &Span, spans: &[Span], index: &SpanIndex<'_>) -> Option<RequestId> {
    spans[index.find(span.trace, span.segment)?]
        .invocation
        .get()
}

/// When a span began, in the milliseconds of the logs.
pub fn start_of(span: &Span) -> Timestamp {
    Timestamp(span.start_us.div_euclid(1_000))
}

/// When a span ended; its start while it is in progress.
pub fn end_of(span: &Span) -> Timestamp {
    Timestamp(span.end_us.get().unwrap_or(span.start_us).div_euclid(1_000))
}

/// Ways from a Lambda segment to the run that it stands for.
struct Runs<'a> {
    facts: &'a Facts,
    assembled: &'a Assembled,
    by_segment: RunsBy<'a, (TraceId, SpanId)>,
    /// Those that name no segment of theirs.
    by_trace: RunsBy<'a, TraceId>,
}

impl<'a> Runs<'a> {
    fn new(facts: &'a Facts, assembled: &'a Assembled) -> Self {
        let of_no_segment = |run: &Invocation| match segment_of(run) {
            Some(_) => None,
            None => trace_of(run),
        };
        Self {
            facts,
            assembled,
            by_segment: RunsBy::new(&assembled.invocations, segment_of),
            by_trace: RunsBy::new(&assembled.invocations, of_no_segment),
        }
    }

    fn run(&self, at: InvocationIndex) -> &Invocation {
        &self.assembled.invocations[at as usize]
    }

    fn first_of(&self, request: RequestId) -> Option<InvocationIndex> {
        self.assembled.attempts(&request)?.first().copied()
    }

    /// The attempt of a request whose start lies nearest.
    fn attempt_at(&self, request: RequestId, at: Timestamp) -> Option<InvocationIndex> {
        let attempts = self.assembled.attempts(&request)?;
        attempts
            .iter()
            .copied()
            .min_by_key(|&attempt| self.run(attempt).start.since(at).abs())
    }

    /// The run of an `AWS::Lambda::Function` segment.
    fn behind(
        &self,
        span: &Span,
        spans: &[Span],
        index: &SpanIndex<'_>,
    ) -> Option<InvocationIndex> {
        if let Some(at) = self.by_segment.find(&(span.trace, span.id)).last() {
            return Some(at);
        }
        if let Some(request) = span.invocation.get() {
            return self.attempt_at(request, start_of(span));
        }
        let parent = span.parent.get().and_then(|id| index.find(span.trace, id));
        match parent.and_then(|at| request_of(&spans[at], spans, index)) {
            Some(request) => self.attempt_at(request, start_of(span)),
            None => self.only_candidate(span),
        }
    }

    /// Last resort: the only run of the function in the trace that began then and is not known to be another segment.
    fn only_candidate(&self, span: &Span) -> Option<InvocationIndex> {
        let name = self.facts.text(span.name);
        let mut candidates = self.by_trace.find(&span.trace).filter(|&at| {
            let run = self.run(at);
            self.facts.text(run.function) == name
                && run.start.since(start_of(span)).abs() <= SAME_START_MS
        });
        let only = candidates.next()?;
        candidates.next().is_none().then_some(only)
    }
}
