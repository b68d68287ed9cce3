//! Reads the commonest line there is, one log event, by looking for its fields instead of parsing JSON.
//!
//! Only what is plain beyond doubt is read here: the six known keys, each at most once, in any order; whole numbers; strings
//! without control characters. Of anything else the JSON reader decides, so that both ways give the same event.

use bumpalo::Bump;
use memchr::memchr2;

use crate::model::digits::whole;
use crate::model::json_text::{has_controls, unescape};
use crate::model::message::Message;
use crate::model::record::LogLine;
use crate::model::time::Timestamp;

/// Reads a line that is one log event. With an arena a message that is JSON is read into it, if it has no other escapes than those of
/// quotes and backslashes; `room` takes any other message that has escapes. `None`: not plain enough.
pub(super) fn read<'a>(
    line: &'a str,
    log_group: Option<&'a str>,
    room: &'a mut Vec<u8>,
    arena: Option<&'a Bump>,
) -> Option<LogLine<'a>> {
    // No string may hold a control character, and between tokens they are rare.
    if has_controls(line) {
        return None;
    }
    let mut room = Some(room);
    let (mut group, mut stream, mut event_id) = (None, None, None);
    let (mut timestamp, mut ingestion, mut message) = (None, None, None);
    let mut rest = line.strip_prefix('{')?;
    loop {
        let key = space(rest);
        rest = space(match key.as_bytes().get(1)? {
            b'l' => match behind(key, "\"logGroupName\"") {
                Some(value) => text(value, &mut group)?,
                None => text(behind(key, "\"logStreamName\"")?, &mut stream)?,
            },
            b't' => number(behind(key, "\"timestamp\"")?, &mut timestamp)?,
            b'm' => {
                let value = behind(key, "\"message\"")?;
                let (said, rest) = self::message(value, room.take()?, arena)?;
                message = Some(said);
                rest
            }
            b'i' => number(behind(key, "\"ingestionTime\"")?, &mut ingestion)?,
            b'e' => text(behind(key, "\"eventId\"")?, &mut event_id)?,
            _ => return None,
        });
        match rest.as_bytes().first()? {
            b',' => rest = &rest[1..],
            b'}' if rest.len() == 1 => break,
            _ => return None,
        }
    }
    Some(LogLine {
        group: group.or(log_group).unwrap_or_default(),
        stream: stream?,
        timestamp: Timestamp(timestamp?),
        ingestion: ingestion.map(Timestamp),
        event_id,
        message: message?,
    })
}

/// The value of a key that stands at the start of a text.
#[expect(
    clippy::inline_always,
    reason = "comparing with a text that is known there takes two words, comparing with any a call"
)]
#[inline(always)]
fn behind<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(key)?;
    Some(space(space(rest).strip_prefix(':')?))
}

/// Reads a string without escapes into a field that is still empty.
fn text<'a>(value: &'a str, field: &mut Option<&'a str>) -> Option<&'a str> {
    let (text, rest) = plain_string(value)?;
    field.replace(text).is_none().then_some(rest)
}

/// Reads a whole number into a field that is still empty.
fn number<'a>(value: &'a str, field: &mut Option<i64>) -> Option<&'a str> {
    let (length, number) = whole(value.as_bytes())?;
    let known = field.replace(number as i64);
    known.is_none().then(|| &value[length..])
}

/// The string without escapes at the start of a text, and what stands behind it.
fn plain_string(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix('"')?;
    let end = quote_or_escape(text)?;
    (text.as_bytes()[end] == b'"').then(|| (&text[..end], &text[end + 1..]))
}

fn quote_or_escape(text: &str) -> Option<usize> {
    memchr2(b'"', b'\\', text.as_bytes())
}

/// The message in the string at the start of a text, and what stands behind that.
fn message<'a>(
    text: &'a str,
    room: &'a mut Vec<u8>,
    arena: Option<&'a Bump>,
) -> Option<(Message<'a>, &'a str)> {
    let string = text.strip_prefix('"')?;
    if let Some(arena) = arena
        && let Some((message, end)) = Message::object(string, arena)
    {
        return Some((message, &string[end + 1..]));
    }
    let plain = quote_or_escape(string)?;
    let (text, end) = match string.as_bytes()[plain] {
        b'"' => (&string[..plain], plain),
        _ => unescape(string, plain, room)?,
    };
    let escaped = &string[..end];
    Some((Message::Read { text, escaped }, &string[end + 1..]))
}

fn space(text: &str) -> &str {
    // Mostly there is none.
    match text.as_bytes().first() {
        Some(b' ') => text.trim_start_matches(' '),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
