//! Filters, orders and columns of the list under the cursor.

use super::{Asks, Screen};
use crate::model::placed;
use crate::ui::arrange::{Sort, View};
use crate::ui::complete::field;
use crate::ui::float::Float;
use crate::ui::keys::Context;
use crate::ui::page::{Align, Column, Part};
use crate::ui::prompt::Prompt;

impl Screen {
    /// The part under the cursor, if it is a list.
    fn list(&self) -> Option<&Part> {
        let place = self.place();
        let listed = |part: &&Part| part.table.rows.selectable() || part.arranged.hidden > 0;
        let here = place.cursor_part().filter(listed);
        here.or_else(|| place.parts().find(listed))
    }

    pub(super) fn ask_filter(&mut self) {
        let Some(part) = self.list().map(|part| part.id) else {
            return self.say("no list here to filter");
        };
        let before = self.place().view_of(part);
        let only_find = before.filter.is_empty() && !before.search.is_empty();
        let text = if only_find {
            &before.search
        } else {
            &before.filter
        };
        let prompt = Prompt::new(
            Asks::Filter {
                part,
                before: before.clone(),
                only_find,
            },
            text,
        );
        self.prompt = Some(prompt);
    }

    pub(super) fn step_hits(&mut self, forward: bool) {
        let place = self.place();
        let searched = place
            .cursor_part()
            .map(|part| place.view_of(part.id).search);
        if place.step.context() == Context::Waterfall && searched.is_none_or(|of| of.is_empty()) {
            return self.step_trouble(forward);
        }
        match self.place_mut().step_hits(forward) {
            Some((at, all)) => self.say(format!("hit {at} of {all}")),
            None => self.say("nothing to find: / and a word, then Tab finds instead of filtering"),
        }
    }

    /// Filters by the value under the cursor: of the column under the column cursor, else of the row's function.
    pub(super) fn filter_by_value(&mut self, without: bool) {
        let place = self.place();
        let (Some(part), Some(row)) = (self.list(), place.row()) else {
            return self.say("no row under the cursor to filter by");
        };
        let columns = &part.table.columns;
        let of_function = || {
            let name = placed::name(row.function.as_deref()?).to_owned();
            let shows = |at: usize| {
                row.cells
                    .get(at)
                    .is_some_and(|cell| cell.characters().trim().ends_with(&name))
            };
            let column =
                (0..columns.len()).find(|at| !columns[*at].name.is_empty() && shows(*at))?;
            Some((column, name))
        };
        let chosen = place.column().and_then(|name| {
            let at = columns.iter().position(|column| &*column.name == name)?;
            Some((at, row.cells.get(at)?.characters().trim().to_owned()))
        });
        let first = || {
            let at = columns.iter().position(|column| !column.name.is_empty())?;
            Some((at, row.cells.get(at)?.characters().trim().to_owned()))
        };
        let Some((at, value)) = chosen.or_else(of_function).or_else(first) else {
            return self.say("nothing under the cursor to filter by: h and l choose a column");
        };
        if value.is_empty() {
            return self.say("this cell is empty");
        }
        let mut term = term(&field(at, columns), &value, without);
        // The same name in another place is another function.
        let (name, home) = placed::split(row.function.as_deref().unwrap_or_default());
        let here = !without && value == name && place_column(columns);
        if let Some(home) = home.filter(|_| here) {
            term = format!("{term} place:{home}");
        }
        let id = part.id;
        let before = place.view_of(id);
        let filter = if before.filter.is_empty() {
            term
        } else {
            format!("{} {term}", before.filter)
        };
        let view = View {
            filter,
            ..before.clone()
        };
        self.place_mut().set_view_undoable(id, before, view);
    }

    /// Sorts by the next or the previous column that has a name.
    pub(super) fn sort_by(&mut self, forward: bool) {
        let Some(part) = self.list() else {
            return self.say("no list here to sort");
        };
        let id = part.id;
        let view = self.place().view_of(id);
        let named: Vec<&Column> = part
            .table
            .columns
            .iter()
            .filter(|column| !column.name.is_empty() && !column.hidden)
            .collect();
        let now = view.sort.as_ref();
        let now = now.and_then(|sort| named.iter().position(|column| column.name == sort.column));
        let next = match (now, forward) {
            (None, true) => Some(0),
            (None, false) => named.len().checked_sub(1),
            (Some(at), true) => Some(at + 1),
            (Some(at), false) => at.checked_sub(1),
        };
        // Past either end stands the pane's own order.
        let sort = next.and_then(|at| named.get(at)).map(|column| Sort {
            column: column.name.clone(),
            descending: column.align == Align::Right,
        });
        self.set_sort(id, view, sort);
    }

