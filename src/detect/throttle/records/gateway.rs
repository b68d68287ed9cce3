//! Refusals that the logs of API Gateway and AppSync show.

use std::borrow::Cow;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::{Key, Record, Route, Source, TOO_MANY_REQUESTS, key_of};
use crate::model::fact::{Access, Kinds, What};
use crate::model::facts::{FactRef, Facts};
use crate::model::ids::RequestId;
use crate::model::invocation::Assembled;
use crate::model::maybe::Maybe;
use crate::model::room::push;
use crate::model::rows::{Evidence, ThrottleClass};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// Requests to gateways, those of one id as one, in order of their first line.
#[derive(Default)]
struct Requests {
    rows: Vec<Request>,
    /// Every line with the number of its request.
    lines: Vec<(u32, FactRef)>,
}

/// What is held of each request: there are as many as runs, and most were not refused.
struct Request {
    api: Sym,
    id: Option<Sym>,
    extended: Option<Sym>,
    route: Option<Sym>,
    integration: Maybe<RequestId>,
    /// A line of it may tell of a refusal: all of them are read again.
    suspect: bool,
}

impl Requests {
    /// A client can send the same id twice: the extended ids tell such requests apart, and the later goes by that.
    fn of(facts: &Facts) -> Self {
        let mut requests = Self::default();
        let mut known: HashMap<(Sym, Sym), u32> = HashMap::new();
        for (stream, lines) in (0..).zip(&facts.streams) {
            for (fact, line) in lines.facts.of(Kinds::ACCESS) {
                let What::Access(says) = line.what else {
                    continue;
                };
                let mut id = says.gateway_request;
                let same = id.and_then(|id| known.get(&(says.api, id)));
                let theirs = same.and_then(|&at| requests.rows[at as usize].extended);
                let apart = says.extended_request.zip(theirs);
                if apart.is_some_and(|(own, their)| own != their) {
                    id = says.extended_request;
                }
                let new = requests.rows.len() as u32;
                let at = id.map_or(new, |id| *known.entry((says.api, id)).or_insert(new));
                if at == new {
                    push(&mut requests.rows, Request::new(id, &says));
                } else {
                    requests.rows[at as usize].add(&says);
                }
                push(&mut requests.lines, (at, FactRef { stream, fact }));
            }
        }
        requests
    }

    /// The requests of which a line may tell of a refusal, each with all of its lines.
    fn suspects(&mut self) -> impl Iterator<Item = (&Request, impl Iterator<Item = FactRef>)> {
        let Self { rows, lines } = self;
        lines.retain(|(at, _)| rows[*at as usize].suspect);
        lines.sort_by_key(|(at, _)| *at);
        lines.chunk_by(|a, b| a.0 == b.0).map(|lines| {
            let request = &rows[lines[0].0 as usize];
            (request, lines.iter().map(|(_, line)| *line))
        })
    }
}

impl Request {
    fn new(id: Option<Sym>, says: &Access) -> Self {
        let mut request = Self {
            api: says.api,
            id,
            extended: None,
            route: None,
            integration: Maybe::default(),
            suspect: false,
        };
        request.add(says);
        request
    }

    /// Takes over what only this line of the request says.
    fn add(&mut self, says: &Access) {
        self.extended = self.extended.or(says.extended_request);
        self.route = self.route.or(says.route);
        self.integration = self.integration.or(says.integration_request.into());
        let statuses = [says.status, says.integration_status];
        self.suspect |= says.response_type.is_some() || statuses.contains(&Some(TOO_MANY_REQUESTS));
    }
}

/// What the lines of one request say together, and when the last was written: an access log has one, an execution log many.
fn together(facts: &Facts, lines: impl Iterator<Item = FactRef>) -> Option<(Access, Timestamp)> {
    let said = lines.map(|line| facts.fact(line));
    let said = said.filter_map(|fact| match fact.what {
        What::Access(says) => Some((says, fact.at)),
        _ => None,
    });
    said.reduce(|(own, at), (more, later)| {
        let both = Access {
            route: own.route.or(more.route),
            status: own.status.or(more.status),
            integration_status: own.integration_status.or(more.integration_status),
            integration_request: own.integration_request.or(more.integration_request),
            response_type: own.response_type.or(more.response_type),
            trace: own.trace.or(more.trace),
            function: own.function.or(more.function),
            ..own
        };
        (both, at.max(later))
    })
}

/// One record per request that a gateway, or the function behind it, refused.
pub(super) fn of_access_logs<'a>(facts: &'a Facts, assembled: &Assembled) -> Vec<Record<'a>> {
    let mut requests = Requests::of(facts);
    // The function behind each route, as the last request that got through shows it.
    let mut behind: HashMap<Route, Sym> = HashMap::new();
    for request in requests.rows.iter().rev() {
        let Entry::Vacant(route) = behind.entry((request.api, request.route)) else {
            continue;
        };
        let run = request
            .integration
            .get()
            .and_then(|id| assembled.attempts(&id)?.first());
        if let Some(&run) = run {
            route.insert(assembled.invocations[run as usize].function);
        }
    }
    let suspects = requests.suspects();
    suspects
        .filter_map(|(request, lines)| {
            let mut lines = lines.peekable();
            let line = *lines.peek()?;
            let (says, at) = together(facts, lines)?;
            let (resource, gateway) = refused_by(facts, assembled, &says, &behind)?;
            let integration = says.integration_request.map(Key::Request);
            let own = request.id.map(|id| key_of(facts, id));
            Some(Record {
                resource,
                at,
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
                    line,
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
