//! Spans of the log group `aws/spans`: OpenTelemetry's shape, one JSON object a line.

use super::DecodeError;
use super::place::{arn_service, function_name, resource_name};
use super::{refusal, service};
use crate::model::few::Few;
use crate::model::ids::{RequestId, SpanId, TraceId};
use crate::model::json::Json;
use crate::model::span::{Span, SpanKind};
use crate::model::symbols::{Sym, Symbols};

/// Reads one span. Times are nanoseconds as whole numbers beyond 2^53.
pub(super) fn decode(span: &Json<'_>, symbols: &mut Symbols) -> Result<Span, DecodeError> {
    let trace = span
        .text_at("traceId")
        .and_then(TraceId::parse)
        .ok_or(DecodeError::Missing("traceId"))?;
    let id = span
        .text_at("spanId")
        .and_then(SpanId::parse)
        .ok_or(DecodeError::Missing("spanId"))?;
    let start_us =
        time_us(span, "startTimeUnixNano").ok_or(DecodeError::Missing("startTimeUnixNano"))?;
    let attributes = Attributes(span);
    let name = span.text_at("name").unwrap_or("");
    let invocation = attributes.text(&["faas.invocation_id", "faas.execution"]);
    let request_id = attributes
        .text(&["aws.request_id", "aws.requestId"])
        .or(invocation);
    let run = request_id.and_then(RequestId::parse);
    let status = attributes
        .number(&["http.response.status_code", "http.status_code"])
        .filter(|status| (0.0..=999.0).contains(status))
        .map(|status| status as u16);
    let failed = matches!(
        span.path(&["status", "code"]),
        Some(Json::Text("ERROR" | "STATUS_CODE_ERROR"))
    ) || span.path(&["status", "code"]).and_then(Json::number) == Some(2.0);
    let throttle = status == Some(429)
        || attributes
            .text(&["error.type", "exception.type"])
            .is_some_and(refusal::names_code);
    Ok(Span {
        trace,
        id,
        parent: span.text_at("parentSpanId").and_then(SpanId::parse).into(),
        segment: id,
        name: symbols.intern(name),
        kind: kind(span, invocation.is_some()),
        start_us,
        end_us: time_us(span, "endTimeUnixNano").into(),
        request_id: request_id
            .filter(|text| !run.is_some_and(|id| id.is_written(text)))
            .map(|text| symbols.intern(text)),
        invocation: run.into(),
        resource: resource(&attributes, symbols),
        operation: attributes
            .text(&["rpc.method", "aws.local.operation"])
            .map(|text| symbols.intern(text)),
        message_id: attributes
            .text(&["messaging.message.id", "messaging.message_id"])
            .map(|text| symbols.intern(text)),
        status,
        error: failed && status.is_none_or(|status| status < 500),
        fault: failed && status.is_some_and(|status| status >= 500),
        throttle,
        inferred: false,
        links: links(span),
    })
}

/// Flat attributes of the span, then those of its resource.
struct Attributes<'a, 'b>(&'a Json<'b>);

impl<'a> Attributes<'a, '_> {
    fn find(&self, keys: &[&str]) -> Option<&'a Json<'a>> {
        let own = self.0.get("attributes");
        let resource = self.0.path(&["resource", "attributes"]);
        [own, resource]
            .into_iter()
            .flatten()
            .find_map(|attributes| attributes.first_of(keys))
    }

    fn text(&self, keys: &[&str]) -> Option<&'a str> {
        self.find(keys)?.text()
    }

    fn number(&self, keys: &[&str]) -> Option<f64> {
        self.find(keys)?.number()
    }
}

fn kind(span: &Json<'_>, is_invocation: bool) -> SpanKind {
    // `aws/spans` writes the names; OTLP in JSON prefixes them or numbers them.
    let kind = match span.get("kind") {
        Some(Json::Text(name)) => name.strip_prefix("SPAN_KIND_").unwrap_or(name),
        Some(Json::Int(2)) => "SERVER",
        Some(Json::Int(3)) => "CLIENT",
        Some(Json::Int(4)) => "PRODUCER",
        Some(Json::Int(5)) => "CONSUMER",
        _ => "",
    };
    match kind {
        "SERVER" | "CONSUMER" if is_invocation => SpanKind::LambdaFunction,
        "SERVER" | "CONSUMER" => SpanKind::Segment,
        "CLIENT" | "PRODUCER" => SpanKind::Remote,
        _ => SpanKind::Local,
    }
}

fn time_us(span: &Json<'_>, key: &str) -> Option<i64> {
    match span.get(key)? {
        Json::Int(nanos) if *nanos >= 0 => Some(nanos / 1000),
        Json::Big(nanos) => i64::try_from(nanos / 1000).ok(),
        Json::Float(nanos) if (0.0..9.2e18).contains(nanos) => Some((nanos / 1e3) as i64),
        Json::Text(nanos) => {
            Some(i64::try_from(nanos.parse::<u64>().ok()? / 1000).unwrap_or(i64::MAX))
        }
        _ => None,
    }
}

fn links(span: &Json<'_>) -> Few<(TraceId, SpanId)> {
    let links = span.get("links").map_or(&[][..], Json::items);
    links
        .iter()
        .filter_map(|link| {
            let trace = TraceId::parse(link.text_at("traceId")?)?;
            Some((trace, SpanId::parse(link.text_at("spanId")?)?))
        })
        .collect()
}

