//! What a reader types after `/`: words that a row must have or must not have, and conditions on its columns.
//!
//! Terms stand side by side and must all hold. `refused` is looked for in the whole row, `fn:orders-*` in one column (globs,
//! several after commas), `took>2s` compares figures, `cold:yes` asks whether there is any, `~time.*out` is a regular
//! expression, `"two words"` keeps blanks, and `!` before a term turns it round. Case does not matter.

use regex::{Regex, RegexBuilder};

use super::page::{Column, Row};
use super::value::{Value, figure};

/// A filter made ready for the columns of one table.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug)]
struct Term {
    inverse: bool,
    /// `None`: the whole row.
    column: Option<usize>,
    test: Test,
}

#[derive(Clone, Debug)]
enum Test {
    /// Any of these, as part of the text.
    Contains(Vec<String>),
    /// Any of these patterns, against the whole cell or anywhere in the row.
    Pattern(Vec<Regex>),
    /// `yes` and `no`: there is any, there is none.
    Any(bool),
    Compare(Sign, f64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

/// Names that people type for columns, and the words that columns begin with.
const ALIASES: [(&str, &[&str]); 5] = [
    ("fn", &["function", "consumer", "resource", "entry", "who"]),
    ("function", &["consumer", "who"]),
    ("req", &["request"]),
    ("id", &["request", "event"]),
    ("time", &["at"]),
];

/// What of a row a filter looks at.
pub struct Seen<'a> {
    pub row: &'a Row,
    /// All its words, in lower case.
    pub text: &'a str,
}

impl Filter {
    /// Reads a filter for these columns, or says what is wrong with it and what to do.
    pub fn parse(text: &str, columns: &[Column]) -> Result<Self, String> {
        let terms = words(text)?;
        let terms: Result<Vec<Term>, String> =
            terms.iter().map(|word| term(word, columns)).collect();
        Ok(Self { terms: terms? })
    }

    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether a row is wanted.
    pub fn holds(&self, seen: &Seen<'_>) -> bool {
        self.terms
            .iter()
            .all(|term| term.holds(seen) != term.inverse)
    }

    /// Whether every term looks at the text of the row alone, so that no cell has to be made.
    pub fn is_of_text(&self) -> bool {
        self.terms.iter().all(|term| term.column.is_none())
    }

    /// Words each of which every wanted row has somewhere in its text.
    pub fn wholes(&self) -> impl Iterator<Item = &str> {
        let wanted = self.terms.iter().filter(|term| !term.inverse);
        wanted
            .filter(|term| term.column.is_none())
            .filter_map(|term| match &term.test {
                Test::Contains(words) => match &words[..] {
                    [word] => Some(word.as_str()),
                    _ => None,
                },
                _ => None,
            })
    }

    /// Plain words that are looked for: what to highlight.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let wanted = self.terms.iter().filter(|term| !term.inverse);
        wanted
            .filter_map(|term| match &term.test {
                Test::Contains(words) => Some(words),
                _ => None,
            })
            .flatten()
            .map(String::as_str)
    }
}

impl Term {
    fn holds(&self, seen: &Seen<'_>) -> bool {
        let cell = match self.column {
            None => None,
            Some(at) => match seen.row.cells.get(at) {
                Some(cell) => Some(cell),
                None => return false,
            },
        };
        let of_cell = cell.map(|cell| cell.characters().to_lowercase());
        let text = of_cell.as_deref().unwrap_or(seen.text);
        match &self.test {
            Test::Contains(words) => words.iter().any(|word| text.contains(word.as_str())),
            Test::Pattern(patterns) => patterns.iter().any(|pattern| pattern.is_match(text.trim())),
            Test::Any(wanted) => {
                let there = match cell.map(Value::of) {
                    Some(Value::Number(number)) => number != 0.0,
                    Some(Value::Text(text)) => !matches!(text.as_str(), "no" | "nobody"),
                    Some(Value::Absent) | None => false,
                };
                there == *wanted
            }
            Test::Compare(sign, bound) => match cell.map(Value::of) {
                Some(Value::Number(number)) => match sign {
                    Sign::Less => number < *bound,
                    Sign::AtMost => number <= *bound,
                    Sign::Equal => (number - bound).abs() <= f64::EPSILON * bound.abs().max(1.0),
                    Sign::AtLeast => number >= *bound,
                    Sign::More => number > *bound,
                },
                _ => false,
            },
        }
    }
}

