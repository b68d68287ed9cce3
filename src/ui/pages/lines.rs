//! The log lines of one invocation.

use std::sync::Arc;

use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::page::{Page, Part, Run};
use crate::ui::rows;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::gone;

pub(super) fn page(scene: &Arc<Scene>, run: Run) -> Page {
    match part(scene, run, Step::Invocation(run)) {
        Some(part) => Page {
            run: Some(run),
            parts: vec![part],
            ..Page::default()
        },
        None => gone("log lines", &figures::request(run.request)),
    }
}

/// The part with its lines, each opening what `open` says; `None` if the invocation is no longer known.
pub(super) fn part(scene: &Arc<Scene>, run: Run, open: Step) -> Option<Part> {
    let at = find::invocation(&scene.analysis, run)?;
    let list = find::lines(scene, at);
    let title = format!("Log lines, {}", list.len());
    if list.is_empty() {
        return Some(Part::lines("lines", title, vec![nothing(scene)]));
    }
    let aside = Text::of(Role::Dim, "the line under the cursor unfolds");
    Some(
        Part::new("lines", title, rows::lines(scene, list, run, open))
            .aside(aside)
            .between(3, u16::MAX),
    )
}

/// Why no line is there: forgotten, or never kept.
fn nothing(scene: &Scene) -> Text {
    match scene.text.dropped() {
        (0, _) | (_, None) => Text::of(Role::Unknown, "no text of its lines is held"),
        (_, Some(before)) => Text::of(
            Role::Unknown,
            &format!(
                "not held: A reads them again (text before {} is forgotten, memory.log_text_mb)",
                figures::clock_or_day(before, scene.now)
            ),
        ),
    }
}
