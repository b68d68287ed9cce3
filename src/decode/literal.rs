//! Objects as languages print them, read like JSON: Python's `repr` (`{'a': None}`), node's `inspect` (`{ a: [Object] }`), Ruby's
//! `inspect` (`{"a" => nil}`), and JSON that strict readers refuse for a lone surrogate.

use std::borrow::Cow;

use bumpalo::Bump;
use bumpalo::collections::Vec;

use crate::model::json::Json;

/// Deeper objects are given up.
const DEEPEST: u8 = 64;

/// Reads the object or list at the start of `text`; the second value is where it ends. `None` if there is none that closes.
/// What has no JSON form (`[Object]`, `datetime(…)`, `undefined`) is null.
pub(super) fn parse_prefix<'a>(text: &'a str, arena: &'a Bump) -> Option<(Json<'a>, usize)> {
    let mut reader = Reader { text, at: 0, arena };
    let value = match reader.peek()? {
        '{' | '[' => reader.value(0)?,
        _ => return None,
    };
    Some((value, reader.at))
}

/// Reads a text that is one object and nothing else.
pub(super) fn parse_whole<'a>(text: &'a str, arena: &'a Bump) -> Option<Json<'a>> {
    let (value, end) = parse_prefix(text.trim_start(), arena)?;
    text.trim_start()[end..].trim().is_empty().then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    arena: &'a Bump,
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn skip_space(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Steps over a character if it is there.
    fn take(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn value(&mut self, depth: u8) -> Option<Json<'a>> {
        if depth == DEEPEST {
            return None;
        }
        self.skip_space();
        match self.peek()? {
            '{' => self.object(depth),
            '[' => self.list(']', depth),
            '(' => self.list(')', depth),
            quote @ ('\'' | '"' | '`') => self.string(quote).map(Json::Text),
            _ => {
                let word = self.word()?;
                // node names the class of an object in front of it: `Map(1) { … }`.
                match self.peek() {
                    Some('{') => self.object(depth),
                    _ => Some(scalar(word)),
                }
            }
        }
    }

    fn object(&mut self, depth: u8) -> Option<Json<'a>> {
        self.take('{');
        let mut entries = Vec::new_in(self.arena);
        loop {
            self.skip_space();
            if self.take('}') {
                return Some(Json::Object(entries.into_bump_slice()));
            }
            let key = match self.peek()? {
                quote @ ('\'' | '"' | '`') => self.string(quote)?,
                _ => self.key()?,
            };
            self.skip_space();
            let follows = self.take(':') || self.take('=') && self.take('>');
            if !follows {
                return None;
            }
            entries.push((key, self.value(depth + 1)?));
            self.skip_space();
            self.take(',');
        }
    }

    fn list(&mut self, close: char, depth: u8) -> Option<Json<'a>> {
        self.at += 1;
        let mut items = Vec::new_in(self.arena);
        loop {
            self.skip_space();
            if self.take(close) {
                return Some(Json::List(items.into_bump_slice()));
            }
            items.push(self.value(depth + 1)?);
            self.skip_space();
            self.take(',');
        }
    }

    /// A quoted text; node joins the parts of a long one by `+`.
    fn string(&mut self, quote: char) -> Option<&'a str> {
        let mut text = self.part(quote)?;
        loop {
            let end = self.at;
            self.skip_space();
            let joined = self.take('+');
            self.skip_space();
            match self.peek() {
                Some(quote @ ('\'' | '"' | '`')) if joined => {
                    let next = self.part(quote)?;
                    text.to_mut().push_str(&next);
                }
                _ => {
                    self.at = end;
                    return Some(match text {
                        Cow::Borrowed(text) => text,
                        Cow::Owned(text) => self.arena.alloc_str(&text),
                    });
                }
            }
        }
    }

    fn part(&mut self, quote: char) -> Option<Cow<'a, str>> {
        self.at += quote.len_utf8();
        let rest = &self.text[self.at..];
        let mut owned: Option<String> = None;
        let mut plain = 0;
        let mut chars = rest.char_indices();
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.at += at + quote.len_utf8();
                return Some(match owned {
                    Some(text) => Cow::Owned(text + &rest[plain..at]),
                    None => Cow::Borrowed(&rest[..at]),
                });
            }
            if c == '\\' {
                let text = owned.get_or_insert_default();
                text.push_str(&rest[plain..at]);
                let (_, escaped) = chars.next()?;
                let digits = match escaped {
                    'u' => 4,
                    'x' => 2,
                    _ => 0,
                };
                text.push(unescape(escaped, chars.as_str(), digits));
                for _ in 0..digits {
                    chars.next();
                }
                plain = rest.len() - chars.as_str().len();
            }
        }
        None
    }

    /// A key without quotes.
    fn key(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-' | '.');
        let end = rest.find(|c: char| !is_part(c))?;
        self.at += end;
        (end > 0).then(|| &rest[..end])
    }

    /// Anything else, up to the mark that ends a value; brackets in it (`Decimal('1')`, `<Buffer 1f>`) belong to it.
    fn word(&mut self) -> Option<&'a str> {
        let rest = &self.text[self.at..];
        let mut open = 0usize;
        for (at, c) in rest.char_indices() {
            match c {
                '(' | '<' => open += 1,
                ')' | '>' if open > 0 => open -= 1,
                ',' | '}' | ']' | ')' | '{' if open == 0 => {
                    self.at += at;
                    return (at > 0).then(|| rest[..at].trim_end());
                }
                _ => {}
            }
        }
        None
    }
}

