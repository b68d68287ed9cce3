//! What a receiver answers, in words.

use prost::Message as _;

use crate::model::text::plain;

/// Statuses after which the same request may be sent again (OTLP/HTTP, "Retryable Response Codes").
const RETRYABLE: [u16; 4] = [429, 502, 503, 504];
/// As much of what a receiver says is shown.
const SHOWN: usize = 200;

/// An answer to a request.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    pub(super) date: Option<String>,
    pub(super) json: bool,
    pub(super) body: Vec<u8>,
}

/// `google.rpc.Status`, by which OTLP says what is wrong.
#[derive(Clone, PartialEq, prost::Message)]
struct RpcStatus {
    #[prost(int32, tag = "1")]
    code: i32,
    #[prost(string, tag = "2")]
    message: String,
}

impl Answer {
    pub(super) fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(super) fn is_retryable(&self) -> bool {
        RETRYABLE.contains(&self.status)
    }

    /// Seconds that `Retry-After` asks to wait: as a number, or as a date, which is held against the answer's own.
    pub(super) fn wait_seconds(&self) -> Option<u64> {
        let asked = self.retry_after.as_deref()?.trim();
        if let Ok(seconds) = asked.parse() {
            return Some(seconds);
        }
        let date = |text: &str| chrono::DateTime::parse_from_rfc2822(text).ok();
        let left = date(asked)? - date(self.date.as_deref()?.trim())?;
        Some(u64::try_from(left.num_seconds()).unwrap_or(0))
    }

    /// Status and, where it says one, the reason.
    pub(super) fn words(&self) -> String {
        let reason = self.reason();
        if reason.is_empty() {
            format!("status {}", self.status)
        } else {
            format!("status {}: {reason}", self.status)
        }
    }

    fn reason(&self) -> String {
        let text = if self.json {
            let value: serde_json::Value = serde_json::from_slice(&self.body).unwrap_or_default();
            let said =
                ["message", "text", "error"].map(|key| value[key].as_str().map(str::to_owned));
            let code = value["code"].as_i64();
            let said = said.into_iter().flatten().next();
            said.map(|said| code.map_or(said.clone(), |code| format!("{said} (code {code})")))
        } else {
            let status = RpcStatus::decode(&self.body[..]).ok();
            status
                .map(|status| status.message)
                .filter(|it| !it.is_empty())
        };
        let text = text.unwrap_or_else(|| String::from_utf8_lossy(&self.body).into_owned());
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        plain(&line).chars().take(SHOWN).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(retry_after: &str, date: Option<&str>) -> Option<u64> {
        let answer = Answer {
            retry_after: Some(retry_after.to_owned()),
            date: date.map(str::to_owned),
            ..Answer::default()
        };
        answer.wait_seconds()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(asking("7", None), Some(7));
        let (now, then) = (
            "Wed, 25 Nov 2026 18:00:00 GMT",
            "Wed, 25 Nov 2026 18:01:30 GMT",
        );
        assert_eq!(asking(then, Some(now)), Some(90));
        assert_eq!(asking(now, Some(then)), Some(0), "a date that is past");
        assert_eq!(asking(then, None), None, "a date against nothing");
        assert_eq!(asking("soon", Some(now)), None);
    }

    #[test]
    fn only_four_statuses_are_tried_again() {
        let retried: Vec<u16> = (100..600)
            .filter(|&status| {
                Answer {
                    status,
                    ..Answer::default()
                }
                .is_retryable()
            })
            .collect();
        assert_eq!(retried, [429, 502, 503, 504]);
    }

    #[test]
    fn the_reason_is_read_from_protobuf_json_and_text() {
        let status = RpcStatus {
            code: 3,
            message: "bad span\nid".into(),
        };
        let words = |json, body: Vec<u8>| {
            Answer {
                status: 400,
                json,
                body,
                ..Answer::default()
            }
            .words()
        };
        assert_eq!(
            words(false, status.encode_to_vec()),
            "status 400: bad span id"
        );
        assert_eq!(
            words(true, br#"{"text":"Invalid token","code":4}"#.to_vec()),
            "status 400: Invalid token (code 4)"
        );
        assert_eq!(
            words(false, b"<h1>no</h1>".to_vec()),
            "status 400: <h1>no</h1>"
        );
        assert_eq!(words(false, Vec::new()), "status 400");
    }
}
