//! What was drawn where in the last frame, so that a click finds it without laying anything out again.

use ratatui::layout::{Position, Rect};

use crate::model::time::Timestamp;

use super::page::Key;

/// Something that the pointer can be over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A pane's tab, from 0.
    Tab(usize),
    /// A step of the breadcrumb, from 0.
    Crumb(usize),
    /// A part of the page, by its id.
    Part(&'static str),
    /// The title of a column.
    Head {
        part: &'static str,
        column: Box<str>,
    },
    /// The cell after the title of a column: drags its width.
    Edge {
        part: &'static str,
        column: Box<str>,
        width: u16,
    },
    Row {
        part: &'static str,
        key: Key,
    },
    /// The bar of a row that can be opened.
    Bar {
        part: &'static str,
        key: Key,
    },
    /// One minute of a strip.
    Minute {
        part: &'static str,
        key: Key,
        at: Timestamp,
    },
    /// Anything of what floats.
    Float,
    /// A line of what floats, where lines are choices.
    Choice(usize),
}

/// Everything that one frame placed; what was placed later lies above.
#[derive(Clone, Debug, Default)]
pub struct Spots {
    placed: Vec<(Rect, Spot)>,
    /// Cells of every column that was drawn, by part and name.
    widths: Vec<(&'static str, Box<str>, u16)>,
}

impl Spots {
    /// Notes what stands in a rectangle.
    pub fn add(&mut self, area: Rect, spot: Spot) {
        self.placed.push((area, spot));
    }

    /// Notes how wide a column is.
    pub fn add_width(&mut self, part: &'static str, column: &str, cells: u16) {
        self.widths.push((part, column.into(), cells));
    }

    /// What lies at a cell, the topmost first.
    pub fn at(&self, x: u16, y: u16) -> impl Iterator<Item = &Spot> {
        let at = Position::new(x, y);
        let under = move |(area, _): &&(Rect, Spot)| area.contains(at);
        self.placed.iter().rev().filter(under).map(|(_, spot)| spot)
    }

    /// How many cells a column had.
    pub fn width(&self, part: &str, column: &str) -> Option<u16> {
        let found = self
            .widths
            .iter()
            .find(|(of, name, _)| *of == part && &**name == column);
        found.map(|(_, _, cells)| *cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_placed_later_lies_above() {
        let mut spots = Spots::default();
        spots.add(Rect::new(0, 0, 10, 4), Spot::Part("list"));
        spots.add(Rect::new(2, 1, 3, 1), Spot::Choice(7));
        let at = |x, y| spots.at(x, y).cloned().collect::<Vec<_>>();
        assert_eq!(at(4, 1), [Spot::Choice(7), Spot::Part("list")]);
        assert_eq!(at(5, 1), [Spot::Part("list")], "right of the last cell");
        assert_eq!(at(2, 4), []);
    }
}
