//! Hashes of message bodies: equal for equal content, whatever the order of keys.

use std::borrow::Cow;

use xxhash_rust::xxh3::xxh3_64;

use crate::decode::json::Json;

/// Shorter bodies (`{}`, `"ping"`) do not tell events apart.
const SMALLEST: usize = 32;

/// Fields of a body that say how it was sent, not what it says. Times are not among them: two readings of a meter
/// may differ in nothing else.
const VOLATILE: [&str; 14] = [
    "traceparent",
    "tracestate",
    "traceid",
    "trace_id",
    "spanid",
    "span_id",
    "xray_trace_id",
    "x-amzn-trace-id",
    "receipthandle",
    "receipt_handle",
    "sentat",
    "sent_at",
    "publishedat",
    "published_at",
];

/// The hash of a body: of its JSON with sorted keys and without volatile fields, else of its text. `None` if it is too small.
pub(super) fn hash(text: &str) -> Option<u64> {
    if text.len() < SMALLEST {
        return None;
    }
    match Json::parse(text) {
        Some(json @ (Json::Object(_) | Json::List(_))) => hash_json(&json),
        _ => Some(xxh3_64(text.as_bytes())),
    }
}

/// As [`hash`], of a document that was read.
pub(super) fn hash_json(json: &Json<'_>) -> Option<u64> {
    let mut canonical = String::new();
    write_canonical(json, &mut canonical);
    (canonical.len() >= SMALLEST).then(|| xxh3_64(canonical.as_bytes()))
}

/// As [`hash`], of data in Base64 (Kinesis, Kafka): of the data.
pub(super) fn hash_base64(text: &str) -> Option<u64> {
    let data = from_base64(text)?;
    match std::str::from_utf8(&data) {
        Ok(text) => hash(text),
        Err(_) => (data.len() >= SMALLEST).then(|| xxh3_64(&data)),
    }
}

/// Recursion is as deep as the JSON reader allows, 128 levels.
fn write_canonical(json: &Json<'_>, out: &mut String) {
    match json {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Int(number) => out.push_str(&number.to_string()),
        Json::Big(number) => out.push_str(&number.to_string()),
        Json::Float(number) => out.push_str(&number.to_string()),
        Json::Text(text) => write_text(text, out),
        Json::List(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Json::Object(entries) => {
            let mut entries: Vec<&(Cow<'_, str>, Json<'_>)> = entries
                .iter()
                .filter(|(key, _)| !is_volatile(key))
                .collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            out.push('{');
            for (key, value) in entries {
                write_text(key, out);
                out.push(':');
                write_canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
    }
}

/// The length in front keeps texts apart that hold quotes.
fn write_text(text: &str, out: &mut String) {
    out.push_str(&text.len().to_string());
    out.push('"');
    out.push_str(text);
}

fn is_volatile(key: &str) -> bool {
    VOLATILE.iter().any(|name| name.eq_ignore_ascii_case(key))
}

/// Decodes Base64, standard or URL alphabet, padded or not; `None` if there is another character in it.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('=');
    let mut data = Vec::with_capacity(text.len() / 4 * 3 + 2);
    let mut bits = 0u32;
    let mut held = 0;
    for byte in text.bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(digit);
        held += 6;
        if held >= 8 {
            held -= 8;
            data.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    Some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_keys_and_marks_of_sending_do_not_matter_but_content_does() {
        let first = hash(r#"{"orderId":"ord-0000004-707d84","amount":71.01,"sentAt":"10:00"}"#);
        let again =
            hash(r#"{ "amount": 71.01, "sentAt":"10:01", "orderId":"ord-0000004-707d84" }"#);
        let other = hash(r#"{"orderId":"ord-0000004-707d84","amount":71.02,"sentAt":"10:00"}"#);
        assert!(first.is_some());
        assert_eq!(first, again);
        assert_ne!(first, other);
    }

    #[test]
    fn a_body_below_32_bytes_tells_nothing() {
        assert_eq!(hash("ping"), None);
        assert_eq!(
            hash("{                                        }"),
            None,
            "{{}} in canonical form"
        );
        assert!(hash("a text of more than thirty-two bytes").is_some());
    }

    #[test]
    fn base64_is_decoded_with_and_without_padding() {
        // RFC 4648 §10
        for (text, data) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYmE", "fooba"),
        ] {
            assert_eq!(
                from_base64(text).as_deref(),
                Some(data.as_bytes()),
                "{text}"
            );
        }
        assert_eq!(from_base64("Zm9v!"), None);
        let text = "a text of more than thirty-two bytes";
        assert_eq!(
            hash_base64("YSB0ZXh0IG9mIG1vcmUgdGhhbiB0aGlydHktdHdvIGJ5dGVz"),
            hash(text)
        );
    }
}
