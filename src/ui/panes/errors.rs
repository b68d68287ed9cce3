//! Errors: what breaks, since when.

use std::sync::Arc;

use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::finding::FindingKind;
use crate::model::rows::ErrorGroup;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::page::{Cell, Column, Level, Page, Part, Row, Rows, Table};
use crate::ui::pages::error;
use crate::ui::series::{self, Minutes};
use crate::ui::state;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::Pane;

/// Minutes of the sparkline, and minutes a cell.
const SPARK: usize = 30;
const CELL: usize = 3;

pub struct Errors;

impl Pane for Errors {
    fn title(&self) -> &'static str {
        "Errors"
    }

    fn short(&self) -> &'static str {
        "Err"
    }

    fn kinds(&self) -> &'static [FindingKind] {
        &[
            FindingKind::Error,
            FindingKind::Timeout,
            FindingKind::OutOfMemory,
        ]
    }

    fn page(&self, scene: &Arc<Scene>) -> Page {
        let analysis = &scene.analysis;
        if analysis.errors.is_empty() {
            let runs: u64 = analysis
                .functions
                .iter()
                .map(|function| function.invocations)
                .sum();
            let line = state::none_of(
                scene,
                "nothing failed",
                &format!("{} invocations", figures::count(runs)),
            );
            return Page {
                parts: vec![Part::lines("what", "What breaks", vec![line])],
                ..Page::default()
            };
        }
        let detail_scene = Arc::clone(scene);
        Page {
            note: Text::of(Role::Dim, "sort count ↓"),
            parts: vec![what(scene)],
            detail: Some(Box::new(move |row| {
                let group = detail_scene.analysis.errors.get(row);
                group.map_or_else(Vec::new, |group| error::parts(&detail_scene, group))
            })),
            ..Page::default()
        }
    }
}

fn what(scene: &Scene) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let runs: u64 = analysis
        .functions
        .iter()
        .map(|function| function.invocations)
        .sum();
    let failed: u64 = analysis.errors.iter().map(|group| group.count).sum();
    let share = wilson(failed.min(runs), runs)
        .map_or_else(String::new, |rate| format!(", {}", figures::rate(&rate)));
    let title = format!(
        "What breaks, since when: {} of {} invocations{share}",
        figures::count(failed),
        figures::count(runs)
    );
    let aside = format!("{} fingerprints", analysis.errors.len());
    let keys = analysis
        .errors
        .iter()
        .map(|group| error::key(&analysis, group))
        .collect();
    let now = scene.now;
    let rows = Rows::new(keys, move |at| {
        let group = &analysis.errors[at];
        let name = analysis.text(group.function);
        Row {
            cells: vec![
                Cell::of(Role::Strong, name),
                Cell::text(&error::name(&analysis, group)),
                Cell::of(Role::Error, &figures::count(group.count)),
                Cell::text(&figures::percent(group.count as f64 / failed.max(1) as f64)),
                Cell::of(Role::Dim, &figures::clock_or_day(group.first_seen, now)),
                Cell::of(Role::Dim, &figures::age(now.since(group.last_seen))),
                Cell::Spark(levels(&analysis, group, now), Role::Error),
            ],
            open: Some(Step::Error {
                function: name.to_owned(),
                fingerprint: error::key(&analysis, group).0,
            }),
            function: Some(name.to_owned()),
            ..Row::default()
        }
    });
    let columns = vec![
        Column::name("function", 12, 24),
        Column::text("fingerprint", 20, u16::MAX),
        Column::figure("count", 6),
        Column::figure("share", 6).drop(2),
        Column::word("first seen", 12).drop(1),
        Column::figure("last", 5).drop(3),
        Column::word("30 min", (SPARK / CELL) as u16).drop(4),
    ];
    Part::new("what", title, Table::new(columns, rows))
        .aside(Text::of(Role::Dim, &aside))
        .between(3, 10)
}

/// Three minutes a cell.
fn levels(
    analysis: &Analysis,
    group: &ErrorGroup,
    now: crate::model::time::Timestamp,
) -> Vec<Level> {
    let minutes = Minutes::until(now, SPARK);
    let ends = group
        .invocations
        .iter()
        .map(|at| (analysis.invocation(*at).end, 1));
    minutes
        .count(series::known_from(analysis), ends)
        .chunks(CELL)
        .map(|cells| {
            cells
                .iter()
                .copied()
                .fold(None, |sum: Option<u32>, level| match level {
                    Some(level) => Some(sum.unwrap_or(0) + level),
                    None => sum,
                })
        })
        .collect()
}
