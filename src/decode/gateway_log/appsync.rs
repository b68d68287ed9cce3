//! Request summaries of AppSync. Its durations are nanoseconds.

use bumpalo::Bump;

use super::bare;
use crate::decode::words;
use crate::model::fact::Access;
use crate::model::json::Json;
use crate::model::symbols::Symbols;

/// Reads a line of text.
pub(super) fn decode(
    message: &str,
    api: &str,
    symbols: &mut Symbols,
    arena: &Bump,
) -> Option<Access> {
    if !message.starts_with('{') {
        return None;
    }
    of_event(&Json::parse(message, arena)?, api, symbols)
}

/// Reads `RequestSummary`, the one line every request has; the others time its parts.
pub(super) fn of_event(event: &Json<'_>, api: &str, symbols: &mut Symbols) -> Option<Access> {
    if event.text_at("logType") != Some("RequestSummary") {
        return None;
    }
    let api = event.text_at("graphQLAPIId").unwrap_or(api);
    let mut access = bare(symbols.intern(&format!("appsync:{api}")), None);
    access.gateway_request = event.text_at("requestId").map(|id| symbols.intern(id));
    access.status = event
        .number_at("statusCode")
        .filter(|status| (100.0..=999.0).contains(status))
        .map(|status| status as u16);
    access.latency_ms = event
        .number_at("latency")
        .and_then(|nanos| words::duration_ms(nanos / 1e6));
    Some(access)
}
