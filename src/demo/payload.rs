//! Events as the JSON that handlers get and log.

use super::event::{Event, Message, Notice, Record, Trace, Upload};
use super::lines::{ACCOUNT, Header, REGION};
use super::order::Order;
use super::random::Uuid;
use super::stamp::{MILLI, Micros, Stamp};
use super::text::{base64, put, quote_inner};

/// Name of the queue that the worker reads.
pub(super) const ORDERS: &str = "orders";
/// Name of the queue that the saga reads.
pub(super) const SAGA: &str = "saga.fifo";
/// The API in front of the shop.
pub(super) const API: &str = "sh0papi7k2";

/// Appends the event.
pub(super) fn write(out: &mut String, event: &Event) {
    match event {
        Event::Request(order) => put!(
            out,
            "{{\"resource\":\"/orders\",\"httpMethod\":\"POST\",\"body\":\"{{\\\"account\\\":\\\"acct-{}\\\"}}\"}}",
            order.account
        ),
        Event::Direct { action, order } => {
            put!(out, "{{\"action\":\"{action}\",\"order\":");
            body(out, order);
            out.push('}');
        }
        Event::Messages(messages) => records(out, messages, message),
        Event::Notice(notice) => bus(out, notice),
        Event::Topic { id, order, at } => topic(out, *id, order, *at),
        Event::Records {
            shard,
            records: list,
        } => {
            records(out, list, |out, record| stock(out, *shard, record));
        }
        Event::Changes(list) => records(out, list, change),
        Event::Upload(upload) => object(out, upload),
        Event::Hook { id, at } => put!(
            out,
            "{{\"version\":\"2.0\",\"routeKey\":\"$default\",\"rawPath\":\"/\",\"requestContext\":{{\"accountId\":\"anonymous\",\
             \"apiId\":\"wh00kin4f\",\"http\":{{\"method\":\"POST\",\"path\":\"/\",\"sourceIp\":\"198.51.100.24\"}},\
             \"requestId\":\"{id}\",\"stage\":\"$default\",\"timeEpoch\":{}}},\"isBase64Encoded\":false}}",
            at / MILLI
        ),
        Event::Timer { id, rule, at } => put!(
            out,
            "{{\"version\":\"0\",\"id\":\"{id}\",\"detail-type\":\"Scheduled Event\",\"source\":\"aws.events\",\
             \"account\":\"{ACCOUNT}\",\"time\":\"{}\",\"region\":\"{REGION}\",\
             \"resources\":[\"arn:aws:events:{REGION}:{ACCOUNT}:rule/{rule}\"],\"detail\":{{}}}}",
            Stamp::IsoSeconds(*at)
        ),
    }
}

fn records<T>(out: &mut String, list: &[T], mut one: impl FnMut(&mut String, &T)) {
    out.push_str("{\"Records\":[");
    for (index, item) in list.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        one(out, item);
    }
    out.push_str("]}");
}

/// An order as a JSON object.
pub(super) fn body(out: &mut String, order: &Order) {
    put!(
        out,
        "{{\"orderId\":\"o-{}\",\"accountId\":\"acct-{}\",\"version\":{},\"amount\":{}.{:02},\"currency\":\"EUR\"}}",
        order.number,
        order.account,
        order.version,
        order.cents / 100,
        order.cents % 100
    );
}

fn message(out: &mut String, message: &Message) {
    put!(
        out,
        "{{\"messageId\":\"{}\",\"receiptHandle\":\"AQEB{:08x}{:04x}\",\"body\":\"",
        message.id,
        message.slot,
        message.receives
    );
    let mut inner = String::with_capacity(128);
    body(&mut inner, &message.order);
    if message.stage > 0 {
        inner.pop();
        put!(&mut inner, ",\"stage\":{}}}", message.stage);
    }
    quote_inner(out, &inner);
    put!(
        out,
        "\",\"attributes\":{{\"ApproximateReceiveCount\":\"{}\",\"SentTimestamp\":\"{}\",\
         \"SenderId\":\"AROA4DEMOSHOPSENDER77:shop\",\"ApproximateFirstReceiveTimestamp\":\"{}\"",
        message.receives,
        message.sent_at / MILLI,
        message.first_received_at / MILLI
    );
    if message.stage > 0 {
        put!(
            out,
            ",\"SequenceNumber\":\"18{:018}\",\"MessageGroupId\":\"acct-{}\",\"MessageDeduplicationId\":\"o-{}-{}\"",
            message.sequence,
            message.order.account,
            message.order.number,
            message.stage
        );
    }
    if message.trace.root != 0 {
        put!(out, ",\"AWSTraceHeader\":\"{}\"", Header(message.trace));
    }
    let queue = if message.stage > 0 { SAGA } else { ORDERS };
    put!(
        out,
        "}},\"messageAttributes\":{{}},\"md5OfBody\":\"{:032x}\",\"eventSource\":\"aws:sqs\",\
         \"eventSourceARN\":\"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}\",\"awsRegion\":\"{REGION}\"}}",
        digest(&inner)
    );
}

