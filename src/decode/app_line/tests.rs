use super::*;
use crate::decode::payload;
use crate::decode::tests::both_ways;
use crate::model::fact::{EventSource, Exception, Level, ProducedKind, What};
use crate::model::record::LogLine;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

const ID: &str = "d46f2f88-b8fa-4993-b8be-c756d697f8b1";

fn read(message: &str) -> (Option<AppFact>, Symbols) {
    let line = LogLine {
        group: "/aws/lambda/f",
        stream: "2026/11/20/[$LATEST]aa97cbe959dac2cd6ae05f15086a7230",
        timestamp: Timestamp(1_795_168_801_274),
        ingestion: None,
        event_id: None,
        message: message.into(),
    };
    let (what, symbols) = both_ways(&line, Some("f"));
    match what {
        Some(What::App(app)) => (Some(app), symbols),
        None => (None, symbols),
        other => panic!("{message:?} gave {other:?}"),
    }
}

fn said(message: &str) -> (AppFact, Symbols) {
    let (fact, symbols) = read(message);
    (
        fact.unwrap_or_else(|| panic!("{message:?} said nothing")),
        symbols,
    )
}

fn raised(message: &str) -> (String, String, String, bool) {
    let (fact, symbols) = said(message);
    let Exception {
        error_type,
        message: text,
        frames,
        unhandled,
    } = fact
        .exception
        .unwrap_or_else(|| panic!("{message:?} raised nothing"));
    let text_of = |sym: Sym| symbols.get(sym).to_owned();
    (
        text_of(error_type),
        text_of(text),
        text_of(frames),
        unhandled,
    )
}

fn shown(
    kind: &str,
    message: &str,
    frames: &str,
    unhandled: bool,
) -> (String, String, String, bool) {
    (kind.into(), message.into(), frames.into(), unhandled)
}

const EVENT: &str = r#"{"Records":[{"messageId":"9ba35f1a-8069","body":"hi","attributes":{"ApproximateReceiveCount":"1"},"eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:1:orders"}]}"#;

