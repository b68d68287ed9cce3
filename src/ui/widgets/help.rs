//! The help: every action that has a key here, by heading, from the key table.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use strum::IntoEnumIterator as _;

use crate::ui::action::{Action, Group};
use crate::ui::keys::{Context, KeyTable};
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

/// Cells of one column: keys, a blank, words.
const KEYS: usize = 16;
const COLUMN: u16 = 46;

/// Glyphs that figures and rows use.
const LEGEND: [&str; 2] = [
    "▒ cold  ╳ refused  ═ ran again  ↕ overtaken  ! failed",
    "▲P1 page  △P2 raised  ○P3 list  ~ about  ≥ at least  ? unknown  – none",
];

/// Draws it over `area`, in as many columns as fit.
pub fn place(
    keys: &KeyTable,
    context: Context,
    title: &str,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
) {
    let mut lines: Vec<Text> = Vec::new();
    for group in Group::iter() {
        if !lines.is_empty() {
            lines.push(Text::default());
        }
        lines.push(Text::of(Role::Strong, &group.to_string()));
        let actions = Action::iter().filter(|action| action.group() == group);
        lines.extend(actions.filter_map(|action| line(keys, context, action)));
    }
    let columns = (area.width.saturating_sub(4) / COLUMN).clamp(1, 2);
    let room = usize::from(area.height.saturating_sub(5 + LEGEND.len() as u16)).max(1);
    let per_column = lines.len().div_ceil(usize::from(columns)).min(room);
    let frame = Rect {
        x: area.x + area.width.saturating_sub(columns * COLUMN + 4) / 2,
        y: area.y,
        width: (columns * COLUMN + 4).min(area.width),
        height: (per_column as u16 + 5 + LEGEND.len() as u16).min(area.height),
    };
    boxed(frame, &format!("Keys of {title}"), buffer, look);
    let inner = |column: u16, y: u16| (frame.x + 2 + column * COLUMN, frame.y + 1 + y);
    for (at, text) in lines
        .into_iter()
        .enumerate()
        .take(per_column * usize::from(columns))
    {
        let (column, y) = ((at / per_column) as u16, (at % per_column) as u16);
        text.place(buffer, inner(column, y), COLUMN - 1, look);
    }
    let below = frame.bottom().saturating_sub(2 + LEGEND.len() as u16);
    for (y, text) in (below..).zip(LEGEND) {
        Text::of(Role::Dim, text).place(buffer, (frame.x + 2, y), frame.width - 4, look);
    }
    let close = keys.keys(Context::Popup, Action::Back).join(" ");
    let text = Text::of(Role::Strong, &close).and(Role::Dim, " closes");
    text.place(
        buffer,
        (frame.x + 2, frame.bottom() - 2),
        frame.width - 4,
        look,
    );
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

/// An empty box with a title in its upper edge.
fn boxed(area: Rect, title: &str, buffer: &mut Buffer, look: &Look) {
    let inside = usize::from(area.width.saturating_sub(2));
    let style = look.style(Role::Dim);
    for y in area.y..area.bottom() {
        let line = match y {
            y if y == area.y => format!("┌{}┐", "─".repeat(inside)),
            y if y + 1 == area.bottom() => format!("└{}┘", "─".repeat(inside)),
            _ => format!("│{}│", " ".repeat(inside)),
        };
        for x in area.x..area.right() {
            buffer[(x, y)].reset();
        }
        buffer.set_stringn(area.x, y, line, usize::from(area.width), style);
    }
    let title = Text::of(Role::Focus, &format!(" {title} "));
    title.place(
        buffer,
        (area.x + 2, area.y),
        area.width.saturating_sub(4),
        look,
    );
}
