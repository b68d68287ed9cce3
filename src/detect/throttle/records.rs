//! Every record of a refused attempt, whichever source it is from: callers' lines, spans, access logs. One attempt may have left
//! several: `fusion` joins them.

use std::borrow::Cow;

use hashbrown::HashMap;

use crate::model::fact::{Access, What};
use crate::model::facts::{FactRef, Facts};
use crate::model::ids::{RequestId, SpanId, TraceId};
use crate::model::invocation::{Assembled, InvocationIndex};
use crate::model::rows::{Evidence, ThrottleClass};
use crate::model::span::{Span, SpanKind};
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
    for (at, run) in assembled.invocations.iter().enumerate() {
        for &line in &run.app {
            records.extend(of_line(
                facts,
                line,
                Some((at as InvocationIndex, run.function)),
            ));
        }
    }
    for &line in &assembled.orphans {
        records.extend(of_line(facts, line, None));
    }
    records.extend(of_spans(facts, assembled));
    records.extend(of_access_logs(facts, assembled));
    records
}

fn key_of(facts: &Facts, id: Sym) -> Key {
    RequestId::parse(facts.text(id)).map_or(Key::Text(id), Key::Request)
}

/// A caller's own line. Retries inside an SDK that it sums up are one attempt.
fn of_line(
    facts: &Facts,
    line: FactRef,
    run: Option<(InvocationIndex, Sym)>,
) -> Option<Record<'_>> {
    let app = facts.app(line)?;
    let refusal = app.refused.as_ref()?;
    Some(Record {
        resource: facts.text_of(refusal.resource).map(Cow::Borrowed),
        at: facts.fact(line).at,
        keys: refusal
            .aws_request_id
            .map(|id| key_of(facts, id))
            .into_iter()
            .collect(),
        source: Source::Log,
        caller: run
            .map(|(_, function)| function)
            .or(facts.stream(line).function),
        run: run.map(|(run, _)| run),
        reason: refusal.reason,
        gateway: None,
        trace: app.trace,
        route: None,
        evidence: Evidence::Line {
            request_id: app.request_id,
            line,
        },
    })
}

fn is_refused(span: &Span) -> bool {
    !span.inferred && (span.throttle || span.status == Some(TOO_MANY_REQUESTS))
}

fn of_spans<'a>(facts: &'a Facts, assembled: &Assembled) -> Vec<Record<'a>> {
    let refused: Vec<usize> = (0..facts.spans.len())
        .filter(|&at| is_refused(&facts.spans[at]))
        .collect();
    if refused.is_empty() {
        return Vec::new();
    }
    let around = Around::new(facts);
    refused
        .into_iter()
        .filter_map(|at| of_span(facts, assembled, &around, at))
        .collect()
}

/// What is looked up around a refused span.
struct Around {
    refused: HashMap<(TraceId, SpanId), usize>,
    /// Functions by the id of their `AWS::Lambda::Function` segment.
    functions: HashMap<(TraceId, SpanId), Sym>,
    /// Spans that others lie in or under.
    parents: hashbrown::HashSet<(TraceId, SpanId)>,
}

impl Around {
    fn new(facts: &Facts) -> Self {
        let spans = || facts.spans.iter().enumerate();
        let key = |span: &Span| (span.trace, span.id);
        Self {
            refused: spans()
                .filter(|(_, span)| is_refused(span))
                .map(|(at, span)| (key(span), at))
                .collect(),
            functions: spans()
                .filter(|(_, span)| span.kind == SpanKind::LambdaFunction)
                .map(|(_, span)| (key(span), span.name))
                .collect(),
            parents: spans()
                .filter_map(|(_, span)| Some((span.trace, span.parent?)))
                .collect(),
        }
    }
}

