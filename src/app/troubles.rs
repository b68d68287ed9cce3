//! What goes wrong while following: said once, on standard error; the end, where nothing is left to follow.

use std::collections::BTreeMap;

use crate::model::health::{Board, Health, SourceState};
use crate::model::placed;

/// What was said already, by source.
#[derive(Debug, Default)]
pub(super) struct Troubles(BTreeMap<Box<str>, Box<str>>);

impl Troubles {
    /// Says what is new: trouble of a log group, a right that is missing, that it goes on, that two places are one, what one asks with the
    /// rights of the other, and why nothing is shown where there is no log group yet.
    pub(super) fn tell(&mut self, board: &Board, notice: &dyn Fn(&str)) {
        let mut logs = board.sources.values().filter(|source| source.is_log());
        let none_is_there = logs.all(Health::is_absent);
        for source in board.sources.values() {
            if none_is_there && let (Some(group), Some(words)) = (source.log_group(), &source.note)
            {
                let words = format!("{group}: {words} · what it says first will be shown");
                self.tell_once(format!("presence of {}", source.name), &words, notice);
            }
            if let Some(words) = &source.lent {
                self.tell_once(format!("rights of {}", source.name), words, notice);
            }
            if let Some(words) = &source.elsewhere {
                if self.0.insert(source.name.clone(), words.clone()).is_none() {
                    notice(words);
                }
                continue;
            }
            // Before the first whole pass trouble ends the command, which says so; being slowed down does not.
            let begun = source.complete_until.is_some() || source.state == SourceState::Throttled;
            // Where one of several places cannot be read the others go on.
            let lost =
                placed::place(&source.name).is_some() && is_finder(source) && source.has_given_up();
            let worth_saying = source.is_log() && begun
                || source.state == SourceState::Denied
                || placed::name(&source.name) == "live tail"
                || lost;
            let trouble = source.trouble.as_ref().filter(|_| worth_saying);
            match trouble {
                Some(trouble) if !self.0.values().any(|said| said == trouble) => {
                    notice(trouble);
                    self.0.insert(source.name.clone(), trouble.clone());
                }
                None if self.0.remove(&source.name).is_some() => {
                    notice(&format!("{} goes on, nothing was lost", source.name));
                }
                _ => {}
            }
        }
    }

    /// Says of something what was not the last that was said of it.
    fn tell_once(&mut self, of: String, words: &str, notice: &dyn Fn(&str)) {
        if self.0.insert(of.into(), words.into()).as_deref() != Some(words) {
            notice(words);
        }
    }
}

/// Why there is nothing to follow; `None` while there is, or may be.
pub(super) fn nothing_to_follow(board: &Board) -> Option<String> {
    let mut logs = board
        .sources
        .values()
        .filter(|source| source.is_log())
        .peekable();
    if logs.peek().is_some() {
        let mut logs = logs.clone();
        let place = |source: &Health| placed::place(&source.name).map(str::to_owned);
        let begun: Vec<_> = logs.clone().map(place).collect();
        // Of several places some may not have come so far.
        let to_come = |finder: &Health| !finder.has_given_up() && !begun.contains(&place(finder));
        if (board.sources.values()).any(|source| is_finder(source) && to_come(source)) {
            return None;
        }
        if logs.clone().all(Health::has_given_up) {
            return logs.find_map(|source| source.trouble.as_deref()).map(words);
        }
        let mut functions = board
            .sources
            .values()
            .filter(|source| placed::name(&source.name) == "functions")
            .filter(|source| source.elsewhere.is_none());
        let unknown = functions
            .clone()
            .find_map(|functions| functions.note.as_deref());
        let is_unknown = |note: &str| note.starts_with("no Lambda function");
        let unknown = unknown.filter(|_| {
            functions.all(|functions| functions.note.as_deref().is_some_and(is_unknown))
        });
        return logs
            .all(Health::is_absent)
            .then_some(unknown)
            .flatten()
            .map(words);
    }
    let finders: Vec<_> = (board.sources.values())
        .filter(|source| is_finder(source))
        .collect();
    // Both of a place are there from its start.
    let lost = finders.len() > 1 && finders.into_iter().all(Health::has_given_up);
    lost.then(|| nothing_left(board))
}

/// What the sources said last, once all have ended.
pub(super) fn nothing_left(board: &Board) -> String {
    let mut troubles = board
        .sources
        .values()
        .filter_map(|source| source.trouble.as_deref());
    troubles
        .next()
        .map_or_else(|| "nothing is left to follow".to_owned(), words)
}

