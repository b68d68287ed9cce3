//! API Gateway: requests of clients, the authoriser, the route's function, the access log.

use super::event::{Event, Trace};
use super::order::Order;
use super::outbox::Sender;
use super::payload::API;
use super::platform::{Ask, Refused};
use super::random::Uuid;
use super::run::Reply;
use super::shop::Function;
use super::simulator::{Simulator, What};
use super::stamp::{MILLI, Micros, SECOND};
use super::story::Client;
use super::text::put;
use super::xray::{self, GatewayCall, GatewayTrace};

/// The authoriser's answer is cached for the other requests.
const ASKS_AUTHORIZER: f64 = 0.53;
/// X-Ray samples one request a second, and this share of the others.
const SAMPLED: f64 = 0.05;

/// Open requests and the log of finished ones.
#[derive(Default)]
pub(super) struct Gateway {
    open: Vec<Option<Request>>,
    free: Vec<u32>,
    sender: Sender,
    /// The second in which a request was sampled last.
    sampled_in: i64,
}

/// One request.
struct Request {
    route: Route,
    order: Order,
    trace: Trace,
    segment: u64,
    id: Uuid,
    from: Micros,
    calls: [Option<GatewayCall>; 2],
    integration: Option<Uuid>,
}

/// A route of the API.
#[derive(Clone, Copy)]
struct Route {
    method: &'static str,
    path: &'static str,
    function: Function,
}

impl Route {
    fn of(client: Client) -> Self {
        let (method, path, function) = match client {
            Client::Cart => ("GET", "/cart", Function::CartApi),
            Client::Orders => ("POST", "/orders", Function::Checkout),
            Client::Checkout => ("POST", "/checkout", Function::Checkout),
            _ => ("GET", "/catalog", Function::CatalogApi),
        };
        Self {
            method,
            path,
            function,
        }
    }
}

impl Simulator {
    /// A client's request.
    pub(super) fn request(&mut self, client: Client) {
        let route = Route::of(client);
        let order = self.accounts.order(client == Client::Orders);
        let mut trace = self.new_trace(SAMPLED);
        let second = self.now / SECOND;
        if self.gateway.sampled_in != second {
            self.gateway.sampled_in = second;
            trace.sampled = true;
        }
        let request = Request {
            route,
            order,
            trace,
            segment: self.ids.span(),
            id: self.ids.uuid(),
            from: self.now,
            calls: [None; 2],
            integration: None,
        };
        let slot = if let Some(slot) = self.gateway.free.pop() {
            self.gateway.open[slot as usize] = Some(request);
            slot
        } else {
            self.gateway.open.push(Some(request));
            self.gateway.open.len() as u32 - 1
        };
        let authorizer = self.pace.chance(ASKS_AUTHORIZER);
        self.call_function(slot, authorizer);
    }

    fn call_function(&mut self, slot: u32, authorizer: bool) {
        let (now, span, id) = (self.now, self.ids.span(), self.ids.uuid());
        let Some(request) = &mut self.gateway.open[slot as usize] else {
            return;
        };
        let to = if authorizer {
            Function::Auth
        } else {
            request.route.function
        };
        request.calls[usize::from(!authorizer)] = Some(GatewayCall {
            id: span,
            to,
            from: now,
            until: now,
            status: 200,
        });
        if !authorizer {
            request.integration = Some(id);
        }
        let ask = Ask {
            function: to,
            event: Event::Request(request.order),
            reply: Reply::Gateway { slot, authorizer },
            trace: Trace {
                parent: span,
                ..request.trace
            },
            request: id,
            attempt: 1,
        };
        if let Err(Refused(_)) = self.invoke(ask, None) {
            self.agenda
                .note(now + 8 * MILLI, What::GatewayRefused { slot, authorizer });
        }
    }

    /// The function that the gateway called answered, or refused with 429, or failed: 502.
    pub(super) fn answered(&mut self, slot: u32, authorizer: bool, status: u16) {
        let now = self.now;
        let Some(request) = &mut self.gateway.open[slot as usize] else {
            return;
        };
        if let Some(call) = &mut request.calls[usize::from(!authorizer)] {
            call.until = now + MILLI;
            call.status = if status == 502 { 200 } else { status };
        }
        if authorizer && status == 200 {
            return self.call_function(slot, false);
        }
        let status = if status == 429 { 500 } else { status };
        self.close(slot, status);
    }

    fn close(&mut self, slot: u32, status: u16) {
        let Some(request) = self.gateway.open[slot as usize].take() else {
            return;
        };
        self.gateway.free.push(slot);
        let until = self.now + 2 * MILLI;
        if !self.outbox.tells(request.from) {
            return;
        }
        self.line.clear();
        access(&mut self.line, &request, until, status);
        let place = (
            "API-Gateway-Access-Logs_sh0papi7k2/prod",
            "5f1c9a3e7d2b48065f1c9a3e7d2b4806",
        );
        self.outbox
            .line(&mut self.gateway.sender, place, until, &self.line);
        if request.trace.sampled {
            self.line.clear();
            let trace = GatewayTrace {
                segment: request.segment,
                root: request.trace.root,
                request: request.id,
                method: request.route.method,
                path: request.route.path,
                from: request.from,
                until,
                status,
                calls: request.calls,
            };
            xray::gateway(&mut self.line, &trace);
            self.outbox.segment(until, &self.line);
        }
    }
}

/// One line of the access log, in JSON as the stage's format asks for it.
fn access(out: &mut String, request: &Request, until: Micros, status: u16) {
    let Request { route, trace, .. } = request;
    put!(
        out,
        "{{\"requestId\":\"{0}\",\"extendedRequestId\":\"{0}\",\"apiId\":\"{API}\",\"stage\":\"prod\",\"ip\":\"203.0.113.7\",\
         \"requestTimeEpoch\":\"{1}\",\"httpMethod\":\"{2}\",\"resourcePath\":\"{3}\",\"status\":\"{status}\",\
         \"responseLatency\":\"{4}\",",
        request.id,
        request.from / MILLI,
        route.method,
        route.path,
        (until - request.from) / MILLI
    );
    let integration = request.calls[1];
    match (request.integration, integration) {
        (Some(id), Some(call)) => put!(
            out,
            "\"integrationRequestId\":\"{id}\",\"integrationStatus\":\"{}\",\"integrationLatency\":\"{}\",",
            call.status,
            (call.until - call.from) / MILLI
        ),
        _ => out.push_str("\"integrationRequestId\":\"-\",\"integrationStatus\":\"-\","),
    }
    put!(
        out,
        "\"errorResponseType\":\"-\",\"xrayTraceId\":\"{}\"}}",
        super::lines::Root(trace.root)
    );
}
