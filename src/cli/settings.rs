//! Finds and reads the one settings file: `--config`, else `nepho.toml` in the working directory, else in the user's
//! configuration folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow};
use etcetera::{BaseStrategy as _, choose_base_strategy};

use crate::model::settings::Settings;

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
                let what = format!(
                    "{}: cannot read the settings · check --config",
                    path.display()
                );
                return Err(error).context(what);
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
        let at = error.span().map_or_else(String::new, |span| {
            let before = &text.as_bytes()[..span.start.min(text.len())];
            let line = memchr::memchr_iter(b'\n', before).count() + 1;
            let column = before
                .iter()
                .rev()
                .take_while(|byte| **byte != b'\n')
                .count()
                + 1;
            format!(":{line}:{column}")
        });
        let message = error.message().replace('\n', " ");
        anyhow!("{}{at}: {message}", path.display())
    })
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
    fn a_rule_is_read() {
        let settings = parse(
            "[[extract]]\nfunctions = [\"ledger-*\"]\nevent_id = \"$.detail.id\"\n",
            Path::new("nepho.toml"),
        )
        .unwrap();
        assert_eq!(settings.extract[0].event_id.as_deref(), Some("$.detail.id"));
    }
}
