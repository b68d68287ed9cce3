//! Takes secrets and personal data out of records, before anything of them is written or sent.
//!
//! A value is replaced, its line stays: `[email#1f0c9a774b2e]` names the rule and a keyed hash of the value, so that equal
//! values stay equal and different ones can be told apart. Ids that join records (request, trace, event and message ids) match
//! no rule. What was replaced once matches no rule again, so redacting twice changes nothing.

mod address;
mod card;
mod counts;
mod field;
mod json_path;
mod places;
mod record;
mod span;
mod token;

use std::borrow::Cow;

use regex::Regex;
use serde_json_path::JsonPath;
use sha2::{Digest as _, Sha256};

pub use counts::Counts;
pub use record::{CleanNames, RedactedLine};

use crate::model::ids::hex_pair;
use crate::model::settings::{RedactSettings, SettingsError};
use crate::model::words::wrong_pattern;
use places::Places;
use span::{Finds, Span};

/// The rules that are always on, by the names that masks and counts carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display, strum::EnumIter)]
#[strum(serialize_all = "snake_case")]
enum Rule {
    /// `AKIA…`, `ASIA…`.
    AwsKey,
    /// 40 characters of base64 that stand alone.
    AwsSecret,
    /// Credentials after `Bearer`, `Basic` and their like.
    Bearer,
    Jwt,
    /// A PEM block.
    PrivateKey,
    /// In `scheme://user:password@host`.
    UrlPassword,
    /// The value of a key=value pair, JSON field or header whose name says that it is secret.
    Secret,
    /// A token that its provider made recognisable.
    ProviderToken,
    Email,
    /// A payment card number: prefix of a network, its length, Luhn's check digit.
    Card,
    /// IPv4 and IPv6, but for loopback, unspecified and link-local addresses.
    Ip,
    /// Environment variables of a function's configuration.
    Environment,
    /// The number of an AWS account.
    Account,
}

/// What the keyed hash of masks is keyed with. It is never written.
#[derive(Clone, Copy)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Key")
    }
}

impl Key {
    /// A key of one's own: the same values then get the same masks in every snapshot.
    pub fn of_text(text: &str) -> Self {
        Self(Sha256::digest(text).into())
    }

    /// The key that content gives: the same content gets the same masks.
    pub fn of_content(digest: [u8; 32]) -> Self {
        Self(digest)
    }
}

/// The rules, those of the settings compiled.
#[derive(Debug)]
pub struct Redactor {
    key: Key,
    keep_accounts: bool,
    patterns: Vec<(u16, Regex)>,
    paths: Vec<(u16, JsonPath)>,
    names: Vec<String>,
}

impl Redactor {
    /// The rules that are always on and those of the settings. A key of the settings wins over `key`.
    pub fn new(settings: &RedactSettings, key: Key) -> Result<Self, SettingsError> {
        Self::with_accounts(settings, key, false)
    }

    /// The same; `keep_accounts` leaves the numbers of AWS accounts as they are.
    pub fn with_accounts(
        settings: &RedactSettings,
        key: Key,
        keep_accounts: bool,
    ) -> Result<Self, SettingsError> {
        let mut names: Vec<String> = <Rule as strum::IntoEnumIterator>::iter()
            .map(|rule| rule.to_string())
            .collect();
        let (mut patterns, mut paths) = (Vec::new(), Vec::new());
        for (place, rule) in settings.rule.iter().enumerate() {
            let wrong = |key, what: String| {
                let message = format!("[[redact.rule]] {}: {what}", rule.name);
                SettingsError::of_rule(&["redact", "rule"], place, key, message)
            };
            let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
            if rule.name.is_empty() || !rule.name.chars().all(plain) {
                let what = "a name of letters, digits and _ is needed";
                return Err(wrong(Some("name"), what.into()));
            }
            let at = names.len() as u16;
            names.push(rule.name.clone());
            match (&rule.path, &rule.pattern) {
                (Some(path), None) => {
                    let path = JsonPath::parse(path).map_err(|error| {
                        wrong(Some("path"), format!("`path` is no JSONPath: {error}"))
                    })?;
                    paths.push((at, path));
                }
                (None, Some(pattern)) => {
                    let pattern = Regex::new(pattern).map_err(|error| {
                        let what = format!("`pattern`: {}", wrong_pattern(&error));
                        wrong(Some("pattern"), what)
                    })?;
                    patterns.push((at, pattern));
                }
                _ => return Err(wrong(None, "either path or pattern is needed".into())),
            }
        }
        Ok(Self {
            key: settings.key.as_deref().map_or(key, Key::of_text),
            keep_accounts,
            patterns,
            paths,
            names,
        })
    }

