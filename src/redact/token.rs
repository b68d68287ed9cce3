//! Credentials that are known by their own form.

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem;
use regex::Regex;

use super::places::{Places, Sign};
use super::span::{Finds, Span, json_number};
use super::{Rule, is_mask};

static AWS_KEY: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:AKIA|ASIA)[A-Z0-9]{16}"));

static JWT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{5,}(?:\.[A-Za-z0-9_-]*){0,3}"));

static PROVIDER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|xox[abeprs]-[A-Za-z0-9-]{8,}",
        r"|[sr]k_(?:live|test)_\w{8,}|\bsk-[\w-]{20,}|AIza[\w-]{30,}|ya29\.[\w-]{10,}|npm_\w{30,}",
        r"|SG\.[\w-]{16,}\.[\w-]{16,}|NRAK-[A-Z0-9]{20,}|hooks\.slack\.com/services/[\w/]{10,}"
    ))
});

static BEARER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)(?:bearer|basic|negotiate|digest)(?:[ \t]|%20|\+)+([a-z0-9._~+/=-]{6,})")
});

#[expect(
    clippy::expect_used,
    reason = "the patterns are constants, a test compiles them"
)]
fn pattern(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

pub(super) fn find(text: &str, places: &Places, keep_accounts: bool, finds: &mut Finds) {
    let shown = places.credentials;
    for (is_shown, rule, pattern) in [
        (shown.aws_key, Rule::AwsKey, &AWS_KEY),
        (shown.jwt, Rule::Jwt, &JWT),
        (shown.provider, Rule::ProviderToken, &PROVIDER),
        (shown.bearer, Rule::Bearer, &BEARER),
    ] {
        if is_shown {
            credentials(rule, pattern, text, finds);
        }
    }
    let bytes = text.as_bytes();
    for (sign, range) in &places.signs {
        match sign {
            Sign::Account if keep_accounts => {}
            Sign::Account => account(bytes, range.clone(), finds),
            Sign::Url => user_info(bytes, range.end, finds),
            Sign::PrivateKey => private_key(bytes, range.start, finds),
        }
    }
    key_line(text, finds);
    aws_secret(bytes, finds);
}

fn credentials(rule: Rule, pattern: &Regex, text: &str, finds: &mut Finds) {
    for found in pattern.captures_iter(text) {
        let part = found.get(1).or_else(|| found.get(0));
        let part = part.filter(|part| rule != Rule::Bearer || is_credential(part.as_str()));
        if let Some(part) = part {
            finds.push(Span::new(part.start(), part.end(), rule));
        }
    }
}

/// The number of an account behind one of its signs: in an ARN, in the address of a queue, or as a field of that name.
fn account(bytes: &[u8], sign: Range<usize>, finds: &mut Finds) {
    let run = |from: usize, of: fn(&u8) -> bool| {
        from + bytes[from..].iter().take_while(|byte| of(byte)).count()
    };
    let start = match bytes[sign.start] {
        // arn:partition:service:region:account
        b'a' if bytes[sign.clone()] == *b"arn:aws" => {
            let in_part = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
            let mut at = sign.end;
            for _ in 0..3 {
                at = run(at, in_part);
                if bytes.get(at) != Some(&b':') {
                    return;
                }
                at += 1;
            }
            at
        }
        _ if bytes[sign.end - 1] == b'/' => sign.end,
        // Its quotes may be escaped any number of times.
        _ => {
            let rest = &bytes[sign.end..];
            let id = [&b"_id"[..], b"id"].into_iter().find(|id| {
                rest.get(..id.len())
                    .is_some_and(|rest| rest.eq_ignore_ascii_case(id))
            });
            let escaped_quote = |at: usize| {
                let at = run(at, |byte| *byte == b'\\');
                at + usize::from(matches!(bytes.get(at), Some(b'"' | b'\'')))
            };
            let at = escaped_quote(sign.end + id.map_or(0, <[u8]>::len));
            let at = run(at, u8::is_ascii_whitespace);
            if !matches!(bytes.get(at), Some(b':' | b'=')) {
                return;
            }
            escaped_quote(run(at + 1, u8::is_ascii_whitespace))
        }
    };
    let end = run(start, u8::is_ascii_digit);
    let next = bytes.get(end).copied().unwrap_or(b' ');
    if end - start == 12 && !next.is_ascii_alphanumeric() && next != b'_' {
        let mut span = Span::new(start, end, Rule::Account);
        span.quoted = json_number(bytes, start, end);
        finds.push(span);
    }
}

/// `Basic authentication failed` holds no credential: one has digits, a long run, or capitals within.
fn is_credential(word: &str) -> bool {
    let bytes = word.as_bytes();
    bytes.len() >= 20
        || bytes
            .iter()
            .any(|byte| byte.is_ascii_digit() || *byte == b'=')
        || bytes[1..].iter().any(u8::is_ascii_uppercase)
}

/// The password in `user:password@host`, or a long user that is a key by itself.
fn user_info(bytes: &[u8], start: usize, finds: &mut Finds) {
    let stops =
        |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'`');
    let rest = &bytes[start..];
    let length = rest.iter().take_while(|byte| !stops(**byte)).count();
    let url = &rest[..length];
    let authority = url
        .iter()
        .position(|byte| matches!(byte, b'/' | b'?' | b'#' | b'\\'))
        .unwrap_or(length);
    let colon = memchr::memchr(b':', url);
    let at = match memchr::memrchr(b'@', &url[..authority]) {
        Some(at) => at,
        // A slash in the password: what follows the colon is no port, and an @ comes later.
        None => match (colon, memchr::memchr(b'@', url)) {
            (Some(colon), Some(at)) if colon < authority && colon < at => {
                let port = &url[colon + 1..authority];
                if url[0] == b'[' || port.iter().all(u8::is_ascii_digit) {
                    return;
                }
                at
            }
            _ => return,
        },
    };
    let (from, to) = match colon.filter(|colon| *colon < at) {
        Some(colon) => (colon + 1, at),
        None if at >= 16 => (0, at),
        None => return,
    };
    if from < to && !is_mask(&url[from..to]) {
        finds.push(Span::new(start + from, start + to, Rule::UrlPassword));
    }
}

