//! The report as text for a terminal. No colour, no control character: it is read, piped and pasted.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use crate::model::analysis::Analysis;
use crate::model::finding::Finding;
use crate::model::text::plain;
use crate::model::words::{rate, time_of_day};

use super::words::{COLUMNS, cells, completeness, no_findings, proof, severity, summary};

/// Writes what is wrong, worst first, causes before their symptoms, then the functions.
pub fn table(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", summary(analysis))?;
    for line in completeness(analysis) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    if analysis.findings.is_empty() {
        writeln!(out, "{}", no_findings(analysis, "Nothing is wrong."))?;
    } else {
        findings(analysis, out)?;
    }
    if !analysis.functions.is_empty() {
        writeln!(out)?;
        functions(analysis, out)?;
    }
    Ok(())
}

fn findings(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let all = &analysis.findings;
    let rows: Vec<[String; 5]> = all.iter().map(head).collect();
    let widths: Vec<usize> = (0..5)
        .map(|column| {
            rows.iter()
                .map(|row| row[column].width())
                .max()
                .unwrap_or(0)
        })
        .collect();
    for (finding, row) in all.iter().zip(&rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&padded(cell, *width));
            line.push_str("  ");
        }
        let indent = " ".repeat(if finding.parent.is_some() { 7 } else { 5 });
        writeln!(out, "{line}{}", plain(&finding.claim))?;
        let mut detail = |name: &str, text: &str| match text {
            "" => Ok(()),
            text => writeln!(out, "{indent}{name:<6}{}", plain(text)),
        };
        detail("cause", &finding.cause)?;
        detail("next", &finding.next)?;
        detail("proof", &proof(analysis, &finding.evidence))?;
    }
    Ok(())
}

/// Severity, since, kind, subject and harm of one finding; a symptom stands under its cause.
fn head(finding: &Finding) -> [String; 5] {
    let branch = if finding.parent.is_some() { "└ " } else { "" };
    let harm = match (finding.harm_per_min, finding.harm_per_min_low) {
        (Some(harm), Some(low)) => format!("{} [{}]/min", rate(harm), rate(low)),
        _ => "?".to_owned(),
    };
    [
        format!("{branch}{}", severity(finding.severity)),
        time_of_day(finding.since),
        finding.kind.to_string(),
        plain(&finding.subject).into_owned(),
        harm,
    ]
}

fn functions(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: Vec<Vec<String>> = vec![COLUMNS.map(str::to_owned).to_vec()];
    rows.extend(analysis.functions.iter().map(|row| cells(analysis, row)));
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].width())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
    for row in &rows {
        let mut line = padded(&row[0], widths[0]);
        for (cell, width) in row.iter().zip(&widths).skip(1) {
            line.push_str("  ");
            line.push_str(&" ".repeat(width.saturating_sub(cell.width())));
            line.push_str(cell);
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// `text` filled with blanks to `width` columns.
fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}
