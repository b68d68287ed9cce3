//! The one scan that most lines get: whether a line could say anything, and of what.

use regex::Regex;

/// Events, outcomes of items, durable executions, platform events.
const EVENTS: [&str; 12] = [
    "Records",
    "records",
    "eventSource",
    "EventSource",
    "detail-type",
    "requestContext",
    "Execution",
    "itemIdentifier",
    "xecutionArn",
    "xecution_arn",
    "{requestId=",
    "\"platform.",
];

/// Ids that a send returned.
const IDS: [&str; 12] = [
    "essageId",
    "essage_id",
    "ventId",
    "vent_id",
    "equenceNumber",
    "equence_number",
    "ambdaRequestId",
    "ambda_request_id",
    "nvokedRequestId",
    "nvocationId",
    "ExecutedVersion",
    "functionName",
];

/// Refused calls.
const REFUSALS: [&str; 14] = [
    "hrottl",
    "TooManyRequests",
    "Too Many Requests",
    "429",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "ThroughputExceeded",
    "ate exceeded",
    "ate Exceeded",
    "SlowDown",
    "equest rate",
    "RequestRateTooLarge",
    "PriorRequestNotComplete",
    "current capacity",
];

/// Exceptions.
const EXCEPTIONS: [&str; 8] = [
    "xception",
    "Error",
    "error",
    "Traceback",
    "panic",
    "stack",
    "Stack",
    "Failure",
];

/// Events seen before.
const REPEATS: [&str; 4] = ["dempoten", "ConditionalCheckFailed", "already", "uplicate"];

/// Ids handed on.
const CORRELATIONS: [&str; 7] = [
    "orrelation",
    "traceparent",
    // not the `function_request_id` of every Powertools line
    "\"request_id",
    " request_id",
    "-request-id",
    "-Request-Id",
    "-Request-ID",
];

/// What a line could speak of.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Marks {
    pub(super) ids: bool,
    pub(super) refusal: bool,
    pub(super) exception: bool,
    pub(super) repeat: bool,
    pub(super) correlation: bool,
}

/// Looks for texts without which a grammar of application lines finds nothing.
#[derive(Debug)]
pub(super) struct Needles {
    any: Regex,
    ids: Regex,
    refusals: Regex,
    exceptions: Regex,
    repeats: Regex,
    correlations: Regex,
}

impl Needles {
    pub(super) fn new() -> Result<Self, regex::Error> {
        let groups: [&[&str]; 6] = [
            &EVENTS,
            &IDS,
            &REFUSALS,
            &EXCEPTIONS,
            &REPEATS,
            &CORRELATIONS,
        ];
        Ok(Self {
            any: one_of(&groups.concat())?,
            ids: one_of(&IDS)?,
            refusals: one_of(&REFUSALS)?,
            exceptions: one_of(&EXCEPTIONS)?,
            repeats: one_of(&REPEATS)?,
            correlations: one_of(&CORRELATIONS)?,
        })
    }

    /// Whether any needle stands in the text.
    pub(super) fn found_in(&self, text: &str) -> bool {
        self.any.is_match(text)
    }

    /// Which needles do.
    pub(super) fn marks(&self, text: &str) -> Marks {
        Marks {
            ids: self.ids.is_match(text),
            refusal: self.refusals.is_match(text),
            exception: self.exceptions.is_match(text),
            repeat: self.repeats.is_match(text),
            correlation: self.correlations.is_match(text),
        }
    }
}

fn one_of(needles: &[&str]) -> Result<Regex, regex::Error> {
    let escaped: Vec<String> = needles.iter().map(|needle| regex::escape(needle)).collect();
    Regex::new(&escaped.join("|"))
}
