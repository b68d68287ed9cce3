//! The rows of the lists, field by field as the contract names them.

use std::borrow::Cow;

use serde::Serialize;

use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::finding::{Finding, FindingKind, Severity};
use crate::model::ids::RequestId;
use crate::model::invocation::{Invocation, InvocationStatus};
use crate::model::rows::{
    DeliveryEnd, Duplicate, DuplicateClass, FunctionFigures, Harm, Init, InitCause, InitKind, Link,
    LinkTier, Percentiles, Rate, Reordered, Throttle, ThrottleClass, Verdict,
};
use crate::model::time::Timestamp;

use super::evidence::EvidenceRow;
use crate::export::numbers::{Shown, millis, share, single_millis};

#[derive(Serialize)]
struct PercentileRow {
    p50: f64,
    p95: f64,
    p99: f64,
    max: f64,
}

impl PercentileRow {
    fn of(figures: Percentiles) -> Self {
        Self {
            p50: millis(figures.p50),
            p95: millis(figures.p95),
            p99: millis(figures.p99),
            max: millis(figures.max),
        }
    }
}

#[derive(Serialize)]
pub(in crate::export) struct FunctionRow<'a> {
    function: &'a str,
    invocations: Option<u64>,
    errors: Option<u64>,
    timeouts: Option<u64>,
    out_of_memory: Option<u64>,
    duration_ms: Option<PercentileRow>,
    init_ms: Option<PercentileRow>,
    environments: u64,
    felt_cold_starts: Option<u64>,
    cold_rate: Option<f64>,
    cold_rate_low: Option<f64>,
    cold_rate_high: Option<f64>,
    throttled: Option<u64>,
    duplicates_harmful: Option<u64>,
    retries: Option<u64>,
    reordered: Option<u64>,
    memory_mb: Option<u32>,
    max_memory_used_mb: Option<u32>,
    billed_ms: Option<f64>,
    peak_concurrency: Option<u64>,
    id_coverage: Option<f64>,
    sampled_share: Option<f64>,
}

impl<'a> FunctionRow<'a> {
    pub(in crate::export) fn of(all: &'a Analysis, row: &FunctionFigures) -> Self {
        let rate = |pick: fn(Rate) -> f64| row.cold_rate.map(pick).map(share);
        Self {
            function: all.text(row.function),
            invocations: row.of_runs(row.invocations),
            errors: row.of_runs(row.errors),
            timeouts: row.of_runs(row.timeouts),
            out_of_memory: row.of_runs(row.out_of_memory),
            duration_ms: row.duration_ms.map(PercentileRow::of),
            init_ms: row.init_ms.map(PercentileRow::of),
            environments: row.environments,
            felt_cold_starts: row.felt_cold_starts,
            cold_rate: rate(|rate| rate.value),
            cold_rate_low: rate(|rate| rate.low),
            cold_rate_high: rate(|rate| rate.high),
            throttled: row.throttled,
            duplicates_harmful: row.duplicates_harmful,
            retries: row.retries,
            reordered: row.reordered,
            memory_mb: row.memory_mb,
            max_memory_used_mb: row.max_memory_used_mb,
            billed_ms: row.billed_ms.map(millis),
            peak_concurrency: row.peak_concurrency,
            id_coverage: row.id_coverage.map(share),
            sampled_share: row.sampled_share.map(share),
        }
    }
}

#[derive(Serialize)]
pub(in crate::export) struct InitRow<'a> {
    function: &'a str,
    version: Option<&'a str>,
    log_stream: &'a str,
    at: Timestamp,
    kind: Shown<InitKind>,
    init_ms: Option<f64>,
    felt_ms: Option<f64>,
    cause: Option<Shown<InitCause>>,
    request_id: Option<RequestId>,
}

impl<'a> InitRow<'a> {
    pub(in crate::export) fn of(all: &'a Analysis, row: &Init) -> Self {
        Self {
            function: all.text(row.function),
            version: all.facts.text_of(row.version),
            log_stream: all.text(all.facts.streams[row.stream as usize].stream),
            at: row.at,
            kind: Shown(row.kind),
            init_ms: row.init_ms.map(single_millis),
            felt_ms: row.felt_ms.map(single_millis),
            cause: row.cause.map(Shown),
            request_id: row.request_id,
        }
    }
}

#[derive(Serialize)]
pub(in crate::export) struct ThrottleRow<'a> {
    minute: Timestamp,
    resource: &'a str,
    class: Shown<ThrottleClass>,
    count: u64,
    lower_bound: bool,
    callers: Vec<CallerRow<'a>>,
}

#[derive(Serialize)]
struct CallerRow<'a> {
    function: &'a str,
    count: u64,
}

