//! Moving the cursor over the rows and columns of a page.

use super::Place;
use crate::model::time::Timestamp;
use crate::ui::page::{Key, RowTrait};

impl Place {
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

    /// Moves to the nearest hit of the search, from the end round to the beginning. `None`: there is none, else its number and
    /// how many there are.
    pub fn step_hits(&mut self, forward: bool) -> Option<(usize, usize)> {
        let (at, row) = self.cursor;
        let hits = &self.part(at)?.arranged.hits;
        let next = if forward {
            let after = hits.partition_point(|hit| *hit <= row);
            if after < hits.len() { after } else { 0 }
        } else {
            let before = hits.partition_point(|hit| *hit < row);
            before
                .checked_sub(1)
                .unwrap_or(hits.len().saturating_sub(1))
        };
        let (found, all) = (*hits.get(next)?, hits.len());
        self.moved = true;
        self.cursor.1 = found;
        self.settle();
        Some((next + 1, all))
    }

    /// Puts the cursor on a row of the part it is in.
    pub fn go_row(&mut self, part: usize, row: usize) {
        self.moved = true;
        self.cursor = (part, row);
        self.settle();
    }

    /// Puts the cursor on a row that is there. `false`: it was there already.
    pub fn point_at(&mut self, part: &str, key: Key) -> bool {
        let before = (self.cursor, self.moved);
        self.seek_row(part, key);
        self.settle();
        before.0 != self.cursor
    }

    /// Scrolls a part by rows without moving the cursor.
    pub fn scroll_part(&mut self, part: &'static str, by: i64) {
        let Some((at, found)) = self.parts().enumerate().find(|(_, one)| one.id == part) else {
            return;
        };
        let rows = found.table.rows.len();
        let lines = self.lines.get(at).copied().flatten().unwrap_or(0);
        let last = rows.saturating_sub(usize::from(lines).max(1));
        let top = (self.top(part) as i64).saturating_add(by).max(0) as usize;
        self.tops.insert(part, top.min(last));
        self.loose |= at == self.cursor.0;
    }

    /// The part with the cursor follows the cursor again.
    pub fn tie(&mut self) {
        self.loose = false;
    }

    /// The minute under the cursor, if its row has minutes.
    pub fn minute(&self) -> Option<Timestamp> {
        let at = self.minute?;
        let strip = self.row()?.strip?;
        strip.minutes.index(at).map(|_| at)
    }

    /// Puts the minute cursor on a minute, or takes it off. `false`: it was there already.
    pub fn set_minute(&mut self, at: Option<Timestamp>) -> bool {
        std::mem::replace(&mut self.minute, at) != at
    }

    /// Moves sideways: over the minutes of a strip, else over columns.
    pub fn step_sideways(&mut self, forward: bool) {
        match self.row().and_then(|row| row.strip) {
            Some(strip) => self.minute = Some(strip.beside(self.minute, forward)),
            None => self.step_columns(forward),
        }
    }

    /// Moves the column cursor over the columns that have a name. The first move puts it on the first of them.
    fn step_columns(&mut self, forward: bool) {
        let Some(part) = self.cursor_part() else {
            return;
        };
        let names: Vec<Box<str>> = part
            .table
            .columns
            .iter()
            .filter(|column| !column.name.is_empty() && !column.hidden)
            .map(|column| column.name.clone())
            .collect();
        let at = self.column.as_ref();
        let at = at.and_then(|column| names.iter().position(|name| name == column));
        let next = match (at, forward) {
            (None, true) => 0,
            (None, false) => names.len().saturating_sub(1),
            (Some(at), true) => (at + 1).min(names.len().saturating_sub(1)),
            (Some(at), false) => at.saturating_sub(1),
        };
        self.column = names.get(next).cloned();
    }
}