    /// Sorts by one column: its own way first, then turned, then in the pane's own order.
    pub(super) fn sort_by_column(&mut self, part: &'static str, name: &str) {
        let found = self.place().parts().find(|one| one.id == part);
        let columns = found.map_or(&[][..], |part| &part.table.columns);
        let Some(column) = columns.iter().find(|column| &*column.name == name) else {
            return;
        };
        let own = column.align == Align::Right;
        let view = self.place().view_of(part);
        let next = match view.sort.as_ref().filter(|sort| &*sort.column == name) {
            None => Some(own),
            Some(sort) if sort.descending == own => Some(!own),
            Some(_) => None,
        };
        let sort = next.map(|descending| Sort {
            column: name.into(),
            descending,
        });
        self.set_sort(part, view, sort);
    }

    fn set_sort(&mut self, part: &'static str, view: View, sort: Option<Sort>) {
        self.place_mut().set_view(part, View { sort, ..view });
    }

    pub(super) fn turn_order(&mut self) {
        let Some(part) = self.list().map(|part| part.id) else {
            return self.say("no list here to sort");
        };
        let view = self.place().view_of(part);
        match view.sort.clone() {
            Some(sort) => {
                let sort = Sort {
                    descending: !sort.descending,
                    ..sort
                };
                self.set_sort(part, view, Some(sort));
            }
            None => self.say("the pane’s own order cannot be turned: , and . choose a column"),
        }
    }

    pub(super) fn choose_columns(&mut self) {
        match self.list() {
            Some(part)
                if part
                    .table
                    .columns
                    .iter()
                    .any(|column| !column.name.is_empty()) =>
            {
                let part = part.id;
                self.floats.push(Float::Columns { part, chosen: 0 });
            }
            _ => self.say("no columns here to choose"),
        }
    }

    /// Takes a column of a part away, or brings it back.
    pub(super) fn toggle_column(&mut self, part: &'static str, chosen: usize) {
        let found = self.place().parts().find(|one| one.id == part);
        let columns = found.map(|part| part.table.columns.iter());
        let mut named = columns
            .into_iter()
            .flatten()
            .filter(|column| !column.name.is_empty());
        let Some(name) = named.nth(chosen).map(|column| column.name.clone()) else {
            return;
        };
        let mut view = self.place().view_of(part);
        if !view.hidden.remove(&name) {
            view.hidden.insert(name);
        }
        self.place_mut().set_view(part, view);
    }
}

impl Screen {
    /// Makes the column under the column cursor wider or narrower.
    pub(super) fn step_width(&mut self, wider: bool) {
        let place = self.place();
        match (place.cursor_part(), place.column()) {
            (Some(part), Some(column)) => {
                let (part, column) = (part.id, column.to_owned());
                self.change_width(part, &column, wider);
            }
            _ => self.say("h and l choose the column to make wider or narrower"),
        }
    }

    /// The same of the column that is chosen among the columns of a part.
    pub(super) fn step_width_in_float(&mut self, wider: bool) {
        let Some(Float::Columns { part, chosen }) = self.floats.last() else {
            return;
        };
        let (part, chosen) = (*part, *chosen);
        let found = self.place().parts().find(|one| one.id == part);
        let columns = found.map_or(&[][..], |part| &part.table.columns);
        let mut named = columns.iter().filter(|column| !column.name.is_empty());
        if let Some(column) = named.nth(chosen).map(|column| column.name.clone()) {
            self.change_width(part, &column, wider);
        }
    }

    fn change_width(&mut self, part: &'static str, column: &str, wider: bool) {
        let Some(cells) = self.spots.width(part, column) else {
            return self.say(format!("{column} is not shown: there is no room for it"));
        };
        let next = if wider {
            cells.saturating_add(WIDTH_STEP)
        } else {
            cells.saturating_sub(WIDTH_STEP)
        };
        self.set_width(part, column, next);
    }

    /// Gives a column so many cells; with fewer than it can be read in, the width that its pane gives it.
    pub(super) fn set_width(&mut self, part: &'static str, column: &str, cells: u16) {
        let mut view = self.place().view_of(part);
        if cells < LEAST_WIDTH {
            view.widths.remove(column);
            self.say(format!("{column}: as wide as its pane makes it"));
        } else {
            view.widths.insert(column.into(), cells.min(MOST_WIDTH));
        }
        self.place_mut().set_view(part, view);
    }
}

/// Cells by which a key changes a width.
const WIDTH_STEP: u16 = 2;
/// A column narrower than this cannot be read.
const LEAST_WIDTH: u16 = 2;
const MOST_WIDTH: u16 = 200;

fn place_column(columns: &[Column]) -> bool {
    columns.iter().any(|column| &*column.name == "place")
}

/// `fn:payment`, `!status:"! error"`: what `f` and `F` add to a filter.
fn term(field: &str, value: &str, without: bool) -> String {
    let not = if without { "!" } else { "" };
    let plain = |one: char| one.is_alphanumeric() || "-_.:$/".contains(one);
    if value.chars().all(plain) {
        format!("{not}{field}:{value}")
    } else {
        format!("{not}{field}:\"{}\"", value.replace('"', ""))
    }
}
