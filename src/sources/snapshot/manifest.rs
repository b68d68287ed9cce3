//! What a snapshot says of itself: `manifest.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::mark::Noted;

/// The schema that is written, and the only one that is read.
pub const SCHEMA: &str = "nepho.snapshot/1";
/// The raw records: what opens again.
pub const RECORDS: &str = "records.ndjson.zst";
pub(super) const NAME: &str = "manifest.json";

/// The manifest. Times are RFC 3339. Readers ignore keys that they do not know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub schema: String,
    /// Of the nepho that wrote it.
    pub version: String,
    /// Numbers of AWS accounts that the records name, hashed unless they were asked for.
    pub accounts: Vec<String>,
    pub regions: Vec<String>,
    /// Functions with an invocation in it, by name.
    pub functions: Vec<String>,
    pub window: Window,
    pub scope: Scope,
    /// `marks` and `silences`: what was marked, noted, acknowledged or muted on the screen.
    #[serde(flatten)]
    pub noted: Noted,
    /// What the figures could not see, as in the report; beside it `lag` (log events with a time of arrival, those of them that were
    /// late) and `sampling` (share of each function's runs that was traced, stretches of which lines were left out).
    pub completeness: serde_json::Value,
    pub redaction: Redaction,
    pub records: Records,
    /// Every other file, in the order of the archive.
    pub files: Vec<FileEntry>,
}

/// First start and last end of an invocation, in UTC and in the time zone of whoever wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub from: Option<String>,
    pub to: Option<String>,
    pub from_local: Option<String>,
    pub to_local: Option<String>,
}

/// What was asked for. Nothing set: everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub since: Option<String>,
    pub until: Option<String>,
    pub functions: Vec<String>,
    pub finding: Option<String>,
    pub trace: Option<String>,
    pub request: Option<String>,
}

/// What was taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redaction {
    /// `false`: `--no-redact`, secrets and personal data are in it.
    pub on: bool,
    /// Values replaced, by rule.
    pub values: BTreeMap<String, u64>,
}

/// How many records are in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Records {
    pub log_events: u64,
    pub segments: u64,
    pub metrics: u64,
    pub functions: u64,
    /// Documents of the input that were no records: they are left out.
    pub unparsed: u64,
    /// Bytes of the records before compression.
    pub raw_bytes: u64,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    pub name: String,
    /// Lines of data, or entries; `None` for a document.
    pub rows: Option<u64>,
    pub bytes: u64,
    pub sha256: String,
}
