//! Sparklines: from zero to their own maximum, one cell a value.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::glyphs::{SPARK, UNKNOWN};
use crate::ui::page::Level;
use crate::ui::theme::{Look, Role};

/// `·` is a counted zero, `?` no data, any other count at least `▁`. The newest values stay where the line is narrow.
pub fn place(levels: &[Level], role: Role, area: Rect, buffer: &mut Buffer, look: &Look) {
    let shown = &levels[levels.len().saturating_sub(usize::from(area.width))..];
    let most = levels.iter().flatten().max().copied().unwrap_or(0);
    for (x, level) in (area.x..area.right()).zip(shown) {
        let (glyph, role) = match level {
            None => (UNKNOWN, Role::Unknown),
            Some(0) => ("·", Role::Dim),
            Some(level) => (glyph(*level, most), role),
        };
        buffer.set_string(x, area.y, glyph, look.style(role));
    }
}

/// The level of a count above zero in eighths of `most`, rounded up.
fn glyph(count: u32, most: u32) -> &'static str {
    let eighth = (u64::from(count) * 8).div_ceil(u64::from(most.max(1)));
    SPARK[(eighth.clamp(1, 8) - 1) as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::Depth;

    #[test]
    fn zero_unknown_and_little_are_three_different_things() {
        let (look, _) = Look::new("mono", Depth::None, false).expect("built in");
        let area = Rect::new(0, 0, 5, 1);
        let mut buffer = Buffer::empty(area);
        let levels = [Some(999), None, Some(0), Some(1), Some(500), Some(1000)];
        place(&levels, Role::Text, area, &mut buffer, &look);
        let line: String = buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        assert_eq!(line, "?·▁▄█", "the oldest cell goes where there is no room");
    }
}
