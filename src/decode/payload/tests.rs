use bumpalo::Bump;

use super::*;
use crate::model::fact::EventSource;

fn read(json: &str) -> (Vec<Item>, Symbols) {
    let mut symbols = Symbols::default();
    let json = Json::read(json).expect("valid JSON");
    let items = items(&json, Digest::hash(&Bump::new()), &mut symbols).unwrap_or_default();
    (items, symbols)
}

fn sqs_record(arn: &str, attributes: &str, body: &str) -> String {
    let body = serde_json::to_string(body).expect("a string");
    format!(
        r#"{{"messageId":"9ba35f1a-8069-4c35-9c9e-2227753bb0a5","body":{body},"attributes":{{{attributes}}},
        "eventSource":"aws:sqs","eventSourceARN":"{arn}"}}"#
    )
}

#[test]
fn an_sqs_batch_gives_an_item_a_record_with_its_place() {
    let record = sqs_record(
        "arn:aws:sqs:eu-west-1:1:orders",
        r#""ApproximateReceiveCount":"2","SentTimestamp":"1795168800855","MessageGroupId":"tenant-5",
        "AWSTraceHeader":"Root=1-6b001a31-935d5d72154b3226c2f21001;Parent=6b7633544c67ae06;Sampled=1""#,
        r#"{"orderId":"ord-0000001-76a078","amount":309.29}"#,
    );
    let (items, symbols) = read(&format!(r#"{{"Records":[{record},{record}]}}"#));
    assert_eq!(
        items.iter().map(|item| item.index).collect::<Vec<_>>(),
        [0, 1]
    );
    let item = &items[1];
    assert_eq!(item.source, EventSource::Sqs);
    assert_eq!(
        symbols.get(item.identity),
        "9ba35f1a-8069-4c35-9c9e-2227753bb0a5"
    );
    assert_eq!(item.resource.map(|sym| symbols.get(sym)), Some("orders"));
    assert_eq!(
        (item.receive_count, item.sent_at),
        (Some(2), Some(Timestamp(1_795_168_800_855)))
    );
    assert_eq!(
        item.order_key, None,
        "a group on a standard queue is a tenant, no order"
    );
    assert!(item.body.is_some() && item.trace.is_some_and(|trace| trace.parent.get().is_some()));
    assert_eq!(items[0].body, item.body);
}

#[test]
fn a_fifo_message_has_group_sequence_and_deduplication_id() {
    let (items, symbols) = read(&sqs_record(
        "arn:aws:sqs:eu-west-1:1:saga.fifo",
        r#""SequenceNumber":"18873177232222704128","MessageGroupId":"saga-3","MessageDeduplicationId":"d389""#,
        "x",
    ));
    let text = |sym: Option<Sym>| sym.map(|sym| symbols.get(sym));
    let item = &items[0];
    assert_eq!(item.source, EventSource::SqsFifo);
    assert_eq!(text(item.order_key), Some("saga-3"));
    assert_eq!(text(item.sequence), Some("18873177232222704128"));
    assert_eq!(text(item.deduplication_id), Some("d389"));
    assert_eq!(
        (item.receive_count, item.body),
        (None, None),
        "not given, and too small"
    );
}

#[test]
fn what_a_body_wraps_is_the_inner_event_and_its_content_is_the_body() {
    let message = r#"{"orderId":"ord-0000004-707d84","customer":"c-136"}"#;
    let quoted = serde_json::to_string(message).expect("a string");
    let notification = |id: &str| {
        format!(
            r#"{{"Type":"Notification","MessageId":"{id}","TopicArn":"arn:aws:sns:eu-west-1:1:orders-topic","Message":{quoted},"Timestamp":"2026-11-20T10:00:31.390Z"}}"#
        )
    };
    let arn = "arn:aws:sqs:eu-west-1:1:orders";
    let (first, symbols) = read(&sqs_record(arn, "", &notification("a7c9d2fa")));
    let (second, _) = read(&sqs_record(arn, "", &notification("b0b0b0b0")));
    let (source, id) = first[0].inner.expect("wrapped");
    assert_eq!((source, symbols.get(id)), (EventSource::Sns, "a7c9d2fa"));
    assert_eq!(first[0].source, EventSource::Sqs, "the queue delivered it");
    assert_eq!(
        first[0].body, second[0].body,
        "published twice: the same content"
    );
    let event = r#"{"version":"0","id":"f8ed8e3a","detail-type":"OrderPlaced","source":"acme.shop","detail":{}}"#;
    let (items, symbols) = read(&sqs_record(arn, "", event));
    let (source, id) = items[0].inner.expect("wrapped");
    assert_eq!(
        (source, symbols.get(id)),
        (EventSource::Eventbridge, "f8ed8e3a")
    );
    let object = r#"{"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":{"bucket":{"name":"b"},"object":{"key":"k","sequencer":"00AA"}}}]}"#;
    let (items, symbols) = read(&sqs_record(arn, "", object));
    let (source, id) = items[0].inner.expect("wrapped");
    assert_eq!(
        (source, symbols.get(id)),
        (EventSource::S3, "b/k/00AA/ObjectCreated:Put")
    );
}

#[test]
fn only_a_message_back_on_its_own_queue_was_redriven() {
    let queue = "arn:aws:sqs:eu-west-1:1:orders";
    let mark = format!(r#""DeadLetterQueueSourceArn":"{queue}""#);
    assert!(read(&sqs_record(queue, &mark, "x")).0[0].replay);
    let dead_letters = "arn:aws:sqs:eu-west-1:1:orders-dlq";
    assert!(!read(&sqs_record(dead_letters, &mark, "x")).0[0].replay);
}

#[test]
fn stream_records_have_key_sequence_and_time() {
    let (items, symbols) = read(
        r#"{"Records":[{"kinesis":{"partitionKey":"u38","sequenceNumber":"49668316000000000000000000000000000000000000000862233059",
        "data":"YSB0ZXh0IG9mIG1vcmUgdGhhbiB0aGlydHktdHdvIGJ5dGVz","approximateArrivalTimestamp":1795168818.216},
        "eventSource":"aws:kinesis","eventID":"shardId-000000000000:49668316000000000000000000000000000000000000000862233059",
        "eventSourceARN":"arn:aws:kinesis:eu-west-1:1:stream/clicks"}]}"#,
    );
    let item = &items[0];
    let text = |sym: Option<Sym>| sym.map(|sym| symbols.get(sym));
    assert_eq!(
        symbols.get(item.identity),
        "shardId-000000000000:49668316000000000000000000000000000000000000000862233059"
    );
    assert_eq!(text(item.order_key), Some("shardId-000000000000"));
    assert_eq!(text(item.resource), Some("clicks"));
    assert_eq!(item.sent_at, Some(Timestamp(1_795_168_818_216)));
    assert!(item.body.is_some());
    let (items, symbols) = read(
        r#"{"Records":[{"eventID":"3c45","eventSource":"aws:dynamodb","dynamodb":{"ApproximateCreationDateTime":1795168878.0,
        "Keys":{"sk":{"N":"7"},"pk":{"S":"A41"}},"SequenceNumber":"520400000000003724613449"},
        "eventSourceARN":"arn:aws:dynamodb:eu-west-1:1:table/accounts/stream/2026-01-12T09:30:00.123"}]}"#,
    );
    let item = &items[0];
    let text = |sym: Option<Sym>| sym.map(|sym| symbols.get(sym));
    assert_eq!(symbols.get(item.identity), "520400000000003724613449");
    assert_eq!(
        text(item.order_key),
        Some("A41/7"),
        "in the order of the attribute names"
    );
    assert_eq!(
        (text(item.resource), item.sent_at),
        (Some("accounts"), Some(Timestamp(1_795_168_878_000)))
    );
}

