//! Segments and subsegments of X-Ray, and spans of `aws/spans`, flattened.

use std::borrow::Cow;

use super::few::Few;
use super::ids::{RequestId, SpanId, TraceId};
use super::maybe::Maybe;
use super::symbols::{Sym, Symbols};

/// One segment, subsegment or span. Times are microseconds since the epoch: X-Ray gives fractions of a millisecond.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub trace: TraceId,
    pub id: SpanId,
    pub parent: Maybe<SpanId>,
    /// Id of the segment document it was sent in; its own id for a segment.
    pub segment: SpanId,
    pub name: Sym,
    pub kind: SpanKind,
    pub start_us: i64,
    /// Unknown while it is in progress.
    pub end_us: Maybe<i64>,
    /// `aws.request_id`: of a Lambda segment the invocation's, of a subsegment the called service's, of a gateway its own.
    /// `None` where `invocation` says the same: see [`Self::request`].
    pub request_id: Option<Sym>,
    /// The same as an invocation id, where it has that form; never a gateway's own.
    pub invocation: Maybe<RequestId>,
    /// Called or running resource in the contract's words (`lambda:NAME`, `dynamodb:TABLE`, …), where it is named.
    pub resource: Option<Sym>,
    pub operation: Option<Sym>,
    /// Id that the called service gave to what was sent (`aws.message_id` of an SQS or SNS call).
    pub message_id: Option<Sym>,
    pub status: Option<u16>,
    pub error: bool,
    pub fault: bool,
    pub throttle: bool,
    /// Made by X-Ray out of a subsegment (`inferred: true`): a copy, never counted.
    pub inferred: bool,
    /// Spans of other traces or of this one that fed it (SQS batches): at most 20 a segment.
    pub links: Few<(TraceId, SpanId)>,
}

impl Span {
    /// The request that it names, as it was written.
    pub fn request<'a>(&self, symbols: &'a Symbols) -> Option<Cow<'a, str>> {
        let written = self.request_id.map(|sym| Cow::Borrowed(symbols.get(sym)));
        written.or_else(|| Some(Cow::Owned(self.invocation.get()?.to_string())))
    }
}

/// What a span stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SpanKind {
    /// `AWS::Lambda`: the service's side of an invocation, with `aws.request_id`.
    LambdaService,
    /// `AWS::Lambda::Function`: the environment's side.
    LambdaFunction,
    Initialization,
    Restore,
    Invocation,
    Overhead,
    /// Waiting in the queue of asynchronous events.
    DwellTime,
    /// `Attempt #N` of an asynchronous event.
    Attempt(u16),
    /// Another segment: API Gateway, a client, a state machine.
    Segment,
    /// A call to another service.
    Remote,
    /// Any other subsegment.
    Local,
}
