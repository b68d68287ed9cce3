//! With what rights it reads.

use std::collections::BTreeSet;

use crate::model::health::Calls;
use crate::store::scene::{Mode, Scene};
use crate::ui::page::Part;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// What is granted, what lacks, what other logins lend, and what nobody said yet.
pub(super) fn part(scene: &Scene) -> Part {
    let (granted, unknown) = answered(scene);
    let mut lines = Vec::new();
    if !granted.is_empty() {
        let actions = join(&granted);
        lines.push(Text::of(Role::Dim, "have   ").and(Role::Text, &actions));
    }
    for right in scene
        .board
        .sources
        .values()
        .filter_map(|source| source.lacks.as_ref())
    {
        let words = format!("{right} → add it to the policy");
        lines.push(Text::of(Role::Error, "lack   ").and(Role::Text, &words));
    }
    let sources = scene.board.sources.values();
    for words in sources.filter_map(|source| source.lent.as_deref()) {
        lines.push(Text::of(Role::Dim, "lent   ").and(Role::Text, words));
    }
    if !unknown.is_empty() {
        let words = format!("not known yet: {}", join(&unknown));
        lines.push(Text::of(Role::Unknown, "?      ").and(Role::Text, &words));
    }
    if lines.is_empty() {
        lines.push(Text::of(
            Role::Dim,
            match scene.mode {
                Mode::Live => "not known yet: no call was answered",
                Mode::File | Mode::Demo { .. } => "no rights needed",
            },
        ));
    }
    Part::lines("rights", "Rights", lines).aside(Text::of(
        Role::Dim,
        "read only: nepho calls nothing that writes",
    ))
}

/// Whose account it is may be asked by everybody.
const NEEDS_NO_RIGHT: &str = "sts:GetCallerIdentity";

/// Actions that some place grants, and those of which no place said whether it does; one in several places counts once.
fn answered(scene: &Scene) -> (BTreeSet<&'static str>, BTreeSet<&'static str>) {
    let actions = |of: fn(&Calls) -> bool| -> BTreeSet<&'static str> {
        let calls = scene.board.calls.iter().filter(|(_, calls)| of(calls));
        calls.map(|((_, action), _)| *action).collect()
    };
    let granted = actions(|calls| calls.granted > 0);
    let said = actions(|calls| calls.granted + calls.denied > 0);
    let mut made = actions(|_| true);
    made.remove(NEEDS_NO_RIGHT);
    (granted, made.difference(&said).copied().collect())
}

fn join(actions: &BTreeSet<&'static str>) -> String {
    let actions: Vec<&str> = actions.iter().copied().collect();
    actions.join("  ")
}