#[test]
fn an_object_event_is_identified_by_all_that_tells_two_apart() {
    let (items, symbols) = read(
        r#"{"Records":[{"eventSource":"aws:s3","eventTime":"2026-11-20T10:00:12.940Z","eventName":"ObjectCreated:Put",
        "s3":{"bucket":{"name":"uploads"},"object":{"key":"img/000001.jpg","versionId":"v7","sequencer":"000066AA0000001EEF"}}}]}"#,
    );
    let item = &items[0];
    assert_eq!(
        symbols.get(item.identity),
        "uploads/img/000001.jpg/000066AA0000001EEF/ObjectCreated:Put/v7"
    );
    let text = |sym: Option<Sym>| sym.map(|sym| symbols.get(sym));
    assert_eq!(text(item.order_key), Some("uploads/img/000001.jpg"));
    assert_eq!(text(item.sequence), Some("000066AA0000001EEF"));
}

#[test]
fn events_of_rules_are_marked_when_replayed_or_scheduled() {
    let event = |kind: &str, source: &str, more: &str| {
        read(&format!(
            r#"{{"version":"0","id":"ffdb4879","detail-type":"{kind}","source":"{source}","time":"2026-11-20T10:00:07Z",
            "resources":["arn:aws:events:eu-west-1:1:rule/cron-report"],"detail":{{}}{more}}}"#
        ))
    };
    let (items, symbols) = event("OrderPlaced", "acme.shop", r#","replay-name":"archive-1""#);
    assert_eq!(
        (items[0].source, items[0].replay, items[0].scheduled),
        (EventSource::Eventbridge, true, false)
    );
    assert_eq!(symbols.get(items[0].identity), "ffdb4879");
    let (items, symbols) = event("Scheduled Event", "aws.events", "");
    assert_eq!((items[0].replay, items[0].scheduled), (false, true));
    assert_eq!(
        items[0].resource.map(|sym| symbols.get(sym)),
        Some("cron-report")
    );
}

