//! One part of a page: its rule, the titles of its columns, the rows that fit, its foot.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::figures::count;
use crate::ui::glyphs::CURSOR;
use crate::ui::page::Part;
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

use super::{rule, table};

/// Where rows start: after the gutter.
pub const INDENT: u16 = 2;

/// What one part shows of itself.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// The first row shown.
    pub top: usize,
    /// Lines for rows, a `more below` among them; `None`: folded to its rule.
    pub lines: Option<u16>,
    /// The row under the cursor, if the cursor is here.
    pub cursor: Option<usize>,
    /// The row that the parts below are about, if the cursor left this part.
    pub chosen: Option<usize>,
}

/// Draws it from the top of `area`; gives the lines it took.
pub fn place(part: &Part, view: View, area: Rect, buffer: &mut Buffer, look: &Look) -> u16 {
    let line = |y: u16| Rect::new(area.x, area.y + y, area.width, 1);
    if area.height == 0 {
        return 0;
    }
    let Some(lines) = view.lines else {
        let title = Text::of(Role::Dim, "► ").then(part.title.clone());
        rule::place(title, part.aside.clone(), line(0), buffer, look);
        return 1;
    };
    rule::place(
        part.title.clone(),
        part.aside.clone(),
        line(0),
        buffer,
        look,
    );
    let mut y = 1;
    let inner = |y: u16| {
        let line = line(y);
        Rect::new(
            line.x + INDENT,
            line.y,
            line.width.saturating_sub(INDENT),
            1,
        )
    };
    let width = area.width.saturating_sub(INDENT);
    let columns = &part.table.columns;
    let layout = table::Layout::fit(columns, width);
    let end = (y + u16::from(part.table.headed) + lines).min(area.height);
    for text in part
        .prose
        .iter()
        .flat_map(|text| text.wrap(usize::from(width)))
    {
        if y < end {
            text.place(buffer, (inner(y).x, inner(y).y), width, look);
            y += 1;
        }
    }
    if part.table.headed && y < area.height {
        layout.titles(columns, inner(y), buffer, look);
        y += 1;
    }
    let rows = &part.table.rows;
    let mut shown = view.top;
    while shown < rows.len() && y < end {
        let cut = rows.len() - shown > usize::from(end - y);
        if cut && y + 1 == end && shown > view.top {
            break;
        }
        let here = view.cursor == Some(shown);
        let row = rows.row(shown);
        let unfold = if here {
            row.unfolded(width)
        } else {
            Vec::new()
        };
        let height = (1 + unfold.len() as u16).min(end - y);
        let block = Rect::new(area.x, area.y + y, area.width, height);
        if here {
            buffer.set_style(block, look.style(Role::Selection));
        }
        if let Some(mark) = row.mark {
            buffer.set_string(area.x + 1, area.y + y, mark, look.style(Role::Dim));
        }
        layout.row(columns, row, inner(y), buffer, look);
        for (below, text) in (y + 1..y + height).zip(unfold) {
            text.place(
                buffer,
                (inner(below).x, inner(below).y),
                inner(below).width,
                look,
            );
        }
        if here {
            lift_dim(block, buffer, look);
        }
        if here || view.chosen == Some(shown) {
            let role = if here { Role::Focus } else { Role::Dim };
            for y in block.y..block.bottom() {
                buffer.set_string(block.x, y, CURSOR, look.style(role));
            }
        }
        y += height;
        shown += 1;
    }
    if shown < rows.len() && y < end {
        let more = format!("{} more below", count((rows.len() - shown) as u64));
        Text::of(Role::Dim, &more).place(buffer, (inner(y).x, inner(y).y), inner(y).width, look);
    }
    y = end;
    for text in &part.foot {
        if y < area.height {
            text.clone()
                .place(buffer, (inner(y).x, inner(y).y), inner(y).width, look);
            y += 1;
        }
    }
    y
}

/// On the tint of the selection dim text would be too faint: it becomes body text there.
fn lift_dim(area: Rect, buffer: &mut Buffer, look: &Look) {
    let (Some(dim), Some(text)) = (look.style(Role::Dim).fg, look.style(Role::Text).fg) else {
        return;
    };
    for position in area.positions() {
        if buffer[position].fg == dim {
            buffer[position].fg = text;
        }
    }
}
