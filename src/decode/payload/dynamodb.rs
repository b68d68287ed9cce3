//! DynamoDB Streams: identity is the sequence number; order holds for the changes of one item.

use std::borrow::Cow;

use super::{seconds, source_name};
use crate::model::fact::{EventSource, Item};
use crate::model::json::Json;
use crate::model::symbols::Symbols;

/// Reads one record. A record without a sequence number (Kinesis Data Streams for DynamoDB) has its event id.
pub(super) fn item(record: &Json<'_>, symbols: &mut Symbols) -> Option<Item> {
    let change = record.first_of(&["dynamodb", "Dynamodb"])?;
    let sequence = change
        .first_of(&["SequenceNumber", "sequenceNumber"])
        .and_then(Json::digits_or_text);
    let event_id = || record.first_of(&["eventID", "eventId", "EventID"])?.text();
    let identity = match &sequence {
        Some(sequence) => symbols.intern(sequence),
        None => symbols.intern(event_id()?),
    };
    let table = source_name(record, symbols).or_else(|| {
        let name = record.text_at("tableName")?;
        Some(symbols.intern(name))
    });
    Some(Item {
        resource: table,
        sent_at: change
            .first_of(&["ApproximateCreationDateTime", "approximateCreationDateTime"])
            .and_then(seconds),
        order_key: change
            .first_of(&["Keys", "keys"])
            .and_then(item_key)
            .map(|key| symbols.intern(&key)),
        sequence: sequence.map(|sequence| symbols.intern(&sequence)),
        ..Item::new(EventSource::Dynamodb, identity, 0)
    })
}

/// The values of an item's key attributes in the order of their names, joined by `/`.
fn item_key(keys: &Json<'_>) -> Option<String> {
    let mut keys: Vec<(&str, Cow<'_, str>)> = keys
        .entries()
        .iter()
        .filter_map(|(name, value)| {
            let (_, value) = value.entries().first()?;
            Some((*name, value.digits_or_text()?))
        })
        .collect();
    keys.sort_unstable();
    let values: Vec<&str> = keys.iter().map(|(_, value)| value.as_ref()).collect();
    (!values.is_empty()).then(|| values.join("/"))
}
