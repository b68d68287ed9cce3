//! Ids that AWS gives, kept as numbers: no string per id.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A Lambda request id: a UUID, as 16 bytes. The same id runs again when an asynchronous event is retried.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub [u8; 16]);

impl RequestId {
    /// Reads the 36-character form (`8-4-4-4-12` hex digits, either case); `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: &[u8; 36] = text.as_bytes().try_into().ok()?;
        let dashes = [8, 13, 18, 23].map(|at| bytes[at]);
        let mut digits = [0; 32];
        for (part, to) in [
            (0..8, 0),
            (9..13, 8),
            (14..18, 12),
            (19..23, 16),
            (24..36, 20),
        ] {
            digits[to..to + part.len()].copy_from_slice(&bytes[part]);
        }
        from_hex(&digits).filter(|_| dashes == *b"----").map(Self)
    }

    /// The 36-character form, in lower case.
    pub fn letters(self) -> [u8; 36] {
        letters("", &self.0, &[4, 6, 8, 10])
    }

    /// Whether the text is this form of it.
    pub fn is_written(self, text: &str) -> bool {
        self.letters() == text.as_bytes()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(text(&self.letters()))
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for RequestId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(text(&self.letters()))
        } else {
            unless_zero(self.0).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for RequestId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|id| Self(id.unwrap_or_default()))
    }
}

/// A trace id. X-Ray writes `1-8hex-24hex`, W3C the same 32 digits without the dashes: one number here, so both join.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TraceId(pub [u8; 16]);

impl TraceId {
    /// Reads either spelling; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let mut digits = [0; 32];
        let (time, rest) = match bytes.len() {
            32 => bytes.split_at(8),
            35 if bytes[0] == b'1' && bytes[1] == b'-' && bytes[10] == b'-' => {
                (&bytes[2..10], &bytes[11..])
            }
            _ => return None,
        };
        digits[..8].copy_from_slice(time);
        digits[8..].copy_from_slice(rest);
        from_hex(&digits).map(Self)
    }

    /// As X-Ray writes it.
    fn letters(self) -> [u8; 35] {
        letters("1-", &self.0, &[4])
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(text(&self.letters()))
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(text(&self.letters()))
        } else {
            unless_zero(self.0).serialize(serializer)
        }
    }
}

impl<'de> Deserialize<'de> for TraceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(|id| Self(id.unwrap_or_default()))
    }
}

/// The id of a segment, subsegment or span: 16 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpanId([u8; 8]);

impl SpanId {
    /// The id of a number. It is held as bytes: a number must stand at a multiple of eight, and an optional one takes twice its room.
    pub const fn of(number: u64) -> Self {
        Self(number.to_be_bytes())
    }

    /// The number whose hex digits it is.
    pub fn number(self) -> u64 {
        u64::from_be_bytes(self.0)
    }

    /// Its bytes, the first digits first.
    pub fn bytes(self) -> [u8; 8] {
        self.0
    }

    /// Reads 16 hex digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        from_hex::<16, 8>(text.as_bytes().try_into().ok()?).map(Self)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:016x}", self.number())
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl Serialize for SpanId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.number().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SpanId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        u64::deserialize(deserializer).map(Self::of)
    }
}

/// Packed, an id of zeros takes no room.
fn unless_zero(id: [u8; 16]) -> Option<[u8; 16]> {
    (id != [0; 16]).then_some(id)
}

/// The letters of an id: a lead, then hex digits with a dash before each of the bytes at `dashes`.
fn letters<const LENGTH: usize>(lead: &str, bytes: &[u8], dashes: &[usize]) -> [u8; LENGTH] {
    let mut letters = [b'-'; LENGTH];
    let mut at = lead.len();
    letters[..at].copy_from_slice(lead.as_bytes());
    for (index, byte) in bytes.iter().enumerate() {
        at += usize::from(dashes.contains(&index));
        letters[at..at + 2].copy_from_slice(&hex_pair(*byte));
        at += 2;
    }
    letters
}

/// The letters, all of them ASCII, as text.
pub(super) fn text(letters: &[u8]) -> &str {
    str::from_utf8(letters).unwrap_or_default()
}

/// The two hex digits of a byte.
pub const fn hex_pair(byte: u8) -> [u8; 2] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [DIGITS[(byte >> 4) as usize], DIGITS[(byte & 15) as usize]]
}

/// The bytes that hex digits of either case stand for; `None` if a letter is no digit.
fn from_hex<const DIGITS: usize, const LENGTH: usize>(
    digits: &[u8; DIGITS],
) -> Option<[u8; LENGTH]> {
    let worth = digits.map(|letter| {
        let digit = letter.wrapping_sub(b'0');
        let above_nine = (letter | 0x20).wrapping_sub(b'a');
        match (digit, above_nine) {
            (0..10, _) => digit,
            (_, 0..6) => above_nine + 10,
            _ => u8::MAX,
        }
    });
    // Looked at once: most texts of the right length are ids.
    let all = worth.iter().fold(0, |all, digit| all | digit);
    let bytes = std::array::from_fn(|at| worth[2 * at] << 4 | worth[2 * at + 1]);
    (all <= 0xf).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_survives_the_round_trip() {
        let text = "cea42185-a492-47f6-a9f2-4d7d690c43d6";
        assert_eq!(
            RequestId::parse(text).map(|id| id.to_string()).as_deref(),
            Some(text)
        );
        assert_eq!(RequestId::parse("undefined"), None);
        assert_eq!(
            RequestId::parse("cea42185xa492-47f6-a9f2-4d7d690c43d6"),
            None
        );
        assert_eq!(
            RequestId::parse("gea42185-a492-47f6-a9f2-4d7d690c43d6"),
            None
        );
    }

    #[test]
    fn digits_of_either_case_are_read_and_nothing_else_is() {
        let text = "0123456789abcdef";
        let span = SpanId::parse(text);
        assert_eq!(span, Some(SpanId::of(0x0123_4567_89ab_cdef)));
        assert_eq!(SpanId::parse(&text.to_uppercase()), span);
        for at in 0..text.len() {
            for letter in ["g", "G", "/", ":", "@", "`", " ", "-"] {
                let mut wrong = text.to_owned();
                wrong.replace_range(at..=at, letter);
                assert_eq!(SpanId::parse(&wrong), None, "{wrong}");
            }
        }
    }

    #[test]
    fn both_spellings_of_a_trace_id_are_one_id() {
        let xray = TraceId::parse("1-6b001a21-c2f4d01e96d3e870728f41b7");
        let w3c = TraceId::parse("6b001a21c2f4d01e96d3e870728f41b7");
        assert!(xray.is_some());
        assert_eq!(xray, w3c);
        assert_eq!(
            xray.map(|id| id.to_string()).as_deref(),
            Some("1-6b001a21-c2f4d01e96d3e870728f41b7")
        );
        assert_eq!(TraceId::parse("1-6b001a21"), None);
    }
}
