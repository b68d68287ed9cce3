//! Runs that failed: grouped by fingerprint, and said as findings.

mod group;
mod metered;

use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64;

use crate::detect::Detector;
use crate::detect::async_outcome::{Outcomes, endings};
use crate::detect::blame::Blame;
use crate::detect::failure;
use crate::model::analysis::Analysis;
use crate::model::fact::Ending;
use crate::model::finding::{Candidate, FindingKind};
use crate::model::ids::RequestId;
use crate::model::invocation::InvocationStatus;
use crate::model::rows::ErrorGroup;
use crate::model::settings::Settings;
use crate::model::text::plain;
use crate::model::words::{count, time_of_day};

pub use group::errors;

/// A group that begins so long after the window is called new.
const NEW_AFTER_MS: i64 = 10 * 60_000;
/// A message is shown so far.
const SHOWN_LETTERS: usize = 120;
/// Smaller groups beyond these say no more than the pane of errors does.
const MOST_GROUPS: usize = 100;

/// Exceptions and crashes, a candidate for each fingerprint; what metrics alone count, a candidate for each function.
pub struct Errors;

impl Detector for Errors {
    fn kind(&self) -> FindingKind {
        FindingKind::Error
    }

    fn candidates(&self, analysis: &Analysis, _: &Settings) -> Vec<Candidate> {
        let failed = |group: &&ErrorGroup| group.status == InvocationStatus::Error;
        let groups = analysis.errors.iter().filter(failed).take(MOST_GROUPS);
        let endings = endings(analysis);
        let groups = groups.map(|group| candidate(analysis, group, &endings));
        groups.chain(metered::candidates(analysis)).collect()
    }
}

fn candidate(
    analysis: &Analysis,
    group: &ErrorGroup,
    endings: &HashMap<RequestId, Ending>,
) -> Candidate {
    let mut found = failure::candidate(FindingKind::Error, key(analysis, group), analysis, group);
    let new = match analysis.window {
        Some((from, _)) if group.first_seen.since(from) >= NEW_AFTER_MS => {
            format!(", new {}", time_of_day(group.first_seen))
        }
        _ => String::new(),
    };
    let failed = failure::counted(analysis, group, "failed");
    found.claim = format!("{failed}: {}{new}", fingerprint(analysis, group));
    let blame = Blame::of(analysis, &group.invocations);
    found.waits_for = blame.resources();
    found.cause = sentence(&[blame.words(analysis), outcome(analysis, group, endings)]);
    found.next = match blame.name(analysis) {
        Some(callee) => format!("look at {callee} first; then open the newest example"),
        None => "open the newest example; its trace shows what it called".to_owned(),
    };
    found
}

/// What happened to the events whose runs failed, where they were asynchronous.
fn outcome(
    analysis: &Analysis,
    group: &ErrorGroup,
    endings: &HashMap<RequestId, Ending>,
) -> Option<String> {
    let outcomes = Outcomes::of(analysis, endings, group.function, &group.invocations);
    let mut parts = Vec::new();
    if outcomes.recovered > 0 {
        parts.push(format!(
            "{} of the events succeeded on a retry",
            count(outcomes.recovered)
        ));
    }
    if outcomes.given_up > 0 {
        let end = match (outcomes.dropped, outcomes.undelivered) {
            (_, true) => ", and not all reached their dead-letter queue or destination",
            (true, false) => " and were dropped",
            (false, false) => "",
        };
        let handed_on = match outcomes.handed_on {
            0 => String::new(),
            _ if outcomes.handed_on == outcomes.given_up => {
                " and went to their dead-letter queue or destination".to_owned()
            }
            some => format!(
                " and {} went to their dead-letter queue or destination",
                count(some)
            ),
        };
        let end = if handed_on.is_empty() {
            end
        } else {
            handed_on.as_str()
        };
        parts.push(format!(
            "{} failed every try{end}",
            count(outcomes.given_up)
        ));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Type and message as they read in one line.
fn fingerprint(analysis: &Analysis, group: &ErrorGroup) -> String {
    let text = |sym| {
        analysis
            .facts
            .text_of(sym)
            .map(|text| plain(text).into_owned())
    };
    let whole = match (text(group.error_type), text(group.message)) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => "no line says why".to_owned(),
    };
    match whole.char_indices().nth(SHOWN_LETTERS) {
        Some((cut, _)) => format!("{}…", &whole[..cut]),
        None => whole,
    }
}

/// A word for the fingerprint that is the same in every run of nepho.
fn key(analysis: &Analysis, group: &ErrorGroup) -> String {
    let text = |sym| analysis.facts.text_of(sym).unwrap_or_default();
    let whole = [group.error_type, group.message, group.frames]
        .map(text)
        .join("\u{1f}");
    format!("{:08x}", xxh3_64(whole.as_bytes()) as u32)
}

fn sentence(parts: &[Option<String>]) -> String {
    parts
        .iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join("; ")
}

#[cfg(test)]
mod tests;
