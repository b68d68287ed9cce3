//! `nepho config`: the settings in force, and where each comes from.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use toml::de::{DeTable, DeValue};
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

/// Prints them as TOML, each with its origin as a comment: file, line and column.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let found = settings::find(args.config.as_deref())?;
    let mut out = std::io::stdout().lock();
    if args.keys {
        for (context, key, action) in found.keys.named() {
            writeln!(out, "keys.{context}.\"{key}\" = \"{action}\"")?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let set = written(&found.text).context("reading the settings again")?;
    let mut force = Table::try_from(&found.settings).context("writing the settings")?;
    for (key, default) in [
        ("theme", Value::from("dark")),
        ("mouse", Value::from(true)),
        ("keep", Value::from(true)),
        ("ambiguous_width", Value::from(1)),
    ] {
        force.entry(key).or_insert(default);
    }
    let origin = found.path.map(|path| path.display().to_string());
    for (key, value) in leaves("", &force) {
        let at = set.get(&key).map(|at| settings::position(&found.text, *at));
        let from = match (&origin, at) {
            (Some(path), Some(at)) => format!("{path}{at}"),
            _ => "default".to_owned(),
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
        let key = dotted(before, key);
        match value {
            Value::Table(inner) => found.extend(leaves(&format!("{key}."), inner)),
            value => found.push((key, value.clone())),
        }
    }
    found
}

fn dotted(before: &str, key: &str) -> String {
    let plain = |one: char| one.is_ascii_alphanumeric() || one == '_' || one == '-';
    if key.chars().all(plain) {
        format!("{before}{key}")
    } else {
        format!("{before}{}", Value::from(key))
    }
}

/// Where each dotted key stands in a file: the byte at which it begins.
fn written(text: &str) -> Result<BTreeMap<String, usize>, toml::de::Error> {
    let mut found = BTreeMap::new();
    note("", DeTable::parse(text)?.get_ref(), &mut found);
    Ok(found)
}

fn note(before: &str, table: &DeTable<'_>, found: &mut BTreeMap<String, usize>) {
    for (key, value) in table {
        let name = dotted(before, key.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) => note(&format!("{name}."), inner, found),
            _ => {
                found.insert(name, key.span().start);
            }
        }
    }
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
    }

    #[test]
    fn what_is_set_is_found_where_it_stands() {
        let text = "mouse = false\n\n[keys.log]\n  \"}\" = \"down\"\n[[slo]]\nname = \"all\"\n";
        let places: Vec<(String, String)> = written(text)
            .unwrap()
            .into_iter()
            .map(|(key, at)| (key, settings::position(text, at)))
            .collect();
        let places: Vec<(&str, &str)> = places
            .iter()
            .map(|(key, at)| (key.as_str(), at.as_str()))
            .collect();
        assert_eq!(
            places,
            [
                ("keys.log.\"}\"", ":4:3"),
                ("mouse", ":1:1"),
                ("slo", ":5:3")
            ]
        );
    }
}
