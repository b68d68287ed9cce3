//! One secret of each kind in every text field of every shape of input.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

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

/// The number of the account, and what an environment variable holds.
const OTHERS: [&str; 2] = ["884422116633", "planted-environment"];

/// Files of every shape, with every secret in every text field of each.
pub(crate) fn inputs(folder: &Path) -> PathBuf {
    let home = folder.join("planted");
    fs::create_dir_all(&home).unwrap();
    let mut lines = Vec::new();
    let mut traces = Vec::new();
    let mut metrics = Vec::new();
    let mut functions = Vec::new();
    let mut events = Vec::new();
    for (at, (text, _)) in PLANTED.iter().enumerate() {
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
        put(group, stream, &format!("{at}-i {text}"), "x");
        let trace = format!("1-69a43f40-{at:024x}");
        let document = json!({
            "id": format!("{at:016x}"), "trace_id": trace, "name": text, "origin": text,
            "start_time": time as f64 / 1e3, "end_time": time as f64 / 1e3 + 0.1, "user": text,
            "resource_arn": format!("arn:aws:lambda:eu-west-1:{}:function:leaky", OTHERS[0]),
            "http": {"request": {"url": text, "client_ip": text, "user_agent": text}},
            "annotations": {"note": text}, "metadata": {"default": {"x": [text]}},
            "cause": {"exceptions": [{"id": "1", "message": text, "type": text}]},
        });
        traces.push(json!({"Traces": [{"Id": trace, "Segments": [{"Id": "1", "Document": document.to_string()}]}]}));
        metrics.push(json!({
            "namespace": text, "metric_name": "Throttles", "dimensions": {"FunctionName": text, *text: "x"},
            "timestamp": time, "value": {"sum": 1, "count": 1, "min": 1, "max": 1}, "unit": text,
        }));
        functions.push(json!({
            "FunctionName": format!("leaky-{at}"), "Runtime": "python3.13", "MemorySize": 128, "Timeout": 3,
            "Description": text, "Role": format!("arn:aws:iam::{}:role/{text}", OTHERS[0]),
            "Environment": {"Variables": {"PLAIN": OTHERS[1], "OTHER": text}},
        }));
        events.push(json!({"id": format!("{at}-s"), "timestamp": time, "message": text}));
    }
    let text = |rows: &[serde_json::Value]| {
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
    home
}

/// The secrets that stand somewhere in the bytes.
pub(crate) fn found_in(bytes: &[u8]) -> Vec<&'static str> {
    let all = PLANTED.iter().map(|(_, secret)| *secret).chain(OTHERS);
    all.filter(|secret| memchr::memmem::find(bytes, secret.as_bytes()).is_some())
        .collect()
}
