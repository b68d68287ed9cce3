//! One source of records: everything that is known of how it fares.

use std::sync::Arc;

use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::page::{Page, Part};
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::gone;

pub(super) fn page(scene: &Arc<Scene>, name: &str) -> Page {
    let Some(health) = scene.board.sources.get(name) else {
        return gone(name, name);
    };
    let time = |at: Option<crate::model::time::Timestamp>| {
        at.map_or_else(
            || figures::UNKNOWN.to_owned(),
            |at| figures::clock_or_day(at, scene.now),
        )
    };
    let mut list = vec![
        ("state", health.state.to_string()),
        ("complete", format!("to {}", time(health.complete_until))),
        (
            "lag",
            format!(
                "p50 {} · p99 {}",
                figures::duration_or_unknown(health.lag_p50_ms),
                figures::duration_or_unknown(health.lag_p99_ms)
            ),
        ),
        (
            "records",
            format!(
                "{}, {} late",
                figures::count_if_any(health.records),
                figures::count_if_any(health.late)
            ),
        ),
    ];
    if let Some(note) = &health.note {
        list.push(("note", note.to_string()));
    }
    if let Some(trouble) = &health.trouble {
        list.push(("trouble", trouble.to_string()));
    }
    if let Some(again) = health.again_at {
        list.push(("again", format!("at {}", figures::clock(again))));
    }
    if let Some(right) = &health.lacks {
        list.push(("lacks", format!("{right}: add it to the policy")));
    }
    let mut lines: Vec<Text> = list
        .into_iter()
        .map(|(label, words)| Text::of(Role::Dim, &format!("{label:9} ")).and(Role::Text, &words))
        .collect();
    let lasting = health.gaps.iter().map(|gap| (gap, String::new()));
    let filled = health.filled.iter().map(|filled| {
        let at = figures::clock_or_day(filled.at, scene.now);
        (&filled.gap, format!(", read by {at}"))
    });
    let open = health
        .unseen
        .iter()
        .map(|gap| (gap, ", not read yet".to_owned()));
    for (gap, now) in lasting.chain(filled).chain(open) {
        lines.push(Text::of(Role::Dim, "gap       ").and(
            Role::Text,
            &format!(
                "{}–{} {} {}{now}",
                figures::clock_or_day(gap.from, scene.now),
                figures::clock_or_day(gap.to, scene.now),
                gap.group,
                gap.why
            ),
        ));
    }
    Page {
        parts: vec![Part::lines("source", Text::of(Role::Strong, name), lines)],
        ..Page::default()
    }
}