/// Stands for a checksum: equal bodies give equal digits.
fn digest(text: &str) -> u128 {
    let mut state = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
    for byte in text.bytes() {
        state = (state ^ u128::from(byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
    }
    state
}

fn bus(out: &mut String, notice: &Notice) {
    let name: &str = notice.detail.into();
    put!(
        out,
        "{{\"version\":\"0\",\"id\":\"{}\",\"detail-type\":\"{name}\",\"source\":\"shop.orders\",\"account\":\"{ACCOUNT}\",\
         \"time\":\"{}\",\"region\":\"{REGION}\",\"resources\":[],\"detail\":{{\"entry\":\"acct-{}:{}\",",
        notice.id,
        Stamp::IsoSeconds(notice.at),
        notice.order.account,
        notice.order.version
    );
    let mut detail = String::with_capacity(128);
    body(&mut detail, &notice.order);
    out.push_str(&detail[1..]);
    out.push('}');
}

fn topic(out: &mut String, id: Uuid, order: &Order, at: Micros) {
    let arn = format!("arn:aws:sns:{REGION}:{ACCOUNT}:warehouse");
    put!(
        out,
        "{{\"Records\":[{{\"EventSource\":\"aws:sns\",\"EventVersion\":\"1.0\",\
         \"EventSubscriptionArn\":\"{arn}:6b1f7a52-0d3e-4c88-9a41-e7d20b95c364\",\"Sns\":{{\"Type\":\"Notification\",\
         \"MessageId\":\"{id}\",\"TopicArn\":\"{arn}\",\"Subject\":null,\"Message\":\""
    );
    let mut inner = String::with_capacity(128);
    body(&mut inner, order);
    quote_inner(out, &inner);
    put!(
        out,
        "\",\"Timestamp\":\"{}\",\"SignatureVersion\":\"1\",\"MessageAttributes\":{{}}}}}}]}}",
        Stamp::Iso(at)
    );
}

/// Sequence numbers of Kinesis have 56 digits.
pub(super) fn stock_sequence(out: &mut String, sequence: u64) {
    put!(out, "4965{:052}", sequence);
}

fn stock(out: &mut String, shard: u8, record: &Record) {
    put!(
        out,
        "{{\"kinesis\":{{\"kinesisSchemaVersion\":\"1.0\",\"partitionKey\":\"sku-{}\",\"sequenceNumber\":\"",
        record.key
    );
    stock_sequence(out, record.sequence);
    out.push_str("\",\"data\":\"");
    let data = format!(
        "{{\"sku\":\"sku-{}\",\"change\":-1,\"entry\":{}}}",
        record.key, record.sequence
    );
    base64(out, data.as_bytes());
    put!(
        out,
        "\",\"approximateArrivalTimestamp\":{}.{:03}}},\"eventSource\":\"aws:kinesis\",\"eventVersion\":\"1.0\",\
         \"eventID\":\"shardId-{shard:012}:",
        record.at / 1_000_000,
        record.at / MILLI % 1_000
    );
    stock_sequence(out, record.sequence);
    put!(
        out,
        "\",\"eventName\":\"aws:kinesis:record\",\"invokeIdentityArn\":\"arn:aws:iam::{ACCOUNT}:role/stock-stream\",\
         \"awsRegion\":\"{REGION}\",\"eventSourceARN\":\"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/stock\"}}"
    );
}

fn change(out: &mut String, record: &Record) {
    put!(
        out,
        "{{\"eventID\":\"{:032x}\",\"eventName\":\"MODIFY\",\"eventVersion\":\"1.1\",\"eventSource\":\"aws:dynamodb\",\
         \"awsRegion\":\"{REGION}\",\"dynamodb\":{{\"ApproximateCreationDateTime\":{},\"Keys\":{{\"pk\":{{\"S\":\"item-{}\"}}}},\
         \"NewImage\":{{\"pk\":{{\"S\":\"item-{}\"}},\"price\":{{\"N\":\"{}\"}}}},\"SequenceNumber\":\"{:024}\",\
         \"SizeBytes\":48,\"StreamViewType\":\"NEW_IMAGE\"}},\
         \"eventSourceARN\":\"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/items/stream/2026-01-12T09:30:00.123\"}}",
        u128::from(record.sequence).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835),
        record.at / 1_000_000,
        record.key,
        record.key,
        100 + record.sequence % 900,
        5_204_000_000_000_000_000_000_u128 * 100 + u128::from(record.sequence)
    );
}

fn object(out: &mut String, upload: &Upload) {
    put!(
        out,
        "{{\"Records\":[{{\"eventVersion\":\"2.1\",\"eventSource\":\"aws:s3\",\"awsRegion\":\"{REGION}\",\
         \"eventTime\":\"{}\",\"eventName\":\"ObjectCreated:Put\",\"s3\":{{\"s3SchemaVersion\":\"1.0\",\
         \"configurationId\":\"resize\",\"bucket\":{{\"name\":\"uploads\",\"arn\":\"arn:aws:s3:::uploads\"}},\
         \"object\":{{\"key\":\"photos/{}.jpg\",\"size\":{},\"eTag\":\"{:032x}\",\"sequencer\":\"{:018X}\"}}}}}}]}}",
        Stamp::Iso(upload.at),
        upload.number,
        120_000 + upload.sequencer % 900_000,
        u128::from(upload.sequencer).wrapping_mul(0x2545_f491_4f6c_dd1d_9e37_79b9_7f4a_7c15),
        upload.sequencer
    );
}

/// A trace that is not known.
pub(super) const UNTRACED: Trace = Trace {
    root: 0,
    parent: 0,
    sampled: false,
};

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::program::Detail;
    use super::*;

    fn read(event: &Event) -> Value {
        let mut out = String::new();
        write(&mut out, event);
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }

    #[test]
    fn a_fifo_message_holds_its_group_sequence_and_body() {
        let order = Order {
            number: 48_113,
            account: 291,
            version: 45,
            cents: 2_490,
            queued: true,
        };
        let event = read(&Event::Messages(vec![Message {
            slot: 1,
            id: Uuid(7),
            order,
            stage: 2,
            sequence: 99,
            sent_at: 1_000_000,
            receives: 1,
            first_received_at: 2_000_000,
            trace: UNTRACED,
        }]));
        let record = &event["Records"][0];
        assert_eq!(
            record["attributes"]["SequenceNumber"],
            "18000000000000000099"
        );
        assert_eq!(record["attributes"]["MessageGroupId"], "acct-291");
        let body: Value =
            serde_json::from_str(record["body"].as_str().unwrap_or_default()).unwrap_or_default();
        assert_eq!(body["amount"], 24.9);
        assert_eq!(body["stage"], 2);
    }

    #[test]
    fn every_event_is_json() {
        let order = Order::default();
        let record = Record {
            sequence: 5,
            key: 2,
            at: 1_500_000,
        };
        let upload = Upload {
            number: 3,
            sequencer: 0x66aa,
            at: 0,
        };
        let bus = read(&Event::Notice(Notice {
            id: Uuid(1),
            detail: Detail::OrderPaid,
            order,
            at: 0,
        }));
        assert_eq!(bus["detail"]["entry"], "acct-0:0");
        assert_eq!(bus["detail-type"], "OrderPaid");
        let stock = read(&Event::Records {
            shard: 1,
            records: vec![record; 2],
        });
        let sequence = stock["Records"][1]["kinesis"]["sequenceNumber"].as_str();
        assert_eq!(sequence.map(str::len), Some(56));
        let s3 = read(&Event::Upload(upload));
        assert_eq!(
            s3["Records"][0]["s3"]["object"]["sequencer"],
            "0000000000000066AA"
        );
        for event in [
            Event::Request(order),
            Event::Direct {
                action: "score",
                order,
            },
            Event::Topic {
                id: Uuid(1),
                order,
                at: 0,
            },
            Event::Changes(vec![record]),
            Event::Hook { id: Uuid(1), at: 0 },
            Event::Timer {
                id: Uuid(1),
                rule: "r",
                at: 0,
            },
        ] {
            assert!(read(&event).is_object());
        }
    }
}
