//! Refused calls: throttling exceptions of the SDKs, HTTP 429, and what was called.

mod target;

use super::words::{behind, holds};
use crate::model::fact::Refusal;
use crate::model::ids::RequestId;
use crate::model::json::Json;
use crate::model::symbols::Symbols;

/// Error codes by which services refuse for load. `TransactionInProgressException` is a conflict, and
/// `LimitExceededException` a quota unless it speaks of a rate: neither is among them.
const CODES: [&str; 17] = [
    "TooManyRequestsException",
    "TooManyRequests",
    "ThrottlingException",
    "ThrottledException",
    "ThrottlingError",
    "Throttled",
    "RequestThrottled",
    "RequestThrottledException",
    "ProvisionedThroughputExceededException",
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
    "RequestRateTooLarge",
    "TooManyRequestsFault",
];

/// A code of several services, and a word of prose.
const THROTTLING: &str = "Throttling";
/// These say which.
const PHRASES: [&str; 12] = [
    "ate exceeded",
    "ate Exceeded",
    "reduce your request rate",
    "Too Many Requests",
    "status code 429",
    "StatusCode: 429",
    "Status Code: 429",
    "HTTP 429",
    "(Throttling)",
    "Throttling: ",
    "Code: Throttling",
    "exceeds the current capacity",
];

/// What stands before the number of retries, or of tries.
const RETRIES: &str = "reached max retries: ";
const ATTEMPTS: &str = "maximum number of attempts, ";

/// What stands before the request id of a call.
const LEADS: [&str; 8] = [
    "awsRequestId=",
    "aws_request_id=",
    "Request ID: ",
    "RequestID: ",
    "RequestId: ",
    "request id: ",
    "requestId=",
    "x-amzn-RequestId: ",
];
/// Letters that each of them has.
const IN_LEADS: &str = "equest";

/// Reasons that Lambda and DynamoDB give, by how they end.
const REASON_ENDS: [&str; 5] = [
    "LimitExceeded",
    "RateExceeded",
    "ThroughputExceeded",
    "MaxOnDemandThroughputExceeded",
    "RateLimitExceeded",
];

/// Whether the type of an error is the code of a refusal.
pub(super) fn names_code(error: &str) -> bool {
    words(error).any(|word| CODES.contains(&word) || word == THROTTLING)
}

/// What a line says of a refused call, gathered from its text and its JSON.
#[derive(Debug, Default)]
pub(super) struct Refusing {
    code: Option<String>,
    target: target::Target,
    reason: Option<String>,
    request_id: Option<String>,
    attempts: Option<u16>,
}

impl Refusing {
    /// Takes in prose: a message, or a text field of an error.
    pub(super) fn text(&mut self, text: &str, own_function: Option<&str>) {
        self.said(text);
        if self.reason.is_none() {
            self.reason = words(text).find(|word| is_reason(word)).map(str::to_owned);
        }
        self.target.text(text, own_function);
    }

    fn said(&mut self, text: &str) {
        let is_prose = is_prose(text);
        if self.code.is_none() {
            self.code = code_in(text, is_prose);
        }
        if !is_prose {
            return;
        }
        if self.attempts.is_none() {
            self.attempts = attempts_in(text);
        }
        if self.request_id.is_none() {
            self.request_id = request_id_in(text);
        }
    }

    /// Takes in one object of the line, not what lies below it.
    pub(super) fn object(&mut self, object: &Json<'_>, own_function: Option<&str>) {
        // Once: an object may have a million keys.
        let is_metadata = is_metadata(object);
        for (key, value) in object.entries() {
            match (*key, value) {
                ("httpStatusCode" | "HTTPStatusCode", value) if value.number() == Some(429.0) => {
                    self.code.get_or_insert_with(|| "429".into());
                }
                ("requestId" | "RequestId" | "awsRequestId" | "aws_request_id", value)
                    if is_metadata =>
                {
                    self.request_id = self
                        .request_id
                        .take()
                        .or_else(|| Some(value.text()?.into()));
                }
                ("attempts", value) if is_metadata => self.attempts = whole(value),
                ("RetryAttempts", value) if is_metadata => {
                    self.attempts = whole(value).map(|retries| retries.saturating_add(1));
                }
                ("Reason" | "reason", Json::Text(text)) if is_reason(text) => {
                    self.reason.get_or_insert_with(|| text.to_string());
                }
                (
                    "code" | "Code" | "name" | "__type" | "errorCode" | "error_code",
                    Json::Text(text),
                ) if *text == THROTTLING => {
                    self.code.get_or_insert_with(|| text.to_string());
                }
                // Neither a code nor prose: an id, a level, a time.
                (_, Json::Text(text)) if text.len() < 8 => {}
                (_, Json::Text(text)) => self.said(text),
                _ => {}
            }
        }
        self.target.object(object, own_function);
    }

