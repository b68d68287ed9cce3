//! One frame: header, tabs, breadcrumb, the page, message row, footer, and what floats above them.

use std::collections::BTreeSet;
use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::model::time::Timestamp;
use crate::store::scene::Scene;

use super::float::Float;
use super::glyphs;
use super::keys::{Context, KeyTable};
use super::layout;
use super::page::Key;
use super::place::Place;
use super::prompt::Prompt;
use super::screen::Asks;
use super::spots::Spots;
use super::text::Text;
use super::theme::{Look, Role};
use super::widgets::part::View;
use super::widgets::{crumb, footer, header, palette, part, prompt, tabs};

mod floats;
mod said;

/// Below this the frame is one line, below the other it is header, first part and footer.
const LEAST: (u16, u16) = (20, 5);
const WHOLE: (u16, u16) = (60, 16);
/// From this width on, what is about one row stands beside the list.
const SPLIT: u16 = 200;
const LIST: u16 = 120;
/// Cells of a part that stands beside others.
const BESIDE: u16 = 92;

/// What a frame shows beside its page.
pub struct Parts<'a> {
    pub look: Look,
    pub scene: Arc<Scene>,
    /// Log events since the picture was held.
    pub unseen: Option<u64>,
    /// From and until, where the present is not looked at.
    pub away: Option<(Timestamp, Timestamp)>,
    pub pane: usize,
    pub crumbs: Vec<String>,
    pub message: Option<Text>,
    /// Whether somebody sees it for the first time.
    pub hint: bool,
    /// Rows that are marked, and rows of findings that somebody acknowledged.
    pub marks: BTreeSet<Key>,
    pub acknowledged: BTreeSet<Key>,
    /// One line a mark, while they are listed.
    pub mark_lines: Vec<Text>,
    /// The topmost last.
    pub floats: &'a mut [Float],
    pub prompt: Option<&'a Prompt<Asks>>,
    pub context: Context,
    pub keys: &'a KeyTable,
}

/// Draws a frame; gives what it placed where.
pub fn place(parts: &mut Parts<'_>, place: &mut Place, area: Rect, buffer: &mut Buffer) -> Spots {
    let mut spots = Spots::default();
    place.set_roomy(area.width >= SPLIT);
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let words = format!(
            "nepho needs {}×{}, this is {}×{}",
            LEAST.0, LEAST.1, area.width, area.height
        );
        Text::from(words).place(buffer, (area.x, area.y), area.width, &parts.look);
    } else if area.width < WHOLE.0 || area.height < WHOLE.1 {
        small(parts, place, area, buffer, &mut spots);
    } else {
        whole(parts, place, area, buffer, &mut spots);
    }
    if parts.look.ascii {
        glyphs::to_ascii(buffer);
    }
    spots
}

fn row(area: Rect, y: u16) -> Rect {
    Rect::new(area.x, area.y + y, area.width, 1)
}

fn small(parts: &Parts<'_>, place: &mut Place, area: Rect, buffer: &mut Buffer, spots: &mut Spots) {
    let state = (parts.unseen, parts.away);
    header::place(&parts.scene, state, row(area, 0), buffer, &parts.look);
    let body = Rect::new(area.x, area.y + 1, area.width, area.height - 2);
    let first = 0..place.parts().count().min(1);
    page(parts, place, first, body, buffer, spots);
    let said = said::said(parts, place).into_iter().collect();
    bottom(parts, said, place, area, buffer);
}

fn whole(
    parts: &mut Parts<'_>,
    place: &mut Place,
    area: Rect,
    buffer: &mut Buffer,
    spots: &mut Spots,
) {
    let state = (parts.unseen, parts.away);
    header::place(&parts.scene, state, row(area, 0), buffer, &parts.look);
    let tabs_row = row(area, 1);
    tabs::place(
        &parts.scene,
        parts.pane,
        tabs_row,
        buffer,
        &parts.look,
        spots,
    );
    let notes = said::notes(place);
    let crumbs = row(area, 2);
    crumb::place(&parts.crumbs, &notes, crumbs, buffer, &parts.look, spots);
    let lines = below(parts, place);
    let taken = 4 + lines.len() as u16;
    let body = Rect::new(area.x, area.y + 3, area.width, area.height - taken);
    let listed = place.page().map_or(0, |page| page.parts.len());
    let all = place.parts().count();
    if let Some(beside) = beside(place).filter(|_| area.width >= SPLIT) {
        banded(parts, place, beside, body, buffer, spots);
    } else if area.width >= SPLIT && all > listed {
        let left = Rect {
            width: LIST,
            ..body
        };
        let right = Rect {
            x: body.x + LIST + 1,
            width: body.width - LIST - 1,
            ..body
        };
        for y in body.y..body.bottom() {
            buffer.set_string(left.right(), y, "│", parts.look.style(Role::Dim));
        }
        page(parts, place, 0..listed, left, buffer, spots);
        page(parts, place, listed..all, right, buffer, spots);
    } else {
        page(parts, place, 0..all, body, buffer, spots);
    }
    bottom(parts, lines, place, area, buffer);
    if let Some(Asks::Command {
        title,
        foot,
        choices,
        found,
        chosen,
    }) = parts.prompt.map(|prompt| &prompt.asks)
    {
        let offer = palette::Offer {
            title,
            choices,
            found,
            chosen: *chosen,
            foot,
        };
        palette::place(&offer, body, buffer, &parts.look, spots);
    }
    floats::place(parts, place, body, buffer, spots);
}

