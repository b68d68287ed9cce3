//! Every record of a refused attempt, whichever source it is from: callers' lines, spans, access logs. One attempt may have left
//! several: `fusion` joins them.

mod gateway;
mod spans;

use std::borrow::Cow;

use crate::model::fact::Kinds;
use crate::model::facts::{FactRef, Facts};
use crate::model::ids::{RequestId, SpanId, TraceId};
use crate::model::invocation::{Assembled, Invocation, InvocationIndex};
use crate::model::room::push;
use crate::model::rows::{Evidence, ThrottleClass};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// What AWS answers when it refuses for want of quota.
const TOO_MANY_REQUESTS: u16 = 429;

/// One record of a refused attempt.
pub(super) struct Record<'a> {
    /// `lambda:NAME`, `dynamodb:TABLE`, …; a service's bare name; `None` if the record does not say.
    pub(super) resource: Option<Cow<'a, str>>,
    pub(super) at: Timestamp,
    /// Two records with a key in common are of one attempt.
    pub(super) keys: Vec<Key>,
    pub(super) source: Source,
    /// The function that was refused, and its run.
    pub(super) caller: Option<Sym>,
    pub(super) run: Option<InvocationIndex>,
    pub(super) reason: Option<Sym>,
    /// What the gateway itself says of its refusal.
    pub(super) gateway: Option<ThrottleClass>,
    pub(super) trace: Option<TraceId>,
    /// API and route of an access line.
    pub(super) route: Option<Route>,
    pub(super) evidence: Evidence,
}

pub(super) type Route = (Sym, Option<Sym>);

/// Where a record is from, in the order in which its time is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    Log,
    Access,
    Span,
}

/// An identity of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// `x-amzn-RequestId` of the refused call, where it is a UUID.
    Request(RequestId),
    /// The same in the form that DynamoDB and Kinesis use, or a gateway's own.
    Text(Sym),
    Span(TraceId, SpanId),
}

/// All records, in no particular order.
pub(super) fn records<'a>(facts: &'a Facts, assembled: &Assembled) -> Vec<Record<'a>> {
    let mut records = Vec::new();
    let mut add = |record| push(&mut records, record);
    for (at, run) in (0 as InvocationIndex..).zip(&assembled.invocations) {
        let lines = assembled.app_lines_of(run, Kinds::REFUSED);
        let found = lines.filter_map(|line| of_line(facts, line, Some((at, run))));
        found.for_each(&mut add);
    }
    let orphans = assembled.orphans.iter();
    let found = orphans.filter_map(|line| of_line(facts, *line, None));
    found.for_each(&mut add);
    spans::of_spans(facts, assembled).for_each(&mut add);
    let gateways = gateway::of_access_logs(facts, assembled);
    gateways.into_iter().for_each(&mut add);
    records
}

fn key_of(facts: &Facts, id: Sym) -> Key {
    RequestId::parse(facts.text(id)).map_or(Key::Text(id), Key::Request)
}

/// A caller's own line. Retries inside an SDK that it sums up are one attempt.
fn of_line<'a>(
    facts: &'a Facts,
    line: FactRef,
    run: Option<(InvocationIndex, &Invocation)>,
) -> Option<Record<'a>> {
    let app = facts.app(line, Kinds::REFUSED)?;
    let refusal = app.refused?;
    Some(Record {
        resource: facts.text_of(refusal.resource).map(Cow::Borrowed),
        at: facts.moment(line),
        keys: refusal
            .aws_request_id
            .map(|id| key_of(facts, id))
            .into_iter()
            .collect(),
        source: Source::Log,
        caller: run
            .map(|(_, run)| run.function)
            .or_else(|| facts.stream(line).function),
        run: run.map(|(run, _)| run),
        reason: refusal.reason,
        gateway: None,
        trace: app.trace,
        route: None,
        evidence: Evidence::Line {
            request_id: app
                .request_id
                .or_else(|| run.map(|(_, run)| run.request_id)),
            line,
        },
    })
}

/// Whether the resource is an API in front of others.
pub(super) fn is_gateway(resource: &str) -> bool {
    resource.starts_with("apigateway:") || resource.starts_with("appsync:")
}
