//! What table and markdown say alike.

use crate::model::analysis::Analysis;
use crate::model::finding::Severity;
use crate::model::rows::{Evidence, FunctionFigures};
use crate::model::text::plain;
use crate::model::words::{count, duration, number_of, number_or_unknown, percent, time_of_day};

/// So many functions of which metrics alone tell are named.
const NAMED: usize = 20;

/// The columns of the table of functions.
pub(in crate::export) const COLUMNS: [&str; 11] = [
    "function",
    "invocations",
    "errors",
    "timed out",
    "p50",
    "p99",
    "cold k/n",
    "throttled",
    "doubled",
    "overtaken",
    "peak",
];

/// Severity as glyph and word.
pub(super) fn severity(severity: Severity) -> String {
    format!("{}{severity}", severity_glyph(severity))
}

/// Severity as glyph.
pub(in crate::export) fn severity_glyph(severity: Severity) -> &'static str {
    match severity {
        Severity::P1 => "▲",
        Severity::P2 => "△",
        Severity::P3 => "○",
        Severity::P4 => "·",
    }
}

/// What was read, over which time: one line.
pub(super) fn summary(analysis: &Analysis) -> String {
    let figures = &analysis.functions;
    let runs = |pick| FunctionFigures::runs_of(figures, pick);
    let window = analysis.window.map_or_else(
        || "no invocation in the logs".to_owned(),
        |(from, to)| format!("{from} to {to} ({})", duration(to.since(from) as f64)),
    );
    format!(
        "{window} · {} of {}, {}, {} timed out",
        number_or_unknown(runs(|row| row.invocations), "invocations"),
        number_of(
            figures.iter().filter(|row| row.environments > 0).count() as u64,
            "functions"
        ),
        number_or_unknown(runs(|row| row.errors), "errors"),
        runs(|row| row.timeouts).map_or_else(|| "?".to_owned(), count),
    )
}

/// What stands in the place of findings where there are none: `nothing`, but where nothing ran nothing can be said.
pub(in crate::export) fn no_findings(analysis: &Analysis, nothing: &'static str) -> &'static str {
    match analysis.window {
        Some(_) => nothing,
        None => {
            "No invocation was found in these records, so nothing can be said of what is wrong."
        }
    }
}

/// What the figures could not see; empty if nothing is known to be missing.
pub(in crate::export) fn completeness(analysis: &Analysis) -> Vec<String> {
    let facts = &analysis.facts;
    let mut lines = Vec::new();
    match analysis.coverage {
        Some(coverage) if coverage < 0.98 => {
            lines.push(format!(
                "partial: {} % of the runs were seen",
                percent(coverage)
            ));
        }
        _ => {}
    }
    for one in analysis.metered.iter().take(NAMED) {
        lines.push(format!(
            "no log tells of {}: CloudWatch counts {}",
            plain(facts.text(one.function)),
            one.words()
        ));
    }
    let more = &analysis.metered[analysis.metered.len().min(NAMED)..];
    if !more.is_empty() {
        let runs = more.iter().filter_map(|one| one.invocations).sum();
        lines.push(format!(
            "no log tells of {} more: CloudWatch counts {}",
            number_of(more.len() as u64, "functions"),
            number_of(runs, "runs")
        ));
    }
    for gap in &facts.gaps {
        lines.push(format!(
            "not seen: {} from {} to {} ({})",
            plain(facts.text(gap.group)),
            time_of_day(gap.from),
            time_of_day(gap.to),
            gap.why
        ));
    }
    if facts.inputs.unparsed_lines > 0 {
        lines.push(format!(
            "{} could not be read",
            number_of(facts.inputs.unparsed_lines, "lines")
        ));
    }
    lines.extend(facts.odd.lines().map(|line| plain(&line).into_owned()));
    let evicted = facts.evicted.invocations;
    if evicted > 0 {
        let since = facts.horizon.map_or_else(String::new, |horizon| {
            format!(": whole from {} on", time_of_day(horizon))
        });
        lines.push(format!(
            "{} forgotten{since} · raise memory.facts_mb ({})",
            number_of(evicted, "older runs"),
            analysis.settings.memory.facts_mb
        ));
    }
    lines
}

/// The cells of one function; `?` where a figure cannot be known, `–` where there is nothing to measure.
pub(in crate::export) fn cells(analysis: &Analysis, row: &FunctionFigures) -> Vec<String> {
    let known = |value: Option<u64>| value.map_or_else(|| "?".to_owned(), count);
    let runs = |count| known(row.of_runs(count));
    let nothing = if row.of_runs(row.invocations) == Some(0) {
        "–"
    } else {
        "?"
    };
    let time = |value: Option<f64>| value.map_or_else(|| nothing.to_owned(), duration);
    vec![
        plain(analysis.text(row.function)).into_owned(),
        runs(row.invocations),
        runs(row.errors),
        runs(row.timeouts),
        time(row.duration_ms.map(|figures| figures.p50)),
        time(row.duration_ms.map(|figures| figures.p99)),
        format!("{}/{}", known(row.felt_cold_starts), known(row.of_starts())),
        known(row.throttled),
        known(row.duplicates_harmful),
        known(row.reordered),
        known(row.peak_concurrency),
    ]
}

/// Where the first proof of a finding stands, in one line.
pub(super) fn proof(analysis: &Analysis, evidence: &[Evidence]) -> String {
    let facts = &analysis.facts;
    let Some(first) = evidence.first() else {
        return String::new();
    };
    let first = match *first {
        Evidence::Line { request_id, line } => {
            let (stream, fact) = (facts.stream(line), facts.fact(line));
            let request = request_id.map_or_else(String::new, |id| format!("request {id}, "));
            format!(
                "{request}{} {} at {}",
                plain(facts.text(stream.group)),
                plain(facts.text(stream.stream)),
                fact.at
            )
        }
        Evidence::Metric { point } => {
            let point = &facts.metrics[point as usize];
            format!(
                "{} {} at {}",
                plain(facts.text(point.namespace)),
                plain(facts.text(point.name)),
                point.at
            )
        }
        Evidence::Span { span } => {
            let span = &facts.spans[span as usize];
            format!("trace {}, segment {}", span.trace, span.id)
        }
    };
    match evidence.len() {
        1 => first,
        more => format!("{first}, and {} more", more - 1),
    }
}
