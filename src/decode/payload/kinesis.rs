//! Kinesis: identity is `shard:sequence`; order holds within a shard, or a partition key of it where several batches run at once.

use xxhash_rust::xxh3::xxh3_64;

use super::{Digest, seconds, source_name};
use crate::model::fact::{EventSource, Item};
use crate::model::json::Json;
use crate::model::symbols::Symbols;

/// Reads one record.
pub(super) fn item(record: &Json<'_>, digest: Digest<'_>, symbols: &mut Symbols) -> Option<Item> {
    let kinesis = record.first_of(&["kinesis", "Kinesis"])?;
    let sequence = kinesis
        .first_of(&["sequenceNumber", "SequenceNumber"])?
        .digits_or_text()?;
    let event_id = record
        .first_of(&["eventID", "eventId", "EventId"])
        .and_then(Json::text);
    let shard = event_id.and_then(|id| Some(id.split_once(':')?.0));
    let identity = symbols.intern(event_id.unwrap_or(&sequence));
    Some(Item {
        resource: source_name(record, symbols),
        sent_at: kinesis
            .first_of(&["approximateArrivalTimestamp", "ApproximateArrivalTimestamp"])
            .and_then(seconds),
        partition: kinesis
            .first_of(&["partitionKey", "PartitionKey"])
            .and_then(Json::text)
            .map(|key| xxh3_64(key.as_bytes()) as u32),
        order_key: shard.map(|shard| symbols.intern(shard)),
        sequence: Some(symbols.intern(&sequence)),
        body: kinesis
            .first_of(&["data", "Data"])
            .and_then(Json::text)
            .and_then(|data| digest.base64(data)),
        ..Item::new(EventSource::Kinesis, identity, 0)
    })
}
