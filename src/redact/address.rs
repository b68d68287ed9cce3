//! E-mail and IP addresses.

use std::net::{Ipv4Addr, Ipv6Addr};

use memchr::memchr_iter;

use super::Rule;
use super::places::{IPV6, Places};
use super::span::{Finds, Span, goes_on};

pub(super) fn find(text: &str, places: &Places, finds: &mut Finds) {
    let bytes = text.as_bytes();
    for &at in &places.ats {
        let behind = if bytes[at] == b'@' { at + 1 } else { at + 3 };
        email(bytes, at, behind, finds);
    }
    let mut done = 0;
    for &dot in &places.dots {
        if dot >= done
            && let Some((start, end)) = ipv4(bytes, dot)
        {
            finds.push(Span::new(start, end, Rule::Ip));
            done = end;
        }
    }
    done = 0;
    for &colon in &places.colons {
        if colon >= done {
            done = ipv6(text, colon, finds);
        }
    }
}

/// An address around an @ that stands at `at` and ends before `behind`.
fn email(bytes: &[u8], at: usize, behind: usize, finds: &mut Finds) {
    // The password of a URL ends at an @ too.
    if finds.touches(at) {
        return;
    }
    let is_local = |byte: &&u8| {
        byte.is_ascii_alphanumeric()
            || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-')
            || !byte.is_ascii()
    };
    let is_domain = |byte: &&u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-') || !byte.is_ascii()
    };
    let local = bytes[..at].iter().rev().take_while(is_local).count();
    let domain = bytes[behind..].iter().take_while(is_domain).count();
    let mut end = behind + domain;
    while end > behind && matches!(bytes[end - 1], b'.' | b'-') {
        end -= 1;
    }
    let mut labels = bytes[behind..end].rsplit(|byte| *byte == b'.');
    let top = labels.next().unwrap_or_default();
    let is_top = top.len() >= 2 && !top.iter().any(u8::is_ascii_digit) || top.starts_with(b"xn--");
    let named = labels.next().is_some_and(|label| !label.is_empty());
    if local > 0 && is_top && named {
        finds.push(Span::new(at - local, end, Rule::Email));
    }
}

/// Four numbers up to 255 whose first dot is at `dot`.
fn ipv4(bytes: &[u8], dot: usize) -> Option<(usize, usize)> {
    let digits = bytes[..dot].iter().rev().take(4);
    let start = dot - digits.take_while(|byte| byte.is_ascii_digit()).count();
    let dotted = start > 0 && bytes[start - 1] == b'.';
    if start == dot || dotted || goes_on(bytes, start) {
        return None;
    }
    let mut octets = [0u8; 4];
    let mut at = start;
    for (number, octet) in octets.iter_mut().enumerate() {
        if number > 0 {
            if bytes.get(at) != Some(&b'.') {
                return None;
            }
            at += 1;
        }
        let rest = bytes.get(at..)?;
        let length = rest
            .iter()
            .take(4)
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        *octet = std::str::from_utf8(&rest[..length]).ok()?.parse().ok()?;
        at += length;
    }
    let next = bytes.get(at).copied().unwrap_or(b' ');
    let goes_on = next.is_ascii_alphanumeric()
        || next == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    let address = Ipv4Addr::from(octets);
    let nobody = address.is_loopback()
        || address.is_unspecified()
        || address.is_broadcast()
        || address.is_link_local();
    (!goes_on && !nobody).then_some((start, at))
}

/// The address of which `colon` is the first colon. Returns how far was looked.
fn ipv6(text: &str, colon: usize, finds: &mut Finds) -> usize {
    let bytes = text.as_bytes();
    let is_part = |byte: &&u8| IPV6[usize::from(**byte)];
    let before = bytes[..colon].iter().rev().take(4);
    let start = colon - before.take_while(is_part).count();
    let mut end = colon + bytes[colon..].iter().take_while(is_part).count();
    let looked = end;
    // Eight parts, six of them before an IPv4 address, or one gap: times of day and numbers in JSON have neither.
    let parts = &bytes[start..end];
    let colons = memchr_iter(b':', parts).count();
    if colons < 6 && !parts.windows(2).any(|pair| pair == b"::") {
        return looked;
    }
    while end > start
        && (bytes[end - 1] == b'.'
            || bytes[..end].ends_with(b":") && !bytes[..end].ends_with(b"::"))
    {
        end -= 1;
    }
    let word = &text[start..end];
    let next = bytes.get(end).copied().unwrap_or(b' ');
    let alone = !goes_on(bytes, start) && !next.is_ascii_alphanumeric() && next != b'_';
    if alone
        && word.len() >= 6
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && let Ok(address) = word.parse::<Ipv6Addr>()
        && !address.is_loopback()
    {
        finds.push(Span::new(start, end, Rule::Ip));
    }
    looked
}
