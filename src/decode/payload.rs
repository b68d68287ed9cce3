//! Event payloads as Lambda hands them to functions, recognised by their own marks wherever they were logged.
//!
//! One file a source holds what identifies an item there, what orders it and in which sequence.

mod body;
mod dynamodb;
mod eventbridge;
mod gateway;
mod kafka;
mod kinesis;
mod outcome;
mod s3;
mod sns;
mod sqs;
mod stepfunctions;

pub(super) use body::Digest;
pub(super) use outcome::outcomes;

use crate::model::fact::Item;
use crate::model::json::Json;
use crate::model::symbols::{Sym, Symbols};
use crate::model::time::Timestamp;

/// The items of an event that Lambda delivered; `None` if the object is no such event. A single record of a batch,
/// logged alone, counts as a batch of one. `body` of an item is what `digest` makes of it.
pub(super) fn items(
    object: &Json<'_>,
    digest: Digest<'_>,
    symbols: &mut Symbols,
) -> Option<Vec<Item>> {
    if let Some(records) = object.first_of(&["Records", "records"]) {
        if let Json::Object(partitions) = records {
            let items = kafka::items(object, partitions, digest, symbols);
            return (!items.is_empty()).then_some(items);
        }
        let items: Vec<Item> = records
            .items()
            .iter()
            .enumerate()
            .filter_map(|(at, record)| {
                let index = u16::try_from(at).unwrap_or(u16::MAX);
                Some(Item {
                    index,
                    ..record_item(record, digest, symbols)?
                })
            })
            .collect();
        return (!items.is_empty()).then_some(items);
    }
    let single = record_item(object, digest, symbols)
        .or_else(|| eventbridge::item(object, digest, symbols))
        .or_else(|| gateway::item(object, symbols))
        .or_else(|| stepfunctions::item(object, symbols))?;
    Some(vec![single])
}

/// One element of `Records`: the service names itself in `eventSource` (SNS, and .NET for all: `EventSource`).
fn record_item(record: &Json<'_>, digest: Digest<'_>, symbols: &mut Symbols) -> Option<Item> {
    let source = record.first_of(&["eventSource", "EventSource"])?.text()?;
    match source {
        "aws:sqs" => sqs::item(record, digest, symbols),
        "aws:sns" => sns::item(record, digest, symbols),
        "aws:kinesis" => kinesis::item(record, digest, symbols),
        "aws:dynamodb" => dynamodb::item(record, symbols),
        "aws:s3" => s3::item(record, symbols),
        _ => None,
    }
}

/// The name at the end of the ARN a record came through.
fn source_name(record: &Json<'_>, symbols: &mut Symbols) -> Option<Sym> {
    let arn = source_arn(record)?;
    Some(symbols.intern(super::place::resource_name(arn)))
}

fn source_arn<'a>(record: &'a Json<'_>) -> Option<&'a str> {
    let keys = ["eventSourceARN", "eventSourceArn", "EventSourceArn"];
    record.first_of(&keys)?.text()
}

/// Milliseconds since the epoch, written as a number or as text; `None` beyond the year 9999.
fn millis(value: &Json<'_>) -> Option<Timestamp> {
    let millis = value.number()?;
    (0.0..=253_402_300_799_999.0)
        .contains(&millis)
        .then_some(Timestamp(millis as i64))
}

/// Seconds since the epoch with a fraction. Some services and older captures write milliseconds: no second count is so large.
fn seconds(value: &Json<'_>) -> Option<Timestamp> {
    let seconds = value.number()?;
    if seconds > 1e11 {
        return millis(value);
    }
    (seconds >= 0.0).then(|| Timestamp((seconds * 1000.0).round() as i64))
}

fn rfc3339(value: &Json<'_>) -> Option<Timestamp> {
    Timestamp::parse_rfc3339(value.text()?)
}

fn count(value: &Json<'_>) -> Option<u16> {
    let count = value.number()?;
    (0.0..=f64::from(u16::MAX))
        .contains(&count)
        .then_some(count as u16)
}

#[cfg(test)]
mod tests;
