use super::*;
use crate::decode::segments;

fn of(json: &str, symbols: &mut Symbols) -> Result<Vec<Span>, DecodeError> {
    segments(&Json::read(json).expect("JSON"), None, symbols)
}

fn read(json: &str) -> (Vec<Span>, Symbols) {
    let mut symbols = Symbols::default();
    let spans = of(json, &mut symbols).unwrap_or_else(|error| panic!("{json}: {error}"));
    (spans, symbols)
}

fn id(text: &str) -> SpanId {
    SpanId::parse(text).expect("16 hex digits")
}

#[test]
fn an_asynchronous_invocation_waits_and_is_tried_again() {
    let (spans, symbols) = read(
        r#"{"id":"fd5aa2d0a0b0c0d0","trace_id":"1-6b001a48-8345ebaefc73d564df82bec2","parent_id":"f0b13fca33b627de","name":"mail",
        "start_time":1.795168841444E9,"end_time":1795168842.021549,"origin":"AWS::Lambda","http":{"response":{"status":202}},
        "aws":{"request_id":"107d180e-f13e-4e18-8c0e-f1ca59f3a7cc"},"resource_arn":"arn:aws:lambda:eu-west-1:1:function:mail",
        "subsegments":[{"id":"983b66478c7998f4","name":"Dwell Time","start_time":1795168841.444,"in_progress":true},
        {"id":"ca86939827975990","name":"Attempt #2","start_time":1795168841.959786,"end_time":1795168842.021,"http":{"response":{"status":200}}}]}"#,
    );
    let service = &spans[0];
    assert_eq!(
        (service.kind, service.status),
        (SpanKind::LambdaService, Some(202))
    );
    assert_eq!(
        service.start_us, 1_795_168_841_444_000,
        "seconds in the notation 1.7E9"
    );
    assert_eq!(service.end_us.get(), Some(1_795_168_842_021_549));
    assert_eq!(service.parent.get(), Some(id("f0b13fca33b627de")));
    assert_eq!(service.request_id, None, "the id alone says it");
    assert_eq!(
        service.request(&symbols).as_deref(),
        Some("107d180e-f13e-4e18-8c0e-f1ca59f3a7cc")
    );
    assert_eq!(
        service.invocation.get(),
        RequestId::parse("107d180e-f13e-4e18-8c0e-f1ca59f3a7cc")
    );
    assert_eq!(
        service.resource.map(|sym| symbols.get(sym)),
        Some("lambda:mail")
    );
    assert_eq!(
        (spans[1].kind, spans[1].end_us.get()),
        (SpanKind::DwellTime, None)
    );
    assert_eq!(
        (spans[2].kind, spans[2].parent.get(), spans[2].segment),
        (SpanKind::Attempt(2), Some(service.id), service.id)
    );
}

