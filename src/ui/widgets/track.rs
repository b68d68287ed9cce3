//! Tracks: what happened along a stretch of time, one texture a kind.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::ui::figures;
use crate::ui::glyphs;
use crate::ui::page::{Stroke, Texture};
use crate::ui::theme::{Look, Role};

/// Draws the strokes over one line, as much of it as `window` says. A stroke shorter than a cell still gets one; marks win over bars in a cell.
pub fn place(strokes: &[Stroke], window: (f64, f64), area: Rect, buffer: &mut Buffer, look: &Look) {
    let length = (window.1 - window.0).max(f64::MIN_POSITIVE);
    let share = |at: f64| (at - window.0) / length;
    let cells = f64::from(area.width);
    let mut textures: Vec<Option<Texture>> = vec![None; usize::from(area.width)];
    // What ends before the window or begins after it is not on the line.
    let seen = |one: &&Stroke| one.to >= window.0 && one.from <= window.1;
    for stroke in strokes.iter().filter(seen) {
        let last = usize::from(area.width).saturating_sub(1);
        let from = ((share(stroke.from).clamp(0.0, 1.0) * cells) as usize).min(last);
        let to = ((share(stroke.to).clamp(0.0, 1.0) * cells).ceil() as usize).max(from + 1);
        for texture in textures.iter_mut().take(to).skip(from) {
            *texture = (*texture).max(Some(stroke.texture));
        }
    }
    for (x, texture) in (area.x..area.right()).zip(textures) {
        if let Some(texture) = texture {
            let (glyph, role) = texture.drawn();
            buffer.set_string(x, area.y, glyph, look.style(role));
        }
    }
}

/// Distances between times on an axis that people read easily, in milliseconds.
const STEPS: [f64; 24] = [
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 10e3, 15e3, 30e3, 60e3,
    120e3, 300e3, 600e3, 1_800e3, 3_600e3, 7_200e3, 21_600e3, 86_400e3,
];
/// Cells from one time on an axis to the next, at least.
const APART: f64 = 10.0;

/// Writes times over tracks that show a window of so many milliseconds, each where it is.
pub fn axis(milliseconds: f64, window: (f64, f64), area: Rect, buffer: &mut Buffer, look: &Look) {
    let cells = f64::from(area.width);
    let begin = milliseconds * window.0;
    let milliseconds = (milliseconds * (window.1 - window.0)).max(f64::MIN_POSITIVE);
    let far_enough = |step: &&f64| **step * cells >= APART * milliseconds;
    let step = STEPS.iter().find(far_enough).copied().unwrap_or(f64::MAX);
    let mut time = (begin / step).ceil() * step;
    while time < begin + milliseconds {
        let x = ((time - begin) / milliseconds * cells) as u16;
        let words = if time == 0.0 {
            "0".to_owned()
        } else {
            figures::mark(time)
        };
        if x + words.chars().count() as u16 <= area.width {
            buffer.set_string(area.x + x, area.y, words, look.style(Role::Dim));
        }
        time += step;
    }
}

impl Texture {
    /// Its glyph and colour.
    pub fn drawn(self) -> (&'static str, Role) {
        match self {
            Self::Queued => ("┄", Role::Dim),
            Self::WaitsToRetry => ("░", Role::Throttle),
            Self::Waits => ("─", Role::Dim),
            Self::Runs => ("█", Role::Text),
            Self::Failed => ("█", Role::Error),
            Self::Repeat => (glyphs::DUPLICATE, Role::Duplicate),
            Self::Cold => (glyphs::COLD, Role::Cold),
            Self::Refused => (glyphs::THROTTLE, Role::Throttle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::theme::Depth;

    fn drawn(strokes: &[(f64, f64, Texture)]) -> String {
        let (look, _) = Look::new("mono", Depth::None, false).expect("built in");
        let area = Rect::new(0, 0, 10, 1);
        let mut buffer = Buffer::empty(area);
        let strokes: Vec<_> = strokes
            .iter()
            .map(|&(from, to, texture)| Stroke { from, to, texture })
            .collect();
        place(&strokes, (0.0, 1.0), area, &mut buffer, &look);
        buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect()
    }

    #[test]
    fn a_refusal_shows_however_short_it_was_and_whatever_runs_there() {
        let line = drawn(&[
            (0.5, 0.500_01, Texture::Refused),
            (0.2, 0.8, Texture::Runs),
            (0.0, 0.25, Texture::Cold),
        ]);
        assert_eq!(line, "▒▒▒██╳██  ");
    }

    #[test]
    fn times_stand_over_the_cells_they_name_at_round_steps() {
        let (look, _) = Look::new("mono", Depth::None, false).expect("built in");
        let area = Rect::new(0, 0, 48, 1);
        let mut buffer = Buffer::empty(area);
        axis(48_000.0, (0.0, 1.0), area, &mut buffer, &look);
        let line: String = buffer
            .content
            .iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect();
        // One second a cell: 10 s is the least round step of ten cells.
        assert_eq!(line, "0         10 s      20 s      30 s      40 s    ");
    }

    #[test]
    fn a_stroke_at_the_very_end_stays_on_the_line() {
        assert_eq!(drawn(&[(1.0, 1.0, Texture::Runs)]), "         █");
    }

    #[test]
    fn a_window_shows_its_part_of_the_axis_and_of_the_strokes() {
        let (look, _) = Look::new("mono", Depth::None, false).expect("built in");
        let area = Rect::new(0, 0, 40, 1);
        let mut buffer = Buffer::empty(area);
        // The second quarter of 48 s, from 12 s to 24 s: 15 s lies a quarter in.
        axis(48_000.0, (0.25, 0.5), area, &mut buffer, &look);
        let line = |buffer: &Buffer| -> String {
            let cells = buffer.content.iter();
            cells.map(ratatui::buffer::Cell::symbol).collect()
        };
        assert_eq!(line(&buffer).find("15 s"), Some(10));
        let mut buffer = Buffer::empty(area);
        let stroke = |from, to| Stroke {
            from,
            to,
            texture: Texture::Runs,
        };
        let strokes = [stroke(0.0, 0.2), stroke(0.4, 1.0)];
        place(&strokes, (0.25, 0.5), area, &mut buffer, &look);
        // 0.4 lies three fifths into the window.
        let runs = format!("{}{}", " ".repeat(24), "█".repeat(16));
        assert_eq!(line(&buffer), runs);
    }
}
