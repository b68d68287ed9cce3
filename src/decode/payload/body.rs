//! Digests of message bodies: of their content, whatever the order of keys.

use bumpalo::Bump;
use hashbrown::HashMap;
use xxhash_rust::xxh3::xxh3_64;

use crate::model::json::Json;

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

/// What is made of a body.
#[derive(Clone, Copy, Debug)]
pub(in crate::decode) struct Digest<'a> {
    of: fn(&[u8]) -> u64,
    /// Room for reading it.
    pub(super) arena: &'a Bump,
}

impl<'a> Digest<'a> {
    /// The same for the same content, another for any other.
    pub(in crate::decode) fn hash(arena: &'a Bump) -> Self {
        Self { of: xxh3_64, arena }
    }

    /// SimHash-64 (Charikar): few bits apart where little of the content is another.
    pub(in crate::decode) fn likeness(arena: &'a Bump) -> Self {
        let of = likeness;
        Self { of, arena }
    }

    /// Of a body's JSON with sorted keys and without volatile fields, else of its text. `None` if it is too small.
    pub(super) fn text(self, text: &str) -> Option<u64> {
        if text.len() < SMALLEST {
            return None;
        }
        match Json::parse(text, self.arena) {
            Some(json @ (Json::Object(_) | Json::List(_))) => self.json(&json),
            _ => self.content(text.as_bytes()),
        }
    }

    /// As [`Digest::text`], of a document that was read.
    pub(super) fn json(self, json: &Json<'_>) -> Option<u64> {
        let mut canonical = String::new();
        write_canonical(json, &mut canonical);
        self.content(canonical.as_bytes())
    }

    /// As [`Digest::text`], of data in Base64 (Kinesis, Kafka): of the data.
    pub(super) fn base64(self, text: &str) -> Option<u64> {
        let data = from_base64(text)?;
        match std::str::from_utf8(&data) {
            Ok(text) => self.text(text),
            Err(_) => self.content(&data),
        }
    }

    fn content(self, content: &[u8]) -> Option<u64> {
        (content.len() >= SMALLEST).then(|| (self.of)(content))
    }
}

/// Bytes of a feature: in bodies of orders, two tell different ones apart too seldom, four make too much of one other digit.
const FEATURE: usize = 3;

/// SimHash-64: a bit is set where more features have it in their hash than have not, each counted as often as it stands there.
fn likeness(content: &[u8]) -> u64 {
    let mut features: HashMap<&[u8], i32> = HashMap::new();
    for feature in content.windows(FEATURE) {
        *features.entry(feature).or_default() += 1;
    }
    let mut votes = [0; u64::BITS as usize];
    for (feature, times) in features {
        let hash = xxh3_64(feature);
        for (bit, vote) in votes.iter_mut().enumerate() {
            *vote += if hash >> bit & 1 == 1 { times } else { -times };
        }
    }
    let set = |(bit, vote): (usize, &i32)| u64::from(*vote > 0) << bit;
    votes.iter().enumerate().map(set).sum()
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
            for item in *items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Json::Object(entries) => {
            let mut entries: Vec<&(&str, Json<'_>)> = entries
                .iter()
                .filter(|(key, _)| !is_volatile(key))
                .collect();
            entries.sort_by_key(|(key, _)| *key);
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

    fn hash() -> Digest<'static> {
        Digest::hash(Box::leak(Box::default()))
    }

    #[test]
    fn order_of_keys_and_marks_of_sending_do_not_matter_but_content_does() {
        let first =
            hash().text(r#"{"orderId":"ord-0000004-707d84","amount":71.01,"sentAt":"10:00"}"#);
        let again =
            hash().text(r#"{ "amount": 71.01, "sentAt":"10:01", "orderId":"ord-0000004-707d84" }"#);
        let other =
            hash().text(r#"{"orderId":"ord-0000004-707d84","amount":71.02,"sentAt":"10:00"}"#);
        assert!(first.is_some());
        assert_eq!(first, again);
        assert_ne!(first, other);
    }

    #[test]
    fn a_body_below_32_bytes_tells_nothing() {
        assert_eq!(hash().text("ping"), None);
        assert_eq!(
            hash().text("{                                        }"),
            None,
            "{{}} in canonical form"
        );
        assert!(
            hash()
                .text("a text of more than thirty-two bytes")
                .is_some()
        );
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
            hash().base64("YSB0ZXh0IG9mIG1vcmUgdGhhbiB0aGlydHktdHdvIGJ5dGVz"),
            hash().text(text)
        );
    }

    fn bits_apart(one: &str, other: &str) -> u32 {
        let [one, other] = [one, other].map(|text| {
            Digest::likeness(&Bump::new())
                .text(text)
                .expect("long enough")
        });
        (one ^ other).count_ones()
    }

    /// Of `abcabca` the features are abc twice, bca twice and cab once: where the first two agree, so does the sum; where they do not,
    /// the third decides.
    #[test]
    fn a_bit_of_the_likeness_is_what_most_features_have() {
        let [abc, bca, cab] = ["abc", "bca", "cab"].map(|text| xxh3_64(text.as_bytes()));
        let majority = (abc & bca) | (abc & cab) | (bca & cab);
        assert_eq!(likeness(b"abcabca"), majority);
        assert_eq!(likeness(b"ab"), 0, "no feature");
    }

    #[test]
    fn what_differs_in_little_of_much_is_few_bits_apart() {
        let order = |placed: &str, city: &str, skus: [u32; 3]| {
            let items: Vec<String> = skus
                .iter()
                .map(|sku| format!(r#"{{"sku":"sku-{sku}","count":1,"price":24.90}}"#))
                .collect();
            format!(
                r#"{{"customer":{{"name":"Ann","street":"Main street 4","city":"{city}","country":"DE"}},"items":[{}],"currency":"EUR","placedAt":"2026-11-26T09:17:{placed}Z","traceId":"{placed}"}}"#,
                items.join(",")
            )
        };
        let one = order("02.117", "Hamburg", [117, 204, 935]);
        assert_eq!(bits_apart(&one, &one), 0);
        let again = order("02.119", "Hamburg", [117, 204, 935]);
        assert!(bits_apart(&one, &again) <= 3, "sent again by hand");
        let another = order("41.480", "Ulm", [551, 618, 302]);
        assert!(bits_apart(&one, &another) > 3, "another order");
    }
}
