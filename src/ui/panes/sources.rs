//! Sources: can I believe this, what does it cost.

use std::sync::Arc;

use crate::model::finding::FindingKind;
use crate::model::health::{Health, SourceState};
use crate::model::placed;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Table};
use crate::ui::state;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::Pane;

mod calls;
mod rights;
mod seen;

pub struct Sources;

impl Pane for Sources {
    fn title(&self) -> &'static str {
        "Sources"
    }

    fn short(&self) -> &'static str {
        "Src"
    }

    fn kinds(&self) -> &'static [FindingKind] {
        &[FindingKind::IncompleteData]
    }

    fn page(&self, scene: &Arc<Scene>) -> Page {
        let mut parts = vec![sources(scene)];
        if !scene.board.calls.is_empty() {
            parts.push(calls::part(scene));
        }
        parts.push(rights::part(scene));
        parts.extend(seen::part(scene));
        parts.push(read(scene));
        parts.push(memory(scene));
        Page {
            note: Text::of(Role::Dim, "sort worst first"),
            parts,
            ..Page::default()
        }
    }
}

/// How bad the state of a source is, the worst lowest.
fn rank(state: SourceState) -> u8 {
    match state {
        SourceState::LoggedOut => 0,
        SourceState::Denied => 1,
        SourceState::Broken => 2,
        SourceState::Throttled => 3,
        SourceState::Starting => 4,
        SourceState::Reading => 5,
        SourceState::CaughtUp | SourceState::Ended => 6,
    }
}

fn sources(scene: &Scene) -> Part {
    let board = Arc::clone(&scene.board);
    let analysis = &scene.analysis;
    let of_invocations = |share| {
        format!(
            "coverage {} of AWS/Lambda Invocations",
            figures::percent(share)
        )
    };
    let coverage = match analysis.coverage {
        Some(share) => of_invocations(share),
        // No line says from when on the logs would tell.
        None if analysis.window.is_none() && analysis.metered_runs() > 0 => of_invocations(0.0),
        None => "coverage ?: no Invocations metric".to_owned(),
    };
    let complete = scene.complete_to().map_or_else(
        || "complete to ?".to_owned(),
        |until| format!("complete to {}", figures::clock(until)),
    );
    let title = format!("Can I believe this: {complete} · {coverage}");
    let mut names: Vec<Box<str>> = board.sources.keys().cloned().collect();
    names.sort_by_key(|name| (rank(board.sources[name].state), name.clone()));
    if names.is_empty() {
        let line = state::waiting(scene)
            .unwrap_or_else(|| Text::of(Role::Dim, "these records came without a source"));
        return Part::lines("sources", title, vec![line]);
    }
    let blind = names
        .iter()
        .filter(|name| rank(board.sources[*name].state) < 3)
        .count();
    let aside = format!("{blind} of {} not seen", names.len());
    let keys = names.iter().map(|name| Key::text(name)).collect();
    let now = scene.now;
    let rows = Rows::new(keys, move |at| row(&board.sources[&names[at]], now));
    let columns = vec![
        Column::name("source", 20, 48),
        Column::word("state", 10),
        Column::word("complete to", 12),
        Column::figure("lag p50", 8).drop(4),
        Column::figure("lag p99", 8).drop(2),
        Column::figure("records", 9).drop(5),
        Column::figure("came late", 9).drop(3),
        Column::text("", 10, u16::MAX).named("says").drop(1),
    ];
    let part = Part::new("sources", title, Table::new(columns, rows))
        .aside(Text::of(Role::Dim, &aside))
        .between(4, 14);
    Part {
        prose: state::waiting(scene).into_iter().collect(),
        ..part
    }
}

/// The same in words that do not say the place again, which stands in a column.
fn beside_place(health: &Health) -> Health {
    let mut health = health.clone();
    if let Some(place) = placed::place(&health.name) {
        for words in [&mut health.trouble, &mut health.elsewhere] {
            let rest = words.as_deref().and_then(|words| words.strip_prefix(place));
            if let Some(rest) = rest {
                *words = Some(rest.trim_start_matches(": ").into());
            }
        }
    }
    health
}

