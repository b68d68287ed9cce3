//! Rows that are formatted when they are placed, and what each of them is.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::ids::RequestId;
use crate::ui::step::Step;
use crate::ui::text::Text;

use super::cell::Cell;
use super::strip::Strip;

/// Rows that exist only when they are asked for.
pub struct Rows {
    len: usize,
    /// What each row is, in order: the cursor follows it. Empty where nothing can be selected.
    keys: Arc<[Key]>,
    make: Make,
    /// What steps over rows need to know of each, cheaper than the row.
    trait_of: Option<TraitOf>,
    /// All words of a row, cheaper than the row.
    text_of: Option<TextOf>,
    /// The lines that a row is unfolded to.
    unfold_of: Option<UnfoldOf>,
    /// Which of the rows that were made stand where, once a reader filtered or sorted them.
    order: Option<Vec<u32>>,
}

type Make = Box<dyn Fn(usize) -> Row + Send + Sync>;
type TraitOf = Box<dyn Fn(usize) -> RowTrait + Send + Sync>;
type UnfoldOf = Box<dyn Fn(usize) -> Vec<Text> + Send + Sync>;
type TextOf = Box<dyn Fn(usize) -> String + Send + Sync>;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Run {
    #[serde(with = "spelled")]
    pub request: RequestId,
    pub attempt: u16,
}

/// A request id as people write it.
mod spelled {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::model::ids::RequestId;

    pub(super) fn serialize<S: Serializer>(id: &RequestId, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RequestId, D::Error> {
        let text = String::deserialize(from)?;
        RequestId::parse(&text).ok_or_else(|| D::Error::custom("not a request id"))
    }
}

/// What `o O` and `e E` step over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RowTrait {
    pub run: Option<Run>,
    pub error: bool,
    /// Trouble that `n` stops at where nothing is searched.
    pub trouble: bool,
    /// How deep it stands in a tree.
    pub depth: u16,
}

/// One row, formatted.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub cells: Vec<Cell>,
    /// Where Enter leads.
    pub open: Option<Step>,
    /// Where Enter leads from single cells instead, by column.
    pub cells_open: Vec<(usize, Step)>,
    /// The invocation that it is about: where `v` and `L` lead.
    pub run: Option<Run>,
    /// The function that it is about: where `i` leads.
    pub function: Option<String>,
    /// Sentences under it while the cursor is on it, wrapped where they are long.
    pub unfold: Vec<Text>,
    /// Cells that they stand further right, where the page is wide.
    pub unfold_indent: u16,
    /// Its minutes, where its cells are minutes that can be opened.
    pub strip: Option<Strip>,
    /// In the second column of the gutter: `┃` on the critical path.
    pub mark: Option<&'static str>,
}

/// Width from which on sentences under a row stand under its claim, in cells.
const WIDE: u16 = 98;

impl Rows {
    /// Rows that can be selected, one a key.
    pub fn new(keys: Vec<Key>, make: impl Fn(usize) -> Row + Send + Sync + 'static) -> Self {
        Self {
            len: keys.len(),
            keys: keys.into(),
            make: Box::new(make),
            trait_of: None,
            text_of: None,
            unfold_of: None,
            order: None,
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
            keys: Arc::default(),
            make: Box::new(move |at| rows.get(at).cloned().unwrap_or_default()),
            trait_of: None,
            text_of: None,
            unfold_of: None,
            order: None,
        }
    }

    /// What steps over these rows look at.
    #[must_use]
    pub fn with_traits(mut self, of: impl Fn(usize) -> RowTrait + Send + Sync + 'static) -> Self {
        self.trait_of = Some(Box::new(of));
        self
    }

    /// All words of a row, where they can be had without formatting it: filters over very many rows need that.
    #[must_use]
    pub fn with_text(mut self, of: impl Fn(usize) -> String + Send + Sync + 'static) -> Self {
        self.text_of = Some(Box::new(of));
        self
    }

    /// The lines that a row is unfolded to where all are unfolded, made only then.
    #[must_use]
    pub fn with_unfolded(
        mut self,
        of: impl Fn(usize) -> Vec<Text> + Send + Sync + 'static,
    ) -> Self {
        self.unfold_of = Some(Box::new(of));
        self
    }

    /// The same rows in another order, or fewer of them: `order` names them by where they stand now.
    #[must_use]
    pub fn arranged(mut self, order: &[u32]) -> Self {
        self.keys = order.iter().map(|at| self.keys[*at as usize]).collect();
        self.len = order.len();
        self.order = Some(
            order
                .iter()
                .map(|at| self.made_at(*at as usize) as u32)
                .collect(),
        );
        self
    }

    /// Every row is changed once it is made.
    pub fn change(&mut self, change: impl Fn(Row) -> Row + Send + Sync + 'static) {
        let make = std::mem::replace(&mut self.make, Box::new(|_| Row::default()));
        self.make = Box::new(move |at| change(make(at)));
    }

    /// Which of the rows that were made stands at `at`.
    pub fn made_at(&self, at: usize) -> usize {
        match &self.order {
            Some(order) => order.get(at).map_or(usize::MAX, |made| *made as usize),
            None => at,
        }
    }

    /// The lines that the row at `at` is unfolded to.
    pub fn unfolded(&self, at: usize) -> Vec<Text> {
        let of = self.unfold_of.as_ref();
        of.map_or_else(Vec::new, |of| of(self.made_at(at)))
    }

    /// What each row is, in order.
    pub fn keys(&self) -> &Arc<[Key]> {
        &self.keys
    }

    /// All words of the row at `at`, in lower case.
    pub fn text(&self, at: usize) -> String {
        match &self.text_of {
            Some(of) => of(self.made_at(at)).to_lowercase(),
            None => self.row(at).text(),
        }
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
        (self.make)(self.made_at(at))
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
                ..RowTrait::default()
            },
            |of| of(self.made_at(at)),
        )
    }
}

impl Row {
    /// All words of its cells and of the sentences under it, in lower case.
    pub fn text(&self) -> String {
        let cells = self.cells.iter().map(Cell::characters);
        let below = self.unfold.iter().map(|text| Cow::Owned(text.characters()));
        let mut text = String::new();
        for words in cells.chain(below).filter(|words| !words.is_empty()) {
            text.push_str(&words);
            text.push(' ');
        }
        text.to_lowercase()
    }

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
