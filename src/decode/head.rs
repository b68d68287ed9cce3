//! What any line shows of itself, for those who read it: level, request, text.

use std::borrow::Cow;

use bumpalo::Bump;

use super::{app_line, header, platform_json};
use crate::model::fact::Level;
use crate::model::ids::{RequestId, TraceId};
use crate::model::json::Json;

/// A line parted from what its logger put around the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head<'a> {
    pub request_id: Option<RequestId>,
    pub trace: Option<TraceId>,
    pub level: Option<Level>,
    /// The text without time, id and level; the whole line where it has no text of its own.
    pub text: Cow<'a, str>,
    /// A line of the Lambda service, not of the application.
    pub is_platform: bool,
}

/// Reads the head of a line of text or JSON. Any line has one.
pub fn head(message: &str) -> Head<'_> {
    let message = message.trim_end();
    let arena = Bump::new();
    let json = message
        .starts_with('{')
        .then(|| Json::parse(message, &arena));
    match json.flatten() {
        Some(root @ Json::Object(_)) => of_json(&root, message),
        _ => of_text(message),
    }
}

fn of_json<'a>(root: &Json<'_>, message: &'a str) -> Head<'a> {
    let own = root.first_of(&app_line::MESSAGE).and_then(Json::text);
    Head {
        request_id: app_line::request_id(root).0,
        trace: app_line::trace_id(root),
        level: app_line::level(root),
        text: own.map_or(Cow::Borrowed(message), |text| Cow::Owned(text.to_owned())),
        is_platform: platform_json::event_type(root).is_some(),
    }
}

fn of_text(message: &str) -> Head<'_> {
    // Of extensions and telemetry: `EXTENSION⇥Name: …`, `LOGS⇥Name: …`; consoles show spaces for the tab.
    let is_platform = ["EXTENSION", "TELEMETRY", "LOGS"]
        .iter()
        .filter_map(|mark| message.strip_prefix(mark))
        .any(|rest| rest.starts_with(['\t', ' ']) && rest.trim_start().starts_with("Name: "));
    if is_platform {
        return Head {
            text: message.into(),
            is_platform,
            ..Head::default()
        };
    }
    let header = header::parse(message);
    Head {
        request_id: app_line::request_id_in_text(&header, message),
        trace: None,
        level: header.level,
        text: match header.rest.trim() {
            "" => message.into(),
            rest => rest.into(),
        },
        is_platform: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "d46f2f88-b8fa-4993-b8be-c756d697f8b1";

    #[test]
    fn lines_of_text_and_json_show_level_request_and_text() {
        let python = format!("[WARNING]\t2026-11-20T10:00:07.445Z\t{ID}\tpaid late\n");
        let json = format!(
            r#"{{"level":"warn","message":"paid late","requestId":"{ID}","orderId":"o-1"}}"#
        );
        for line in [python, json] {
            let head = head(&line);
            assert_eq!(head.request_id, RequestId::parse(ID), "{line}");
            assert_eq!(head.level, Some(Level::Warn), "{line}");
            assert_eq!(head.text, "paid late", "{line}");
            assert!(!head.is_platform);
        }
    }

    #[test]
    fn what_is_not_recognised_stays_whole() {
        for line in ["plain words", r#"{"a":1}"#, "{broken", "[INFO]", ""] {
            let head = head(line);
            assert_eq!(head.text, line);
            assert_eq!(head.request_id, None);
        }
    }

    #[test]
    fn lines_of_the_service_are_known() {
        let platform = r#"{"time":"2026-11-20T10:00:07.445Z","type":"platform.telemetrySubscription","record":{}}"#;
        assert!(head(platform).is_platform);
        assert!(head("EXTENSION\tName: x\tState: Ready\tEvents: [INVOKE]\n").is_platform);
        assert!(head("LOGS Name: x State: Subscribed Types: [Platform]").is_platform);
        assert!(!head("EXTENSION of the lease refused").is_platform);
        assert!(!head(r#"{"type":"platform"}"#).is_platform);
    }
}
