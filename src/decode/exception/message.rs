//! Messages of exceptions, with what changes from case to case taken out.

/// Longer messages are cut: they differ in what they quote, not in what went wrong.
const LONGEST: usize = 200;

/// The first line of a message where ids, numbers and quoted values are `*`, so that equal causes read equal.
pub(super) fn normalise(message: &str) -> String {
    let line = message.trim().split(['\n', '\r']).next().unwrap_or("");
    let mut out = String::with_capacity(line.len().min(LONGEST));
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        if out.len() >= LONGEST {
            break;
        }
        if let Some(quoted) = quoted(rest, out.ends_with(char::is_alphanumeric)) {
            out.push(first);
            out.push('*');
            out.push(first);
            rest = &rest[quoted..];
        } else if first.is_alphanumeric() || first == '_' {
            let word = &rest[..word_end(rest)];
            if word.contains(|c: char| c.is_ascii_digit()) {
                out.push('*');
            } else {
                out.push_str(word);
            }
            rest = &rest[word.len()..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

/// Length of the quoted value at the start of a text; an apostrophe inside a word opens none.
fn quoted(text: &str, after_word: bool) -> Option<usize> {
    let quote = text
        .chars()
        .next()
        .filter(|c| matches!(c, '\'' | '"' | '`'))?;
    if quote == '\'' && after_word {
        return None;
    }
    let end = text[1..].find(quote)?;
    Some(end + 2)
}

/// Where a word ends: an id goes on over dashes, an address or a version over points and colons between digits.
fn word_end(text: &str) -> usize {
    let bytes = text.as_bytes();
    text.char_indices()
        .find(|&(at, c)| {
            let joins = match c {
                '-' => bytes.get(at + 1).is_some_and(u8::is_ascii_alphanumeric),
                '.' | ':' | ',' => {
                    at > 0
                        && bytes[at - 1].is_ascii_digit()
                        && bytes.get(at + 1).is_some_and(u8::is_ascii_digit)
                }
                _ => c.is_alphanumeric() || c == '_',
            };
            !joins
        })
        .map_or(text.len(), |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_from_case_to_case_is_taken_out() {
        for (message, normal) in [
            (
                "could not process message 103b8c80-84bb-44b9-9b03-7c36f0b75096",
                "could not process message *",
            ),
            ("450 mailbox busy", "* mailbox busy"),
            ("No module named 'requests'", "No module named '*'"),
            (
                "can't connect to 10.0.0.7:5432 after 1.5s",
                "can't connect to * after *",
            ),
            (
                "order ord-0000004-707d84 is gone\nand more",
                "order * is gone",
            ),
            ("well-known cause", "well-known cause"),
            ("", ""),
        ] {
            assert_eq!(normalise(message), normal);
        }
    }

    #[test]
    fn a_long_message_is_cut_without_cutting_a_character() {
        let long = "é ".repeat(10_000);
        assert!(normalise(&long).len() < LONGEST + 8);
    }
}