fn row(health: &Health, now: crate::model::time::Timestamp) -> Row {
    let health = &beside_place(health);
    let role = match rank(health.state) {
        0..=2 => Role::Error,
        3 => Role::P2,
        4 | 5 => Role::Text,
        _ => Role::Dim,
    };
    let lag = |ms: Option<f64>| {
        Cell::text(&ms.map_or_else(|| figures::NONE.to_owned(), figures::duration))
    };
    let complete = health.complete_until.map_or_else(
        || figures::NONE.to_owned(),
        |until| figures::clock_or_day(until, now),
    );
    let note = health.elsewhere.as_ref().or(health.note.as_ref());
    let words = match (&health.trouble, health.gaps.last(), note) {
        (Some(_), ..) | (None, None, None)
            if health.trouble.is_some() || health.lacks.is_some() =>
        {
            match &health.unseen {
                Some(gap) => Text::of(
                    Role::Unknown,
                    &format!("gap from {} · ", figures::clock(gap.from)),
                )
                .then(state::trouble(health)),
                None => state::trouble(health),
            }
        }
        _ if health.unseen.is_some() => Text::of(Role::Unknown, "reading what was missed"),
        (_, Some(gap), _) => Text::new(&format!(
            "gap {}–{} {}",
            figures::clock(gap.from),
            figures::clock(gap.to),
            gap.why
        )),
        (_, _, Some(note)) => Text::of(Role::Dim, note),
        _ => Text::default(),
    };
    Row {
        cells: vec![
            Cell::of(Role::Strong, &health.name),
            Cell::of(role, &health.state.to_string()),
            Cell::text(&complete),
            lag(health.lag_p50_ms),
            lag(health.lag_p99_ms),
            Cell::text(&figures::count_if_any(health.records)),
            Cell::text(&figures::count_if_any(health.late)),
            Cell::Text(words),
        ],
        open: Some(Step::Source(health.name.to_string())),
        ..Row::default()
    }
}

/// What was read, and what of it could not be used.
fn read(scene: &Scene) -> Part {
    let inputs = &scene.analysis.facts.inputs;
    let late = if inputs.log_events_with_ingestion > 0 {
        figures::count(inputs.log_events_late)
    } else {
        figures::UNKNOWN.to_owned()
    };
    let events = format!(
        "log events {} · read again {} · ingested over 30 s late {late} · not understood {}",
        figures::count(inputs.log_events),
        figures::count(inputs.log_events_reread),
        figures::count(inputs.unparsed_lines)
    );
    let others = format!(
        "trace segments {} · metric points {}",
        figures::count(inputs.trace_segments),
        figures::count(inputs.metric_points)
    );
    let mut lines = vec![Text::new(&events), Text::new(&others)];
    let facts = &scene.analysis.facts;
    if let Some(why) = &facts.first_unparsed {
        lines.push(Text::of(Role::Unknown, "not understood ").and(Role::Text, why));
    }
    for odd in facts.odd.lines() {
        lines.push(Text::of(Role::Unknown, "cannot be ").and(Role::Text, &odd));
    }
    for gap in facts.gaps.iter().rev().take(GAPS) {
        lines.push(Text::of(Role::Unknown, "not seen ").and(
            Role::Text,
            &format!(
                "{} {}–{} {}",
                facts.text(gap.group),
                figures::clock_or_day(gap.from, scene.now),
                figures::clock_or_day(gap.to, scene.now),
                gap.why
            ),
        ));
    }
    Part::lines("read", "What was read", lines).between(1, 8)
}

/// Stretches that were not seen, the newest of them at most.
const GAPS: usize = 6;

fn memory(scene: &Scene) -> Part {
    let facts = &scene.analysis.facts;
    let (held, limit) = scene.text.bytes();
    let text = match scene.text.dropped() {
        (0, _) | (_, None) => "nothing dropped".to_owned(),
        (lines, Some(before)) => format!(
            "{} before {} dropped",
            figures::number_of(lines, "lines"),
            figures::clock_or_day(before, scene.now)
        ),
    };
    let horizon = match facts.horizon {
        Some(horizon) => format!(
            "before {} forgotten (memory.facts_mb), horizon {}",
            figures::clock_or_day(horizon, scene.now),
            figures::duration(scene.now.since(horizon) as f64)
        ),
        None => "nothing forgotten".to_owned(),
    };
    let evicted = &facts.evicted;
    let line = |label: &str, words: &str| {
        Text::of(Role::Dim, &format!("{label:13}")).and(Role::Text, words)
    };
    let lines = vec![
        line(
            "log text",
            &format!(
                "{} of {} · {text}",
                figures::bytes(held as u64),
                figures::bytes(limit as u64)
            ),
        ),
        line(
            "invocations",
            &format!(
                "{} · {} evicted · {horizon}",
                figures::count(scene.analysis.assembled.invocations.len() as u64),
                figures::count(evicted.invocations)
            ),
        ),
        line(
            "event ids",
            &format!("{} evicted", figures::count(evicted.event_ids)),
        ),
        line(
            "traces",
            &format!("{} evicted", figures::count(evicted.traces)),
        ),
    ];
    Part::lines("memory", "Memory, and what was dropped", lines)
}
