//! What the reader asked of the lists of one place: filters, orders, columns. `Esc` takes filters back, the last first.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Place, Stamp};
use crate::model::time::Timestamp;
use crate::ui::arrange::View;
use crate::ui::page::Key;

/// Views by the id of their part.
pub type Views = BTreeMap<Box<str>, View>;

impl Place {
    /// The views of its parts.
    pub fn views(&self) -> &Arc<Views> {
        &self.views
    }

    /// What a page must be made of to be up to date with `picture`.
    pub fn stamp(&self, picture: u64) -> Stamp {
        Stamp {
            picture,
            view: self.view,
        }
    }

    /// The view of one part.
    pub fn view_of(&self, part: &str) -> View {
        self.views.get(part).cloned().unwrap_or_default()
    }

    /// Sets the view of one part.
    pub fn set_view(&mut self, part: &str, view: View) {
        if self.view_of(part) != view {
            Arc::make_mut(&mut self.views).insert(part.into(), view);
            self.renew();
        }
    }

    /// The same, so that `Esc` takes it back.
    pub fn set_view_undoable(&mut self, part: &str, before: View, view: View) {
        if before != view {
            self.undo.push((part.into(), before));
        }
        self.set_view(part, view);
    }

    /// Takes the last filter back. `false`: there is none.
    pub fn undo_view(&mut self) -> bool {
        let Some((part, before)) = self.undo.pop() else {
            return false;
        };
        // Only what hides or marks rows is taken back: an order that was chosen since stays.
        let now = self.view_of(&part);
        let view = View {
            filter: before.filter,
            search: before.search,
            ..now
        };
        self.set_view(&part, view);
        true
    }

    /// Puts views back that were kept from an earlier run, each to be taken off by `Esc`.
    pub fn restore(&mut self, views: Views) {
        for (part, view) in &views {
            if !view.filter.is_empty() {
                let bare = View {
                    filter: String::new(),
                    ..view.clone()
                };
                self.undo.push((part.clone(), bare));
            }
        }
        self.views = Arc::new(views);
        self.renew();
    }

    /// Puts rows in their order anew.
    pub fn renew(&mut self) {
        self.view += 1;
        self.held_since = None;
        self.entered_above = 0;
    }

    /// The orders that a new page has to keep: someone reads on, and asked for nothing else since.
    pub fn kept_orders(&self, picture: u64) -> Vec<(&'static str, Arc<[Key]>)> {
        let asked_since = self.page_of.is_none_or(|of| of.view != self.view);
        if asked_since || !self.holds() || self.page_of == Some(self.stamp(picture)) {
            return Vec::new();
        }
        let parts = self.page.iter().flat_map(|page| &page.parts);
        parts
            .map(|part| (part.id, Arc::clone(part.table.rows.keys())))
            .collect()
    }

    /// Whether the order of rows is held: the cursor was moved away from the first row.
    fn holds(&self) -> bool {
        !self.live() && self.page.as_ref().is_some_and(|page| !page.follows)
    }

    /// Notes that a page was made at `now`.
    pub fn note_made(&mut self, now: Timestamp) {
        if self.holds() {
            self.held_since.get_or_insert(now);
        } else {
            self.held_since = None;
            self.entered_above = 0;
        }
    }

    /// Since when the order is held, how many rows would move, how many came above the cursor; `None` while nothing would
    /// change.
    pub fn held(&self) -> Option<(Timestamp, usize, usize)> {
        let since = self.held_since?;
        let moved = self.cursor_part()?.arranged.held.moved;
        (moved > 0 || self.entered_above > 0).then_some((since, moved, self.entered_above))
    }

    /// The column under the cursor, by its name.
    pub fn column(&self) -> Option<&str> {
        let named = self.column.as_deref()?;
        let columns = &self.cursor_part()?.table.columns;
        columns
            .iter()
            .any(|column| &*column.name == named)
            .then_some(named)
    }

    /// Puts the column cursor on a column.
    pub fn set_column(&mut self, column: Option<Box<str>>) {
        self.column = column;
    }
}
