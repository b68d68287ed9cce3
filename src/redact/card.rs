//! Payment card numbers (ISO/IEC 7812): the prefix of a network, a length that it gives out, Luhn's check digit.

use super::Rule;
use super::span::{Finds, Span, goes_on, json_number};

/// Digits of the shortest number that is looked for.
const SHORTEST: usize = 14;
/// Digits and separators of the longest.
const LONGEST: usize = 23;

pub(super) fn find(text: &str, finds: &mut Finds) {
    let bytes = text.as_bytes();
    let mut done = 0;
    // Every number covers one of these places.
    for place in (SHORTEST - 1..bytes.len()).step_by(SHORTEST) {
        if place < done || !is_part(bytes, place) {
            continue;
        }
        let is_part = |at: &usize| is_part(bytes, *at);
        let from = place - (0..place).rev().take(LONGEST).take_while(is_part).count();
        let rest = (place..bytes.len()).take(LONGEST).take_while(is_part);
        if place + rest.count() - from < SHORTEST {
            continue;
        }
        let mut at = from.max(done);
        while at <= place {
            match number(bytes, at) {
                Some(end) => {
                    let mut span = Span::new(at, end, Rule::Card);
                    span.quoted = json_number(bytes, at, end);
                    finds.push(span);
                    at = end;
                    done = end;
                }
                None => at += 1,
            }
        }
    }
}

fn is_part(bytes: &[u8], at: usize) -> bool {
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    digit(at) || matches!(bytes[at], b' ' | b'-') && at > 0 && digit(at - 1) && digit(at + 1)
}

/// The end of the card number that begins at `start`.
fn number(bytes: &[u8], start: usize) -> Option<usize> {
    let first = bytes.get(start).filter(|byte| byte.is_ascii_digit())?;
    let in_number = start > 0 && matches!(bytes[start - 1], b'.' | b'0'..=b'9');
    if in_number || goes_on(bytes, start) || !matches!(first, b'2'..=b'6') {
        return None;
    }
    let mut digits = [0u8; 19];
    let (mut count, mut at, mut separator) = (0, start, None);
    loop {
        let group = bytes.get(at..).unwrap_or_default().iter();
        for digit in group.take_while(|byte| byte.is_ascii_digit()) {
            *digits.get_mut(count)? = digit - b'0';
            count += 1;
            at += 1;
        }
        let next = bytes.get(at).copied();
        let more = matches!(next, Some(b' ' | b'-'))
            && separator.is_none_or(|known| Some(known) == next)
            && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
            && (4..16).contains(&count);
        if !more || count == 15 && is_card(&digits[..15]) {
            break;
        }
        separator = next;
        at += 1;
    }
    let next = bytes.get(at).copied().unwrap_or(b' ');
    let fraction = next == b'.' && bytes.get(at + 1).is_some_and(u8::is_ascii_digit);
    let ends = !fraction && !next.is_ascii_alphanumeric();
    (ends && is_card(&digits[..count])).then_some(at)
}

/// Whether a network gives out such numbers, and the check digit is right.
fn is_card(digits: &[u8]) -> bool {
    if digits.len() < SHORTEST {
        return false;
    }
    let prefix = digits[..4]
        .iter()
        .fold(0u16, |number, digit| number * 10 + u16::from(*digit));
    let lengths = match prefix {
        // Visa
        4000..=4999 => &[16, 19][..],
        // Mastercard, Discover, JCB
        5100..=5599 | 2221..=2720 | 6011 | 6440..=6599 | 3528..=3589 => &[16],
        // American Express
        3400..=3499 | 3700..=3799 => &[15],
        // Diners Club
        3000..=3059 | 3600..=3699 | 3800..=3999 => &[14],
        // UnionPay
        6200..=6299 => &[16, 17, 18, 19],
        _ => return false,
    };
    lengths.contains(&digits.len()) && luhn(digits)
}

/// ISO/IEC 7812-1, annex B: every second digit from the right doubled, the sum of all digits a multiple of ten.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, *digit) {
            (0, digit) => u32::from(digit),
            (_, digit @ 0..=4) => u32::from(digit) * 2,
            (_, digit) => u32::from(digit) * 2 - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}
