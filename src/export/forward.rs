//! Sends the traces and logs of records to somebody else's receiver: OTLP over HTTP, or Splunk's HTTP Event Collector.
//!
//! Nothing is sent unless it is asked for, and nothing before secrets are taken out of it: what leaves is what a snapshot would
//! hold. Ids of spans and of log events are the same at every run, so that a receiver can tell what it has already. The
//! connections are those of the AWS SDK (its TLS, its proxies): without the feature `aws` nepho speaks to no network at all.

mod answer;
mod hec;
mod otlp;
mod post;
mod target;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;

use super::records::{Both, Lines, Logs, Origin, Progress, Step, each, measure};
use super::telemetry::{LogBatches, Telemetry};
use crate::engine::{Block, Engine, Limits};
use crate::model::settings::{Settings, SettingsError};
use crate::redact::{Key, Redactor};
use crate::sources::files::{ReadError, Redacting};
use crate::sources::snapshot::Trust;

use hec::Hec;
use otlp::Otlp;
use post::Post;

pub use target::{Endpoint, HecTarget, Kind, OtlpTarget, Target, TargetError};

/// Bytes of a request before it is compressed, at most (a larger record goes alone). New Relic and Splunk Cloud take a megabyte.
const BATCH: usize = 900_000;

/// As many different things that a receiver says are kept.
const SAYINGS: usize = 20;

/// What goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    /// Records are read: for the first time, or (`Step::Sending`) while their log lines are sent.
    Reading(Progress),
    /// Spans sent so far.
    Spans(u64),
}

/// What became of one kind of records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// The receiver took them.
    pub taken: u64,
    /// It said no to them.
    pub refused: u64,
    /// It takes no such record: empty lines, for Splunk.
    pub left_out: u64,
    /// It took them, but did not say in time that it had stored them.
    pub unacknowledged: u64,
}

/// What was sent, and what became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    pub spans: Count,
    pub logs: Count,
    pub requests: u64,
    /// On the wire: compressed.
    pub bytes: u64,
    /// Requests that were sent again because the receiver asked for that.
    pub retries: u64,
    /// Secrets and personal data that were taken out on the way.
    pub replaced: u64,
    /// What the receiver said, each once, with how often.
    pub said: Vec<(String, u64)>,
    /// What was wrong with the inputs, one line each.
    pub warnings: Vec<String>,
    /// Why the rest was not sent. `None`: everything was.
    pub stopped: Option<String>,
}

impl Count {
    fn add(&mut self, more: Self) {
        self.taken += more.taken;
        self.refused += more.refused;
        self.left_out += more.left_out;
        self.unacknowledged += more.unacknowledged;
    }
}

impl Sent {
    /// Whether all of it is with the receiver.
    pub fn whole(&self) -> bool {
        let whole = |count: Count| count.refused + count.left_out + count.unacknowledged == 0;
        self.stopped.is_none() && whole(self.spans) && whole(self.logs)
    }

    fn say(&mut self, what: String) {
        if let Some((_, times)) = self.said.iter_mut().find(|(said, _)| *said == what) {
            *times += 1;
        } else if self.said.len() < SAYINGS {
            self.said.push((what, 1));
        }
    }
}

/// Why nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ForwardError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error("{0}")]
    Connect(String),
    #[error("cancelled: nothing was sent")]
    Cancelled,
}

/// Why sending ends early.
#[derive(Debug)]
pub(super) struct Stop(String);

impl fmt::Display for Stop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl From<Stop> for std::io::Error {
    fn from(stop: Stop) -> Self {
        Self::other(stop.0)
    }
}

/// Who takes records.
trait Receiver {
    fn traces(&mut self, request: ExportTraceServiceRequest, sent: &mut Sent) -> Result<(), Stop>;
    fn logs(&mut self, request: ExportLogsServiceRequest, sent: &mut Sent) -> Result<(), Stop>;
    /// Sends what is left, and waits until it is stored where the receiver says so.
    fn finish(&mut self, sent: &mut Sent) -> Result<(), Stop>;
    /// Whether it takes spans and log lines.
    fn takes(&self) -> (bool, bool) {
        (true, true)
    }
}

