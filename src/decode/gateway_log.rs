//! Logs of API Gateway and AppSync: access logs of any JSON template or in the common log format, execution logs, request
//! summaries.

mod access;
mod appsync;
mod execution;

use bumpalo::Bump;

use super::place::api_of_group;
use crate::model::fact::Access;
use crate::model::record::LogLine;
use crate::model::symbols::{Sym, Symbols};

/// What a line in a stream of no function says of one request; `None` if it is no line of a gateway.
pub(super) fn decode(line: &LogLine<'_>, symbols: &mut Symbols, arena: &Bump) -> Option<Access> {
    let json = line.message.json();
    let message = || line.message.text().trim();
    if let Some(api) = line.group.strip_prefix("/aws/appsync/apis/") {
        return match json {
            Some(event) => appsync::of_event(event, api, symbols),
            None => appsync::decode(message(), api, symbols, arena),
        };
    }
    if line.group.starts_with("API-Gateway-Execution-Logs_") {
        return execution::decode(message(), line.group, symbols);
    }
    match json {
        Some(json) => access::of_json(json, line.group, symbols),
        None => access::decode(message(), line.group, symbols, arena),
    }
}

/// An access line of which only the API is known. A group that does not name it stands for it itself.
fn access_of(group: &str, api: Option<&str>, symbols: &mut Symbols) -> Access {
    let place = api_of_group(group);
    let api = api
        .or_else(|| place.map(|(api, _)| api))
        .unwrap_or_else(|| group.rsplit('/').next().unwrap_or(group));
    let stage = place.and_then(|(_, stage)| stage);
    bare(
        symbols.intern(&["apigateway:", api].concat()),
        stage.map(|stage| symbols.intern(stage)),
    )
}

fn bare(api: Sym, stage: Option<Sym>) -> Access {
    Access {
        api,
        stage,
        gateway_request: None,
        extended_request: None,
        route: None,
        status: None,
        integration_status: None,
        integration_request: None,
        response_type: None,
        trace: None,
        latency_ms: None,
        received_at: None,
        function: None,
    }
}

/// An HTTP status; `None` for anything that cannot be one.
fn status(text: &str) -> Option<u16> {
    let status = text.trim().parse().ok()?;
    (100..=999).contains(&status).then_some(status)
}

#[cfg(test)]
mod tests;
