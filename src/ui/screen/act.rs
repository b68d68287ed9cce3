//! What each action does.

use super::{Outcome, Screen};
use crate::export::snapshot::Scope;
use crate::store::log_text::LineId;
use crate::ui::action::Action;
use crate::ui::explain;
use crate::ui::float::Float;
use crate::ui::keys::Context;
use crate::ui::page::Run;
use crate::ui::place::Place;
use crate::ui::step::{Step, Which};

impl Screen {
    pub(super) fn act(&mut self, action: Action) -> Outcome {
        match action {
            Action::Quit | Action::QuitNow => return Outcome::Quit,
            Action::Suspend => return Outcome::Suspend,
            _ if !self.floats.is_empty() => return self.act_on_float(action),
            Action::Help => self.floats.push(Float::help()),
            Action::Left | Action::Right => {
                self.place_mut().step_sideways(action == Action::Right);
            }
            Action::Down => self.place_mut().step_rows(1),
            Action::Up => self.place_mut().step_rows(-1),
            Action::HalfPageDown => self.place_mut().step_pages(0.5),
            Action::HalfPageUp => self.place_mut().step_pages(-0.5),
            Action::PageDown => self.place_mut().step_pages(1.0),
            Action::PageUp => self.place_mut().step_pages(-1.0),
            Action::First => self.place_mut().go_first(),
            Action::Last => {
                self.place_mut().go_last();
                self.place_mut().renew();
            }
            Action::NextPart | Action::PreviousPart => {
                if !self.place_mut().step_parts(action == Action::NextPart) {
                    self.say("no further part");
                }
            }
            Action::Open => self.open(),
            Action::Back => self.back(),
            Action::Trace => self.open_run(Step::Trace, "no invocation under the cursor to trace"),
            Action::Lines => self.open_run(Step::Lines, "no invocation under the cursor to read"),
            Action::Invocations => self.open_invocations(),
            Action::NextOfRequest | Action::PreviousOfRequest => {
                self.seek_request(action == Action::NextOfRequest);
            }
            Action::NextError | Action::PreviousError => {
                if !self
                    .place_mut()
                    .seek(action == Action::NextError, |row| row.error)
                {
                    self.say("no further error");
                }
            }
            Action::Filter => self.ask_filter(),
            Action::NextHit | Action::PreviousHit => self.step_hits(action == Action::NextHit),
            Action::Only => self.filter_by_value(false),
            Action::Without => self.filter_by_value(true),
            Action::SortNext => self.sort_by(true),
            Action::SortPrevious => self.sort_by(false),
            Action::SortReverse => self.turn_order(),
            Action::SortNow => self.place_mut().renew(),
            Action::Columns => self.choose_columns(),
            Action::Wider | Action::Narrower => self.step_width(action == Action::Wider),
            Action::Magnify | Action::Shrink | Action::Whole => self.zoom_axis(action),
            Action::Fold => self.fold(),
            Action::Unfold => self.unfold(),
            Action::Wrap | Action::Json => self.turn_lines(action == Action::Wrap),
            Action::Level => self.next_level(),
            Action::Recall => return self.recall(),
            Action::OnlyPart => self.place_mut().toggle_only_part(),
            Action::CriticalPath => self.turn_trace(),
            Action::Explain => self.explain(),
            Action::Mark => self.mark(),
            Action::Marks => self.list_marks(),
            Action::NextMark | Action::PreviousMark => self.step_marks(action == Action::NextMark),
            Action::Acknowledge | Action::Mute => self.ask_silence(action == Action::Mute),
            Action::Copy => self.ask_copy(),
            Action::CopyLine | Action::CopyIds | Action::CopyCommand | Action::CopyUrl => {
                self.copy(action);
            }
            Action::Console => self.show_url(),
            Action::Command => self.ask_command(),
            Action::Snapshot => {
                self.say("snapshot: begins");
                return Outcome::Snapshot(Scope::default());
            }
            Action::SnapshotOfThis => match self.looked_at() {
                Some(scope) => {
                    self.say("snapshot: begins");
                    return Outcome::Snapshot(scope);
                }
                None => self.say("no finding, request or function under the cursor to save"),
            },
            Action::Theme => self.next_theme(),
            Action::Profile => self.ask_profile(),
            Action::Region => self.ask_region(),
            Action::PollNow => return Outcome::PollNow,
            Action::Pause => self.pause(),
            Action::Earlier | Action::Later => self.step_span(action == Action::Later),
            Action::Now => self.go_now(),
            Action::ZoomIn | Action::ZoomOut => self.zoom_span(action == Action::ZoomIn),
            Action::GoToTime => self.ask_time(),
            Action::Zone => self.next_zone(),
            Action::Compare => self.ask_comparison(),
            Action::NextPane => self.next_pane(),
            Action::PreviousPane => {
                self.pane = (self.pane + self.stacks.len() - 1) % self.stacks.len();
            }
            Action::Complete
            | Action::Older
            | Action::Newer
            | Action::DeleteWord
            | Action::DeleteLine => return Outcome::Ignored,
            digit => match digit.pane().filter(|pane| *pane < self.stacks.len()) {
                Some(pane) => self.pane = pane,
                None => self.say("no pane on this digit"),
            },
        }
        Outcome::Redraw
    }

