//! The help: every action that has a key here, by heading, from the key table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use strum::IntoEnumIterator as _;

use crate::ui::action::{Action, Group};
use crate::ui::keys::{Context, KeyTable};
use crate::ui::spots::Spots;
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

use super::popup::Popup;

/// Cells of one column: keys, a blank, words.
const KEYS: usize = 16;
const COLUMN: u16 = 48;

/// Glyphs that figures and rows use.
const LEGEND: [&str; 2] = [
    "▒ cold  ╳ refused  ═ ran again  ↕ overtaken  ! failed",
    "▲P1 page  △P2 raised  ○P3 list  ~ about  ≥ at least  ? unknown  – none",
];

/// The keys of one context.
pub struct Help<'a> {
    pub keys: &'a KeyTable,
    pub context: Context,
    /// What the keys work on.
    pub title: &'a str,
    /// The first line that is shown.
    pub top: usize,
}

/// Draws it over `area`, in as many columns as fit; gives the furthest that it can be scrolled.
pub fn place(
    help: &Help<'_>,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
    spots: &mut Spots,
) -> usize {
    let Help {
        keys,
        context,
        title,
        top,
    } = *help;
    let columns = usize::from((area.width.saturating_sub(4) / COLUMN).clamp(1, 3));
    let lines = lines(keys, context);
    let per_column = lines.len().div_ceil(columns);
    let beside = (0..per_column)
        .map(|y| {
            let cells = (0..columns)
                .filter_map(|column| Some((column, lines.get(column * per_column + y)?)));
            cells.fold(Text::default(), |row, (column, cell)| {
                // The lines between groups are empty: how far a row goes does not say how many columns it has.
                let blank = column * usize::from(COLUMN) - row.width();
                row.and(Role::Text, &" ".repeat(blank))
                    .then(cell.clone().cut(usize::from(COLUMN) - 1))
            })
        })
        .collect();
    let close = keys.keys(Context::Popup, Action::Back).join(" ");
    let mut foot: Vec<Text> = LEGEND
        .iter()
        .map(|line| Text::of(Role::Dim, line))
        .collect();
    foot.push(Text::of(Role::Strong, &close).and(Role::Dim, " closes"));
    let popup = Popup {
        title: &format!("Keys of {title}"),
        lines: beside,
        chosen: None,
        before: 0,
        top,
        foot,
        width: columns as u16 * COLUMN,
    };
    popup.place(area, buffer, look, spots)
}

/// Actions with a key here under the headings of their groups.
fn lines(keys: &KeyTable, context: Context) -> Vec<Text> {
    let mut lines: Vec<Text> = Vec::new();
    for group in Group::iter() {
        let context = if group == Group::Prompt {
            Context::Prompt
        } else {
            context
        };
        if !lines.is_empty() {
            lines.push(Text::default());
        }
        lines.push(Text::of(Role::Strong, &group.to_string()));
        let actions = Action::iter().filter(|action| action.group() == group);
        lines.extend(actions.filter_map(|action| line(keys, context, action)));
    }
    lines
}

/// `j ↓        next row`; `None` for an action without a key here.
fn line(keys: &KeyTable, context: Context, action: Action) -> Option<Text> {
    let keys = keys.keys(context, action);
    if keys.is_empty() {
        return None;
    }
    let keys = keys.join(" ");
    let pad = " ".repeat(KEYS.saturating_sub(keys.chars().count()).max(1));
    Some(
        Text::of(Role::Strong, &keys)
            .and(Role::Text, &pad)
            .and(Role::Text, action.words()),
    )
}
