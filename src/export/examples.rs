//! The worst examples: of each finding the first request that proves it, as a tree of runs, calls and queues.

use crate::correlate::tree::{Kind, Requests, Row, RowKind, Tree};
use crate::model::analysis::Analysis;
use crate::model::finding::Finding;
use crate::model::rows::Evidence;
use crate::model::text::plain;
use crate::model::words::duration;

/// So many are shown.
const MOST: usize = 6;
/// Rows of one of them that are shown.
const MOST_ROWS: usize = 40;
/// Columns of a waterfall in text.
const TEXT_COLUMNS: usize = 48;

/// One request, and the finding that it is an example of.
pub(super) struct Example<'a> {
    pub(super) finding: &'a Finding,
    pub(super) tree: Tree,
}

/// The examples, worst first, each request once.
pub(super) fn examples<'a>(analysis: &'a Analysis, requests: Requests<'_>) -> Vec<Example<'a>> {
    let mut shown = Vec::new();
    let mut found = Vec::new();
    for finding in &analysis.findings {
        let proofs = finding
            .evidence
            .iter()
            .filter_map(|evidence| match evidence {
                Evidence::Line { request_id, .. } => *request_id,
                _ => None,
            });
        let mut runs = proofs.filter_map(|id| {
            let attempts = analysis.assembled.attempts(&id)?;
            let root = requests.root(*attempts.first()?);
            (!shown.contains(&root)).then_some(root)
        });
        if let Some(root) = runs.next() {
            shown.push(root);
            let tree = requests.tree(root);
            found.push(Example { finding, tree });
        }
        if found.len() == MOST {
            break;
        }
    }
    found
}

impl Example<'_> {
    /// The rows that are shown, and how many are not.
    pub(super) fn rows(&self) -> (&[Row], usize) {
        let rows = &self.tree.rows;
        let shown = rows.len().min(MOST_ROWS);
        (&rows[..shown], rows.len() - shown)
    }

    /// Where a moment stands on the axis, from 0 to 1.
    pub(super) fn share(&self, at: crate::model::time::Timestamp) -> f64 {
        let span = self.tree.to.since(self.tree.from).max(1) as f64;
        (at.since(self.tree.from) as f64 / span).clamp(0.0, 1.0)
    }

    /// As text, a line a row.
    pub(super) fn text(&self) -> Vec<String> {
        let (rows, hidden) = self.rows();
        let names = rows.iter().map(|row| name(row).chars().count());
        let width = names.max().unwrap_or(0);
        let mut lines: Vec<String> = rows
            .iter()
            .map(|row| {
                let took = took(row);
                format!(
                    "{:width$}  {took:>8}  {}",
                    name(row),
                    self.bar(row).trim_end()
                )
            })
            .collect();
        if hidden > 0 {
            lines.push(format!("… and {hidden} more"));
        }
        lines
    }

    fn bar(&self, row: &Row) -> String {
        let mut bar = vec![' '; TEXT_COLUMNS];
        let place = |share: f64| (share * TEXT_COLUMNS as f64) as usize;
        for stretch in &row.stretches {
            let from = place(self.share(stretch.from)).min(TEXT_COLUMNS - 1);
            let to = place(self.share(stretch.to)).clamp(from + 1, TEXT_COLUMNS);
            bar[from..to].fill(sign(stretch.kind));
        }
        bar.into_iter().collect()
    }
}

/// The name of a row, moved in by its depth.
pub(super) fn name(row: &Row) -> String {
    format!(
        "{}{}",
        "  ".repeat(row.depth.min(12) as usize),
        plain(&row.name)
    )
}

/// How long a row took; a refusal that only a line tells of has no length.
pub(super) fn took(row: &Row) -> String {
    if row.kind == RowKind::Call && row.span.is_none() {
        return "–".to_owned();
    }
    duration(row.end.since(row.start).max(0) as f64)
}

fn sign(kind: Kind) -> char {
    match kind {
        Kind::Refused => '╳',
        Kind::Cold => '▒',
        Kind::Waits => '░',
        Kind::WaitsToRetry => '·',
        Kind::Queued => '┄',
        Kind::Runs => '█',
    }
}

/// What the signs of a waterfall mean.
pub(super) const LEGEND: &str =
    "█ runs  ▒ cold start  ░ waits for a call  · waits to try again  ┄ queued  ╳ refused";
