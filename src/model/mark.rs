//! What a reader marks while looking, and what is silenced. Both go into a snapshot.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// A row that a reader marked, with a note.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// What the row is: the hash by which lists know it.
    pub row: u64,
    /// The breadcrumb of where it stands.
    pub place: String,
    /// What the row said when it was marked.
    pub says: String,
    pub note: String,
    /// The present of the data when it was marked, in milliseconds since the epoch.
    pub marked_ms: i64,
    /// How the screen gets there again: its own words, null where it cannot.
    #[serde(default)]
    pub way: serde_json::Value,
}

/// A finding that somebody knows about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Id of the finding.
    pub finding: String,
    pub reason: String,
    /// Until then, in milliseconds since the epoch.
    pub until_ms: i64,
    /// Its row is hidden too, and counted as hidden.
    pub muted: bool,
}

/// What a reader left on the screen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Noted {
    #[serde(default)]
    pub marks: Vec<Mark>,
    #[serde(default)]
    pub silences: Vec<Silence>,
}

impl Silence {
    /// What was done, in a word.
    pub fn what(&self) -> &'static str {
        if self.muted { "muted" } else { "acknowledged" }
    }

    /// Whether it still holds.
    pub fn holds(&self, now: Timestamp) -> bool {
        now.0 < self.until_ms
    }
}
