//! The message of a log event, which may stand in a JSON string: most are looked at as they stand there, and never read out of it.

use std::cell::OnceCell;

use bumpalo::Bump;

use super::json_text::unescape;

/// The message of a log event.
#[derive(Clone, Copy, Debug)]
pub enum Message<'a> {
    /// As it is.
    Text(&'a str),
    /// Read out of a JSON string, in which it stands as `escaped`.
    Read { text: &'a str, escaped: &'a str },
    /// Still in a JSON string, where only quotes, backslashes and the ends of lines behind it are escaped.
    Escaped(&'a Escaped<'a>),
}

impl<'a> Message<'a> {
    /// What it says.
    pub fn text(self) -> &'a str {
        match self {
            Self::Text(text) | Self::Read { text, .. } => text,
            Self::Escaped(escaped) => escaped.text(),
        }
    }

    /// As it stands in the JSON string that it was read from, between the quotes.
    pub fn escaped(self) -> Option<&'a str> {
        match self {
            Self::Text(_) => None,
            Self::Read { escaped, .. } => Some(escaped),
            Self::Escaped(escaped) => Some(escaped.between),
        }
    }

    /// What it says but for backslashes: words without one are in it where they are in the text, and nowhere else.
    pub fn words(self) -> &'a str {
        match self {
            Self::Text(text) | Self::Read { text, .. } => text,
            Self::Escaped(escaped) => escaped.between,
        }
    }
}

impl<'a> From<&'a str> for Message<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

/// A message in a JSON string, and its text once that was asked for.
#[derive(Debug)]
pub struct Escaped<'a> {
    /// As it stands there, between the quotes.
    between: &'a str,
    /// The same with the closing quote and what stands behind it.
    string: &'a str,
    arena: &'a Bump,
    text: OnceCell<&'a str>,
}

impl<'a> Escaped<'a> {
    /// Of the JSON string whose opening quote stands before `string` and whose closing one stands at `end`; its text will stand in the
    /// arena.
    pub fn new(string: &'a str, end: usize, arena: &'a Bump) -> Self {
        Self {
            between: &string[..end],
            string,
            arena,
            text: OnceCell::new(),
        }
    }

    fn text(&self) -> &'a str {
        self.text.get_or_init(|| {
            let mut room = Vec::new();
            let read = unescape(self.string, &mut room);
            // Whoever made this saw that it is a string.
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
        let escaped = Escaped::new(string, string.find("\",").expect("it closes"), &arena);
        let message = Message::Escaped(&escaped);
        assert_eq!(message.text(), "{\"a\":\"b\\\\c\"}\n");
        assert_eq!(message.escaped(), Some(r#"{\"a\":\"b\\\\c\"}\n"#));
        assert_eq!(
            message.text().as_ptr(),
            message.text().as_ptr(),
            "read once"
        );
    }
}
