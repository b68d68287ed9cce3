//! Finds and reads the one settings file: `--config`, else `nepho.toml` in the working directory, else in the user's
//! configuration folder.

mod unknown_key;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use etcetera::{BaseStrategy as _, choose_base_strategy};
use toml::de::{DeTable, DeValue};

use super::theme;
use crate::decode::Decoder;
use crate::model::settings::{Settings, SettingsError};
use crate::redact::{Key, Redactor};
use crate::ui::keys::{KeyError, KeySettings, KeyTable};
use crate::ui::theme::{Depth, Look};

/// Settings of which each can be used, and where they were found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) settings: Settings,
    pub(crate) keys: KeyTable,
    /// `None`: there is no file, everything is the default.
    pub(crate) path: Option<PathBuf>,
    pub(crate) text: String,
}

/// Reads the settings. A key or a value that cannot be used is an error that names file, line and column, whoever reads them.
pub(crate) fn load(named: Option<&Path>) -> anyhow::Result<Settings> {
    Ok(find(named)?.settings)
}

/// Where a file is looked for, in words.
pub(crate) fn places() -> String {
    let user = user_file().map(|path| format!(", {}", path.display()));
    format!("nepho.toml{}", user.unwrap_or_default())
}

/// The same with where they come from.
pub(crate) fn find(named: Option<&Path>) -> anyhow::Result<Found> {
    let candidates = match named {
        Some(path) => vec![path.to_owned()],
        None => [Some(PathBuf::from("nepho.toml")), user_file()]
            .into_iter()
            .flatten()
            .collect(),
    };
    for path in candidates {
        match fs::read_to_string(&path) {
            Ok(text) => return read(text, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {}
            Err(error) => {
                let advice = match named {
                    Some(_) => "check --config",
                    None => "check its rights",
                };
                let path = path.display();
                return Err(error).context(format!("{path}: cannot read the settings · {advice}"));
            }
        }
    }
    Ok(Found {
        settings: Settings::default(),
        keys: KeyTable::new(&KeySettings::new())?,
        path: None,
        text: String::new(),
    })
}

/// Reads a file, and tries what only its user would find to be wrong: rules, keys, the theme.
fn read(text: String, path: PathBuf) -> anyhow::Result<Found> {
    let settings = parse(&text, &path)?;
    let written = Written {
        path: &path,
        text: &text,
    };
    let wrong = |error: SettingsError| anyhow!("{}: {error}", written.place(&error.at));
    Decoder::new(&settings).map_err(wrong)?;
    Redactor::new(&settings.redact, Key::of_text("")).map_err(wrong)?;
    if let Some(theme) = &settings.theme {
        let looks = theme::text(theme).and_then(|text| Ok(Look::new(&text, Depth::True, false)?));
        looks.with_context(|| written.place(&["theme"]))?;
    }
    let keys = KeyTable::new(&settings.keys).map_err(|error| written.wrong_key(&error))?;
    Ok(Found {
        settings,
        keys,
        path: Some(path),
        text,
    })
}

fn user_file() -> Option<PathBuf> {
    let base = choose_base_strategy().ok()?;
    Some(base.config_dir().join("nepho").join("nepho.toml"))
}

fn parse(text: &str, path: &Path) -> anyhow::Result<Settings> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map(|span| span.start);
        let place = at.map_or_else(String::new, |at| position(text, at));
        let message = error.message().replace('\n', " ");
        let unknown = at.and_then(|at| unknown_key::words(text, at, &message));
        let message = unknown.unwrap_or(message);
        let first = at.and_then(|at| written_before(text, at));
        let also = match first.filter(|_| message.contains("duplicate key")) {
            Some(first) => format!(" · first at {}{}", path.display(), position(text, first)),
            None => String::new(),
        };
        anyhow!("{}{place}: {message}{also}", path.display())
    })
}

/// `:14:9`: line and column of a byte, both from 1.
pub(crate) fn position(text: &str, at: usize) -> String {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line = memchr::memchr_iter(b'\n', before).count() + 1;
    let last = before.iter().rev().take_while(|byte| **byte != b'\n');
    format!(":{line}:{}", last.count() + 1)
}

/// Where the key at a byte was written before in the same table.
fn written_before(text: &str, at: usize) -> Option<usize> {
    let key = text.get(at..)?.split(['=', '\n']).next()?.trim();
    let before = text.get(..at)?;
    let table = before.rfind("\n[").map_or(0, |header| header + 1);
    let mut start = table;
    for line in before[table..].split_inclusive('\n') {
        let written = line.split('=').next().unwrap_or_default();
        if written.trim() == key {
            return Some(start + written.len() - written.trim_start().len());
        }
        start += line.len();
    }
    None
}

/// A settings file as it is written.
struct Written<'a> {
    path: &'a Path,
    text: &'a str,
}

