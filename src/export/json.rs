//! JSON that is written piece by piece where there is very much of it: what stands between the values is known.

use serde::Serialize;

use crate::model::ids::hex_pair;
use crate::model::json_text::plain;

/// The letter behind the backslash for each byte that a string cannot hold as it is, `u` where that is the byte's number; 0 for all
/// others.
const ESCAPES: [u8; 256] = escapes();

const fn escapes() -> [u8; 256] {
    let mut all = [0; 256];
    let mut byte = 0;
    while byte < b' ' {
        all[byte as usize] = b'u';
        byte += 1;
    }
    let short = b"\"\"\\\\\x08b\x0cf\nn\rr\tt";
    let mut at = 0;
    while at < short.len() {
        all[short[at] as usize] = short[at + 1];
        at += 2;
    }
    all
}

/// Appends a text as a string, as serde_json does, in half the time: JSON in a text has something to escape in every few bytes, so
/// eight are looked at together, and written before it is known how many of them can stay.
pub(in crate::export) fn text(out: &mut Vec<u8>, text: &str) {
    let start = out.len();
    out.push(b'"');
    let mut has_short = true;
    let mut rest = text.as_bytes();
    while let Some((word, behind)) = rest.split_first_chunk() {
        out.extend_from_slice(word);
        let plain = plain(*word);
        if plain == word.len() {
            rest = behind;
            continue;
        }
        out.truncate(out.len() - word.len() + plain);
        has_short &= byte(out, word[plain]);
        rest = &rest[plain + 1..];
    }
    for of_rest in rest {
        has_short &= byte(out, *of_rest);
    }
    out.push(b'"');
    if !has_short {
        out.truncate(start);
        value(out, text);
    }
}

/// Appends one byte of a string; `false` if its escape is its number, which is not written here.
fn byte(out: &mut Vec<u8>, byte: u8) -> bool {
    let escape = ESCAPES[usize::from(byte)];
    match escape {
        0 => out.push(byte),
        _ => out.extend_from_slice(&[b'\\', escape]),
    }
    escape != b'u'
}

/// Appends a value. What is written so is text and numbers, and memory takes it: there is nothing that could fail.
pub(in crate::export) fn value(out: &mut Vec<u8>, value: &(impl Serialize + ?Sized)) {
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok());
}

/// Appends a whole number as a string, as protobuf's JSON has those of 64 bits.
pub(in crate::export) fn long(out: &mut Vec<u8>, number: impl Serialize) {
    out.push(b'"');
    value(out, &number);
    out.push(b'"');
}

/// Appends bytes as a string of hex digits.
pub(in crate::export) fn hex(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    for byte in bytes {
        out.extend_from_slice(&hex_pair(*byte));
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn assert_as_serde(written: &str) {
        let mut out = b"before".to_vec();
        text(&mut out, written);
        let expected = format!("before{}", serde_json::to_string(written).unwrap());
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }

    #[test]
    fn every_letter_is_escaped_as_serde_json_escapes_it() {
        for letter in (0..=0x17f).filter_map(char::from_u32) {
            // At each place of a word, with and without another word behind it.
            for before in 0..9 {
                assert_as_serde(&format!("{}{letter}", "x".repeat(before)));
                assert_as_serde(&format!("{}{letter}\"! x\\x é \u{7f}", "x".repeat(before)));
            }
        }
        assert_as_serde("");
    }

    proptest! {
        #[test]
        fn any_text_is_written_as_serde_json_writes_it(written in "(?s)([ -~]|[\"\\\\]|\\PC|[\\x00-\\x1f]){0,80}") {
            assert_as_serde(&written);
        }
    }
}
