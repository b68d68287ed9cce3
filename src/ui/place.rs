//! One looked-at page: where its cursor is and what of it is in view. The cursor follows a row's identity, not its index.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::arrange::View;
use super::layout::{self, Wish};
use super::page::{Key, Page, Part, Row, RowTrait};
use super::step::Step;
use super::widgets::part::{self, INDENT};
use crate::model::time::Timestamp;

mod moves;
mod views;

pub use views::Views;

/// Of which picture a page was made, and of which state of the reader's filters and orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub picture: u64,
    pub view: u64,
}

/// A step with its page and what the reader did to it.
pub struct Place {
    pub step: Step,
    page: Option<Arc<Page>>,
    detail: Vec<Part>,
    /// There is room for what is extra.
    roomy: bool,
    /// What the page was made of.
    pub page_of: Option<Stamp>,
    /// What the detail was made of, and of which row of the first part.
    pub detail_of: Option<(Stamp, usize)>,
    views: Arc<Views>,
    /// Counts changes of the views.
    view: u64,
    /// What `Esc` takes back before it leaves the place.
    undo: Vec<(Box<str>, View)>,
    /// The column under the cursor, by name.
    column: Option<Box<str>>,
    /// The minute under the cursor, on rows whose cells are minutes.
    minute: Option<Timestamp>,
    /// The wheel scrolled the part with the cursor: it is not pulled back to the cursor until the next key.
    loose: bool,
    /// Where the cursor goes with the next page.
    wanted: Option<(Box<str>, Key)>,
    /// Only the part with the cursor is shown.
    only_part: bool,
    /// The order of rows is held since then.
    held_since: Option<Timestamp>,
    /// Rows that came above the cursor while the order is held.
    entered_above: usize,
    cursor: (usize, usize),
    cursor_key: Option<Key>,
    /// Somebody moved the cursor away from where the page began.
    moved: bool,
    /// The row of the first part that the detail is about.
    chosen: usize,
    chosen_key: Option<Key>,
    tops: BTreeMap<&'static str, usize>,
    /// Lines for the rows of each part in the last frame.
    lines: Vec<Option<u16>>,
}

impl Place {
    /// A place whose page is still to be made.
    pub fn new(step: Step) -> Self {
        Self {
            step,
            page: None,
            detail: Vec::new(),
            roomy: false,
            page_of: None,
            detail_of: None,
            views: Arc::default(),
            view: 0,
            undo: Vec::new(),
            column: None,
            minute: None,
            loose: false,
            wanted: None,
            only_part: false,
            held_since: None,
            entered_above: 0,
            cursor: (0, 0),
            cursor_key: None,
            moved: false,
            chosen: 0,
            chosen_key: None,
            tops: BTreeMap::new(),
            lines: Vec::new(),
        }
    }

    /// Its page, once it was made.
    pub fn page(&self) -> Option<&Arc<Page>> {
        self.page.as_ref()
    }