fn resource(attributes: &Attributes<'_, '_>, symbols: &mut Symbols) -> Option<Sym> {
    let named = [
        (
            "lambda",
            &["faas.invoked_name", "aws.lambda.function_name"][..],
        ),
        ("dynamodb", &["aws.dynamodb.table_names", "aws.table.name"]),
        ("kinesis", &["aws.kinesis.stream.name", "aws.stream.name"]),
        ("sqs", &["messaging.destination.name", "aws.queue.name"]),
    ];
    if let Some(arn) = attributes.text(&["cloud.resource_id", "faas.id", "aws.lambda.function.arn"])
        && let Some(service) = arn_service(arn)
        && attributes.text(&["rpc.service"]).is_none()
    {
        let name = match service {
            "lambda" => function_name(arn),
            _ => resource_name(arn),
        };
        return Some(symbols.intern(&format!("{service}:{name}")));
    }
    for (kind, keys) in named {
        let Some(value) = attributes.find(keys) else {
            continue;
        };
        if let Some(name) = value.text().or_else(|| value.items().first()?.text()) {
            return Some(symbols.intern(&format!("{kind}:{name}")));
        }
    }
    let called = attributes.text(&["rpc.service"])?;
    Some(symbols.intern(&service::short_name(called)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> (Result<Span, DecodeError>, Symbols) {
        let mut symbols = Symbols::default();
        let span = Json::read(json).expect("valid JSON");
        let span = decode(&span, &mut symbols);
        (span, symbols)
    }

    #[test]
    fn the_span_of_an_invocation_names_it() {
        let (span, symbols) = read(
            r#"{"resource":{"attributes":{"cloud.resource_id":"arn:aws:lambda:eu-west-1:1:function:pay","service.name":"pay"}},
            "traceId":"6b001a3f53530aa5c43024694473b173","spanId":"2b6fadbd4ab6fe55","parentSpanId":"53995c3f42cd8ad8","flags":257,
            "name":"pay","kind":"SERVER","startTimeUnixNano":1795168801123456789,"endTimeUnixNano":1795168801223456789,
            "attributes":{"faas.invocation_id":"d46f2f88-b8fa-4993-b8be-c756d697f8b1"},"status":{"code":"UNSET"},"events":[],
            "links":[{"traceId":"6b001a315d5d72154b3226c2f2100100","spanId":"6b7633544c67ae06"}]}"#,
        );
        let span = span.expect("a span");
        assert_eq!(span.kind, SpanKind::LambdaFunction);
        assert_eq!(
            (span.start_us, span.end_us.get()),
            (1_795_168_801_123_456, Some(1_795_168_801_223_456))
        );
        assert_eq!(
            Some(span.trace),
            TraceId::parse("1-6b001a3f-53530aa5c43024694473b173"),
            "one id in both spellings"
        );
        assert_eq!(
            span.invocation.get(),
            RequestId::parse("d46f2f88-b8fa-4993-b8be-c756d697f8b1")
        );
        assert_eq!(
            span.resource.map(|sym| symbols.get(sym)),
            Some("lambda:pay")
        );
        assert_eq!(
            (span.links.len(), span.error, span.fault, span.throttle),
            (1, false, false, false)
        );
    }

    #[test]
    fn a_refused_call_is_a_throttle_of_its_target() {
        let (span, symbols) = read(
            r#"{"traceId":"6b001a3f53530aa5c43024694473b173","spanId":"2b6fadbd4ab6fe55","name":"DynamoDB.PutItem","kind":"CLIENT",
            "startTimeUnixNano":1795168801123456789,"attributes":{"rpc.service":"DynamoDB","rpc.method":"PutItem","aws.dynamodb.table_names":["carts"],
            "http.response.status_code":400,"error.type":"ThrottlingException","aws.request_id":"3A8F"},"status":{"code":"ERROR"}}"#,
        );
        let span = span.expect("a span");
        let text = |sym: Option<Sym>| sym.map(|sym| symbols.get(sym));
        assert_eq!((span.kind, span.end_us.get()), (SpanKind::Remote, None));
        assert_eq!(text(span.resource), Some("dynamodb:carts"));
        assert_eq!(
            (text(span.operation), text(span.request_id)),
            (Some("PutItem"), Some("3A8F"))
        );
        assert_eq!(
            (span.status, span.throttle, span.error, span.fault),
            (Some(400), true, true, false)
        );
    }

    #[test]
    fn every_code_of_a_refusal_and_every_service_is_known() {
        for (called, resource, error, refused) in [
            (
                "DynamoDB",
                "dynamodb",
                "ProvisionedThroughputExceededException",
                true,
            ),
            ("S3", "s3", "SlowDown", true),
            (
                "Secrets Manager",
                "secretsmanager",
                "ThrottlingException",
                true,
            ),
            ("SNS", "sns", "Throttling", true),
            ("SSM", "ssm", "ParameterNotFound", false),
        ] {
            let (span, symbols) = read(&format!(
                r#"{{"traceId":"6b001a3f53530aa5c43024694473b173","spanId":"2b6fadbd4ab6fe55","name":"call","kind":"CLIENT","startTimeUnixNano":1795168801123456789,
                "attributes":{{"rpc.service":"{called}","http.response.status_code":400,"error.type":"{error}"}},"status":{{"code":"ERROR"}}}}"#
            ));
            let span = span.expect("a span");
            let named = span.resource.map(|sym| symbols.get(sym));
            assert_eq!(
                (named, span.throttle),
                (Some(resource), refused),
                "{called}"
            );
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let (span, _) =
            read(r#"{"traceId":"x","spanId":"2b6fadbd4ab6fe55","startTimeUnixNano":1}"#);
        assert_eq!(span, Err(DecodeError::Missing("traceId")));
        let (span, _) = read(
            r#"{"traceId":"6b001a3f53530aa5c43024694473b173","spanId":"2b6fadbd4ab6fe55","startTimeUnixNano":-5}"#,
        );
        assert_eq!(span, Err(DecodeError::Missing("startTimeUnixNano")));
    }
}
