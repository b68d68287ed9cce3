//! The key table: keys → actions by context. Footer and help are made from it, so they cannot disagree with it.

use std::collections::BTreeMap;

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use strum::{Display, EnumIter, EnumString};

use super::action::Action;

/// The embedded table.
const DEFAULT: &str = include_str!("keys/default.toml");

/// Where a key has a meaning of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Display, EnumIter, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum Context {
    Everywhere,
    /// The tail and the log lines of an invocation.
    Log,
    /// A trace.
    Waterfall,
    /// What floats above the page: help, explanations, lists to choose from.
    Popup,
    /// After `y`: what to copy.
    Copy,
    /// A line that is being typed. Keys of other contexts have no meaning there: they are letters.
    Prompt,
}

/// Keys by context, as `[keys]` of the settings and the embedded table write them.
pub type KeySettings = BTreeMap<String, BTreeMap<String, String>>;

/// Which key does what.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyTable {
    bindings: Vec<(Context, KeyCombination, Action)>,
}

/// What is wrong with a key setting, in words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("keys: {words}")]
pub struct KeyError {
    words: String,
    /// The context and, where it is about one, the key: as they are written. Two where two do not go together.
    pub places: Vec<(String, Option<String>)>,
}

impl KeyError {
    fn new(words: String, context: &str, keys: &[&str]) -> Self {
        let place = |key: Option<&str>| (context.to_owned(), key.map(str::to_owned));
        let places = match keys {
            [] => vec![place(None)],
            keys => keys.iter().map(|key| place(Some(key))).collect(),
        };
        Self { words, places }
    }
}

impl KeyTable {
    /// The embedded table with the user's keys over it. A key set to `none` means nothing any more.
    pub fn new(settings: &KeySettings) -> Result<Self, KeyError> {
        let embedded: KeySettings =
            toml::from_str(DEFAULT).map_err(|error| KeyError::new(error.to_string(), "", &[]))?;
        let mut table = Self {
            bindings: Vec::new(),
        };
        table.add(&embedded)?;
        table.add(settings)?;
        Ok(table)
    }

    fn add(&mut self, settings: &KeySettings) -> Result<(), KeyError> {
        let mut added: Vec<(Context, KeyCombination, &str)> = Vec::new();
        for (name, keys) in settings {
            let context: Context = name
                .parse()
                .map_err(|_| KeyError::new(format!("no context \"{name}\""), name, &[]))?;
            for (written, action) in keys {
                let key = parse(written).ok_or_else(|| {
                    let words = format!("\"{written}\" in [{name}] is no key");
                    KeyError::new(words, name, &[written])
                })?;
                if let Some((_, _, twin)) = added
                    .iter()
                    .find(|(at, known, _)| (*at, *known) == (context, key))
                {
                    let words =
                        format!("\"{twin}\" and \"{written}\" in [{name}] are the same key");
                    return Err(KeyError::new(words, name, &[twin, written]));
                }
                added.push((context, key, written));
                self.bindings
                    .retain(|(at, known, _)| (*at, *known) != (context, key));
                if action != "none" {
                    let action = action.parse().map_err(|_| {
                        let words =
                            format!("\"{action}\" on \"{written}\" in [{name}] is no action");
                        KeyError::new(words, name, &[written])
                    })?;
                    self.bindings.push((context, key, action));
                }
            }
        }
        Ok(())
    }

    /// What a key does in a context.
    pub fn action(&self, context: Context, event: KeyEvent) -> Option<Action> {
        self.own_action(context, event)
            .or_else(|| self.own_action(Context::Everywhere, event))
    }

    /// What a key does by the keys of the context alone.
    pub fn own_action(&self, context: Context, event: KeyEvent) -> Option<Action> {
        let key = normal(KeyCombination::from(event));
        self.bindings
            .iter()
            .find(|(at, known, _)| (*at, *known) == (context, key))
            .map(|(_, _, action)| *action)
    }

    /// The keys of an action that work in a context, the shortest first.
    pub fn keys(&self, context: Context, action: Action) -> Vec<String> {
        let works = |at: Context, key: KeyCombination| {
            at == context
                || at == Context::Everywhere
                    && context != Context::Prompt
                    && !self
                        .bindings
                        .iter()
                        .any(|(own, known, _)| (*own, *known) == (context, key))
        };
        let mut keys: Vec<String> = self
            .bindings
            .iter()
            .filter(|(at, key, bound)| *bound == action && works(*at, *key))
            .map(|(_, key, _)| show(*key))
            .collect();
        keys.sort_by_key(|key| (key.chars().count(), !key.is_ascii()));
        keys
    }

    /// Every binding as it is written on the screen, by context and then by action.
    pub fn named(&self) -> Vec<(Context, String, Action)> {
        let mut named: Vec<_> = self
            .bindings
            .iter()
            .map(|(context, key, action)| (*context, show(*key), *action))
            .collect();
        named.sort_by_key(|(context, _, action)| (*context, *action));
        named
    }

