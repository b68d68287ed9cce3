//! Linear bars with eighths in their last cell.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use crate::ui::glyphs::EIGHTHS;

/// Fills `share` (0 to 1) of a line from the left. Anything above 0 shows at least one eighth.
pub fn place(share: f64, area: Rect, buffer: &mut Buffer, style: Style) {
    let cells = f64::from(area.width);
    let mut eighths = (share.clamp(0.0, 1.0) * cells * 8.0).round() as u32;
    if share > 0.0 {
        eighths = eighths.max(1);
    }
    for x in area.x..area.right() {
        let glyph = match eighths {
            0 => return,
            1..=7 => EIGHTHS[eighths as usize - 1],
            _ => EIGHTHS[7],
        };
        eighths = eighths.saturating_sub(8);
        buffer.set_string(x, area.y, glyph, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(share: f64) -> String {
        let area = Rect::new(0, 0, 4, 1);
        let mut buffer = Buffer::empty(area);
        place(share, area, &mut buffer, Style::new());
        buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    }

    #[test]
    fn eighths_make_up_what_whole_cells_cannot_say() {
        assert_eq!(bar(0.0), "    ");
        assert_eq!(bar(0.000_1), "▏   ");
        assert_eq!(bar(0.375), "█▌  ");
        assert_eq!(bar(1.0), "████");
        assert_eq!(bar(7.0), "████");
    }
}
