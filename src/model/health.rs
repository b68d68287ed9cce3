//! How the sources of records fare: what the header and the sources pane say about them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::placed;
use super::record::Gap;
use super::time::Timestamp;

/// All sources of this run, and the calls they made. Unknown is `None`, never 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Board {
    /// By [`Health::name`].
    pub sources: BTreeMap<Box<str>, Health>,
    /// By place (profile and region, as they were chosen) and IAM action (`logs:FilterLogEvents`).
    pub calls: BTreeMap<(Arc<str>, &'static str), Calls>,
    pub money: Money,
}

/// How one source fares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Health {
    /// `logs /aws/lambda/auth`, `x-ray`, `metrics`, `functions`, `demo`, or a path.
    pub name: Box<str>,
    pub state: SourceState,
    /// Everything before it has arrived, as far as the source can know.
    pub complete_until: Option<Timestamp>,
    /// Median and 99th percentile of ingestion − timestamp over its latest records.
    pub lag_p50_ms: Option<f64>,
    pub lag_p99_ms: Option<f64>,
    /// Records handed over, re-reads of an overlap included; `None` for files, which are read and not polled.
    pub records: Option<u64>,
    /// Records that lay before `complete_until` when they arrived; `None` for what does not say how far it is complete.
    pub late: Option<u64>,
    /// Stretches it knows it did not see.
    pub gaps: Vec<Gap>,
    /// The stretch that is not seen for now, said once that has lasted: it is read when the source goes on.
    pub unseen: Option<Gap>,
    /// The latest stretches that were not seen for a while and were read then.
    pub filled: Vec<Filled>,
    /// The last failure in words: what, where, what to do. `None` once it goes on.
    pub trouble: Option<Box<str>>,
    /// Fetches that failed in a row.
    pub failures: u32,
    /// When it is asked again, after a failure; `None` once it was given up.
    pub again_at: Option<Timestamp>,
    /// The right that it lacks.
    pub lacks: Option<Right>,
    /// Whose rights it uses for want of its own place's, in words.
    pub lent: Option<Box<str>>,
    /// Another source reads the same, so that this one ended.
    pub elsewhere: Option<Box<str>>,
    /// How much of it is read: a file that is not at its end yet.
    pub progress: Option<Progress>,
    /// What it is doing or found, in words (`34 functions, 19 match`).
    pub note: Option<Box<str>>,
}

impl fmt::Display for Right {
    /// `logs:FilterLogEvents on /aws/lambda/pay`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.resource {
            Some(resource) => write!(f, "{} on {resource}", self.action),
            None => self.action.fmt(f),
        }
    }
}

/// A stretch that was read later than it should have been.
#[derive(Clone, Debug, PartialEq)]
pub struct Filled {
    pub gap: Gap,
    /// When all of it had been read.
    pub at: Timestamp,
}

impl Health {
    /// Whether it brings the lines of a log group.
    pub fn is_log(&self) -> bool {
        self.log_group().is_some()
    }

    /// The log group whose lines it brings.
    pub fn log_group(&self) -> Option<&str> {
        self.name.strip_prefix("logs ")
    }

    /// Whether it finds log groups and starts their sources.
    pub fn finds_logs(&self) -> bool {
        matches!(placed::name(&self.name), "functions" | "log groups")
    }

    /// Whether it is still to find all log groups for the first time, or to read the past of one up to the present; not where it fails.
    pub fn is_reading_up(&self) -> bool {
        match self.state {
            SourceState::Starting | SourceState::Reading | SourceState::CaughtUp => {
                let finds = self.finds_logs() && self.note.is_none();
                finds || self.is_log() && self.complete_until.is_none()
            }
            SourceState::Throttled => self.is_log() && self.complete_until.is_none(),
            _ => false,
        }
    }

    /// Whether there is no such log group, or no more.
    pub fn is_absent(&self) -> bool {
        self.is_log() && self.state == SourceState::CaughtUp && self.note.is_some()
    }

    /// Whether it failed and is not asked again.
    pub fn has_given_up(&self) -> bool {
        self.trouble.is_some() && self.again_at.is_none()
    }
}

impl Board {
    /// Stretches that are not seen for now.
    pub fn open_gaps(&self) -> impl Iterator<Item = &Gap> {
        self.sources
            .values()
            .filter_map(|health| health.unseen.as_ref())
    }
}

/// How much of a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// Of the file as it lies on the disk; never 100, since then it is at its end.
    Percent(u8),
    /// Of a pipe, whose length nobody knows.
    Megabytes(u64),
}

/// What a source is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
#[strum(serialize_all = "kebab-case")]
pub enum SourceState {
    /// Not asked yet.
    #[default]
    Starting,
    /// Working off a backlog.
    Reading,
    /// Nothing more for now.
    #[strum(serialize = "ok")]
    CaughtUp,
    /// Slowed down by the service.
    Throttled,
    /// No valid credentials: goes on by itself once there are some.
    LoggedOut,
    /// Lacks a right: stopped, the others go on. It looks again at [`Health::again_at`] where a login may bring the right.
    Denied,
    /// Fails; asked again at [`Health::again_at`], or given up where that is `None`.
    Broken,
    /// Read to its end: a file.
    Ended,
}

/// A right to call something.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// IAM action: `logs:FilterLogEvents`.
    pub action: Box<str>,
    /// What it was refused on (`/aws/lambda/nightly-report`), where it is one resource.
    pub resource: Option<Box<str>>,
}

/// Calls of one API action by all sources together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calls {
    pub made: u64,
    /// Answered with success: the right to it is held.
    pub granted: u64,
    /// Refused for want of quota.
    pub refused: u64,
    /// Refused for want of rights.
    pub denied: u64,
    /// Over the last minute.
    pub per_second: f64,
    /// What AWS grants to the account in this region, a second; `None` where it is not published.
    pub quota_per_second: Option<f64>,
    /// What nepho may use of it now: its share, less after a refusal.
    pub allowed_per_second: Option<f64>,
    /// Bytes of records that they brought.
    pub bytes: u64,
    /// What they cost by list price, in US dollars; `None` if they are free.
    pub usd: Option<f64>,
}

/// What billed calls may cost, and did.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Money {
    /// US dollars by list price, so far.
    pub spent_usd: f64,
    /// What an hour may cost.
    pub limit_usd_an_hour: f64,
    /// Billed calls wait until then for want of money.
    pub waits_until: Option<Timestamp>,
}
