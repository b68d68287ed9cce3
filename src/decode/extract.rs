//! `[[extract]]` rules of the settings: ids that a team logs in its own way.

use std::borrow::Cow;
use std::cell::{LazyCell, OnceCell};

use bumpalo::Bump;
use globset::{Glob, GlobSet, GlobSetBuilder};
use regex::Regex;
use serde_json::{Number, Value};
use serde_json_path::JsonPath;

use super::app_line::MESSAGE;
use super::embedded;
use crate::model::fact::{AppFact, EventSource, Item};
use crate::model::json::Json;
use crate::model::message::Message;
use crate::model::settings::{ExtractRule, SettingsError};
use crate::model::symbols::{Sym, Symbols};
use crate::model::words::wrong_pattern;

/// All rules, compiled.
#[derive(Debug, Default)]
pub(super) struct Rules(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    /// `None`: every function.
    functions: Option<Functions>,
    how: How,
    dense: bool,
}

#[derive(Debug)]
enum How {
    Paths(Paths),
    Pattern(Regex),
}

#[derive(Debug)]
struct Paths {
    event_id: Option<Path>,
    ordering_key: Option<Path>,
    sequence: Option<Path>,
    correlation_id: Option<Path>,
}

/// What is wrong with a rule, and with which key of it.
struct Wrong {
    key: Option<&'static str>,
    what: String,
}

/// Names of functions: each line's is looked for, so those without wildcards are not matched but compared.
#[derive(Debug)]
struct Functions {
    plain: Vec<String>,
    globs: GlobSet,
}

#[derive(Debug)]
enum Path {
    /// `$.detail.entry`: one key below the other.
    Keys(Vec<String>),
    Query(JsonPath),
}

/// A line as rules look at it.
pub(super) struct Line<'a, 'm> {
    pub(super) message: Message<'m>,
    /// The line, where all of it is JSON.
    pub(super) json: Option<&'a Json<'a>>,
    pub(super) function: Option<&'a str>,
    /// Room for reading JSON in it.
    pub(super) arena: &'a Bump,
}

/// JSON of a line.
struct Document<'a> {
    json: Json<'a>,
    /// The same as queries look into it.
    value: OnceCell<Value>,
}

/// What a rule found in a line; of each list, values at one place belong together.
#[derive(Default)]
struct Found {
    event_ids: Vec<String>,
    ordering_keys: Vec<String>,
    sequences: Vec<String>,
    correlation_ids: Vec<String>,
}

