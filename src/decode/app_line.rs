//! Lines that applications, their loggers and the runtimes write: request id, events, ids, refusals, exceptions.

mod reading;

use bumpalo::Bump;

use self::reading::Reading;
use super::embedded::Cut;
use super::header::{self, Header};
use super::needles::Marks;
use super::payload::Digest;
use super::{embedded, exception, trace_header, words};
use crate::model::fact::{AppFact, Item, Level};
use crate::model::ids::{RequestId, TraceId};
use crate::model::json::Json;
use crate::model::message::Message;
use crate::model::symbols::Symbols;

/// More pieces of JSON than this in one text are not looked at.
const PIECES: usize = 8;

/// Reads a line that is one JSON object.
pub(super) fn decode_json(
    root: &Json<'_>,
    function: Option<&str>,
    marks: Marks,
    symbols: &mut Symbols,
    arena: &Bump,
) -> AppFact {
    let marks = if reading::is_metrics(root) {
        Marks::default()
    } else {
        marks
    };
    let mut reading = Reading::new(function, marks, symbols, arena);
    (reading.fact.request_id, reading.fact.names_run) = request_id(root);
    reading.fact.trace = trace_id(root);
    reading.fact.level = level(root);
    let message = root.first_of(&MESSAGE);
    if let Some(text) = message.and_then(Json::text) {
        reading.set_direction(text);
    }
    if reading.marks.exception {
        unhandled_in_json(root, message, &mut reading);
    }
    reading.object(root, 0);
    if let Some(text) = message.and_then(Json::text)
        && reading.marks.exception
        && embedded::cut(text, arena).is_none()
    {
        let header = Header {
            request_id: None,
            level: reading.fact.level,
            is_fail: false,
            rest: text,
        };
        let raised = exception::in_text(&header, text, reading.symbols);
        reading.raised(raised);
    }
    reading.finish()
}

/// The runtime's own account of an exception: the line itself (ruby, Go, custom runtimes; python with `log_level`), or its
/// message (node).
fn unhandled_in_json(root: &Json<'_>, message: Option<&Json<'_>>, reading: &mut Reading<'_>) {
    let is_account = exception::is_runtime_account(root)
        && (reading.fact.level.is_none() || root.get("log_level").is_some());
    let account = match message {
        _ if is_account => Some(root),
        Some(account @ Json::Object(_)) if exception::is_runtime_account(account) => Some(account),
        _ => None,
    };
    if let Some(account) = account {
        let raised = exception::in_object(account, true, reading.symbols);
        reading.raised(raised);
    }
}

/// Reads a line of text, with or without JSON in it.
pub(super) fn decode_text(
    message: &str,
    function: Option<&str>,
    marks: Marks,
    symbols: &mut Symbols,
    arena: &Bump,
) -> AppFact {
    let header = header::parse(message);
    let mut reading = Reading::new(function, marks, symbols, arena);
    reading.fact.request_id = request_id_in_text(&header, message);
    reading.fact.names_run = reading.fact.request_id.is_some();
    reading.fact.level = header.level;
    let mut rest = header.rest;
    for piece in 0..PIECES {
        let Some(cut) = embedded::cut(rest, arena) else {
            break;
        };
        if piece == 0 {
            reading.set_direction(cut.before);
            if reading.marks.exception {
                unhandled_in_text(&header, &cut, &mut reading);
            }
        }
        reading.prose(cut.before);
        reading.value(&cut.json, 0);
        rest = cut.after;
    }
    if rest.len() == header.rest.len() {
        reading.set_direction(rest);
        // A stack stands in prose; an event that was logged may quote one.
        if reading.marks.exception {
            let raised = exception::in_text(&header, message, reading.symbols);
            reading.raised(raised);
        }
    }
    reading.prose(rest);
    reading.finish()
}

/// The items of the events in a line, with the likeness of their bodies.
pub(super) fn alike(message: &str, symbols: &mut Symbols) -> Vec<Item> {
    let arena = &Bump::new();
    let mut reading = Reading::new(None, Marks::default(), symbols, arena);
    reading.digest = Digest::likeness(arena);
    let mut rest = message;
    for _ in 0..PIECES {
        let Some(cut) = embedded::cut(rest, arena) else {
            break;
        };
        reading.value(&cut.json, 0);
        rest = cut.after;
    }
    reading.fact.items
}

/// An exception that nobody handled, as JSON behind the runtime's words or alone on a line, where a logger's level would make it the
/// application's; else a stack in front of JSON.
fn unhandled_in_text(header: &Header<'_>, cut: &Cut<'_>, reading: &mut Reading<'_>) {
    let is_alone = header.level.is_none() && cut.before.trim().is_empty();
    let is_account = is_alone && exception::is_runtime_account(&cut.json);
    if is_account || is_unhandled_lead(cut.before) {
        adopt_head(&mut reading.fact, &cut.json);
        let raised = exception::in_object(&cut.json, true, reading.symbols);
        reading.raised(raised);
    } else if cut.before.contains(['\n', '\r']) {
        let before = Header {
            rest: cut.before,
            ..*header
        };
        let raised = exception::in_text(&before, cut.before, reading.symbols);
        reading.raised(raised);
    }
}

