//! S3: identity is bucket, key, sequencer, event name and version together; sequencers compare on one key.

use super::rfc3339;
use crate::model::fact::{EventSource, Item};
use crate::model::json::Json;
use crate::model::symbols::Symbols;

/// Reads one record. The key stays in the form of the event, URL-encoded.
pub(super) fn item(record: &Json<'_>, symbols: &mut Symbols) -> Option<Item> {
    let s3 = record.first_of(&["s3", "S3"])?;
    let object = s3.first_of(&["object", "Object"])?;
    let bucket = s3
        .first_of(&["bucket", "Bucket"])?
        .first_of(&["name", "Name"])?
        .text()?;
    let key = object.first_of(&["key", "Key"])?.text()?;
    let sequencer = object
        .first_of(&["sequencer", "Sequencer"])
        .and_then(Json::text);
    let path = format!("{bucket}/{key}");
    let marks = [
        sequencer,
        record
            .first_of(&["eventName", "EventName"])
            .and_then(Json::text),
        object
            .first_of(&["versionId", "VersionId"])
            .and_then(Json::text),
    ];
    let identity = marks
        .iter()
        .flatten()
        .fold(path.clone(), |identity, mark| format!("{identity}/{mark}"));
    Some(Item {
        resource: Some(symbols.intern(bucket)),
        sent_at: record
            .first_of(&["eventTime", "EventTime"])
            .and_then(rfc3339),
        order_key: Some(symbols.intern(&path)),
        sequence: sequencer.map(|sequencer| symbols.intern(sequencer)),
        ..Item::new(EventSource::S3, symbols.intern(&identity), 0)
    })
}
