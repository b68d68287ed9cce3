//! Marks with notes, findings that are acknowledged or muted, and the bell.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Asks, Effect, Screen};
use crate::model::finding::Severity;
use crate::model::mark::{Mark, Noted, Silence};
use crate::model::settings::Notify;
use crate::model::text::plain;
use crate::store::scene::{Mode, Scene};
use crate::ui::figures;
use crate::ui::float::Float;
use crate::ui::page::Key;
use crate::ui::prompt::Prompt;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;
use crate::ui::value::figure;

/// How long a finding is silenced where nothing else is said.
const SILENT_MS: i64 = 3_600_000;

/// The way back to a mark.
#[derive(Serialize, Deserialize)]
struct Way {
    pane: usize,
    part: String,
    /// What was opened, the pane first.
    steps: Vec<Step>,
}

impl Screen {
    /// What a snapshot keeps of what a reader left: every mark, and the silences that hold still.
    pub fn noted(&self) -> Noted {
        let holds = |silence: &&Silence| silence.holds(self.shown.now);
        Noted {
            marks: self.marked.clone(),
            silences: self.silences.iter().filter(holds).cloned().collect(),
        }
    }

    /// Every mark, oldest first.
    pub fn marks(&self) -> impl Iterator<Item = &Mark> {
        self.marked.iter()
    }

    /// Marks the row under the cursor, with a note; takes the mark off where there is one.
    pub(super) fn mark(&mut self) {
        let Some(key) = self.place().cursor_key() else {
            return self.say("no row under the cursor to mark");
        };
        let before = self.marked.len();
        self.marked.retain(|mark| mark.row != key.0);
        if self.marked.len() < before {
            return self.say("mark taken off");
        }
        self.prompt = Some(Prompt::new(Asks::Note, ""));
    }

    pub(super) fn keep_mark(&mut self, note: &str) {
        let place = self.place();
        let (Some(key), Some(row), Some(part)) =
            (place.cursor_key(), place.row(), place.cursor_part())
        else {
            return;
        };
        let stack = &self.stacks[self.pane];
        let crumbs: Vec<String> = stack.iter().map(|place| place.step.crumb()).collect();
        let cells = row
            .cells
            .iter()
            .map(|cell| cell.characters().trim().to_owned());
        let says: Vec<String> = cells.filter(|cell| !cell.is_empty()).collect();
        let way = Way {
            pane: self.pane,
            part: part.id.to_owned(),
            steps: stack.iter().map(|place| place.step.clone()).collect(),
        };
        let mark = Mark {
            row: key.0,
            place: crumbs.join(" › "),
            says: says.join("  "),
            note: note.to_owned(),
            marked_ms: self.shown.now.0,
            // Not every step can be written down: then the mark is listed, and leads nowhere in another session.
            way: serde_json::to_value(way).unwrap_or_default(),
        };
        self.marked.push(mark);
        self.say(format!("{} marked", self.marked.len()));
    }

    /// Keys of the rows that are marked.
    pub(super) fn marked_rows(&self) -> BTreeSet<Key> {
        self.marks().map(|mark| Key(mark.row)).collect()
    }

    pub(super) fn list_marks(&mut self) {
        if self.marked.is_empty() {
            return self.say("nothing is marked: m marks the row under the cursor");
        }
        self.floats.push(Float::Marks { chosen: 0 });
    }

    /// One line a mark, for the list of them.
    pub(super) fn mark_lines(&self) -> Vec<Text> {
        self.marks()
            .map(|mark| {
                let note = if mark.note.is_empty() {
                    String::new()
                } else {
                    format!("{} · ", plain(&mark.note))
                };
                Text::of(Role::Dim, &format!("{}  ", plain(&mark.place)))
                    .and(Role::Strong, &note)
                    .and(Role::Text, &plain(&mark.says))
            })
            .collect()
    }

    /// Goes to where a row was marked.
    pub(super) fn go_to_mark(&mut self, at: usize) {
        let Some(mark) = self.marked.get(at) else {
            return;
        };
        let key = Key(mark.row);
        let way = serde_json::from_value::<Way>(mark.way.clone()).ok();
        let Some(way) = way.filter(|way| way.pane < self.stacks.len()) else {
            return self.say("how to get there is not known");
        };
        self.floats.clear();
        self.pane = way.pane;
        self.stacks[way.pane].truncate(1);
        for step in way.steps.into_iter().skip(1) {
            self.push(step);
        }
        self.place_mut().go_to(&way.part, key);
    }

