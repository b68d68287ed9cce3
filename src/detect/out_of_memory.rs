//! Runs that were killed because they used all their memory.

use crate::detect::Detector;
use crate::detect::failure;
use crate::model::analysis::Analysis;
use crate::model::finding::{Candidate, FindingKind};
use crate::model::invocation::InvocationStatus;
use crate::model::rows::ErrorGroup;
use crate::model::settings::Settings;
use crate::model::text::plain;

/// Out of memory, a candidate for each function.
pub struct OutOfMemory;

impl Detector for OutOfMemory {
    fn kind(&self) -> FindingKind {
        FindingKind::OutOfMemory
    }

    fn candidates(&self, analysis: &Analysis, _: &Settings) -> Vec<Candidate> {
        let killed = |group: &&ErrorGroup| group.status == InvocationStatus::OutOfMemory;
        let groups = analysis.errors.iter().filter(killed);
        groups.map(|group| candidate(analysis, group)).collect()
    }
}

fn candidate(analysis: &Analysis, group: &ErrorGroup) -> Candidate {
    let function = plain(analysis.text(group.function));
    let mut found = failure::candidate(FindingKind::OutOfMemory, "out_of_memory", analysis, group);
    let size = group
        .invocations
        .iter()
        .rev()
        .find_map(|at| analysis.invocation(*at).memory_mb(&analysis.facts));
    let at = size.map_or_else(String::new, |size| format!(" at {size} MB"));
    found.claim = failure::counted(analysis, group, &format!("out of memory{at}"));
    let more = size.map_or_else(String::new, |size| {
        format!(" to {} MB", size.saturating_mul(3) / 2)
    });
    found.next = format!("raise the memory of {function}{more}, or find what grew");
    found.cause = began_with(analysis, group).unwrap_or_default();
    found
}

/// All failures ran one version, and another version ran without: the growth came with it.
fn began_with(analysis: &Analysis, group: &ErrorGroup) -> Option<String> {
    let version = |at: &u32| analysis.version_of(analysis.invocation(*at));
    let first = version(group.invocations.first()?)?;
    let alone = group
        .invocations
        .iter()
        .all(|at| version(at) == Some(first));
    let differs = |version| version != first;
    let other =
        analysis.assembled.invocations.iter().any(|run| {
            run.function == group.function && analysis.version_of(run).is_some_and(differs)
        });
    (alone && other).then(|| format!("only version {} is hit", plain(analysis.text(first))))
}
