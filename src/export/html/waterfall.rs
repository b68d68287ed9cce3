//! One request as a waterfall.

use std::io::{self, Write};

use super::text;
use crate::correlate::tree::Kind;
use crate::export::examples::{Example, name, took};
use crate::model::words::{duration, number_of};

const NAMES: f64 = 260.0;
const AXIS: f64 = 640.0;
const TOOK: f64 = 90.0;
const ROW: f64 = 20.0;

/// What the colours mean.
pub(super) fn legend(out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<ul class=\"legend\">")?;
    for kind in [
        Kind::Runs,
        Kind::Cold,
        Kind::Waits,
        Kind::WaitsToRetry,
        Kind::Queued,
        Kind::Refused,
    ] {
        let (class, words) = words(kind);
        write!(
            out,
            "<li><svg aria-hidden=\"true\" viewBox=\"0 0 12 12\"><rect class=\"{class}\" width=\"12\" height=\"12\"/></svg>{words}</li>"
        )?;
    }
    writeln!(out, "</ul>")
}

/// Writes the request as a figure: the picture, and the same as text for those who do not see it.
pub(super) fn write(example: &Example<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (rows, hidden) = example.rows();
    let kind = example.finding.kind.to_string().replace('_', " ");
    let title = format!(
        "{kind} of {}: {} from {}",
        example.finding.subject,
        duration(example.tree.to.since(example.tree.from) as f64),
        example.tree.from
    );
    let (width, height) = (NAMES + AXIS + TOOK, ROW * rows.len() as f64);
    write!(
        out,
        "<figure class=\"waterfall\"><figcaption>{0}</figcaption>\
         <svg role=\"img\" aria-label=\"{0}\" viewBox=\"0 0 {width} {height}\">",
        text(&title)
    )?;
    for (at, row) in rows.iter().enumerate() {
        let top = ROW * at as f64;
        let shown: String = name(row).chars().take(36).collect();
        write!(
            out,
            "<text x=\"0\" y=\"{}\" class=\"name\">{}</text>",
            top + 14.0,
            text(&shown).replace("  ", "\u{a0}\u{a0}")
        )?;
        for stretch in &row.stretches {
            let from = NAMES + AXIS * example.share(stretch.from);
            let to = NAMES + AXIS * example.share(stretch.to);
            let (class, words) = words(stretch.kind);
            write!(
                out,
                "<rect class=\"{class}\" x=\"{from:.1}\" y=\"{}\" width=\"{:.1}\" height=\"{}\"><title>{words}: {}</title></rect>",
                top + 4.0,
                (to - from).max(1.5),
                ROW - 8.0,
                duration(stretch.to.since(stretch.from) as f64)
            )?;
        }
        write!(
            out,
            "<text x=\"{}\" y=\"{}\" class=\"took\">{}</text>",
            NAMES + AXIS + 8.0,
            top + 14.0,
            took(row)
        )?;
    }
    write!(
        out,
        "</svg><details><summary>as text</summary><pre tabindex=\"0\">"
    )?;
    for line in example.text() {
        writeln!(out, "{}", text(&line))?;
    }
    write!(out, "</pre></details>")?;
    if hidden > 0 {
        write!(
            out,
            "<p>… and {}</p>",
            number_of(hidden as u64, "more rows")
        )?;
    }
    writeln!(out, "</figure>")
}

fn words(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Refused => ("refused", "refused"),
        Kind::Cold => ("cold", "cold start"),
        Kind::Waits => ("waits", "waits for a call"),
        Kind::WaitsToRetry => ("retry", "waits to try again"),
        Kind::Queued => ("queued", "queued"),
        Kind::Runs => ("runs", "runs"),
    }
}
