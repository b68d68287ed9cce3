//! Findings: what is wrong, worst first.

use super::rows::Evidence;
use super::time::Timestamp;

/// What a finding is about. The words are the contract's.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[strum(serialize_all = "snake_case")]
pub enum FindingKind {
    ColdStart,
    Throttling,
    Duplicate,
    Reordering,
    Error,
    Timeout,
    OutOfMemory,
    Cost,
    Security,
    Governance,
    Coupling,
    IncompleteData,
}

/// P1 page · P2 raised · P3 list · P4 governance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
pub enum Severity {
    P1,
    P2,
    P3,
    P4,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Stable over time: `kind:subject:cause`.
    pub id: String,
    pub severity: Severity,
    pub kind: FindingKind,
    /// Function, queue, table or API: the resource that is short.
    pub subject: String,
    pub since: Timestamp,
    pub last_seen: Timestamp,
    /// One sentence with the figures.
    pub claim: String,
    /// Why, one sentence; empty if it cannot be told.
    pub cause: String,
    /// What to do now, one sentence.
    pub next: String,
    /// At least one, at most 50.
    pub evidence: Vec<Evidence>,
    /// Harmed requests a minute over the last 5 minutes of the finding, and its lower bound, by which findings rank.
    pub harm_per_min: Option<f64>,
    pub harm_per_min_low: Option<f64>,
    /// Id of the finding that explains this one.
    pub parent: Option<String>,
    /// Bad events a minute, one cell a minute, ending with the window.
    pub trend: Vec<u32>,
}
