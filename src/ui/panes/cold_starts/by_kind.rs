//! Starts of one function by their kind: those made on demand and those made ahead must not share one percentile.

use std::collections::BTreeMap;

use crate::detect::statistics::percentiles;
use crate::model::analysis::Analysis;
use crate::model::rows::{Init, InitKind, Percentiles};
use crate::ui::figures;
use crate::ui::page::{Cell, Column, Part, Row, Rows, Table};
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// The part, the kinds in the order in which the report lists them.
pub(super) fn part(analysis: &Analysis, inits: &[u32]) -> Part {
    let mut kinds: BTreeMap<InitKind, Vec<&Init>> = BTreeMap::new();
    for init in inits.iter().map(|at| &analysis.inits[*at as usize]) {
        kinds.entry(init.kind).or_default().push(init);
    }
    let rows: Vec<Row> = kinds
        .iter()
        .map(|(kind, inits)| row(*kind, inits))
        .collect();
    let columns = vec![
        Column::word("kind", 18),
        Column::figure("starts", 8),
        Column::figure("waited for", 10),
        Column::figure("init p50", 9),
        Column::figure("init p99", 9),
        Column::figure("longest", 9).drop(1),
        Column::figure("not known", 9).drop(2),
    ];
    let nobody = inits
        .iter()
        .filter(|at| analysis.inits[**at as usize].cause.is_none())
        .count();
    let aside = format!("{nobody} made nobody wait");
    let lines = rows.len() as u16;
    Part::new(
        "kinds",
        "By kind of start",
        Table::new(columns, Rows::fixed(rows)),
    )
    .aside(Text::of(Role::Dim, &aside))
    .between(lines.min(3), lines.min(4))
}

fn row(kind: InitKind, inits: &[&Init]) -> Row {
    let mut took: Vec<f64> = inits
        .iter()
        .filter_map(|init| init.init_ms)
        .map(f64::from)
        .collect();
    let unknown = (inits.len() - took.len()) as u64;
    let felt = inits.iter().filter(|init| init.cause.is_some()).count() as u64;
    let took = percentiles(&mut took);
    let figure = |of: fn(&Percentiles) -> f64| match &took {
        Some(took) => Cell::text(&figures::duration(of(took))),
        None => Cell::of(Role::Unknown, figures::UNKNOWN),
    };
    Row {
        cells: vec![
            Cell::text(&kind.to_string()),
            Cell::text(&figures::count(inits.len() as u64)),
            Cell::count(Some(felt), Role::Cold),
            figure(|took| took.p50),
            figure(|took| took.p99),
            figure(|took| took.max),
            Cell::count(Some(unknown), Role::Unknown),
        ],
        ..Row::default()
    }
}
