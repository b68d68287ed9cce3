//! One secret of each kind in every text field of every shape of input.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// How each secret is written where it is found, and the secret itself.
const PLANTED: [(&str, &str); 22] = [
    ("key AKIAQX7RLDPE4TZ2MVNB used", "AKIAQX7RLDPE4TZ2MVNB"),
    ("temporary ASIAZ4KJ2WQPLM7X3CVB", "ASIAZ4KJ2WQPLM7X3CVB"),
    (
        "got kT9vXz2mQp7LrW4sYb8NcD3fGh6JaE5uRt1iOoPZ now",
        "kT9vXz2mQp7LrW4sYb8NcD3fGh6JaE5uRt1iOoPZ",
    ),
    ("Authorization: Bearer tok-9f8e7d6c5b", "tok-9f8e7d6c5b"),
    ("sent Basic cGxhbnRlZDpiYXNpYw==", "cGxhbnRlZDpiYXNpYw"),
    (
        "jwt eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoxfQ.c2lnbmVkLXBsYW50ZWQ",
        "eyJwbGFudGVkIjoxfQ",
    ),
    (
        "-----BEGIN RSA PRIVATE KEY-----\nMIIEplantedKEYmaterial\n-----END RSA PRIVATE KEY-----",
        "MIIEplantedKEYmaterial",
    ),
    (
        "postgres://app:pl4nted-url-pw@db.internal:5432/shop",
        "pl4nted-url-pw",
    ),
    ("password=pl4nted-kv-pw next", "pl4nted-kv-pw"),
    (
        r#"{"user":"x","clientSecret":"pl4nted-json-secret"}"#,
        "pl4nted-json-secret",
    ),
    (
        r#"{"body":"{\"apiKey\":\"pl4nted-nested-key\"}"}"#,
        "pl4nted-nested-key",
    ),
    (
        r#"{"credentials":{"inner":["pl4nted-inner"]}}"#,
        "pl4nted-inner",
    ),
    (
        "Server=db;User Id=sa;Password=pl4ntedConn1;Encrypt=yes",
        "pl4ntedConn1",
    ),
    (
        "Endpoint=sb://x;SharedAccessKey=pl4ntedShared+/9=",
        "pl4ntedShared",
    ),
    (
        "mail planted.person@mail.example.com sent",
        "planted.person",
    ),
    ("?to=planted.other%40example.org&x=1", "planted.other"),
    ("card 4242 4242 4242 4242 charged", "4242 4242 4242 4242"),
    (r#"{"pan":5555555555554444,"n":1}"#, "5555555555554444"),
    ("from 203.0.113.77:443", "203.0.113.77"),
    ("peer 2001:db8:77:1::beef ok", "2001:db8:77:1::beef"),
    (
        "pushed with ghp_plantedplanted0123456789abcdef0123",
        "ghp_planted",
    ),
    (
        "Cookie: session=pl4nted-cookie; theme=dark",
        "pl4nted-cookie",
    ),
];

/// The number of the account, what an environment variable holds, and what only the settings name.
const OTHERS: [&str; 4] = [
    "884422116633",
    "planted-environment",
    "pl4nted-customer",
    "DE89pl4nted",
];

/// What a pattern of the settings names: it holds in any text.
const NAMED: &str = "note iban DE89pl4nted end";
/// What a path of the settings names: it holds in the JSON of a line, at its place.
const AT_PATH: &str = r#"INFO {"customer":{"name":"pl4nted-customer"},"n":1} end"#;

/// Every secret as it stands in a text, for places of one's own.
pub(crate) fn texts() -> impl Iterator<Item = &'static str> {
    PLANTED.iter().map(|(text, _)| *text).chain([NAMED])
}

/// Settings with two rules of one's own: by path, and by pattern.
pub(crate) fn settings(folder: &Path) -> PathBuf {
    let path = folder.join("redact.toml");
    let rules = "[[redact.rule]]\nname = \"customer\"\npath = \"$.customer.name\"\n\n\
                 [[redact.rule]]\nname = \"iban\"\npattern = 'iban (\\w+)'\n";
    fs::write(&path, rules).unwrap();
    path
}