/// What runtimes write in front of the account of an exception that nobody handled.
fn is_unhandled_lead(prose: &str) -> bool {
    const LEADS: [&str; 6] = [
        "Invoke Error",
        "Uncaught Exception",
        "Unhandled Promise Rejection",
        "LAMBDA_WARNING: Unhandled exception",
        "Error raised from handler method",
        "Init error when loading handler",
    ];
    LEADS
        .iter()
        .any(|lead| prose.trim_start().starts_with(lead))
}

/// In JSON mode python's runtime puts a warning in front of its JSON: request id and level stand in that.
fn adopt_head(fact: &mut AppFact, account: &Json<'_>) {
    if fact.request_id.is_none() {
        fact.request_id = request_id(account).0;
        fact.names_run = fact.request_id.is_some();
    }
    let level = account.text_at("log_level").and_then(words::level);
    fact.level = fact.level.or(level);
}

/// The names under which loggers put their text.
pub(super) const MESSAGE: [&str; 4] = ["message", "msg", "Message", "@m"];

/// The level of a JSON line.
pub(super) fn level(root: &Json<'_>) -> Option<Level> {
    const NAMES: [&str; 7] = [
        "level",
        "log_level",
        "severity",
        "Level",
        "lvl",
        "logLevel",
        "@l",
    ];
    words::level(root.first_of(&NAMES)?.text()?)
}

/// The request id of a JSON line, and whether it is that of the run itself: under the names of the runtimes and of Powertools it is;
/// `requestId` alone may be that of a gateway, unless the line has the form that runtimes give to what is logged.
pub(super) fn request_id(root: &Json<'_>) -> (Option<RequestId>, bool) {
    const OF_THE_RUN: [&str; 7] = [
        "function_request_id",
        "AWSRequestId",
        "FunctionRequestId",
        "aws_request_id",
        "awsRequestId",
        "lambda_request_id",
        "faas.invocation_id",
    ];
    // tracing of Rust puts the id into the span, others into a context.
    const AROUND: [&str; 5] = [
        "span",
        "context",
        "lambda",
        "lambdaContext",
        "lambda_context",
    ];
    let under = |object: &Json<'_>, names: &[&str]| {
        let found = names.iter().find_map(|name| object.text_at(name));
        RequestId::parse(found?)
    };
    let around = root.first_of(&AROUND);
    let of_the_run = under(root, &OF_THE_RUN).or_else(|| under(around?, &OF_THE_RUN));
    if of_the_run.is_some() {
        return (of_the_run, true);
    }
    match under(root, &["requestId"]) {
        None => (under(around.unwrap_or(&Json::Null), &["requestId"]), false),
        found => (found, is_of_a_runtime(root)),
    }
}

/// `{"timestamp","level","message","requestId"}`: what runtimes make of a line that is logged in JSON mode.
fn is_of_a_runtime(root: &Json<'_>) -> bool {
    let keys = ["timestamp", "level", "message"];
    keys.iter().all(|key| root.get(key).is_some()) && level(root).is_some()
}

pub(super) fn request_id_in_text(header: &Header<'_>, message: &str) -> Option<RequestId> {
    header.request_id.or_else(|| request_id_in_span(message))
}

/// The run that a line names as its own, whatever else it says.
pub(super) fn run_named(message: Message<'_>, arena: &Bump) -> Option<RequestId> {
    let (words, json) = (message.words(), message.json());
    if json.is_none() && !words.trim_start().starts_with('{') {
        let text = words.trim_start();
        return request_id_in_text(&header::parse(text), text);
    }
    let named = ["equest", "invocation_id"]
        .iter()
        .any(|name| words.contains(name));
    if !named {
        return None;
    }
    let (id, of_the_run) = match json {
        Some(json) => request_id(json),
        None => request_id(&Json::parse(words.trim_start(), arena)?),
    };
    id.filter(|_| of_the_run)
}

/// `Lambda runtime invoke{requestId="…" xrayTraceId="…"}`: the span of Rust's runtime in front of a text.
fn request_id_in_span(message: &str) -> Option<RequestId> {
    RequestId::parse(words::behind(message, "{requestId=\"")?.get(..36)?)
}

pub(super) fn trace_id(root: &Json<'_>) -> Option<TraceId> {
    const NAMES: [&str; 8] = [
        "xray_trace_id",
        "xrayTraceId",
        "XrayTraceId",
        "XRayTraceId",
        "trace_id",
        "traceId",
        "TraceId",
        "_X_AMZN_TRACE_ID",
    ];
    trace_header::trace_id(root.first_of(&NAMES)?.text()?)
}

#[cfg(test)]
mod tests;
