//! Lists of the field's own names that several grammars share, each name in every shape it comes in.

use super::*;
use crate::model::fact::{AppFact, Level, Status};
use crate::model::ids::RequestId;
use crate::model::time::Timestamp;

const ID: &str = "cea42185-a492-47f6-a9f2-4d7d690c43d6";

fn line(message: &str) -> LogLine<'_> {
    LogLine {
        group: "/aws/lambda/shop",
        stream: "2026/11/20/[$LATEST]aa97cbe959dac2cd6ae05f15086a7230",
        timestamp: Timestamp(1_795_168_800_000),
        ingestion: None,
        event_id: None,
        message: message.into(),
    }
}

/// What a line says. Where it is JSON that can be read as it stands in a string, it must say the same so.
pub(super) fn both_ways(line: &LogLine<'_>, function: Option<&str>) -> (Option<What>, Symbols) {
    let mut symbols = Symbols::default();
    let decoder = Decoder::new(&Settings::default()).expect("no rules");
    let arena = Bump::new();
    let fact = decoder.line(line, function, &mut symbols, &arena);
    let string = serde_json::to_string(line.message.text()).expect("a text");
    if let Some((message, _)) = Message::object(&string[1..], &arena) {
        let there = LogLine { message, ..*line };
        let mut others = Symbols::default();
        let other = decoder.line(&there, function, &mut others, &arena);
        assert_eq!(other, fact, "{string}");
        assert_eq!(
            odd(&there, fact.as_ref()),
            odd(line, fact.as_ref()),
            "{string}"
        );
        let named = [
            run_named(&there, &mut others, &arena),
            run_named(line, &mut symbols, &arena),
        ];
        assert_eq!(named[0], named[1], "{string}");
        assert_eq!(there.message.text(), line.message.text());
    }
    (fact.map(|fact| fact.what), symbols)
}

fn read(message: &str) -> (Option<What>, Symbols) {
    both_ways(&line(message), Some("shop"))
}

fn app(message: &str) -> (AppFact, Symbols) {
    match read(message) {
        (Some(What::App(app)), symbols) => (app, symbols),
        (other, _) => panic!("{message}: {other:?}"),
    }
}

