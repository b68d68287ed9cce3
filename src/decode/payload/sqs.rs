//! SQS: identity is the message id, which stays the same over receives.

use super::{Digest, count, eventbridge, millis, s3, sns, source_arn, source_name};
use crate::decode::place::is_fifo;
use crate::decode::{trace_header, words};
use crate::model::fact::{EventSource, Item};
use crate::model::json::Json;
use crate::model::symbols::{Sym, Symbols};

/// Reads one record. Only a queue whose name ends in `.fifo` keeps order: a `MessageGroupId` on a standard queue names
/// a tenant. A message that is back on the queue which its dead-letter mark names was put there by an operator.
pub(super) fn item(record: &Json<'_>, digest: Digest<'_>, symbols: &mut Symbols) -> Option<Item> {
    let id = record.first_of(&["messageId", "MessageId"])?.text()?;
    let attributes = record.first_of(&["attributes", "Attributes"]);
    let attribute = |key: &str| attributes?.get(key);
    let arn = source_arn(record);
    let is_fifo = arn.is_some_and(is_fifo);
    let source = if is_fifo {
        EventSource::SqsFifo
    } else {
        EventSource::Sqs
    };
    let text = record.first_of(&["body", "Body"]).and_then(Json::text);
    let wrapped = text.and_then(|text| wrapped(text, digest, symbols));
    let mut fifo = |key: &str| {
        let value = attribute(key).filter(|_| is_fifo)?.digits_or_text()?;
        Some(symbols.intern(&value))
    };
    let order_key = fifo("MessageGroupId");
    let sequence = fifo("SequenceNumber");
    let deduplication_id = fifo("MessageDeduplicationId");
    let redriven_from = attribute("DeadLetterQueueSourceArn").and_then(Json::text);
    Some(Item {
        resource: source_name(record, symbols),
        receive_count: attribute("ApproximateReceiveCount").and_then(count),
        sent_at: attribute("SentTimestamp").and_then(millis),
        order_key,
        sequence,
        deduplication_id,
        body: match wrapped {
            Some(Wrapped { body, .. }) => body,
            None => text.and_then(|text| digest.text(text)),
        },
        inner: wrapped.map(|wrapped| (wrapped.source, wrapped.identity)),
        replay: wrapped.is_some_and(|wrapped| wrapped.replay)
            || (redriven_from.is_some() && redriven_from == arn),
        scheduled: wrapped.is_some_and(|wrapped| wrapped.scheduled),
        trace: attribute("AWSTraceHeader")
            .and_then(Json::text)
            .and_then(trace_header::parse),
        ..Item::new(source, symbols.intern(id), 0)
    })
}

/// What an SNS topic, an EventBridge rule or S3 put into a body.
#[derive(Clone, Copy)]
struct Wrapped {
    source: EventSource,
    identity: Sym,
    /// Digest of the content without the wrapping.
    body: Option<u64>,
    replay: bool,
    scheduled: bool,
}

fn wrapped(text: &str, digest: Digest<'_>, symbols: &mut Symbols) -> Option<Wrapped> {
    let is_marked = ["TopicArn", "detail-type", "aws:s3"]
        .iter()
        .any(|mark| words::holds(text, mark));
    if !is_marked {
        return None;
    }
    let document = Json::parse(text, digest.arena)?;
    let item = sns::notification(&document, digest, symbols)
        .or_else(|| eventbridge::item(&document, digest, symbols))
        .or_else(|| s3::item(document.get("Records")?.items().first()?, symbols))?;
    Some(Wrapped {
        source: item.source,
        identity: item.identity,
        body: item.body,
        replay: item.replay,
        scheduled: item.scheduled,
    })
}
