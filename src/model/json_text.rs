//! What stands in a JSON string as it is: looked for in eight bytes at once, as most of what is read and written is such strings.

use simdutf8::basic::from_utf8;

const ONES: u64 = u64::from_le_bytes([1; 8]);
const TOPS: u64 = ONES << 7;

/// How many of eight bytes stand before the first that a JSON string cannot hold as it is: a quote, a backslash, a control character.
pub fn plain(eight: [u8; 8]) -> usize {
    let word = u64::from_le_bytes(eight);
    // The top bit of each byte that is less than a bound of 128 at most. A byte above one that is may show it too: only the lowest
    // counts.
    let below = |word: u64, bound: u8| word.wrapping_sub(ONES * u64::from(bound)) & !word & TOPS;
    let is = |byte: u8| below(word ^ (ONES * u64::from(byte)), 1);
    let found = below(word, b' ') | is(b'"') | is(b'\\');
    found.trailing_zeros() as usize / 8
}

/// Whether a text holds a control character, which no JSON string holds as it is.
pub fn has_controls(text: &str) -> bool {
    text.bytes().fold(u8::MAX, u8::min) < b' '
}

/// How many bytes at the start of a text stand in a JSON string as they are.
pub fn plain_length(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(eight) = text[at..].first_chunk() {
        let plain = plain(*eight);
        at += plain;
        if plain < 8 {
            return at;
        }
    }
    let is_special = |byte: &u8| *byte < b' ' || matches!(byte, b'"' | b'\\');
    let rest = &text[at..];
    at + rest.iter().position(is_special).unwrap_or(rest.len())
}

/// Reads what stands behind the quote that opens a JSON string: what it says, which is put into `room`, and where its closing quote
/// stands. `None` if it does not close, or holds what no such string holds. So many bytes as `known` at its start stand there as they are.
pub fn unescape<'r>(text: &str, known: usize, room: &'r mut Vec<u8>) -> Option<(&'r str, usize)> {
    let bytes = text.as_bytes();
    // No escape is shorter than what it stands for. The room is not shortened, so that it need not be cleared again.
    if room.len() < bytes.len() {
        room.resize(bytes.len(), 0);
    }
    room[..known].copy_from_slice(&bytes[..known]);
    let (mut at, mut to) = (known, known);
    // Escapes stand close together in JSON within JSON: what is copied too much is written over.
    loop {
        if let Some(eight) = bytes[at..].first_chunk::<8>() {
            let plain = plain(*eight);
            room[to..to + 8].copy_from_slice(eight);
            (at, to) = (at + plain, to + plain);
            if plain == 8 {
                continue;
            }
        }
        // By far the commonest, as it stands at both ends of each string of the inner JSON.
        if bytes[at..].starts_with(b"\\\"") {
            room[to] = b'"';
            (at, to) = (at + 2, to + 1);
            continue;
        }
        let (byte, length) = match *bytes.get(at)? {
            b'"' => return Some((from_utf8(&room[..to]).ok()?, at)),
            b'\\' => match *bytes.get(at + 1)? {
                same @ (b'\\' | b'/') => (same, 2),
                b'n' => (b'\n', 2),
                b't' => (b'\t', 2),
                b'r' => (b'\r', 2),
                b'b' => (8, 2),
                b'f' => (12, 2),
                b'u' => {
                    let (letter, length) = letter(&text[at..])?;
                    to += letter.encode_utf8(&mut room[to..]).len();
                    at += length;
                    continue;
                }
                _ => return None,
            },
            byte if byte >= b' ' => (byte, 1),
            _ => return None,
        };
        room[to] = byte;
        (at, to) = (at + length, to + 1);
    }
}

/// The letter of the `\u` escape at the start of a text, or of the pair of them, and their length; `None` for half of a pair.
fn letter(text: &str) -> Option<(char, usize)> {
    let first = unit(text.get(2..6)?)?;
    if let Some(letter) = char::from_u32(first.into()) {
        return Some((letter, 6));
    }
    let second = unit(text.get(6..)?.strip_prefix("\\u")?.get(..4)?)?;
    let letter = char::decode_utf16([first, second]).next()?.ok()?;
    Some((letter, 12))
}

fn unit(digits: &str) -> Option<u16> {
    let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_byte_that_must_be_escaped_is_found_at_every_place() {
        for byte in 0..=u8::MAX {
            let is_plain = byte >= b' ' && byte != b'"' && byte != b'\\';
            for at in 0..8 {
                let mut eight = *b"abc xyz\x7f";
                eight[at] = byte;
                assert_eq!(
                    plain(eight),
                    if is_plain { 8 } else { at },
                    "{byte} at {at}"
                );
            }
        }
        assert_eq!(plain(*b"a\"\\\"\\\"\"\""), 1, "the first of many");
        assert_eq!(
            plain([0xff; 8]),
            8,
            "letters beyond ASCII stand as they are"
        );
    }

    #[test]
    fn a_string_is_read_up_to_its_quote() {
        let mut room = Vec::new();
        let longer =
            r#"a much longer one with \"quotes\" and \\ in it, to leave letters in the room" rest"#;
        let said = "a much longer one with \"quotes\" and \\ in it, to leave letters in the room";
        assert_eq!(
            unescape(longer, 0, &mut room),
            Some((said, longer.len() - 6))
        );
        for (text, said) in [
            (r#"""#, ""),
            (r#"\n" and more"#, "\n"),
            (r#"\/\b\f\r\t"#, "/\u{8}\u{c}\r\t"),
            (r#"\u00e9é\u0000""#, "éé\0"),
            (r#"\ud83d\ude00😀\uD83D\uDE00""#, "😀😀😀"),
        ] {
            let text = if text.ends_with('t') {
                format!("{text}\"")
            } else {
                text.to_owned()
            };
            let end = text.rfind('"').expect("it closes");
            for plain in 0..=plain_length(text.as_bytes()) {
                let read = unescape(&text, plain, &mut room);
                assert_eq!(read, Some((said, end)), "{text} {plain}");
            }
        }
        for text in [
            "",
            "abc",
            r"\",
            r#"\x""#,
            r#"\u12""#,
            r#"\ud83d""#,
            r#"\ud83d\n""#,
            r#"\ude00""#,
            "a\tb\"",
        ] {
            assert_eq!(unescape(text, 0, &mut room), None, "{text}");
        }
    }

    #[test]
    fn the_plain_start_of_a_text_is_measured_whatever_its_length() {
        for length in 0..40 {
            let text = "x".repeat(length);
            assert_eq!(plain_length(text.as_bytes()), length);
            for end in ["\"", "\\n", "\n", "\0"] {
                for rest in ["", "and some more text behind it"] {
                    let text = format!("{text}{end}{rest}");
                    assert_eq!(plain_length(text.as_bytes()), length, "{text}");
                }
            }
        }
    }
}
