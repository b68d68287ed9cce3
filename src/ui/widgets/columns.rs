//! The columns of a list, to take away and bring back.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::action::Action;
use crate::ui::keys::{Context, KeyTable};
use crate::ui::page::Part;
use crate::ui::spots::Spots;
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

use super::popup::Popup;

/// Cells of a line.
const WIDTH: u16 = 40;

/// The columns of a part, one of them chosen.
pub struct Columns<'a> {
    pub part: &'a Part,
    pub chosen: usize,
    pub keys: &'a KeyTable,
}

/// Draws the choice over `area`; gives the number of the last column.
pub fn place(
    columns: &Columns<'_>,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
    spots: &mut Spots,
) -> usize {
    let Columns { part, chosen, keys } = *columns;
    let named = part
        .table
        .columns
        .iter()
        .filter(|column| !column.name.is_empty());
    let lines: Vec<Text> = named
        .map(|column| {
            let (mark, role) = if column.hidden {
                ("    ", Role::Dim)
            } else {
                ("  x ", Role::Text)
            };
            Text::of(Role::Focus, mark).and(role, &column.name)
        })
        .collect();
    let last = lines.len().saturating_sub(1);
    let hint = |action: Action, words: &str| {
        let keys = keys.keys(Context::Popup, action);
        let key = keys.into_iter().next().unwrap_or_default();
        Text::of(Role::Strong, &key).and(Role::Dim, words)
    };
    let foot = hint(Action::Open, " shows or hides  ").then(hint(Action::Back, " closes"));
    let popup = Popup {
        title: "Columns",
        lines,
        chosen: Some(chosen.min(last)),
        before: 0,
        top: 0,
        foot: vec![foot],
        width: WIDTH,
    };
    popup.place(area, buffer, look, spots);
    last
}
