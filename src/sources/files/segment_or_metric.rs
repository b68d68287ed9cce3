//! Tells a line that is one trace segment or one metric by its keys, and reads it only once.
//!
//! Only what is plain beyond doubt is told here. Of anything else the JSON reader decides, so that both ways hand on the same.

use bumpalo::Bump;

use super::sink::Sink;
use crate::decode::DecodeError;
use crate::model::document::Document;
use crate::model::json::Json;

/// How lines begin that are log events, or that hold other documents.
const OTHERS: [&str; 8] = [
    "{\"log",
    "{\"message",
    "{\"timestamp",
    "{\"eventId",
    "{\"events",
    "{\"Traces",
    "{\"Segments",
    "{\"Functions",
];

/// Hands a line on that is such a document. `None`: not plain enough.
pub(super) fn take<S: Sink>(
    sink: &mut S,
    line: &str,
    arena: &Bump,
) -> Option<Result<(), DecodeError>> {
    if OTHERS.iter().any(|start| line.starts_with(start)) {
        return None;
    }
    let document = Document::new(line, arena);
    let mut take = None;
    for (key, value) in document.json()?.entries() {
        let way = match *key {
            "start_time" | "traceId" if *value != Json::Null => S::segment,
            "metric_name" if *value != Json::Null => S::metric,
            "start_time" | "traceId" | "metric_name" | "logStreamName" | "events"
            | "messageType" | "Traces" | "Segments" | "Functions" | "gap" | "complete"
            | "unparsed_lines" => return None,
            _ => continue,
        };
        if take.replace(way).is_some() {
            return None;
        }
    }
    Some(take?(sink, &document))
}

#[cfg(test)]
mod tests;