    /// Every binding, for tests and for printing the table.
    pub fn bindings(&self) -> &[(Context, KeyCombination, Action)] {
        &self.bindings
    }
}

/// Reads `j`, `G`, `ctrl-d`, `shift-tab`, `space`, …
fn parse(written: &str) -> Option<KeyCombination> {
    let mut letters = written.chars();
    let key = match (letters.next(), letters.next()) {
        (Some(letter), None) => KeyCombination::from(KeyCode::Char(letter)),
        _ if written == "shift-tab" => {
            KeyCombination::one_key(KeyCode::BackTab, KeyModifiers::SHIFT)
        }
        _ => crokey::parse(written).ok()?,
    };
    Some(normal(key))
}

/// Shift is part of a letter's case and of a sign, whether the terminal reports it or not.
fn normal(key: KeyCombination) -> KeyCombination {
    let mut key = key.normalized();
    if let crokey::OneToThree::One(KeyCode::Char(letter)) = key.codes
        && !letter.is_alphabetic()
    {
        key.modifiers.remove(KeyModifiers::SHIFT);
    }
    key
}

/// How a key is written on the screen: `j`, `G`, `↓`, `Ctrl-d`, `PgDn`.
fn show(key: KeyCombination) -> String {
    let crokey::OneToThree::One(code) = key.codes else {
        return key.to_string();
    };
    let name = match code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(letter) => letter.to_string(),
        KeyCode::Down => "↓".to_owned(),
        KeyCode::Up => "↑".to_owned(),
        KeyCode::Left => "←".to_owned(),
        KeyCode::Right => "→".to_owned(),
        KeyCode::PageDown => "PgDn".to_owned(),
        KeyCode::PageUp => "PgUp".to_owned(),
        KeyCode::BackTab => "Shift-Tab".to_owned(),
        other => other.to_string(),
    };
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return format!("Ctrl-{name}");
    }
    if key.modifiers.contains(KeyModifiers::ALT) {
        return format!("Alt-{name}");
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::IntoEnumIterator as _;

    fn table() -> KeyTable {
        KeyTable::new(&KeySettings::new()).expect("the embedded table reads")
    }

    fn settings(toml: &str) -> KeySettings {
        toml::from_str(toml).expect("toml")
    }

    #[test]
    fn every_action_has_a_key() {
        let table = table();
        for action in Action::iter() {
            let found = Context::iter().any(|context| !table.keys(context, action).is_empty());
            assert!(found, "{action} has no key");
        }
    }

    #[test]
    fn a_context_wins_over_everywhere() {
        let table = table();
        let quit = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
        assert_eq!(table.action(Context::Log, quit), Some(Action::Quit));
        assert_eq!(table.action(Context::Popup, quit), Some(Action::Back));
        assert_eq!(
            table.keys(Context::Popup, Action::Quit),
            Vec::<String>::new()
        );
    }

    #[test]
    fn terminals_that_report_shift_and_those_that_do_not_press_the_same_key() {
        let table = table();
        for modifiers in [KeyModifiers::NONE, KeyModifiers::SHIFT] {
            for (letter, action) in [
                ('G', Action::Last),
                ('?', Action::Help),
                ('}', Action::NextPart),
            ] {
                let event = KeyEvent::new(KeyCode::Char(letter), modifiers);
                assert_eq!(
                    table.action(Context::Everywhere, event),
                    Some(action),
                    "{letter}"
                );
            }
        }
        let tab = KeyEvent::new(KeyCode::BackTab, KeyModifiers::SHIFT);
        assert_eq!(
            table.action(Context::Everywhere, tab),
            Some(Action::PreviousPane)
        );
        let lower = KeyEvent::new(KeyCode::Char('g'), KeyModifiers::NONE);
        assert_eq!(
            table.action(Context::Everywhere, lower),
            Some(Action::First)
        );
    }

    #[test]
    fn settings_move_and_remove_keys() {
        let table = KeyTable::new(&settings(
            "[everywhere]\n\"ctrl-n\" = \"down\"\n\"q\" = \"none\"",
        ))
        .expect("reads");
        assert_eq!(
            table.keys(Context::Everywhere, Action::Down),
            ["j", "↓", "Ctrl-n"]
        );
        assert_eq!(
            table.keys(Context::Everywhere, Action::Quit),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_bad_setting_says_what_and_where() {
        for (toml, words) in [
            (
                "[nowhere]\n\"j\" = \"down\"",
                "keys: no context \"nowhere\"",
            ),
            (
                "[log]\n\"hyper-j\" = \"down\"",
                "keys: \"hyper-j\" in [log] is no key",
            ),
            (
                "[log]\n\"j\" = \"dwon\"",
                "keys: \"dwon\" on \"j\" in [log] is no action",
            ),
            (
                "[log]\n\"G\" = \"down\"\n\"shift-g\" = \"up\"",
                "keys: \"G\" and \"shift-g\" in [log] are the same key",
            ),
        ] {
            let error = KeyTable::new(&settings(toml)).expect_err(toml);
            assert_eq!(error.to_string(), words);
        }
    }
}
