//! Values that the settings name by a JSONPath (RFC 9535).

use serde_json::Value;

use super::Redactor;
use super::counts::Counts;

/// The text with the located values of its first JSON document replaced: that document is written anew, in one line.
/// `None` if no path of the settings finds anything.
pub(super) fn replace(redactor: &Redactor, text: &str, counts: &mut Counts) -> Option<String> {
    if redactor.paths.is_empty() {
        return None;
    }
    let start = memchr::memchr2(b'{', b'[', text.as_bytes())?;
    let mut documents = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
    let mut document = documents.next()?.ok()?;
    let end = start + documents.byte_offset();
    let mut found = false;
    for (rule, path) in &redactor.paths {
        let places: Vec<String> = path
            .query_located(&document)
            .locations()
            .map(serde_json_path::NormalizedPath::to_json_pointer)
            .collect();
        for place in places {
            let Some(value) = document.pointer_mut(&place) else {
                continue;
            };
            let written = match *value {
                Value::String(ref text) => text.clone(),
                ref other => other.to_string(),
            };
            if written.is_empty() || super::is_mask(written.as_bytes()) {
                continue;
            }
            *value = Value::String(redactor.mask(*rule, &written));
            counts.add(*rule);
            found = true;
        }
    }
    found.then(|| format!("{}{document}{}", &text[..start], &text[end..]))
}