/// A PEM block of a private key, to its end mark or, where it was cut off, to the end.
fn private_key(bytes: &[u8], at: usize, finds: &mut Finds) {
    let label = &bytes[at..bytes.len().min(at + 80)];
    if !label.starts_with(b"-----BEGIN ") || memmem::find(label, b"PRIVATE KEY").is_none() {
        return;
    }
    let end = memmem::find(&bytes[at..], b"-----END ").map_or(bytes.len(), |end| {
        let end = at + end + b"-----END ".len();
        memmem::find(&bytes[end..], b"-----").map_or(bytes.len(), |dashes| end + dashes + 5)
    });
    finds.push(Span::new(at, end, Rule::PrivateKey));
}

/// A line of a PEM block that was logged line by line: 64 or 76 characters of base64, alone.
fn key_line(text: &str, finds: &mut Finds) {
    let line = text.trim_ascii();
    if matches!(line.len(), 64 | 76) && line.bytes().all(is_base64) && is_mixed(line.as_bytes()) {
        let start = text.len() - text.trim_ascii_start().len();
        finds.push(Span::new(start, start + line.len(), Rule::PrivateKey));
    }
}

/// Secret access keys have no mark but their length: 40 characters of base64 between others.
fn aws_secret(bytes: &[u8], finds: &mut Finds) {
    const LENGTH: usize = 40;
    let in_run = |byte: &&u8| BASE64[usize::from(**byte)];
    // Every run of 40 covers one of these places.
    for place in (LENGTH - 1..bytes.len()).step_by(LENGTH) {
        let (before, rest) = bytes.split_at(place);
        let behind = rest.iter().take(LENGTH + 1).take_while(in_run).count();
        if behind == 0 || behind > LENGTH {
            continue;
        }
        let before = before.iter().rev().take(LENGTH + 1 - behind);
        let start = place - before.take_while(in_run).count();
        let run = &bytes[start..place + behind];
        if run.len() == LENGTH
            && is_mixed(run)
            && run.iter().filter(|byte| **byte == b'/').nth(3).is_none()
        {
            finds.push(Span::new(start, start + LENGTH, Rule::AwsSecret));
        }
    }
}

const BASE64: [bool; 256] = {
    let mut letters = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        letters[byte] = is_base64(byte as u8);
        byte += 1;
    }
    letters
};

const fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+')
}

/// Capitals, small letters and digits: no word, no hexadecimal number.
fn is_mixed(run: &[u8]) -> bool {
    run.iter().any(u8::is_ascii_uppercase)
        && run.iter().any(u8::is_ascii_lowercase)
        && run.iter().any(u8::is_ascii_digit)
        && !run.iter().all(u8::is_ascii_hexdigit)
}
