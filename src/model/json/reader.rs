//! Reads JSON text into a [`Json`].
//!
//! What is open is kept on two stacks, so that each object and list is laid down once, when it closes and its length is known.

use std::str::FromStr as _;

use bumpalo::Bump;
use bumpalo::collections::{String, Vec};
use serde_json::Number;

use super::Json;
use crate::model::digits::{digits, whole};
use crate::model::json_text::{plain_length, unescape};

/// Objects and lists in each other.
const DEEPEST: u8 = 128;

/// Entries that most documents have open at the most: so many fit into the least that an arena asks for at once.
const OPEN: usize = 10;

/// Bytes that most strings with escapes have at the most.
const ROOM: usize = 256;

/// Reads JSON as it is.
pub(super) type Plain<'a> = Reader<'a, false>;

/// Reads JSON as it stands in a JSON string.
pub(super) type InString<'a> = Reader<'a, true>;

pub(super) struct Reader<'a, const IN_STRING: bool> {
    text: &'a str,
    at: usize,
    deeper: u8,
    arena: &'a Bump,
    entries: Vec<'a, (&'a str, Json<'a>)>,
    items: Vec<'a, Json<'a>>,
    /// Room for a string without its escapes.
    room: std::vec::Vec<u8>,
}

impl<'a, const IN_STRING: bool> Reader<'a, IN_STRING> {
    pub(super) fn new(text: &'a str, arena: &'a Bump) -> Self {
        Self {
            text,
            at: 0,
            deeper: DEEPEST,
            arena,
            entries: Vec::with_capacity_in(OPEN, arena),
            items: Vec::new_in(arena),
            room: std::vec::Vec::new(),
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
            b'"' | b'\\' => self.string().map(Json::Text),
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
            return Some(Json::Object(&[]));
        }
        loop {
            self.next()?;
            let key = self.string()?;
            self.take(b':')?;
            let value = self.value()?;
            self.entries.push((key, value));
            if self.closes(b'}')? {
                let entries = self.arena.alloc_slice_copy(&self.entries[from..]);
                self.entries.truncate(from);
                return Some(Json::Object(entries));
            }
        }
    }

    fn list(&mut self) -> Option<Json<'a>> {
        let from = self.items.len();
        if self.next()? == b']' {
            self.at += 1;
            return Some(Json::List(&[]));
        }
        loop {
            let item = self.value()?;
            self.items.push(item);
            if self.closes(b']')? {
                let items = self.arena.alloc_slice_copy(&self.items[from..]);
                self.items.truncate(from);
                return Some(Json::List(items));
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

    /// The quote around a string.
    const QUOTE: &'static str = if IN_STRING { "\\\"" } else { "\"" };

    /// A string, whose quote must be next.
    fn string(&mut self) -> Option<&'a str> {
        let rest = self.text[self.at..].strip_prefix(Self::QUOTE)?;
        let end = plain_length(rest.as_bytes());
        if rest[end..].starts_with(Self::QUOTE) {
            self.at += end + 2 * Self::QUOTE.len();
            return Some(&rest[..end]);
        }
        let (text, end) = if IN_STRING {
            let (once, end) = unescape_inner(rest, self.arena)?;
            (unescape(once, 0, &mut self.room)?.0, end)
        } else {
            unescape(rest, end, &mut self.room)?
        };
        self.at += end + 2 * Self::QUOTE.len();
        Some(self.arena.alloc_str(text))
    }

    fn number(&mut self) -> Option<Json<'a>> {
        let rest = &self.text[self.at..];
        if let Some((number, length)) = plain_number(rest.as_bytes()) {
            self.at += length;
            return Some(number);
        }
        let length = rest.bytes().take_while(|byte| is_of_number(*byte)).count();
        self.at += length;
        let number = Number::from_str(&rest[..length]).ok()?;
        Some(match (number.as_i64(), number.as_u64()) {
            (Some(whole), _) => Json::Int(whole),
            (None, Some(whole)) => Json::Big(whole),
            (None, None) => Json::Float(number.as_f64()?),
        })
    }
}

/// The powers of ten by which a fraction of so many decimals is divided.
const TENS: [f64; 10] = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// Whole numbers up to this one are fractions without loss: divided by a power of ten they give the nearest there is.
const LARGEST: u64 = 1 << 53;

fn is_of_number(byte: u8) -> bool {
    byte.is_ascii_digit() || b"+-.eE".contains(&byte)
}

/// The number at the start of a text and its length, if it has no sign, no exponent and few enough digits.
fn plain_number<'a>(text: &[u8]) -> Option<(Json<'a>, usize)> {
    let (length, whole) = whole(text)?;
    let behind = &text[length..];
    let goes_on = |byte: Option<&u8>| byte.is_some_and(|byte| is_of_number(*byte));
    if !goes_on(behind.first()) {
        return Some((Json::Int(whole as i64), length));
    }
    let behind = behind.strip_prefix(b".")?;
    let (decimals, part) = digits(behind);
    let scale = TENS.get(decimals).filter(|_| decimals > 0)?;
    let all = whole
        .checked_mul(*scale as u64)?
        .checked_add(part)
        .filter(|all| *all <= LARGEST)?;
    let ends = !goes_on(behind.get(decimals));
    ends.then(|| (Json::Float(all as f64 / scale), length + 1 + decimals))
}

/// Reads what stands behind the quote that opens a string in a JSON string, up to the quote that closes it, which it keeps at its end:
/// without the backslashes that the outer string puts before quotes and backslashes. The second value is where that quote stands. `None`
/// if the outer string has other escapes, or ends before.
fn unescape_inner<'a>(text: &str, arena: &'a Bump) -> Option<(&'a str, usize)> {
    let mut inner = String::with_capacity_in(text.len().min(ROOM), arena);
    let (mut from, mut is_escaped) = (0, false);
    loop {
        let plain = plain_length(&text.as_bytes()[from..]);
        is_escaped &= plain == 0;
        inner.push_str(&text[from..from + plain]);
        let at = from + plain;
        let escaped = text[at..].strip_prefix('\\')?.chars().next()?;
        if !matches!(escaped, '"' | '\\') {
            return None;
        }
        inner.push(escaped);
        if !is_escaped && escaped == '"' {
            return Some((inner.into_bump_str(), at));
        }
        is_escaped = !is_escaped && escaped == '\\';
        from = at + 2;
    }
}
