//! What proves a finding, in a form that can be opened with the AWS CLI.

use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};

use crate::model::analysis::Analysis;
use crate::model::metric::MetricPoint;
use crate::model::rows::Evidence;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

use crate::export::numbers::{Shown, millis};

/// One line, metric point or trace segment.
pub(super) struct EvidenceRow<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) evidence: &'a Evidence,
}

impl Serialize for EvidenceRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let facts = &self.analysis.facts;
        let mut map = serializer.serialize_map(None)?;
        match *self.evidence {
            Evidence::Line { request_id, line } => {
                let stream = facts.stream(line);
                map.serialize_entry("request_id", &request_id)?;
                map.serialize_entry("log_group", facts.text(stream.group))?;
                map.serialize_entry("log_stream", facts.text(stream.stream))?;
                map.serialize_entry("timestamp", &facts.moment(line))?;
                map.serialize_entry("event_id", &self.analysis.event_id(line))?;
            }
            Evidence::Metric { point } => {
                let point = &facts.metrics[point as usize];
                map.serialize_entry("metric", &MetricRow::of(self.analysis, point))?;
            }
            Evidence::Span { span } => {
                let span = &facts.spans[span as usize];
                let at = Timestamp(span.start_us.div_euclid(1000));
                map.serialize_entry(
                    "segment",
                    &SegmentRow {
                        trace_id: span.trace.to_string(),
                        segment_id: Shown(span.id),
                        timestamp: at,
                    },
                )?;
            }
        }
        map.end()
    }
}

#[derive(Serialize)]
struct SegmentRow {
    trace_id: String,
    segment_id: Shown<crate::model::ids::SpanId>,
    timestamp: Timestamp,
}

#[derive(Serialize)]
struct MetricRow<'a> {
    namespace: &'a str,
    name: &'a str,
    dimensions: Dimensions<'a>,
    timestamp: Timestamp,
    value: f64,
}

struct Dimensions<'a> {
    analysis: &'a Analysis,
    pairs: &'a [(Sym, Sym)],
}

impl Serialize for Dimensions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |sym| self.analysis.text(sym);
        serializer.collect_map(
            self.pairs
                .iter()
                .map(|&(name, value)| (text(name), text(value))),
        )
    }
}

impl<'a> MetricRow<'a> {
    fn of(analysis: &'a Analysis, point: &'a MetricPoint) -> Self {
        let name = analysis.text(point.name);
        Self {
            namespace: analysis.text(point.namespace),
            name,
            dimensions: Dimensions {
                analysis,
                pairs: &point.dimensions,
            },
            timestamp: point.at,
            value: millis(if is_level(name) { point.max } else { point.sum }),
        }
    }
}

/// Metrics of a level or a length say something by their maximum; the others count by their sum.
fn is_level(name: &str) -> bool {
    [
        "Executions",
        "Concurrency",
        "Age",
        "Duration",
        "Utilization",
    ]
    .iter()
    .any(|end| name.ends_with(end))
}
