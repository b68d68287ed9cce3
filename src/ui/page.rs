//! What a page is made of: parts under rules, each a table whose rows are formatted when they are placed.

use crate::model::ids::RequestId;

use super::step::Step;
use super::text::Text;
use super::theme::Role;

/// Everything that one step shows.
#[derive(Default)]
pub struct Page {
    /// Right of the breadcrumb: sort, filter and what it hides.
    pub note: Text,
    /// At least one. The cursor flows from part to part.
    pub parts: Vec<Part>,
    /// Parts about the row under the cursor of the first part, made when it changes.
    pub detail: Option<Detail>,
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
}

/// Rows under columns.
pub struct Table {
    pub columns: Vec<Column>,
    /// Whether the titles of the columns take a line.
    pub headed: bool,
    pub rows: Rows,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub title: Text,
    pub width: Width,
    pub align: Align,
    pub cut: Cut,
    /// 0 stays always; the highest goes first when the page is narrow.
    pub drop: u8,
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
}

/// Rows that exist only when they are asked for.
pub struct Rows {
    len: usize,
    /// What each row is, in order: the cursor follows it. Empty where nothing can be selected.
    keys: Vec<Key>,
    make: Make,
    /// What steps over rows need to know of each, cheaper than the row.
    trait_of: Option<TraitOf>,
}

type Make = Box<dyn Fn(usize) -> Row + Send + Sync>;
type TraitOf = Box<dyn Fn(usize) -> RowTrait + Send + Sync>;

/// Identity of a row: a hash of what it is about, the same in every picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(pub u64);

impl Key {
    /// The key of what these bytes name.
    pub fn of(bytes: &[u8]) -> Self {
        Self(xxhash_rust::xxh3::xxh3_64(bytes))
    }

    /// The key of a text.
    pub fn text(text: &str) -> Self {
        Self::of(text.as_bytes())
    }
}

/// One attempt of one request: stable where an index is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Run {
    pub request: RequestId,
    pub attempt: u16,
}

/// What `o O` and `e E` step over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowTrait {
    pub run: Option<Run>,
    pub error: bool,
}

/// One row, formatted.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub cells: Vec<Cell>,
    /// Where Enter leads.
    pub open: Option<Step>,
    /// The invocation that it is about: where `v` and `L` lead.
    pub run: Option<Run>,
    /// The function that it is about: where `i` leads.
    pub function: Option<String>,
    /// Sentences under it while the cursor is on it, wrapped where they are long.
    pub unfold: Vec<Text>,
    /// Cells that they stand further right, where the page is wide.
    pub unfold_indent: u16,
    /// In the second column of the gutter: `┃` on the critical path.
    pub mark: Option<&'static str>,
}

/// Width from which on sentences under a row stand under its claim, in cells.
const WIDE: u16 = 98;

/// One cell of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    Text(Text),
    /// A level a cell, from zero to its own maximum.
    Spark(Vec<Level>, Role),
    /// Text whose end is shown where it is too long: the axis over a sparkline.
    End(String, Role),
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

impl Rows {
    /// Rows that can be selected, one a key.
    pub fn new(keys: Vec<Key>, make: impl Fn(usize) -> Row + Send + Sync + 'static) -> Self {
        Self {
            len: keys.len(),
            keys,
            make: Box::new(make),
            trait_of: None,
        }
    }

    /// Few rows, formatted already.
    pub fn few(rows: Vec<(Key, Row)>) -> Self {
        let (keys, rows): (Vec<Key>, Vec<Row>) = rows.into_iter().unzip();
        Self::new(keys, move |at| rows.get(at).cloned().unwrap_or_default())
    }

    /// Rows to read only.
    pub fn fixed(rows: Vec<Row>) -> Self {
        Self {
            len: rows.len(),
            keys: Vec::new(),
            make: Box::new(move |at| rows.get(at).cloned().unwrap_or_default()),
            trait_of: None,
        }
    }

    /// What steps over these rows look at.
    #[must_use]
    pub fn with_traits(mut self, of: impl Fn(usize) -> RowTrait + Send + Sync + 'static) -> Self {
        self.trait_of = Some(Box::new(of));
        self
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the cursor may stand on them.
    pub fn selectable(&self) -> bool {
        !self.keys.is_empty()
    }

    /// The row at `at`, formatted now.
    pub fn row(&self, at: usize) -> Row {
        (self.make)(at)
    }

    /// What the row at `at` is.
    pub fn key(&self, at: usize) -> Option<Key> {
        self.keys.get(at).copied()
    }

    /// Where the row of a key stands.
    pub fn find(&self, key: Key) -> Option<usize> {
        self.keys.iter().position(|known| *known == key)
    }

    /// What steps look at, of the row at `at`.
    pub fn trait_of(&self, at: usize) -> RowTrait {
        self.trait_of.as_ref().map_or_else(
            || RowTrait {
                run: self.row(at).run,
                error: false,
            },
            |of| of(at),
        )
    }
}

impl Row {
    /// The sentences under it in lines of at most `width` cells.
    pub fn unfolded(&self, width: u16) -> Vec<Text> {
        let indent = if width >= WIDE {
            usize::from(self.unfold_indent)
        } else {
            0
        };
        let blank = " ".repeat(indent);
        let room = usize::from(width) - indent;
        let lines = self.unfold.iter().flat_map(|text| text.wrap(room));
        lines.map(|line| Text::new(&blank).then(line)).collect()
    }
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

impl Column {
    /// A text column of what is left, from `least` to `most` cells.
    pub fn text(title: &str, least: u16, most: u16) -> Self {
        Self {
            title: Text::of(Role::Dim, title),
            width: Width::Between(least, most),
            align: Align::Left,
            cut: Cut::End,
            drop: 0,
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

    /// Goes when the page is narrow; the highest number first.
    #[must_use]
    pub fn drop(mut self, order: u8) -> Self {
        self.drop = order;
        self
    }

    /// With a title that is more than dim text: a kind's glyph before its word.
    #[must_use]
    pub fn titled(mut self, title: Text) -> Self {
        self.title = title;
        self
    }
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

    /// A count that is dim while it is 0 and in `role` otherwise; `?` where it cannot be known.
    pub fn count(n: Option<u64>, role: Role) -> Self {
        let text = super::figures::count_or_unknown(n);
        match n {
            None => Self::of(Role::Unknown, &text),
            Some(0) => Self::of(Role::Dim, &text),
            Some(_) => Self::of(role, &text),
        }
    }
}
