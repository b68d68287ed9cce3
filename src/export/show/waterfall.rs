//! A request's tree as lines of text: every run, call and queue on one axis of time.

use std::io::{self, Write};

use super::Dossier;
use crate::correlate::tree::{Kind, Row, RowKind, Tree};
use crate::model::analysis::Analysis;
use crate::model::text::plain;
use crate::model::words::{duration, time_of_day};

/// Cells of the axis.
const CELLS: usize = 40;
/// Cells for a name with the lines before it.
const NAME: usize = 34;

/// Writes it, and what the critical path went through.
pub(super) fn write(dossier: &Dossier<'_>, tree: &Tree, out: &mut dyn Write) -> io::Result<()> {
    let Dossier {
        analysis, found, ..
    } = *dossier;
    let took = tree.to.since(tree.from);
    let entry = tree
        .entry
        .as_deref()
        .map_or(String::new(), |entry| format!("{} · ", plain(entry)));
    writeln!(
        out,
        "\nrequest: {entry}{} · {} · █ runs ─ waits ░ waits to retry ┄ queued ▒ cold ╳ refused, > named, * critical path",
        time_of_day(tree.from),
        duration(took as f64)
    )?;
    for row in &tree.rows {
        let named = row.invocation.is_some_and(|at| found.named.contains(&at));
        let marks = [
            if named { '>' } else { ' ' },
            if row.critical { '*' } else { ' ' },
        ];
        let name = format!("{}{}", "  ".repeat(usize::from(row.depth)), name(row));
        writeln!(
            out,
            "{}{} {name:NAME$} {:>8} |{}| {}",
            marks[0],
            marks[1],
            length(analysis, row),
            track(tree, row),
            about(analysis, row)
        )?;
    }
    Ok(())
}

fn name(row: &Row) -> String {
    let name = plain(&row.name);
    match row.kind {
        RowKind::Run => name.into_owned(),
        RowKind::Call => format!("call {name}"),
        RowKind::Queue => format!("queue {name}"),
    }
}

fn length(analysis: &Analysis, row: &Row) -> String {
    let run = row.invocation.map(|at| analysis.invocation(at));
    match (row.kind, run.and_then(|run| run.duration_ms.get())) {
        (RowKind::Run, Some(ms)) => duration(f64::from(ms)),
        (RowKind::Run, None) => "?".to_owned(),
        // A refusal that only a line tells of has no length.
        (RowKind::Call, _) if row.span.is_none() => "-".to_owned(),
        _ => duration(row.end.since(row.start) as f64),
    }
}

/// What the rest of the line says: of a run how it ended, and how sure its link is.
fn about(analysis: &Analysis, row: &Row) -> String {
    let Some(at) = row.invocation else {
        let refused = row.stretches.iter().any(|part| part.kind == Kind::Refused);
        return if refused {
            "refused".to_owned()
        } else {
            String::new()
        };
    };
    let run = analysis.invocation(at);
    let mut words = format!(
        "{} {} {}",
        time_of_day(run.start),
        run.request_id,
        run.status
    );
    if run.attempt > 1 {
        words.push_str(&format!(" · attempt {}", run.attempt));
    }
    if let Some(tier) = row.tier {
        words.push_str(&format!(" · {tier} {:.2}", row.confidence));
    }
    words
}

/// One cell a fortieth of the request; where several things went on in a cell the strongest shows.
fn track(tree: &Tree, row: &Row) -> String {
    let took = tree.to.since(tree.from).max(1) as f64;
    let cell = |at: crate::model::time::Timestamp| {
        ((at.since(tree.from) as f64 / took * CELLS as f64) as usize).min(CELLS - 1)
    };
    let mut cells = [None; CELLS];
    for stretch in &row.stretches {
        let last = cell(stretch.to.plus_ms(-1)).max(cell(stretch.from));
        for known in &mut cells[cell(stretch.from)..=last] {
            let stronger = known.is_none_or(|known| strength(stretch.kind) > strength(known));
            if stronger {
                *known = Some(stretch.kind);
            }
        }
    }
    cells.iter().map(|kind| kind.map_or(' ', glyph)).collect()
}

/// Marks win over bars, what runs over what waits.
fn strength(kind: Kind) -> u8 {
    match kind {
        Kind::Refused => 5,
        Kind::Cold => 4,
        Kind::Runs => 3,
        Kind::Waits => 2,
        Kind::WaitsToRetry => 1,
        Kind::Queued => 0,
    }
}

fn glyph(kind: Kind) -> char {
    match kind {
        Kind::Refused => '╳',
        Kind::Cold => '▒',
        Kind::Runs => '█',
        Kind::Waits => '─',
        Kind::WaitsToRetry => '░',
        Kind::Queued => '┄',
    }
}