/// Files of every shape, with every secret in every text field of each; the name of their folder is one too.
pub(crate) fn inputs(folder: &Path) -> PathBuf {
    let home = folder.join("planted AKIAQX7RLDPE4TZ2MVNB");
    fs::create_dir_all(&home).unwrap();
    let mut lines = Vec::new();
    let mut traces = Vec::new();
    let mut metrics = Vec::new();
    let mut functions = Vec::new();
    let mut events = Vec::new();
    let mut others = Vec::new();
    for (at, text) in texts().enumerate() {
        let stream = "2026/03/01/[$LATEST]0123456789abcdef0123456789abcdef";
        let id = format!("00000000-0000-4000-8000-{at:012}");
        let time = 1_772_366_400_000 + at as i64 * 1_000;
        let mut put = |group: &str, stream: &str, event: &str, message: &str| {
            lines.push(
                json!({"logGroupName": group, "logStreamName": stream, "timestamp": time,
                              "ingestionTime": time + 5, "eventId": event, "message": message}),
            );
        };
        let group = "/aws/lambda/leaky";
        put(
            group,
            stream,
            &format!("{at}-a"),
            &format!("START RequestId: {id} Version: $LATEST\n"),
        );
        put(group, stream, &format!("{at}-b"), text);
        let quoted =
            json!({"level": "ERROR", "message": text, "error": {"stack": [text]}}).to_string();
        put(group, stream, &format!("{at}-c"), &quoted);
        put(
            group,
            stream,
            &format!("{at}-d"),
            &json!({"outer": quoted}).to_string(),
        );
        let failed = format!(
            "[ERROR] ValueError: {text}\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 7, in handler\n"
        );
        put(group, stream, &format!("{at}-e"), &failed);
        put(
            group,
            stream,
            &format!("{at}-f"),
            &format!(
                "REPORT RequestId: {id}\tDuration: 5.00 ms\tBilled Duration: 5 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t\n"
            ),
        );
        put(&format!("group {text}"), stream, &format!("{at}-g"), "x");
        put(group, &format!("stream {text}"), &format!("{at}-h"), "x");
        put(group, stream, &format!("{at}-p"), AT_PATH);
        for (number, message) in messages(text, &id).iter().enumerate() {
            put(
                "/aws/apigateway/shop",
                stream,
                &format!("{at}-m{number}"),
                message,
            );
        }
        put(group, stream, &format!("{at}-i {text}"), "x");
        let trace = format!("1-69a43f40-{at:024x}");
        let document = segment(&format!("{at:016x}"), &trace, time, text);
        others.extend(others_of(at, time, text));
        traces.push(json!({"Traces": [{"Id": trace, "Segments": [{"Id": "1", "Document": document.to_string()}]}]}));
        metrics.push(json!({
            "namespace": text, "metric_name": "Throttles", "dimensions": {"FunctionName": text, *text: "x"},
            "timestamp": time, "value": {"sum": 1, "count": 1, "min": 1, "max": 1}, "unit": text,
        }));
        functions.push(json!({
            "FunctionName": format!("leaky-{at}"), "Runtime": "python3.13", "MemorySize": 128, "Timeout": 3,
            "Description": text, "Role": format!("arn:aws:iam::{}:role/{text}", OTHERS[0]),
            "Environment": {"Variables": {"PLAIN": OTHERS[1], "OTHER": text}},
            "LoggingConfig": {"LogGroup": text}, "KMSKeyArn": text, "Layers": [{"Arn": text}], "Tags": {"note": text},
            "DeadLetterConfig": {"TargetArn": text}, "StateReason": text, "Handler": text,
        }));
        functions.push(
            json!({ "FunctionName": text, "Runtime": text, "MemorySize": 128, "Timeout": 3 }),
        );
        events.push(json!({"id": format!("{at}-s"), "timestamp": time, "message": text}));
    }
    let text = |rows: &[Value]| {
        rows.iter()
            .map(|row| format!("{row}\n"))
            .collect::<String>()
    };
    fs::write(home.join("1-events.ndjson"), text(&lines)).unwrap();
    fs::write(home.join("2-traces.json"), text(&traces)).unwrap();
    fs::write(home.join("3-metrics.ndjson"), text(&metrics)).unwrap();
    fs::write(
        home.join("4-functions.json"),
        json!({"Functions": functions}).to_string(),
    )
    .unwrap();
    let subscription = json!({"messageType": "DATA_MESSAGE", "owner": OTHERS[0], "logGroup": "/aws/lambda/leaky",
                              "logStream": "2026/03/01/[$LATEST]bb", "logEvents": events});
    fs::write(home.join("5-subscription.json"), subscription.to_string()).unwrap();
    fs::write(home.join("6-others.ndjson"), text(&others)).unwrap();
    home
}

