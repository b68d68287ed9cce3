//! How well each function is seen: what its figures rest on, the worst first.

use std::sync::Arc;

use crate::detect::figures::coverage::WHOLE;
use crate::model::analysis::Analysis;
use crate::model::rows::{FunctionFigures, Metered};
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::page::{Cell, Column, Key, Part, Row, Rows, Table};
use crate::ui::state::BLIND;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// The part; `None` before anything ran.
pub(super) fn part(scene: &Scene) -> Option<Part> {
    let analysis = Arc::clone(&scene.analysis);
    let unlogged = analysis.metered.len();
    if analysis.functions.is_empty() && unlogged == 0 {
        return None;
    }
    let order = worst_first(&analysis);
    let blind = analysis
        .functions
        .iter()
        .filter(|one| is_blind(one))
        .count();
    let metered = analysis.metered.iter().map(|one| one.function);
    let logged = order.iter().map(|at| analysis.functions[*at].function);
    let keys = metered.chain(logged);
    let keys = keys.map(|name| Key::text(analysis.text(name))).collect();
    let all = order.len();
    let rows = Rows::new(keys, move |row_at| {
        let Some(at) = row_at.checked_sub(unlogged) else {
            return unlogged_row(&analysis, &analysis.metered[row_at]);
        };
        let function = &analysis.functions[order[at]];
        row(analysis.text(function.function), function)
    });
    let columns = vec![
        Column::name("function", 12, 40),
        Column::figure("invocations", 11),
        Column::figure("REPORT lines", 12),
        Column::figure("event ids", 9),
        Column::figure("X-Ray", 6).drop(1),
        Column::text("so", 12, u16::MAX).drop(2),
    ];
    let aside = format!("{blind} of {all} blind to repeats and order");
    Some(
        Part::new(
            "seen",
            "How well each function is seen",
            Table::new(columns, rows),
        )
        .aside(Text::of(Role::Dim, &aside))
        .between(3, 20),
    )
}

fn is_blind(one: &FunctionFigures) -> bool {
    one.id_coverage.is_some_and(|share| share < BLIND)
}

fn is_partial(one: &FunctionFigures) -> bool {
    one.coverage.is_some_and(|share| share < WHOLE)
}

/// One that metrics alone tell of.
fn unlogged_row(analysis: &Analysis, one: &Metered) -> Row {
    let name = analysis.text(one.function);
    let unknown = || Cell::of(Role::Unknown, figures::UNKNOWN);
    let none = one.invocations.filter(|runs| *runs > 0);
    Row {
        cells: vec![
            Cell::of(Role::Strong, name),
            Cell::text(&figures::count_or_unknown(one.invocations)),
            none.map_or_else(unknown, |_| Cell::of(Role::P2, &figures::percent(0.0))),
            unknown(),
            unknown(),
            Cell::of(Role::Dim, "metrics alone tell of it: no log does"),
        ],
        open: Some(Step::Function(name.to_owned())),
        function: Some(name.to_owned()),
        ..Row::default()
    }
}

/// Those whose lines are missing, then the blind, then the others, each by name.
fn worst_first(analysis: &Analysis) -> Vec<usize> {
    let mut order: Vec<usize> = (0..analysis.functions.len()).collect();
    order.sort_by_key(|at| {
        let one = &analysis.functions[*at];
        (!is_partial(one), !is_blind(one), *at)
    });
    order
}

fn row(name: &str, one: &FunctionFigures) -> Row {
    let share = |of: Option<f64>, bad: bool| {
        let role = match of {
            None => Role::Unknown,
            Some(_) if bad => Role::P2,
            Some(_) => Role::Text,
        };
        Cell::of(
            role,
            &of.map_or_else(|| figures::UNKNOWN.to_owned(), figures::percent),
        )
    };
    let mut so = Vec::new();
    if is_partial(one) {
        so.push("figures are of what was seen");
    }
    if is_blind(one) {
        so.push("blind to repeats: 4 says why");
    }
    Row {
        cells: vec![
            Cell::of(Role::Strong, name),
            Cell::text(&figures::count(one.invocations)),
            share(one.coverage, is_partial(one)),
            share(one.id_coverage, is_blind(one)),
            share(one.sampled_share, false),
            Cell::of(Role::Dim, &so.join("; ")),
        ],
        open: Some(Step::Function(name.to_owned())),
        function: Some(name.to_owned()),
        ..Row::default()
    }
}
