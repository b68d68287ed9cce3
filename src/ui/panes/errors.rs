//! Errors: what breaks, since when.

use std::sync::Arc;

use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::finding::FindingKind;
use crate::model::rows::{ErrorGroup, Metered};
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::page::{Cell, Column, Level, Page, Part, Row, Rows, Table};
use crate::ui::pages::error;
use crate::ui::series::{Known, Minutes};
use crate::ui::state;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::Pane;

/// Minutes of the sparkline, and minutes a cell.
const SPARK: usize = 30;
const CELL: usize = 3;
/// An error is new if it was not there for at least so long before it first came, in milliseconds.
const QUIET_MS: i64 = 10 * MINUTE_MS;

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
            let line = unsaid(analysis).unwrap_or_else(|| {
                let base = figures::number_of(runs, "invocations");
                state::none_of(scene, "nothing failed", &base)
            });
            return Page {
                parts: vec![Part::lines("what", "What breaks", vec![line])],
                ..Page::default()
            };
        }
        let detail_scene = Arc::clone(scene);
        let order = order(analysis);
        let shown = order.clone();
        Page {
            note: Text::of(Role::Dim, "sort new first"),
            parts: vec![what(scene, order)],
            detail: Some(Box::new(move |row| {
                let group = shown.get(row).map(|at| &detail_scene.analysis.errors[*at]);
                group.map_or_else(Vec::new, |group| error::parts(&detail_scene, group))
            })),
            ..Page::default()
        }
    }
}

/// That runs failed of which metrics alone tell: none of them has a message; `None` where there are none.
fn unsaid(analysis: &Analysis) -> Option<Text> {
    let failed = |one: &Metered| one.errors.filter(|errors| *errors > 0);
    let rows = || analysis.metered.iter().filter(|one| failed(one).is_some());
    let errors: u64 = rows().filter_map(failed).sum();
    (errors > 0).then(|| {
        let words = format!(
            "by CloudWatch metrics alone {} of {} failed: no log says why · 1 shows them",
            figures::number_of(errors, "runs"),
            figures::number_of(rows().count() as u64, "functions")
        );
        Text::of(Role::Unknown, &words)
    })
}

/// Whether a group began in the window: there is enough of it before in which the error was not there.
fn is_new(analysis: &Analysis, group: &ErrorGroup) -> bool {
    let from = Known::of(analysis).from;
    from.is_some_and(|from| group.first_seen.since(from) >= QUIET_MS)
}

/// Groups, new ones first; the most frequent first within.
fn order(analysis: &Analysis) -> Vec<usize> {
    let mut order: Vec<usize> = (0..analysis.errors.len()).collect();
    order.sort_by_key(|at| !is_new(analysis, &analysis.errors[*at]));
    order
}

fn what(scene: &Scene, order: Vec<usize>) -> Part {
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
        "What breaks, since when: {} of {}{share}",
        figures::count(failed),
        figures::number_of(runs, "invocations")
    );
    let unsaid = unsaid(&analysis);
    let new = order
        .iter()
        .filter(|at| is_new(&analysis, &analysis.errors[**at]))
        .count();
    let aside = format!("{} fingerprints, {new} new", analysis.errors.len());
    let keys = order
        .iter()
        .map(|at| error::key(&analysis, &analysis.errors[*at]))
        .collect();
    let now = scene.now;
    let rows = Rows::new(keys, move |at| {
        let group = &analysis.errors[order[at]];
        let name = analysis.text(group.function);
        let fingerprint = Text::new(&error::name(&analysis, group));
        let fingerprint = if is_new(&analysis, group) {
            Text::of(Role::Error, "NEW ").then(fingerprint)
        } else {
            fingerprint
        };
        Row {
            cells: vec![
                Cell::of(Role::Strong, name),
                Cell::Text(fingerprint),
                Cell::of(Role::Error, &figures::count(group.count)),
                Cell::text(&figures::percent(group.count as f64 / failed.max(1) as f64)),
                Cell::of(Role::Dim, &figures::clock_or_day(group.first_seen, now)),
                Cell::of(Role::Dim, &figures::age(now.since(group.last_seen))),
                Cell::text(error::version(&analysis, group)),
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
        Column::word("version", 8).drop(5),
        Column::word("30 min", (SPARK / CELL) as u16).drop(4),
    ];
    let mut part = Part::new("what", title, Table::new(columns, rows))
        .aside(Text::of(Role::Dim, &aside))
        .between(3, 10);
    part.prose.extend(unsaid);
    part
}

/// Three minutes a cell.
fn levels(analysis: &Analysis, group: &ErrorGroup, now: Timestamp) -> Vec<Level> {
    let minutes = Minutes::until(now, SPARK);
    let ends = group
        .invocations
        .iter()
        .map(|at| (analysis.invocation(*at).end, 1));
    minutes
        .count(&Known::of(analysis), ends)
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