/// Splits at blanks that stand in no quotes.
fn words(text: &str) -> Result<Vec<String>, String> {
    let mut found = vec![String::new()];
    let mut quoted = false;
    for letter in text.chars() {
        match letter {
            '"' => {
                quoted = !quoted;
                if let Some(word) = found.last_mut() {
                    word.push(letter);
                }
            }
            ' ' if !quoted => found.push(String::new()),
            _ => {
                if let Some(word) = found.last_mut() {
                    word.push(letter);
                }
            }
        }
    }
    if quoted {
        return Err("a quote is open · close it with \"".to_owned());
    }
    found.retain(|word| !word.is_empty());
    Ok(found)
}

fn term(word: &str, columns: &[Column]) -> Result<Term, String> {
    let (inverse, rest) = match word.strip_prefix('!') {
        Some(rest) => (true, rest),
        None => (false, word),
    };
    if rest.is_empty() {
        return Err("! needs a term after it · !timeout, !fn:mailer".to_owned());
    }
    let sign_at = if rest.starts_with(['"', '~']) {
        None
    } else {
        rest.find([':', '<', '>', '=', '~'])
    };
    let Some(at) = sign_at else {
        let test = text_test(rest, false)?;
        return Ok(Term {
            inverse,
            column: None,
            test,
        });
    };
    let field = &rest[..at];
    // `10:04` and `arn:aws:…` are words: only what names a column, or could be a name, is a field.
    let word_like = !field.is_empty()
        && field
            .chars()
            .all(|one| one.is_alphanumeric() || "-_.%/".contains(one));
    let column = find_column(field, columns);
    let column = match column {
        Ok(column) => column,
        Err(_)
            if rest[at..].starts_with(':')
                && (!word_like || field.bytes().all(|one| one.is_ascii_digit())) =>
        {
            let test = text_test(rest, false)?;
            return Ok(Term {
                inverse,
                column: None,
                test,
            });
        }
        Err(problem) => return Err(problem),
    };
    let column = Some(column);
    let (sign, value) = [">=", "<=", ">", "<", "=", ":", "~"]
        .iter()
        .find_map(|sign| Some((*sign, rest[at..].strip_prefix(sign)?)))
        .unwrap_or((":", ""));
    if value.is_empty() {
        return Err(format!("{field}{sign} needs a value · {field}{sign}…"));
    }
    let compare = |sign: Sign| match figure(value) {
        Some(bound) => Ok(Test::Compare(sign, bound)),
        None => Err(format!(
            "{word}: {value} is no figure · use 10, 5%, 500ms, 2s, 1m, 14:04"
        )),
    };
    let test = match sign {
        ">=" => compare(Sign::AtLeast)?,
        "<=" => compare(Sign::AtMost)?,
        ">" => compare(Sign::More)?,
        "<" => compare(Sign::Less)?,
        "~" => Test::Pattern(vec![pattern(value)?]),
        "=" => match figure(value) {
            Some(bound) => Test::Compare(Sign::Equal, bound),
            None => Test::Pattern(vec![glob(value)?]),
        },
        _ => match value {
            "yes" => Test::Any(true),
            "no" => Test::Any(false),
            _ => text_test(value, true)?,
        },
    };
    Ok(Term {
        inverse,
        column,
        test,
    })
}

/// A regular expression, a glob, or plain text; several after commas in a column.
fn text_test(text: &str, of_column: bool) -> Result<Test, String> {
    if let Some(expression) = text.strip_prefix('~') {
        return Ok(Test::Pattern(vec![pattern(expression)?]));
    }
    if let Some(inner) = text.strip_prefix('"') {
        let inner = inner.strip_suffix('"').unwrap_or(inner);
        return Ok(Test::Contains(vec![inner.to_lowercase()]));
    }
    let choices: Vec<&str> = if of_column {
        text.split(',').filter(|one| !one.is_empty()).collect()
    } else {
        vec![text]
    };
    if choices.iter().any(|one| one.contains('*')) {
        let patterns: Result<Vec<Regex>, String> = choices
            .iter()
            .map(|one| {
                if of_column {
                    glob(one)
                } else {
                    pattern(&as_expression(one))
                }
            })
            .collect();
        return Ok(Test::Pattern(patterns?));
    }
    Ok(Test::Contains(
        choices
            .iter()
            .map(|one| one.trim_matches('"').to_lowercase())
            .collect(),
    ))
}

fn as_expression(glob: &str) -> String {
    glob.split('*')
        .map(regex::escape)
        .collect::<Vec<_>>()
        .join(".*")
}

/// A glob over a whole cell. What stands before the name (a badge, an age) does not count.
fn glob(text: &str) -> Result<Regex, String> {
    pattern(&format!(r"(?:^|\s){}$", as_expression(text)))
}