#[test]
fn an_event_is_found_wherever_it_stands() {
    let quoted = serde_json::to_string(EVENT).expect("a string");
    let twice = serde_json::to_string(&format!("Received event: {EVENT}")).expect("a string");
    let indented = EVENT.replace(",\"", ",\n  \"").replace('[', "[\n");
    for message in [
        EVENT.to_owned(),
        format!("[INFO]\t2026-11-20T10:00:01.246Z\t{ID}\tReceived event: {EVENT}\n"),
        format!("2026-11-20T10:00:01.246Z\t{ID}\tINFO\tReceived event: {indented}\n"),
        format!("event={EVENT} from the poller"),
        EVENT.replace('"', "'"),
        "Received event: { Records: [ { messageId: '9ba35f1a-8069', attributes: [Object], eventSource: 'aws:sqs' } ] }".into(),
        EVENT.replace("hi", r"half \ud800"),
        format!(r#"{{"level":"INFO","message":{EVENT},"function_request_id":"{ID}"}}"#),
        format!(r#"{{"timestamp":"t","message":{twice},"AWSRequestId":"{ID}"}}"#),
        format!(
            r#"{{"level":"INFO","requestId":"{ID}","message":{{"detail":{{"event":{quoted}}}}}}}"#
        ),
    ] {
        let (fact, symbols) = said(&message);
        let ids: Vec<_> = fact
            .items
            .iter()
            .map(|item| (item.source, symbols.get(item.identity)))
            .collect();
        assert_eq!(ids, [(EventSource::Sqs, "9ba35f1a-8069")], "{message}");
        if message.contains(ID) {
            assert_eq!(fact.request_id, RequestId::parse(ID), "{message}");
        }
    }
}

#[test]
fn an_event_logged_twice_in_a_line_is_one_but_twice_in_a_batch_is_two() {
    let (fact, _) = said(&format!(r#"{{"message":{EVENT},"event":{EVENT}}}"#));
    assert_eq!(fact.items.len(), 1);
    let record = &EVENT["{\"Records\":[".len()..EVENT.len() - 2];
    let (fact, _) = said(&format!(r#"{{"Records":[{record},{record}]}}"#));
    assert_eq!(fact.items.len(), 2);
    let json = Json::read(EVENT).expect("valid");
    assert_eq!(
        payload::items(&json, Digest::hash(&Bump::new()), &mut Symbols::default())
            .map(|items| items.len()),
        Some(1)
    );
}

#[test]
fn lines_that_say_nothing_become_nothing() {
    for message in [
        format!("2026-11-20T10:00:05.353Z\t{ID}\tINFO\tdone\n"),
        format!("[INFO]\t2026-11-20T10:00:07.445Z\t{ID}\tdone\n"),
        format!(r#"{{"level":"INFO","location":"handler:27","message":"done","cold_start":true,"function_name":"f","function_request_id":"{ID}"}}"#),
        format!(r#"{{"level":"INFO","message":"returning response","response":{{"batchItemFailures":[]}},"function_request_id":"{ID}"}}"#),
        r#"{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"N","Metrics":[{"Name":"Errors"}]}]},"Errors":0}"#.into(),
        r#"{"level":"INFO","message":"unterminated", "detail": {"id": "evt-"#.into(),
        "binary \0\u{1}\u{1b}[31mred\u{1b}[0m \u{fffd} tail".into(),
        "record 9ba35f1a-8069-4c35-9c9e-2227753bb0a5 failed: KeyError".into(),
        String::new(),
    ] {
        let (fact, _) = read(&message);
        assert!(fact.as_ref().is_none_or(AppFact::is_empty), "{message:?} gave {fact:?}");
    }
}

/// Metrics in embedded format: names of metrics, dimensions and properties are words, not what happened.
#[test]
fn embedded_metrics_are_neither_answers_nor_errors() {
    let directive = r#""_aws":{"Timestamp":1795168801274,"CloudWatchMetrics":[{"Namespace":"shop","Dimensions":[["service"]],"Metrics":[{"Name":"TooManyRequestsException","Unit":"Count"},{"Name":"Errors","Unit":"Count"}]}]}"#;
    let fields = r#""service":"pay","TooManyRequestsException":0,"Errors":1,"MessageId":"9ba35f1a-8069-4c35-9c9e-2227753bb0a5","errorType":"ValueError","errorMessage":"x","stackTrace":["a"],"ColdStart":[1.0]"#;
    let pretty = format!("{{\n  {directive},\n  {fields}\n}}\n");
    for message in [
        format!("{{{directive},{fields}}}"),
        format!("{{{fields},{directive}}}"),
        pretty,
        format!("2026-11-20T10:00:05.353Z\t{ID}\tinfo\t{{{directive},{fields}}}\n"),
    ] {
        let (fact, _) = read(&message);
        assert!(fact.is_none(), "{message} gave {fact:?}");
    }
}

#[test]
fn ids_of_json_lines_are_found_under_the_names_of_every_logger() {
    for (key, trace) in [
        ("requestId", "traceId"),
        ("AWSRequestId", "XrayTraceId"),
        ("function_request_id", "xray_trace_id"),
        ("FunctionRequestId", "xray_trace_id"),
        ("aws_request_id", "xray_trace_id"),
    ] {
        let (fact, _) = said(&format!(
            r#"{{"{key}":"{ID}","level":"Warning","{trace}":"1-6b001a3f-53530aa5c43024694473b173","correlation_id":"c-1"}}"#
        ));
        assert_eq!(fact.request_id, RequestId::parse(ID), "{key}");
        assert_eq!(fact.level, Some(Level::Warn));
        assert!(fact.trace.is_some());
    }
    let (fact, _) = said(r#"{"requestId":"01JABCDEFGHJKMNPQRSTVWXYZ0","correlationId":"c-1"}"#);
    assert_eq!(
        fact.request_id, None,
        "a Web Function's request id is no invocation"
    );
}

#[test]
fn unhandled_exceptions_are_known_by_the_form_of_each_runtime() {
    let python = "[ERROR] ProcessingError: could not process message 103b8c80-84bb-44b9-9b03-7c36f0b75096\n\
        Traceback (most recent call last):\n\u{a0}\u{a0}File \"/var/task/app.py\", line 41, in handler\n\
        \u{a0}\u{a0}\u{a0}\u{a0}raise ProcessingError(\"x\")\n";
    let processing = shown(
        "ProcessingError",
        "could not process message *",
        "handler (app.py)",
        true,
    );
    assert_eq!(raised(python), processing);
    assert_eq!(
        raised(&python.replace('\n', "\r")),
        processing,
        "lines may be joined by CR"
    );
    assert_eq!(
        raised(
            "[ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'requests'\nTraceback (most recent call last):\n"
        ),
        shown(
            "Runtime.ImportModuleError",
            "Unable to import module '*': No module named '*'",
            "",
            true
        )
    );
    let warning = format!(
        "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. However, in rare cases, a Lambda runtime update can cause unexpected function behavior.\r{{\"timestamp\": \"2026-11-20T10:00:36Z\", \"log_level\": \"ERROR\", \"errorMessage\": \"unexpected value in field amount\", \"errorType\": \"ValueError\", \"requestId\": \"{ID}\", \"stackTrace\": [\"  File \\\"/var/task/app.py\\\", line 41, in handler\\n\"]}}\n"
    );
    assert_eq!(
        raised(&warning),
        shown(
            "ValueError",
            "unexpected value in field amount",
            "handler (app.py)",
            true
        )
    );
    let (fact, _) = said(&warning);
    assert_eq!(
        (fact.request_id, fact.level),
        (RequestId::parse(ID), Some(Level::Error))
    );
    assert_eq!(
        raised(&format!(
            "2026-11-20T10:19:31.150Z\t{ID}\tERROR\tInvoke Error \t{{\"errorType\":\"SmtpError\",\"errorMessage\":\"450 mailbox busy\",\"stack\":[\"SmtpError: 450 mailbox busy\",\"    at Runtime.handler (file:///var/task/index.mjs:31:9)\"]}}\n"
        )),
        shown(
            "SmtpError",
            "* mailbox busy",
            "Runtime.handler (index.mjs)",
            true
        )
    );
    assert_eq!(
        raised(&format!(
            r#"{{"timestamp":"t","level":"ERROR","requestId":"{ID}","message":{{"errorType":"TypeError","errorMessage":"cannot read properties of undefined","stackTrace":["TypeError: cannot read","    at Runtime.handler (file:///var/task/index.mjs:3:12)"]}}}}"#
        )),
        shown(
            "TypeError",
            "cannot read properties of undefined",
            "Runtime.handler (index.mjs)",
            true
        )
    );
}

#[test]
fn so_are_those_of_compiled_languages_and_ruby() {
    assert_eq!(
        raised(
            "pool is empty: java.lang.IllegalStateException\njava.lang.IllegalStateException: pool is empty\n\tat com.acme.Pool.get(Pool.java:88)\n\tat java.base/java.lang.Thread.run(Unknown Source)\n"
        ),
        shown(
            "java.lang.IllegalStateException",
            "pool is empty",
            "com.acme.Pool.get",
            true
        )
    );
    assert_eq!(
        raised(&format!(
            "2026-11-20T10:00:05.353Z\t{ID}\tfail\tSystem.InvalidOperationException: no stock\n   at Shop.Pay.Charge(String id) in /src/Pay.cs:line 12\n"
        )),
        shown(
            "System.InvalidOperationException",
            "no stock",
            "Shop.Pay.Charge (Pay.cs)",
            true
        )
    );
    assert_eq!(
        raised(
            "Error raised from handler method\n{\"errorMessage\":\"no stock\",\"errorType\":\"Function<OutOfStock>\",\"stackTrace\":[\"/var/task/app.rb:5:in `handler'\"]}"
        ),
        shown("OutOfStock", "no stock", "handler (app.rb)", true)
    );
    assert_eq!(
        raised(
            "panic: no stock [recovered]\n\ngoroutine 1 [running]:\nmain.handler(0xc0000)\n\t/src/main.go:9 +0x1\n"
        ),
        shown("panic", "no stock", "main.handler", true)
    );
    assert_eq!(
        raised(
            "thread 'main' panicked at src/main.rs:5:9:\nno stock for 7\nnote: run with `RUST_BACKTRACE=1`\n"
        ),
        shown("panic", "no stock for *", "", true)
    );
    assert_eq!(
        raised(
            r#"{"errorMessage":"no stock","errorType":"errorString","stackTrace":[{"path":"main.go","line":9,"label":"handler"}]}"#
        ),
        shown("errorString", "no stock", "handler (main.go)", true)
    );
}

#[test]
fn what_an_application_logs_decides_nothing() {
    for (message, kind) in [
        (
            "2026/11/20 10:00:00 java.lang.IllegalStateException: retry later\n\tat com.acme.Pool.get(Pool.java:88)\nCaused by: java.io.IOException: closed\n".to_owned(),
            "java.lang.IllegalStateException",
        ),
        (format!("[ERROR]\t2026-11-20T10:00:07.445Z\t{ID}\tgiving up\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 4, in handler\n    x()\nKeyError: 'a'\n"), "KeyError"),
        (format!("2026-11-20T10:00:05.353Z\t{ID}\tERROR\tTypeError: x is undefined\n    at charge (file:///var/task/pay.mjs:3:12)\n"), "TypeError"),
        (format!("2026-11-20T10:00:05.353Z\t{ID}\tERROR\tSmtpError: mailbox busy\n"), "SmtpError"),
        (format!("2026-11-20T10:00:05.353Z\t{ID}\tINFO\t{{\"errorType\":\"OutOfStock\",\"errorMessage\":\"none left\"}}\n"), "OutOfStock"),
        (format!(r#"{{"level":"ERROR","message":"failed","function_request_id":"{ID}","exception":"Traceback (most recent call last):\n  File \"/var/task/app.py\", line 4, in handler\n    x()\nKeyError: 'a'","exception_name":"KeyError"}}"#), "KeyError"),
        (format!(r#"{{"level":"ERROR","message":"failed","requestId":"{ID}","err":{{"type":"TypeError","message":"x","stack":"TypeError: x\n    at charge (file:///var/task/pay.mjs:3:12)"}}}}"#), "TypeError"),
    ] {
        let (found, _, _, unhandled) = raised(&message);
        assert_eq!((found.as_str(), unhandled), (kind, false), "{message}");
    }
    let (fact, _) = read(&format!(
        "2026-11-20T10:00:05.353Z\t{ID}\tINFO\tErrors: none, Exception handling is on\n"
    ));
    assert_eq!(fact, None);
}

#[test]
fn refusals_are_read_in_text_and_json() {
    let call = "3a8f8e4a-2c7d-4864-8e7b-fd17652b11a2";
    let error = format!(
        r#"{{"name":"TooManyRequestsException","Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded.","$metadata":{{"httpStatusCode":429,"requestId":"{call}","attempts":1}}}}"#
    );
    for (message, has_reason) in [
        (
            format!(
                "2026-11-20T10:33:10.136Z\t{ID}\tWARN\tInvoke of stock-service failed: TooManyRequestsException: Rate Exceeded. {{\"error\":{error},\"functionName\":\"stock-service\"}}\n"
            ),
            true,
        ),
        (
            format!(
                "[WARNING]\t2026-11-20T10:33:11.231Z\t{ID}\tInvoke of stock-service failed: An error occurred (TooManyRequestsException) when calling the Invoke operation (reached max retries: 0): Rate Exceeded. awsRequestId={call}\n"
            ),
            false,
        ),
        (
            format!(
                r#"{{"level":"WARNING","message":"Invoke of stock-service failed: TooManyRequestsException: Rate Exceeded.","function_name":"fulfil","function_arn":"arn:aws:lambda:eu-west-1:1:function:fulfil","function_request_id":"{ID}","error":{error},"functionName":"stock-service"}}"#
            ),
            true,
        ),
    ] {
        let (fact, symbols) = said(&message);
        let refusal = fact.refused.unwrap_or_else(|| panic!("{message}"));
        let text = |sym: Option<Sym>| sym.map(|sym| symbols.get(sym));
        assert_eq!(
            text(refusal.resource),
            Some("lambda:stock-service"),
            "{message}"
        );
        assert_eq!(text(refusal.aws_request_id), Some(call), "{message}");
        assert_eq!(refusal.reason.is_some(), has_reason);
        assert_eq!(
            (refusal.attempts, fact.exception, fact.produced.len()),
            (1, None, 0),
            "{message}"
        );
        assert_eq!(fact.request_id, RequestId::parse(ID));
    }
    let event = EVENT.replace("hi", "ThrottlingException: Rate exceeded");
    let (fact, _) = said(&format!("Received event: {event}"));
    assert_eq!(fact.refused, None, "an event may speak of what it likes");
}

#[test]
fn produced_ids_failed_items_and_idempotency_are_read() {
    let (fact, symbols) = said(&format!(
        r#"{{"level":"INFO","message":"published to done-topic","AWSRequestId":"{ID}","MessageId":"b13a997f-8d2b-403e-a9fb-6ba505b43551"}}"#
    ));
    let produced = fact.produced[0];
    assert_eq!(
        (produced.kind, symbols.get(produced.id)),
        (
            ProducedKind::Message,
            "b13a997f-8d2b-403e-a9fb-6ba505b43551"
        )
    );
    assert_eq!(
        produced.target.map(|sym| symbols.get(sym)),
        Some("done-topic")
    );
    let (fact, symbols) = said(
        r#"{"message":"returning","response":{"batchItemFailures":[{"itemIdentifier":"cf364e9b"}]}}"#,
    );
    assert_eq!(
        fact.failed_items
            .iter()
            .map(|sym| symbols.get(*sym))
            .collect::<Vec<_>>(),
        ["cf364e9b"]
    );
    let (fact, _) = said(&format!(
        "[INFO]\t2026-11-20T11:51:52.859Z\t{ID}\tIdempotencyItemAlreadyExistsError: ConditionalCheckFailedException: the conditional request failed; returning the stored response idempotency_key=beec13a9\n"
    ));
    assert!(fact.idempotent && fact.exception.is_none());
    let (fact, _) = read("idempotency key saved");
    assert_eq!(fact, None, "a first run says so too");
}

#[test]
fn correlation_ids_are_one_field_however_spelled() {
    let body = EVENT.replace("hi", r#"{\"orderId\":\"o\",\"correlationId\":\"corr-1\"}"#);
    for message in [
        r#"{"message":"accepted","correlation_id":"corr-1"}"#.to_owned(),
        body,
        "handling correlationId=corr-1 now".into(),
        r#"{"httpMethod":"GET","headers":{"X-Correlation-ID":"corr-1"},"requestContext":{"requestId":"r","httpMethod":"GET"}}"#.into(),
    ] {
        let (fact, symbols) = said(&message);
        let pairs: Vec<_> = fact.correlation.iter().map(|(field, value)| (symbols.get(*field), symbols.get(*value))).collect();
        assert_eq!(pairs, [("correlation_id", "corr-1")], "{message}");
    }
    let parents: Vec<_> = ["00f067aa0ba902b7", "53995c3f42cd8ad8"]
        .iter()
        .map(|span| {
            let (fact, symbols) = said(&format!(
                r#"{{"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-{span}-01"}}"#
            ));
            symbols.get(fact.correlation[0].1).to_owned()
        })
        .collect();
    assert_eq!(parents[0], parents[1], "hops of one trace");
}

#[test]
fn a_durable_execution_is_named_but_a_state_machine_is_none() {
    let arn = "arn:aws:lambda:eu-west-1:1:function:order-workflow:1/durable-execution/d5604120";
    for message in [
        format!(
            r#"{{"requestId":"{ID}","message":{{"message":"Executing step 1","executionArn":"{arn}","attempt":1}}}}"#
        ),
        format!(
            r#"{{"requestId":"{ID}","message":{{"DurableExecutionArn":"{arn}","CheckpointToken":"05"}}}}"#
        ),
    ] {
        let (fact, symbols) = said(&message);
        assert_eq!(
            fact.durable_execution.map(|sym| symbols.get(sym)),
            Some(arn)
        );
    }
    let (fact, _) = read(r#"{"executionArn":"arn:aws:states:eu-west-1:1:execution:m:e"}"#);
    assert_eq!(fact, None);
}