/// The part that stands right of those before it, where all parts are shown.
fn beside(place: &Place) -> Option<usize> {
    if place.only_part().is_some() {
        return None;
    }
    let found = place.parts().position(|part| part.beside);
    found.filter(|at| *at > 0)
}

/// Two columns above, the rest below them over the whole width.
fn banded(
    parts: &Parts<'_>,
    place: &mut Place,
    beside: usize,
    body: Rect,
    buffer: &mut Buffer,
    spots: &mut Spots,
) {
    let all = place.parts().count();
    let left = Rect {
        width: body.width - BESIDE - 1,
        ..body
    };
    let right = Rect {
        x: left.right() + 1,
        width: BESIDE,
        ..body
    };
    let bands = [
        place
            .wish(0..beside, left.width)
            .beside(place.wish(beside..beside + 1, right.width)),
        place.wish(beside + 1..all, body.width),
    ];
    let first = usize::from(place.cursor().0 > beside);
    let heights = layout::share(&bands, first, body.height);
    let upper = heights[0].map_or(1, |rows| rows + 1);
    let (left, right) = (
        Rect {
            height: upper,
            ..left
        },
        Rect {
            height: upper,
            ..right
        },
    );
    let below = Rect {
        y: body.y + upper,
        height: body.height - upper,
        ..body
    };
    for y in left.y..left.bottom() {
        buffer.set_string(left.right(), y, "│", parts.look.style(Role::Dim));
    }
    page(parts, place, 0..beside, left, buffer, spots);
    page(parts, place, beside..beside + 1, right, buffer, spots);
    page(parts, place, beside + 1..all, below, buffer, spots);
}

/// The lines over the footer.
fn below(parts: &Parts<'_>, place: &Place) -> Vec<Text> {
    let mut lines: Vec<Text> = said::said(parts, place).into_iter().collect();
    if parts.hint {
        lines.extend(said::hint(parts));
    }
    lines
}

fn bottom(parts: &Parts<'_>, lines: Vec<Text>, place: &Place, area: Rect, buffer: &mut Buffer) {
    let look = &parts.look;
    let first = area.height.saturating_sub(1 + lines.len() as u16);
    for (y, text) in (first..).zip(lines) {
        let line = row(area, y);
        buffer.set_style(line, ratatui::style::Style::reset());
        for x in line.x..line.right() {
            buffer[(x, line.y)].set_symbol(" ");
        }
        Text::new(" ")
            .then(text)
            .place(buffer, (line.x, line.y), line.width, look);
    }
    let last = row(area, area.height - 1);
    match parts.prompt {
        Some(typed) => prompt::place(typed, parts.keys, last, buffer, look),
        None => footer::place(parts.keys, place, last, buffer, look),
    }
}

/// Draws some of a place's parts, one under the other.
fn page(
    parts: &Parts<'_>,
    place: &mut Place,
    range: std::ops::Range<usize>,
    area: Rect,
    buffer: &mut Buffer,
    spots: &mut Spots,
) {
    if place.page().is_none() {
        let words = Text::of(Role::Dim, "reading …");
        words.place(
            buffer,
            (area.x + 2, area.y + 1),
            area.width.saturating_sub(2),
            &parts.look,
        );
        return;
    }
    let range = match place.only_part() {
        Some(only) if range.contains(&only) => only..only + 1,
        _ => range,
    };
    let lines = place.lay_out(range.clone(), (area.width, area.height));
    let column = place.column().map(str::to_owned);
    let minute = place.minute();
    let (at, row) = place.cursor();
    let listed = place.page().map_or(0, |page| page.parts.len());
    let has_detail = place.parts().count() > listed;
    let mut y = area.y;
    let shown = place.parts().enumerate().skip(range.start);
    for ((index, shown), lines) in shown.zip(lines) {
        let left = Rect::new(area.x, y, area.width, area.bottom().saturating_sub(y));
        let view = View {
            top: place
                .top(shown.id)
                .min(shown.table.rows.len().saturating_sub(1)),
            lines,
            cursor: (index == at && shown.table.rows.selectable()).then_some(row),
            chosen: (index == 0 && at != 0 && has_detail).then(|| place.chosen()),
            column: (index == at)
                .then_some(column.as_deref())
                .flatten()
                .and_then(|name| {
                    let columns = shown.table.columns.iter();
                    columns.into_iter().position(|column| &*column.name == name)
                }),
            minute: (index == at).then_some(minute).flatten(),
        };
        let noted = part::Noted {
            marks: &parts.marks,
            acknowledged: &parts.acknowledged,
        };
        y += part::place(shown, (view, noted), left, buffer, &parts.look, spots);
    }
}
