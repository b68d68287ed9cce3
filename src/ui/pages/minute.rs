//! One minute of a strip: what was counted in it.

use std::ops::Range;
use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::rows::{Metered, Throttle};
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::store::scene::Scene;
use crate::ui::counted::{Counted, One};
use crate::ui::figures;
use crate::ui::find;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Table};
use crate::ui::rows;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::gone;

pub(super) fn page(
    scene: &Arc<Scene>,
    at: Timestamp,
    counted: Counted,
    function: Option<&str>,
) -> Page {
    let analysis = &scene.analysis;
    let sym = function.and_then(|name| find::function(analysis, name));
    if let (Some(name), None) = (function, sym) {
        return gone(name, name);
    }
    let minute = at..at.plus_ms(MINUTE_MS);
    let inside = |one: &One| minute.contains(&one.at);
    let all = counted.all(analysis, sym);
    let found: Vec<One> = all.into_iter().filter(inside).collect();
    let count: u64 = found.iter().map(|one| one.count).sum();
    let of = function.map_or_else(String::new, |name| format!(" of {name}"));
    let title = format!(
        "{} {counted}{of} in the minute from {}",
        figures::count(count),
        figures::clock_minute(at)
    );
    let aside = Text::of(Role::Dim, "Enter opens · Esc goes back to the strip");
    let mut parts = Vec::new();
    if let Counted::Runs | Counted::Failed = counted {
        parts.extend(metered(analysis, &minute, counted, sym));
    }
    let part = if counted == Counted::Refused {
        let resource = function.map(|name| format!("lambda:{name}"));
        let mine = |row: &&Throttle| {
            minute.contains(&row.minute)
                && resource.as_ref().is_none_or(|name| *name == row.resource)
        };
        let refusals = analysis.throttles.iter().filter(mine);
        let rows = refusals.map(|row| refusal(analysis, row)).collect();
        Part::new("refusals", title, refusals_table(rows))
    } else {
        let mut runs: Vec<_> = found.iter().filter_map(|one| one.run).collect();
        // Batches repeat and overtake with many events: their run is one row.
        runs.dedup();
        Part::new("invocations", title, rows::invocations(scene, runs))
    };
    parts.insert(0, part.aside(aside));
    Page {
        parts,
        ..Page::default()
    }
}

/// Who has what metrics alone count in it; `None` where nothing is.
fn metered(
    analysis: &Analysis,
    minute: &Range<Timestamp>,
    counted: Counted,
    function: Option<Sym>,
) -> Option<Part> {
    let figure = |row: &Metered| -> u64 {
        let inside = row.minutes.iter().filter(|one| minute.contains(&one.at));
        let figures = inside.map(|one| match counted {
            Counted::Failed => one.errors,
            _ => one.invocations,
        });
        figures.sum()
    };
    let mine = |row: &&Metered| function.is_none_or(|name| name == row.function);
    let rows = analysis.metered.iter().filter(mine);
    let rows = rows
        .map(|row| (row, figure(row)))
        .filter(|(_, count)| *count > 0);
    let rows: Vec<(Key, Row)> = rows
        .map(|(row, count)| {
            let name = analysis.text(row.function);
            let shown = Row {
                cells: vec![
                    Cell::of(Role::Strong, name),
                    Cell::text(&figures::count(count)),
                ],
                open: Some(Step::Function(name.to_owned())),
                function: Some(name.to_owned()),
                ..Row::default()
            };
            (Key::text(name), shown)
        })
        .collect();
    let columns = vec![
        Column::name("function", 16, 40),
        Column::figure(&counted.to_string(), 9),
    ];
    let title = format!("Counted by CloudWatch, told by no log, {}", rows.len());
    (!rows.is_empty()).then(|| Part::new("metered", title, Table::new(columns, Rows::few(rows))))
}

fn refusal(analysis: &Analysis, row: &Throttle) -> (Key, Row) {
    let bound = if row.lower_bound { "≥ " } else { "" };
    let callers: Vec<String> = row
        .callers
        .iter()
        .map(|(caller, count)| format!("{} {}", analysis.text(*caller), figures::count(*count)))
        .collect();
    let callers = match &callers[..] {
        [] => Cell::of(Role::Unknown, figures::UNKNOWN),
        some => Cell::text(&some.join(", ")),
    };
    let cells = vec![
        Cell::of(Role::Strong, &row.resource),
        Cell::of(
            Role::Throttle,
            &format!("{bound}{}", figures::count(row.count)),
        ),
        Cell::text(&row.class.to_string()),
        callers,
    ];
    let shown = Row {
        cells,
        open: Some(Step::Resource(row.resource.clone())),
        function: row.resource.strip_prefix("lambda:").map(str::to_owned),
        ..Row::default()
    };
    (
        Key::text(&format!("{}\0{}", row.resource, row.class)),
        shown,
    )
}

fn refusals_table(rows: Vec<(Key, Row)>) -> Table {
    let columns = vec![
        Column::name("resource", 16, 40),
        Column::figure("refused", 9),
        Column::word("class", 12),
        Column::text("callers", 16, u16::MAX).drop(1),
    ];
    Table::new(columns, Rows::few(rows))
}
