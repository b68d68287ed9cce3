//! Cells: text, sparklines, bars and stretches of time.

use std::borrow::Cow;

use crate::ui::figures;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// One cell of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(Text),
    /// A level a cell, from zero to its own maximum.
    Spark(Vec<Level>, Role),
    /// A bar from the left: its share of the column, 0 to 1.
    Bar(f64, Role),
    /// A stretch of time with what happened in it.
    Track(Vec<Stroke>),
}

/// One cell of a sparkline: `None` where there is no data.
pub type Level = Option<u32>;

/// One stretch of a track. Where strokes share a cell the higher texture wins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stroke {
    /// Shares of the column, 0 to 1.
    pub from: f64,
    pub to: f64,
    pub texture: Texture,
}

/// What a stroke stands for, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Texture {
    Queued,
    WaitsToRetry,
    Waits,
    Runs,
    Failed,
    Repeat,
    Cold,
    Refused,
}

impl Cell {
    /// Text in the body's role.
    pub fn text(text: &str) -> Self {
        Self::Text(Text::new(text))
    }

    /// Text in one role.
    pub fn of(role: Role, text: &str) -> Self {
        Self::Text(Text::of(role, text))
    }

    /// The words that it shows.
    pub fn characters(&self) -> Cow<'_, str> {
        match self {
            Self::Text(text) => Cow::Owned(text.characters()),
            Self::Spark(..) | Self::Bar(..) | Self::Track(_) => Cow::Borrowed(""),
        }
    }

    /// A count that is dim while it is 0 and in `role` otherwise; `?` where it cannot be known.
    pub fn count(n: Option<u64>, role: Role) -> Self {
        let text = figures::count_or_unknown(n);
        match n {
            None => Self::of(Role::Unknown, &text),
            Some(0) => Self::of(Role::Dim, &text),
            Some(_) => Self::of(role, &text),
        }
    }
}