    /// Counts of nothing yet, by the rules of this redactor.
    pub fn counts(&self) -> Counts {
        Counts::new(self.names.clone())
    }

    /// `text` with every value that a rule names replaced; borrowed where there is none.
    pub fn text<'a>(&self, text: &'a str, counts: &mut Counts) -> Cow<'a, str> {
        let written_anew = json_path::replace(self, text, counts);
        let text = match written_anew {
            Some(anew) => Cow::Owned(anew),
            None => Cow::Borrowed(text),
        };
        let text = match unescaped(&text) {
            Some(unescaped) => Cow::Owned(unescaped),
            None => text,
        };
        match self.masked(&text, &mut |_, _| {}, counts) {
            Some(masked) => Cow::Owned(masked),
            None => text,
        }
    }

    /// `text` with what the rules and `further` find replaced; `None` if there is nothing.
    fn masked(
        &self,
        text: &str,
        further: &mut dyn FnMut(&str, &mut Finds),
        counts: &mut Counts,
    ) -> Option<String> {
        self.masked_at(text, &Places::of(text), further, counts)
    }

    /// The same, where the places are known.
    fn masked_at(
        &self,
        text: &str,
        places: &Places,
        further: &mut dyn FnMut(&str, &mut Finds),
        counts: &mut Counts,
    ) -> Option<String> {
        let mut finds = Finds::default();
        token::find(text, places, self.keep_accounts, &mut finds);
        field::find(text, places, &mut finds);
        address::find(text, places, &mut finds);
        card::find(text, &mut finds);
        further(text, &mut finds);
        for (rule, pattern) in &self.patterns {
            for found in pattern.captures_iter(text) {
                let part = found.get(1).or_else(|| found.get(0));
                if let Some(part) = part.filter(|part| !part.is_empty()) {
                    finds.push(Span::of(part.start(), part.end(), *rule));
                }
            }
        }
        let spans = finds.settle(text)?;
        let mut out = String::with_capacity(text.len() + spans.len() * 16);
        let mut kept = 0;
        for span in &spans {
            out.push_str(&text[kept..span.start]);
            span.quote(&mut out);
            self.mask(span.rule, &text[span.start..span.end], &mut out);
            span.quote(&mut out);
            kept = span.end;
            counts.add(span.rule);
        }
        out.push_str(&text[kept..]);
        Some(out)
    }

    /// Writes what stands for a value.
    fn mask(&self, rule: u16, value: &str, out: &mut String) {
        let mut hash = Sha256::new();
        hash.update(self.key.0);
        hash.update(value);
        let hash: [u8; 32] = hash.finalize().into();
        out.push('[');
        out.push_str(&self.names[rule as usize]);
        out.push('#');
        let digits = hash[..MASK_BYTES].iter().copied().flat_map(hex_pair);
        out.extend(digits.map(char::from));
        out.push(']');
    }
}

/// Bytes of the hash that a mask shows: two of a million values look alike once in 500 times.
const MASK_BYTES: usize = 6;

/// Whether a value is a mask already.
fn is_mask(value: &[u8]) -> bool {
    let Some(rest) = value.strip_prefix(b"[") else {
        return false;
    };
    let name = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
        .count();
    let digits = 2 * MASK_BYTES;
    name > 0
        && rest.get(name) == Some(&b'#')
        && rest.get(name + 1 + digits) == Some(&b']')
        && rest[name + 1..=name + digits]
            .iter()
            .all(u8::is_ascii_hexdigit)
}

/// `text` with printable ASCII that JSON wrote as `\u0040` written plainly, quotes and backslashes aside: rules look for the
/// letters. `None` where there is no such escape.
fn unescaped(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let mut kept = 0;
    for at in memchr::memchr_iter(b'\\', bytes) {
        if !bytes[at..].starts_with(b"\\u00") {
            continue;
        }
        let before = bytes[..at].iter().rev().take_while(|byte| **byte == b'\\');
        let code = text.get(at + 4..at + 6);
        let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(code @ 0x20..=0x7e) = code
            && !matches!(code, b'"' | b'\\')
            && before.count() % 2 == 0
            && at >= kept
        {
            out.push_str(&text[kept..at]);
            out.push(char::from(code));
            kept = at + 6;
        }
    }
    (kept > 0).then(|| {
        out.push_str(&text[kept..]);
        out
    })
}

#[cfg(test)]
mod tests;
