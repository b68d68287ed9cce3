//! Correlation ids: values that services hand on under a name of their own.

use bumpalo::Bump;

use super::{trace_header, words};
use crate::model::ids::RequestId;
use crate::model::json::Json;
use crate::model::symbols::{Sym, Symbols};

/// Spellings of one field. Services of one flow spell it differently: equal values under any of them are one id.
const CORRELATION: [&str; 8] = [
    "correlation_id",
    "correlationid",
    "correlation-id",
    "x-correlation-id",
    "x_correlation_id",
    "xcorrelationid",
    "x-request-id",
    "x_request_id",
];

/// A value this long is text, not an id.
const LONGEST: usize = 128;

/// Adds the correlation ids in the fields of one object, not below it. `own` is the invocation's request id, which
/// correlates nothing.
pub(super) fn in_object(
    object: &Json<'_>,
    own: Option<RequestId>,
    symbols: &mut Symbols,
    found: &mut Vec<(Sym, Sym)>,
) {
    for (key, value) in object.entries() {
        if let Some(field) = field(key)
            && let Some(value) = value.digits_or_text()
        {
            add(field, &value, own, symbols, found);
        }
    }
}

/// Adds the correlation ids in an event: its headers, message attributes and bodies, down to the JSON in its texts.
pub(super) fn in_event(
    event: &Json<'_>,
    own: Option<RequestId>,
    texts: u8,
    arena: &Bump,
    symbols: &mut Symbols,
    found: &mut Vec<(Sym, Sym)>,
) {
    in_object(event, own, symbols, found);
    for (key, value) in event.entries() {
        // `messageAttributes` wrap each value: `{"correlationId":{"stringValue":"…"}}`.
        if let Some(field) = field(key)
            && let Some(value) = value.first_of(&["stringValue", "StringValue", "Value"])
            && let Some(value) = value.text()
        {
            add(field, value, own, symbols, found);
        }
    }
    let values = event
        .entries()
        .iter()
        .map(|(_, value)| value)
        .chain(event.items());
    for value in values {
        match value {
            Json::Text(text) if texts > 0 && text.starts_with('{') && may_hold(text) => {
                if let Some(inner) = Json::parse(text, arena) {
                    in_event(&inner, own, texts - 1, arena, symbols, found);
                }
            }
            Json::Object(_) | Json::List(_) => in_event(value, own, texts, arena, symbols, found),
            _ => {}
        }
    }
}

/// Whether a text could hold a correlation id at all.
fn may_hold(text: &str) -> bool {
    ["orrelation", "traceparent", "request"]
        .iter()
        .any(|mark| words::holds(text, mark))
}

/// Adds the correlation ids in prose: `correlation_id=…`.
pub(super) fn in_text(
    text: &str,
    own: Option<RequestId>,
    symbols: &mut Symbols,
    found: &mut Vec<(Sym, Sym)>,
) {
    for (key, value) in super::produced::pairs(text).take(16) {
        if let Some(field) = field(key) {
            add(field, value, own, symbols, found);
        }
    }
}

/// Adds one value; those of a `traceparent` that belong to one trace are equal.
pub(super) fn add(
    field: &str,
    value: &str,
    own: Option<RequestId>,
    symbols: &mut Symbols,
    found: &mut Vec<(Sym, Sym)>,
) {
    let is_own = own.is_some() && RequestId::parse(value) == own;
    if value.is_empty() || value == "-" || value.len() > LONGEST || is_own {
        return;
    }
    let value = if field == "traceparent" {
        let Some(trace) = value.split('-').nth(1).and_then(trace_header::trace_id) else {
            return;
        };
        symbols.intern(&trace.to_string())
    } else {
        symbols.intern(value)
    };
    let pair = (symbols.intern(field), value);
    if !found.contains(&pair) {
        found.push(pair);
    }
}

/// The field a key spells; `None` if it is none that hands ids on.
fn field(key: &str) -> Option<&'static str> {
    if CORRELATION
        .iter()
        .any(|name| name.eq_ignore_ascii_case(key))
    {
        Some("correlation_id")
    } else if key.eq_ignore_ascii_case("traceparent") {
        Some("traceparent")
    } else if key == "request_id" {
        Some("request_id")
    } else {
        None
    }
}
