//! Floor 5: where raw records come from. A source decodes nothing: a file of raw records exercises the whole chain.

#[cfg(feature = "aws")]
pub mod aws;
pub mod files;
pub mod follow;
pub mod pace;
pub mod placed;
pub mod pulse;
pub mod snapshot;

use std::collections::BTreeSet;
use std::future::{self, Future};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use crate::model::batch::Batch;
use crate::model::health::{Health, Right};
use crate::model::record::{Gap, GapReason};
use crate::model::time::Timestamp;

/// One place that records come from. Fetches one page when asked; it never sleeps, retries or spawns: the pump does.
pub trait Source: Send {
    /// What the sources pane calls it: `logs /aws/lambda/auth`, `x-ray`, `demo`, a path. Unique and stable.
    fn name(&self) -> &str;

    /// The call that the next [`Source::fetch`] makes, whose quota the pump asks for first;
    /// `None` where nothing is called (files, the simulated cloud).
    fn call(&self) -> Option<Call> {
        None
    }

    /// Whether something new is likely, for all that is known: then it is asked before those that are quiet.
    fn stirs(&self) -> bool {
        true
    }

    /// What somebody looks at, by the names of sources. Told before each fetch.
    fn attend(&mut self, _focus: &BTreeSet<Box<str>>, _now: Timestamp) {}

    /// The call that goes on and is paid by time, while it does: a page's price is its, and it ends without money.
    fn running(&self) -> Option<Call> {
        None
    }

    /// Ends what goes on, since there is no money for it.
    fn hang_up(&mut self) {}

    /// Resolves when it should be asked before its interval is over.
    fn stirred(&mut self) -> Waiting<'_> {
        Box::pin(future::pending())
    }

    /// How long the pump waits after [`Next::CaughtUp`].
    fn interval(&self) -> Duration {
        Duration::from_secs(2)
    }

    /// The next page as of `now`. Cancel-safe: a dropped fetch loses nothing, the next one asks again.
    fn fetch(&mut self, now: Timestamp) -> Fetching<'_>;

    /// Fills in what only the source knows: lag, late records, gaps, a note. Called after each fetch.
    fn describe(&self, _health: &mut Health) {}

    /// A call that was made beside its own since it was last asked here, by it or by others of its place: whose account it is.
    fn asked_beside(&mut self) -> Option<Call> {
        None
    }

    /// The stretch that stays unseen, for that reason, if it is never asked again.
    fn unseen(&self, _now: Timestamp, _why: GapReason) -> Option<Gap> {
        None
    }
}

/// Which stretch of time to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub since: Timestamp,
    /// Read once up to there; `None` follows for ever.
    pub until: Option<Timestamp>,
}

impl Window {
    /// What follows a page: `more` pages, else what follows once all was read.
    pub fn after(self, more: bool) -> Next {
        if more { Next::More } else { self.when_read() }
    }

    /// What follows once all that there is was read: the end, where it is read once.
    pub fn when_read(self) -> Next {
        match self.until {
            Some(_) => Next::End,
            None => Next::CaughtUp,
        }
    }
}

/// One call of a service's API.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// IAM action: `logs:FilterLogEvents`.
    pub action: &'static str,
    /// Account and region, as far as they were told: each has quotas of its own.
    pub place: Arc<str>,
    /// Calls a second that the service grants to the account in this region; `None` where it is not published.
    pub quota: Option<f64>,
    /// Costs money.
    pub billed: bool,
}

/// Something to wait for.
pub type Waiting<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A page on its way.
pub type Fetching<'a> = Pin<Box<dyn Future<Output = Result<Page, FetchError>> + Send + 'a>>;

/// What one fetch brought.
pub struct Page {
    pub batch: Batch,
    pub next: Next,
    /// Further sources that this one found (the log groups of the functions it listed): the pump starts them.
    pub found: Vec<Box<dyn Source>>,
    /// What the call cost by list price, in US dollars.
    pub usd: f64,
}

impl Page {
    /// A page without new sources.
    pub fn new(batch: impl Into<Batch>, next: Next) -> Self {
        Self {
            batch: batch.into(),
            next,
            found: Vec::new(),
            usd: 0.0,
        }
    }
}

/// When to ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At once: there is more.
    More,
    /// After the source's interval: nothing more for now.
    CaughtUp,
    /// Never: it was read to its end.
    End,
}

/// Why a fetch brought nothing. The text is one line: what, where, what to do.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// Asked too often: ask again after that long, and less often.
    #[error("{message}")]
    Throttled { after: Duration, message: String },
    /// Passes by itself: the network, a time-out, the service's own fault.
    #[error("{message}")]
    Transient { message: String },
    /// No credentials, or expired ones: passes once somebody logs in. `asked`: the service was, and does not take them.
    #[error("{message}")]
    LoggedOut { message: String, asked: bool },
    /// A right is missing: this source stops, the others go on. `asked`: the service was, and not for the answer that it gave before.
    /// `may_pass`: another place may have the right, once somebody has logged in there.
    #[error("{message}")]
    Denied {
        right: Right,
        message: String,
        asked: bool,
        may_pass: bool,
    },
    /// A right is missing that another place of the same account has, which is asked from now on: the same call at once. `asked`: the
    /// service was, and denied it.
    #[error("{message}")]
    Lent { message: String, asked: bool },
    /// Another source reads the same: this one ends, and nothing is missing. One of those that say so has the words for it.
    #[error("{}", message.as_deref().unwrap_or("read by another source"))]
    Elsewhere { message: Option<String> },
    /// Nothing that waiting would mend: an unreadable file, an unknown region.
    #[error("{message}")]
    Broken { message: String },
    /// Nothing that waiting would mend, and nothing could be asked: no region, certificates that cannot be read.
    #[error("{message}")]
    Unable { message: String },
}

impl FetchError {
    /// What it means for a page that a token named. One that is refused has expired (they live for
    /// 24 hours at most): it is dropped, and what it led through is read anew.
    #[must_use]
    pub fn of_page(self, token: &mut Option<String>) -> Self {
        match self {
            Self::Broken { message } if token.take().is_some() => Self::Transient { message },
            other => other,
        }
    }

    /// Whether the same call is made at once, by another.
    pub fn is_passing_on(&self) -> bool {
        matches!(self, Self::Lent { .. })
    }

    /// Whether the call went out that the fetch was to make.
    pub fn was_asked(&self) -> bool {
        !matches!(
            self,
            Self::LoggedOut { asked: false, .. }
                | Self::Denied { asked: false, .. }
                | Self::Lent { asked: false, .. }
                | Self::Elsewhere { .. }
                | Self::Unable { .. }
        )
    }
}
