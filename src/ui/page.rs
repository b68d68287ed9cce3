//! What a page is made of: parts under rules, each a table whose rows are formatted when they are placed.

use super::arrange::Arranged;
use super::text::Text;

mod cell;
mod column;
pub mod places;
mod rows;
mod strip;

pub use cell::{Cell, Level, Stroke, Texture};
pub use column::{Align, Column, Cut, Width};
pub use rows::{Key, Row, RowTrait, Rows, Run};
pub use strip::Strip;

/// Everything that one step shows.
#[derive(Default)]
pub struct Page {
    /// Right of the breadcrumb: how its rows are sorted, or what is not among them.
    pub note: Text,
    /// What can be done about that, where there is room.
    pub hint: Text,
    /// At least one. The cursor flows from part to part.
    pub parts: Vec<Part>,
    /// Parts about the row under the cursor of the first part, made when it changes.
    pub detail: Option<Detail>,
    /// The detail is shown only where there is room for it.
    pub detail_is_extra: bool,
    /// The cursor starts on the newest row at the end and stays there while rows come.
    pub follows: bool,
    /// The invocation that all of it is about: where `v` and `L` lead from rows without one of their own.
    pub run: Option<Run>,
}

/// Makes the parts about one row of the first part.
pub type Detail = Box<dyn Fn(usize) -> Vec<Part> + Send + Sync>;

/// Rows that answer one question, under a rule that names it.
pub struct Part {
    /// Stable within its page: cursor and scroll are bound to it.
    pub id: &'static str,
    /// What these rows answer; shorter first words are what is left when it is cut.
    pub title: Text,
    /// Unit of the last column, finality.
    pub aside: Text,
    /// Sentences above the rows, wrapped where they are long.
    pub prose: Vec<Text>,
    pub table: Table,
    /// Rows it keeps while the page is short of room; below that it folds to its rule.
    pub least: u16,
    /// Rows it takes at most.
    pub most: u16,
    /// Under the rows: what they leave out, how to read them.
    pub foot: Vec<Text>,
    /// The cursor does not begin here.
    pub passed: bool,
    /// On a wide screen it stands right of the parts before it, and those after it take the whole width below.
    pub beside: bool,
    /// What the reader's filter, search and order made of its rows.
    pub arranged: Arranged,
}

/// Rows under columns.
pub struct Table {
    pub columns: Vec<Column>,
    /// Whether the titles of the columns take a line.
    pub headed: bool,
    pub rows: Rows,
}

impl Part {
    /// A part that shows from one row to all of them.
    pub fn new(id: &'static str, title: impl Into<Text>, table: Table) -> Self {
        Self {
            id,
            title: title.into(),
            aside: Text::default(),
            prose: Vec::new(),
            table,
            least: 1,
            most: u16::MAX,
            foot: Vec::new(),
            passed: false,
            beside: false,
            arranged: Arranged::default(),
        }
    }

    /// A part of sentences.
    pub fn lines(id: &'static str, title: impl Into<Text>, lines: Vec<Text>) -> Self {
        let nothing = Table::bare(Vec::new(), Rows::fixed(Vec::new()));
        Self {
            prose: lines,
            ..Self::new(id, title, nothing)
        }
    }

    /// Lines that its sentences take at a width.
    pub fn prose_lines(&self, width: u16) -> usize {
        let width = usize::from(width);
        self.prose.iter().map(|line| line.wrap(width).len()).sum()
    }

    #[must_use]
    pub fn aside(mut self, aside: impl Into<Text>) -> Self {
        self.aside = aside.into();
        self
    }

    /// From `least` to `most` rows, whatever room there is.
    #[must_use]
    pub fn between(mut self, least: u16, most: u16) -> Self {
        (self.least, self.most) = (least, most);
        self
    }

    /// Where there is another part with rows, the cursor begins there.
    #[must_use]
    pub fn passed(mut self) -> Self {
        self.passed = true;
        self
    }

    /// Right of the parts before it where there is room.
    #[must_use]
    pub fn beside(mut self) -> Self {
        self.beside = true;
        self
    }

    #[must_use]
    pub fn foot(mut self, line: impl Into<Text>) -> Self {
        self.foot.push(line.into());
        self
    }
}

impl Table {
    /// Rows under column titles.
    pub fn new(columns: Vec<Column>, rows: Rows) -> Self {
        Self {
            columns,
            headed: true,
            rows,
        }
    }

    /// The same without titles.
    pub fn bare(columns: Vec<Column>, rows: Rows) -> Self {
        Self {
            columns,
            headed: false,
            rows,
        }
    }
}
