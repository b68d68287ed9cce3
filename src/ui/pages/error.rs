//! Exceptions of one fingerprint: where it breaks, an example, every failed run.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::finding::{Finding, FindingKind};
use crate::model::rows::{ErrorGroup, Evidence};
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::kinds;
use crate::ui::log_line;
use crate::ui::page::{Key, Page, Part};
use crate::ui::rows;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::{gone, why};

pub(super) fn page(scene: &Arc<Scene>, function: &str, fingerprint: u64) -> Page {
    let analysis = &scene.analysis;
    let found = analysis.errors.iter().find(|group| {
        analysis.text(group.function) == function && key(analysis, group).0 == fingerprint
    });
    match found {
        Some(group) => Page {
            parts: parts(scene, group),
            ..Page::default()
        },
        None => gone(function, "this error"),
    }
}

/// The identity of a group: what makes two exceptions the same.
pub(in crate::ui) fn key(analysis: &Analysis, group: &ErrorGroup) -> Key {
    let parts = [
        Some(group.function),
        group.error_type,
        group.message,
        group.frames,
    ];
    let text: Vec<&str> = parts
        .iter()
        .map(|part| analysis.facts.text_of(*part).unwrap_or_default())
        .collect();
    Key::text(&format!("{}\0{}", text.join("\0"), group.status))
}

/// `Type: message`, as far as it is known; else how the runs ended.
pub(in crate::ui) fn name(analysis: &Analysis, group: &ErrorGroup) -> String {
    let text = |sym| analysis.facts.text_of(sym);
    match (text(group.error_type), text(group.message)) {
        (Some(kind), Some(message)) => format!("{kind}: {message}"),
        (Some(words), None) | (None, Some(words)) => words.to_owned(),
        (None, None) => group.status.to_string().replace('_', " "),
    }
}

/// The version of the newest run that failed so.
pub(in crate::ui) fn version<'a>(analysis: &'a Analysis, group: &ErrorGroup) -> &'a str {
    let newest = group.invocations.last().map(|at| analysis.invocation(*at));
    let version = newest.and_then(|run| analysis.version_of(run));
    version.map_or(figures::UNKNOWN, |version| analysis.text(version))
}

/// The finding that one of its runs proves.
fn finding<'a>(analysis: &'a Analysis, group: &ErrorGroup) -> Option<&'a Finding> {
    let function = analysis.text(group.function);
    let of_group = |evidence: &Evidence| match evidence {
        Evidence::Line {
            request_id: Some(request),
            ..
        } => group
            .invocations
            .iter()
            .any(|at| analysis.invocation(*at).request_id == *request),
        _ => false,
    };
    analysis.findings.iter().find(|finding| {
        let kinds = [
            FindingKind::Error,
            FindingKind::Timeout,
            FindingKind::OutOfMemory,
        ];
        kinds.contains(&finding.kind)
            && finding.subject == function
            && finding.evidence.iter().any(of_group)
    })
}

/// Why, if that is known, and what to do.
fn reasons(analysis: &Analysis, group: &ErrorGroup) -> Vec<Text> {
    let Some(finding) = finding(analysis, group) else {
        return Vec::new();
    };
    let parent = finding.parent.as_deref();
    let parent = parent.and_then(|id| analysis.findings.iter().find(|other| other.id == id));
    let Some(parent) = parent else {
        return why::lines(finding);
    };
    let (badge, _) = kinds::severity(parent.severity);
    let words = format!("follows {badge} {}: {}", parent.subject, parent.claim);
    let mut lines = vec![why::labelled("cause", &words)];
    if !finding.next.is_empty() {
        lines.push(why::labelled("next", &finding.next));
    }
    lines
}

/// Its parts: also what the errors pane shows of the group under the cursor.
pub(in crate::ui) fn parts(scene: &Arc<Scene>, group: &ErrorGroup) -> Vec<Part> {
    let analysis = &scene.analysis;
    let title = Text::of(Role::Strong, analysis.text(group.function))
        .and(Role::Text, &format!(": {}", name(analysis, group)));
    let seen = format!(
        "{} · first {} · last {}",
        figures::count(group.count),
        figures::clock_or_day(group.first_seen, scene.now),
        figures::clock_or_day(group.last_seen, scene.now)
    );
    let frames = analysis.facts.text_of(group.frames).unwrap_or_default();
    let mut lines = reasons(analysis, group);
    let frames: Vec<Text> = if frames.is_empty() {
        vec![Text::of(Role::Unknown, "no stack trace in its lines")]
    } else {
        frames
            .lines()
            .map(|frame| Text::new(&format!("at {frame}")))
            .collect()
    };
    lines.extend(frames);
    let list = group.invocations.iter().rev().copied().collect();
    let mut parts = vec![Part::lines("frames", title, lines).aside(Text::of(Role::Dim, &seen))];
    parts.extend(example(scene, group));
    parts.push(
        Part::new(
            "runs",
            "Failed runs, newest first",
            rows::invocations(scene, list),
        )
        .aside(Text::of(Role::Dim, "Enter opens · v trace · L log lines"))
        .between(3, u16::MAX),
    );
    parts
}

/// Lines of an example at most.
const EXAMPLE: usize = 8;

/// The newest line that shows it, as it was written.
fn example(scene: &Scene, group: &ErrorGroup) -> Option<Part> {
    let line = find::line(scene, group.line?)?;
    let mut lines = log_line::unfolded(line.text);
    let more = lines.len().saturating_sub(EXAMPLE);
    lines.truncate(EXAMPLE);
    let mut aside = figures::clock_ms(line.at);
    if more > 0 {
        aside.push_str(&format!(
            " · {}, L shows all",
            figures::number_of(more as u64, "more lines")
        ));
    }
    let part = Part::lines("example", "The newest line that says it", lines);
    Some(part.aside(Text::of(Role::Dim, &aside)))
}
