//! The manifest: what a snapshot says of itself.

use serde_json::{Value, json};

use super::{Counts, Work};
use crate::export::records::{Lines, Origin};
use crate::export::report;
use crate::model::analysis::Analysis;
use crate::model::facts::LATE_MS;
use crate::model::mark::{Mark, Noted, Silence};
use crate::model::record::GapReason;
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
            noted: self.noted(base.noted),
            completeness: completeness(analysis),
            redaction: Redaction {
                on: self.redactor.is_some(),
                values,
            },
            records,
            files: Vec::new(),
        }
    }
}

impl Work<'_> {
    /// What a reader left, without what the rules take out: it quotes the screen.
    fn noted(&self, before: Noted) -> Noted {
        let noted = self.options.noted.clone().unwrap_or(before);
        let Some(redactor) = &self.redactor else {
            return noted;
        };
        let mut counts = redactor.counts();
        let mut masked = |text: &str| redactor.text(text, &mut counts).into_owned();
        let marks = noted.marks.into_iter().map(|mark| Mark {
            place: masked(&mark.place),
            says: masked(&mark.says),
            note: masked(&mark.note),
            way: texts(mark.way, &mut masked),
            ..mark
        });
        let marks = marks.collect();
        let silences = noted.silences.into_iter().map(|silence| Silence {
            finding: masked(&silence.finding),
            reason: masked(&silence.reason),
            ..silence
        });
        Noted {
            marks,
            silences: silences.collect(),
        }
    }
}

/// What the report says of it, and how late lines were and what was sampled.
fn completeness(analysis: &Analysis) -> Value {
    let inputs = &analysis.facts.inputs;
    let known = inputs.log_events_with_ingestion > 0;
    let sampled = analysis.functions.iter().filter_map(|row| {
        let name = analysis.text(row.function).to_owned();
        Some((name, Value::from(row.sampled_share?)))
    });
    let gaps = analysis.facts.gaps.iter();
    let mut completeness = report::completeness(analysis);
    completeness["lag"] = json!({
        "log_events": inputs.log_events_with_ingestion,
        "late": known.then_some(inputs.log_events_late),
        "late_after_ms": LATE_MS,
    });
    completeness["sampling"] = json!({
        "traced_share": sampled.collect::<serde_json::Map<_, _>>(),
        "sampled_gaps": gaps.filter(|gap| gap.why == GapReason::Sampled).count(),
    });
    completeness
}

/// Changes every text in a document.
fn texts(value: Value, change: &mut dyn FnMut(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(&text)),
        Value::Array(all) => all.into_iter().map(|one| texts(one, change)).collect(),
        Value::Object(all) => {
            let all = all.into_iter();
            all.map(|(key, one)| (key, texts(one, change))).collect()
        }
        other => other,
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