#[test]
fn requests_through_a_gateway_have_its_request_id() {
    for event in [
        r#"{"resource":"/orders","httpMethod":"POST","headers":{"X-Amzn-Trace-Id":"Root=1-6b001a3f-53530aa5c43024694473b173"},
        "requestContext":{"apiId":"api01","requestId":"6ef9e9e6-c329","requestTimeEpoch":1795168805000,"resourcePath":"/orders"}}"#,
        r#"{"version":"2.0","routeKey":"$default","headers":{"x-amzn-trace-id":"Root=1-6b001a3f-53530aa5c43024694473b173"},
        "requestContext":{"apiId":"api01","requestId":"6ef9e9e6-c329","timeEpoch":1795168805000,"http":{"method":"GET"}}}"#,
    ] {
        let (items, symbols) = read(event);
        let item = &items[0];
        assert_eq!(
            (item.source, symbols.get(item.identity)),
            (EventSource::Apigateway, "6ef9e9e6-c329")
        );
        assert_eq!(item.resource.map(|sym| symbols.get(sym)), Some("api01"));
        assert_eq!(item.sent_at, Some(Timestamp(1_795_168_805_000)));
        assert!(item.trace.is_some());
    }
}

#[test]
fn kafka_destinations_and_state_machines_are_read() {
    let (items, symbols) = read(
        r#"{"eventSource":"aws:kafka","records":{"t-0":[{"topic":"t","partition":0,"offset":15,"timestamp":1545084650987,"value":"eA=="}],
        "t-1":[{"topic":"t","partition":1,"offset":7}]}}"#,
    );
    assert_eq!(
        items
            .iter()
            .map(|item| (symbols.get(item.identity), item.index))
            .collect::<Vec<_>>(),
        [("t-0:15", 0), ("t-1:7", 1)]
    );
    let (items, symbols) = read(
        r#"{"version":"1.0","requestContext":{"requestId":"bcfd64e0","functionArn":"arn:aws:lambda:eu-west-1:1:function:f:$LATEST",
        "condition":"RetriesExhausted","approximateInvokeCount":3},"requestPayload":{}}"#,
    );
    assert_eq!(
        (items[0].source, symbols.get(items[0].identity)),
        (EventSource::LambdaAsync, "bcfd64e0:3")
    );
    let (items, symbols) = read(
        r#"{"Execution":{"Id":"arn:aws:states:eu-west-1:1:execution:m:e"},"State":{"Name":"Pay","EnteredTime":"2026-11-20T10:00:07Z","RetryCount":1},
        "StateMachine":{"Name":"m"}}"#,
    );
    assert_eq!(items[0].source, EventSource::Stepfunctions);
    assert!(
        symbols
            .get(items[0].identity)
            .starts_with("arn:aws:states:eu-west-1:1:execution:m:e/Pay")
    );
    assert_eq!(items[0].receive_count, Some(2));
}

#[test]
fn other_objects_are_no_events() {
    for json in [
        r#"{"Records":[]}"#,
        r#"{"Records":[{"SequenceNumber":"1","ShardId":"shardId-0"}]}"#,
        r#"{"Records":{"a":[{"offset":1}]}}"#,
        r#"{"requestContext":{"elb":{"targetGroupArn":"x"}},"httpMethod":"GET"}"#,
        r#"{"eventSource":"aws:sqs","messageId":7}"#,
        r#"{"eventSource":"aws:ses","ses":{}}"#,
        r#"{"detail-type":"x"}"#,
        "[]",
        "7",
    ] {
        assert!(read(json).0.is_empty(), "{json}");
    }
}
