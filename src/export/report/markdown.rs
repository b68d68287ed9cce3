//! The report to paste into a ticket.

use std::io::{self, Write};

use crate::model::analysis::Analysis;
use crate::model::text::plain;
use crate::model::words::rate;

use super::cold;
use super::words::{COLUMNS, cells, completeness, no_findings, proof, severity, summary};

/// Writes GitHub-flavoured markdown: the findings as a list, the functions and their starts as tables.
pub fn markdown(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# nepho report\n\n{}", escaped(&summary(analysis)))?;
    for line in completeness(analysis) {
        writeln!(out, "\n_{}_", escaped(&line))?;
    }
    writeln!(out, "\n## What is wrong\n")?;
    if analysis.findings.is_empty() {
        writeln!(out, "{}", no_findings(analysis, "Nothing."))?;
    }
    for finding in &analysis.findings {
        let indent = if finding.parent.is_some() { "  " } else { "" };
        writeln!(
            out,
            "{indent}- **{}** {} · **{}** since {}: {}",
            severity(finding.severity),
            finding.kind.to_string().replace('_', " "),
            escaped(&finding.subject),
            finding.since,
            escaped(&finding.claim)
        )?;
        if let (Some(harm), Some(low)) = (finding.harm_per_min, finding.harm_per_min_low) {
            writeln!(
                out,
                "{indent}  - harm: {} requests/min (at least {})",
                rate(harm),
                rate(low)
            )?;
        }
        let evidence = proof(analysis, &finding.evidence);
        for (name, text) in [
            ("cause", &finding.cause),
            ("next", &finding.next),
            ("proof", &evidence),
        ] {
            if !text.is_empty() {
                writeln!(out, "{indent}  - {name}: {}", escaped(text))?;
            }
        }
    }
    if !analysis.functions.is_empty() {
        let rows = analysis.functions.iter().map(|row| cells(analysis, row));
        table(out, "Functions", &COLUMNS, rows)?;
    }
    let starts = cold::rows(analysis);
    if !starts.is_empty() {
        table(out, "Cold starts", &cold::COLUMNS, starts)?;
    }
    Ok(())
}

fn table<R: AsRef<[String]>>(
    out: &mut dyn Write,
    title: &str,
    columns: &[&str],
    rows: impl IntoIterator<Item = R>,
) -> io::Result<()> {
    writeln!(out, "\n## {title}\n")?;
    writeln!(out, "| {} |", columns.join(" | "))?;
    writeln!(out, "|---|{}", "---:|".repeat(columns.len() - 1))?;
    for row in rows {
        let row: Vec<_> = row.as_ref().iter().map(|cell| escaped(cell)).collect();
        writeln!(out, "| {} |", row.join(" | "))?;
    }
    Ok(())
}

/// Text of others that starts no markup, link, mention or table cell.
pub(in crate::export) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in plain(text).chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '|' | '[' | ']' | '#' | '~' | '!' => {
                safe.push('\\');
                safe.push(letter);
            }
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '@' => safe.push_str("@\u{2060}"),
            letter => safe.push(letter),
        }
    }
    safe
}