/// Reads the records, takes secrets out, and sends what they say. `cancel` ends it within a tenth of a second, whatever is being
/// waited for.
pub fn send(
    origin: &mut Origin,
    settings: &Settings,
    target: Target,
    cancel: &AtomicBool,
    doing: &mut dyn FnMut(Doing),
) -> Result<Sent, ForwardError> {
    let cancelled = || cancel.load(Ordering::Relaxed);
    let mut on = |progress| {
        doing(Doing::Reading(progress));
        !cancelled()
    };
    let post = Post::new(target.certificate.as_deref(), target.timeout, cancel)
        .map_err(ForwardError::Connect)?;
    let (digest, total) = measure(origin, &mut on)?.ok_or(ForwardError::Cancelled)?;
    if let Origin::Files { options, .. } = origin
        && options.trust == Trust::Check
    {
        options.trust = Trust::Checked;
    }
    let redactor = Arc::new(Redactor::new(&settings.redact, Key::of_content(digest))?);
    let mut engine = Engine::new(settings.clone(), Limits::of(&settings.memory, false))?;
    let decoder = engine.decoder();
    let empty = || {
        let both = Both(Block::new(Arc::clone(&decoder), false), Lines::default());
        Redacting::new(both, Some(Arc::clone(&redactor)))
    };
    let (mut all, mut counts) = (Lines::default(), redactor.counts());
    let read = each(
        origin,
        &empty,
        &mut |chunk: Redacting<Both<Block, Lines>>, first, read| {
            let Both(block, lines) = chunk.to;
            if first {
                engine.begin_read();
            }
            engine.take(block);
            all.count(&lines);
            counts.merge(&chunk.counts);
            on(Progress {
                step: Step::Reading,
                done: read.bytes,
                total: Some(total),
            })
        },
    )?;
    if cancelled() {
        return Err(ForwardError::Cancelled);
    }
    let analysis = engine.analyse();
    drop(engine);
    let telemetry = Telemetry::new(&analysis, all.region());
    let mut receiver: Box<dyn Receiver + '_> = match target.kind {
        Kind::Otlp(target) => Box::new(Otlp::new(post, target)),
        Kind::Hec(target) => Box::new(Hec::new(post, target)),
    };
    let mut sent = Sent {
        replaced: counts.by_rule().into_values().sum(),
        warnings: read.warnings,
        ..Sent::default()
    };
    let work = Work {
        origin,
        telemetry: &telemetry,
        redactor: &redactor,
        total,
    };
    let ended = work
        .traces(&mut *receiver, &mut sent, doing)
        .and_then(|()| work.logs(&mut *receiver, &mut sent, doing, &cancelled))
        .and_then(|()| receiver.finish(&mut sent));
    sent.stopped = ended.err().map(|stop| stop.to_string());
    Ok(sent)
}

/// Records that are being sent.
struct Work<'a> {
    origin: &'a Origin,
    telemetry: &'a Telemetry<'a>,
    redactor: &'a Arc<Redactor>,
    total: u64,
}

impl Work<'_> {
    fn traces(
        &self,
        receiver: &mut dyn Receiver,
        sent: &mut Sent,
        doing: &mut dyn FnMut(Doing),
    ) -> Result<(), Stop> {
        if !receiver.takes().0 {
            return Ok(());
        }
        let each = |request| {
            receiver.traces(request, sent)?;
            doing(Doing::Spans(sent.spans.taken));
            Ok(())
        };
        let ended = self.telemetry.traces(BATCH, each);
        ended.map_err(|error| Stop(error.to_string())).map(drop)
    }

    fn logs(
        &self,
        receiver: &mut dyn Receiver,
        sent: &mut Sent,
        doing: &mut dyn FnMut(Doing),
        cancelled: &dyn Fn() -> bool,
    ) -> Result<(), Stop> {
        if !receiver.takes().1 {
            return Ok(());
        }
        let empty = || {
            let redactor = Some(Arc::clone(self.redactor));
            Redacting::new(Logs::new(self.telemetry), redactor)
        };
        let mut batches = LogBatches::new(self.telemetry, BATCH);
        let mut failed = None;
        let read = each(
            self.origin,
            &empty,
            &mut |chunk: Redacting<Logs<'_, '_, _>>, _, read| {
                let records = chunk.to.records.into_iter();
                let mut full = records.filter_map(|(place, record)| batches.push(place, record));
                failed = full
                    .try_for_each(|request| receiver.logs(request, sent))
                    .err();
                doing(Doing::Reading(Progress {
                    step: Step::Sending,
                    done: read.bytes,
                    total: Some(self.total),
                }));
                failed.is_none() && !cancelled()
            },
        );
        read.map_err(|error| Stop(error.to_string()))?;
        if let Some(stop) = failed {
            return Err(stop);
        }
        if cancelled() {
            return Err(Stop("cancelled".to_owned()));
        }
        let rest = batches.rest();
        rest.map_or(Ok(()), |request| receiver.logs(request, sent))
    }
}
