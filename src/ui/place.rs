//! One looked-at page: where its cursor is and what of it is in view. The cursor follows a row's identity, not its index.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::layout::{self, Wish};
use super::page::{Key, Page, Part, Row, RowTrait};
use super::step::Step;
use super::widgets::part::INDENT;

/// A step with its page and what the reader did to it.
pub struct Place {
    pub step: Step,
    page: Option<Arc<Page>>,
    detail: Vec<Part>,
    /// Which picture the page was made of.
    pub page_of: Option<u64>,
    /// Which picture and row of the first part the detail was made of.
    pub detail_of: Option<(u64, usize)>,
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
            page_of: None,
            detail_of: None,
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
        self.page
            .iter()
            .flat_map(|page| page.parts.iter())
            .chain(&self.detail)
    }

    fn part(&self, at: usize) -> Option<&Part> {
        self.parts().nth(at)
    }

    /// Part and row under the cursor.
    pub fn cursor(&self) -> (usize, usize) {
        self.cursor
    }

    /// The row of the first part that the detail is about.
    pub fn chosen(&self) -> usize {
        self.chosen
    }

    /// What the row that the detail is about was when it was last seen.
    pub fn chosen_key(&self) -> Option<Key> {
        self.chosen_key.filter(|_| !self.live())
    }

    /// First row in view of a part.
    pub fn top(&self, part: &str) -> usize {
        self.tops.get(part).copied().unwrap_or(0)
    }

    /// Whether the list moves under the cursor: on the first row nobody reads on yet, so it stays the worst that there is.
    fn live(&self) -> bool {
        let at_first = !self.moved || self.cursor == (0, 0);
        at_first && self.page.as_ref().is_none_or(|page| !page.follows)
    }

    /// Takes a new page: the cursor stays on its row, and the row on its line; on the first row it stays the first.
    pub fn set_page(&mut self, page: Arc<Page>, detail: Vec<Part>, of: u64) {
        if self.live() {
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
        self.settle();
    }

    /// Takes new parts about the chosen row.
    pub fn set_detail(&mut self, detail: Vec<Part>, of: (u64, usize)) {
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

    /// Moves by rows, from part to part.
    pub fn step_rows(&mut self, by: i64) {
        for _ in 0..by.unsigned_abs() {
            let (part, row) = self.cursor;
            let here = self.part(part).map_or(0, |part| part.table.rows.len());
            let next = if by > 0 {
                if row + 1 < here {
                    Some((part, row + 1))
                } else {
                    self.next_part(part).map(|at| (at, 0))
                }
            } else if row > 0 {
                Some((part, row - 1))
            } else {
                self.previous_part(part)
                    .map(|at| (at, self.rows_of(at).saturating_sub(1)))
            };
            let Some(next) = next else { break };
            self.moved = true;
            self.cursor = next;
        }
        self.settle();
    }

    /// Moves by the lines that the cursor's part had in the last frame.
    pub fn step_pages(&mut self, pages: f64) {
        let lines = self
            .lines
            .get(self.cursor.0)
            .copied()
            .flatten()
            .unwrap_or(1);
        let rows = (f64::from(lines) * pages.abs()).max(1.0) as i64;
        self.step_rows(if pages < 0.0 { -rows } else { rows });
    }

    fn rows_of(&self, part: usize) -> usize {
        self.part(part).map_or(0, |part| part.table.rows.len())
    }

    fn next_part(&self, from: usize) -> Option<usize> {
        let found = self
            .parts()
            .skip(from + 1)
            .position(|part| part.table.rows.selectable());
        found.map(|at| at + from + 1)
    }

    fn previous_part(&self, from: usize) -> Option<usize> {
        (0..from).rev().find(|at| {
            self.part(*at)
                .is_some_and(|part| part.table.rows.selectable())
        })
    }

    /// Moves to the first row of the next or the previous part. `false`: there is none.
    pub fn step_parts(&mut self, forward: bool) -> bool {
        let from = self.cursor.0;
        let found = if forward {
            self.next_part(from)
        } else {
            self.previous_part(from)
        };
        let Some(at) = found else { return false };
        self.moved = true;
        self.cursor = (at, if at == 0 { self.chosen } else { 0 });
        self.settle();
        true
    }

    /// Moves to the first row of the page.
    pub fn go_first(&mut self) {
        self.moved = false;
        self.cursor = (0, 0);
        self.settle();
    }

    /// Moves to the last row of the cursor's part.
    pub fn go_last(&mut self) {
        self.moved = true;
        self.cursor.1 = self.rows_of(self.cursor.0).saturating_sub(1);
        self.settle();
    }

    /// Whether the cursor is on the last row of the first part.
    pub fn at_end(&self) -> bool {
        self.cursor.0 == 0 && self.cursor.1 + 1 >= self.rows_of(0)
    }

    /// Moves to the nearest row in a direction that `wanted` takes. `false`: there is none.
    pub fn seek(&mut self, forward: bool, wanted: impl Fn(RowTrait) -> bool) -> bool {
        let (at, row) = self.cursor;
        let Some(part) = self.part(at) else {
            return false;
        };
        let rows = &part.table.rows;
        let fits = |row: &usize| wanted(rows.trait_of(*row));
        let found = if forward {
            (row + 1..rows.len()).find(fits)
        } else {
            (0..row).rev().find(fits)
        };
        let Some(found) = found else { return false };
        self.moved = true;
        self.cursor.1 = found;
        self.settle();
        true
    }

    /// The row under the cursor, formatted.
    pub fn row(&self) -> Option<Row> {
        let part = self.part(self.cursor.0)?;
        let rows = &part.table.rows;
        (self.cursor.1 < rows.len()).then(|| rows.row(self.cursor.1))
    }

    /// What steps look at, of the row under the cursor.
    pub fn row_trait(&self) -> Option<RowTrait> {
        let part = self.part(self.cursor.0)?;
        Some(part.table.rows.trait_of(self.cursor.1))
    }

    /// Shares `room` lines of `width` cells among the parts in `range` and scrolls so that the cursor is in view.
    pub fn lay_out(&mut self, range: Range<usize>, (width, room): (u16, u16)) -> Vec<Option<u16>> {
        let width = width.saturating_sub(INDENT);
        let unfold = self.row().map_or(0, |row| row.unfolded(width).len());
        let (at, row) = self.cursor;
        let wishes: Vec<Wish> = self
            .parts()
            .enumerate()
            .skip(range.start)
            .take(range.len())
            .map(|(index, part)| {
                let more = part.prose_lines(width) + if index == at { unfold } else { 0 };
                let lines = |rows: usize| u16::try_from(rows + more).unwrap_or(u16::MAX);
                Wish {
                    frame: 1 + u16::from(part.table.headed) + part.foot.len() as u16,
                    least: lines(usize::from(part.least).min(part.table.rows.len())),
                    most: lines(usize::from(part.most).min(part.table.rows.len())),
                    all: lines(part.table.rows.len()),
                }
            })
            .collect();
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
            let top = scroll(self.top(id), row, unfold, len, shown);
            self.tops.insert(id, top);
        }
        self.lines.resize(range.end, None);
        self.lines[range].copy_from_slice(&lines);
        lines
    }
}

