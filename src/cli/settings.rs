//! Finds and reads the one settings file: `--config`, else `nepho.toml` in the working directory, else in the user's
//! configuration folder.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use etcetera::{BaseStrategy as _, choose_base_strategy};
use toml::Spanned;

use crate::model::settings::Settings;
use crate::ui::keys::{KeyError, KeyTable};

/// Settings, and where they were found.
pub(crate) struct Found {
    pub(crate) settings: Settings,
    /// `None`: there is no file, everything is the default.
    pub(crate) path: Option<PathBuf>,
    pub(crate) text: String,
}

/// Reads the settings. An unknown key is an error that names file, line and column.
pub(crate) fn load(named: Option<&Path>) -> anyhow::Result<Settings> {
    Ok(find(named)?.settings)
}

/// The key table of the settings.
pub(crate) fn keys(found: &Found) -> anyhow::Result<KeyTable> {
    KeyTable::new(&found.settings.keys).map_err(|error| placed(found, &error))
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
            Ok(text) => {
                return Ok(Found {
                    settings: parse(&text, &path)?,
                    path: Some(path),
                    text,
                });
            }
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
        path: None,
        text: String::new(),
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

/// What is wrong with the keys, with the place of each key that it is about.
fn placed(found: &Found, error: &KeyError) -> anyhow::Error {
    /// The names of contexts and keys, with where they stand.
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Written {
        keys: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, toml::Value>>,
    }
    let Some(path) = &found.path else {
        return anyhow!("{error}");
    };
    let written: Written = toml::from_str(&found.text).unwrap_or_default();
    let place = |(context, key): &(String, Option<String>)| {
        let mut contexts = written.keys.iter();
        let (name, keys) = contexts.find(|(name, _)| name.get_ref() == context)?;
        let at = match key {
            None => name.span().start,
            Some(key) => {
                let mut keys = keys.keys();
                keys.find(|name| name.get_ref() == key)?.span().start
            }
        };
        Some(format!("{}{}", path.display(), position(&found.text, at)))
    };
    let places: Vec<String> = error.places.iter().filter_map(place).collect();
    match &places[..] {
        [] => anyhow!("{}: {error}", path.display()),
        [first] => anyhow!("{first}: {error}"),
        [first, others @ ..] => anyhow!("{first}: {error} · also at {}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_names_line_and_column() {
        let error = parse(
            "theme = \"dark\"\n\n[thresholds]\ncold = 1\n",
            Path::new("nepho.toml"),
        );
        let message = error.unwrap_err().to_string();
        assert!(
            message.starts_with("nepho.toml:4:1: unknown field `cold`"),
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
        let found = Found {
            settings: parse(text, Path::new("nepho.toml")).unwrap(),
            path: Some(PathBuf::from("nepho.toml")),
            text: text.to_owned(),
        };
        assert_eq!(
            keys(&found).unwrap_err().to_string(),
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
            let found = Found {
                settings: parse(text, Path::new("nepho.toml")).unwrap(),
                path: Some(PathBuf::from("nepho.toml")),
                text: text.to_owned(),
            };
            assert_eq!(keys(&found).unwrap_err().to_string(), words);
        }
    }
}
