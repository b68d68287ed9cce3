//! Settings of the one file `nepho.toml`. An unknown key is an error that names line and column.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

/// Everything that can be set. Absent keys have the defaults given here.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Name of a built-in theme or path of a theme file.
    pub theme: Option<String>,
    /// Profiles that are watched where no argument names one: a name or a list of names.
    #[serde(deserialize_with = "one_or_several")]
    pub profile: Vec<String>,
    /// The same of regions.
    #[serde(deserialize_with = "one_or_several")]
    pub region: Vec<String>,
    /// Cells that the terminal gives to characters of ambiguous width, such as those of box drawing: 2 has everything drawn with ASCII.
    #[serde(deserialize_with = "one_or_two")]
    pub ambiguous_width: Option<u8>,
    /// Rules that read ids which a team logs in its own way.
    pub extract: Vec<ExtractRule>,
    pub thresholds: Thresholds,
    /// Objectives, whose budgets are watched.
    pub slo: Vec<Slo>,
    pub memory: Memory,
    pub redact: RedactSettings,
    pub export: ExportSettings,
    /// Keys by context, then by key: `[keys.table] "ctrl-n" = "down"`.
    pub keys: BTreeMap<String, BTreeMap<String, String>>,
    /// `false` leaves selection to the terminal.
    pub mouse: Option<bool>,
    /// `false`: pane, orders, columns, widths and filters are not kept between runs.
    pub keep: Option<bool>,
    /// How a new P1 is told while the terminal has no focus: `bell` (the default), `osc` (a notification, OSC 9) or `off`.
    pub notify: Notify,
}

/// Why a setting cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    /// What is wrong with which key.
    pub message: String,
    /// Where it stands: the tables, the keys and, from 0, the places in lists that lead there.
    pub at: Vec<String>,
}

impl SettingsError {
    /// Of one of the rules in the list at `list`; of its `key`, or of the rule itself where that is none.
    pub fn of_rule(list: &[&str], rule: usize, key: Option<&str>, message: String) -> Self {
        let list = list.iter().map(|&name| name.to_owned());
        let key = key.map(str::to_owned);
        Self {
            message,
            at: list.chain([rule.to_string()]).chain(key).collect(),
        }
    }
}

fn one_or_several<'de, D: Deserializer<'de>>(given: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a name, or a list of names")]
    enum Given {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Given::deserialize(given)? {
        Given::One(one) => vec![one],
        Given::Several(several) => several,
    })
}

fn one_or_two<'de, D: Deserializer<'de>>(given: D) -> Result<Option<u8>, D::Error> {
    let cells = u8::deserialize(given)?;
    if matches!(cells, 1 | 2) {
        Ok(Some(cells))
    } else {
        Err(D::Error::custom("`ambiguous_width` is 1 or 2 cells"))
    }
}

/// How a new P1 is told while the terminal has no focus.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Notify {
    #[default]
    Bell,
    Osc,
    Off,
}

/// One `[[extract]]` rule: JSONPaths into the JSON of an application line, or a regex with groups of the same names.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct ExtractRule {
    /// Globs of function names; every function if empty. Which function a line is of tell the names of its group and stream, else
    /// the line itself (`function_name`); what other lines say is not waited for.
    pub functions: Vec<String>,
    pub pattern: Option<String>,
    pub event_id: Option<String>,
    pub ordering_key: Option<String>,
    pub sequence: Option<String>,
    /// Sequences have no holes, so a hole is a lost event.
    pub dense: bool,
    pub correlation_id: Option<String>,
}

/// From when on something is said, and how loud.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Thresholds {
    /// Lower bound of the share of felt cold starts that makes a finding.
    pub cold_rate: f64,
    /// Harmed requests a minute (lower bound) that make a P1.
    pub page_harm_per_min: f64,
    /// Concurrent executions of the account, where `GetAccountSettings` may not be read.
    pub account_concurrency: Option<u32>,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            cold_rate: 0.05,
            page_harm_per_min: 1.0,
            account_concurrency: None,
        }
    }
}