    /// Goes to the next or the previous mark of this list.
    pub(super) fn step_marks(&mut self, forward: bool) {
        let marks = self.marked_rows();
        let place = self.place();
        let (_, row) = place.cursor();
        let Some(part) = place.cursor_part() else {
            return;
        };
        let keys = part.table.rows.keys();
        let found = if forward {
            (row + 1..keys.len()).find(|at| marks.contains(&keys[*at]))
        } else {
            (0..row).rev().find(|at| marks.contains(&keys[*at]))
        };
        let at = self.place().cursor().0;
        match found {
            Some(row) => self.place_mut().go_row(at, row),
            None => self.say("no further mark in this list"),
        }
    }

    /// Asks for a reason and an end to silence the finding under the cursor.
    pub(super) fn ask_silence(&mut self, mute: bool) {
        let id = match self.place().row().and_then(|row| row.open) {
            Some(Step::Finding(id)) => Some(id),
            _ => match &self.place().step {
                Step::Finding(id) => Some(id.clone()),
                _ => None,
            },
        };
        let Some(finding) = id else {
            return self.say("no finding under the cursor");
        };
        let before = self.silences.len();
        self.silences.retain(|silence| silence.finding != finding);
        if self.silences.len() < before {
            self.picture += 1;
            return self.say("heard again");
        }
        self.prompt = Some(Prompt::new(Asks::Silence { finding, mute }, ""));
    }

    /// `deploy rolled back 2h`: a reason, and at its end how long, an hour if that is not said.
    pub(super) fn silence(&mut self, finding: String, mute: bool, typed: &str) {
        let (reason, last) = typed.rsplit_once(' ').unwrap_or(("", typed));
        let is_span =
            last.starts_with(|one: char| one.is_ascii_digit()) && last.ends_with(['m', 'h', 'd']);
        let (reason, length) = match figure(last).filter(|_| is_span) {
            Some(length) => (reason, length as i64),
            None => (typed, SILENT_MS),
        };
        let until = self.shown.now.plus_ms(length);
        self.silences.push(Silence {
            finding,
            reason: reason.to_owned(),
            until_ms: until.0,
            muted: mute,
        });
        self.picture += 1;
        self.say(format!(
            "{} until {}",
            if mute { "muted" } else { "acknowledged" },
            figures::clock_or_day(until, self.shown.now)
        ));
    }

    /// Rows of findings that are silenced: those that are hidden, and those that are only marked.
    pub(super) fn silenced(&self) -> (BTreeSet<Key>, BTreeSet<Key>) {
        let holds = |silence: &&Silence| silence.holds(self.shown.now);
        let of = |muted: bool| {
            let of_kind = self
                .silences
                .iter()
                .filter(holds)
                .filter(|one| one.muted == muted);
            of_kind.map(|silence| Key::text(&silence.finding)).collect()
        };
        (of(true), of(false))
    }

    /// Says that something new is bad enough to be paged for, once.
    pub(super) fn note_new(&mut self, before: &Arc<Scene>) {
        let first_look = before.analysis.window.is_none();
        let loud = matches!(self.source.mode, Mode::Live | Mode::Demo { .. }) && !first_look;
        let scene = Arc::clone(&self.source);
        for finding in &scene.analysis.findings {
            if finding.severity != Severity::P1 || !self.paged.insert(finding.id.clone()) || !loud {
                continue;
            }
            let silenced =
                |silence: &Silence| silence.finding == finding.id && silence.holds(scene.now);
            if self.silences.iter().any(silenced) {
                continue;
            }
            let words = format!("new P1 {}: {}", finding.subject, finding.claim);
            let said = Text::of(Role::P1, "▲ ").and(Role::Strong, &words);
            self.say(said.and(Role::Dim, " · 1 g shows it"));
            if !self.focused {
                match self.notify {
                    Notify::Bell => self.effects.push(Effect::Bell),
                    Notify::Osc => self.effects.push(Effect::Notify(words)),
                    Notify::Off => {}
                }
            }
        }
    }
}
