//! The manifest: what a snapshot says of itself.

use super::{Counts, Work};
use crate::export::records::{Lines, Origin};
use crate::export::report;
use crate::model::analysis::Analysis;
use crate::model::time::Timestamp;
use crate::sources::snapshot::{Manifest, Redaction, SCHEMA, Window};

impl Work<'_> {
    /// All but the list of files.
    pub(super) fn manifest(
        &self,
        origin: &Origin,
        analysis: &Analysis,
        counts: &Counts,
        lines: &Lines,
    ) -> Manifest {
        let base = base(origin);
        let moment = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let local = |at: Option<Timestamp>| at.map(self.options.local);
        let (from, to) = (
            analysis.window.map(|(from, _)| from),
            analysis.window.map(|(_, to)| to),
        );
        let mut values = base.redaction.values;
        for (rule, count) in counts.by_rule() {
            *values.entry(rule).or_default() += count;
        }
        let ran = analysis.functions.iter().filter(|row| row.environments > 0);
        let mut records = lines.records();
        records.unparsed = analysis.facts.inputs.unparsed_lines;
        let (accounts, regions) = lines.places();
        Manifest {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            accounts: if accounts.is_empty() {
                base.accounts
            } else {
                accounts.iter().cloned().collect()
            },
            regions: regions.iter().cloned().collect(),
            functions: ran
                .map(|row| analysis.text(row.function).to_owned())
                .collect(),
            window: Window {
                from: moment(from),
                to: moment(to),
                from_local: local(from),
                to_local: local(to),
            },
            scope: self.options.scope.described(),
            marks: base
                .marks
                .into_iter()
                .chain(self.options.marks.clone())
                .collect(),
            completeness: report::completeness(analysis),
            redaction: Redaction {
                on: self.redactor.is_some(),
                values,
            },
            records,
            files: Vec::new(),
        }
    }
}

/// What a snapshot that is snapshot again said of itself: marks, accounts and what was taken out stay known.
fn base(origin: &Origin) -> Manifest {
    match origin {
        Origin::Files { paths, .. } => match paths.as_slice() {
            [path] if matches!(crate::sources::snapshot::kind(path), Ok(Some(_))) => {
                crate::sources::snapshot::manifest(path).unwrap_or_default()
            }
            _ => Manifest::default(),
        },
        Origin::Journal(_) => Manifest::default(),
    }
}
