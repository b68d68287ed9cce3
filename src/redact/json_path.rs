//! Values that the settings name by a JSONPath (RFC 9535).

use serde_json::Value;

use super::Redactor;
use super::counts::Counts;

/// JSON in a string in JSON is followed so deep.
const DEEPEST: usize = 4;
/// A bracket may open no document, such as the one of `[INFO]`: so many of them are tried in one text.
const MISSES: usize = 16;

/// The text with the located values of its JSON documents replaced: those documents are written anew, each in one line. A string that
/// holds JSON is a document too, quoted in the text or as a value of another document. `None` if no path of the settings finds
/// anything.
pub(super) fn replace(redactor: &Redactor, text: &str, counts: &mut Counts) -> Option<String> {
    if redactor.paths.is_empty() {
        return None;
    }
    in_text(redactor, text, counts, DEEPEST)
}

fn in_text(redactor: &Redactor, text: &str, counts: &mut Counts, depth: usize) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut kept, mut at, mut misses) = (0, 0, 0);
    while misses < MISSES
        && let Some(bracket) = memchr::memchr2(b'{', b'[', &bytes[at..])
    {
        let bracket = at + bracket;
        let quoted = bracket
            .checked_sub(1)
            .filter(|quote| *quote >= at && bytes[*quote] == b'"');
        let mut begins = quoted.into_iter().chain([bracket]);
        let Some((start, mut document, end)) = begins.find_map(|start| first_document(text, start))
        else {
            misses += 1;
            at = bracket + 1;
            continue;
        };
        if in_document(redactor, &mut document, counts, depth) {
            out.push_str(&text[kept..start]);
            out.push_str(&document.to_string());
            kept = end;
        }
        at = end;
    }
    (kept > 0).then(|| {
        out.push_str(&text[kept..]);
        out
    })
}

/// The document that begins there, and where it ends.
fn first_document(text: &str, start: usize) -> Option<(usize, Value, usize)> {
    let mut documents = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
    let document = documents.next()?.ok()?;
    Some((start, document, start + documents.byte_offset()))
}

/// Whether anything was replaced.
fn in_document(
    redactor: &Redactor,
    document: &mut Value,
    counts: &mut Counts,
    depth: usize,
) -> bool {
    let mut found = false;
    for (rule, path) in &redactor.paths {
        let places: Vec<String> = path
            .query_located(document)
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
            let mut mask = String::new();
            redactor.mask(*rule, &written, &mut mask);
            *value = Value::String(mask);
            counts.add(*rule);
            found = true;
        }
    }
    in_strings(redactor, document, counts, depth) || found
}

/// Goes into every string of a document. Recursion is as deep as the JSON reader allows, 128 levels.
fn in_strings(redactor: &Redactor, value: &mut Value, counts: &mut Counts, depth: usize) -> bool {
    // Each of them, also behind one in which something was found.
    let mut found = false;
    match value {
        Value::String(text) => {
            let further = depth.checked_sub(1);
            let anew = further.and_then(|depth| in_text(redactor, text, counts, depth));
            found = anew.map(|anew| *text = anew).is_some();
        }
        Value::Array(all) => {
            for one in all {
                found |= in_strings(redactor, one, counts, depth);
            }
        }
        Value::Object(all) => {
            for one in all.values_mut() {
                found |= in_strings(redactor, one, counts, depth);
            }
        }
        _ => {}
    }
    found
}
