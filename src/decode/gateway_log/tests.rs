use super::*;
use crate::decode::tests::both_ways;
use crate::model::fact::What;
use crate::model::ids::{RequestId, TraceId};
use crate::model::time::Timestamp;

fn read(group: &str, message: &str) -> (Option<Access>, Symbols) {
    let line = LogLine {
        group,
        stream: "0000022f521e6f27",
        timestamp: Timestamp(0),
        ingestion: None,
        event_id: None,
        message: message.into(),
    };
    let (what, symbols) = both_ways(&line, None);
    let access = what.and_then(|what| match what {
        What::Access(access) => Some(access),
        _ => None,
    });
    (access, symbols)
}

fn found(group: &str, message: &str) -> (Access, Symbols) {
    let (access, symbols) = read(group, message);
    (
        access.unwrap_or_else(|| panic!("{message} says nothing")),
        symbols,
    )
}

const GROUP: &str = "API-Gateway-Access-Logs_shop4api01/prod";
const LAMBDA: &str = "d46f2f88-b8fa-4993-b8be-c756d697f8b1";

#[test]
fn json_is_read_by_the_names_templates_use() {
    for message in [
        format!(
            r#"{{"requestId":"6ef9e9e6-c329","apiId":"shop4api01","stage":"prod","requestTimeEpoch":"1795168805000","httpMethod":"POST",
            "resourcePath":"/health","status":"200","responseLatency":"376","integrationRequestId":"{LAMBDA}","integrationStatus":"200",
            "errorResponseType":"-","xrayTraceId":"1-6b001a25-a50930d3b5bf26b3a09a7d23"}}"#
        ),
        format!(
            r#"{{"request_id":"6ef9e9e6-c329","api_id":"shop4api01","requestTimeEpoch":1795168805000,"routeKey":"POST /health",
            "status":200,"latency":376,"integration":{{"requestId":"{LAMBDA}","status":200}},"traceId":"Root=1-6b001a25-a50930d3b5bf26b3a09a7d23"}}"#
        ),
        // `$context.error.messageString` comes with quotes of its own.
        format!(
            r#"{{"requestId":"6ef9e9e6-c329","requestTimeEpoch":"1795168805000","method":"POST","path":"/health","status":"200",
            "error":""Forbidden"","responseLatency":"376","integrationRequestId":"{LAMBDA}","integrationStatus":"200",
            "xrayTraceId":"1-6b001a25-a50930d3b5bf26b3a09a7d23"}}"#
        ),
    ] {
        let (access, symbols) = found(GROUP, &message);
        let text = |sym: Option<Sym>| sym.map(|sym| symbols.get(sym));
        assert_eq!(
            symbols.get(access.api),
            "apigateway:shop4api01",
            "{message}"
        );
        assert_eq!(text(access.stage), Some("prod"));
        assert_eq!(text(access.gateway_request), Some("6ef9e9e6-c329"));
        assert_eq!(text(access.route), Some("POST /health"));
        assert_eq!(
            (access.status, access.integration_status),
            (Some(200), Some(200))
        );
        assert_eq!(access.integration_request, RequestId::parse(LAMBDA));
        assert_eq!(
            (text(access.response_type), access.latency_ms),
            (None, Some(376.0))
        );
        assert_eq!(
            access.trace,
            TraceId::parse("1-6b001a25-a50930d3b5bf26b3a09a7d23")
        );
        assert_eq!(access.received_at, Some(Timestamp(1_795_168_805_000)));
    }
}

