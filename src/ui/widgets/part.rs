//! One part of a page: its rule, the titles of its columns, the rows that fit, its foot.

use std::collections::BTreeSet;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};

use crate::model::time::Timestamp;
use crate::ui::figures::count;
use crate::ui::glyphs::{CURSOR, FOLDED, KNOWN, MARK};
use crate::ui::page::{Cell, Key, Part, Row, Strip};
use crate::ui::spots::{Spot, Spots};
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
    /// The column under the cursor.
    pub column: Option<usize>,
    /// The minute of a strip under the cursor.
    pub minute: Option<Timestamp>,
}

/// What a reader noted of rows.
#[derive(Clone, Copy, Debug)]
pub struct Noted<'a> {
    pub marks: &'a BTreeSet<Key>,
    /// Findings that somebody knows about.
    pub acknowledged: &'a BTreeSet<Key>,
}

/// Draws it from the top of `area`; gives the lines it took.
pub fn place(
    part: &Part,
    (view, noted): (View, Noted<'_>),
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
    spots: &mut Spots,
) -> u16 {
    let line = |y: u16| Rect::new(area.x, area.y + y, area.width, 1);
    if area.height == 0 {
        return 0;
    }
    let Some(lines) = view.lines else {
        let title = Text::of(Role::Dim, "► ").then(title(part));
        rule::place(title, part.aside.clone(), line(0), buffer, look);
        return 1;
    };
    rule::place(title(part), part.aside.clone(), line(0), buffer, look);
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
    for (at, _, cells) in layout.places() {
        spots.add_width(part.id, &columns[at].name, cells);
    }
    let end = (y + u16::from(part.table.headed) + lines).min(area.height);
    spots.add(
        Rect::new(area.x, area.y, area.width, end),
        Spot::Part(part.id),
    );
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
        let sorted = part.arranged.sorted;
        layout.titles(columns, sorted, inner(y), buffer, look);
        add_heads(part, &layout, inner(y), spots);
        mark_cell(&layout, view.column, inner(y), buffer);
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
        let mut row = rows.row(shown);
        let unfold = below(part, shown, &mut row, here, &layout, width);
        let height = (1 + unfold.len() as u16).min(end - y);
        let block = Rect::new(area.x, area.y + y, area.width, height);
        if here {
            buffer.set_style(block, look.style(Role::Selection));
        }
        let key = rows.key(shown);
        let (sign, role) = sign(part, key, &row, noted);
        if let Some(sign) = sign {
            buffer.set_string(area.x + 1, area.y + y, sign, look.style(role));
        }
        add_row(part, &layout, &row, key, block, spots);
        let strip = row.strip.clone().filter(|_| here);
        layout.row(columns, row, inner(y), buffer, look);
        for (line, (x, text)) in (y + 1..y + height).zip(unfold) {
            let line = inner(line);
            text.place(buffer, (line.x + x, line.y), line.width - x, look);
        }
        if here {
            lift_dim(block, buffer, look);
            mark_cell(&layout, view.column, inner(block.y - area.y), buffer);
            if let (Some(strip), Some(at)) = (strip, view.minute) {
                mark_minute(&layout, &strip, at, inner(block.y - area.y), buffer);
            }
        }
        for y in block.y..block.bottom() {
            let line = Rect::new(block.x + INDENT, y, width, 1);
            highlight(&part.arranged.words, line, buffer, look);
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

/// What stands in the gutter before a row.
fn sign(
    part: &Part,
    key: Option<Key>,
    row: &Row,
    noted: Noted<'_>,
) -> (Option<&'static str>, Role) {
    let has = |set: &BTreeSet<Key>| key.is_some_and(|key| set.contains(&key));
    if has(noted.marks) {
        (Some(MARK), Role::Focus)
    } else if has(noted.acknowledged) {
        (Some(KNOWN), Role::Dim)
    } else if has(&part.arranged.folds) {
        (Some(FOLDED), Role::Focus)
    } else {
        (row.mark, Role::Dim)
    }
}

/// The lines under the first one of a row, each with where it begins: the rest of a text that is wrapped, what is unfolded.
fn below(
    part: &Part,
    at: usize,
    row: &mut Row,
    here: bool,
    layout: &table::Layout,
    width: u16,
) -> Vec<(u16, Text)> {
    let mut lines = Vec::new();
    if part.arranged.wrap
        && let Some((column, x, cells)) = layout.widest(&part.table.columns)
        && let Some(Cell::Text(text)) = row.cells.get_mut(column)
    {
        let mut wrapped = text.wrap(usize::from(cells)).into_iter();
        *text = wrapped.next().unwrap_or_default();
        lines.extend(wrapped.map(|line| (x, line)));
    }
    if part.arranged.unfold {
        let fields = part.table.rows.unfolded(at).into_iter();
        lines.extend(fields.map(|line| (UNFOLDED, line)));
    }
    if here && (!part.arranged.unfold || lines.is_empty()) {
        lines.extend(row.unfolded(width).into_iter().map(|line| (0, line)));
    }
    lines
}

/// Lines that a row takes at a width.
pub fn height(part: &Part, at: usize, here: bool, width: u16) -> usize {
    if !here && !part.arranged.wrap && !part.arranged.unfold {
        return 1;
    }
    let layout = table::Layout::fit(&part.table.columns, width);
    let mut row = part.table.rows.row(at);
    1 + below(part, at, &mut row, here, &layout, width).len()
}

/// Cells by which unfolded fields stand further right than their row.
const UNFOLDED: u16 = 4;

/// Its title, behind how many of its rows a filter leaves: what the title counts is the whole.
fn title(part: &Part) -> Text {
    let title = part.title.clone();
    let (shown, hidden) = (part.table.rows.len(), part.arranged.hidden);
    if hidden == 0 {
        return title;
    }
    let of = format!(
        "{} of {}",
        count(shown as u64),
        count((shown + hidden) as u64)
    );
    Text::of(Role::Focus, &of).and(Role::Dim, " · ").then(title)
}

/// Notes the titles of columns, and after each the cell by which its width is dragged.
fn add_heads(part: &Part, layout: &table::Layout, line: Rect, spots: &mut Spots) {
    for (at, x, width) in layout.places() {
        let name = &part.table.columns[at].name;
        if name.is_empty() {
            continue;
        }
        let head = Rect::new(line.x + x, line.y, width, 1);
        let column = name.clone();
        let part = part.id;
        spots.add(head, Spot::Head { part, column });
        if head.right() < line.right() {
            let edge = Rect::new(head.right(), line.y, 1, 1);
            let column = name.clone();
            spots.add(
                edge,
                Spot::Edge {
                    part,
                    column,
                    width,
                },
            );
        }
    }
}

/// Notes a row that can be selected, its bars and its minutes.
fn add_row(
    part: &Part,
    layout: &table::Layout,
    row: &Row,
    key: Option<Key>,
    block: Rect,
    spots: &mut Spots,
) {
    let Some(key) = key else { return };
    let part = part.id;
    spots.add(block, Spot::Row { part, key });
    for (at, x, width) in layout.places() {
        let cell = Rect::new(block.x + INDENT + x, block.y, width, 1);
        if let Some(strip) = row.strip.as_ref().filter(|strip| strip.column == at) {
            let (first, cells) = strip.shown(width);
            for (x, minute) in (cell.x..cell.x + cells).zip(first..) {
                let at = strip.minutes.start(minute);
                spots.add(Rect::new(x, cell.y, 1, 1), Spot::Minute { part, key, at });
            }
        } else if row.open.is_some() && matches!(row.cells.get(at), Some(Cell::Bar(..))) {
            spots.add(cell, Spot::Bar { part, key });
        }
    }
}

/// Reverses the cell of the minute under the cursor.
fn mark_minute(
    layout: &table::Layout,
    strip: &Strip,
    at: Timestamp,
    line: Rect,
    buffer: &mut Buffer,
) {
    let Some((x, width)) = layout.place_of(strip.column) else {
        return;
    };
    let (first, cells) = strip.shown(width);
    let shown = strip.minutes.index(at).and_then(|at| at.checked_sub(first));
    if let Some(cell) = shown.filter(|cell| *cell < usize::from(cells)) {
        let cell = Rect::new(line.x + x + cell as u16, line.y, 1, 1);
        buffer.set_style(cell, Style::new().add_modifier(Modifier::REVERSED));
    }
}

/// Underlines the cell of the column cursor.
fn mark_cell(layout: &table::Layout, column: Option<usize>, line: Rect, buffer: &mut Buffer) {
    let place = column.and_then(|column| layout.place_of(column));
    if let Some((x, width)) = place {
        let cell = Rect::new(line.x + x, line.y, width, 1);
        buffer.set_style(cell, Style::new().add_modifier(Modifier::UNDERLINED));
    }
}

/// Marks the words that a filter or a search looks for, where they are drawn.
fn highlight(words: &[String], line: Rect, buffer: &mut Buffer, look: &Look) {
    if words.is_empty() {
        return;
    }
    let mut text = String::new();
    // Which cell each byte of the text stands in.
    let mut cell_of = Vec::new();
    for x in line.x..line.right() {
        let symbol = buffer[(x, line.y)].symbol().to_lowercase();
        cell_of.resize(cell_of.len() + symbol.len(), x);
        text.push_str(&symbol);
    }
    for word in words.iter().filter(|word| !word.is_empty()) {
        for (at, _) in text.match_indices(word.as_str()) {
            for x in &cell_of[at..at + word.len()] {
                buffer[(*x, line.y)].set_style(look.style(Role::Match));
            }
        }
    }
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
