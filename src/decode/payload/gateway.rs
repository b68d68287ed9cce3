//! API Gateway (REST, HTTP and WebSocket), function URLs, and what Lambda sends to a destination: all name themselves in
//! `requestContext`.

use super::{count, millis};
use crate::decode::trace_header;
use crate::model::fact::{EventSource, Item};
use crate::model::json::Json;
use crate::model::symbols::Symbols;

/// Reads one event. A client that tries again gets a new request id.
pub(super) fn item(event: &Json<'_>, symbols: &mut Symbols) -> Option<Item> {
    let context = event.get("requestContext")?;
    let id = context.text_at("requestId")?;
    if context.get("functionArn").is_some() {
        return destination(context, id, symbols);
    }
    let is_request = [
        "http",
        "httpMethod",
        "resourcePath",
        "routeKey",
        "connectionId",
    ]
    .iter()
    .any(|key| context.get(key).is_some());
    if !is_request && event.get("httpMethod").is_none() {
        return None;
    }
    Some(Item {
        resource: context.text_at("apiId").map(|api| symbols.intern(api)),
        sent_at: context
            .first_of(&["requestTimeEpoch", "timeEpoch"])
            .and_then(millis),
        trace: event.get("headers").and_then(trace_of),
        ..Item::new(EventSource::Apigateway, symbols.intern(id), 0)
    })
}

fn trace_of(headers: &Json<'_>) -> Option<crate::model::fact::TraceContext> {
    let (_, value) = headers
        .entries()
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("x-amzn-trace-id"))?;
    trace_header::parse(value.text()?)
}

/// The record of an asynchronous invocation's outcome: the request id with the number of attempts identifies it.
fn destination(context: &Json<'_>, id: &str, symbols: &mut Symbols) -> Option<Item> {
    let attempts = count(context.get("approximateInvokeCount")?)?;
    let identity = symbols.intern(&format!("{id}:{attempts}"));
    Some(Item::new(EventSource::LambdaAsync, identity, 0))
}
