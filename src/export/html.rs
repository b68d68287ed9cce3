//! The report as one page: no network, nothing to load, readable without scripts, on paper, in the dark.
//!
//! Its policy allows nothing but the style and the one script that stand in it, by their hashes. The script only sorts tables.

mod chart;
mod waterfall;

use std::io::{self, Write};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::examples::Example;
use super::report::{
    FUNCTION_COLUMNS, completeness_words, function_cells, no_findings, severity_glyph,
};
use crate::model::analysis::Analysis;
use crate::model::finding::Finding;
use crate::model::mark::{Mark, Noted, Silence};
use crate::model::rows::FunctionFigures;
use crate::model::text::plain;
use crate::model::time::Timestamp;
use crate::model::words::{count, duration, rate, time_of_day};

const STYLE: &str = include_str!("html/style.css");
const SCRIPT: &str = include_str!("html/sort.js");
/// Rows of a list of single events that are shown; the rest stands in `report.json`.
const MOST: usize = 200;

/// What the page says beside the analysis.
#[derive(Clone, Debug, Default)]
pub(super) struct About {
    /// `false`: secrets are in it, and the page says so in red.
    pub(super) redacted: bool,
    /// Values that rules replaced.
    pub(super) replaced: u64,
    /// The window in the time zone of whoever wrote it.
    pub(super) local: Option<(String, String)>,
    /// What was marked, acknowledged and muted.
    pub(super) noted: Noted,
}

