//! X-Ray segment documents, flattened into spans.

use super::place::{arn_service, function_name, resource_name};
use super::service;
use super::{DecodeError, otlp_span};
use crate::model::few::Few;
use crate::model::ids::{RequestId, SpanId, TraceId};
use crate::model::json::Json;
use crate::model::span::{Span, SpanKind};
use crate::model::symbols::{Sym, Symbols};

/// Reads one segment document, its subsegments behind it in the order they stand there, or one span of `aws/spans`.
pub(super) fn decode(document: &Json<'_>, symbols: &mut Symbols) -> Result<Vec<Span>, DecodeError> {
    if document.get("startTimeUnixNano").is_some() {
        return otlp_span::decode(document, symbols).map(|span| vec![span]);
    }
    let trace = document
        .text_at("trace_id")
        .and_then(TraceId::parse)
        .ok_or(DecodeError::Missing("trace_id"))?;
    let id = document
        .text_at("id")
        .and_then(SpanId::parse)
        .ok_or(DecodeError::Missing("id"))?;
    if time_us(document, "start_time").is_none() {
        return Err(DecodeError::Missing("start_time"));
    }
    let place = Within {
        trace,
        segment: id,
        parent: document.text_at("parent_id").and_then(SpanId::parse),
        inferred: false,
        service_side: document.text_at("origin") == Some("AWS::Lambda"),
    };
    let mut spans = Vec::new();
    flatten(document, place, true, symbols, &mut spans);
    Ok(spans)
}

/// What a subsegment has from the segment around it.
#[derive(Clone, Copy)]
struct Within {
    trace: TraceId,
    segment: SpanId,
    parent: Option<SpanId>,
    inferred: bool,
    /// The document is of the Lambda service: its subsegments are waits and attempts.
    service_side: bool,
}

/// Adds a segment and its subsegments. A subsegment without a readable id or start is left out with all below it.
/// Recursion is as deep as the JSON reader allows, 128 levels.
fn flatten(
    node: &Json<'_>,
    within: Within,
    is_segment: bool,
    symbols: &mut Symbols,
    spans: &mut Vec<Span>,
) {
    let (Some(id), Some(start_us)) = (
        node.text_at("id").and_then(SpanId::parse),
        time_us(node, "start_time"),
    ) else {
        return;
    };
    let name = node.text_at("name").unwrap_or("");
    let flag = |key: &str| node.get(key).and_then(Json::bool) == Some(true);
    let request_id = node.path(&["aws", "request_id"]).and_then(Json::text);
    // A gateway's segment names its own request, as its logs do.
    let gateway_request = node.path(&["aws", "api_gateway", "request_id"]);
    let invocation = request_id.and_then(RequestId::parse);
    let named = request_id.or_else(|| gateway_request.and_then(Json::text));
    let kind = kind(node, name, is_segment, within.service_side);
    let inferred = within.inferred || flag("inferred");
    spans.push(Span {
        trace: within.trace,
        id,
        parent: within.parent.into(),
        segment: within.segment,
        name: symbols.intern(name),
        kind,
        start_us,
        end_us: time_us(node, "end_time")
            .filter(|_| !flag("in_progress"))
            .into(),
        request_id: named
            .filter(|text| !invocation.is_some_and(|id| id.is_written(text)))
            .map(|text| symbols.intern(text)),
        invocation: invocation.into(),
        resource: resource(node, symbols),
        operation: node
            .path(&["aws", "operation"])
            .and_then(Json::text)
            .map(|text| symbols.intern(text)),
        message_id: node
            .path(&["aws", "message_id"])
            .and_then(Json::text)
            .map(|text| symbols.intern(text)),
        status: status(node),
        error: flag("error"),
        fault: flag("fault"),
        throttle: flag("throttle"),
        inferred,
        links: links(node),
    });
    let inside = Within {
        parent: Some(id),
        inferred,
        ..within
    };
    for child in node.get("subsegments").map_or(&[][..], Json::items) {
        flatten(child, inside, false, symbols, spans);
    }
}

