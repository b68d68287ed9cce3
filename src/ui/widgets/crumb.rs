//! Row 3: how one came here on the left, what hides rows on the right.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use crate::ui::spots::{Spot, Spots};
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

/// Draws it; the crumbs are cut from the left, since the end says where one is.
pub fn place(
    crumbs: &[String],
    note: Text,
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
    spots: &mut Spots,
) {
    let width = usize::from(area.width);
    let note_width = note.width();
    let room = width.saturating_sub(note_width + 4);
    let mut from = 0;
    let taken = |from: usize| -> usize {
        let ellipsis = if from > 0 { 4 } else { 0 };
        crumbs[from..]
            .iter()
            .map(|crumb| crumb.width() + 3)
            .sum::<usize>()
            + ellipsis
    };
    while from + 1 < crumbs.len() && taken(from) > room + 3 {
        from += 1;
    }
    let mut text = Text::new(" ");
    if from > 0 {
        text = text.and(Role::Dim, "… › ");
    }
    for (at, crumb) in crumbs.iter().enumerate().skip(from) {
        let last = at + 1 == crumbs.len();
        let x = area.x + text.width() as u16;
        let cells = crumb.width() as u16;
        spots.add(Rect::new(x, area.y, cells, 1), Spot::Crumb(at));
        text = text.and(
            if last && at > 0 {
                Role::Focus
            } else {
                Role::Text
            },
            crumb,
        );
        if !last {
            text = text.and(Role::Dim, " › ");
        }
    }
    text.place(buffer, (area.x, area.y), area.width, look);
    if note_width > 0 && note_width + 2 < width {
        let x = area.right() - 1 - note_width as u16;
        note.place(buffer, (x, area.y), note_width as u16, look);
    }
}
