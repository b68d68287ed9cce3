//! Trees and long lines: what is folded, how much of an axis is shown, how lines are broken.

use super::Screen;
use crate::ui::action::Action;
use crate::ui::arrange::{View, Zoom};
use crate::ui::figures;
use crate::ui::page::{Cell, Part};

/// Terms of the filter by level, and what is said of each. Lines without a level, as platform lines are, are not DEBUG.
const LEVELS: [(&str, &str); 3] = [
    ("!level:debug,trace", "lines of DEBUG and TRACE are hidden"),
    ("level:warn,error", "only lines of WARN and ERROR"),
    ("level:error", "only lines of ERROR"),
];

impl Screen {
    /// Half as much of the axis of time, twice as much, or all of it.
    pub(super) fn zoom_axis(&mut self, action: Action) {
        let place = self.place();
        let axis = |part: &Part| part.table.columns.iter().find_map(|column| column.axis);
        let part = place.cursor_part().filter(|part| axis(part).is_some());
        let part = part.or_else(|| place.parts().find(|part| axis(part).is_some()));
        let Some((part, milliseconds)) = part.and_then(|part| Some((part, axis(part)?))) else {
            return self.say("no axis of time here: v opens the trace of this row");
        };
        let id = part.id;
        let mut view = place.view_of(id);
        view.zoom = match action {
            Action::Magnify => view.zoom.closer(self.middle_of_row()),
            Action::Shrink => view.zoom.wider(),
            _ => Zoom::default(),
        };
        let (from, to) = view.zoom.shares();
        let said = if view.zoom == Zoom::default() {
            format!("all of {}", figures::duration(milliseconds))
        } else {
            let of = |share: f64| figures::duration(milliseconds * share);
            format!("{} from {} on, of {}", of(to - from), of(from), of(1.0))
        };
        self.place_mut().set_view(id, view);
        self.say(said);
    }

    /// The middle of what the row under the cursor has on the axis, as a share of it.
    fn middle_of_row(&self) -> f64 {
        let cells = self.place().row().map_or_else(Vec::new, |row| row.cells);
        let strokes = cells.iter().find_map(|cell| match cell {
            Cell::Track(strokes) => Some(strokes),
            _ => None,
        });
        let strokes = || strokes.into_iter().flatten();
        let from = strokes().map(|one| one.from).fold(1.0, f64::min);
        let to = strokes().map(|one| one.to).fold(0.0, f64::max);
        f64::midpoint(from, to)
    }

    /// Hides what is under the row; where nothing is, goes to what the row is under.
    pub(super) fn fold(&mut self) {
        let place = self.place();
        let (Some(part), Some(key)) = (place.cursor_part(), place.cursor_key()) else {
            return;
        };
        let (rows, row) = (&part.table.rows, place.cursor().1);
        let depth = |at: usize| rows.trait_of(at).depth;
        let mut view = place.view_of(part.id);
        let has_more = row + 1 < rows.len() && depth(row + 1) > depth(row);
        if has_more {
            let id = part.id;
            view.folded.insert(key);
            return self.place_mut().set_view(id, view);
        }
        let parent = (0..row).rev().find(|at| depth(*at) < depth(row));
        match parent {
            Some(parent) => {
                let at = place.cursor().0;
                self.place_mut().go_row(at, parent);
            }
            None => self.say("nothing is under this row, and it is under nothing"),
        }
    }

    /// Shows what is under the row; where it is shown, goes to the first of it.
    pub(super) fn unfold(&mut self) {
        let place = self.place();
        let (Some(part), Some(key)) = (place.cursor_part(), place.cursor_key()) else {
            return;
        };
        let (id, row) = (part.id, place.cursor().1);
        let rows = &part.table.rows;
        let mut view = place.view_of(id);
        if view.folded.remove(&key) {
            return self.place_mut().set_view(id, view);
        }
        let depth = |at: usize| rows.trait_of(at).depth;
        if row + 1 < rows.len() && depth(row + 1) > depth(row) {
            self.place_mut().step_rows(1);
        } else {
            self.say("nothing is under this row");
        }
    }

    /// Wraps long lines or cuts them; unfolds every object or folds them.
    pub(super) fn turn_lines(&mut self, wrap: bool) {
        let Some(part) = self.place().cursor_part().map(|part| part.id) else {
            return;
        };
        let mut view = self.place().view_of(part);
        let (which, on, off) = if wrap {
            (
                &mut view.wrap,
                "long lines are wrapped",
                "long lines are cut",
            )
        } else {
            (
                &mut view.unfold,
                "objects are unfolded",
                "objects are folded",
            )
        };
        *which = !*which;
        let said = if *which { on } else { off };
        self.place_mut().set_view(part, view);
        self.say(said);
    }

    /// Hides quiet lines: those of DEBUG and TRACE, then all but WARN and ERROR, then all but ERROR; then shows all again.
    pub(super) fn next_level(&mut self) {
        let place = self.place();
        let has_level = |part: &&Part| {
            let columns = &part.table.columns;
            columns.iter().any(|column| &*column.name == "level")
        };
        let part = place.cursor_part().filter(|part| has_level(part));
        let Some(part) = part.or_else(|| place.parts().find(has_level)) else {
            return self.say("no log lines here: L reads those of this row");
        };
        let (id, before) = (part.id, place.view_of(part.id));
        let (others, now): (Vec<&str>, Vec<&str>) = before
            .filter
            .split(' ')
            .filter(|term| !term.is_empty())
            .partition(|term| !LEVELS.iter().any(|(level, _)| level == term));
        let now = now.first();
        let now = now.and_then(|now| LEVELS.iter().position(|(level, _)| level == now));
        let next = LEVELS.get(now.map_or(0, |now| now + 1));
        let terms = others.into_iter().chain(next.map(|(level, _)| *level));
        let view = View {
            filter: terms.collect::<Vec<_>>().join(" "),
            ..before.clone()
        };
        self.place_mut().set_view_undoable(id, before, view);
        self.say(next.map_or("lines of all levels", |(_, said)| *said));
    }

    /// Goes to the next trouble of a waterfall: refused, cold, repeated, overtaken.
    pub(super) fn step_trouble(&mut self, forward: bool) {
        if !self.place_mut().seek(forward, |row| row.trouble) {
            self.say("no further trouble in this trace");
        }
    }
}
