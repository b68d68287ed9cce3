//! What runtimes and loggers put in front of a text line: time, request id, level.

use super::words;
use crate::model::fact::Level;
use crate::model::ids::RequestId;

/// The head of a text line and what is left of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) request_id: Option<RequestId>,
    pub(super) level: Option<Level>,
    /// The word in front was `fail`: .NET's mark for what went to standard error.
    pub(super) is_fail: bool,
    pub(super) rest: &'a str,
}

/// At most this many words belong to a head: ruby's `I, [2024-01-01T00:00:00 #8]  INFO -- :` has six.
const LONGEST: usize = 7;

/// Parts a line from its head: `ISO⇥id⇥LEVEL⇥…` (node, .NET), `[LEVEL]⇥ISO⇥id⇥…` (python), `id LEVEL …` (java),
/// `I, [ISO #pid]  INFO id -- : …` (ruby), `2024/01/01 00:00:00 …` (go), `ISO  INFO …` (rust). A request id counts only
/// beside a time or a level: an application may print an id of its own.
pub(super) fn parse(message: &str) -> Header<'_> {
    let mut request_id = None;
    let mut level = None;
    let mut is_fail = false;
    let mut has_time = false;
    let mut rest = message;
    for _ in 0..LONGEST {
        let text = rest.trim_start();
        let end = text.bytes().position(|byte| byte.is_ascii_whitespace());
        let end = end.unwrap_or(text.len());
        let word = text[..end].trim_matches(['[', ']', ',', '(', ')']);
        if request_id.is_none()
            && let Some(id) = RequestId::parse(word)
        {
            request_id = Some(id);
        } else if level.is_none()
            && let Some(found) = words::level(word)
            // `Error raised from …` is prose.
            && (has_time || text.starts_with('[') || word.bytes().all(|byte| byte.is_ascii_uppercase()))
        {
            level = Some(found);
            is_fail = word == "fail";
            // Python's runtime writes `[ERROR] Type: …`, its logger `[ERROR]⇥time⇥…`: what follows a space is the text.
            if text.starts_with('[') && !text[end..].starts_with('\t') {
                rest = &text[end..];
                break;
            }
        } else if is_time(word) {
            has_time = true;
        } else if !is_filler(word) || (level.is_some() && word == ":") {
            break;
        }
        rest = &text[end..];
    }
    Header {
        request_id: request_id.filter(|_| has_time || level.is_some()),
        level,
        is_fail,
        rest: rest.trim_start_matches([' ', '\t', ':']),
    }
}

/// A date, a time or both: digits with the marks between them.
fn is_time(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 8
        && bytes[0].is_ascii_digit()
        && bytes.iter().filter(|byte| byte.is_ascii_digit()).count() >= 6
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_digit() || b"-:/.,TZ+".contains(byte))
}

/// Words that stand between: node's `undefined` before the first request, ruby's severity letter, process and dashes.
fn is_filler(word: &str) -> bool {
    matches!(word, "" | "undefined" | "-" | "--" | ":" | "UTC")
        || word.strip_prefix('#').is_some_and(is_number)
        || matches!(word, "D" | "I" | "W" | "E" | "F" | "A")
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "d46f2f88-b8fa-4993-b8be-c756d697f8b1";

    #[test]
    fn heads_of_all_runtimes_are_parted_from_the_text() {
        let named = RequestId::parse(ID);
        for (message, id, level, rest) in [
            (
                format!("2026-11-20T10:00:05.353Z\t{ID}\tINFO\tdone\n"),
                named,
                Some(Level::Info),
                "done\n",
            ),
            (
                format!("[WARNING]\t2026-11-20T10:00:07.445Z\t{ID}\tslow\n"),
                named,
                Some(Level::Warn),
                "slow\n",
            ),
            (
                "[INFO]\t2026-11-20T10:42:15.851Z\t\tFound credentials".into(),
                None,
                Some(Level::Info),
                "Found credentials",
            ),
            (
                "2026-11-20T10:00:31.307Z\tundefined\tINFO\tloading".into(),
                None,
                Some(Level::Info),
                "loading",
            ),
            (
                format!("2026-11-20T10:00:05.353Z\t{ID}\tinfo\tdone"),
                named,
                Some(Level::Info),
                "done",
            ),
            (
                format!("2026-11-20 10:00:05 {ID} ERROR Handler - boom"),
                named,
                Some(Level::Error),
                "Handler - boom",
            ),
            (
                format!("{ID} INFO working"),
                named,
                Some(Level::Info),
                "working",
            ),
            ("2026/11/20 10:00:00 go says".into(), None, None, "go says"),
            (
                format!("I, [2026-11-20T10:00:05.353112 #8]  INFO {ID} -- : ruby says"),
                named,
                Some(Level::Info),
                "ruby says",
            ),
            (
                "I, [2026-11-20T10:00:05.353112 #8]  INFO -- : ruby says".into(),
                None,
                Some(Level::Info),
                "ruby says",
            ),
            (
                "2026-11-20T10:00:05.353Z  WARN my_crate: rust says".into(),
                None,
                Some(Level::Warn),
                "my_crate: rust says",
            ),
            (
                "[ERROR] ValueError: 7".into(),
                None,
                Some(Level::Error),
                "ValueError: 7",
            ),
            ("plain text".into(), None, None, "plain text"),
            (
                "E, [2026-11-20T10:00:05.353112 #8] ERROR -- : #<Net::ReadTimeout: no>".into(),
                None,
                Some(Level::Error),
                "#<Net::ReadTimeout: no>",
            ),
        ] {
            let header = parse(&message);
            assert_eq!(
                (header.request_id, header.level, header.rest),
                (id, level, rest),
                "{message:?}"
            );
        }
    }

    #[test]
    fn an_id_that_is_merely_printed_is_no_request_id() {
        let message = format!("{ID} was shipped");
        assert_eq!(parse(&message).request_id, None);
    }

    #[test]
    fn standard_error_of_dotnet_is_known() {
        assert!(
            parse(&format!(
                "2026-11-20T10:00:05.353Z\t{ID}\tfail\tSystem.Exception: x"
            ))
            .is_fail
        );
    }
}
