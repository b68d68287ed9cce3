//! One frame: header, tabs, breadcrumb, the page, message row, footer, and what floats above them.

use std::sync::Arc;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::store::scene::Scene;

use super::glyphs;
use super::keys::KeyTable;
use super::place::Place;
use super::text::Text;
use super::theme::{Look, Role};
use super::widgets::part::View;
use super::widgets::{crumb, footer, header, help, part, tabs};

/// Below this the frame is one line, below the other it is header, first part and footer.
const LEAST: (u16, u16) = (20, 5);
const WHOLE: (u16, u16) = (60, 16);
/// From this width on, what is about one row stands beside the list.
const SPLIT: u16 = 200;
const LIST: u16 = 120;

/// What a frame shows beside its page.
pub struct Parts<'a> {
    pub look: Look,
    pub scene: Arc<Scene>,
    /// Log events since the picture was held.
    pub unseen: Option<u64>,
    pub pane: usize,
    pub crumbs: Vec<String>,
    pub message: Option<Text>,
    pub help: bool,
    pub keys: &'a KeyTable,
}

/// Draws a frame.
pub fn place(parts: &Parts<'_>, place: &mut Place, area: Rect, buffer: &mut Buffer) {
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let words = format!(
            "nepho needs {}×{}, this is {}×{}",
            LEAST.0, LEAST.1, area.width, area.height
        );
        Text::from(words).place(buffer, (area.x, area.y), area.width, &parts.look);
    } else if area.width < WHOLE.0 || area.height < WHOLE.1 {
        small(parts, place, area, buffer);
    } else {
        whole(parts, place, area, buffer);
    }
    if parts.look.ascii {
        glyphs::to_ascii(buffer);
    }
}

fn row(area: Rect, y: u16) -> Rect {
    Rect::new(area.x, area.y + y, area.width, 1)
}

fn small(parts: &Parts<'_>, place: &mut Place, area: Rect, buffer: &mut Buffer) {
    header::place(
        &parts.scene,
        parts.unseen,
        row(area, 0),
        buffer,
        &parts.look,
    );
    let body = Rect::new(area.x, area.y + 1, area.width, area.height - 2);
    let first = 0..place.parts().count().min(1);
    page(parts, place, first, body, buffer);
    bottom(parts, place, area, buffer);
}

fn whole(parts: &Parts<'_>, place: &mut Place, area: Rect, buffer: &mut Buffer) {
    header::place(
        &parts.scene,
        parts.unseen,
        row(area, 0),
        buffer,
        &parts.look,
    );
    tabs::place(&parts.scene, parts.pane, row(area, 1), buffer, &parts.look);
    let note = place
        .page()
        .map(|page| page.note.clone())
        .unwrap_or_default();
    crumb::place(&parts.crumbs, note, row(area, 2), buffer, &parts.look);
    let message = u16::from(parts.message.is_some());
    let body = Rect::new(area.x, area.y + 3, area.width, area.height - 4 - message);
    let listed = place.page().map_or(0, |page| page.parts.len());
    let all = place.parts().count();
    if area.width >= SPLIT && all > listed {
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
        page(parts, place, 0..listed, left, buffer);
        page(parts, place, listed..all, right, buffer);
    } else {
        page(parts, place, 0..all, body, buffer);
    }
    bottom(parts, place, area, buffer);
    if parts.help {
        help::place(
            parts.keys,
            place.step.context(),
            &place.step.crumb(),
            body,
            buffer,
            &parts.look,
        );
    }
}

fn bottom(parts: &Parts<'_>, place: &Place, area: Rect, buffer: &mut Buffer) {
    let look = &parts.look;
    if let Some(message) = &parts.message {
        let line = row(area, area.height - 2);
        let text = Text::new(" ").then(message.clone());
        text.place(buffer, (line.x, line.y), line.width, look);
    }
    footer::place(
        parts.keys,
        &place.step,
        row(area, area.height - 1),
        buffer,
        look,
    );
}

/// Draws some of a place's parts, one under the other.
fn page(
    parts: &Parts<'_>,
    place: &mut Place,
    range: std::ops::Range<usize>,
    area: Rect,
    buffer: &mut Buffer,
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
    let lines = place.lay_out(range.clone(), (area.width, area.height));
    let (at, row) = place.cursor();
    let has_detail = place.page().is_some_and(|page| page.detail.is_some());
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
        };
        y += part::place(shown, view, left, buffer, &parts.look);
    }
}
