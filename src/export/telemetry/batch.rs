//! Records gathered into requests that are not too large for who takes them.

use std::hash::Hash;

use hashbrown::HashMap;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use opentelemetry_proto::tonic::logs::v1::{LogRecord, ResourceLogs, ScopeLogs};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span};
use prost::Message as _;

/// The conventions that attributes are named by.
pub(in crate::export) const SCHEMA: &str = "https://opentelemetry.io/schemas/1.44.0";
/// Tags and lengths around a record or a resource, at most.
const AROUND: usize = 128;

/// A request that records are added to, in the encoding that it will have. Sizes are in bytes, and what something takes at most.
pub(in crate::export) trait Request: Default {
    type Record;
    /// What stands before the records of one resource.
    type Head;
    /// The size of a record.
    fn size(record: &Self::Record) -> usize;
    /// A resource with its size.
    fn head(resource: Resource) -> (Self::Head, usize);
    /// Opens the next resource.
    fn open(&mut self, head: Self::Head);
    /// Adds a record to the resource that was opened as number `at`.
    fn add(&mut self, at: usize, record: Self::Record);
}

/// The request that is being filled.
pub(super) struct Batches<O, R> {
    limit: usize,
    request: R,
    size: usize,
    origins: HashMap<O, usize>,
    records: u64,
}

impl<O: Eq + Hash, R: Request> Batches<O, R> {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            request: R::default(),
            size: 0,
            origins: HashMap::new(),
            records: 0,
        }
    }

    /// Adds a record under the resource of its origin. Gives the request that was full before, if it was.
    pub(super) fn push(
        &mut self,
        origin: O,
        resource: impl Fn(&O) -> Resource,
        record: R::Record,
    ) -> Option<R> {
        let size = R::size(&record);
        let known = self.origins.get(&origin).copied();
        let head = || R::head(resource(&origin));
        let opened = known.is_none().then(head);
        let more = size + opened.as_ref().map_or(0, |(_, size)| *size);
        let is_full = self.size + more > self.limit;
        let full = if is_full { self.rest() } else { None };
        let at = match known {
            Some(at) if !is_full => at,
            _ => {
                let (head, size) = opened.unwrap_or_else(head);
                let next = self.origins.len();
                self.origins.insert(origin, next);
                self.request.open(head);
                self.size += size;
                next
            }
        };
        self.request.add(at, record);
        self.size += size;
        self.records += 1;
        full
    }

    /// The request that is not full yet; `None` if nothing is in it.
    pub(super) fn rest(&mut self) -> Option<R> {
        self.origins.clear();
        let size = std::mem::take(&mut self.size);
        (size > 0).then(|| std::mem::take(&mut self.request))
    }

    /// Records so far.
    pub(super) fn records(&self) -> u64 {
        self.records
    }
}

/// Who made the records.
pub(in crate::export) fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    }
}

impl Request for ExportTraceServiceRequest {
    type Record = Span;
    type Head = Resource;

    fn size(span: &Span) -> usize {
        span.encoded_len() + AROUND
    }

    fn head(resource: Resource) -> (Resource, usize) {
        let size = resource.encoded_len() + AROUND;
        (resource, size)
    }

    fn open(&mut self, resource: Resource) {
        self.resource_spans.push(ResourceSpans {
            resource: Some(resource),
            scope_spans: vec![ScopeSpans {
                scope: Some(scope()),
                ..ScopeSpans::default()
            }],
            schema_url: SCHEMA.to_owned(),
        });
    }

    fn add(&mut self, at: usize, record: Span) {
        self.resource_spans[at].scope_spans[0].spans.push(record);
    }
}

impl Request for ExportLogsServiceRequest {
    type Record = LogRecord;
    type Head = Resource;

    fn size(record: &LogRecord) -> usize {
        record.encoded_len() + AROUND
    }

    fn head(resource: Resource) -> (Resource, usize) {
        let size = resource.encoded_len() + AROUND;
        (resource, size)
    }

    fn open(&mut self, resource: Resource) {
        self.resource_logs.push(ResourceLogs {
            resource: Some(resource),
            scope_logs: vec![ScopeLogs {
                scope: Some(scope()),
                ..ScopeLogs::default()
            }],
            schema_url: SCHEMA.to_owned(),
        });
    }

    fn add(&mut self, at: usize, record: LogRecord) {
        self.resource_logs[at].scope_logs[0]
            .log_records
            .push(record);
    }
}