fn of_span<'a>(
    facts: &'a Facts,
    assembled: &Assembled,
    around: &Around,
    at: usize,
) -> Option<Record<'a>> {
    let span = &facts.spans[at];
    let run = assembled.span_owners.get(at).copied().flatten();
    let resource = facts.text_of(span.resource);
    let mut keys = vec![Key::Span(span.trace, span.id)];
    let mut caller = None;
    let resource = match span.kind {
        // The caller's side of a call.
        SpanKind::Remote => {
            caller = run
                .map(|run| assembled.invocations[run as usize].function)
                .or_else(|| around.functions.get(&(span.trace, span.segment)).copied());
            resource.map_or_else(|| called_host(facts.text(span.name)), Cow::Borrowed)
        }
        // The refused side: a run that did take place was not refused, whatever it answered.
        SpanKind::LambdaService
            if span
                .invocation
                .is_none_or(|id| !assembled.by_request.contains_key(&id)) =>
        {
            Cow::Borrowed(resource?)
        }
        // A gateway that passed the request on repeats the answer of what stands behind it.
        SpanKind::Segment if !around.parents.contains(&(span.trace, span.id)) => {
            let resource = resource.filter(|name| is_gateway(name))?;
            Cow::Borrowed(resource)
        }
        _ => return None,
    };
    keys.extend(span.request_id.map(|id| key_of(facts, id)));
    let call = span.parent.map(|parent| (span.trace, parent));
    if let Some((trace, id)) = call.filter(|call| around.refused.contains_key(call))
        && span.kind != SpanKind::Remote
    {
        keys.push(Key::Span(trace, id));
    }
    Some(Record {
        gateway: is_gateway(&resource).then_some(ThrottleClass::GatewayStage),
        resource: Some(resource),
        at: Timestamp(span.end_us.unwrap_or(span.start_us).div_euclid(1_000)),
        keys,
        source: Source::Span,
        caller,
        run: run.filter(|_| span.kind == SpanKind::Remote),
        reason: None,
        trace: Some(span.trace),
        route: None,
        evidence: Evidence::Span { span: at as u32 },
    })
}

pub(super) fn is_gateway(resource: &str) -> bool {
    resource.starts_with("apigateway:") || resource.starts_with("appsync:")
}

/// The resource behind a host name: an API of the gateway, or the host itself.
fn called_host(host: &str) -> Cow<'_, str> {
    match host.split_once(".execute-api.") {
        Some((api, _)) => Cow::Owned(format!("apigateway:{api}")),
        None => Cow::Borrowed(host),
    }
}

fn of_access_logs<'a>(facts: &'a Facts, assembled: &Assembled) -> Vec<Record<'a>> {
    let lines = || {
        facts
            .streams
            .iter()
            .enumerate()
            .flat_map(|(stream, lines)| {
                lines
                    .facts
                    .iter()
                    .enumerate()
                    .filter_map(move |(fact, line)| {
                        let place = FactRef {
                            stream: stream as u32,
                            fact: fact as u32,
                        };
                        match &line.what {
                            What::Access(access) => Some((place, line.at, access.as_ref())),
                            _ => None,
                        }
                    })
            })
    };
    // The function behind each route, as the requests that got through show it.
    let mut behind: HashMap<Route, Sym> = HashMap::new();
    for (_, _, access) in lines() {
        let run = access
            .integration_request
            .and_then(|id| assembled.by_request.get(&id)?.first());
        if let Some(&run) = run {
            let function = assembled.invocations[run as usize].function;
            behind.insert((access.api, access.route), function);
        }
    }
    lines()
        .filter_map(|(place, at, access)| {
            let (resource, gateway) = refused_by(facts, assembled, access, &behind)?;
            let integration = access.integration_request.map(Key::Request);
            let own = access.gateway_request.map(|id| key_of(facts, id));
            Some(Record {
                resource,
                at,
                keys: own.into_iter().chain(integration).collect(),
                source: Source::Access,
                caller: None,
                run: None,
                reason: None,
                gateway,
                trace: access.trace,
                route: Some((access.api, access.route)),
                evidence: Evidence::Line {
                    request_id: None,
                    line: place,
                },
            })
        })
        .collect()
}

/// Who refused the request of an access line: the gateway, which says so or never passed it on, or the function behind it.
fn refused_by<'a>(
    facts: &'a Facts,
    assembled: &Assembled,
    access: &Access,
    behind: &HashMap<Route, Sym>,
) -> Option<(Option<Cow<'a, str>>, Option<ThrottleClass>)> {
    let own = |class| Some((Some(Cow::Borrowed(facts.text(access.api))), Some(class)));
    match facts.text_of(access.response_type) {
        Some("THROTTLED") => return own(ThrottleClass::GatewayStage),
        Some("QUOTA_EXCEEDED") => return own(ThrottleClass::GatewayUsagePlan),
        Some("WAF_FILTERED") => return own(ThrottleClass::Waf),
        _ => {}
    }
    let ran = access
        .integration_request
        .is_some_and(|id| assembled.by_request.contains_key(&id));
    // The status of the integration tells; without it a 429 that was passed on to a run that never was.
    let refused = access.integration_status.or_else(|| {
        access.integration_request?;
        access.status
    });
    if refused == Some(TOO_MANY_REQUESTS) && !ran {
        let function = access
            .function
            .or_else(|| behind.get(&(access.api, access.route)).copied());
        let resource = function.map(|name| Cow::Owned(format!("lambda:{}", facts.text(name))));
        return Some((resource, None));
    }
    let passed_on = access.integration_request.is_some() || access.integration_status.is_some();
    if access.status == Some(TOO_MANY_REQUESTS) && !passed_on {
        return own(ThrottleClass::GatewayStage);
    }
    None
}