    /// Parts of the page, then of its detail.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        let is_extra = self.page.as_ref().is_some_and(|page| page.detail_is_extra);
        let detail = self.detail.iter().filter(move |_| self.roomy || !is_extra);
        let parts = self.page.iter().flat_map(|page| page.parts.iter());
        parts.chain(detail)
    }

    /// Says whether there is room for what is extra.
    pub fn set_roomy(&mut self, roomy: bool) {
        if self.roomy != roomy {
            let was = self.part(self.cursor.0).map(|part| part.id);
            self.roomy = roomy;
            self.rebind(was);
            self.settle();
        }
    }

    /// The part under the cursor.
    pub fn cursor_part(&self) -> Option<&Part> {
        self.part(self.cursor.0)
    }

    fn part(&self, at: usize) -> Option<&Part> {
        self.parts().nth(at)
    }

    /// Part and row under the cursor.
    pub fn cursor(&self) -> (usize, usize) {
        self.cursor
    }

    /// What the row under the cursor is.
    pub fn cursor_key(&self) -> Option<Key> {
        self.cursor_key
    }

    /// The row of the first part that the detail is about.
    pub fn chosen(&self) -> usize {
        self.chosen
    }

    /// What the row that the detail is about was when it was last seen.
    pub fn chosen_key(&self) -> Option<Key> {
        self.chosen_key.filter(|_| !self.live())
    }

    /// The only part that is shown, if not all are.
    pub fn only_part(&self) -> Option<usize> {
        self.only_part.then_some(self.cursor.0)
    }

    /// Puts the cursor on a row, now if it is there and with the next page again.
    pub fn go_to(&mut self, part: &str, key: Key) {
        self.seek_row(part, key);
        self.wanted = Some((part.into(), key));
        self.settle();
    }

    fn seek_row(&mut self, part: &str, key: Key) {
        let found = self.parts().enumerate().find(|(_, one)| one.id == part);
        let row = found.and_then(|(at, part)| Some((at, part.table.rows.find(key)?)));
        if let Some(row) = row {
            self.moved = true;
            self.cursor = row;
        }
    }

    /// Shows the part under the cursor alone, or all parts again.
    pub fn toggle_only_part(&mut self) {
        self.only_part = !self.only_part;
    }

    /// First row in view of a part.
    pub fn top(&self, part: &str) -> usize {
        self.tops.get(part).copied().unwrap_or(0)
    }

    /// Whether the list moves under the cursor: on the first row nobody reads on yet, so it stays the worst that there is.
    fn live(&self) -> bool {
        let at_first = !self.loose && (!self.moved || self.cursor == (0, 0));
        at_first && self.page.as_ref().is_none_or(|page| !page.follows)
    }

    /// Takes a new page: the cursor stays on its row, and the row on its line; on the first row it stays the first.
    pub fn set_page(&mut self, page: Arc<Page>, detail: Vec<Part>, of: Stamp) {
        let live = self.live();
        if live {
            (self.cursor, self.cursor_key) = ((0, 0), None);
            (self.chosen, self.chosen_key) = (0, None);
            self.tops.clear();
        }
        let at_end = self.page.is_none() || {
            let (part, row) = self.cursor;
            part == 0
                && self
                    .part(0)
                    .is_some_and(|part| row + 1 >= part.table.rows.len())
        };
        let was = self.part(self.cursor.0).map(|part| part.id);
        let follow = page.follows && at_end;
        self.page = Some(page);
        self.page_of = Some(of);
        self.detail = detail;
        self.chosen = self.find_in_first(self.chosen_key).unwrap_or(self.chosen);
        self.detail_of = Some((of, self.chosen));
        self.rebind(was);
        if follow {
            self.go_last();
        }
        if let Some((part, key)) = self.wanted.take() {
            self.seek_row(&part, key);
        }
        self.settle();
        self.note_entered(live);
    }

    fn note_entered(&mut self, live: bool) {
        let (at, row) = self.cursor;
        let above = self.part(at).map_or(0, |part| {
            part.arranged
                .held
                .entered
                .partition_point(|entered| *entered < row)
        });
        if live {
            self.entered_above = 0;
        } else {
            self.entered_above += above;
        }
    }

    /// Takes new parts about the chosen row.
    pub fn set_detail(&mut self, detail: Vec<Part>, of: (Stamp, usize)) {
        let was = self.part(self.cursor.0).map(|part| part.id);
        self.detail = detail;
        self.detail_of = Some(of);
        self.rebind(was);
        self.settle();
    }

    fn find_in_first(&self, key: Option<Key>) -> Option<usize> {
        self.part(0)?.table.rows.find(key?)
    }

    /// Finds the cursor's row again, in the part of the same name.
    fn rebind(&mut self, part_id: Option<&'static str>) {
        let at = self.parts().position(|part| Some(part.id) == part_id);
        let Some(at) = at else {
            self.cursor = (0, self.chosen);
            return;
        };
        let Some(part) = self.part(at) else { return };
        let (id, len) = (part.id, part.table.rows.len());
        let row = self
            .cursor_key
            .and_then(|key| part.table.rows.find(key))
            .unwrap_or(self.cursor.1)
            .min(len.saturating_sub(1));
        let moved = row as i64 - self.cursor.1 as i64;
        if let Some(top) = self.tops.get_mut(id) {
            *top = (*top as i64 + moved).max(0) as usize;
        }
        self.cursor = (at, row);
    }

    /// Puts the cursor on a row that exists and can be selected, and remembers what that row is.
    fn settle(&mut self) {
        let selectable = |part: &Part| part.table.rows.selectable();
        let begins = |part: &Part| selectable(part) && !part.passed;
        if !self.moved && !self.part(self.cursor.0).is_some_and(begins) {
            let Some(first) = self.parts().position(begins) else {
                // Nothing to begin with: no row is under the cursor until somebody moves it.
                (self.cursor, self.cursor_key) = ((0, 0), None);
                return;
            };
            self.cursor = (first, 0);
        }
        if !self.part(self.cursor.0).is_some_and(selectable) {
            let after = self.parts().skip(self.cursor.0).position(selectable);
            let next = after.map(|at| at + self.cursor.0);
            self.cursor = (
                next.or_else(|| self.parts().position(selectable))
                    .unwrap_or(0),
                0,
            );
        }
        let (at, row) = self.cursor;
        let Some(part) = self.part(at) else { return };
        let row = row.min(part.table.rows.len().saturating_sub(1));
        let key = part.table.rows.key(row);
        self.cursor = (at, row);
        self.cursor_key = key;
        if at == 0 {
            (self.chosen, self.chosen_key) = (row, key);
        }
    }

    /// The row under the cursor, formatted.
    pub fn row(&self) -> Option<Row> {
        let part = self.part(self.cursor.0)?;
        let rows = &part.table.rows;
        (self.cursor.1 < rows.len()).then(|| rows.row(self.cursor.1))
    }

    /// Where Enter leads: from the cell under the column cursor, else from its row, else from the minute under the cursor.
    pub fn leads_to(&self) -> Option<Step> {
        let row = self.row()?;
        let of_cell = self.of_cell(&row);
        let of_minute = || {
            let strip = row.strip?;
            Some(strip.opens(self.minute.unwrap_or_else(|| strip.newest())))
        };
        of_cell.or(row.open).or_else(of_minute)
    }

    /// Where the cell under the column cursor leads, if it leads elsewhere than its row.
    fn of_cell(&self, row: &Row) -> Option<Step> {
        let name = self.column()?;
        let mut columns = self.cursor_part()?.table.columns.iter();
        let at = columns.position(|column| &*column.name == name)?;
        let mut cells = row.cells_open.iter();
        cells
            .find(|(cell, _)| *cell == at)
            .map(|(_, step)| step.clone())
    }

    /// What steps look at, of the row under the cursor.
    pub fn row_trait(&self) -> Option<RowTrait> {
        let rows = &self.part(self.cursor.0)?.table.rows;
        (self.cursor.1 < rows.len()).then(|| rows.trait_of(self.cursor.1))
    }

    /// What the parts in `range` ask for, as if they were one part.
    pub fn wish(&self, range: Range<usize>, width: u16) -> Wish {
        Wish::stacked(&self.wishes(range, width.saturating_sub(INDENT)))
    }

    /// What each part in `range` asks for at a width.
    fn wishes(&self, range: Range<usize>, width: u16) -> Vec<Wish> {
        let unfold = self.unfold(width);
        let parts = self.parts().enumerate();
        parts
            .skip(range.start)
            .take(range.len())
            .map(|(index, part)| {
                let unfold = if index == self.cursor.0 { unfold } else { 0 };
                let more = part.prose_lines(width) + unfold;
                let lines = |rows: usize| u16::try_from(rows + more).unwrap_or(u16::MAX);
                Wish {
                    frame: 1 + u16::from(part.table.headed) + part.foot.len() as u16,
                    least: lines(usize::from(part.least).min(part.table.rows.len())),
                    most: lines(usize::from(part.most).min(part.table.rows.len())),
                    all: lines(part.table.rows.len()),
                }
            })
            .collect()
    }

    /// Lines that the row under the cursor takes beyond its first.
    fn unfold(&self, width: u16) -> usize {
        let row = self.cursor.1;
        let part = self.cursor_part();
        let part = part.filter(|part| row < part.table.rows.len());
        part.map_or(0, |part| part::height(part, row, true, width) - 1)
    }

    /// Shares `room` lines of `width` cells among the parts in `range` and scrolls so that the cursor is in view.
    pub fn lay_out(&mut self, range: Range<usize>, (width, room): (u16, u16)) -> Vec<Option<u16>> {
        let width = width.saturating_sub(INDENT);
        let (at, row) = self.cursor;
        let unfold = self.unfold(width);
        let wishes = self.wishes(range.clone(), width);
        let first = at
            .checked_sub(range.start)
            .filter(|at| *at < wishes.len())
            .unwrap_or(0);
        let lines = layout::share(&wishes, first, room);
        if range.contains(&at)
            && let Some(Some(shown)) = lines.get(first).copied()
            && let Some(part) = self.part(at)
        {
            let (id, len) = (part.id, part.table.rows.len());
            let shown = usize::from(shown).saturating_sub(part.prose_lines(width));
            let top = if self.loose {
                let last = (len + unfold).saturating_sub(shown);
                self.top(id).min(last)
            } else {
                let height = |at: usize| part::height(part, at, at == row, width);
                scroll(self.top(id), row, len, shown, height)
            };
            self.tops.insert(id, top);
        }
        self.lines.resize(range.end, None);
        self.lines[range].copy_from_slice(&lines);
        lines
    }
}

