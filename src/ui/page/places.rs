//! Where several places are watched: the place of a row's name in a column of its own.

use std::collections::BTreeSet;

use super::{Cell, Column, Part, Row, Width};
use crate::model::placed;
use crate::store::scene::Scene;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// Columns that name what lies in a place.
const NAMES: [&str; 8] = [
    "function", "consumer", "who", "resource", "entry", "caller", "source", "call",
];

/// Cells that a place takes at most: `ap-northeast-1/prod`.
const WIDEST: usize = 20;

/// The places that are watched, where they are several.
pub fn watched(scene: &Scene) -> BTreeSet<&str> {
    let facts = &scene.analysis.facts;
    let groups = facts.streams.iter().map(|stream| facts.text(stream.group));
    let sources = scene.board.sources.keys().map(|name| &**name);
    // Every place looks for its functions.
    let finders = sources.filter(|name| placed::name(name) == "functions");
    groups.chain(finders).filter_map(placed::place).collect()
}

/// Puts the place behind the first column that names things which lie in one.
pub fn apart(part: &mut Part, places: &BTreeSet<&str>) {
    let columns = &mut part.table.columns;
    let named = |column: &Column| NAMES.contains(&&*column.name);
    let Some(at) = columns.iter().position(named) else {
        return;
    };
    let wide = places.iter().map(|place| place.len()).max().unwrap_or(0);
    let wide = wide.clamp("place".len(), WIDEST) as u16;
    let mut column = Column {
        width: Width::Between(wide, wide),
        ..Column::name("place", 0, 0)
    };
    if columns[at].title.is_empty() {
        column.title = Text::default();
    }
    columns.insert(at + 1, column);
    part.table.rows.change(move |mut row: Row| {
        if let Some(Cell::Text(name)) = row.cells.get_mut(at) {
            let place = name.take_place();
            row.cells.insert(at + 1, Cell::of(Role::Dim, &place));
            let behind = row.cells_open.iter_mut().filter(|(cell, _)| *cell > at);
            behind.for_each(|(cell, _)| *cell += 1);
        }
        row
    });
}
