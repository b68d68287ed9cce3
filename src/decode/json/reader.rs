//! Reads JSON text into a [`Json`].
//!
//! Strings are borrowed from the text where they have no escapes. What is open is kept on two stacks, so that each object and list is
//! allocated once, when it closes and its length is known.

use std::borrow::Cow;
use std::str::FromStr as _;

use serde_json::Number;

use super::Json;
use crate::model::json_text::{plain_length, unescape};

/// Objects and lists in each other.
const DEEPEST: u8 = 128;

/// Digits of a whole number that surely fits.
const MOST_DIGITS: usize = 18;

/// Entries that most documents have open at the most: so many fit in what an allocator hands out at once.
const OPEN: usize = 16;

pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    deeper: u8,
    entries: Vec<(Cow<'a, str>, Json<'a>)>,
    items: Vec<Json<'a>>,
    /// Room for a string without its escapes.
    room: Vec<u8>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            deeper: DEEPEST,
            entries: Vec::with_capacity(OPEN),
            items: Vec::new(),
            room: Vec::new(),
        }
    }

    /// Where the value that was read ends.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// Whether nothing but space is left.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.next().is_none()
    }

    /// The next byte that is no space; it stays to be read.
    fn next(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        loop {
            let byte = *bytes.get(self.at)?;
            if !matches!(byte, b' ' | b'\n' | b'\t' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Steps over a byte that must be next.
    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.next()? == wanted).then(|| self.at += 1)
    }

    pub(super) fn value(&mut self) -> Option<Json<'a>> {
        match self.next()? {
            b'"' => self.string().map(Json::Text),
            b'{' => self.within(Self::object),
            b'[' => self.within(Self::list),
            b't' => self.word("true", Json::Bool(true)),
            b'f' => self.word("false", Json::Bool(false)),
            b'n' => self.word("null", Json::Null),
            _ => self.number(),
        }
    }

    fn within(&mut self, read: fn(&mut Self) -> Option<Json<'a>>) -> Option<Json<'a>> {
        self.deeper -= 1;
        if self.deeper == 0 {
            return None;
        }
        self.at += 1;
        let value = read(self)?;
        self.deeper += 1;
        Some(value)
    }

    fn object(&mut self) -> Option<Json<'a>> {
        let from = self.entries.len();
        if self.next()? == b'}' {
            self.at += 1;
            return Some(Json::Object(Box::default()));
        }
        loop {
            if self.next()? != b'"' {
                return None;
            }
            let key = self.string()?;
            self.take(b':')?;
            let value = self.value()?;
            self.entries.push((key, value));
            if self.closes(b'}')? {
                return Some(Json::Object(self.entries.split_off(from).into()));
            }
        }
    }

    fn list(&mut self) -> Option<Json<'a>> {
        let from = self.items.len();
        if self.next()? == b']' {
            self.at += 1;
            return Some(Json::List(Box::default()));
        }
        loop {
            let item = self.value()?;
            self.items.push(item);
            if self.closes(b']')? {
                return Some(Json::List(self.items.split_off(from).into()));
            }
        }
    }

    /// Steps over what stands behind an entry: `true` if it closes what is open, `false` if there is more.
    fn closes(&mut self, close: u8) -> Option<bool> {
        let byte = self.next()?;
        self.at += 1;
        match byte {
            b',' => Some(false),
            _ => (byte == close).then_some(true),
        }
    }

    fn word(&mut self, word: &str, value: Json<'a>) -> Option<Json<'a>> {
        let stands = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        stands.then(|| {
            self.at += word.len();
            value
        })
    }

    /// A string whose quote is next.
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let rest = &self.text[self.at + 1..];
        let end = plain_length(rest.as_bytes());
        if *rest.as_bytes().get(end)? == b'"' {
            self.at += end + 2;
            return Some(Cow::Borrowed(&rest[..end]));
        }
        let (text, end) = unescape(rest, &mut self.room)?;
        self.at += end + 2;
        Some(Cow::Owned(text.to_owned()))
    }

    fn number(&mut self) -> Option<Json<'a>> {
        let rest = &self.text[self.at..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let length = digits + rest.bytes().skip(digits).take_while(is_part).count();
        let number = &rest[..length];
        self.at += length;
        let is_plain = digits == length && digits <= MOST_DIGITS;
        if is_plain && (digits == 1 || !number.starts_with('0')) {
            return number.parse().ok().map(Json::Int);
        }
        let number = Number::from_str(number).ok()?;
        Some(match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Json::Int(whole),
            (None, Some(whole)) => Json::Big(whole),
            (None, None) => Json::Float(number.as_f64()?),
        })
    }
}