fn pattern(expression: &str) -> Result<Regex, String> {
    RegexBuilder::new(expression)
        .case_insensitive(true)
        .size_limit(1 << 20)
        .build()
        .map_err(|error| {
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default();
            let why = why.trim_start_matches("error: ");
            format!("~{expression}: {why}")
        })
}

/// The column that a name means: the same letters, else the one that begins with them.
pub fn find_column(name: &str, columns: &[Column]) -> Result<usize, String> {
    let wanted = letters(name);
    let named = || {
        columns
            .iter()
            .enumerate()
            .filter(|(_, column)| !column.name.is_empty())
    };
    if !wanted.is_empty() {
        if let Some((at, _)) = named().find(|(_, column)| letters(&column.name) == wanted) {
            return Ok(at);
        }
        let begin: Vec<(usize, &Column)> = named()
            .filter(|(_, column)| letters(&column.name).starts_with(&wanted))
            .collect();
        match &begin[..] {
            [(at, _)] => return Ok(*at),
            [] => {}
            several => {
                let names: Vec<&str> = several.iter().map(|(_, column)| &*column.name).collect();
                return Err(format!("{name} may be {}", names.join(" or ")));
            }
        }
        let meant = ALIASES.iter().find(|(alias, _)| *alias == wanted);
        for other in meant.iter().flat_map(|(_, others)| others.iter()) {
            if let Some((at, _)) = named().find(|(_, column)| letters(&column.name) == *other) {
                return Ok(at);
            }
        }
    }
    let names: Vec<&str> = named().map(|(_, column)| &*column.name).collect();
    Err(format!("no column {name} here · {}", names.join(", ")))
}

/// Letters and digits in lower case: `init p99` is `initp99`.
fn letters(name: &str) -> String {
    let kept = name.chars().filter(|one| one.is_alphanumeric());
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::page::Cell;

    fn columns() -> Vec<Column> {
        vec![
            Column::name("function", 12, 30),
            Column::figure("took", 8),
            Column::word("status", 9),
            Column::figure("init p50", 8),
            Column::figure("init p99", 8),
            Column::figure("cold k/n", 8),
        ]
    }

    fn holds(filter: &str, cells: [&str; 6]) -> bool {
        let row = Row {
            cells: cells.iter().map(|cell| Cell::text(cell)).collect(),
            ..Row::default()
        };
        let text = row.text();
        let filter =
            Filter::parse(filter, &columns()).unwrap_or_else(|problem| panic!("{problem}"));
        filter.holds(&Seen {
            row: &row,
            text: &text,
        })
    }

    const SLOW: [&str; 6] = [
        "orders-worker",
        "4.40 s",
        "! error",
        "300 ms",
        "1.02 s",
        "28/8,760",
    ];
    const FAST: [&str; 6] = ["payment", "62 ms", "ok", "?", "–", "0/12"];

    #[test]
    fn terms_must_all_hold() {
        for filter in [
            "orders",
            "ORDERS ERROR",
            "fn:orders-*",
            "fn:mailer,orders-worker",
            "status:error took>2s",
            "took>=4.40s took<1m",
            "cold:yes",
            "initp99>1s",
            "!payment",
            "!status:ok",
            "~ord.*ker",
            "function~^orders",
            "\"! error\"",
            "init-p50=300ms",
        ] {
            assert!(holds(filter, SLOW), "{filter}");
            assert!(!holds(filter, FAST), "{filter}");
        }
        assert!(holds("cold:no", FAST) && !holds("cold:no", SLOW));
        assert!(!holds("init-p50<1h", FAST), "what is unknown is not small");
    }

    #[test]
    fn a_glob_is_of_the_whole_name() {
        assert!(!holds("fn:order*x", SLOW));
        assert!(!holds("fn:*pay", FAST));
        assert!(holds("fn:pay*", FAST));
    }

    #[test]
    fn a_colon_in_a_word_that_names_no_column_is_text() {
        let at = ["10:04:17", "", "", "", "", ""];
        assert!(holds("10:04", at));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let says = |filter: &str| Filter::parse(filter, &columns()).unwrap_err();
        assert_eq!(
            says("took>2x"),
            "took>2x: 2x is no figure · use 10, 5%, 500ms, 2s, 1m, 14:04"
        );
        assert_eq!(says("init>1s"), "init may be init p50 or init p99");
        assert_eq!(
            says("statsu:error"),
            "no column statsu here · function, took, status, init p50, init p99, cold k/n"
        );
        assert_eq!(says("status:"), "status: needs a value · status:…");
        assert_eq!(says("\"open"), "a quote is open · close it with \"");
        assert!(
            says("~(").starts_with("~(: unclosed group"),
            "{}",
            says("~(")
        );
        assert_eq!(says("!"), "! needs a term after it · !timeout, !fn:mailer");
    }
}
