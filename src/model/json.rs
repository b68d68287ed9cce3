//! A JSON document as a tree: what grammars look fields up in. It borrows its strings from the text and, where they have escapes, from
//! an arena, in which its objects and lists stand too: nothing of it is allocated or freed by itself.

mod reader;

use std::borrow::Cow;

use bumpalo::Bump;
use serde_json::Value;

use self::reader::{InString, Plain};

/// One JSON value. An object keeps the order of its keys; of a key that is there twice, the first counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Json<'a> {
    Null,
    Bool(bool),
    Int(i64),
    /// A whole number beyond `i64`.
    Big(u64),
    Float(f64),
    Text(&'a str),
    List(&'a [Self]),
    Object(&'a [(&'a str, Self)]),
}

impl<'a> Json<'a> {
    /// Reads a whole document; `None` if it is broken, has something behind it or nests deeper than 128 levels.
    pub fn parse(text: &'a str, arena: &'a Bump) -> Option<Self> {
        let mut reader = Plain::new(text, arena);
        let value = reader.value()?;
        reader.is_at_end().then_some(value)
    }

    /// Reads an object as it stands in a JSON string, of which `string` is what follows the opening quote: each quote and each backslash of
    /// its own stands there behind a backslash. The second value is where the closing quote of that string stands. `None` if there is none,
    /// or if there are other escapes than of quotes, of backslashes, and of line ends behind the object.
    pub fn parse_in_string(string: &'a str, arena: &'a Bump) -> Option<(Self, usize)> {
        if !string.starts_with('{') {
            return None;
        }
        let mut reader = InString::new(string, arena);
        let value = reader.value()?;
        let mut behind = &string[reader.at()..];
        while let Some(rest) = behind.strip_prefix("\\n") {
            behind = rest;
        }
        behind
            .starts_with('"')
            .then_some((value, string.len() - behind.len()))
    }

    /// Reads the value at the start of `text`; the second value is where it ends. `None` if there is none.
    pub fn parse_prefix(text: &'a str, arena: &'a Bump) -> Option<(Self, usize)> {
        let mut reader = Plain::new(text, arena);
        let value = reader.value()?;
        Some((value, reader.at()))
    }

