//! One pass over a text for the places at which rules have to look closer: in most texts there are few.
//!
//! A place is left out only where its rule would find nothing. Whatever is common in logs is told here by the bytes next to it.

use std::ops::Range;

use super::field;

/// Where rules look.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// `:` and `=` behind what may be the name of a secret.
    pub(super) separators: Vec<usize>,
    /// `@`, and the `%` of `%40`.
    pub(super) ats: Vec<usize>,
    /// Dots between digits.
    pub(super) dots: Vec<usize>,
    /// Colons before what an IPv6 address may go on with.
    pub(super) colons: Vec<usize>,
    /// Credentials whose rule then reads the whole text.
    pub(super) credentials: Credentials,
    /// Numbers of accounts, URLs and keys stand behind these.
    pub(super) signs: Vec<(Sign, Range<usize>)>,
}

/// Credentials of which the text shows a sign.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Credentials {
    pub(super) aws_key: bool,
    pub(super) jwt: bool,
    pub(super) provider: bool,
    pub(super) bearer: bool,
}

/// What a sign announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    Account,
    Url,
    PrivateKey,
}

/// The bytes by which places are found: of each sign its rarest.
const WATCHED: [bool; 256] = {
    let bytes = b":=@%._xkKIJzbBgGuUwW";
    let mut watched = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        watched[bytes[at] as usize] = true;
        at += 1;
    }
    watched
};

/// What an IPv6 address is written with.
pub(super) const IPV6: [bool; 256] = {
    let mut part = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        part[byte] = matches!(byte as u8, b':' | b'.') || (byte as u8).is_ascii_hexdigit();
        byte += 1;
    }
    part
};

impl Places {
    pub(super) fn of(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut places = Self::default();
        // By eight, so that a byte costs little more than its look-up.
        let (eights, rest) = bytes.as_chunks::<8>();
        for (eight, start) in eights.iter().zip((0..).step_by(8)) {
            for (byte, at) in eight.iter().zip(start..) {
                if WATCHED[usize::from(*byte)] {
                    places.look(bytes, at);
                }
            }
        }
        for (byte, at) in rest.iter().zip(bytes.len() - rest.len()..) {
            if WATCHED[usize::from(*byte)] {
                places.look(bytes, at);
            }
        }
        places
    }

    // Inlined eight times, it would crowd the look-up out.
    #[inline(never)]
    fn look(&mut self, bytes: &[u8], at: usize) {
        let (before, rest) = bytes.split_at(at);
        let next = rest.get(1).copied().unwrap_or_default();
        match rest[0] {
            b':' => {
                if field::may_be_secret(bytes, at) {
                    self.separators.push(at);
                }
                if IPV6[usize::from(next)] {
                    self.colons.push(at);
                }
                for slashes in [&b"://"[..], br":\/\/"] {
                    if rest.starts_with(slashes) {
                        self.sign(Sign::Url, at..at + slashes.len());
                    }
                }
            }
            b'=' => {
                if field::may_be_secret(bytes, at) {
                    self.separators.push(at);
                }
            }
            b'@' => self.ats.push(at),
            b'%' => {
                if rest.starts_with(b"%40") {
                    self.ats.push(at);
                }
            }
            b'.' => {
                if next.is_ascii_digit() && before.last().is_some_and(u8::is_ascii_digit) {
                    self.dots.push(at);
                }
                // ya29.… SG.… hooks.slack.com/services/…
                self.credentials.provider |= matches!(
                    before,
                    [.., b'y', b'a', b'2', b'9']
                        | [.., b'S', b'G']
                        | [.., b'h', b'o', b'o', b'k', b's']
                );
            }
            // ghp_… github_pat_… sk_live_… npm_…
            b'_' => {
                self.credentials.provider |= matches!(
                    before,
                    [.., b'g', b'h', b'p' | b'o' | b'u' | b's' | b'r']
                        | [.., b'_', b'p', b'a', b't']
                        | [.., b's' | b'r', b'k', b'_', b'l', b'i', b'v', b'e']
                        | [.., b's' | b'r', b'k', b'_', b't', b'e', b's', b't']
                        | [.., b'n', b'p', b'm']
                );
            }
            // xoxb-…
            b'x' => {
                self.credentials.provider |= matches!(
                    rest,
                    [
                        _,
                        b'o',
                        b'x',
                        b'a' | b'b' | b'e' | b'p' | b'r' | b's',
                        b'-',
                        ..
                    ]
                );
            }
            // sk-…, but not the one of `task-`
            b'k' => {
                self.credentials.provider |= next == b'-'
                    && before.strip_suffix(b"s").is_some_and(|before| {
                        !before
                            .last()
                            .is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
                    });
            }
            b'K' => self.credentials.provider |= next == b'-' && before.ends_with(b"NRA"),
            b'z' => self.credentials.provider |= before.ends_with(b"AI"),
            b'I' => self.credentials.aws_key |= matches!(before, [.., b'A', b'K' | b'S']),
            b'J' => self.credentials.jwt |= before.ends_with(b"ey"),
            b'b' | b'B' => {
                self.credentials.bearer |= begins(rest, b"bearer") || begins(rest, b"basic");
                if rest.starts_with(b"BEGIN ") && before.ends_with(b"-----") {
                    self.sign(Sign::PrivateKey, at - 5..at + 6);
                }
            }
            b'g' | b'G' => {
                self.credentials.provider |= rest.starts_with(b"glpat-");
                self.credentials.bearer |= begins(rest, b"gest") && ends(before, b"di")
                    || begins(rest, b"gotiate") && ends(before, b"ne");
            }
            b'u' | b'U' => {
                if begins(rest, b"unt") && ends(before, b"acco") {
                    self.sign(Sign::Account, at - 4..at + 3);
                }
            }
            _ => {
                if begins(rest, b"wner") && ends(before, b"o") {
                    self.sign(Sign::Account, at - 1..at + 4);
                } else if begins(rest, b"ws") && ends(before, b"arn:a") {
                    self.sign(Sign::Account, at - 5..at + 2);
                } else if begins(rest, b"ws.com/") && ends(before, b"amazona") {
                    self.sign(Sign::Account, at - 7..at + 7);
                }
            }
        }
    }

    fn sign(&mut self, sign: Sign, range: Range<usize>) {
        self.signs.push((sign, range));
    }
}

/// Whether a text begins with a word, in letters of either case.
fn begins(text: &[u8], word: &[u8]) -> bool {
    let start = text.get(..word.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Whether a text ends with a word, in letters of either case.
fn ends(text: &[u8], word: &[u8]) -> bool {
    let start = text.len().checked_sub(word.len());
    start.is_some_and(|start| text[start..].eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