impl Rules {
    /// Compiles the rules; an error says which key of which rule is wrong.
    pub(super) fn compile(rules: &[ExtractRule]) -> Result<Self, SettingsError> {
        let rules = rules.iter().enumerate();
        rules
            .map(|(at, rule)| {
                Rule::compile(rule).map_err(|Wrong { key, what }| {
                    let message = format!("[[extract]] rule {}: {what}", at + 1);
                    SettingsError::of_rule(&["extract"], at, key, message)
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Whether any rule is for this function.
    pub(super) fn concern(&self, function: Option<&str>) -> bool {
        self.0.iter().any(|rule| rule.concerns(function))
    }

    /// Adds what the rules find in one line to its fact.
    pub(super) fn apply(&self, line: &Line<'_, '_>, fact: &mut AppFact, symbols: &mut Symbols) {
        let Line {
            message,
            json,
            function,
            arena,
        } = *line;
        let documents = LazyCell::new(|| {
            let own = || Json::parse(message.text().trim(), arena);
            let whole = json.copied().or_else(own);
            whole.map_or_else(
                || in_prose(message.text(), arena).into_iter().collect(),
                |whole| documents_of(whole, arena),
            )
        });
        for rule in self.0.iter().filter(|rule| rule.concerns(function)) {
            let found = match &rule.how {
                How::Pattern(pattern) => by_pattern(pattern, message.text()),
                How::Paths(paths) => documents
                    .iter()
                    .map(|document| paths.find(document))
                    .find(|found| !found.is_empty()),
            };
            if let Some(found) = found {
                found.add_to(fact, rule.dense, symbols);
            }
        }
    }
}

impl Rule {
    fn compile(rule: &ExtractRule) -> Result<Self, Wrong> {
        let wrong = |key, what| Wrong {
            key: Some(key),
            what,
        };
        let functions = if rule.functions.is_empty() {
            None
        } else {
            Some(Functions::of(&rule.functions).map_err(|what| wrong("functions", what))?)
        };
        let path = |key, text: &Option<String>| {
            let compiled = text.as_deref().map(Path::parse).transpose();
            compiled.map_err(|error| wrong(key, format!("`{key}` is no JSONPath: {error}")))
        };
        let how = if let Some(pattern) = &rule.pattern {
            let pattern = Regex::new(pattern).map_err(|error| {
                wrong("pattern", format!("`pattern`: {}", wrong_pattern(&error)))
            })?;
            let names = ["event_id", "ordering_key", "sequence", "correlation_id"];
            if !pattern
                .capture_names()
                .flatten()
                .any(|name| names.contains(&name))
            {
                let what = format!("`pattern` has none of the groups {}", names.join(", "));
                return Err(wrong("pattern", what));
            }
            How::Pattern(pattern)
        } else {
            let paths = Paths {
                event_id: path("event_id", &rule.event_id)?,
                ordering_key: path("ordering_key", &rule.ordering_key)?,
                sequence: path("sequence", &rule.sequence)?,
                correlation_id: path("correlation_id", &rule.correlation_id)?,
            };
            if paths.event_id.is_none() && paths.correlation_id.is_none() {
                return Err(Wrong {
                    key: None,
                    what: "it needs `event_id`, `correlation_id` or `pattern`".into(),
                });
            }
            How::Paths(paths)
        };
        Ok(Self {
            functions,
            how,
            dense: rule.dense,
        })
    }

    fn concerns(&self, function: Option<&str>) -> bool {
        match (&self.functions, function) {
            (None, _) => true,
            (Some(functions), Some(function)) => functions.hold(function),
            (Some(_), None) => false,
        }
    }
}

impl Functions {
    fn of(patterns: &[String]) -> Result<Self, String> {
        let is_plain = |name: &&String| !name.contains(['*', '?', '[', ']', '{', '}', '\\', '/']);
        let (plain, globs): (Vec<_>, Vec<_>) = patterns.iter().partition(is_plain);
        let mut set = GlobSetBuilder::new();
        for glob in globs {
            set.add(Glob::new(glob).map_err(|error| format!("`functions`: {error}"))?);
        }
        Ok(Self {
            plain: plain.into_iter().cloned().collect(),
            globs: set
                .build()
                .map_err(|error| format!("`functions`: {error}"))?,
        })
    }

    fn hold(&self, function: &str) -> bool {
        self.plain.iter().any(|name| name == function)
            || !self.globs.is_empty() && self.globs.is_match(function)
    }
}

/// The JSON of a line that is JSON: the whole line; what its message holds, as an object or as text. An object as Python or node print
/// it counts as the JSON it stands for.
fn documents_of<'a>(whole: Json<'a>, arena: &'a Bump) -> Vec<Document<'a>> {
    let own = MESSAGE.iter().find_map(|key| last(&whole, key));
    let inner = match own {
        Some(Json::Text(text)) => in_prose(text, arena),
        Some(object @ Json::Object(_)) => Some(Document::of(*object)),
        _ => None,
    };
    [Some(Document::of(whole)), inner]
        .into_iter()
        .flatten()
        .collect()
}

fn in_prose<'a>(text: &'a str, arena: &'a Bump) -> Option<Document<'a>> {
    Some(Document::of(embedded::cut(text, arena)?.json))
}

/// Of a key that is there twice the last counts, as queries have it.
fn last<'a>(object: &Json<'a>, key: &str) -> Option<&'a Json<'a>> {
    let mut entries = object.entries().iter().rev();
    entries
        .find(|(name, _)| *name == key)
        .map(|(_, value)| value)
}

impl<'a> Document<'a> {
    fn of(json: Json<'a>) -> Self {
        let value = OnceCell::new();
        Self { json, value }
    }
}

impl Path {
    fn parse(text: &str) -> Result<Self, serde_json_path::ParseError> {
        let query = JsonPath::parse(text)?;
        let is_plain = |key: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
            !key.is_empty() && key.bytes().all(known)
        };
        let keys: Option<Vec<_>> = text
            .strip_prefix("$.")
            .map(|keys| keys.split('.').collect());
        Ok(match keys {
            Some(keys) if keys.iter().all(|key| is_plain(key)) => {
                Self::Keys(keys.into_iter().map(str::to_owned).collect())
            }
            _ => Self::Query(query),
        })
    }

    /// The scalars that stand there.
    fn find(&self, document: &Document<'_>) -> Vec<String> {
        match self {
            Self::Keys(keys) => {
                let found = keys
                    .iter()
                    .try_fold(&document.json, |value, key| last(value, key));
                found.and_then(scalar).into_iter().collect()
            }
            Self::Query(query) => {
                let value = document.value.get_or_init(|| document.json.to_value());
                let found = query.query(value);
                found
                    .iter()
                    .filter_map(|value| scalar_value(value))
                    .collect()
            }
        }
    }
}

impl Paths {
    fn find(&self, document: &Document<'_>) -> Found {
        let all = |path: &Option<Path>| {
            let path = path.as_ref();
            path.map_or_else(Vec::new, |path| path.find(document))
        };
        Found {
            event_ids: all(&self.event_id),
            ordering_keys: all(&self.ordering_key),
            sequences: all(&self.sequence),
            correlation_ids: all(&self.correlation_id),
        }
    }
}

fn scalar_value(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn scalar(json: &Json<'_>) -> Option<String> {
    match json {
        Json::Float(number) => Number::from_f64(*number).map(|number| number.to_string()),
        other => other.digits_or_text().map(Cow::into_owned),
    }
}

fn by_pattern(pattern: &Regex, message: &str) -> Option<Found> {
    let groups = pattern.captures(message)?;
    let group = |name: &str| -> Vec<String> {
        let text = groups.name(name).map(|found| found.as_str().to_owned());
        text.filter(|text| !text.is_empty()).into_iter().collect()
    };
    Some(Found {
        event_ids: group("event_id"),
        ordering_keys: group("ordering_key"),
        sequences: group("sequence"),
        correlation_ids: group("correlation_id"),
    })
}

impl Found {
    fn is_empty(&self) -> bool {
        self.event_ids.is_empty() && self.correlation_ids.is_empty()
    }

    fn add_to(self, fact: &mut AppFact, dense: bool, symbols: &mut Symbols) {
        // A key or sequence that stands once holds for all items of the line.
        fn at(values: &[String], place: usize, symbols: &mut Symbols) -> Option<Sym> {
            let alone = values.first().filter(|_| values.len() == 1);
            let value = values.get(place).or(alone)?;
            Some(symbols.intern(value))
        }
        for (place, id) in self.event_ids.iter().enumerate() {
            let index = u16::try_from(place).unwrap_or(u16::MAX);
            let sequence = at(&self.sequences, place, symbols);
            fact.items.push(Item {
                order_key: at(&self.ordering_keys, place, symbols),
                sequence,
                dense: dense && sequence.is_some(),
                ..Item::new(EventSource::Configured, symbols.intern(id), index)
            });
        }
        for id in &self.correlation_ids {
            let pair = (symbols.intern("correlation_id"), symbols.intern(id));
            if !fact.correlation.contains(&pair) {
                fact.correlation.push(pair);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> ExtractRule {
        toml::from_str(text).expect("valid settings")
    }

    fn read(text: &str, message: &str, function: &str) -> (AppFact, Symbols) {
        let rules = Rules::compile(&[rule(text)]).expect("valid rule");
        let (mut fact, mut symbols) = (AppFact::default(), Symbols::default());
        let line = Line {
            message: message.into(),
            json: None,
            function: Some(function),
            arena: &Bump::new(),
        };
        rules.apply(&line, &mut fact, &mut symbols);
        (fact, symbols)
    }

    const PATHS: &str = "functions = ['ledger-*']\nevent_id = '$.detail.id'\nordering_key = '$.detail.accountId'\n\
                         sequence = '$.detail.version'\ndense = true\ncorrelation_id = \"$.headers['x-flow']\"";

    #[test]
    fn paths_look_into_the_line_its_message_and_its_prose() {
        let event = r#"{"detail":{"id":"evt-1","accountId":"acc-19","version":7},"headers":{"x-flow":"f1"}}"#;
        let text = serde_json::to_string(event).expect("a string");
        for message in [
            event.to_owned(),
            format!(r#"{{"level":"INFO","message":{event}}}"#),
            format!(r#"{{"level":"INFO","message":{text}}}"#),
            format!("[INFO]\t2026-11-20T10:00:01.246Z\tid\tReceived event: {event}\n"),
            format!("Received event: {}\n", event.replace('"', "'")),
            "event { detail: { id: 'evt-1', accountId: 'acc-19', version: 7 }, headers: { 'x-flow': 'f1' } }\n".to_owned(),
            format!(r#"{{"msg":{text}}}"#),
        ] {
            let (fact, symbols) = read(PATHS, &message, "ledger-post");
            let item = fact.items.first().unwrap_or_else(|| panic!("{message}"));
            let text = |sym: Option<Sym>| sym.map(|sym| symbols.get(sym));
            assert_eq!(
                (item.source, symbols.get(item.identity)),
                (EventSource::Configured, "evt-1")
            );
            assert_eq!(
                (text(item.order_key), text(item.sequence)),
                (Some("acc-19"), Some("7"))
            );
            assert!(item.dense);
            assert_eq!(symbols.get(fact.correlation[0].1), "f1");
        }
        assert!(
            read(PATHS, event, "orders").0.is_empty(),
            "the rule is for other functions"
        );
    }

    #[test]
    fn a_batch_gives_each_item_its_own_key() {
        let rule = "event_id = '$.items[*].id'\nordering_key = '$.items[*].key'";
        let (fact, symbols) = read(
            rule,
            r#"{"items":[{"id":"a","key":"x"},{"id":"b","key":"y"}]}"#,
            "f",
        );
        let items: Vec<_> = fact
            .items
            .iter()
            .map(|item| {
                (
                    item.index,
                    symbols.get(item.identity),
                    item.order_key.map(|sym| symbols.get(sym)),
                )
            })
            .collect();
        assert_eq!(items, [(0, "a", Some("x")), (1, "b", Some("y"))]);
    }

    #[test]
    fn named_groups_read_plain_text() {
        let rule =
            r"pattern = 'msg=(?P<event_id>\S+) acct=(?P<ordering_key>\S+) v=(?P<sequence>\d+)'";
        let (fact, symbols) = read(rule, "handled msg=m-1 acct=a-2 v=3 ok", "f");
        let item = &fact.items[0];
        assert_eq!(symbols.get(item.identity), "m-1");
        assert_eq!(item.sequence.map(|sym| symbols.get(sym)), Some("3"));
        assert!(!item.dense);
    }

    #[test]
    fn a_rule_that_cannot_work_is_named() {
        for (text, part) in [
            ("event_id = 'detail.id'", "rule 1: `event_id`"),
            ("pattern = '('", "rule 1: `pattern`"),
            ("pattern = 'x'", "none of the groups"),
            (
                "functions = ['a[']\nevent_id = '$.id'",
                "rule 1: `functions`",
            ),
            ("ordering_key = '$.id'", "it needs `event_id`"),
        ] {
            let error = Rules::compile(&[rule(text)]).expect_err(text);
            assert!(error.message.contains(part), "{}", error.message);
        }
    }
}
