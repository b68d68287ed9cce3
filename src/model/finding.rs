//! Findings: what is wrong, worst first.

use super::invocation::InvocationIndex;
use super::rows::Evidence;
use super::symbols::Sym;
use super::time::{MINUTE_MS, Timestamp};

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
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display, strum::EnumIter,
)]
pub enum Severity {
    P1,
    P2,
    P3,
    P4,
}

/// What did not happen for so long is over. One that comes back within half an hour is the same trouble, under the same id.
const OVER_MS: i64 = 10 * MINUTE_MS;

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

impl Finding {
    /// Whether somebody should be told of it.
    pub fn is_urgent(&self) -> bool {
        self.severity <= Severity::P2
    }

    /// Whether it had stopped ten minutes before `now`.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now.since(self.last_seen) >= OVER_MS
    }
}

/// What a detector saw. Triage counts its events, says how bad it is, what explains it, and makes a [`Finding`] of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub kind: FindingKind,
    /// Function, queue, table or API: the resource that is short.
    pub subject: String,
    /// Third part of the id: one stable word for the cause (`reserved_limit`, `overlap`, a fingerprint).
    pub key: String,
    pub claim: String,
    pub cause: String,
    pub next: String,
    /// The function whose invocations are the base of the rate; `None` if no function's traffic is.
    pub function: Option<Sym>,
    /// Every bad event, in any order: since when, how often and the trend are computed from them.
    pub events: Vec<BadEvent>,
    /// Invocations that met the trouble (callers that were refused, runs that failed, both runs of a repeat): two
    /// findings about the same requests are one incident.
    pub requests: Vec<InvocationIndex>,
    /// What the harmed requests were waiting for, where their lines say it: a function, or a resource such as `dynamodb:TABLE`.
    pub waits_for: Vec<Sym>,
    pub alarm: Alarm,
    /// Harm of one event, 1 for a lost request: 0.8 double run, 0.3 felt cold start, 0.2 delayed, 0.05 expected.
    pub weight: f64,
    /// 1 for what was read, less for what was inferred.
    pub confidence: f64,
    /// Some of the requests are lost for good: nobody tries them again.
    pub lost: bool,
    /// At least one; the strongest first. Triage keeps 50.
    pub evidence: Vec<Evidence>,
}

/// One bad event, or several of one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BadEvent {
    pub at: Timestamp,
    pub count: u32,
}

/// When a candidate is more than a line in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alarm {
    /// When it comes more often than it used to.
    Change,
    /// Wrong at its first occurrence, listed at once and raised when it is no single case: no change is needed.
    Certain,
    /// Raised from its first occurrence: a promise was broken, or the share is too high beyond doubt.
    Raised,
    /// Never: expected behaviour, or a remark on the data.
    Never,
}

impl Candidate {
    /// A candidate of weight 1 that alarms on change, to be filled by its detector.
    pub fn new(kind: FindingKind, subject: impl Into<String>, key: impl Into<String>) -> Self {
        Self {
            kind,
            subject: subject.into(),
            key: key.into(),
            claim: String::new(),
            cause: String::new(),
            next: String::new(),
            function: None,
            events: Vec::new(),
            requests: Vec::new(),
            waits_for: Vec::new(),
            alarm: Alarm::Change,
            weight: 1.0,
            confidence: 1.0,
            lost: false,
            evidence: Vec::new(),
        }
    }
}
