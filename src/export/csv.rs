//! Tables for spreadsheets and databases: RFC 4180, UTF-8, a header line, lines ended by CR LF.
//!
//! What is not known is an empty field. A text that a spreadsheet would take for a formula (`=`, `+`, `-`, `@`, tab, CR at its start) gets
//! an apostrophe before it: texts come from logs, and anybody may write to a log.

use std::borrow::Cow;
use std::io::{self, Write};

use csv::{Terminator, Writer, WriterBuilder};

use super::numbers::single_millis;
use crate::model::analysis::Analysis;
use crate::model::finding::Finding;
use crate::model::invocation::Invocation;
use crate::model::text::plain;

/// The columns of `invocations.csv`: those of the report's `invocations`, then what the run tells beyond them.
const INVOCATIONS: [&str; 18] = [
    "request_id",
    "attempt",
    "function",
    "version",
    "log_stream",
    "start",
    "end",
    "duration_ms",
    "billed_ms",
    "status",
    "trace_id",
    "init_kind",
    "init_ms",
    "felt_ms",
    "init_cause",
    "memory_mb",
    "max_memory_used_mb",
    "error_type",
];

/// The columns of `findings.csv`.
const FINDINGS: [&str; 13] = [
    "id",
    "severity",
    "kind",
    "subject",
    "since",
    "last_seen",
    "claim",
    "cause",
    "next",
    "harm_per_min",
    "harm_per_min_low",
    "parent",
    "evidence",
];

/// Writes one row a counted invocation, in order of start. Returns how many there were.
pub fn invocations(analysis: &Analysis, out: &mut dyn Write) -> io::Result<u64> {
    let counted = analysis
        .assembled
        .invocations
        .iter()
        .filter(|run| run.counted);
    let rows = counted.map(|run| invocation(analysis, run));
    table(INVOCATIONS, rows, out)
}

/// Writes one row a finding, worst first; `evidence` is how many pieces of it the report holds.
pub fn findings(analysis: &Analysis, out: &mut dyn Write) -> io::Result<u64> {
    table(FINDINGS, analysis.findings.iter().map(finding), out)
}

fn table<'a, const COLUMNS: usize>(
    header: [&str; COLUMNS],
    rows: impl Iterator<Item = [Cow<'a, str>; COLUMNS]>,
    out: &mut dyn Write,
) -> io::Result<u64> {
    let mut out: Writer<_> = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(out);
    out.write_record(header)?;
    let mut written = 0;
    for row in rows {
        out.write_record(row.iter().map(|cell| cell.as_bytes()))?;
        written += 1;
    }
    out.flush()?;
    Ok(written)
}

fn invocation<'a>(analysis: &'a Analysis, run: &'a Invocation) -> [Cow<'a, str>; 18] {
    let facts = &analysis.facts;
    let init = run
        .init
        .get()
        .and_then(|init| analysis.inits.get(init as usize));
    let version = analysis.version_of(run);
    [
        shown(run.request_id),
        shown(run.attempt),
        text(analysis.text(run.function)),
        known(version.map(|version| text(facts.text(version)))),
        text(analysis.stream_of(run)),
        shown(run.start),
        shown(run.end),
        millis(run.duration_ms.get()),
        millis(run.billed_ms.get()),
        shown(run.status),
        known(run.trace.map(|context| shown(context.trace))),
        known(init.map(|init| shown(init.kind))),
        millis(init.and_then(|init| init.init_ms)),
        millis(init.and_then(|init| init.felt_ms)),
        known(init.and_then(|init| init.cause).map(shown)),
        known(run.memory_mb(facts).map(shown)),
        known(run.max_memory_used_mb.get().map(shown)),
        known(run.error_type.map(|named| text(facts.text(named)))),
    ]
}

fn finding(row: &Finding) -> [Cow<'_, str>; 13] {
    let rounded = |value: f64| shown((value * 10.0).round() / 10.0);
    [
        text(&row.id),
        shown(row.severity),
        shown(row.kind),
        text(&row.subject),
        shown(row.since),
        shown(row.last_seen),
        text(&row.claim),
        text(&row.cause),
        text(&row.next),
        known(row.harm_per_min.map(rounded)),
        known(row.harm_per_min_low.map(rounded)),
        known(row.parent.as_deref().map(text)),
        shown(row.evidence.len()),
    ]
}

fn shown<'a>(value: impl ToString) -> Cow<'a, str> {
    Cow::Owned(value.to_string())
}

fn millis<'a>(value: Option<f32>) -> Cow<'a, str> {
    known(value.map(|value| shown(single_millis(value))))
}

fn known(value: Option<Cow<'_, str>>) -> Cow<'_, str> {
    value.unwrap_or_default()
}

/// Text of others: no control characters, and no formula.
fn text(value: &str) -> Cow<'_, str> {
    let value = plain(value);
    match value.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => Cow::Owned(format!("'{value}")),
        _ => value,
    }
}

#[cfg(test)]
mod tests;
