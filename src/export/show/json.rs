//! The dossier as one JSON document, `nepho.show/1`: rows as in the report, and the raw lines.

use std::io::{self, Write};

use serde::Serialize;

use super::Dossier;
use crate::export::report::rows::{
    DuplicateRow, FindingRow, InitRow, InvocationRow, LinkRow, ReorderedRow,
};
use crate::export::shown_json;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::Evidence;
use crate::model::time::Timestamp;
use crate::store::lookup::lines;

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    id: &'a str,
    /// `request`, `trace`, `log_event` or `event`.
    kind: String,
    /// More invocations are linked than are listed.
    cut: bool,
    /// Request ids of what the id names.
    named: Vec<String>,
    /// The request tree.
    invocations: Vec<InvocationRow<'a>>,
    inits: Vec<InitRow<'a>>,
    duplicates: Vec<DuplicateRow<'a>>,
    reordered: Vec<ReorderedRow<'a>>,
    links: Vec<LinkRow>,
    findings: Vec<FindingRow<'a>>,
    lines: Vec<LineRow<'a>>,
}

#[derive(Serialize)]
struct LineRow<'a> {
    request_id: String,
    timestamp: Timestamp,
    log_group: &'a str,
    log_stream: &'a str,
    message: &'a str,
}

/// Writes the document and a line end.
pub fn json(dossier: &Dossier<'_>, out: &mut dyn Write) -> io::Result<()> {
    let Dossier {
        id,
        analysis,
        text,
        found,
    } = *dossier;
    let holds = |at: InvocationIndex| found.tree.binary_search(&at).is_ok();
    let proves = |evidence: &Evidence| match evidence {
        Evidence::Line {
            request_id: Some(request),
            ..
        } => {
            let attempts = analysis.assembled.attempts(request);
            attempts.is_some_and(|attempts| attempts.iter().any(|&at| holds(at)))
        }
        _ => false,
    };
    let request = |at: &InvocationIndex| analysis.invocation(*at).request_id.to_string();
    let raw = found.tree.iter().flat_map(|at| {
        lines(analysis, text, *at).into_iter().map(|line| {
            let (log_group, log_stream) = text.stream_name(line.stream);
            let message = line.text;
            LineRow {
                request_id: request(at),
                timestamp: line.at,
                log_group,
                log_stream,
                message,
            }
        })
    });
    let document = Document {
        schema: "nepho.show/1",
        id,
        kind: found.kind.to_string(),
        cut: found.cut,
        named: found.named.iter().map(request).collect(),
        invocations: (found.tree.iter())
            .map(|at| InvocationRow::of(analysis, analysis.invocation(*at)))
            .collect(),
        inits: (analysis.inits.iter())
            .filter(|init| init.invocation.is_some_and(holds))
            .map(|init| InitRow::of(analysis, init))
            .collect(),
        duplicates: (analysis.duplicates.iter())
            .filter(|row| holds(row.first.invocation) || holds(row.repeat.invocation))
            .map(|row| DuplicateRow::of(analysis, row))
            .collect(),
        reordered: (analysis.reordered.iter())
            .filter(|row| holds(row.invocation))
            .map(|row| ReorderedRow::of(analysis, row))
            .collect(),
        links: (analysis.links.iter())
            .filter(|link| holds(link.parent) && holds(link.child))
            .map(|link| LinkRow::of(analysis, link))
            .collect(),
        findings: (analysis.findings.iter())
            .filter(|finding| finding.evidence.iter().any(proves))
            .map(|finding| FindingRow::of(analysis, finding))
            .collect(),
        lines: raw.collect(),
    };
    shown_json::write(&mut *out, &document)?;
    out.write_all(b"\n")
}
