//! Row 3: how one came here on the left, what hides rows on the right.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use crate::ui::spots::{Spot, Spots};
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

/// What stands on the right, in full and for where there is no room.
pub struct Note {
    pub words: Text,
    pub short: Text,
}

impl Note {
    /// One that cannot be shortened.
    pub fn whole(words: Text) -> Self {
        Self {
            short: words.clone(),
            words,
        }
    }
}

/// Cells that the crumbs keep.
const CRUMBS: usize = 12;

/// Notes in at most `room` cells: the first are shortened first, then they go. The last is cut.
fn fit(notes: &[Note], room: usize) -> Text {
    let joined = |shortened: usize, from: usize| {
        let words = notes.iter().enumerate().skip(from).map(|(at, note)| {
            if at < shortened {
                &note.short
            } else {
                &note.words
            }
        });
        let shown = words.filter(|words| !words.is_empty()).cloned();
        let joined = shown.reduce(|all, next| all.and(Role::Dim, " · ").then(next));
        joined.unwrap_or_default()
    };
    let all = notes.len();
    let shortened = (0..=all).map(|shortened| joined(shortened, 0));
    let fewer = (1..all).map(|from| joined(all, from));
    let mut least = Text::default();
    for words in shortened.chain(fewer) {
        if words.width() <= room {
            return words;
        }
        least = words;
    }
    least.cut(room)
}

/// Draws it; the crumbs are cut from the left, since the end says where one is.
pub fn place(
    crumbs: &[String],
    notes: &[Note],
    area: Rect,
    buffer: &mut Buffer,
    look: &Look,
    spots: &mut Spots,
) {
    let width = usize::from(area.width);
    let note = fit(notes, width.saturating_sub(CRUMBS));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_shortened_before_one_goes_and_what_hides_rows_goes_last() {
        let note = |words: &str, short: &str| Note {
            words: Text::new(words),
            short: Text::new(short),
        };
        let notes = [
            Note::whole(Text::new("12 lines not held")),
            note("A looks in all", ""),
            note("filter a hides 3 of 4", "filter a"),
        ];
        for (room, shown) in [
            (
                80,
                "12 lines not held · A looks in all · filter a hides 3 of 4",
            ),
            (57, "12 lines not held · filter a hides 3 of 4"),
            (40, "12 lines not held · filter a"),
            (27, "filter a"),
            (6, "filte…"),
        ] {
            assert_eq!(fit(&notes, room).characters(), shown, "{room}");
        }
        assert!(fit(&[], 80).is_empty());
    }
}