    /// HTTP status 429 under a plain key, which counts only inside an error.
    pub(super) fn error_object(&mut self, error: &Json<'_>) {
        let status = error.first_of(&["statusCode", "status", "status_code", "StatusCode"]);
        if status.and_then(Json::number) == Some(429.0) {
            self.code.get_or_insert_with(|| "429".into());
        }
    }

    /// The refusal; `None` if nothing said that a call was refused. The invocation's own request id is not the call's.
    pub(super) fn finish(self, own: Option<RequestId>, symbols: &mut Symbols) -> Option<Refusal> {
        let code = self.code?;
        let resource = self.target.resource(&code, self.reason.as_deref());
        let request_id = self
            .request_id
            .filter(|id| own.is_none() || RequestId::parse(id) != own);
        Some(Refusal {
            resource: resource.map(|text| symbols.intern(&text)),
            reason: self.reason.map(|text| symbols.intern(&text)),
            aws_request_id: request_id.map(|text| symbols.intern(&text)),
            attempts: self.attempts.unwrap_or(1).max(1),
        })
    }
}

/// `$metadata` of the JavaScript SDK, `ResponseMetadata` of the Python SDK: told by their status.
fn is_metadata(object: &Json<'_>) -> bool {
    object
        .first_of(&["httpStatusCode", "HTTPStatusCode"])
        .is_some()
}

fn whole(value: &Json<'_>) -> Option<u16> {
    let number = value.number()?;
    (0.0..=f64::from(u16::MAX))
        .contains(&number)
        .then_some(number as u16)
}

/// Whether a text is more than an id, a time or a name. All that is looked for, but for the codes, has one of these in it.
fn is_prose(text: &str) -> bool {
    memchr::memchr3(b' ', b'=', b'(', text.as_bytes()).is_some()
}

/// The code in a text, as a word of its own or behind a namespace.
fn code_in(text: &str, is_prose: bool) -> Option<String> {
    let word = words(text).find(|word| CODES.contains(word));
    let phrase = || {
        let mut phrases = PHRASES.into_iter().filter(|_| is_prose);
        phrases.find(|phrase| holds(text, phrase))
    };
    word.or_else(phrase).map(str::to_owned)
}

/// Runs of letters and digits.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
}

fn is_reason(word: &str) -> bool {
    !CODES.contains(&word)
        && word.len() > "LimitExceeded".len()
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && REASON_ENDS.iter().any(|end| word.ends_with(end))
}

/// `(reached max retries: 4)`: the first try and four more. `maximum number of attempts, 3`: three in all.
fn attempts_in(text: &str) -> Option<u16> {
    let number_after = |lead: &str| -> Option<u16> {
        let rest = behind(text, lead)?;
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    number_after(RETRIES)
        .map(|retries| retries.saturating_add(1))
        .or_else(|| number_after(ATTEMPTS))
}

/// `awsRequestId=…`, `Request ID: …`, `RequestID: …`, `request id: …`: the refused call's own.
fn request_id_in(text: &str) -> Option<String> {
    if !holds(text, IN_LEADS) {
        return None;
    }
    LEADS.iter().find_map(|lead| {
        let rest = behind(text, lead)?;
        let id = rest
            .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
            .next()?;
        (id.len() >= 16).then(|| id.to_owned())
    })
}

#[cfg(test)]
mod tests;
