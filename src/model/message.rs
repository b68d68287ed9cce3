//! The message of a log event, which may stand in a JSON string: most are looked at as they stand there, and never read out of it.

use std::cell::OnceCell;

use bumpalo::Bump;

use super::json::Json;
use super::json_text::unescape;

/// The message of a log event.
#[derive(Clone, Copy, Debug)]
pub enum Message<'a> {
    /// As it is.
    Text(&'a str),
    /// Read out of a JSON string, in which it stands as `escaped`.
    Read { text: &'a str, escaped: &'a str },
    /// An object that was read as it stands in a JSON string, where only its quotes and backslashes and the ends of lines behind it are
    /// escaped.
    Object(&'a Object<'a>),
}

impl<'a> Message<'a> {
    /// Reads a message that is a JSON object, as it stands in the JSON string whose opening quote stands before `string`; the second
    /// value is where its closing quote stands. `None` also where it has other escapes than those that a JSON writer gives to quotes and
    /// backslashes, and to the ends of lines behind the object.
    pub fn object(string: &'a str, arena: &'a Bump) -> Option<(Self, usize)> {
        let (json, end) = Json::parse_in_string(string, arena)?;
        let object = arena.alloc(Object {
            json,
            between: &string[..end],
            string,
            arena,
            text: OnceCell::new(),
        });
        Some((Self::Object(object), end))
    }

    /// The object that it is, if it was read.
    pub fn json(self) -> Option<&'a Json<'a>> {
        match self {
            Self::Text(_) | Self::Read { .. } => None,
            Self::Object(object) => Some(&object.json),
        }
    }

    /// What it says.
    pub fn text(self) -> &'a str {
        match self {
            Self::Text(text) | Self::Read { text, .. } => text,
            Self::Object(object) => object.text(),
        }
    }

    /// As it stands in the JSON string that it was read from, between the quotes.
    pub fn escaped(self) -> Option<&'a str> {
        match self {
            Self::Text(_) => None,
            Self::Read { escaped, .. } => Some(escaped),
            Self::Object(object) => Some(object.between),
        }
    }

    /// What it says but for backslashes: words without one are in it where they are in the text, and nowhere else.
    pub fn words(self) -> &'a str {
        match self {
            Self::Text(text) | Self::Read { text, .. } => text,
            Self::Object(object) => object.between,
        }
    }
}

impl<'a> From<&'a str> for Message<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

/// An object in a JSON string, and its text once that was asked for.
#[derive(Debug)]
pub struct Object<'a> {
    json: Json<'a>,
    /// As it stands there, between the quotes.
    between: &'a str,
    /// The same with the closing quote and what stands behind it.
    string: &'a str,
    arena: &'a Bump,
    text: OnceCell<&'a str>,
}

impl<'a> Object<'a> {
    fn text(&self) -> &'a str {
        self.text.get_or_init(|| {
            let mut room = Vec::new();
            let read = unescape(self.string, 0, &mut room);
            // The object was read from it, so that it is a string.
            read.map_or(self.between, |(text, _)| self.arena.alloc_str(text))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_in_a_string_is_read_when_it_is_asked_for() {
        let arena = Bump::new();
        let string = r#"{\"a\":\"b\\\\c\"}\n","timestamp":1}"#;
        let (message, end) = Message::object(string, &arena).expect("an object");
        assert_eq!(string.find("\","), Some(end));
        let json = message.json().expect("it was read");
        assert_eq!(json.text_at("a"), Some("b\\c"));
        assert_eq!(message.text(), "{\"a\":\"b\\\\c\"}\n");
        assert_eq!(message.escaped(), Some(r#"{\"a\":\"b\\\\c\"}\n"#));
        assert_eq!(
            message.text().as_ptr(),
            message.text().as_ptr(),
            "read once"
        );
    }
}