fn words(text: &str) -> String {
    text.trim_end_matches("; trying again").to_owned()
}

fn is_finder(source: &Health) -> bool {
    source.finds_logs() && source.elsewhere.is_none()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::model::time::Timestamp;

    fn source(name: &str, state: SourceState, trouble: Option<&str>, again: bool) -> Health {
        Health {
            complete_until: Some(Timestamp(0)),
            name: name.into(),
            state,
            trouble: trouble.map(Into::into),
            again_at: again.then_some(Timestamp(1)),
            ..Health::default()
        }
    }

    fn board(sources: Vec<Health>) -> Board {
        Board {
            sources: sources
                .into_iter()
                .map(|source| (source.name.clone(), source))
                .collect(),
            ..Board::default()
        }
    }

    #[test]
    fn trouble_is_said_once_and_its_end_too() {
        let said = RefCell::new(Vec::new());
        let notice = |text: &str| said.borrow_mut().push(text.to_owned());
        let mut troubles = Troubles::default();
        let broken = board(vec![source(
            "logs a",
            SourceState::Broken,
            Some("no answer"),
            true,
        )]);
        troubles.tell(&broken, &notice);
        troubles.tell(&broken, &notice);
        let well = board(vec![source("logs a", SourceState::CaughtUp, None, false)]);
        troubles.tell(&well, &notice);
        troubles.tell(&well, &notice);
        assert_eq!(
            *said.borrow(),
            ["no answer", "logs a goes on, nothing was lost"]
        );
    }

    #[test]
    fn a_log_group_that_is_not_there_is_named_once_unless_another_is() {
        let said = RefCell::new(Vec::new());
        let notice = |text: &str| said.borrow_mut().push(text.to_owned());
        let absent = Health {
            note: Some("there is no such log group".into()),
            ..source("logs /aws/lambda/pay", SourceState::CaughtUp, None, false)
        };
        let other = source("logs /shop", SourceState::CaughtUp, None, false);
        let mut troubles = Troubles::default();
        troubles.tell(&board(vec![absent.clone(), other]), &notice);
        assert!(said.borrow().is_empty(), "the other is shown");
        troubles.tell(&board(vec![absent.clone()]), &notice);
        troubles.tell(&board(vec![absent]), &notice);
        let words =
            "/aws/lambda/pay: there is no such log group · what it says first will be shown";
        assert_eq!(*said.borrow(), [words]);
    }

    #[test]
    fn it_ends_when_every_log_group_was_given_up() {
        let dead = source(
            "logs a",
            SourceState::Denied,
            Some("denied: logs:FilterLogEvents"),
            false,
        );
        let alive = source("logs b", SourceState::Broken, Some("no answer"), true);
        assert_eq!(
            nothing_to_follow(&board(vec![dead.clone()])).as_deref(),
            Some("denied: logs:FilterLogEvents")
        );
        assert_eq!(nothing_to_follow(&board(vec![dead, alive])), None);
    }

    #[test]
    fn where_one_of_several_places_cannot_be_asked_the_others_are_awaited() {
        let lost = |name: &str| source(name, SourceState::LoggedOut, Some("no login"), false);
        let begins = |name: &str| source(name, SourceState::Starting, None, false);
        let mut sources = vec![
            lost("functions@b"),
            lost("log groups@b"),
            lost("logs /aws/lambda/pay@b"),
            begins("functions@a"),
            begins("log groups@a"),
        ];
        assert_eq!(nothing_to_follow(&board(sources.clone())), None);
        sources.push(begins("logs /aws/lambda/pay@a"));
        assert_eq!(nothing_to_follow(&board(sources.clone())), None);
        for source in &mut sources[3..] {
            *source = lost(&source.name);
        }
        let nothing = nothing_to_follow(&board(sources));
        assert_eq!(nothing.as_deref(), Some("no login"));
    }

    #[test]
    fn it_ends_when_neither_the_function_nor_its_log_group_is_there() {
        let note = |source: Health, note: &str| Health {
            note: Some(note.into()),
            ..source
        };
        let absent = note(
            source("logs a", SourceState::CaughtUp, None, false),
            "there is no such log group",
        );
        let unknown = note(
            source("functions", SourceState::CaughtUp, None, false),
            "no Lambda function pay in eu-west-1",
        );
        let found = note(
            source("functions", SourceState::CaughtUp, None, false),
            "1 functions",
        );
        assert!(nothing_to_follow(&board(vec![absent.clone(), unknown])).is_some());
        assert_eq!(
            nothing_to_follow(&board(vec![absent, found])),
            None,
            "it may run yet"
        );
    }
}
