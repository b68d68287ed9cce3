//! Kafka (Amazon MSK and self-managed): identity is `topic-partition:offset`; order holds within a partition.

use super::{Digest, millis};
use crate::model::fact::{EventSource, Item};
use crate::model::json::Json;
use crate::model::symbols::Symbols;

/// Reads the records of all partitions, in the order of the event.
pub(super) fn items(
    event: &Json<'_>,
    partitions: &[(&str, Json<'_>)],
    digest: Digest<'_>,
    symbols: &mut Symbols,
) -> Vec<Item> {
    if !matches!(
        event.text_at("eventSource"),
        Some("aws:kafka" | "SelfManagedKafka" | "aws:SelfManagedKafka")
    ) {
        return Vec::new();
    }
    let mut items = Vec::new();
    for (partition, records) in partitions {
        for record in records.items() {
            let Some(offset) = record.get("offset").and_then(Json::digits_or_text) else {
                continue;
            };
            let identity = symbols.intern(&format!("{partition}:{offset}"));
            items.push(Item {
                resource: record.text_at("topic").map(|topic| symbols.intern(topic)),
                index: u16::try_from(items.len()).unwrap_or(u16::MAX),
                sent_at: record.get("timestamp").and_then(millis),
                order_key: Some(symbols.intern(partition)),
                sequence: Some(symbols.intern(&offset)),
                body: record.text_at("value").and_then(|data| digest.base64(data)),
                ..Item::new(EventSource::Kafka, identity, 0)
            });
        }
    }
    items
}
