//! The comparison for people.

use std::cmp::Reverse;
use std::io::{self, Write};

use super::{Compared, Diff, FunctionChange, Interval, Side};
use crate::model::text::plain;
use crate::model::words::{count, duration, number_of, percent, rate};

/// Writes findings and errors that are new or gone, then the functions of which a figure or a version has changed.
pub fn text(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "before {}", side(&diff.before))?;
    writeln!(out, "after  {}", side(&diff.after))?;
    let findings = &diff.findings;
    writeln!(
        out,
        "\nfindings: {} new, {} gone, {} stayed",
        findings.new.len(),
        findings.gone.len(),
        findings.stayed
    )?;
    for (sign, rows) in [("+", &findings.new), ("-", &findings.gone)] {
        for row in rows {
            let (id, claim) = (plain(&row.id), plain(&row.claim));
            writeln!(out, "{sign} {} {id}: {claim}", row.severity)?;
        }
    }
    let errors = &diff.errors;
    writeln!(
        out,
        "\nerrors: {} new, {} gone, {} stayed",
        errors.new.len(),
        errors.gone.len(),
        errors.stayed
    )?;
    for (sign, rows) in [("+", &errors.new), ("-", &errors.gone)] {
        for row in rows {
            let kind = row.error_type.as_deref().unwrap_or("?");
            let message = row.message.as_deref().unwrap_or_default();
            writeln!(
                out,
                "{sign} {} {}: {}",
                count(row.count),
                plain(&row.function),
                plain(format!("{kind} {message}").trim_end())
            )?;
        }
    }
    writeln!(
        out,
        "\nfunctions whose figures or versions changed (95 % intervals apart):"
    )?;
    // Those in which most has changed first.
    let functions = diff.functions.iter().map(|row| (row, changes(row)));
    let mut changed: Vec<_> = functions.filter(|(_, lines)| !lines.is_empty()).collect();
    changed.sort_by_key(|(_, lines)| Reverse(lines.len()));
    let same = diff.functions.len() - changed.len();
    for (row, lines) in changed {
        writeln!(out, "{}", plain(&row.function))?;
        for line in lines {
            writeln!(out, "  {line}")?;
        }
    }
    writeln!(out, "{same} others did not change beyond chance")
}

fn side(side: &Side) -> String {
    match (side.from, side.to) {
        (Some(from), Some(to)) => {
            format!(
                "{from} to {to}: {}",
                number_of(side.invocations, "invocations")
            )
        }
        _ => "no invocation".to_owned(),
    }
}

fn changes(row: &FunctionChange) -> Vec<String> {
    let mut lines = Vec::new();
    match (row.per_minute.before, row.per_minute.after) {
        (None, Some(after)) => lines.push(format!("new: {}/min", rate(after.value))),
        (Some(before), None) => lines.push(format!("gone: was {}/min", rate(before.value))),
        _ => {}
    }
    for (sign, versions) in [("+", &row.versions_new), ("-", &row.versions_gone)] {
        if !versions.is_empty() {
            lines.push(format!("{sign} version {}", plain(&versions.join(", "))));
        }
    }
    let share = |value: f64| format!("{} %", percent(value));
    for (name, figure, show) in [
        ("runs/min", row.per_minute, &rate as &dyn Fn(f64) -> String),
        ("errors", row.error_rate, &share),
        ("cold", row.cold_rate, &share),
        ("refused", row.refused_rate, &share),
        ("double", row.double_rate, &share),
        ("p50", row.p50_ms, &duration),
        ("p95", row.p95_ms, &duration),
        ("p99", row.p99_ms, &duration),
    ] {
        lines.extend(compared(name, figure, show));
    }
    lines
}

fn compared(name: &str, figure: Compared, show: &dyn Fn(f64) -> String) -> Option<String> {
    let (before, after) = figure.before.zip(figure.after)?;
    let shown = |interval: Interval| {
        let end = |end: Option<f64>| end.map_or_else(|| "?".to_owned(), show);
        let (low, high) = (end(interval.low), end(interval.high));
        format!("{} [{low}–{high}]", show(interval.value))
    };
    (figure.changed == Some(true))
        .then(|| format!("{name:<8} {} → {}", shown(before), shown(after)))
}