    /// The value under a key; `None` if this is no object or has no such key.
    pub fn get(&self, key: &str) -> Option<&'a Self> {
        self.entries()
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, value)| value)
    }

    /// The value under the first of several keys that is there.
    pub fn first_of(&self, keys: &[&str]) -> Option<&'a Self> {
        keys.iter().find_map(|key| self.get(key))
    }

    /// The value under a chain of keys.
    pub fn path(&self, keys: &[&str]) -> Option<&Self> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text under a key; `None` if it is missing, empty or something else.
    pub fn text_at(&self, key: &str) -> Option<&'a str> {
        self.get(key)?.text()
    }

    /// The number under a key, also where it is written as text.
    pub fn number_at(&self, key: &str) -> Option<f64> {
        self.get(key)?.number()
    }

    /// The keys and values of an object; nothing for any other value.
    pub fn entries(&self) -> &'a [(&'a str, Self)] {
        match self {
            Self::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The values of a list; nothing for any other value.
    pub fn items(&self) -> &'a [Self] {
        match self {
            Self::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a string that is not empty.
    pub fn text(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The text of a string, or the digits of a whole number: ids and sequences are written either way.
    pub fn digits_or_text(&self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
            Self::Int(number) => Some(Cow::Owned(number.to_string())),
            Self::Big(number) => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    /// The same as JSON paths look into it.
    pub fn to_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::from(value),
            Self::Int(number) => Value::from(number),
            Self::Big(number) => Value::from(number),
            Self::Float(number) => Value::from(number),
            Self::Text(text) => Value::from(text),
            Self::List(items) => items.iter().map(|item| item.to_value()).collect(),
            Self::Object(entries) => entries
                .iter()
                .map(|(key, value)| (key.to_string(), value.to_value()))
                .collect(),
        }
    }

    /// A scalar as it stands there, for showing it.
    pub fn shown(&self) -> String {
        match self {
            Self::Text(text) => (*text).to_owned(),
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
    pub fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Int(number) => *number as f64,
            Self::Big(number) => *number as f64,
            Self::Float(number) => *number,
            Self::Text(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        number.is_finite().then_some(number)
    }

    pub fn bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

#[cfg(test)]
impl<'a> Json<'a> {
    /// As [`Json::parse`], into an arena that stays for good.
    pub fn read(text: &'a str) -> Option<Self> {
        Self::parse(text, Box::leak(Box::default()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_found_by_key_and_path() {
        let json = Json::read(r#"{"a":{"b":[1,"2",3.5]},"n":18446744073709551615,"e":""}"#);
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
        let arena = Bump::new();
        let (value, end) = Json::parse_prefix(r#"{"a":1} and more"#, &arena).expect("valid");
        assert_eq!((value.number_at("a"), end), (Some(1.0), 7));
        assert_eq!(Json::read(r#"{"a":1} and more"#), None);
        assert_eq!(Json::parse_prefix("nothing", &arena), None);
    }

    #[test]
    fn ten_thousand_levels_are_refused_without_recursion() {
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert_eq!(Json::read(&deep), None);
        assert_eq!(Json::read(&"{\"a\":".repeat(10_000)), None);
    }

    #[test]
    fn what_is_no_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "[",
            "\"",
            "{}}",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{'a':1}",
            "[1 2]",
            "nul",
            "truer",
            "01",
            "-",
            "-01",
            "1.",
            ".5",
            "1e",
            "+1",
            "1e999",
            "1-2",
            "[1}",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud83d\"",
            "\"\\ude00\\ud83d\"",
            "\"\\u+123\"",
            "\"a\tb\"",
            "\"a\\n\tb\"",
            "{\"a\u{1}\":1}",
            "\u{a0}1",
        ] {
            assert_eq!(Json::read(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_serde_json_reads_them() {
        for text in [
            "0.0",
            "0.5",
            "14.57",
            "1795822208.120105",
            "9007199254740992.0",
            "9007199254740993.0",
            "900719925474099.3",
            "123456789012345678",
            "1234567890123456789",
            "12345678901234567.5",
            "0.000000001",
            "0.0000000001",
            "1.000000000000000000000001",
            "1.5e3",
            "15e-1",
            "-1.5",
            "00.5",
            "1.5.2",
            "1..5",
            "1.-5",
            "1.5-",
        ] {
            assert_eq!(Json::read(text).map(Json::to_value), parsed(text), "{text}");
        }
    }

    /// As serde_json reads it.
    fn parsed(text: &str) -> Option<Value> {
        serde_json::from_str(text).ok()
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let text = "([a-z ]{0,12}|[\"\\\\/\n\t\u{1}\u{7f}é日😀{}:,]){0,6}";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-99i64..99).prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            (0u64..1 << 54, 0..12).prop_map(|(whole, decimals)| {
                Value::from(whole as f64 / 10_f64.powi(decimals))
            }),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 12, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..12).prop_map(Value::from),
                prop::collection::btree_map(text, inner, 0..12)
                    .prop_map(|entries| entries.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_document_is_read_as_serde_json_reads_it(value in any_value(), pretty: bool) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            prop_assert_eq!(Json::read(&text).map(Json::to_value), parsed(&text));
        }

        /// One damaged place: both readers refuse the document, or both read the same.
        #[test]
        fn a_damaged_document_is_read_as_serde_json_reads_it(
            value in any_value(),
            at in any::<prop::sample::Index>(),
            cut in 0usize..3,
            put in prop::sample::select(vec![
                "", "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", ".", "e", "1", " ", "\n", "\\u", "\\u00e9", "\\ud83d", "\\ude00", "\\n",
                "null", "true", "\t", "é", "\u{a0}",
            ]),
        ) {
            let text = value.to_string();
            let boundary = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
            let from = boundary(at.index(text.len() + 1)).unwrap_or(0);
            let to = boundary(from + cut).unwrap_or(from).max(from);
            let damaged = format!("{}{put}{}", &text[..from], &text[to..]);
            prop_assert_eq!(Json::read(&damaged).map(Json::to_value), parsed(&damaged), "{}", damaged);
        }
    }

    /// A document in a JSON string: read there, and read out of the string first.
    fn in_string(string: &str) -> (Option<(Value, usize)>, Option<Value>) {
        let arena = Bump::new();
        let there = Json::parse_in_string(&string[1..], &arena);
        let mut strings = serde_json::Deserializer::from_str(string).into_iter::<String>();
        let text = strings.next().and_then(Result::ok);
        let value = text.and_then(|text| Some(Json::parse(&text, &arena)?.to_value()));
        (there.map(|(json, end)| (json.to_value(), end)), value)
    }

    proptest! {
        #[test]
        fn a_document_in_a_string_is_read_as_it_is_outside(value in prop::collection::btree_map("[a-z\"\\\\]{0,9}", any_value(), 0..9)) {
            let text = serde_json::to_string(&value).expect("a document");
            let string = format!("{},\"b\":1}}", Value::from(text));
            let (there, read) = in_string(&string);
            let end = string.len() - ",\"b\":1}".len() - 2;
            prop_assert!(read.is_some());
            prop_assert_eq!(there, read.map(|value| (value, end)));
        }

        /// One damaged place of the string: what is read there is what is read out of it first, or nothing.
        #[test]
        fn a_damaged_document_in_a_string_is_never_read_otherwise(
            value in prop::collection::btree_map("[a-z\"\\\\]{0,9}", any_value(), 0..9),
            at in any::<prop::sample::Index>(),
            cut in 0usize..3,
            put in prop::sample::select(vec![
                "", "\"", "\\", "\\\\", "\\\"", "\\\\\\\"", "\\n", "\\\\n", "\\u0022", "\\u005c", "\\/", "{", "}", ",", ":", "1", " ", "é",
            ]),
        ) {
            let text = serde_json::to_string(&value).expect("a document");
            let string = Value::from(text).to_string();
            let boundary = |at: usize| (0..=at.min(string.len())).rev().find(|at| string.is_char_boundary(*at));
            let from = boundary(at.index(string.len()) + 1).unwrap_or(1);
            let to = boundary(from + cut).unwrap_or(from).max(from);
            let damaged = format!("{}{put}{} \"", &string[..from], &string[to..]);
            let (there, read) = in_string(&damaged);
            if let Some((value, end)) = there {
                prop_assert_eq!(Some(value), read, "{}", damaged);
                prop_assert_eq!(&damaged[end + 1..=end + 1], "\"");
                let outer = format!("{}\"", &damaged[..=end]);
                prop_assert!(serde_json::from_str::<String>(&outer).is_ok(), "{}", outer);
            }
        }
    }

    #[test]
    fn a_document_in_a_string_may_have_line_ends_behind_it() {
        let arena = Bump::new();
        let read = |string| {
            Json::parse_in_string(string, &arena).map(|(json, end)| (json.number_at("a"), end))
        };
        assert_eq!(read(r#"{\"a\":1}\n\n","b":2}"#), Some((Some(1.0), 13)));
        for other in [
            r#"{\"a\":1}\t""#,
            r#"{\"a\":1} more""#,
            r#"{\n\"a\":1}""#,
            r#"{\"a\":1}"#,
            r#"{"a":1}"#,
            r#"[1]""#,
            r#"\"a\"""#,
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }

    #[test]
    fn objects_nest_as_deep_as_serde_json_allows() {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            for depth in 125..=130 {
                let text = format!("{}1{}", open.repeat(depth), close.repeat(depth));
                assert_eq!(
                    Json::read(&text).is_some(),
                    parsed(&text).is_some(),
                    "{depth}"
                );
            }
        }
    }
}