/// One `[[slo]]`: how many of some functions' requests must not be bad. Its budget is of 30 days.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Slo {
    /// What findings call it.
    pub name: String,
    /// Globs of function names; every function if empty.
    #[serde(default, deserialize_with = "globs")]
    pub functions: Vec<String>,
    pub bad: BadRequest,
    /// Share of requests that must not be bad, between 0 and 1: 0.999.
    #[serde(deserialize_with = "target")]
    pub target: f64,
}

/// What an objective counts against.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum BadRequest {
    /// Runs that failed, of all runs.
    Error,
    /// Runs whose request waited for a start, of all runs.
    ColdStart,
    /// Refused attempts, of all attempts.
    Throttled,
    /// Events that were overtaken although their source promises order, of all events.
    Disordered,
}

impl Slo {
    /// Share of requests that may be bad.
    pub fn budget(&self) -> f64 {
        1.0 - self.target
    }
}

fn globs<'de, D: Deserializer<'de>>(given: D) -> Result<Vec<String>, D::Error> {
    let patterns = Vec::<String>::deserialize(given)?;
    for pattern in &patterns {
        globset::Glob::new(pattern)
            .map_err(|error| D::Error::custom(format!("`functions`: {error}")))?;
    }
    Ok(patterns)
}

fn target<'de, D: Deserializer<'de>>(given: D) -> Result<f64, D::Error> {
    let target = f64::deserialize(given)?;
    if target > 0.0 && target < 1.0 {
        Ok(target)
    } else {
        Err(D::Error::custom(
            "`target` is a share between 0 and 1, such as 0.999",
        ))
    }
}

/// Bounds of what is remembered.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct Memory {
    /// Megabytes of log text that can be looked at again.
    pub log_text_mb: u32,
    /// Megabytes that facts, names, spans and metric points may take together with what is concluded from them: beyond them the
    /// oldest are forgotten.
    pub facts_mb: u32,
    /// Event ids by which re-reads are recognised. What is read again later is still one fact, but counted twice while it says
    /// nothing.
    pub event_ids: u32,
    /// Megabytes of raw records, compressed, that are kept while polling, for a snapshot.
    pub records_mb: u32,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            log_text_mb: 64,
            facts_mb: 256,
            event_ids: 3_500_000,
            records_mb: 64,
        }
    }
}

/// What is taken out of records before they leave, beside what is always taken out.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct RedactSettings {
    /// Masks are hashes keyed with this: equal values get equal masks in every snapshot. The content gives one if it is absent.
    pub key: Option<String>,
    /// The same rules mask what the screen shows.
    pub screen: bool,
    pub rule: Vec<RedactRule>,
}

/// One `[[redact.rule]]`: a JSONPath into the JSON of a line, or a regex whose first group, else the whole of it, is replaced.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct RedactRule {
    /// What masks and counts call it.
    pub name: String,
    pub path: Option<String>,
    pub pattern: Option<String>,
}

/// Where `nepho export` sends to, where arguments and environment do not say it. Keys and tokens stand in files of their own.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct ExportSettings {
    pub otlp: OtlpSettings,
    pub splunk_hec: HecSettings,
}

/// A receiver of OTLP over HTTP.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct OtlpSettings {
    /// `/v1/traces` and `/v1/logs` are added to it.
    pub endpoint: Option<String>,
    /// Address of traces, as it is.
    pub traces: Option<String>,
    /// Address of logs, as it is.
    pub logs: Option<String>,
    /// A file with a header a line, `name: value`.
    pub headers_file: Option<PathBuf>,
    /// A file of certificates in PEM, trusted instead of the system's.
    pub certificate: Option<PathBuf>,
}

/// Splunk's HTTP Event Collector.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(default, deny_unknown_fields)]
pub struct HecSettings {
    pub url: Option<String>,
    /// A file that holds the token and nothing else.
    pub token_file: Option<PathBuf>,
    /// The index that events go to; the token's own if absent.
    pub index: Option<String>,
    /// A file of certificates in PEM, trusted instead of the system's.
    pub certificate: Option<PathBuf>,
}