impl<'a> ThrottleRow<'a> {
    pub(in crate::export) fn of(all: &'a Analysis, row: &'a Throttle) -> Self {
        let caller = |&(function, count)| CallerRow {
            function: all.text(function),
            count,
        };
        Self {
            minute: row.minute,
            resource: &row.resource,
            class: Shown(row.class),
            count: row.count,
            lower_bound: row.lower_bound,
            callers: row.callers.iter().map(caller).collect(),
        }
    }
}

#[derive(Serialize)]
pub(in crate::export) struct DuplicateRow<'a> {
    consumer: &'a str,
    source: Shown<EventSource>,
    identity: Cow<'a, str>,
    class: Shown<DuplicateClass>,
    harm: Shown<Harm>,
    first: EndRow,
    repeat: EndRow,
}

#[derive(Serialize)]
struct EndRow {
    request_id: RequestId,
    at: Timestamp,
    status: Shown<InvocationStatus>,
}

impl EndRow {
    fn of(end: DeliveryEnd) -> Self {
        Self {
            request_id: end.request_id,
            at: end.at,
            status: Shown(end.status),
        }
    }
}

impl<'a> DuplicateRow<'a> {
    pub(in crate::export) fn of(all: &'a Analysis, row: &Duplicate) -> Self {
        Self {
            consumer: all.text(row.consumer),
            source: Shown(row.source),
            identity: row.identity_text(&all.facts),
            class: Shown(row.class),
            harm: Shown(row.harm),
            first: EndRow::of(row.first),
            repeat: EndRow::of(row.repeat),
        }
    }
}

#[derive(Serialize)]
pub(in crate::export) struct ReorderedRow<'a> {
    consumer: &'a str,
    source: Shown<EventSource>,
    key: &'a str,
    sequence: &'a str,
    identity: &'a str,
    request_id: RequestId,
    at: Timestamp,
    extent: u32,
    late_ms: f64,
    verdict: Shown<Verdict>,
}

impl<'a> ReorderedRow<'a> {
    pub(in crate::export) fn of(all: &'a Analysis, row: &Reordered) -> Self {
        Self {
            consumer: all.text(row.consumer),
            source: Shown(row.source),
            key: all.text(row.key),
            sequence: all.text(row.sequence),
            identity: all.text(row.identity),
            request_id: row.request_id,
            at: row.at,
            extent: row.extent,
            late_ms: millis(row.late_ms),
            verdict: Shown(row.verdict),
        }
    }
}

#[derive(Serialize)]
pub(in crate::export) struct LinkRow {
    parent: RequestId,
    child: RequestId,
    tier: Shown<LinkTier>,
    confidence: f64,
}

impl LinkRow {
    pub(in crate::export) fn of(all: &Analysis, row: &Link) -> Self {
        Self {
            parent: all.invocation(row.parent).request_id,
            child: all.invocation(row.child).request_id,
            tier: Shown(row.tier),
            confidence: share(f64::from(row.confidence)),
        }
    }
}

#[derive(Serialize)]
pub(in crate::export) struct FindingRow<'a> {
    id: &'a str,
    severity: Shown<Severity>,
    kind: Shown<FindingKind>,
    subject: &'a str,
    since: Timestamp,
    claim: &'a str,
    evidence: Vec<EvidenceRow<'a>>,
    next: &'a str,
}

impl<'a> FindingRow<'a> {
    pub(in crate::export) fn of(analysis: &'a Analysis, row: &'a Finding) -> Self {
        let evidence = |evidence| EvidenceRow { analysis, evidence };
        Self {
            id: &row.id,
            severity: Shown(row.severity),
            kind: Shown(row.kind),
            subject: &row.subject,
            since: row.since,
            claim: &row.claim,
            evidence: row.evidence.iter().map(evidence).collect(),
            next: &row.next,
        }
    }
}

#[derive(Serialize)]
pub(in crate::export) struct InvocationRow<'a> {
    request_id: RequestId,
    attempt: u16,
    function: &'a str,
    version: Option<&'a str>,
    log_stream: &'a str,
    start: Timestamp,
    end: Timestamp,
    duration_ms: Option<f64>,
    billed_ms: Option<f64>,
    status: Shown<InvocationStatus>,
    trace_id: Option<String>,
    init_kind: Option<Shown<InitKind>>,
}

impl<'a> InvocationRow<'a> {
    pub(in crate::export) fn of(all: &'a Analysis, row: &Invocation) -> Self {
        Self {
            request_id: row.request_id,
            attempt: row.attempt,
            function: all.text(row.function),
            version: all.facts.text_of(all.version_of(row)),
            log_stream: all.stream_of(row),
            start: row.start,
            end: row.end,
            duration_ms: row.duration_ms.get().map(single_millis),
            billed_ms: row.billed_ms.get().map(single_millis),
            status: Shown(row.status),
            trace_id: row.trace.map(|trace| trace.trace.to_string()),
            init_kind: row
                .init
                .get()
                .and_then(|init| all.inits.get(init as usize))
                .map(|init| Shown(init.kind)),
        }
    }
}