/// What an escape stands for. Half of a surrogate pair has no character of its own.
fn unescape(escaped: char, rest: &str, digits: usize) -> char {
    match escaped {
        'n' => '\n',
        't' => '\t',
        'r' => '\r',
        'u' | 'x' => rest
            .get(..digits)
            .and_then(|digits| u32::from_str_radix(digits, 16).ok())
            .and_then(char::from_u32)
            .unwrap_or(char::REPLACEMENT_CHARACTER),
        other => other,
    }
}

fn scalar(word: &str) -> Json<'_> {
    match word {
        "true" | "True" => Json::Bool(true),
        "false" | "False" => Json::Bool(false),
        _ => match (word.parse(), word.parse::<f64>()) {
            (Ok(whole), _) => Json::Int(whole),
            (_, Ok(number)) if number.is_finite() => Json::Float(number),
            _ => Json::Null,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Json<'_> {
        let read = parse_prefix(text, Box::leak(Box::default()));
        read.unwrap_or_else(|| panic!("{text}")).0
    }

    #[test]
    fn languages_print_what_json_would_say() {
        let json = Json::read(
            r#"{"Records":[{"messageId":"m-1","body":"it's {\"a\": 1}","count":3,"ok":true,"none":null}]}"#,
        );
        let python = r#"{'Records': [{'messageId': 'm-1', 'body': 'it\'s {"a": 1}', 'count': 3, 'ok': True, 'none': None}]}"#;
        let quoted = r#"{'Records': [{'messageId': 'm-1', 'body': "it's {\"a\": 1}", 'count': 3, 'ok': True, 'none': None,},]}"#;
        let node = "{\n  Records: [\n    {\n      messageId: 'm-1',\n      body: `it's ` +\n  '{\"a\": 1}',\n      count: 3,\n      ok: true,\n      none: undefined\n    }\n  ]\n}";
        let ruby = r#"{"Records"=>[{"messageId"=>"m-1", "body" => "it's {\"a\": 1}", "count"=>3, "ok"=>true, "none"=>nil}]}"#;
        for text in [python, quoted, node, ruby] {
            assert_eq!(Some(read(text)), json, "{text}");
        }
    }

    #[test]
    fn what_has_no_json_form_is_null() {
        let object = read(
            "{ a: [Object], b: Decimal('1.5'), c: <Buffer 1f 2e>, d: Map(1) { x: 1 }, e: (1, 2), f: [ 1, ... 3 more items ] }",
        );
        assert_eq!(object.get("b"), Some(&Json::Null));
        assert_eq!(object.get("c"), Some(&Json::Null));
        assert_eq!(object.path(&["d", "x"]), Some(&Json::Int(1)));
        assert_eq!(object.get("e").map(|tuple| tuple.items().len()), Some(2));
        assert_eq!(object.get("f").map(|list| list.items().len()), Some(2));
    }

    #[test]
    fn a_lone_surrogate_is_replaced_and_the_rest_is_read() {
        let text = r#"{"messageId":"m-1","body":"half \ud800 done \x41 \u00e9"}"#;
        assert_eq!(Json::read(text), None);
        assert_eq!(read(text).text_at("body"), Some("half \u{fffd} done A é"));
    }

    #[test]
    fn what_does_not_close_is_none() {
        for text in [
            "",
            "{",
            "{order}",
            "{'a': ",
            "{'a': 'b",
            r"{'a': '\",
            "[1, 2",
            "{a b: 1}",
            "text",
            "{'a': }",
            "{'a'=1}",
        ] {
            assert_eq!(parse_prefix(text, &Bump::new()), None, "{text}");
        }
        for deep in ["[", "{a:", "{'a': [", "("] {
            let deep = format!("[{}", deep.repeat(100_000));
            assert_eq!(parse_prefix(&deep, &Bump::new()), None);
        }
    }
}
