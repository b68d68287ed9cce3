//! What can be looked at. A step names it by what stays the same from picture to picture, never by an index.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::fact::EventSource;
use crate::model::rows::{DuplicateClass, Harm, InitCause};
use crate::model::time::Timestamp;
use crate::store::scene::Scene;

use super::action::Action;
use super::counted::Counted;
use super::figures;
use super::keys::Context;
use super::page::{Page, Run};
use super::{pages, panes};

/// One thing looked at: a pane, or what Enter led to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Step {
    /// A pane, by its place on the digits from 0.
    Pane(usize),
    /// A finding, by its id.
    Finding(String),
    Function(String),
    /// Invocations of a function.
    Invocations {
        function: String,
        which: Which,
    },
    Invocation(Run),
    /// The request tree that an invocation belongs to.
    Trace(Run),
    /// The same, only what its critical path runs through.
    CriticalPath(Run),
    /// The log lines of an invocation.
    Lines(Run),
    /// What a filter finds in all records.
    #[serde(skip)]
    Found(String),
    /// Refusals of one resource.
    Resource(String),
    /// Deliveries of one event to one consumer.
    Identity {
        consumer: String,
        source: EventSource,
        identity: String,
    },
    /// Arrivals of one ordering key at one consumer.
    Key {
        consumer: String,
        source: EventSource,
        key: String,
    },
    /// Exceptions of one fingerprint.
    Error {
        function: String,
        fingerprint: u64,
    },
    /// One source of records.
    Source(String),
    /// What was counted in one minute, of one function or of all.
    Minute {
        at: Timestamp,
        counted: Counted,
        function: Option<String>,
    },
    /// Two stretches of time side by side, each from and until.
    #[serde(skip)]
    Compare {
        before: (Timestamp, Timestamp),
        after: (Timestamp, Timestamp),
    },
}

/// Which of a function's invocations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    All,
    Failed,
    Cold,
    /// Those that waited for a start of one cause.
    Cause(InitCause),
    /// Those that ran first in an environment whose init took so long.
    Init(Between),
    /// Those that received an event again, by what that did.
    Repeated {
        source: EventSource,
        class: Option<DuplicateClass>,
        least: Harm,
        most: Harm,
    },
}

impl fmt::Display for Which {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => to.write_str("all"),
            Self::Failed => to.write_str("failed"),
            Self::Cold => to.write_str("cold"),
            Self::Cause(cause) => write!(to, "cold ({cause})"),
            Self::Init(between) => write!(to, "init {between}"),
            Self::Repeated {
                class: Some(class), ..
            } => write!(to, "repeated ({class})"),
            Self::Repeated { least, most, .. } if least == most => write!(to, "repeated ({least})"),
            Self::Repeated { .. } => to.write_str("repeated"),
        }
    }
}

/// More than so many milliseconds and at most so many: a bar of a histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Between {
    /// 0: no lower bound.
    pub above: u32,
    pub up_to: Option<u32>,
}

impl Between {
    /// Whether it lies in the bar.
    pub fn holds(self, ms: f32) -> bool {
        let ms = f64::from(ms);
        let is_above = self.above == 0 || ms > f64::from(self.above);
        is_above && self.up_to.is_none_or(|up_to| ms <= f64::from(up_to))
    }
}

impl fmt::Display for Between {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = |ms: u32| figures::duration(f64::from(ms));
        match (self.above, self.up_to) {
            (0, Some(up_to)) => write!(to, "up to {}", bound(up_to)),
            (above, Some(up_to)) => write!(to, "{} to {}", bound(above), bound(up_to)),
            (above, None) => write!(to, "over {}", bound(above)),
        }
    }
}

impl Step {
    /// Makes its page. Runs off the UI thread: it may look at all data once.
    pub fn page(&self, scene: &Arc<Scene>) -> Page {
        match self {
            Self::Pane(at) => panes::all()
                .get(*at)
                .map(|pane| pane.page(scene))
                .unwrap_or_default(),
            other => pages::page(other, scene),
        }
    }

    /// Its name in the breadcrumb.
    pub fn crumb(&self) -> String {
        match self {
            Self::Pane(at) => panes::all()
                .get(*at)
                .map_or("", |pane| pane.title())
                .to_owned(),
            Self::Finding(id) => {
                let mut parts = id.splitn(3, ':');
                let kind = parts.next().unwrap_or_default().replace('_', " ");
                parts
                    .next()
                    .map_or(kind.clone(), |subject| format!("{kind} {subject}"))
            }
            Self::Function(name) | Self::Resource(name) | Self::Source(name) => name.clone(),
            Self::Invocations {
                function,
                which: Which::All,
            } => format!("runs of {function}"),
            Self::Invocations { function, which } => format!("{which} runs of {function}"),
            Self::Invocation(run) => figures::request(run.request),
            Self::Trace(run) => format!("trace of {}", figures::request(run.request)),
            Self::CriticalPath(run) => {
                format!("critical path of {}", figures::request(run.request))
            }
            Self::Lines(run) => format!("lines of {}", figures::request(run.request)),
            Self::Found(filter) => format!("all lines with {filter}"),
            Self::Identity {
                consumer, identity, ..
            } => {
                format!("{consumer} {}", figures::short(identity))
            }
            Self::Key { consumer, key, .. } => format!("{consumer} {}", figures::short(key)),
            Self::Error { function, .. } => format!("error of {function}"),
            Self::Minute {
                at,
                counted,
                function,
            } => {
                let of = function
                    .as_ref()
                    .map_or_else(String::new, |of| format!(" of {of}"));
                format!("{} {counted}{of}", figures::clock_minute(*at))
            }
            Self::Compare { before, after } => format!(
                "{}–{} against {}–{}",
                figures::clock_minute(before.0),
                figures::clock_minute(before.1),
                figures::clock_minute(after.0),
                figures::clock_minute(after.1)
            ),
        }
    }

    /// The whole waterfall for its critical path, and back.
    pub fn turned(&self) -> Option<Self> {
        match self {
            Self::Trace(run) => Some(Self::CriticalPath(*run)),
            Self::CriticalPath(run) => Some(Self::Trace(*run)),
            _ => None,
        }
    }

    /// Which keys have a meaning of their own on it.
    pub fn context(&self) -> Context {
        match self {
            Self::Lines(_) | Self::Found(_) | Self::Invocation(_) => Context::Log,
            Self::Trace(_) | Self::CriticalPath(_) => Context::Waterfall,
            Self::Pane(at) => panes::all()
                .get(*at)
                .map_or(Context::Everywhere, |pane| pane.context()),
            _ => Context::Everywhere,
        }
    }

    /// What its footer offers, the most useful first.
    pub fn actions(&self) -> &'static [Action] {
        match self {
            Self::Pane(at) => panes::all().get(*at).map_or(&[], |pane| pane.actions()),
            Self::Lines(_) | Self::Found(_) => &[
                Action::Open,
                Action::Back,
                Action::NextOfRequest,
                Action::NextError,
                Action::Level,
                Action::Recall,
                Action::Pause,
            ],
            Self::Invocation(_) => &[
                Action::Open,
                Action::Back,
                Action::Trace,
                Action::Lines,
                Action::NextError,
                Action::NextPart,
            ],
            Self::Trace(_) | Self::CriticalPath(_) => &[
                Action::Open,
                Action::Back,
                Action::CriticalPath,
                Action::Lines,
                Action::NextPart,
            ],
            _ => &[
                Action::Open,
                Action::Back,
                Action::Trace,
                Action::Lines,
                Action::Invocations,
                Action::NextPart,
                Action::Pause,
            ],
        }
    }
}