impl Written<'_> {
    /// File, line and column of what the steps lead to, of tables, keys and places in lists: as far as it is written.
    fn place(&self, steps: &[impl AsRef<str>]) -> String {
        let place = self.find(steps).map(|at| position(self.text, at));
        format!("{}{}", self.path.display(), place.unwrap_or_default())
    }

    fn find(&self, steps: &[impl AsRef<str>]) -> Option<usize> {
        let root = DeTable::parse(self.text).ok()?;
        let mut here = &DeValue::Table(root.into_inner());
        let mut found = None;
        for step in steps {
            let (at, next) = match here {
                DeValue::Table(table) => {
                    let (key, value) = table.get_key_value(step.as_ref())?;
                    (key.span().start, value)
                }
                DeValue::Array(list) => {
                    let value = list.get(step.as_ref().parse::<usize>().ok()?)?;
                    (value.span().start, value)
                }
                _ => break,
            };
            (found, here) = (Some(at), next.get_ref());
        }
        found
    }

    /// What is wrong with the keys, with the place of each key that it is about.
    fn wrong_key(&self, error: &KeyError) -> anyhow::Error {
        let place = |(context, key): &(String, Option<String>)| {
            let steps = ["keys", context].into_iter().chain(key.as_deref());
            self.place(&steps.collect::<Vec<_>>())
        };
        let places: Vec<String> = error.places.iter().map(place).collect();
        match &places[..] {
            [] => anyhow!("{}: {error}", self.path.display()),
            [first] => anyhow!("{first}: {error}"),
            [first, others @ ..] => anyhow!("{first}: {error} · also at {}", others.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a file.
    fn wrong(text: &str) -> String {
        let read = read(text.to_owned(), PathBuf::from("nepho.toml"));
        format!("{:#}", read.unwrap_err())
    }

    #[test]
    fn an_unknown_key_names_line_and_column() {
        let error = parse(
            "theme = \"dark\"\n\n[thresholds]\ncold = 1\n",
            Path::new("nepho.toml"),
        );
        let message = error.unwrap_err().to_string();
        assert!(
            message.starts_with("nepho.toml:4:1: unknown key \"thresholds.cold\" · "),
            "{message}"
        );
    }

    #[test]
    fn places_are_one_or_several_and_widths_one_or_two_cells() {
        let read = |text: &str| parse(text, Path::new("nepho.toml"));
        let settings =
            read("profile = \"prod\"\nregion = [\"eu-west-1\", \"us-east-1\"]\n").unwrap();
        assert_eq!(settings.profile, ["prod"]);
        assert_eq!(settings.region, ["eu-west-1", "us-east-1"]);
        let message = read("theme = \"dark\"\nambiguous_width = 3\n").unwrap_err();
        let message = message.to_string();
        assert!(
            message.starts_with("nepho.toml:2:19: `ambiguous_width` is 1 or 2"),
            "{message}"
        );
    }

    #[test]
    fn a_rule_is_read() {
        let settings = parse(
            "[[extract]]\nfunctions = [\"ledger-*\"]\nevent_id = \"$.detail.id\"\n",
            Path::new("nepho.toml"),
        )
        .unwrap();
        assert_eq!(settings.extract[0].event_id.as_deref(), Some("$.detail.id"));
    }

    #[test]
    fn a_conflict_of_keys_names_both_places() {
        let text = "theme = \"dark\"\n[keys.log]\n\"G\" = \"down\"\n  \"shift-g\" = \"up\"\n";
        assert_eq!(
            wrong(text),
            "nepho.toml:3:1: keys: \"G\" and \"shift-g\" in [log] are the same key · also at nepho.toml:4:3"
        );
        let twice = "[keys.log]\n\"j\" = \"down\"\n\"k\" = \"up\"\n\"j\" = \"up\"\n";
        let message = parse(twice, Path::new("nepho.toml"))
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with("nepho.toml:4:1: ")
                && message.ends_with(" · first at nepho.toml:2:1"),
            "{message}"
        );
    }

    #[test]
    fn a_key_that_is_none_is_found_where_it_stands() {
        for (text, words) in [
            (
                "[keys.nowhere]\n\"j\" = \"down\"\n",
                "nepho.toml:1:7: keys: no context \"nowhere\"",
            ),
            (
                "\n[keys.log]\n\"hyper-j\" = \"down\"\n",
                "nepho.toml:3:1: keys: \"hyper-j\" in [log] is no key",
            ),
            (
                "[keys.log]\n\"j\" = \"dwon\"\n",
                "nepho.toml:2:1: keys: \"dwon\" on \"j\" in [log] is no action",
            ),
        ] {
            assert_eq!(wrong(text), words);
        }
    }

    /// What is compiled later is tried as soon as it is read.
    #[test]
    fn rules_and_a_theme_that_cannot_be_used_are_found_where_they_stand() {
        for (text, words) in [
            (
                "[[extract]]\nevent_id = \"$.a\"\n[[extract]]\n  event_id = \"$.[\"\n",
                "nepho.toml:4:3: [[extract]] rule 2: `event_id` is no JSONPath: ",
            ),
            (
                "[[extract]]\npattern = \"msg=(\"\n",
                "nepho.toml:2:1: [[extract]] rule 1: `pattern`: unclosed group",
            ),
            (
                "extract = [{ event_id = \"$.a\", functions = [\"a[\"] }]\n",
                "nepho.toml:1:32: [[extract]] rule 1: `functions`: ",
            ),
            (
                "\n[[extract]]\ndense = true\n",
                "nepho.toml:2:1: [[extract]] rule 1: it needs ",
            ),
            (
                "[[redact.rule]]\nname = \"badge\"\npath = \"$[\"\n",
                "nepho.toml:3:1: [[redact.rule]] badge: `path` is no JSONPath: ",
            ),
            (
                "[[redact.rule]]\nname = \"a badge\"\n",
                "nepho.toml:2:1: [[redact.rule]] a badge: a name of letters",
            ),
            (
                "mouse = true\n theme = \"nope\"\n",
                "nepho.toml:2:2: theme nope: no such theme or file",
            ),
        ] {
            let said = wrong(text);
            assert!(said.starts_with(words), "{said}");
        }
    }
}
