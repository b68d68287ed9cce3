//! What the mouse does: nothing that a key cannot do. What was drawn where is what the last frame noted.

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};

use super::{Asks, Outcome, Screen};
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::ui::action::Action;
use crate::ui::float::Float;
use crate::ui::span::Span;
use crate::ui::spots::Spot;

/// Rows that one notch of the wheel scrolls.
const NOTCH: i64 = 3;

/// A button that was pressed on something that can be dragged.
#[derive(Clone, Debug)]
pub(super) enum Drag {
    /// The edge of a column, `width` wide when it was pressed at `x`.
    Edge {
        part: &'static str,
        column: Box<str>,
        width: u16,
        x: u16,
    },
    /// A minute, from which a window is drawn.
    Minutes { from: Timestamp, to: Timestamp },
}

impl Screen {
    /// Does what the mouse means. With Alt held it means nothing, so that the terminal may select.
    pub fn on_mouse(&mut self, event: MouseEvent) -> Outcome {
        if event.modifiers.contains(KeyModifiers::ALT) {
            return Outcome::Ignored;
        }
        let at = (event.column, event.row);
        match event.kind {
            MouseEventKind::ScrollDown => self.wheel(at, NOTCH),
            MouseEventKind::ScrollUp => self.wheel(at, -NOTCH),
            MouseEventKind::Down(MouseButton::Left) => self.press(at),
            MouseEventKind::Drag(MouseButton::Left) => self.drag(at),
            MouseEventKind::Up(MouseButton::Left) => self.let_go(),
            MouseEventKind::Down(MouseButton::Right) => self.right_click(),
            _ => Outcome::Ignored,
        }
    }

    /// Whatever is topmost there.
    fn spot(&self, (x, y): (u16, u16)) -> Option<Spot> {
        self.spots.at(x, y).next().cloned()
    }

    /// As Esc does.
    fn right_click(&mut self) -> Outcome {
        self.message = None;
        if self.prompt.is_some() {
            self.leave_prompt();
            return Outcome::Redraw;
        }
        self.act(Action::Back)
    }

    fn wheel(&mut self, at: (u16, u16), by: i64) -> Outcome {
        let commands = self.prompt.as_mut().map(|prompt| &mut prompt.asks);
        if let Some(Asks::Command { found, chosen, .. }) = commands {
            let last = found.len().saturating_sub(1) as i64;
            *chosen = (*chosen as i64 + by).clamp(0, last) as usize;
            return Outcome::Redraw;
        }
        if let Some(float) = self.floats.last_mut() {
            float.step(by);
            return Outcome::Redraw;
        }
        let (x, y) = at;
        let part = self.spots.at(x, y).find_map(|spot| match spot {
            Spot::Part(part) => Some(*part),
            _ => None,
        });
        let Some(part) = part else {
            return Outcome::Ignored;
        };
        self.place_mut().scroll_part(part, by);
        Outcome::Redraw
    }

    fn press(&mut self, at: (u16, u16)) -> Outcome {
        let Some(spot) = self.spot(at) else {
            return Outcome::Ignored;
        };
        self.message = None;
        self.hint = false;
        self.chord = false;
        match spot {
            Spot::Choice(choice) => return self.choose(choice),
            // A prompt is left by its own keys; what lies under a box cannot be meant.
            _ if self.prompt.is_some() || !self.floats.is_empty() => return Outcome::Ignored,
            Spot::Float | Spot::Part(_) => return Outcome::Ignored,
            Spot::Tab(pane) => self.pane = pane,
            Spot::Crumb(step) => self.stacks[self.pane].truncate(step + 1),
            Spot::Head { part, column } => self.sort_by_column(part, &column),
            Spot::Edge {
                part,
                column,
                width,
            } => {
                self.held_spot = Some(Drag::Edge {
                    part,
                    column,
                    width,
                    x: at.0,
                });
            }
            Spot::Row { part, key } => {
                if !self.place_mut().point_at(part, key) {
                    self.open();
                }
            }
            Spot::Bar { part, key } => {
                self.place_mut().point_at(part, key);
                self.open();
            }
            Spot::Minute { part, key, at } => {
                self.place_mut().point_at(part, key);
                self.place_mut().set_minute(Some(at));
                self.held_spot = Some(Drag::Minutes { from: at, to: at });
            }
        }
        Outcome::Redraw
    }

    /// Chooses a line of what floats; a second time takes it.
    fn choose(&mut self, choice: usize) -> Outcome {
        let commands = self.prompt.as_mut().map(|prompt| &mut prompt.asks);
        if let Some(Asks::Command { chosen, .. }) = commands {
            return if std::mem::replace(chosen, choice) == choice {
                self.keep_prompt()
            } else {
                Outcome::Redraw
            };
        }
        if let Some(Float::Columns { chosen, .. } | Float::Marks { chosen }) =
            self.floats.last_mut()
            && std::mem::replace(chosen, choice) == choice
        {
            self.open_in_float();
        }
        Outcome::Redraw
    }

    fn drag(&mut self, (x, y): (u16, u16)) -> Outcome {
        match self.held_spot.take() {
            Some(Drag::Edge {
                part,
                column,
                width,
                x: from,
            }) => {
                let cells = i32::from(width) + i32::from(x) - i32::from(from);
                self.set_width(part, &column, u16::try_from(cells).unwrap_or(0));
                self.held_spot = Some(Drag::Edge {
                    part,
                    column,
                    width,
                    x: from,
                });
            }
            Some(Drag::Minutes { from, to }) => {
                // Only how far along the strip it is counts, not whether it stays on its line.
                let over = self.spots.at(x, y).find_map(|spot| match spot {
                    Spot::Minute { at, .. } => Some(*at),
                    _ => None,
                });
                let to = over.unwrap_or(to);
                self.place_mut().set_minute(Some(to));
                self.held_spot = Some(Drag::Minutes { from, to });
            }
            None => return Outcome::Ignored,
        }
        Outcome::Redraw
    }

    fn let_go(&mut self) -> Outcome {
        match self.held_spot.take() {
            Some(Drag::Minutes { from, to }) if from == to => self.open(),
            Some(Drag::Minutes { from, to }) => {
                let (from, until) = (from.min(to), from.max(to).plus_ms(MINUTE_MS));
                self.place_mut().set_minute(None);
                self.set_span(Span {
                    length_ms: Some(until.since(from)),
                    end: Some(until).filter(|until| *until < self.present()),
                });
            }
            Some(Drag::Edge { .. }) | None => return Outcome::Ignored,
        }
        Outcome::Redraw
    }
}
