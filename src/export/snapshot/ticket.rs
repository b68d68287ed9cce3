//! `report.md` of a snapshot: the report to paste, with what happened when, the worst examples, and how to open the rest.

use std::io::{self, Write};

use super::Manifest;
use crate::export::examples::{Example, LEGEND};
use crate::export::report::{self, escaped};
use crate::model::analysis::Analysis;
use crate::model::mark::Noted;
use crate::model::text::plain;
use crate::model::time::Timestamp;

/// Writes GitHub-flavoured markdown.
pub(super) fn write(
    analysis: &Analysis,
    manifest: &Manifest,
    examples: &[Example<'_>],
    out: &mut dyn Write,
) -> io::Result<()> {
    report::markdown(analysis, out)?;
    if !manifest.redaction.on {
        writeln!(
            out,
            "\n**Not redacted: secrets and personal data are in this snapshot.**"
        )?;
    }
    if let (Some(from), Some(to)) = (&manifest.window.from_local, &manifest.window.to_local) {
        writeln!(out, "\nIn local time: {from} to {to}.")?;
    }
    if !analysis.findings.is_empty() {
        writeln!(out, "\n## Timeline\n")?;
        let mut moments: Vec<_> = analysis.findings.iter().collect();
        moments.sort_by_key(|finding| (finding.since, &finding.id));
        for finding in moments {
            let kind = finding.kind.to_string().replace('_', " ");
            let (since, last) = (finding.since, finding.last_seen);
            writeln!(
                out,
                "- {since}: {kind} of `{}` begins, last seen {last}",
                code(&finding.subject)
            )?;
        }
    }
    let Noted { marks, silences } = &manifest.noted;
    if !silences.is_empty() {
        writeln!(out, "\n## Known about\n")?;
        for silence in silences {
            let [id, reason] = [code(&silence.finding), escaped(&silence.reason)];
            let until = Timestamp(silence.until_ms);
            writeln!(
                out,
                "- `{id}` is {} until {until}: {reason}",
                silence.what()
            )?;
        }
    }
    if !marks.is_empty() {
        writeln!(out, "\n## Marked\n")?;
        for mark in marks {
            let [note, place, says] = [escaped(&mark.note), escaped(&mark.place), code(&mark.says)];
            let note = if note.is_empty() {
                note
            } else {
                format!("**{note}** · ")
            };
            writeln!(
                out,
                "- {}: {note}{place}: `{says}`",
                Timestamp(mark.marked_ms)
            )?;
        }
    }
    if !examples.is_empty() {
        writeln!(out, "\n## Worst examples")?;
        for example in examples {
            let kind = example.finding.kind.to_string().replace('_', " ");
            let subject = code(&example.finding.subject);
            writeln!(
                out,
                "\n{kind} of `{subject}`, from {}:\n\n```text",
                example.tree.from
            )?;
            for line in example.text() {
                writeln!(out, "{}", line.replace('`', "'"))?;
            }
            writeln!(out, "```")?;
        }
        writeln!(out, "\n{LEGEND}")?;
    }
    writeln!(
        out,
        "\n## How to open the rest\n\n\
         - `nepho open FILE`: every pane on it, with no network; `nepho report FILE`, `nepho show ID FILE` print\n\
         - `report.html` in any browser; `invocations.csv`, `findings.csv` in a spreadsheet\n\
         - `trace-events.json` in <https://ui.perfetto.dev> or <https://www.speedscope.app>\n\
         - `traces.otlp.jsonl`, `logs.otlp.jsonl`: OTLP, for a collector, Jaeger or `nepho export`"
    )
}

/// One line that stands between backticks.
fn code(text: &str) -> String {
    plain(text).replace('`', "'")
}