/// Writes the page.
pub(super) fn write(
    analysis: &Analysis,
    about: &About,
    examples: &[Example<'_>],
    out: &mut dyn Write,
) -> io::Result<()> {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let title = title(analysis);
    write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n",
        hash(STYLE),
        hash(SCRIPT),
        text(&title)
    )?;
    head(analysis, about, out)?;
    section(out, "wrong", "What is wrong", |out| findings(analysis, out))?;
    let Noted { marks, silences } = &about.noted;
    if !silences.is_empty() {
        section(out, "known", "Known about", |out| known(silences, out))?;
    }
    if !marks.is_empty() {
        section(out, "marks", "Marked", |out| marked(marks, out))?;
    }
    section(out, "when", "When", |out| chart::write(analysis, out))?;
    if !examples.is_empty() {
        section(out, "examples", "Worst examples", |out| {
            waterfall::legend(out)?;
            examples
                .iter()
                .try_for_each(|example| waterfall::write(example, out))
        })?;
    }
    section(out, "functions", "Functions", |out| {
        functions(analysis, out)
    })?;
    events(analysis, out)?;
    write!(
        out,
        "</main>\n<footer><p>nepho {} · made from the records of this snapshot: <code>nepho open</code> shows them in the terminal</p></footer>\n\
         <script>{SCRIPT}</script>\n</body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    )
}

fn title(analysis: &Analysis) -> String {
    match (analysis.findings.first(), analysis.window) {
        (Some(finding), _) => {
            let kind = finding.kind.to_string().replace('_', " ");
            format!("{} {kind}: {}", finding.severity, finding.subject)
        }
        (None, Some((from, _))) => format!("nothing wrong since {from}"),
        (None, None) => "no invocation in the logs".to_owned(),
    }
}

fn section(
    out: &mut dyn Write,
    id: &str,
    title: &str,
    content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    writeln!(
        out,
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>"
    )?;
    content(out)?;
    writeln!(out, "</section>")
}

fn head(analysis: &Analysis, about: &About, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<h1>{}</h1>", text(&title(analysis)))?;
    if !about.redacted {
        writeln!(
            out,
            "<p class=\"alarm\" role=\"note\"><strong>Not redacted:</strong> secrets and personal data are in this snapshot.</p>"
        )?;
    }
    let Some((from, to)) = analysis.window else {
        return writeln!(out, "<p>There is no invocation in these records.</p>");
    };
    let redaction = if about.redacted {
        format!("{} values were replaced by rules", count(about.replaced))
    } else {
        "none".to_owned()
    };
    let sum = |pick| {
        let sum = FunctionFigures::runs_of(&analysis.functions, pick);
        sum.map_or_else(|| "?".to_owned(), count)
    };
    write!(
        out,
        "<dl class=\"facts\"><div><dt>Window (UTC)</dt><dd>{from} to {to}, {}</dd></div>",
        duration(to.since(from) as f64)
    )?;
    // Whoever is in UTC needs no second line.
    let local = about.local.as_ref();
    if let Some((from, to)) = local.filter(|(from, _)| !from.ends_with("+00:00")) {
        write!(
            out,
            "<div><dt>Local</dt><dd>{} to {}</dd></div>",
            text(from),
            text(to)
        )?;
    }
    let complete = completeness_words(analysis);
    let complete = if complete.is_empty() {
        "nothing is known to be missing".to_owned()
    } else {
        complete.join("; ")
    };
    writeln!(
        out,
        "<div><dt>Invocations</dt><dd>{}</dd></div><div><dt>Errors</dt><dd>{}, of them {} timed out</dd></div>\
         <div><dt>Completeness</dt><dd>{}</dd></div>\
         <div><dt>Redaction</dt><dd>{redaction}</dd></div></dl>",
        sum(|row| row.invocations),
        sum(|row| row.errors),
        sum(|row| row.timeouts),
        text(&complete)
    )
}

fn findings(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    if analysis.findings.is_empty() {
        return writeln!(out, "<p>{}</p>", no_findings(analysis, "Nothing."));
    }
    writeln!(out, "<ol class=\"findings\">")?;
    for finding in &analysis.findings {
        one_finding(finding, analysis.window, out)?;
    }
    writeln!(out, "</ol>")
}

fn one_finding(
    finding: &Finding,
    window: Option<(Timestamp, Timestamp)>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let glyph = severity_glyph(finding.severity);
    let symptom = if finding.parent.is_some() {
        " symptom"
    } else {
        ""
    };
    write!(
        out,
        "<li class=\"{}{symptom}\"><h3><span aria-hidden=\"true\">{glyph}</span> {} {} · {}</h3><p>{}</p><dl>",
        finding.severity.to_string().to_lowercase(),
        finding.severity,
        finding.kind.to_string().replace('_', " "),
        text(&finding.subject),
        text(&finding.claim)
    )?;
    let harm = match (finding.harm_per_min, finding.harm_per_min_low) {
        (Some(harm), Some(low)) => {
            format!("{} requests/min (at least {})", rate(harm), rate(low))
        }
        _ => String::new(),
    };
    let seen = seen(finding.since, finding.last_seen, window);
    for (name, value) in [
        ("Seen", &seen),
        ("Harm", &harm),
        ("Cause", &finding.cause),
        ("Next", &finding.next),
        ("Id", &finding.id),
    ] {
        if !value.is_empty() {
            write!(out, "<div><dt>{name}</dt><dd>{}</dd></div>", text(value))?;
        }
    }
    writeln!(out, "</dl></li>")
}

/// From when to when: the time of day is enough where the window, which stands on top, is of one day.
fn seen(since: Timestamp, last: Timestamp, window: Option<(Timestamp, Timestamp)>) -> String {
    let day = |at: Timestamp| at.to_string().get(..10).map(str::to_owned);
    let long = duration(last.since(since).max(0) as f64);
    if window.is_some_and(|(from, to)| [to, since, last].into_iter().all(|at| day(at) == day(from)))
    {
        let (since, last) = (time_of_day(since), time_of_day(last));
        return format!("{since} to {last} UTC, {long}");
    }
    format!("{since} to {last}, {long}")
}

/// Findings that somebody acknowledged or muted, with the reason.
fn known(silences: &[Silence], out: &mut dyn Write) -> io::Result<()> {
    let rows = silences.iter().map(|silence| {
        let until = Timestamp(silence.until_ms).to_string();
        let what = silence.what().to_owned();
        vec![silence.finding.clone(), what, until, silence.reason.clone()]
    });
    table(
        out,
        "known about",
        &["finding", "is", "until", "reason"],
        rows,
        4,
    )
}

/// What somebody marked while looking, oldest first.
fn marked(marks: &[Mark], out: &mut dyn Write) -> io::Result<()> {
    let rows = marks.iter().map(|mark| {
        let at = Timestamp(mark.marked_ms).to_string();
        vec![at, mark.note.clone(), mark.place.clone(), mark.says.clone()]
    });
    table(out, "marks", &["at", "note", "place", "row"], rows, 4)
}

fn functions(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let rows = analysis
        .functions
        .iter()
        .map(|row| function_cells(analysis, row));
    table(out, "functions", &FUNCTION_COLUMNS, rows, 1)
}

/// Single events, list by list; a list that is empty is left out.
fn events(analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let name = |sym| analysis.text(sym).to_owned();
    if !analysis.throttles.is_empty() {
        section(out, "throttles", "Throttles", |out| {
            let rows = analysis.throttles.iter().take(MOST).map(|row| {
                let callers = row.callers.iter().take(3);
                let callers: Vec<_> = callers
                    .map(|(caller, n)| format!("{} {n}", analysis.text(*caller)))
                    .collect();
                let at_least = if row.lower_bound { "at least " } else { "" };
                vec![
                    row.minute.to_string(),
                    row.resource.clone(),
                    row.class.to_string(),
                    callers.join(", "),
                    format!("{at_least}{}", count(row.count)),
                ]
            });
            table(
                out,
                "throttles",
                &["minute", "resource", "class", "callers", "refused"],
                rows,
                4,
            )?;
            more(out, analysis.throttles.len())
        })?;
    }
    if !analysis.duplicates.is_empty() {
        section(out, "duplicates", "Duplicates", |out| {
            let rows = analysis.duplicates.iter().take(MOST).map(|row| {
                vec![
                    row.repeat.at.to_string(),
                    name(row.consumer),
                    row.identity_text(&analysis.facts).into_owned(),
                    row.class.to_string(),
                    row.harm.to_string(),
                ]
            });
            table(
                out,
                "duplicates",
                &["at", "consumer", "event", "class", "harm"],
                rows,
                5,
            )?;
            more(out, analysis.duplicates.len())
        })?;
    }
    if !analysis.reordered.is_empty() {
        section(out, "order", "Order", |out| {
            let rows = analysis.reordered.iter().take(MOST).map(|row| {
                vec![
                    row.at.to_string(),
                    name(row.consumer),
                    name(row.key),
                    row.verdict.to_string(),
                    duration(row.late_ms),
                ]
            });
            table(
                out,
                "order",
                &["at", "consumer", "key", "verdict", "late by"],
                rows,
                4,
            )?;
            more(out, analysis.reordered.len())
        })?;
    }
    if !analysis.inits.is_empty() {
        section(out, "starts", "Environments started", |out| {
            let rows = analysis.inits.iter().take(MOST).map(|row| {
                let cause = row
                    .cause
                    .map_or_else(|| "–".to_owned(), |cause| cause.to_string());
                let ms = |value: Option<f32>| {
                    value.map_or_else(|| "?".to_owned(), |ms| duration(f64::from(ms)))
                };
                vec![
                    row.at.to_string(),
                    name(row.function),
                    row.kind.to_string(),
                    cause,
                    ms(row.init_ms),
                    ms(row.felt_ms),
                ]
            });
            table(
                out,
                "starts",
                &["at", "function", "kind", "cause", "init", "felt"],
                rows,
                4,
            )?;
            more(out, analysis.inits.len())
        })?;
    }
    Ok(())
}

fn more(out: &mut dyn Write, all: usize) -> io::Result<()> {
    match all.checked_sub(MOST) {
        Some(left @ 1..) => writeln!(
            out,
            "<p>… and {} more: <code>report.json</code></p>",
            count(left as u64)
        ),
        _ => Ok(()),
    }
}

/// A table whose columns from `figures` on are figures. Its region can be scrolled by the keyboard.
fn table(
    out: &mut dyn Write,
    label: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
    figures: usize,
) -> io::Result<()> {
    write!(
        out,
        "<div class=\"scroll\" role=\"region\" aria-label=\"table of {label}\" tabindex=\"0\"><table><thead><tr>"
    )?;
    let class = |at: usize| {
        if at >= figures {
            " class=\"figure\""
        } else {
            ""
        }
    };
    for (at, column) in columns.iter().enumerate() {
        write!(out, "<th scope=\"col\"{}>{column}</th>", class(at))?;
    }
    writeln!(out, "</tr></thead><tbody>")?;
    for row in rows {
        write!(out, "<tr>")?;
        for (at, cell) in row.iter().enumerate() {
            write!(out, "<td{}>{}</td>", class(at), text(cell))?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody></table></div>")
}

/// Text of others that is no markup.
fn text(raw: &str) -> String {
    let mut safe = String::with_capacity(raw.len());
    for letter in plain(raw).chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests;
