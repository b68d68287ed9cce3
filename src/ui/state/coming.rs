//! Whether the first run is still to come, while none is known: from what it would, and how that fares.

use crate::model::health::{Health, SourceState};
use crate::model::placed;
use crate::store::scene::{Mode, Scene};
use crate::ui::figures;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::trouble;

/// The sources that would bring a run: log groups and what finds them; where there are none, all.
pub(super) struct Coming<'a> {
    mode: Mode,
    sources: Vec<&'a Health>,
}

impl<'a> Coming<'a> {
    pub(super) fn of(scene: &'a Scene) -> Self {
        let all = || scene.board.sources.values();
        let own = |source: &&Health| source.elsewhere.is_none();
        let logs: Vec<&Health> = all()
            .filter(|source| source.is_log() || source.finds_logs())
            .filter(own)
            .collect();
        Self {
            mode: scene.mode,
            sources: if logs.is_empty() {
                all().collect()
            } else {
                logs
            },
        }
    }

    /// What is wrong, in its own words, where no run can come before that is mended.
    pub(super) fn failing(&self) -> Option<Text> {
        // Of a file what could be read was read, whatever it warns of.
        if matches!(self.mode, Mode::File) || !self.sources.iter().all(|source| is_barren(source)) {
            return None;
        }
        let mut failing: Vec<&Health> = self.sources.clone();
        failing.retain(|source| fails(source));
        failing.sort_by_key(|source| source.state != SourceState::LoggedOut);
        let first = trouble(failing.first()?);
        Some(if failing.iter().all(|source| trouble(source) == first) {
            first
        } else {
            first.and(Role::Text, " · others fail too: 8 shows them")
        })
    }

    /// What it does, or found without a run in it.
    pub(super) fn reading(&self) -> Text {
        let all_read = self.sources.iter().all(|source| is_read(source));
        let words = if matches!(self.mode, Mode::File) && all_read && !self.sources.is_empty() {
            "no invocation in these records".to_owned()
        } else if !self.logs().is_empty() {
            let found = self.found().map(|found| format!("{found} · "));
            let records: u64 = self.logs().iter().filter_map(|source| source.records).sum();
            format!(
                "{}{}, {}, no invocation yet{}",
                found.unwrap_or_default(),
                self.read(),
                figures::number_of(records, "records"),
                if all_read { "" } else { " …" }
            )
        } else if !all_read && self.sources.iter().any(|source| source.finds_logs()) {
            "looking for functions and log groups …".to_owned()
        } else {
            self.found().unwrap_or_else(|| "reading …".to_owned())
        };
        Text::of(Role::Dim, &words)
    }

    /// `1 of 19 log groups read`.
    pub(super) fn read(&self) -> String {
        let logs = self.logs();
        let read = logs.iter().filter(|source| source.complete_until.is_some());
        format!(
            "{} of {} read",
            figures::count(read.count() as u64),
            figures::number_of(logs.len() as u64, "log groups")
        )
    }

    /// `cannot see 1 of 19 log groups`, where that is so: one is denied, or fails. One that does not exist hides nothing.
    pub(super) fn unseen(&self) -> Option<String> {
        let logs = self.logs();
        let unseen = logs.iter().filter(|source| fails(source)).count() as u64;
        (unseen > 0).then(|| {
            format!(
                "cannot see {} of {}",
                figures::count(unseen),
                figures::number_of(logs.len() as u64, "log groups")
            )
        })
    }

    fn logs(&self) -> Vec<&Health> {
        let logs = self.sources.iter().filter(|source| source.is_log());
        logs.copied().collect()
    }

    /// What was found to read: `19 functions in eu-west-1`, a place after the other.
    fn found(&self) -> Option<String> {
        let notes = |of: fn(&Health) -> bool| {
            let sources = self.sources.iter().filter(|source| of(source));
            let notes: Vec<&str> = sources
                .filter_map(|source| source.note.as_deref())
                .collect();
            (!notes.is_empty()).then(|| notes.join(" · "))
        };
        notes(|source| placed::name(&source.name) == "functions")
            .or_else(|| notes(|source| !source.is_log()))
    }
}

/// Whether no run can come from it as it fares now. What finds log groups and is done brings none itself.
fn is_barren(source: &Health) -> bool {
    fails(source) || source.finds_logs() && is_read(source)
}

fn fails(source: &Health) -> bool {
    source.trouble.is_some()
        || matches!(
            source.state,
            SourceState::Denied | SourceState::Broken | SourceState::LoggedOut
        )
}

fn is_read(source: &Health) -> bool {
    matches!(source.state, SourceState::CaughtUp | SourceState::Ended)
}
