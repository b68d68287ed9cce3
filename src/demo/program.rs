//! What a handler does: a list of steps that the simulator walks through.

use super::order::Order;
use super::shop::Function;

/// One thing that a handler does. Steps that take time give way to everything else meanwhile.
#[derive(Clone, Copy)]
pub(super) enum Step {
    /// Logs the event it was given, whole.
    LogEvent,
    /// Logs the event in a small share of runs only: a team that began to and never finished.
    LogEventSometimes(f64),
    /// Own work: median in ms and spread of the logarithm. A slow version multiplies it.
    Work(f64, f64),
    /// Waits for something of its own that only a troubled version has.
    Stall,
    Say(Level, Words),
    /// The same with structured data beside the message.
    SayWith(Level, Words, Words),
    /// Fails in a share of runs.
    Fail(f64, &'static Fault),
    /// Invokes another function and waits for its answer.
    Call(&'static Call),
    /// Ends the run well if the order was captured before: the check against repeats.
    SkipIfCaptured,
    /// Notes that the order was captured: the effect that must happen once.
    Capture,
    /// Writes a version to the ledger unless that very version is there.
    Apply,
    /// Sends a mail: an effect with no check against repeats.
    Mail,
    /// Puts an event on the bus.
    Put(Detail),
    /// Sends the order to its queue, and its two steps to the saga; only for orders that are queued.
    Enqueue,
    /// Puts a record on the stock stream.
    Record,
    /// Writes prices to the items table.
    WriteItems,
    /// Returns a share of its messages as failed.
    ReturnFailed(f64),
}

/// Writes a message, or the members of a JSON object without its braces.
pub(super) type Words = fn(&Said<'_>, &mut String);

/// What words may speak of.
pub(super) struct Said<'a> {
    pub(super) order: &'a Order,
    /// What the caller asked for.
    pub(super) action: &'static str,
    /// The last work took that long.
    pub(super) took_ms: f64,
    /// Chance, for scores and the like.
    pub(super) roll: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    Info,
    Warn,
    Error,
}

/// A synchronous call of another function.
pub(super) struct Call {
    pub(super) to: Function,
    pub(super) action: &'static str,
    /// Seconds to wait before the second, third, … try; the last one repeats if `gives_up` is not set.
    pub(super) waits: &'static [f64],
    /// Throws once the waits are used up; else it tries on until its own time-out.
    pub(super) gives_up: bool,
}

/// How a run fails.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) error_type: &'static str,
    pub(super) message: fn(&Order, u64) -> String,
    /// Own frames, innermost first.
    pub(super) frames: &'static [&'static str],
    /// The process died: the runtime tells, and the environment starts anew.
    pub(super) kills: bool,
}

/// The events of the bus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
pub(super) enum Detail {
    OrderPaid,
    OrderShipped,
}
