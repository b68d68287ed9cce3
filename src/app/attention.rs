//! What matters now: the function that somebody looks at, and those that a finding is about.

use std::collections::BTreeSet;

use super::pump::Attention;
use crate::store::scene::Scene;
use crate::ui::screen::Screen;
use crate::ui::step::Step;

/// The log groups of the functions that matter.
pub(super) fn of(screen: &Screen) -> Attention {
    let scene = screen.scene();
    let place = screen.place();
    let under_cursor = place.row().and_then(|row| row.function);
    let looked_at = function(&place.step).or(under_cursor.as_deref());
    let looked_at = looked_at.into_iter().collect();
    let raised = scene
        .analysis
        .findings
        .iter()
        .filter(|finding| finding.is_urgent());
    let alarmed: BTreeSet<&str> = raised.map(|finding| &*finding.subject).collect();
    Attention {
        focus: groups(scene, &looked_at),
        alarmed: groups(scene, &alarmed),
    }
}

/// The function that a step names.
fn function(step: &Step) -> Option<&str> {
    match step {
        Step::Function(function)
        | Step::Invocations { function, .. }
        | Step::Error { function, .. } => Some(function),
        _ => None,
    }
}

/// The sources of the groups that those functions write to.
fn groups(scene: &Scene, functions: &BTreeSet<&str>) -> BTreeSet<Box<str>> {
    let facts = &scene.analysis.facts;
    let streams = facts.streams.iter().filter(|stream| {
        stream
            .function
            .is_some_and(|function| functions.contains(facts.text(function)))
    });
    let groups: BTreeSet<&str> = streams.map(|stream| facts.text(stream.group)).collect();
    let name = |group: &str| format!("logs {group}").into();
    groups.into_iter().map(name).collect()
}