/// The first row in view, moved as little as needed for the cursor's row to be in view with all its lines. Rows are as high as
/// `height` says, which is asked only of rows near the cursor and the end.
fn scroll(
    top: usize,
    cursor: usize,
    len: usize,
    lines: usize,
    height: impl Fn(usize) -> usize,
) -> usize {
    if len == 0 {
        return 0;
    }
    // The first row from which on everything fits: below it no line may stay empty.
    let (mut end, mut used) = (len, 0);
    while end > 0 && used < lines {
        used += height(end - 1);
        if used <= lines {
            end -= 1;
        }
    }
    let top = top.min(cursor).min(end);
    let first = top.max((cursor + 1).saturating_sub(lines.max(1)));
    let mut used: usize = (first..=cursor.min(len.saturating_sub(1)))
        .map(&height)
        .sum();
    for top in first..cursor {
        // The last line says what is below, unless that is nothing.
        let room = if top >= end {
            lines
        } else {
            lines.saturating_sub(1)
        };
        if used <= room.max(1) {
            return top;
        }
        used -= height(top);
    }
    cursor.max(first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::{Row, Rows, Table};

    fn of(picture: u64) -> Stamp {
        Stamp { picture, view: 0 }
    }

    fn page(keys: &[&str]) -> Arc<Page> {
        let keys = keys.iter().map(|key| Key::text(key)).collect();
        let rows = Rows::new(keys, |_| Row::default());
        let part = Part::new("list", "", Table::bare(Vec::new(), rows));
        Arc::new(Page {
            parts: vec![part],
            ..Page::default()
        })
    }

    #[test]
    fn on_the_first_row_the_list_is_live_and_below_it_the_row_is_kept() {
        let mut place = Place::new(Step::Pane(0));
        place.set_page(page(&["a", "b"]), Vec::new(), of(1));
        place.set_page(page(&["worse", "a", "b"]), Vec::new(), of(2));
        assert_eq!(
            (place.cursor(), place.chosen()),
            ((0, 0), 0),
            "what came above is looked at"
        );
        place.step_rows(2);
        place.set_page(page(&["worst", "worse", "a", "b"]), Vec::new(), of(3));
        assert_eq!(place.cursor(), (0, 3), "the cursor went with b");
    }

    #[test]
    fn a_cursor_that_nobody_moved_goes_to_the_first_part_once_that_has_rows() {
        let two = |first: &[&str]| {
            let of = |keys: &[&str]| {
                let keys = keys.iter().map(|key| Key::text(key)).collect();
                Table::bare(Vec::new(), Rows::new(keys, |_| Row::default()))
            };
            let parts = vec![
                Part::new("wrong", "", of(first)),
                Part::new("all", "", of(&["f"])),
            ];
            Arc::new(Page {
                parts,
                ..Page::default()
            })
        };
        let mut place = Place::new(Step::Pane(0));
        place.set_page(two(&[]), Vec::new(), of(1));
        assert_eq!(place.cursor(), (1, 0), "nothing wrong yet");
        place.set_page(two(&["worst"]), Vec::new(), of(2));
        assert_eq!(place.cursor(), (0, 0), "the worst is looked at");
    }

    #[test]
    fn scrolling_moves_as_little_as_it_can() {
        let even = |top, cursor, len, lines| scroll(top, cursor, len, lines, |_| 1);
        // 10 lines of 100 rows: 9 rows and "more below".
        assert_eq!(even(0, 8, 100, 10), 0);
        assert_eq!(even(0, 9, 100, 10), 1);
        assert_eq!(even(20, 5, 100, 10), 5);
        assert_eq!(even(0, 99, 100, 10), 90, "the end needs no more-below line");
        let unfolded = |cursor: usize| move |at: usize| if at == cursor { 3 } else { 1 };
        let lines = scroll(0, 7, 100, 10, unfolded(7));
        assert_eq!(lines, 1, "unfolded lines count");
        assert_eq!(
            scroll(7, 2, 3, 10, unfolded(2)),
            0,
            "no empty lines below while rows are hidden above"
        );
        // Rows of three lines: of 10 lines one says what is below, so three rows fit.
        let tall = |top, cursor| scroll(top, cursor, 100, 10, |_| 3);
        assert_eq!((tall(0, 2), tall(0, 3), tall(0, 99)), (0, 1, 97));
        assert_eq!(scroll(0, 0, 0, 10, |_| panic!("no row")), 0);
    }
}
