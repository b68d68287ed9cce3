//! An analysis and its log lines as OpenTelemetry sees them: spans, links and log records, whatever they are encoded in.
//!
//! Names are those of the semantic conventions, 1.44 (`faas.*`, `cloud.*`, `aws.*`, `messaging.*`); what those have no word for stands
//! under `nepho.*`. An attribute that is not known is left out.

mod attributes;
pub(super) mod batch;
mod logs;
mod run;
mod xray;

#[cfg(test)]
mod tests;

use std::io;

use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::Span;
use xxhash_rust::xxh3::xxh3_64;

use crate::correlate::tree::{Index, Requests};
use crate::model::analysis::Analysis;
use crate::model::facts::StreamFacts;
use crate::model::ids::SpanId;
use crate::model::invocation::InvocationIndex;
use crate::model::span::SpanKind;
use crate::model::time::Timestamp;

use attributes::{list, text};
use batch::{Batches, Request};

pub(super) use logs::{EVENT_ID, Entry, LogBatches, Place, REQUEST_ID};

/// What makes spans and log records of an analysis.
pub struct Telemetry<'a> {
    analysis: &'a Analysis,
    index: Index,
    region: Option<&'a str>,
}

/// What spans come from: each has one resource.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Origin {
    /// Index in `Assembled::environments`.
    Environment(u32),
    /// A segment of X-Ray that no known run made.
    Segment(SpanId),
}

impl<'a> Telemetry<'a> {
    /// `region`: where all of it ran, if that is known.
    pub fn new(analysis: &'a Analysis, region: Option<&'a str>) -> Self {
        Self {
            analysis,
            index: Index::new(analysis),
            region,
        }
    }

    /// Hands on every counted invocation, its init where X-Ray shows none, and every span of X-Ray, in requests of at most `limit`
    /// bytes (a larger span goes alone). Returns how many spans there were.
    pub(super) fn traces<R: Request<Record: From<Span>>>(
        &self,
        limit: usize,
        mut each: impl FnMut(R) -> io::Result<()>,
    ) -> io::Result<u64> {
        let mut batches = Batches::new(limit);
        let mut push = |origin, resource: &dyn Fn() -> Resource, span: Span| {
            batches
                .push(origin, |_| resource(), span.into())
                .map_or(Ok(()), &mut each)
        };
        let environments = &self.analysis.assembled.environments;
        for (at, environment) in environments.iter().enumerate() {
            let origin = Origin::Environment(at as u32);
            let resource = || self.environment(environment.stream);
            for &run in &environment.invocations {
                if !self.analysis.invocation(run).counted {
                    continue;
                }
                push(origin, &resource, self.run(run))?;
                if let Some(init) = self.init(run) {
                    push(origin, &resource, init)?;
                }
                for &span in self.requests().spans(run) {
                    if self.is_shown(span) {
                        push(origin, &resource, self.xray(span))?;
                    }
                }
            }
        }
        let facts = &self.analysis.facts;
        for (at, span) in facts.spans.iter().enumerate() {
            let at = at as u32;
            if self.owner(at).is_none() && self.is_shown(at) {
                let origin = Origin::Segment(span.segment);
                push(origin, &|| self.segment(at), self.xray(at))?;
            }
        }
        batches.rest().map_or(Ok(()), each)?;
        Ok(batches.records())
    }

    /// The requests of the analysis: looked through once for all that is made of it.
    pub(super) fn requests(&self) -> Requests<'_> {
        self.index.requests(self.analysis)
    }

    /// The counted run that made a span.
    fn owner(&self, span: u32) -> Option<InvocationIndex> {
        let owner = self.analysis.assembled.owner(span as usize)?;
        self.analysis.invocation(owner).counted.then_some(owner)
    }

    /// Copies that X-Ray made are left out, and so is the environment's segment of a run: the run stands for it.
    fn is_shown(&self, span: u32) -> bool {
        let of = &self.analysis.facts.spans[span as usize];
        let is_run = self.owner(span).is_some() && of.kind == SpanKind::LambdaFunction;
        !of.inferred && !is_run
    }

    /// The trace of a run: its own; without one that of the request it belongs to; at last the id of the run at the top, which is a
    /// UUID and as long.
    fn trace_id(&self, run: InvocationIndex) -> [u8; 16] {
        let own = |run| self.analysis.invocation(run).trace;
        let id = own(run).map_or_else(
            || {
                let root = self.requests().root(run);
                let known = own(root).map(|context| context.trace.0);
                known.unwrap_or(self.analysis.invocation(root).request_id.0)
            },
            |context| context.trace.0,
        );
        valid(id)
    }

    /// The span of a run: its segment; without one a number that request id and attempt give.
    fn span_id(&self, run: InvocationIndex) -> [u8; 8] {
        let invocation = self.analysis.invocation(run);
        let segment = invocation.trace.and_then(|context| context.segment.get());
        let segment = segment.or_else(|| Some(self.own_segment(run)?.id));
        let number = segment.map_or_else(
            || hash(&[&invocation.request_id.0, &invocation.attempt.to_be_bytes()]),
            SpanId::number,
        );
        valid(number.to_be_bytes())
    }

    fn environment(&self, stream: u32) -> Resource {
        self.resource_of(&self.analysis.facts.streams[stream as usize])
    }

    fn resource_of(&self, place: &StreamFacts) -> Resource {
        let facts = &self.analysis.facts;
        let (group, stream) = (facts.text(place.group), facts.text(place.stream));
        let mut attributes = self.cloud();
        if let Some(function) = facts.text_of(place.function) {
            attributes.push(text("cloud.platform", "aws_lambda"));
            attributes.push(text("service.name", function));
            attributes.push(text("faas.name", function));
            attributes.push(text("faas.instance", stream));
        }
        if let Some(version) = facts.text_of(place.version) {
            attributes.push(text("faas.version", version));
        }
        attributes.push(list("aws.log.group.names", group));
        attributes.push(list("aws.log.stream.names", stream));
        resource(attributes)
    }

    fn cloud(&self) -> Vec<KeyValue> {
        let provider = [text("cloud.provider", "aws")];
        let region = self.region.map(|region| text("cloud.region", region));
        provider.into_iter().chain(region).collect()
    }
}

fn resource(attributes: Vec<KeyValue>) -> Resource {
    Resource {
        attributes,
        ..Resource::default()
    }
}

/// An id of zeros alone is none (W3C Trace Context).
fn valid<const N: usize>(mut id: [u8; N]) -> [u8; N] {
    if id == [0; N] {
        id[N - 1] = 1;
    }
    id
}

fn hash(parts: &[&[u8]]) -> u64 {
    xxh3_64(&parts.concat())
}

/// Nanoseconds since the epoch; no moment lies before it.
fn nanos(at: Timestamp) -> u64 {
    u64::try_from(at.0).unwrap_or(0).saturating_mul(1_000_000)
}
