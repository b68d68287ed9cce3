//! A JSON document as a tree that borrows its strings: what grammars look fields up in.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Entries that most objects and lists have at the most.
const ENTRIES: usize = 8;

/// One JSON value. An object keeps the order of its keys; of a key that is there twice, the first counts.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number beyond `i64`.
    Big(u64),
    Float(f64),
    Text(Cow<'a, str>),
    List(Vec<Self>),
    Object(Vec<(Cow<'a, str>, Self)>),
}

impl<'a> Json<'a> {
    /// Reads a whole document; `None` if it is broken, has something behind it or nests deeper than 128 levels.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Reads the value at the start of `text`; the second value is where it ends. `None` if there is none.
    pub(super) fn parse_prefix(text: &'a str) -> Option<(Self, usize)> {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Self>();
        let value = values.next()?.ok()?;
        Some((value, values.byte_offset()))
    }

    /// The value under a key; `None` if this is no object or has no such key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries()
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    /// The value under the first of several keys that is there.
    pub(super) fn first_of(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// The value under a chain of keys.
    pub(super) fn path(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text under a key; `None` if it is missing, empty or something else.
    pub(super) fn text_at(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The number under a key, also where it is written as text.
    pub(super) fn number_at(&self, key: &str) -> Option<f64> {
        self.get(key)?.number()
    }

    /// The keys and values of an object; nothing for any other value.
    pub(super) fn entries(&self) -> &[(Cow<'a, str>, Self)] {
        match self {
            Self::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The values of a list; nothing for any other value.
    pub(super) fn items(&self) -> &[Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a string that is not empty.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The text of a string, or the digits of a whole number: ids and sequences are written either way.
    pub(super) fn digits_or_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
            Self::Int(number) => Some(Cow::Owned(number.to_string())),
            Self::Big(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    /// The same as JSON paths look into it.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::from(*value),
            Self::Int(number) => Value::from(*number),
            Self::Big(number) => Value::from(*number),
            Self::Float(number) => Value::from(*number),
            Self::Text(text) => Value::from(text.as_ref()),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(entries) => entries
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_value()))
                .collect(),
        }
    }

    /// A scalar as it stands there, for showing it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            Self::Int(number) => number.to_string(),
            Self::Big(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
            Self::Bool(value) => value.to_string(),
            Self::Null => "null".to_owned(),
            Self::List(_) => "a list".to_owned(),
            Self::Object(_) => "an object".to_owned(),
        }
    }

    /// A finite number, also where it is written as text.
    pub(super) fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Int(number) => *number as f64,
            Self::Big(number) => *number as f64,
            Self::Float(number) => *number,
            Self::Text(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        number.is_finite().then_some(number)
    }

    pub(super) fn bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Tree)
    }
}

struct Tree;

impl<'de> Visitor<'de> for Tree {
    type Value = Json<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Json::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(i64::try_from(value).map_or(Json::Big(value), Json::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Json::Float(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        // Grown one by one, a list would be moved several times.
        let mut items = Vec::with_capacity(ENTRIES);
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::with_capacity(ENTRIES);
        while let Some((Key(key), value)) = object.next_entry()? {
            entries.push((key, value));
        }
        Ok(Json::Object(entries))
    }
}

struct Key<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Key<'de>;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a key")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_found_by_key_and_path() {
        let json = Json::parse(r#"{"a":{"b":[1,"2",3.5]},"n":18446744073709551615,"e":""}"#);
        let json = json.expect("valid");
        let list = json.path(&["a", "b"]).expect("there").items();
        assert_eq!(
            list.iter().map(Json::number).collect::<Vec<_>>(),
            [Some(1.0), Some(2.0), Some(3.5)]
        );
        assert_eq!(
            json.get("n").and_then(Json::digits_or_text).as_deref(),
            Some("18446744073709551615")
        );
        assert_eq!(json.text_at("e"), None, "an empty text says nothing");
        assert_eq!(json.get("missing"), None);
    }

    #[test]
    fn a_value_is_read_from_the_start_of_a_text() {
        let (value, end) = Json::parse_prefix(r#"{"a":1} and more"#).expect("valid");
        assert_eq!((value.number_at("a"), end), (Some(1.0), 7));
        assert_eq!(Json::parse(r#"{"a":1} and more"#), None);
        assert_eq!(Json::parse_prefix("nothing"), None);
    }

    #[test]
    fn ten_thousand_levels_are_refused_without_recursion() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert_eq!(Json::parse(&deep), None);
        assert_eq!(Json::parse(&"{\"a\":".repeat(10_000)), None);
    }
}