#[test]
fn a_refusal_is_the_gateways_own_or_the_functions() {
    let line = |more: &str| {
        format!(r#"{{"requestId":"r","httpMethod":"GET","resourcePath":"/x",{more}}}"#)
    };
    let (access, symbols) = found(
        GROUP,
        &line(
            r#""status":"429","errorResponseType":"THROTTLED","integrationRequestId":"-","integrationStatus":"-""#,
        ),
    );
    assert_eq!(
        access.response_type.map(|sym| symbols.get(sym)),
        Some("THROTTLED")
    );
    assert_eq!(
        (
            access.status,
            access.integration_status,
            access.integration_request
        ),
        (Some(429), None, None)
    );
    let (access, _) = found(
        GROUP,
        &line(&format!(
            r#""status":"500","integrationRequestId":"{LAMBDA}","integrationError":"Rate Exceeded.","integrationStatus":"-""#
        )),
    );
    assert_eq!(
        (access.status, access.integration_status),
        (Some(500), Some(429))
    );
}

#[test]
fn the_common_log_format_is_read() {
    let message = format!(
        r#"203.0.113.9 - - [20/Nov/2026:10:00:05 +0000] "GET /orders HTTP/1.1" 502 42 {LAMBDA}"#
    );
    let (access, symbols) = found("/logs/shop", &message);
    assert_eq!(symbols.get(access.api), "apigateway:shop");
    assert_eq!(
        access.route.map(|sym| symbols.get(sym)),
        Some("GET /orders")
    );
    assert_eq!((access.status, access.stage), (Some(502), None));
    assert_eq!(access.received_at, Some(Timestamp(1_795_168_805_000)));
    let web_server =
        r#"203.0.113.9 - - [20/Nov/2026:10:00:05 +0000] "GET / HTTP/1.1" 200 42 "-" "curl""#;
    assert_eq!(
        read("/ecs/nginx", web_server).0,
        None,
        "it has no request id"
    );
}

/// The formats that the console proposes for REST and for HTTP APIs.
#[test]
fn the_proposed_formats_of_text_are_read() {
    let time = "20/Nov/2026:10:00:05 +0000";
    for message in [
        format!(
            r#"203.0.113.9 - - [{time}]"GET /orders HTTP/1.1" 502 42 {LAMBDA} JKJaXmPLvHcESHA="#
        ),
        format!(r#"203.0.113.9 - - [{time}] "GET GET /orders HTTP/1.1" 502 42 JKJaXmPLvHcESHA="#),
        format!("203.0.113.9,-,-,{time},GET,/orders,HTTP/1.1,502,42,{LAMBDA},JKJaXmPLvHcESHA="),
        format!("203.0.113.9,{time},GET,GET /orders,HTTP/1.1,502,42,JKJaXmPLvHcESHA="),
        format!(
            r#"<request id="{LAMBDA}"> <extendedRequestId>JKJaXmPLvHcESHA=</extendedRequestId> <ip>203.0.113.9</ip> <caller>-</caller> <user>-</user> <requestTime>{time}</requestTime> <httpMethod>GET</httpMethod> <resourcePath>/orders</resourcePath> <status>502</status> <protocol>HTTP/1.1</protocol> <responseLength>42</responseLength> </request>"#
        ),
        format!(
            r#"<request id="JKJaXmPLvHcESHA="> <ip>203.0.113.9</ip> <requestTime>{time}</requestTime> <httpMethod>GET</httpMethod> <routeKey>GET /orders</routeKey> <status>502</status> <protocol>HTTP/1.1</protocol> <responseLength>42</responseLength> </request>"#
        ),
    ] {
        let (access, symbols) = found(GROUP, &message);
        let text = |sym: Option<Sym>| sym.map(|sym| symbols.get(sym));
        assert_eq!(text(access.route), Some("GET /orders"), "{message}");
        assert_eq!(access.status, Some(502), "{message}");
        let id = if message.contains(LAMBDA) {
            LAMBDA
        } else {
            "JKJaXmPLvHcESHA="
        };
        assert_eq!(text(access.gateway_request), Some(id), "{message}");
        assert_eq!(
            access.received_at,
            Some(Timestamp(1_795_168_805_000)),
            "{message}"
        );
    }
    for message in [
        format!(r#"203.0.113.9 - - [{time}] "GET / HTTP/1.1" 200 42 1234567890123"#),
        format!("a,{time},GET"),
        format!("{},GET,/,HTTP/1.1,200,1,abcdefghijklmno", "x".repeat(26)),
        format!("<request {}>", "<".repeat(100)),
    ] {
        assert_eq!(read("/ecs/nginx", &message).0, None, "{message}");
    }
}

#[test]
fn execution_logs_tell_one_thing_a_line() {
    let group = "API-Gateway-Execution-Logs_uwe3g5jm54/Prod";
    let tell = |text: &str| found(group, &format!("(4f3e3b0f-39db) {text}"));
    let (access, symbols) = tell(
        "Key throttle limit exceeded for RestApi uwe3g5jm54, Stage Prod, Resource k0w8mc, HttpMethod POST. Limit: 1.00 Burst: 1",
    );
    assert_eq!(symbols.get(access.api), "apigateway:uwe3g5jm54");
    assert_eq!(
        access.gateway_request.map(|sym| symbols.get(sym)),
        Some("4f3e3b0f-39db")
    );
    assert_eq!(
        (
            access.status,
            access.response_type.map(|sym| symbols.get(sym))
        ),
        (Some(429), Some("THROTTLED"))
    );
    let (access, symbols) = tell("Gateway response type: QUOTA_EXCEEDED with status code: 429");
    assert_eq!(
        access.response_type.map(|sym| symbols.get(sym)),
        Some("QUOTA_EXCEEDED")
    );
    assert_eq!(
        tell("Method completed with status: 502").0.status,
        Some(502)
    );
    let (access, _) = tell(&format!("AWS Integration Endpoint RequestId : {LAMBDA}"));
    assert_eq!(access.integration_request, RequestId::parse(LAMBDA));
    for trace in [
        "1-5c755b5d-07b29b94e632d3da19d88789",
        "Root=1-5c755b5d-07b29b94e632d3da19d88789",
    ] {
        let (access, _) = tell(&format!("X-ray Tracing ID : {trace}"));
        assert_eq!(
            access.trace,
            TraceId::parse("1-5c755b5d-07b29b94e632d3da19d88789")
        );
    }
    let (access, _) = tell("Received response. Status: 200, Integration latency: 356 ms");
    assert_eq!(
        (access.integration_status, access.latency_ms),
        (Some(200), Some(356.0))
    );
    assert_eq!(
        tell("Received response. Integration latency: 40 ms")
            .0
            .latency_ms,
        Some(40.0)
    );
    let (access, _) = tell(&format!(
        "Lambda execution failed with status 200 due to customer function error: 2019-02-27T11:31:11.456Z {LAMBDA} Task timed out after 10.00 seconds. Lambda request id: {LAMBDA}"
    ));
    assert_eq!(
        (access.integration_request, access.integration_status),
        (RequestId::parse(LAMBDA), Some(200))
    );
    let (access, _) = tell(&format!(
        "Lambda invocation failed with status: 429. Lambda request id: {LAMBDA}"
    ));
    assert_eq!(access.integration_status, Some(429));
    let (access, _) = tell(&format!(
        "Endpoint response headers: {{Date=Wed, 27 Feb 2019 11:31:13 GMT, x-amzn-RequestId={LAMBDA}, Content-Length=2, X-Amzn-Trace-Id=root=1-5c755b5d-07b29b94e632d3da19d88789;parent=61e6466ca210cdf8;sampled=1}}"
    ));
    assert_eq!(access.integration_request, RequestId::parse(LAMBDA));
    assert_eq!(
        access.trace,
        TraceId::parse("1-5c755b5d-07b29b94e632d3da19d88789")
    );
    for text in [
        "Endpoint response headers: {Content-Type=text/plain}",
        "Extended Request Id: Vts2FFmArPEFh8g=",
        "Method completed with status: 429",
        "Endpoint request body [TRUNCATED]",
    ] {
        assert_eq!(
            read(group, &format!("(4f3e3b0f-39db) {text}")).0,
            None,
            "{text}"
        );
    }
}

#[test]
fn appsync_counts_in_nanoseconds() {
    let group = "/aws/appsync/apis/pmo28inf75";
    let (access, symbols) = found(
        group,
        r#"{"logType":"RequestSummary","requestId":"dbe87af3","graphQLAPIId":"pmo28inf75","statusCode":200,"latency":242000000}"#,
    );
    assert_eq!(symbols.get(access.api), "appsync:pmo28inf75");
    assert_eq!((access.status, access.latency_ms), (Some(200), Some(242.0)));
    assert_eq!(read(group, "dbe87af3-c114 Tokens Consumed: 1").0, None);
    assert_eq!(
        read(group, r#"{"logType":"Tracing","duration":216820346}"#).0,
        None
    );
}

#[test]
fn other_lines_say_nothing_of_a_request() {
    for message in [
        "",
        "{",
        "plain",
        r#"{"requestId":"r","status":"up"}"#,
        r#"{"a":{"b":{"c":{"d":1}}}}"#,
        r#"{"":"#,
    ] {
        assert_eq!(read("/ecs/app", message).0, None, "{message}");
    }
}
