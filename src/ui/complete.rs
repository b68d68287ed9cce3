//! What `Tab` makes of the word that is being typed.

use super::filter::find_column;
use super::page::Column;

/// The filter with its last word completed: a column's name, or the name of a function after `fn:`. `None`: nothing can
/// follow.
pub fn filter<'a>(
    text: &str,
    columns: &[Column],
    functions: impl Iterator<Item = &'a str>,
) -> Option<String> {
    let at = text.rfind(' ').map_or(0, |blank| blank + 1);
    let (before, word) = text.split_at(at);
    let (not, word) = match word.strip_prefix('!') {
        Some(word) => ("!", word),
        None => ("", word),
    };
    if word.is_empty() {
        return None;
    }
    let completed = match word.split_once(':') {
        None => {
            let column = find_column(word, columns).ok()?;
            format!("{}:", field(column, columns))
        }
        Some((field, value)) => {
            find_column(field, columns).ok()?;
            let mut names: Vec<&str> = functions.filter(|name| name.starts_with(value)).collect();
            names.sort_unstable();
            let first = *names.first()?;
            let common = names.iter().fold(first, |common, name| {
                let same = common
                    .bytes()
                    .zip(name.bytes())
                    .take_while(|(one, other)| one == other);
                common.get(..same.count()).unwrap_or("")
            });
            if common.len() <= value.len() {
                return None;
            }
            format!("{field}:{common}")
        }
    };
    Some(format!("{before}{not}{completed}"))
}

/// A column's name as a filter writes it: its first word where that is enough.
pub fn field(at: usize, columns: &[Column]) -> String {
    let name = &*columns[at].name;
    let word = name.split([' ', '[']).next().unwrap_or_default();
    if word == "function" {
        return "fn".to_owned();
    }
    if find_column(word, columns) == Ok(at) {
        return word.to_owned();
    }
    let letters = name.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<&str> = letters.filter(|word| !word.is_empty()).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_functions_are_completed_as_far_as_they_agree() {
        let columns = [
            Column::name("function", 12, 30),
            Column::word("status", 9),
            Column::figure("cold k/n", 9),
            Column::figure("init p50", 9),
            Column::figure("init p99", 9),
        ];
        assert_eq!(field(3, &columns), "init-p50");
        let complete = |text: &str| {
            let functions = ["orders-worker", "orders-api", "payment"];
            filter(text, &columns, functions.into_iter())
        };
        assert_eq!(complete("sta").as_deref(), Some("status:"));
        assert_eq!(complete("fun").as_deref(), Some("fn:"));
        assert_eq!(complete("!co").as_deref(), Some("!cold:"));
        assert_eq!(
            complete("refused fn:o").as_deref(),
            Some("refused fn:orders-")
        );
        assert_eq!(complete("fn:orders-"), None);
        assert_eq!(complete("timeout"), None);
        assert_eq!(complete(""), None);
    }
}
