//! Reads the commonest line there is, one log event, by looking for its fields instead of parsing JSON.
//!
//! Only what is plain beyond doubt is read here: the six known keys, each at most once, in any order; whole numbers; strings
//! without control characters. Of anything else the JSON reader decides, so that both ways give the same event.

use memchr::memchr2;

use crate::model::json_text::plain;
use crate::model::record::LogLine;
use crate::model::time::Timestamp;

/// Digits of a number that surely fits.
const MOST_DIGITS: usize = 18;

/// Reads a line that is one log event, and gives its message also as it stands in the line, between its quotes; `room` takes the
/// message where that has escapes. `None`: not plain enough.
pub(super) fn read<'a>(
    line: &'a str,
    log_group: Option<&'a str>,
    room: &'a mut Vec<u8>,
) -> Option<(LogLine<'a>, &'a str)> {
    // No string may hold a control character, and between tokens they are rare.
    let least = line.bytes().fold(u8::MAX, u8::min);
    if least < b' ' {
        return None;
    }
    let mut found = Found::default();
    let mut rest = space(line.strip_prefix('{')?);
    loop {
        let (key, behind) = plain_string(rest)?;
        let value = space(space(behind).strip_prefix(':')?);
        rest = space(match key {
            "message" if found.message.is_none() => {
                let (message, behind) = message(value, room)?;
                found.message = Some(message);
                behind
            }
            _ => found.take(key, value)?,
        });
        match rest.as_bytes().first()? {
            b',' => rest = space(&rest[1..]),
            b'}' if rest.len() == 1 => break,
            _ => return None,
        }
    }
    let message = found.message?;
    let event = LogLine {
        group: found.group.or(log_group).unwrap_or_default(),
        stream: found.stream?,
        timestamp: Timestamp(found.timestamp?),
        ingestion: found.ingestion.map(Timestamp),
        event_id: found.event_id,
        message: if message.has_escapes {
            str::from_utf8(room).ok()?
        } else {
            message.escaped
        },
    };
    Some((event, message.escaped))
}

#[derive(Default)]
struct Found<'a> {
    group: Option<&'a str>,
    stream: Option<&'a str>,
    timestamp: Option<i64>,
    ingestion: Option<i64>,
    event_id: Option<&'a str>,
    message: Option<Message<'a>>,
}

struct Message<'a> {
    /// As it stands in the line.
    escaped: &'a str,
    /// It has some, and stands in the room without them.
    has_escapes: bool,
}

impl<'a> Found<'a> {
    /// Takes the value of a key; gives what stands behind it.
    fn take(&mut self, key: &str, value: &'a str) -> Option<&'a str> {
        match key {
            "logGroupName" => text(value, &mut self.group),
            "logStreamName" => text(value, &mut self.stream),
            "eventId" => text(value, &mut self.event_id),
            "timestamp" => number(value, &mut self.timestamp),
            "ingestionTime" => number(value, &mut self.ingestion),
            _ => None,
        }
    }
}

/// Reads a string without escapes into a field that is still empty.
fn text<'a>(value: &'a str, field: &mut Option<&'a str>) -> Option<&'a str> {
    let (text, rest) = plain_string(value)?;
    field.replace(text).is_none().then_some(rest)
}

/// Reads a whole number into a field that is still empty.
fn number<'a>(value: &'a str, field: &mut Option<i64>) -> Option<&'a str> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let is_plain = digits <= MOST_DIGITS && (digits == 1 || !value.starts_with('0'));
    let (number, rest) = value.split_at(digits);
    let known = field.replace(number.parse().ok()?);
    (is_plain && known.is_none()).then_some(rest)
}

/// The string without escapes at the start of a text, and what stands behind it.
fn plain_string(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('"')?;
    let end = memchr2(b'"', b'\\', text.as_bytes())?;
    (text.as_bytes()[end] == b'"').then(|| (&text[..end], &text[end + 1..]))
}

/// The string at the start of a text, and what stands behind it; `None` if an escape is unknown or half of a pair.
fn message<'a>(text: &'a str, room: &mut Vec<u8>) -> Option<(Message<'a>, &'a str)> {
    let text = text.strip_prefix('"')?;
    let bytes = text.as_bytes();
    let mut at = memchr2(b'"', b'\\', bytes)?;
    if bytes[at] == b'"' {
        let message = Message {
            escaped: &text[..at],
            has_escapes: false,
        };
        return Some((message, &text[at + 1..]));
    }
    room.clear();
    room.extend_from_slice(&bytes[..at]);
    // Escapes stand close together in JSON within JSON: a search for the next would take longer than the way to it.
    loop {
        if let Some(eight) = bytes[at..].first_chunk::<8>() {
            let plain = plain(*eight);
            room.extend_from_slice(eight);
            room.truncate(room.len() - 8 + plain);
            at += plain;
            if plain == 8 {
                continue;
            }
        }
        match *bytes.get(at)? {
            b'"' => {
                let message = Message {
                    escaped: &text[..at],
                    has_escapes: true,
                };
                return Some((message, &text[at + 1..]));
            }
            b'\\' => {
                let byte = match bytes.get(at + 1)? {
                    b'u' => {
                        let letter = unit(text.get(at + 2..at + 6)?)?;
                        room.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                        at += 6;
                        continue;
                    }
                    b'b' => 8,
                    b'f' => 12,
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    same @ (b'"' | b'\\' | b'/') => *same,
                    _ => return None,
                };
                room.push(byte);
                at += 2;
            }
            byte => {
                room.push(byte);
                at += 1;
            }
        }
    }
}

/// The letter of four hex digits; `None` for half of a pair.
fn unit(digits: &str) -> Option<char> {
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    char::from_u32(u32::from_str_radix(digits, 16).ok().filter(|_| is_hex)?)
}

fn space(text: &str) -> &str {
    text.trim_start_matches(' ')
}

#[cfg(test)]
mod tests;
