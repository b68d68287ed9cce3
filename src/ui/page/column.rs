//! Columns: where a cell lies, what it is called, when it goes.

use crate::ui::text::Text;
use crate::ui::theme::Role;

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub title: Text,
    /// What filters, sorting and explanations call it: the words of its title. Empty: none of them is offered.
    pub name: Box<str>,
    pub width: Width,
    pub align: Align,
    pub cut: Cut,
    /// Milliseconds from its left to its right edge: times stand over it in place of the title.
    pub axis: Option<f64>,
    /// Which part of that is shown, as shares of it.
    pub window: (f64, f64),
    /// 0 stays always; the highest goes first when the page is narrow.
    pub drop: u8,
    /// Cells that it should have before columns that may go are kept; its least where nothing more is said.
    pub wants: u16,
    /// The reader took it away.
    pub hidden: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    Cells(u16),
    /// What is left, at least and at most so many cells.
    Between(u16, u16),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    #[default]
    Left,
    Right,
}

/// Where a text that is too long loses least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    #[default]
    End,
    Middle,
    /// Times over a sparkline, whose newest cells stay.
    Start,
}

impl Column {
    /// A text column of what is left, from `least` to `most` cells.
    pub fn text(title: &str, least: u16, most: u16) -> Self {
        Self {
            title: Text::of(Role::Dim, title),
            name: words_of(title),
            width: Width::Between(least, most),
            align: Align::Left,
            cut: Cut::End,
            axis: None,
            window: (0.0, 1.0),
            drop: 0,
            wants: 0,
            hidden: false,
        }
    }

    /// A text column of fixed width.
    pub fn word(title: &str, cells: u16) -> Self {
        Self {
            width: Width::Cells(cells),
            ..Self::text(title, 0, 0)
        }
    }

    /// A column of names, which are cut in the middle.
    pub fn name(title: &str, least: u16, most: u16) -> Self {
        Self {
            cut: Cut::Middle,
            ..Self::text(title, least, most)
        }
    }

    /// A column of figures, aligned right.
    pub fn figure(title: &str, cells: u16) -> Self {
        Self {
            align: Align::Right,
            ..Self::word(title, cells)
        }
    }

    /// A column of tracks over so many milliseconds, of at least so many cells.
    pub fn tracks(milliseconds: f64, least: u16) -> Self {
        Self {
            axis: Some(milliseconds),
            ..Self::text("", least, u16::MAX)
        }
    }

    /// Goes when the page is narrow; the highest number first.
    #[must_use]
    pub fn drop(mut self, order: u8) -> Self {
        self.drop = order;
        self
    }

    /// Columns that may go do so before it has fewer cells than that.
    #[must_use]
    pub fn wants(mut self, cells: u16) -> Self {
        self.wants = cells;
        self
    }

    /// With a title that is more than dim text: a kind's glyph before its word.
    #[must_use]
    pub fn titled(mut self, title: Text) -> Self {
        self.name = words_of(&title.characters());
        self.title = title;
        self
    }

    /// With a name where its title has no words.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = name.into();
        self
    }
}

/// A title without the glyph before it.
fn words_of(title: &str) -> Box<str> {
    title
        .trim_start_matches(|letter: char| !letter.is_alphanumeric() && letter != '/')
        .trim_end()
        .into()
}
