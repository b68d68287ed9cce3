//! Rules: one line that names the part under it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::glyphs::RULE;
use crate::ui::text::Text;
use crate::ui::theme::{Look, Role};

/// `─ title ──── aside ─`. The aside goes first where there is no room for both.
pub fn place(title: Text, aside: Text, area: Rect, buffer: &mut Buffer, look: &Look) {
    let dim = look.style(Role::Dim);
    for x in area.x..area.right() {
        buffer.set_string(x, area.y, RULE, dim);
    }
    let room = usize::from(area.width);
    let pad = |text: Text| Text::new(" ").then(text).and(Role::Dim, " ");
    let (title, aside) = (pad(title), pad(aside));
    let (title_width, aside_width) = (title.width(), aside.width());
    if title_width > 2 {
        let most = room.saturating_sub(2) as u16;
        title.place(buffer, (area.x + 1, area.y), most, look);
    }
    if aside_width > 2 && title_width + aside_width + 4 <= room {
        let x = area.right() - 1 - aside_width as u16;
        aside.place(buffer, (x, area.y), aside_width as u16, look);
    }
}
