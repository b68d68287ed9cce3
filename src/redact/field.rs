//! Values whose name says that they are secret: key=value, JSON fields however deep they are quoted, headers.

use memchr::memchr_iter;

use super::places::Places;
use super::span::{Finds, Quote, Span};
use super::{Rule, is_mask};

/// Ends of names, in lower case and without separators: `client_secret`, `x-api-key`, `DbPassword`.
const ENDS: [&str; 32] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "apikey",
    "accesskey",
    "secretkey",
    "privatekey",
    "accountkey",
    "sharedkey",
    "subscriptionkey",
    "encryptionkey",
    "signingkey",
    "masterkey",
    "authkey",
    "token",
    "authorization",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "cvv",
    "cvc",
    "ssn",
    "connectionstring",
    "connstr",
    "signature",
    "jwt",
    "otp",
    "passwords",
];

/// Names that say it only where they stand alone.
const WHOLE: [&str; 5] = ["pass", "auth", "sig", "pw", "pin"];

/// The last three letters of all of these, as [`ending`] puts them. Those that are shorter are told in [`may_be_secret`].
const ENDINGS: [u64; 512] = {
    let mut endings = [0; 512];
    let mut at = 0;
    while at < ENDS.len() + WHOLE.len() {
        let name = if at < ENDS.len() {
            ENDS[at]
        } else {
            WHOLE[at - ENDS.len()]
        };
        if let [.., a, b, c] = name.as_bytes() {
            let ending = ending(*a, *b, *c);
            endings[ending / 64] |= 1 << (ending % 64);
        }
        at += 1;
    }
    endings
};

/// Three letters of either case in 15 bits. What is no letter gets the bits of one.
const fn ending(a: u8, b: u8, c: u8) -> usize {
    ((a & 31) as usize) << 10 | ((b & 31) as usize) << 5 | (c & 31) as usize
}

/// What stands before `token` where it is a place in a list or an id of a request, and no credential.
const HARMLESS_TOKENS: [&str; 12] = [
    "next",
    "page",
    "pagination",
    "continuation",
    "idempotency",
    "clientrequest",
    "deduplication",
    "sequence",
    "forward",
    "backward",
    "sync",
    "starting",
];

/// How far a value without quotes goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// To the next blank or separator.
    Word,
    /// To the end of the line or header: it has blanks of its own.
    Line,
}

/// A name before a separator.
struct Name<'a> {
    text: &'a [u8],
    /// The word before it, where a name of two words is written with a blank.
    word_before: &'a [u8],
    quote: Option<Quote>,
}

pub(super) fn find(text: &str, places: &Places, finds: &mut Finds) {
    let bytes = text.as_bytes();
    let mut done = 0;
    for &at in &places.separators {
        if at < done {
            continue;
        }
        if let Some(name) = name_before(bytes, at)
            && let Some(extent) = secret(&name)
            && let Some(span) = value_after(bytes, at, &name, extent)
        {
            done = span.end;
            finds.push(span);
        }
    }
}

/// Whether the name before a separator may say that it is secret, by its last letters: most names end otherwise.
pub(super) fn may_be_secret(bytes: &[u8], separator: usize) -> bool {
    let name = before_quote(bytes, separator).0;
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric();
    match bytes[..name] {
        [.., a, b, c] if is_letter(a) && is_letter(b) && is_letter(c) => {
            let ending = ending(a, b, c);
            ENDINGS[ending / 64] >> (ending % 64) & 1 == 1
        }
        // Marks within a name do not count as letters, and short names stand alone: both are rare.
        [.., c] => is_name(c) && !c.is_ascii_digit(),
        [] => false,
    }
}

/// Environment variables of a function's configuration: what is in them is nobody's business.
pub(super) fn find_environment(text: &str, finds: &mut Finds) {
    let bytes = text.as_bytes();
    for at in memchr_iter(b':', bytes) {
        if let Some(name) = name_before(bytes, at)
            && name.text == b"Variables"
            && let Some(mut span) = value_after(bytes, at, &name, Extent::Word)
        {
            span.rule = Rule::Environment as u16;
            finds.push(span);
        }
    }
}

fn name_before(bytes: &[u8], separator: usize) -> Option<Name<'_>> {
    let (end, quote) = before_quote(bytes, separator);
    let start = end - run_back(bytes, end, is_name);
    let text = bytes.get(start..end).filter(|text| !text.is_empty())?;
    let word_before = if start > 0 && bytes[start - 1] == b' ' {
        let end = start - 1;
        &bytes[end - run_back(bytes, end, is_name)..end]
    } else {
        &[]
    };
    Some(Name {
        text,
        word_before,
        quote,
    })
}