#[test]
fn the_environments_side_has_its_phases_and_calls() {
    let (spans, symbols) = read(
        r#"{"id":"342afa7e78cb7b35","trace_id":"1-6b001a47-3cec8ddf41df14d358e6f60a","parent_id":"6727eadd805e4010","name":"web",
        "start_time":1795168839.54,"end_time":1795168840.13,"origin":"AWS::Lambda::Function","cause":"70de5b6f19ff9a0a",
        "aws":{"function_arn":"arn:aws:lambda:eu-west-1:1:function:web:12"},"subsegments":[
        {"id":"0000000000000001","name":"Initialization","start_time":1795168839.1,"end_time":1795168839.5},
        {"id":"0000000000000002","name":"Invocation","start_time":1795168839.54,"end_time":1795168840.1,"subsegments":[
          {"id":"0000000000000003","name":"Lambda","namespace":"aws","start_time":1795168839.6,"end_time":1795168839.7,"error":true,"throttle":true,
           "http":{"response":{"status":429}},"aws":{"operation":"Invoke","function_name":"stock","request_id":"3a8f8e4a-2c7d-4864-8e7b-fd17652b11a2"}},
          {"id":"0000000000000004","name":"DynamoDB","namespace":"aws","start_time":1795168839.6,"end_time":1795168839.7,
           "aws":{"operation":"PutItem","table_name":"carts","request_id":"3AIENM5J"},"throttle":false},
          {"id":"0000000000000005","name":"SQS","namespace":"aws","start_time":1795168839.6,"end_time":1795168839.7,
           "aws":{"operation":"SendMessage","queue_url":"https://sqs.eu-west-1.amazonaws.com/1/orders","message_id":"4ebf7624"}},
          {"id":"0000000000000006","name":"compute","start_time":1795168839.6,"end_time":1795168839.7}]},
        {"id":"0000000000000007","name":"Overhead","start_time":1795168840.1,"end_time":1795168840.13}]}"#,
    );
    let text = |sym: Option<Sym>| sym.map(|sym| symbols.get(sym));
    let kinds: Vec<SpanKind> = spans.iter().map(|span| span.kind).collect();
    assert_eq!(
        kinds,
        [
            SpanKind::LambdaFunction,
            SpanKind::Initialization,
            SpanKind::Invocation,
            SpanKind::Remote,
            SpanKind::Remote,
            SpanKind::Remote,
            SpanKind::Local,
            SpanKind::Overhead
        ]
    );
    assert_eq!(text(spans[0].resource), Some("lambda:web"));
    let refused = &spans[3];
    assert_eq!(
        (refused.status, refused.error, refused.throttle),
        (Some(429), true, true)
    );
    assert_eq!(
        (text(refused.resource), text(refused.operation)),
        (Some("lambda:stock"), Some("Invoke"))
    );
    assert_eq!(refused.parent.get(), Some(id("0000000000000002")));
    assert_eq!(
        (
            text(spans[4].resource),
            spans[4].invocation.get(),
            spans[4].throttle
        ),
        (Some("dynamodb:carts"), None, false)
    );
    assert_eq!(
        (text(spans[5].resource), text(spans[5].message_id)),
        (Some("sqs:orders"), Some("4ebf7624"))
    );
}

#[test]
fn a_copy_made_of_a_subsegment_is_marked_and_links_are_kept() {
    let (spans, symbols) = read(
        r#"{"id":"0000000000000003","trace_id":"1-6b001a47-3cec8ddf41df14d358e6f60a","parent_id":"0000000000000001","name":"carts","inferred":true,
        "origin":"AWS::DynamoDB::Table","resource_arn":"arn:aws:dynamodb:eu-west-1:1:table/carts","start_time":1795168839.6,"end_time":1795168839.7,
        "links":[{"trace_id":"1-6b001a31-935d5d72154b3226c2f21001","id":"6b7633544c67ae06","attributes":{}},{"trace_id":"x","id":"y"}]}"#,
    );
    assert_eq!(
        (spans[0].kind, spans[0].inferred),
        (SpanKind::Segment, true)
    );
    assert_eq!(
        spans[0].resource.map(|sym| symbols.get(sym)),
        Some("dynamodb:carts")
    );
    assert_eq!(
        spans[0].links.len(),
        1,
        "a link that cannot be read is none"
    );
}

#[test]
fn a_gateway_names_its_api() {
    let (spans, symbols) = read(
        r#"{"id":"0390d5a2f1811631","name":"shop/prod","start_time":1795168839.2,"end_time":1795168840.1,"trace_id":"1-6b001a47-3cec8ddf41df14d358e6f60a",
        "aws":{"api_gateway":{"rest_api_id":"chnapi0001","stage":"prod"}},"origin":"AWS::ApiGateway::Stage",
        "resource_arn":"arn:aws:apigateway:eu-west-1::/restapis/chnapi0001/stages/prod"}"#,
    );
    assert_eq!(
        spans[0].resource.map(|sym| symbols.get(sym)),
        Some("apigateway:chnapi0001")
    );
}

#[test]
fn what_cannot_be_a_segment_is_refused_and_a_broken_subsegment_left_out() {
    let of = |json: &str| of(json, &mut Symbols::default()).map(|spans| spans.len());
    let head =
        r#""trace_id":"1-6b001a47-3cec8ddf41df14d358e6f60a","id":"0390d5a2f1811631","name":"x""#;
    assert_eq!(of("{}"), Err(DecodeError::Missing("trace_id")));
    assert_eq!(
        of(&format!("{{{head}}}")),
        Err(DecodeError::Missing("start_time"))
    );
    assert_eq!(
        of(&format!(r#"{{{head},"start_time":1e300}}"#)),
        Err(DecodeError::Missing("start_time"))
    );
    assert_eq!(
        of(&format!(
            r#"{{{head},"start_time":1,"subsegments":[{{"id":"x"}},7,{{"id":"0000000000000001","start_time":2}}]}}"#
        )),
        Ok(2)
    );
}
