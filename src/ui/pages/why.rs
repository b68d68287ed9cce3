//! What a finding says beside the rows that prove it: its claim, its cause, what to do next.

use crate::model::analysis::Analysis;
use crate::model::finding::{Finding, FindingKind};
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// The worst finding of a kind about one of these subjects.
pub(in crate::ui) fn finding<'a>(
    analysis: &'a Analysis,
    kind: FindingKind,
    subjects: &[&str],
) -> Option<&'a Finding> {
    let mut all = analysis.findings.iter();
    all.find(|one| one.kind == kind && subjects.contains(&one.subject.as_str()))
}

/// Its cause and its next step, each with its label; what is not known is left out.
pub(in crate::ui) fn lines(finding: &Finding) -> Vec<Text> {
    [("cause", &finding.cause), ("next", &finding.next)]
        .into_iter()
        .filter(|(_, words)| !words.is_empty())
        .map(|(label, words)| labelled(label, words))
        .collect()
}

/// A sentence after its label.
pub(in crate::ui) fn labelled(label: &str, words: &str) -> Text {
    Text::of(Role::Dim, &format!("{label:6} ")).and(Role::Text, words)
}
