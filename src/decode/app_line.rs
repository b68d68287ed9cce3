//! Lines that applications, their loggers and the runtimes write: request id, events, ids, refusals, exceptions.

mod reading;

use self::reading::Reading;
use super::extract::Rules;
use super::header::{self, Header};
use super::json::Json;
use super::{embedded, exception, trace_header, words};
use crate::model::fact::{AppFact, Level};
use crate::model::ids::{RequestId, TraceId};
use crate::model::symbols::Symbols;

/// More pieces of JSON than this in one text are not looked at.
const PIECES: usize = 8;

/// Reads a line that is one JSON object.
pub(super) fn decode_json(
    root: &Json<'_>,
    function: Option<&str>,
    symbols: &mut Symbols,
) -> AppFact {
    let mut reading = Reading::new(function, symbols);
    reading.fact.request_id = request_id(root);
    reading.fact.trace = trace_id(root);
    reading.fact.level = level(root);
    let message = root.first_of(&MESSAGE);
    if let Some(text) = message.and_then(Json::text) {
        reading.set_direction(text);
    }
    // ruby and Go, custom runtimes: the line is the runtime's own account of what was raised.
    let is_account = exception::is_runtime_account(root) && reading.fact.level.is_none();
    let is_unhandled = is_account || root.get("log_level").is_some();
    if root.get("errorType").is_some() && is_unhandled {
        let raised = exception::in_object(root, true, reading.symbols);
        reading.raised(raised);
    } else if let Some(account @ Json::Object(_)) = message
        && exception::is_runtime_account(account)
    {
        let raised = exception::in_object(account, true, reading.symbols);
        reading.raised(raised);
    }
    reading.object(root, 0);
    if let Some(text) = message.and_then(Json::text) {
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

/// Reads a line of text, with or without JSON in it.
pub(super) fn decode_text(message: &str, function: Option<&str>, symbols: &mut Symbols) -> AppFact {
    let header = header::parse(message);
    let mut reading = Reading::new(function, symbols);
    reading.fact.request_id = header.request_id.or_else(|| request_id_in_span(message));
    reading.fact.level = header.level;
    let mut rest = header.rest;
    let mut pieces = 0;
    let mut prose_first = None;
    while pieces < PIECES {
        let Some(cut) = embedded::cut(rest) else {
            break;
        };
        let prose = cut.before;
        if prose_first.is_none() {
            prose_first = Some(prose);
            reading.set_direction(prose);
            let is_unhandled = is_unhandled_lead(prose);
            if is_unhandled || (prose.trim().is_empty() && exception::is_runtime_account(&cut.json))
            {
                adopt_head(&mut reading.fact, &cut.json);
                let raised = exception::in_object(&cut.json, true, reading.symbols);
                reading.raised(raised);
            }
        }
        reading.prose(prose);
        reading.value(&cut.json, 0);
        rest = cut.after;
        pieces += 1;
    }
    if pieces == 0 {
        reading.set_direction(rest);
    }
    reading.prose(rest);
    // A stack stands in the prose; an event that was logged may quote one.
    if pieces == 0 || prose_first.is_some_and(|prose| prose.contains('\n')) {
        let raised = exception::in_text(&header, message, reading.symbols);
        reading.raised(raised);
    }
    reading.finish()
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
    fact.request_id = fact.request_id.or_else(|| request_id(account));
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

/// The request id of a JSON line, under the names of the runtimes, of Powertools and of loggers.
pub(super) fn request_id(root: &Json<'_>) -> Option<RequestId> {
    const NAMES: [&str; 8] = [
        "requestId",
        "function_request_id",
        "AWSRequestId",
        "FunctionRequestId",
        "aws_request_id",
        "awsRequestId",
        "lambda_request_id",
        "faas.invocation_id",
    ];
    let own = |object: &Json<'_>| RequestId::parse(object.first_of(&NAMES)?.text()?);
    // tracing of Rust puts the id into the span, others into a context.
    own(root).or_else(|| {
        let around = [
            "span",
            "context",
            "lambda",
            "lambdaContext",
            "lambda_context",
        ];
        own(root.first_of(&around)?)
    })
}

/// `Lambda runtime invoke{requestId="…" xrayTraceId="…"}`: the span of Rust's runtime in front of a text.
pub(super) fn request_id_in_span(message: &str) -> Option<RequestId> {
    let rest = message.split_once("{requestId=\"")?.1;
    RequestId::parse(rest.get(..36)?)
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

/// Applies the rules of the settings to a line and what else was read in it. `None` if it says nothing at all.
pub(super) fn with_rules(
    mut fact: AppFact,
    message: &str,
    function: Option<&str>,
    rules: &Rules,
    symbols: &mut Symbols,
) -> Option<AppFact> {
    rules.apply(message, function, &mut fact, symbols);
    (!fact.is_empty()).then_some(fact)
}

#[cfg(test)]
mod tests;
