//! Writing text into a `String`, which cannot fail.

use std::fmt::{Arguments, Write as _};

/// `put!(out, "…", …)`: `write!` without a result to look at.
macro_rules! put {
    ($out:expr, $($text:tt)*) => {
        $crate::demo::text::append($out, format_args!($($text)*))
    };
}
pub(super) use put;

pub(super) fn append(out: &mut String, text: Arguments<'_>) {
    out.write_fmt(text).unwrap_or_default();
}

/// Appends `text` as a JSON string with its quotes.
pub(super) fn quote(out: &mut String, text: &str) {
    out.push('"');
    quote_inner(out, text);
    out.push('"');
}

/// Appends `text` as the inside of a JSON string.
pub(super) fn quote_inner(out: &mut String, text: &str) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => " ",
            _ => continue,
        };
        out.push_str(&text[from..at]);
        out.push_str(escape);
        from = at + 1;
    }
    out.push_str(&text[from..]);
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Appends `bytes` in base 64 with padding, as Kinesis gives its data.
pub(super) fn base64(out: &mut String, bytes: &[u8]) {
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            if digit <= chunk.len() {
                let six = bits >> (18 - 6 * digit) & 63;
                out.push(char::from(BASE64[six as usize]));
            } else {
                out.push('=');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quoted_text_reads_back_as_itself() {
        let text = "a \"b\" \\ c\nd\te é";
        let mut out = String::new();
        quote(&mut out, text);
        assert_eq!(
            serde_json::from_str::<String>(&out).ok().as_deref(),
            Some(text)
        );
    }

    #[test]
    fn base64_pads_to_four() {
        // The examples of RFC 4648, section 10.
        for (bytes, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foobar", "Zm9vYmFy"),
        ] {
            let mut out = String::new();
            base64(&mut out, bytes.as_bytes());
            assert_eq!(out, expected);
        }
    }
}
