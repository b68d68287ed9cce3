//! Execution logs of API Gateway: `(request id) text`. The lines of one request tell one thing each; the id joins them.

use super::{access_of, status};
use crate::decode::{trace_header, words};
use crate::model::fact::Access;
use crate::model::ids::RequestId;
use crate::model::symbols::Symbols;

/// Reads one line; `None` if it says nothing of status, refusal, integration, latency or trace.
pub(super) fn decode(message: &str, group: &str, symbols: &mut Symbols) -> Option<Access> {
    let (id, text) = message.strip_prefix('(')?.split_once(") ")?;
    let mut access = access_of(group, None, symbols);
    access.gateway_request = Some(symbols.intern(id));
    if let Some(answer) = text.strip_prefix("Method completed with status: ") {
        // Who refused with a 429, the gateway or what is behind it, stands in a line of its own.
        access.status = Some(status(answer).filter(|answer| *answer != 429)?);
    } else if let Some(rest) = text.strip_prefix("Gateway response type: ") {
        let (kind, answer) = rest.split_once(" with status code: ")?;
        access.response_type = Some(symbols.intern(kind));
        access.status = status(answer);
    } else if text.starts_with("Key throttle limit exceeded") {
        access.response_type = Some(symbols.intern("THROTTLED"));
        access.status = Some(429);
    } else if text.starts_with("Key quota limit exceeded") || text.starts_with("API Key quota") {
        access.response_type = Some(symbols.intern("QUOTA_EXCEEDED"));
        access.status = Some(429);
    } else if let Some(id) = text.strip_prefix("AWS Integration Endpoint RequestId : ") {
        access.integration_request = Some(RequestId::parse(id.trim())?);
    } else if let Some(trace) = text.strip_prefix("X-ray Tracing ID : ") {
        access.trace = Some(trace_header::trace_id(trace)?);
    } else if let Some(rest) = text.strip_prefix("Received response. ") {
        let answer = rest
            .strip_prefix("Status: ")
            .and_then(|rest| rest.split(',').next());
        access.integration_status = answer.and_then(status);
        let (_, latency) = rest.split_once("ntegration latency: ")?;
        access.latency_ms = Some(words::milliseconds(latency)?);
    } else if let Some(headers) = text.strip_prefix("Endpoint response headers: ") {
        // The same ids once more, for where the lines that name them alone are lost.
        let header = |name: &str| {
            let (_, value) = headers.split_once(name)?;
            value.split([',', '}']).next()
        };
        let request = header("x-amzn-RequestId=").or_else(|| header("X-Amzn-RequestId="));
        let trace = header("X-Amzn-Trace-Id=").or_else(|| header("x-amzn-trace-id="));
        access.integration_request = request.and_then(RequestId::parse);
        access.trace = trace.and_then(trace_header::trace_id);
        if access.integration_request.is_none() && access.trace.is_none() {
            return None;
        }
    } else if text.starts_with("Lambda execution failed")
        || text.starts_with("Lambda invocation failed")
    {
        let (_, id) = text.split_once("Lambda request id: ")?;
        access.integration_request = Some(RequestId::parse(id.get(..36)?)?);
        let answer = text
            .split_once("with status")?
            .1
            .trim_start_matches([':', ' ']);
        access.integration_status = answer.get(..3).and_then(status);
    } else {
        return None;
    }
    Some(access)
}