    /// The finding, request or function under the cursor, else that of the page.
    fn looked_at(&self) -> Option<Scope> {
        let place = self.place();
        let row = place.row();
        let opens = row.as_ref().and_then(|row| row.open.as_ref());
        let run = row.as_ref().and_then(|row| row.run);
        let function = row.as_ref().and_then(|row| row.function.clone());
        let request = |run: Run| Scope {
            request: Some(run.request),
            ..Scope::default()
        };
        let functions = |name: String| Scope {
            functions: vec![globset::escape(&name)],
            ..Scope::default()
        };
        let of_step = |step: &Step| match step {
            Step::Finding(id) => Some(Scope {
                finding: Some(id.clone()),
                ..Scope::default()
            }),
            Step::Invocation(run) | Step::Trace(run) | Step::Lines(run) => Some(request(*run)),
            Step::Function(name) => Some(functions(name.clone())),
            _ => None,
        };
        opens
            .and_then(of_step)
            .or_else(|| run.map(request))
            .or_else(|| function.map(functions))
            .or_else(|| of_step(&place.step))
    }

    /// Says what the row under the cursor means, or the column of it under the column cursor.
    fn explain(&mut self) {
        let place = self.place();
        let (Some(part), Some(row)) = (place.cursor_part(), place.row()) else {
            return self.say("nothing under the cursor to explain");
        };
        let lines = explain::row(&self.shown, part, &row, self.raw_line(), place.column());
        let title = format!("Explained: {}", part.title.characters());
        self.floats.push(Float::Said {
            title,
            lines,
            top: 0,
        });
    }

    /// The log line under the cursor, as it was written.
    pub(super) fn raw_line(&self) -> Option<&str> {
        let place = self.place();
        if place.step.context() != Context::Log {
            return None;
        }
        let line = self.shown.line(LineId(place.cursor_key()?.0))?;
        Some(line.text)
    }

    pub(super) fn open(&mut self) {
        match self.place().leads_to() {
            Some(step) => self.push(step),
            None => self.say("nothing more behind this row"),
        }
    }

    /// Goes on to a step; back to it where it is the one that led here.
    pub(super) fn push(&mut self, step: Step) {
        let stack = &mut self.stacks[self.pane];
        match stack.iter().rev().position(|place| place.step == step) {
            Some(0) => {}
            Some(1) => drop(stack.pop()),
            _ => stack.push(Place::new(step)),
        }
    }

    fn back(&mut self) {
        if self.place_mut().set_minute(None) || self.place_mut().undo_view() {
            return;
        }
        let stack = &mut self.stacks[self.pane];
        if stack.len() > 1 {
            stack.pop();
        } else {
            self.say("this is the top: q quits");
        }
    }

    fn open_run(&mut self, step: impl Fn(Run) -> Step, otherwise: &str) {
        let of_row = self.place().row().and_then(|row| row.run);
        match of_row.or_else(|| self.place().page()?.run) {
            Some(run) => self.push(step(run)),
            None => self.say(otherwise),
        }
    }

    fn next_theme(&mut self) {
        match self.look.next() {
            Some(look) => {
                let name = look.name.unwrap_or_default();
                self.say(format!(
                    "theme {name}: kept for the next run; theme = \"{name}\" in nepho.toml settles it"
                ));
                self.look = look;
            }
            None => self.say("this terminal has 16 colours or none, and one theme for them"),
        }
    }

    fn turn_trace(&mut self) {
        match self.place().step.turned() {
            Some(step) => *self.place_mut() = Place::new(step),
            None => self.say("no trace here: v opens the one of this row"),
        }
    }

    fn open_invocations(&mut self) {
        match self.place().row().and_then(|row| row.function) {
            Some(function) => self.push(Step::Invocations {
                function,
                which: Which::All,
            }),
            None => self.say("no function under the cursor"),
        }
    }

    fn seek_request(&mut self, forward: bool) {
        let Some(run) = self.place().row_trait().and_then(|row| row.run) else {
            return self.say("this line belongs to no request");
        };
        if !self.place_mut().seek(forward, |row| row.run == Some(run)) {
            self.say("no further line of this request");
        }
    }

    pub(super) fn pause(&mut self) {
        self.held = !self.held;
        if !self.held {
            self.show_latest();
        }
    }

    /// What a key does to the topmost of what floats.
    fn act_on_float(&mut self, action: Action) -> Outcome {
        let Some(float) = self.floats.last_mut() else {
            return Outcome::Ignored;
        };
        match action {
            Action::Back => {
                self.floats.pop();
            }
            Action::Down => float.step(1),
            Action::Up => float.step(-1),
            Action::HalfPageDown | Action::PageDown => float.step(10),
            Action::HalfPageUp | Action::PageUp => float.step(-10),
            Action::First => float.step(i64::MIN),
            Action::Last => float.step(i64::MAX),
            Action::Open => self.open_in_float(),
            Action::Wider | Action::Narrower => self.step_width_in_float(action == Action::Wider),
            _ => return Outcome::Ignored,
        }
        Outcome::Redraw
    }

    pub(super) fn open_in_float(&mut self) {
        match self.floats.last() {
            Some(Float::Columns { part, chosen, .. }) => {
                let (part, chosen) = (*part, *chosen);
                self.toggle_column(part, chosen);
            }
            Some(Float::Marks { chosen }) => {
                let chosen = *chosen;
                self.go_to_mark(chosen);
            }
            _ => {
                self.floats.pop();
            }
        }
    }
}
