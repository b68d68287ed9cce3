//! The one scan that most lines get: whether a line could say anything.

use regex::Regex;

/// Texts without which no grammar of application lines finds anything.
const NEEDLES: [&str; 34] = [
    // events
    "Records",
    "records",
    "eventSource",
    "EventSource",
    "detail-type",
    "requestContext",
    "Execution",
    // outcomes of items and executions
    "itemIdentifier",
    "xecutionArn",
    "xecution_arn",
    // ids that a send returned
    "essageId",
    "essage_id",
    "ventId",
    "vent_id",
    "equenceNumber",
    "equence_number",
    "ambdaRequestId",
    "ambda_request_id",
    "nvok",
    "ExecutedVersion",
    // refusals
    "hrottl",
    "TooManyRequests",
    "Too Many Requests",
    "429",
    "LimitExceeded",
    "ThroughputExceeded",
    "ate exceeded",
    "ate Exceeded",
    "SlowDown",
    "equest rate",
    "PriorRequestNotComplete",
    // exceptions
    "xception",
    "Error",
    "Traceback",
];

/// Further needles, kept apart only to stay readable.
const MORE: [&str; 12] = [
    "error",
    "panic",
    // idempotency
    "dempoten",
    "ConditionalCheckFailed",
    "already",
    "uplicate",
    // correlation
    "orrelation",
    "orrelationId",
    "traceparent",
    "\"request_id\"",
    "x-request-id",
    // platform events
    "\"platform.",
];

/// Decides in one pass over a line.
#[derive(Debug)]
pub(super) struct Needles(Regex);

impl Needles {
    pub(super) fn new() -> Result<Self, regex::Error> {
        let pattern: Vec<String> = NEEDLES
            .iter()
            .chain(&MORE)
            .map(|needle| regex::escape(needle))
            .collect();
        Regex::new(&pattern.join("|")).map(Self)
    }

    /// Whether any needle stands in the text.
    pub(super) fn found_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}