/// A segment of X-Ray, as its document.
fn segment(id: &str, trace: &str, time: i64, text: &str) -> Value {
    json!({
        "id": id, "trace_id": trace, "name": text, "origin": text,
        "start_time": time as f64 / 1e3, "end_time": time as f64 / 1e3 + 0.1, "user": text,
        "resource_arn": format!("arn:aws:lambda:eu-west-1:{}:function:leaky", OTHERS[0]),
        "http": {"request": {"url": text, "client_ip": text, "user_agent": text}},
        "annotations": {"note": text}, "metadata": {"default": {"x": [text]}},
        "cause": {"exceptions": [{"id": "1", "message": text, "type": text, "stack": [{"path": text, "label": text}]}]},
        "sql": {"url": text, "user": text, "sanitized_query": text},
        "aws": {"operation": text, "queue_url": text, "table_name": text, "remote_region": text},
        "service": {"version": text},
        "subsegments": [{"id": format!("f{}", &id[1..]), "name": text, "namespace": "remote",
                         "start_time": time as f64 / 1e3, "end_time": time as f64 / 1e3 + 0.05,
                         "http": {"request": {"url": text, "method": text}}}],
    })
}

/// Spans, what recordings and the AWS CLI write, and what is of no known shape.
fn others_of(at: usize, time: i64, text: &str) -> Vec<Value> {
    let span = |id: usize| {
        json!({
            "traceId": format!("69a43f40{at:024x}"), "spanId": format!("{id:016x}"), "name": text, "kind": "SERVER",
            "startTimeUnixNano": time * 1_000_000, "endTimeUnixNano": time * 1_000_000 + 5_000_000,
            "attributes": {"url.full": text, "faas.invocation_id": id, "note": text, "list": [text]},
            "resource": {"attributes": {"service.name": text, "cloud.resource_id": text}},
            "events": [{"name": text, "attributes": {"exception.message": text}}],
            "status": {"code": "ERROR", "message": text},
        })
    };
    let trace = format!("1-69a43f40-{at:024x}");
    vec![
        span(at + 2000),
        json!({"logGroupName": "aws/spans", "logStreamName": "default", "timestamp": time, "message": span(at + 3000).to_string()}),
        json!({"gap": {"from": "2026-03-01T12:00:00Z", "to": "2026-03-01T12:01:00Z", "log_group": text, "why": "denied"}}),
        json!({"complete": {"log_group": text, "until": "2026-03-01T12:01:00Z"}}),
        json!({"messageType": "DATA_MESSAGE", "owner": OTHERS[0], "logGroup": text, "logStream": text,
                           "logEvents": [{"id": text, "timestamp": time, "message": text}]}),
        json!({"events": [{"logStreamName": text, "timestamp": time, "message": text, "eventId": format!("{at}-cli")}],
                           "searchedLogStreams": [{"logStreamName": text, "searchedCompletely": true}], "nextToken": text}),
        json!({"of no known shape": text}),
        segment(&format!("{:016x}", at + 4000), &trace, time, text),
    ]
}

/// Lines that are told by their form: access logs, execution logs, spans of AppSync, embedded metrics, extensions.
fn messages(text: &str, id: &str) -> [String; 8] {
    let time = "2026-03-01T12:00:00.000Z";
    [
        json!({"requestId": id, "extendedRequestId": text, "ip": text, "userAgent": text, "path": text, "status": "502",
               "error": text, "integrationRequestId": id, "responseLatency": "12"})
        .to_string(),
        format!(r#"203.0.113.77 - {text} [01/Mar/2026:12:00:00 +0000] "GET /{text} HTTP/1.1" 429 12 {id}"#),
        format!("({id}) Method request headers: {{Authorization=Bearer tok-9f8e7d6c5b, Note={text}}}"),
        format!("({id}) Endpoint request body after transformations: {text}"),
        json!({"logType": "RequestSummary", "requestId": id, "graphQLAPIId": "a", "statusCode": 500, "latency": 1, "note": text}).to_string(),
        json!({"_aws": {"Timestamp": 1_772_366_400_000_i64, "CloudWatchMetrics": [{"Namespace": text, "Dimensions": [["x"]],
               "Metrics": [{"Name": text, "Unit": "Count"}]}]}, "x": text})
        .to_string(),
        json!({"time": time, "type": "platform.fault", "record": {"requestId": id, "note": text}}).to_string(),
        format!("{time}\t{id}\tERROR\tInvoke Error\t{}", json!({"errorType": text, "errorMessage": text, "stack": [text]})),
    ]
}

/// The secrets that stand somewhere in the bytes.
pub(crate) fn found_in(bytes: &[u8]) -> Vec<&'static str> {
    let all = PLANTED.iter().map(|(_, secret)| *secret).chain(OTHERS);
    all.filter(|secret| memchr::memmem::find(bytes, secret.as_bytes()).is_some())
        .collect()
}
