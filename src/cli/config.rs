//! `nepho config`: the settings in force, and where each comes from.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use toml::{Table, Value};

use super::settings;

/// Arguments of `nepho config`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Settings file instead of the one that is found
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Every key with its action, by context, instead
    #[arg(long)]
    keys: bool,
}

/// Prints them as TOML, each with its origin as a comment.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let found = settings::find(args.config.as_deref())?;
    let mut out = std::io::stdout().lock();
    if args.keys {
        let table = settings::keys(&found)?;
        for (context, key, action) in table.named() {
            writeln!(out, "keys.{context}.\"{key}\" = \"{action}\"")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let set: Table = found.text.parse().context("reading the settings again")?;
    let mut force = Table::try_from(&found.settings).context("writing the settings")?;
    for (key, default) in [
        ("theme", Value::from("dark")),
        ("mouse", Value::from(true)),
        ("keep", Value::from(true)),
    ] {
        force.entry(key).or_insert(default);
    }
    let origin = found.path.map(|path| path.display().to_string());
    for (key, value) in leaves("", &force) {
        let from = match &origin {
            Some(path) if is_set(&set, &key) => path,
            _ => "default",
        };
        writeln!(out, "{key} = {value}  # {from}")?;
    }
    if origin.is_none() {
        writeln!(out, "# no settings file: looked for {}", settings::places())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Every value that is no table, under its dotted key.
fn leaves(before: &str, table: &Table) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    for (key, value) in table {
        let plain = |one: char| one.is_ascii_alphanumeric() || one == '_' || one == '-';
        let key = if key.chars().all(plain) {
            format!("{before}{key}")
        } else {
            format!("{before}{}", Value::from(key.as_str()))
        };
        match value {
            Value::Table(inner) => found.extend(leaves(&format!("{key}."), inner)),
            value => found.push((key, value.clone())),
        }
    }
    found
}

/// Whether the file sets a dotted key.
fn is_set(table: &Table, key: &str) -> bool {
    leaves("", table).iter().any(|(set, _)| set == key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_dotted_and_quoted_where_they_must_be() {
        let table: Table = "mouse = false\n[keys.everywhere]\n\"}\" = \"down\""
            .parse()
            .unwrap();
        let keys: Vec<String> = leaves("", &table).into_iter().map(|(key, _)| key).collect();
        assert_eq!(keys, ["keys.everywhere.\"}\"", "mouse"]);
        assert!(is_set(&table, "mouse") && !is_set(&table, "theme"));
    }
}