/// Where the name before a separator ends, and the quote behind it.
fn before_quote(bytes: &[u8], separator: usize) -> (usize, Option<Quote>) {
    let mut end = separator;
    while end > 0 && bytes[end - 1] == b' ' && separator - end < 2 {
        end -= 1;
    }
    let Some(mark @ (b'"' | b'\'')) = end.checked_sub(1).map(|at| bytes[at]) else {
        return (end, None);
    };
    end -= 1;
    let backslashes = run_back(bytes, end, |byte| byte == b'\\');
    let quote = Quote {
        backslashes: backslashes as u8,
        mark,
    };
    (end - backslashes, Some(quote))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Length of the run of such bytes that ends at `end`; a name is not longer than 64.
fn run_back(bytes: &[u8], end: usize, of: impl Fn(u8) -> bool) -> usize {
    let run = bytes[..end].iter().rev().take(64);
    run.take_while(|byte| of(**byte)).count()
}

/// Whether a name says that its value is secret, and how far such a value goes.
fn secret(name: &Name<'_>) -> Option<Extent> {
    let mut folded = [0; 64];
    let mut length = 0;
    let key_alone = name.text.eq_ignore_ascii_case(b"key");
    let words = [if key_alone { name.word_before } else { &[] }, name.text];
    for byte in words.into_iter().flatten() {
        if byte.is_ascii_alphanumeric() && length < folded.len() {
            folded[length] = byte.to_ascii_lowercase();
            length += 1;
        }
    }
    let folded = &folded[..length];
    if WHOLE.iter().any(|whole| folded == whole.as_bytes()) {
        return Some(Extent::Word);
    }
    let end = ENDS.iter().find(|end| folded.ends_with(end.as_bytes()))?;
    let before = &folded[..length - end.len()];
    match *end {
        "token"
            if HARMLESS_TOKENS
                .iter()
                .any(|it| before.ends_with(it.as_bytes())) =>
        {
            None
        }
        "authorization" | "cookie" | "cookies" => Some(Extent::Line),
        _ => Some(Extent::Word),
    }
}

fn value_after(bytes: &[u8], separator: usize, name: &Name<'_>, extent: Extent) -> Option<Span> {
    let mut at = separator + 1;
    if matches!(bytes.get(at), Some(b'=' | b'>')) {
        at += 1;
    }
    while matches!(bytes.get(at), Some(b' ' | b'\t')) {
        at += 1;
    }
    let backslashes = bytes.get(at..)?.iter().take_while(|b| **b == b'\\').count();
    let (start, end, quoted) = match bytes.get(at + backslashes)? {
        mark @ (b'"' | b'\'') => {
            let start = at + backslashes + 1;
            (start, closing(bytes, start, *mark, backslashes), None)
        }
        _ if is_mask(&bytes[at..]) => return None,
        b'[' | b'{' => (at, balanced(bytes, at), name.quote),
        _ => (at, unquoted(bytes, at, extent), name.quote),
    };
    let value = bytes.get(start..end).filter(|value| !value.is_empty())?;
    let nothing: [&[u8]; 7] = [
        b"null",
        b"true",
        b"false",
        b"None",
        b"nil",
        b"undefined",
        b"-",
    ];
    let is_path = name.text.eq_ignore_ascii_case(b"pwd") && value.starts_with(b"/");
    if is_mask(value) || is_path || nothing.contains(&value) {
        return None;
    }
    let mut span = Span::new(start, end, Rule::Secret);
    span.quoted = quoted;
    Some(span)
}

/// Where a quoted value ends: at its mark behind as many backslashes as it opened with.
fn closing(bytes: &[u8], start: usize, mark: u8, backslashes: usize) -> usize {
    for at in memchr_iter(mark, &bytes[start..]).map(|at| start + at) {
        let run = bytes[start..at]
            .iter()
            .rev()
            .take_while(|byte| **byte == b'\\')
            .count();
        let closes = if backslashes == 0 {
            run % 2 == 0
        } else {
            run == backslashes
        };
        if closes {
            return at - backslashes;
        }
    }
    bytes.len()
}

/// Where an object or a list ends; the text's end if it never does.
fn balanced(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0usize;
    let mut quoted = false;
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        match byte {
            b'"' => quoted = !quoted ^ escaped_inside(bytes, start, at, quoted),
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    bytes.len()
}

/// Whether a quote inside a string is escaped deeper than the quotes around it, which open where the brackets stand.
fn escaped_inside(bytes: &[u8], start: usize, at: usize, quoted: bool) -> bool {
    let run = |at: usize| {
        bytes[..at]
            .iter()
            .rev()
            .take_while(|byte| **byte == b'\\')
            .count()
    };
    let first = memchr::memchr(b'"', &bytes[start..]).map_or(0, |first| run(start + first));
    quoted && run(at) > first
}

fn unquoted(bytes: &[u8], start: usize, extent: Extent) -> usize {
    let ends = |at: usize, byte: u8| match extent {
        Extent::Word => {
            byte.is_ascii_whitespace()
                || matches!(
                    byte,
                    b',' | b';' | b'&' | b'"' | b'\'' | b'<' | b'>' | b')' | b']' | b'}' | b'\\'
                )
        }
        Extent::Line => {
            matches!(byte, b'\n' | b'\r' | b'"' | b'\'' | b'}' | b'\\')
                || byte == b',' && bytes.get(at + 1) == Some(&b' ')
        }
    };
    let rest = bytes.iter().enumerate().skip(start);
    let mut end = rest
        .clone()
        .find(|(at, byte)| ends(*at, **byte))
        .map_or(bytes.len(), |(at, _)| at);
    while end > start && bytes[end - 1] == b' ' {
        end -= 1;
    }
    end
}