fn kind(node: &Json<'_>, name: &str, is_segment: bool, service_side: bool) -> SpanKind {
    if is_segment {
        return match node.text_at("origin") {
            Some("AWS::Lambda") => SpanKind::LambdaService,
            Some("AWS::Lambda::Function") => SpanKind::LambdaFunction,
            _ => SpanKind::Segment,
        };
    }
    match (name, node.text_at("namespace")) {
        ("Initialization", None) => SpanKind::Initialization,
        ("Restore", None) => SpanKind::Restore,
        ("Invocation", None) => SpanKind::Invocation,
        ("Overhead", None) => SpanKind::Overhead,
        ("Dwell Time", None) => SpanKind::DwellTime,
        (_, None) if service_side && name.starts_with("Attempt #") => {
            SpanKind::Attempt(name["Attempt #".len()..].parse().unwrap_or(1))
        }
        (_, Some(_)) => SpanKind::Remote,
        (_, None) => SpanKind::Local,
    }
}

/// Seconds since the epoch with a fraction, also in the notation `1.7E9`, as microseconds.
fn time_us(node: &Json<'_>, key: &str) -> Option<i64> {
    let seconds = node.number_at(key)?;
    // Beyond the year 9999 or before the epoch it is no time.
    (0.0..=253_402_300_799.0)
        .contains(&seconds)
        .then(|| (seconds * 1e6).round() as i64)
}

fn status(node: &Json<'_>) -> Option<u16> {
    let status = node.path(&["http", "response", "status"])?.number()?;
    (0.0..=999.0).contains(&status).then_some(status as u16)
}

fn links(node: &Json<'_>) -> Few<(TraceId, SpanId)> {
    let links = node.get("links").map_or(&[][..], Json::items);
    links
        .iter()
        .filter_map(|link| {
            let id = link.first_of(&["id", "span_id"])?.text()?;
            Some((
                TraceId::parse(link.text_at("trace_id")?)?,
                SpanId::parse(id)?,
            ))
        })
        .collect()
}

/// The resource a span runs in or calls.
fn resource(node: &Json<'_>, symbols: &mut Symbols) -> Option<Sym> {
    let named = |kind: &str, name: &str| [kind, ":", name].concat();
    let text = if let Some(arn) = node.text_at("resource_arn") {
        of_arn(arn)
    } else {
        None
    };
    let aws = node.get("aws");
    let text = text.or_else(|| {
        let aws = aws?;
        if let Some(name) = aws.text_at("function_name") {
            return Some(named("lambda", function_name(name)));
        }
        if let Some(name) = aws.text_at("table_name") {
            return Some(named("dynamodb", resource_name(name)));
        }
        if let Some(name) = aws.text_at("stream_name") {
            return Some(named("kinesis", name));
        }
        if let Some(url) = aws.text_at("queue_url") {
            return Some(named("sqs", url.rsplit('/').next().unwrap_or(url)));
        }
        if let Some(arn) = aws.text_at("topic_arn") {
            return Some(named("sns", resource_name(arn)));
        }
        if let Some(name) = aws.text_at("bucket_name") {
            return Some(named("s3", name));
        }
        if let Some(api) = aws
            .path(&["api_gateway", "rest_api_id"])
            .and_then(Json::text)
        {
            return Some(named("apigateway", api));
        }
        if let Some(arn) = aws.text_at("function_arn") {
            return of_arn(arn);
        }
        None
    });
    let text = text.or_else(|| {
        let service = node.text_at("name")?;
        (node.text_at("namespace") == Some("aws")).then(|| service::short_name(service))
    })?;
    Some(symbols.intern(&text))
}

fn of_arn(arn: &str) -> Option<String> {
    let service = arn_service(arn)?;
    let name = match service {
        "apigateway" => {
            let (_, rest) = arn
                .split_once("/restapis/")
                .or_else(|| arn.split_once("/apis/"))?;
            rest.split('/').next()?
        }
        _ => resource_name(arn),
    };
    Some([service, ":", name].concat())
}

#[cfg(test)]
mod tests;
