//! One invocation while it runs, and the store of all that do.

use super::environment::Environment;
use super::event::{Event, Trace};
use super::lines::{About, Ending, Start};
use super::order::Order;
use super::random::Uuid;
use super::shop::Function;
use super::stamp::Micros;
use super::xray::Span;

/// One invocation.
pub(super) struct Run {
    pub(super) function: Function,
    pub(super) request: Uuid,
    /// 1; more for a retry of an asynchronous event.
    pub(super) attempt: u8,
    pub(super) event: Event,
    pub(super) order: Order,
    pub(super) reply: Reply,
    pub(super) trace: Trace,
    pub(super) links: Vec<Trace>,
    pub(super) environment: Environment,
    /// What its environment did before START: (kind, from, until).
    pub(super) init: Option<(Start, Micros, Micros)>,
    /// It came: it holds a slot from here on.
    pub(super) arrived: Micros,
    pub(super) started: Micros,
    /// Place in the program, and part of the step.
    pub(super) step: usize,
    pub(super) part: Part,
    pub(super) tries: usize,
    pub(super) took_ms: f64,
    /// The call in progress: its span, when it began, and the id of the call.
    pub(super) call: (u64, Micros, Uuid),
    pub(super) service: u64,
    pub(super) segment: u64,
    pub(super) attempt_span: Option<u64>,
    pub(super) spans: Vec<Span>,
    /// The effect that must happen once happened.
    pub(super) effect: bool,
    /// Messages returned as failed, by their place in the batch.
    pub(super) failed: Vec<usize>,
    /// It is told: it came after the world's history begins.
    pub(super) told: bool,
}

/// Which part of a step comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Begin,
    /// Its time has passed.
    Done,
    /// The called function answered well, or failed.
    Answered {
        well: bool,
    },
    /// The call was refused.
    Refused,
}

/// Who waits for the end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Caller(RunKey),
    /// The gateway's open request, and whether it asked the authoriser.
    Gateway {
        slot: u32,
        authorizer: bool,
    },
    Queue(super::queue::QueueName),
    Stream {
        name: super::stream::StreamName,
        shard: u8,
    },
    /// Nobody; the service tries an asynchronous event again.
    Asynchronous,
    Url,
}

/// Names a run as long as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RunKey {
    slot: u32,
    serial: u32,
}

/// All runs in progress.
#[derive(Default)]
pub(super) struct Runs {
    slots: Vec<(u32, Option<Box<Run>>)>,
    free: Vec<u32>,
}

impl Runs {
    pub(super) fn add(&mut self, run: Box<Run>) -> RunKey {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push((0, None));
            self.slots.len() as u32 - 1
        });
        let (serial, place) = &mut self.slots[slot as usize];
        *place = Some(run);
        RunKey {
            slot,
            serial: *serial,
        }
    }

    /// The run, taken out to be worked on; `None` if it ended meanwhile.
    pub(super) fn take(&mut self, key: RunKey) -> Option<Box<Run>> {
        let (serial, place) = &mut self.slots[key.slot as usize];
        if *serial == key.serial {
            place.take()
        } else {
            None
        }
    }

    /// Puts a run back that was taken out.
    pub(super) fn put(&mut self, key: RunKey, run: Box<Run>) {
        self.slots[key.slot as usize].1 = Some(run);
    }

    /// Lets go of the place of a run that was taken out and ended.
    pub(super) fn end(&mut self, key: RunKey) {
        self.slots[key.slot as usize].0 += 1;
        self.free.push(key.slot);
    }
}

impl Run {
    /// Where the callee of the call in progress belongs.
    pub(super) fn calling(&self) -> Trace {
        Trace {
            parent: self.call.0,
            ..self.trace
        }
    }

    pub(super) fn about(&self) -> About<'_> {
        About {
            spec: self.function.spec(),
            version: self.environment.version,
            stream: &self.environment.stream,
            request: self.request,
            trace: self.trace,
            segment: self.segment,
            cold: !self.environment.used,
        }
    }
}

/// How a run ended, with the words of it.
pub(super) struct End {
    pub(super) ending: Ending,
    pub(super) message: String,
    pub(super) frames: &'static [&'static str],
}

impl End {
    pub(super) fn well() -> Self {
        Self::plain(Ending::Success)
    }

    pub(super) fn plain(ending: Ending) -> Self {
        Self {
            ending,
            message: String::new(),
            frames: &[],
        }
    }
}