/// A relay may write the same JSON with other escapes, or half of a surrogate pair, which only the lenient reader takes.
#[test]
fn platform_events_are_read_however_their_text_is_written() {
    let record =
        format!(r#""requestId":"{ID}","metrics":{{"durationMs":1.5}},"errorType":"Error""#);
    for message in [
        format!(r#"{{"type":"platform.report","record":{{{record}}}}}"#),
        format!(r#"{{"type":"\u0070latform.report","record":{{{record}}}}}"#),
        format!(r#"{{"type":"platform.report","record":{{{record},"more":"\ud83d"}}}}"#),
    ] {
        let (Some(What::Report(report)), symbols) = read(&message) else {
            panic!("{message}");
        };
        assert_eq!(report.duration_ms, 1.5, "{message}");
        assert_eq!(
            report.error_type.map(|kind| symbols.get(kind)),
            Some("Error")
        );
    }
}

/// Escapes hide the one mark of a platform event that says nothing else: a record of it is passed over as its text is.
#[test]
fn a_hidden_platform_event_is_passed_over_in_a_record_too() {
    let message = format!(r#"{{"type":"\u0070latform.start","record":{{"requestId":"{ID}"}}}}"#);
    assert_eq!(read(&message).0, None);
    let message = message.replace(r"\u0070", "p");
    assert!(matches!(read(&message).0, Some(What::Start { .. })));
}

/// Error types that Lambda itself gives, in REPORT and INIT_REPORT as text and as JSON, and in the answer that a caller gets and logs.
#[test]
fn the_error_types_of_the_service_are_read_in_every_shape() {
    for (kind, told_by_the_runtime) in [
        ("Runtime.ImportModuleError", true),
        ("Runtime.Unknown", true),
        ("Runtime.InvalidEntrypoint", true),
        ("Runtime.BadFunctionCode", true),
        // Of these the runtime is gone: only the service can tell, and what stands in a log is a caller's account of its callee.
        ("Runtime.ExitError", false),
        ("Runtime.OutOfMemory", false),
        ("Extension.Crash", false),
        ("Sandbox.Timedout", false),
    ] {
        let reports = [
            format!(
                "REPORT RequestId: {ID}\tDuration: 11.48 ms\tBilled Duration: 12 ms\tMemory Size: 128 MB\tMax Memory Used: 10 MB\tStatus: error\tError Type: {kind}\n"
            ),
            format!(
                r#"{{"time":"t","type":"platform.report","record":{{"requestId":"{ID}","status":"error","errorType":"{kind}","metrics":{{"durationMs":11.48}}}}}}"#
            ),
        ];
        for message in reports {
            let (Some(What::Report(report)), symbols) = read(&message) else {
                panic!("{message}");
            };
            assert_eq!(report.status, Some(Status::Error), "{message}");
            assert_eq!(report.error_type.map(|kind| symbols.get(kind)), Some(kind));
        }
        let inits = [
            format!(
                "INIT_REPORT Init Duration: 485.09 ms\tPhase: init\tStatus: error\tError Type: {kind}\n"
            ),
            format!(
                r#"{{"time":"t","type":"platform.initReport","record":{{"phase":"init","status":"error","errorType":"{kind}","metrics":{{"durationMs":485.09}}}}}}"#
            ),
        ];
        for message in inits {
            let (
                Some(What::InitReport {
                    status, error_type, ..
                }),
                symbols,
            ) = read(&message)
            else {
                panic!("{message}");
            };
            assert_eq!(status, Status::Error, "{message}");
            assert_eq!(error_type.map(|kind| symbols.get(kind)), Some(kind));
        }
        let answer = format!(
            r#"{{"errorType":"{kind}","errorMessage":"RequestId: {ID} Error: it is gone"}}"#
        );
        let (app, symbols) = app(&answer);
        let raised = app.exception.expect("an exception");
        assert_eq!(symbols.get(raised.error_type), kind);
        assert_eq!(raised.unhandled, told_by_the_runtime, "{answer}");
    }
}

/// `{timestamp,level,message,requestId,endpointName,region}`: the request of a Web Function has an id of 26 letters and is no run.
#[test]
fn application_lines_of_web_functions_name_no_run() {
    let web = |message: &str| {
        format!(
            r#"{{"timestamp":"2026-11-20T10:00:00.000Z","level":"ERROR","message":{message},"requestId":"01JABCDEFGHJKMNPQRSTVWXYZ0","endpointName":"checkout","region":"eu-west-1"}}"#
        )
    };
    let silent = web(r#""cart read""#);
    assert_eq!(read(&silent).0, None);
    assert_eq!(
        run_named(&line(&silent), &mut Symbols::default(), &Bump::new()),
        None
    );
    // What it says is read all the same.
    let (failed, symbols) = app(&web(
        r#"{"errorType":"TypeError","errorMessage":"no such cart","stackTrace":[]}"#,
    ));
    assert_eq!((failed.request_id, failed.names_run), (None, false));
    assert_eq!(failed.level, Some(Level::Error));
    let raised = failed.exception.expect("an exception");
    assert_eq!(symbols.get(raised.error_type), "TypeError");
}

/// A line that says nothing names its run where it is in the form of a runtime or under a name that only a run has.
#[test]
fn lines_of_every_logger_name_their_run() {
    let named = RequestId::parse(ID);
    for (message, names) in [
        (
            format!("2026-11-20T10:00:05.353Z\t{ID}\tINFO\tdone\n"),
            true,
        ),
        (
            format!("[INFO]\t2026-11-20T10:00:07.445Z\t{ID}\tdone"),
            true,
        ),
        (format!("{ID} INFO done"), true),
        (format!("{ID} was shipped"), false),
        (
            format!(
                r#"{{"timestamp":"t","level":"INFO","message":"done","logger":"root","requestId":"{ID}"}}"#
            ),
            true,
        ),
        (
            format!(
                r#"{{"timestamp":"t","level":"INFO","requestId":"{ID}","message":{{"done":true}}}}"#
            ),
            true,
        ),
        (
            format!(r#"{{"timestamp":"t","level":"INFO","message":"done","AWSRequestId":"{ID}"}}"#),
            true,
        ),
        (
            format!(r#"{{"level":"INFO","message":"done","function_request_id":"{ID}"}}"#),
            true,
        ),
        (
            format!(r#"{{"lvl":"info","msg":"done","aws_request_id":"{ID}"}}"#),
            true,
        ),
        (
            format!(r#"{{"fields":{{"message":"done"}},"span":{{"faas.invocation_id":"{ID}"}}}}"#),
            true,
        ),
        (
            format!(r#"{{"level":30,"time":1,"msg":"done","requestId":"{ID}"}}"#),
            false,
        ),
        (
            format!(r#"{{"message":"done","context":{{"requestId":"{ID}"}}}}"#),
            false,
        ),
        (
            format!(r#"{{"level":"INFO","message":"done","correlation_id":"{ID}"}}"#),
            false,
        ),
    ] {
        let fact = run_named(&line(&message), &mut Symbols::default(), &Bump::new());
        let said = fact.and_then(|fact| fact.what.only_names());
        assert_eq!(said, named.filter(|_| names), "{message}");
    }
}

/// The metrics that are asked for, as a stream writes them: of a function under its name, of the account under none.
#[test]
fn every_metric_that_is_asked_for_is_read() {
    for (name, unit, of_account) in [
        ("Invocations", "Count", false),
        ("Errors", "Count", false),
        ("Throttles", "Count", false),
        ("ConcurrentExecutions", "Count", false),
        ("Duration", "Milliseconds", false),
        ("IteratorAge", "Milliseconds", false),
        ("AsyncEventAge", "Milliseconds", false),
        ("AsyncEventsDropped", "Count", false),
        ("ProvisionedConcurrencySpilloverInvocations", "Count", false),
        ("ClaimedAccountConcurrency", "Count", true),
    ] {
        let dimensions = if of_account {
            "{}"
        } else {
            r#"{"FunctionName":"shop"}"#
        };
        let json = format!(
            r#"{{"namespace":"AWS/Lambda","metric_name":"{name}","dimensions":{dimensions},"timestamp":1795168800000,"value":{{"sum":9.5,"count":3.0,"min":1.5,"max":6.0}},"unit":"{unit}"}}"#
        );
        let mut symbols = Symbols::default();
        let point = metric(&Json::read(&json).expect("JSON"), &mut symbols).expect(name);
        assert_eq!(symbols.get(point.name), name);
        assert_eq!(
            (point.sum, point.count, point.min, point.max),
            (9.5, 3.0, 1.5, 6.0)
        );
        assert_eq!(point.dimensions.is_empty(), of_account, "{name}");
    }
}

/// The same order, as each service hands it on: the likeness is that of the order, not of what is wrapped around it.
#[test]
fn the_likeness_of_a_body_is_the_same_through_every_service() {
    use base64::Engine as _;
    let order = r#"{"orderId":"ord-0000004-707d84","amount":71.01,"currency":"EUR"}"#;
    let quoted = order.replace('"', "\\\"");
    let data = base64::engine::general_purpose::STANDARD.encode(order);
    let arn = "arn:aws:sns:eu-west-1:123456789012:t";
    let sns = format!(r#"{{"MessageId":"n","TopicArn":"{arn}","Message":"{quoted}"}}"#);
    let sqs = |body: &str| {
        format!(
            r#"{{"Records":[{{"messageId":"m","body":"{body}","eventSource":"aws:sqs","eventSourceARN":"arn:aws:sqs:eu-west-1:123456789012:q"}}]}}"#
        )
    };
    let in_sqs = sqs(&sns.replace('\\', "\\\\").replace('"', "\\\""));
    let cases = [
        (EventSource::Sqs, "m", sqs(&quoted)),
        (EventSource::Sqs, "m", in_sqs),
        (
            EventSource::Sns,
            "n",
            format!(r#"{{"Records":[{{"EventSource":"aws:sns","Sns":{sns}}}]}}"#),
        ),
        (
            EventSource::Kinesis,
            "shardId-0:7",
            format!(
                r#"{{"Records":[{{"eventSource":"aws:kinesis","eventID":"shardId-0:7","kinesis":{{"sequenceNumber":"7","data":"{data}"}}}}]}}"#
            ),
        ),
        (
            EventSource::Kafka,
            "t-0:7",
            format!(
                r#"{{"eventSource":"aws:kafka","records":{{"t-0":[{{"topic":"t","offset":7,"value":"{data}"}}]}}}}"#
            ),
        ),
        (
            EventSource::Eventbridge,
            "e",
            format!(r#"{{"id":"e","source":"shop","detail-type":"Placed","detail":{order}}}"#),
        ),
    ];
    let wanted = likenesses(&cases[0].2)[0].2;
    for (source, identity, event) in cases {
        let found = likenesses(&format!("[INFO]\treceived {event} from it"));
        assert_eq!(found, [(source, identity.to_owned(), wanted)], "{event}");
    }
    assert_eq!(likenesses("no event"), []);
    assert_eq!(likenesses(&sqs("ping")), [], "too small");
}
