//! Runs that the platform ended because their time was up.

use crate::detect::Detector;
use crate::detect::blame::Blame;
use crate::detect::failure;
use crate::model::analysis::Analysis;
use crate::model::finding::{Candidate, FindingKind};
use crate::model::invocation::InvocationStatus;
use crate::model::rows::ErrorGroup;
use crate::model::settings::Settings;
use crate::model::text::plain;
use crate::model::words::duration;

/// Timeouts, a candidate for each function.
pub struct Timeouts;

impl Detector for Timeouts {
    fn kind(&self) -> FindingKind {
        FindingKind::Timeout
    }

    fn candidates(&self, analysis: &Analysis, _: &Settings) -> Vec<Candidate> {
        let timed_out = |group: &&ErrorGroup| group.status == InvocationStatus::Timeout;
        let groups = analysis.errors.iter().filter(timed_out);
        groups.map(|group| candidate(analysis, group)).collect()
    }
}

fn candidate(analysis: &Analysis, group: &ErrorGroup) -> Candidate {
    let function = plain(analysis.text(group.function));
    let mut found = failure::candidate(FindingKind::Timeout, "timeout", analysis, group);
    let blame = Blame::of(analysis, &group.invocations);
    let limit = limit(analysis, group).map_or_else(String::new, |limit| format!(" at {limit}"));
    let callee = blame.name(analysis);
    let waiting = callee
        .as_ref()
        .map_or_else(String::new, |callee| format!(", waiting for {callee}"));
    let counted = failure::counted(analysis, group, &format!("timed out{limit}"));
    found.claim = format!("{counted}{waiting}");
    found.cause = blame.words(analysis).unwrap_or_default();
    found.waits_for = blame.resources();
    found.next = match callee {
        Some(callee) => format!("look at {callee} first"),
        None => format!(
            "open the newest example: where its time went; then raise the timeout of {function} or make it faster"
        ),
    };
    found
}

/// The configured timeout, else the duration that most of them were stopped at.
fn limit(analysis: &Analysis, group: &ErrorGroup) -> Option<String> {
    let config = analysis.facts.functions.get(&group.function);
    if let Some(seconds) = config.and_then(|config| config.timeout_s) {
        return Some(duration(f64::from(seconds) * 1000.0));
    }
    let run = |at: &u32| analysis.invocation(*at).duration_ms.get();
    let mut runs: Vec<f32> = group.invocations.iter().filter_map(run).collect();
    runs.sort_by(f32::total_cmp);
    runs.get(runs.len() / 2)
        .map(|middle| duration(f64::from(*middle)))
}
