//! Objects inside text, as JSON or as a language prints them: where they stand, what they say.

use bumpalo::Bump;

use super::literal;
use crate::model::json::Json;

/// At most this many openings of one text are tried, so that broken JSON costs no more than a few looks at it.
const TRIES: usize = 4;

/// A text cut at its first object or list of objects.
#[derive(Debug, PartialEq)]
pub(super) struct Cut<'a> {
    pub(super) before: &'a str,
    pub(super) json: Json<'a>,
    pub(super) after: &'a str,
}

/// Finds the first object, or list of objects, in a text; `None` if there is none that can be read.
pub(super) fn cut<'a>(text: &'a str, arena: &'a Bump) -> Option<Cut<'a>> {
    memchr::memchr2_iter(b'{', b'[', text.as_bytes())
        .filter(|&at| may_open(&text[at..]))
        .take(TRIES)
        .find_map(|at| {
            let (json, length) = Json::parse_prefix(&text[at..], arena)
                .or_else(|| literal::parse_prefix(&text[at..], arena))?;
            Some(Cut {
                before: &text[..at],
                json,
                after: &text[at + length..],
            })
        })
}

/// Whether a bracket opens an object or a list of objects; prose has brackets too.
fn may_open(text: &str) -> bool {
    let inside = text[1..].trim_start();
    if text.starts_with('{') {
        inside.starts_with(['"', '\'', '}']) || is_bare_key(inside)
    } else {
        inside.starts_with('{')
    }
}

/// `key: …`, as node prints it.
fn is_bare_key(text: &str) -> bool {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    end.is_some_and(|end| end > 0 && text[end..].starts_with(": "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_found_behind_prose_and_brackets() {
        let arena = Bump::new();
        let cut = cut(r#"[INFO] got {order} as [3]: {"a": [1]} today"#, &arena);
        let cut = cut.expect("it holds JSON");
        assert_eq!(
            (cut.before, cut.after),
            ("[INFO] got {order} as [3]: ", " today")
        );
        assert!(cut.json.get("a").is_some());
    }

    #[test]
    fn broken_json_is_given_up_soon() {
        let arena = Bump::new();
        let text = r#"{"level":"INFO","message":"unterminated", "detail": {"id": "evt-"#;
        assert_eq!(cut(text, &arena), None);
        assert_eq!(cut(&"{\"a\":".repeat(100_000), &arena), None);
        assert_eq!(cut("no json", &arena), None);
    }
}