/// The first row in view, moved as little as needed for the cursor's row and its unfolded lines to be in view.
fn scroll(top: usize, cursor: usize, unfold: usize, len: usize, lines: usize) -> usize {
    let top = top.min(cursor).min((len + unfold).saturating_sub(lines));
    let fits = |top: usize| {
        let used = cursor - top + 1 + unfold;
        // The last line says what is below, unless that is nothing.
        let room = if top + lines >= len + unfold {
            lines
        } else {
            lines.saturating_sub(1)
        };
        used <= room.max(1)
    };
    let last = cursor;
    (top..=last).find(|top| fits(*top)).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::{Row, Rows, Table};

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
        place.set_page(page(&["a", "b"]), Vec::new(), 1);
        place.set_page(page(&["worse", "a", "b"]), Vec::new(), 2);
        assert_eq!(
            (place.cursor(), place.chosen()),
            ((0, 0), 0),
            "what came above is looked at"
        );
        place.step_rows(2);
        place.set_page(page(&["worst", "worse", "a", "b"]), Vec::new(), 3);
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
        place.set_page(two(&[]), Vec::new(), 1);
        assert_eq!(place.cursor(), (1, 0), "nothing wrong yet");
        place.set_page(two(&["worst"]), Vec::new(), 2);
        assert_eq!(place.cursor(), (0, 0), "the worst is looked at");
    }

    #[test]
    fn scrolling_moves_as_little_as_it_can() {
        // 10 lines of 100 rows: 9 rows and "more below".
        assert_eq!(scroll(0, 8, 0, 100, 10), 0);
        assert_eq!(scroll(0, 9, 0, 100, 10), 1);
        assert_eq!(scroll(20, 5, 0, 100, 10), 5);
        assert_eq!(
            scroll(0, 99, 0, 100, 10),
            90,
            "the end needs no more-below line"
        );
        assert_eq!(scroll(0, 7, 2, 100, 10), 1, "unfolded lines count");
        assert_eq!(
            scroll(7, 2, 0, 3, 10),
            0,
            "no empty lines below while rows are hidden above"
        );
    }
}
