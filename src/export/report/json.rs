//! The report as one JSON document: the public contract `nepho.report/1`, keys and lists in its order.
//!
//! Rows are serialised one by one while they are written; nothing of the document is held.

mod evidence;
pub(in crate::export) mod rows;

use std::io::{self, Write};

use serde::{Serialize, Serializer};

use crate::model::analysis::Analysis;
use crate::model::facts::SeenGap;
use crate::model::finding::Finding;
use crate::model::rows::{FunctionFigures, Link};
use crate::model::time::Timestamp;

use crate::export::numbers::{Shown, share};
use crate::export::shown_json;
use rows::{
    DuplicateRow, FindingRow, FunctionRow, InitRow, InvocationRow, LinkRow, ReorderedRow,
    ThrottleRow,
};

/// A pipe takes so much at once.
const BUFFER: usize = 64 * 1024;

/// Writes the document and a line end; `full` adds one row an invocation.
pub fn json(analysis: &Analysis, full: bool, out: &mut dyn Write) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(BUFFER, out);
    shown_json::write(&mut out, &Document::of(analysis, full))?;
    out.write_all(b"\n")?;
    out.flush()
}

/// What the figures could not see, as the document has it.
pub fn completeness(analysis: &Analysis) -> serde_json::Value {
    serde_json::to_value(Completeness::of(analysis)).unwrap_or_default()
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    version: &'static str,
    window: Window,
    inputs: Inputs,
    completeness: Completeness<'a>,
    totals: Totals,
    functions: Rows<'a>,
    inits: Rows<'a>,
    throttles: Rows<'a>,
    duplicates: Rows<'a>,
    reordered: Rows<'a>,
    links: Rows<'a>,
    findings: Rows<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invocations: Option<Rows<'a>>,
}

#[derive(Serialize)]
struct Window {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

#[derive(Serialize)]
struct Inputs {
    log_events: u64,
    log_events_reread: u64,
    log_events_late: Option<u64>,
    unparsed_lines: u64,
    trace_segments: u64,
    metric_points: u64,
}

#[derive(Serialize)]
struct Completeness<'a> {
    coverage: Option<f64>,
    complete_until: Option<Timestamp>,
    horizon: Option<Timestamp>,
    gaps: Vec<GapRow<'a>>,
    evicted: Evicted,
}

#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct GapRow<'a> {
    from: Timestamp,
    to: Timestamp,
    log_group: &'a str,
    why: Shown<crate::model::record::GapReason>,
}

#[derive(Serialize)]
struct Evicted {
    invocations: u64,
    event_ids: u64,
    ordering_keys: u64,
    traces: u64,
}

#[derive(Serialize)]
struct Totals {
    functions: u64,
    environments: u64,
    invocations: Option<u64>,
    errors: Option<u64>,
    timeouts: Option<u64>,
}

/// One finding on a line of its own, as it stands in the document.
pub fn finding(analysis: &Analysis, finding: &Finding) -> serde_json::Result<String> {
    let mut line = serde_json::to_string(&FindingRow::of(analysis, finding))?;
    line.push('\n');
    Ok(line)
}

/// One list of the document.
struct Rows<'a> {
    analysis: &'a Analysis,
    list: List,
}

#[derive(Clone, Copy)]
enum List {
    Functions,
    Inits,
    Throttles,
    Duplicates,
    Reordered,
    Links,
    Findings,
    Invocations,
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.analysis;
        match self.list {
            List::Functions => {
                serializer.collect_seq(all.functions.iter().map(|row| FunctionRow::of(all, row)))
            }
            List::Inits => {
                serializer.collect_seq(all.inits.iter().map(|row| InitRow::of(all, row)))
            }
            List::Throttles => {
                serializer.collect_seq(all.throttles.iter().map(|row| ThrottleRow::of(all, row)))
            }
            List::Duplicates => {
                serializer.collect_seq(all.duplicates.iter().map(|row| DuplicateRow::of(all, row)))
            }
            List::Reordered => {
                serializer.collect_seq(all.reordered.iter().map(|row| ReorderedRow::of(all, row)))
            }
            List::Links => {
                // Attempts share a request id: they are one row, the best known of them.
                let ids = |row: &Link| {
                    let id = |at| all.invocation(at).request_id;
                    (id(row.parent), id(row.child))
                };
                let pairs = all.links.chunk_by(|one, other| ids(one) == ids(other));
                serializer.collect_seq(pairs.map(|attempts| LinkRow::of(all, &attempts[0])))
            }
            List::Findings => {
                serializer.collect_seq(all.findings.iter().map(|row| FindingRow::of(all, row)))
            }
            List::Invocations => {
                let counted = all.assembled.invocations.iter().filter(|row| row.counted);
                serializer.collect_seq(counted.map(|row| InvocationRow::of(all, row)))
            }
        }
    }
}

impl<'a> Document<'a> {
    fn of(analysis: &'a Analysis, full: bool) -> Self {
        let rows = |list| Rows { analysis, list };
        let inputs = analysis.facts.inputs;
        Self {
            schema: "nepho.report/1",
            version: env!("CARGO_PKG_VERSION"),
            window: Window {
                from: analysis.window.map(|(from, _)| from),
                to: analysis.window.map(|(_, to)| to),
            },
            inputs: Inputs {
                log_events: inputs.log_events,
                log_events_reread: inputs.log_events_reread,
                log_events_late: (inputs.log_events_with_ingestion > 0)
                    .then_some(inputs.log_events_late),
                unparsed_lines: inputs.unparsed_lines,
                trace_segments: inputs.trace_segments,
                metric_points: inputs.metric_points,
            },
            completeness: Completeness::of(analysis),
            totals: Totals::of(analysis),
            functions: rows(List::Functions),
            inits: rows(List::Inits),
            throttles: rows(List::Throttles),
            duplicates: rows(List::Duplicates),
            reordered: rows(List::Reordered),
            links: rows(List::Links),
            findings: rows(List::Findings),
            invocations: full.then(|| rows(List::Invocations)),
        }
    }
}

impl<'a> Completeness<'a> {
    fn of(analysis: &'a Analysis) -> Self {
        let facts = &analysis.facts;
        let row = |gap: &SeenGap| GapRow {
            from: gap.from,
            to: gap.to,
            log_group: facts.text(gap.group),
            why: Shown(gap.why),
        };
        let mut gaps: Vec<_> = facts.gaps.iter().map(row).collect();
        gaps.sort_unstable();
        Self {
            coverage: analysis.coverage.map(share),
            complete_until: facts.watermark,
            horizon: facts.horizon.or_else(|| facts.first()),
            gaps,
            evicted: Evicted {
                invocations: facts.evicted.invocations,
                event_ids: facts.evicted.event_ids,
                ordering_keys: facts.evicted.ordering_keys,
                traces: facts.evicted.traces,
            },
        }
    }
}

impl Totals {
    fn of(analysis: &Analysis) -> Self {
        let sum = |figure: fn(&FunctionFigures) -> u64| analysis.functions.iter().map(figure).sum();
        let runs = |figure| FunctionFigures::runs_of(&analysis.functions, figure);
        Self {
            functions: sum(|row| u64::from(row.environments > 0)),
            environments: sum(|row| row.environments),
            invocations: runs(|row| row.invocations),
            errors: runs(|row| row.errors),
            timeouts: runs(|row| row.timeouts),
        }
    }
}
