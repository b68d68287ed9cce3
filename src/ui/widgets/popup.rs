//! What floats above a page: a box with a title, lines that scroll, and a line that says how to close it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::spots::{Spot, Spots};
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

/// What a box shows.
pub struct Popup<'a> {
    pub title: &'a str,
    /// Cut to the width of the box, not wrapped.
    pub lines: Vec<Text>,
    /// The line that is chosen, if lines are choices.
    pub chosen: Option<usize>,
    /// Choices that were left out above the first line.
    pub before: usize,
    /// The first line shown; moved so that the chosen one is in view.
    pub top: usize,
    /// Always in view, under the lines.
    pub foot: Vec<Text>,
    /// Cells of its lines.
    pub width: u16,
}

impl Popup<'_> {
    /// Draws it in the middle of `area`; gives the furthest that it can be scrolled.
    pub fn place(self, area: Rect, buffer: &mut Buffer, look: &Look, spots: &mut Spots) -> usize {
        let width = (self.width + 4).min(area.width);
        let around = 2 + self.foot.len() as u16 + u16::from(!self.foot.is_empty());
        let room = usize::from(area.height.saturating_sub(around)).max(1);
        let shown = self.lines.len().min(room);
        let frame = Rect {
            x: area.x + (area.width - width) / 2,
            y: area.y,
            width,
            height: (shown as u16 + around).min(area.height),
        };
        boxed(frame, self.title, buffer, look);
        spots.add(frame, Spot::Float);
        let most = self.lines.len().saturating_sub(shown);
        let top = match self.chosen {
            Some(chosen) => (chosen + 1).saturating_sub(shown),
            None => self.top,
        };
        let top = top.min(most);
        let inner = frame.width.saturating_sub(4);
        for (y, (at, line)) in
            (frame.y + 1..).zip(self.lines.into_iter().enumerate().skip(top).take(shown))
        {
            let whole = Rect::new(frame.x + 1, y, frame.width.saturating_sub(2), 1);
            if self.chosen.is_some() {
                spots.add(whole, Spot::Choice(self.before + at));
            }
            if self.chosen == Some(at) {
                buffer.set_style(whole, look.style(Role::Selection));
            }
            line.place(buffer, (frame.x + 2, y), inner, look);
        }
        if top < most {
            let more = format!(" {} more below ", most - top);
            Text::of(Role::Dim, &more).place(
                buffer,
                (
                    frame.right().saturating_sub(more.len() as u16 + 2),
                    frame.bottom() - 1,
                ),
                inner,
                look,
            );
        }
        let below = frame.bottom().saturating_sub(1 + self.foot.len() as u16);
        for (y, line) in (below..).zip(self.foot) {
            line.place(buffer, (frame.x + 2, y), inner, look);
        }
        most
    }
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
