//! SNS: identity is the message id, the same for every subscription.

use super::{Digest, rfc3339};
use crate::decode::place::{is_fifo, resource_name};
use crate::model::fact::{EventSource, Item};
use crate::model::json::Json;
use crate::model::symbols::Symbols;

/// Reads one record.
pub(super) fn item(record: &Json<'_>, digest: Digest<'_>, symbols: &mut Symbols) -> Option<Item> {
    notification(record.first_of(&["Sns", "sns"])?, digest, symbols)
}

/// Reads the notification itself: `Sns` of a record, or the body of an SQS message.
pub(super) fn notification(
    message: &Json<'_>,
    digest: Digest<'_>,
    symbols: &mut Symbols,
) -> Option<Item> {
    let id = message.first_of(&["MessageId", "messageId"])?.text()?;
    let topic = message.first_of(&["TopicArn", "topicArn"])?.text()?;
    let source = if is_fifo(topic) {
        EventSource::SnsFifo
    } else {
        EventSource::Sns
    };
    Some(Item {
        resource: Some(symbols.intern(resource_name(topic))),
        sent_at: message
            .first_of(&["Timestamp", "timestamp"])
            .and_then(rfc3339),
        order_key: message
            .get("MessageGroupId")
            .and_then(Json::text)
            .filter(|_| source == EventSource::SnsFifo)
            .map(|group| symbols.intern(group)),
        sequence: message
            .get("SequenceNumber")
            .and_then(Json::digits_or_text)
            .map(|sequence| symbols.intern(&sequence)),
        body: message
            .first_of(&["Message", "message"])
            .and_then(Json::text)
            .and_then(|text| digest.text(text)),
        ..Item::new(source, symbols.intern(id), 0)
    })
}
