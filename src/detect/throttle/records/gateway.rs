//! Refusals that the logs of API Gateway and AppSync show.

use std::borrow::Cow;

use hashbrown::HashMap;

use super::{Key, Record, Route, Source, TOO_MANY_REQUESTS, key_of};
use crate::model::fact::{Access, Kinds, What};
use crate::model::facts::{FactRef, Facts};
use crate::model::invocation::Assembled;
use crate::model::room::grow;
use crate::model::rows::{Evidence, ThrottleClass};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// What the lines of one request to a gateway say together: an access log has one, an execution log many.
struct Request {
    line: FactRef,
    /// When its last line was written.
    at: Timestamp,
    says: Access,
}

/// Requests to gateways, those of one id as one, in order of their first line. A client can send the same id twice: the extended ids
/// tell such requests apart, and the later goes by that.
fn requests(facts: &Facts) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    let mut known: HashMap<(Sym, Sym), usize> = HashMap::new();
    for (stream, lines) in facts.streams.iter().enumerate() {
        for (fact, line) in lines.facts.of(Kinds::ACCESS) {
            let What::Access(mut says) = line.what else {
                continue;
            };
            let key = |says: &Access| says.gateway_request.map(|id| (says.api, id));
            let same = key(&says).and_then(|key| known.get(&key));
            let theirs = same.and_then(|&at| requests[at].says.extended_request);
            if says
                .extended_request
                .zip(theirs)
                .is_some_and(|(own, their)| own != their)
            {
                says.gateway_request = says.extended_request;
            }
            let key = key(&says);
            let request = Request {
                line: FactRef {
                    stream: stream as u32,
                    fact,
                },
                at: line.at,
                says,
            };
            match key.map(|key| known.entry(key).or_insert(requests.len())) {
                Some(&mut at) if at < requests.len() => requests[at].add(&request),
                _ => {
                    grow(&mut requests, 1);
                    requests.push(request);
                }
            }
        }
    }
    requests
}

impl Request {
    /// Takes over what only another line of the request says.
    fn add(&mut self, other: &Self) {
        let (own, more) = (&mut self.says, &other.says);
        own.extended_request = own.extended_request.or(more.extended_request);
        own.route = own.route.or(more.route);
        own.status = own.status.or(more.status);
        own.integration_status = own.integration_status.or(more.integration_status);
        own.integration_request = own.integration_request.or(more.integration_request);
        own.response_type = own.response_type.or(more.response_type);
        own.trace = own.trace.or(more.trace);
        own.function = own.function.or(more.function);
        self.at = self.at.max(other.at);
    }
}

/// One record per request that a gateway, or the function behind it, refused.
pub(super) fn of_access_logs<'a>(facts: &'a Facts, assembled: &Assembled) -> Vec<Record<'a>> {
    let requests = requests(facts);
    // The function behind each route, as the requests that got through show it.
    let mut behind: HashMap<Route, Sym> = HashMap::new();
    for says in requests.iter().map(|request| &request.says) {
        let run = says
            .integration_request
            .and_then(|id| assembled.attempts(&id)?.first());
        if let Some(&run) = run {
            let function = assembled.invocations[run as usize].function;
            behind.insert((says.api, says.route), function);
        }
    }
    requests
        .iter()
        .filter_map(|request| {
            let says = &request.says;
            let (resource, gateway) = refused_by(facts, assembled, says, &behind)?;
            let integration = says.integration_request.map(Key::Request);
            let own = says.gateway_request.map(|id| key_of(facts, id));
            Some(Record {
                resource,
                at: request.at,
                keys: own.into_iter().chain(integration).collect(),
                source: Source::Access,
                caller: None,
                run: None,
                reason: None,
                gateway,
                trace: says.trace,
                route: Some((says.api, says.route)),
                evidence: Evidence::Line {
                    request_id: None,
                    line: request.line,
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
        .is_some_and(|id| assembled.attempts(&id).is_some());
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
