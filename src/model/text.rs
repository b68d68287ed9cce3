//! Text of others made fit for a terminal: log lines are hostile input.

use std::borrow::Cow;

/// `text` without anything that moves the cursor, colours, hides or reorders what follows: escape sequences (CSI, OSC, DCS,
/// … with their contents), C0 and C1 controls, bidirectional overrides and invisible format characters are taken out; tabs and
/// line breaks become one space.
pub fn plain(text: &str) -> Cow<'_, str> {
    if text.chars().all(|letter| !is_hostile(letter)) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\u{1b}' => skip_escape(&mut letters),
            '\u{9b}' => skip_control_sequence(&mut letters),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut letters),
            '\t' | '\n' | '\r' => {
                if !clean.ends_with(' ') {
                    clean.push(' ');
                }
            }
            letter if is_hostile(letter) => {}
            letter => clean.push(letter),
        }
    }
    Cow::Owned(clean)
}

/// Whether a letter acts on a terminal, or hides or reorders what stands beside it.
pub fn is_hostile(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{61c}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

type Letters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// After ESC: a control sequence, a control string, or intermediates and one final character (ECMA-48).
fn skip_escape(letters: &mut Letters<'_>) {
    match letters.peek() {
        Some('[') => {
            letters.next();
            skip_control_sequence(letters);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            letters.next();
            skip_string(letters);
        }
        _ => {
            while letters
                .next_if(|letter| matches!(letter, ' '..='/'))
                .is_some()
            {}
            letters.next_if(|letter| matches!(letter, '0'..='~'));
        }
    }
}

/// Parameters, intermediates and the final byte of a CSI sequence.
fn skip_control_sequence(letters: &mut Letters<'_>) {
    while letters
        .next_if(|letter| matches!(letter, ' '..='?'))
        .is_some()
    {}
    letters.next_if(|letter| matches!(letter, '@'..='~'));
}

/// A control string up to BEL or ST; a line break ends one that nobody closed.
fn skip_string(letters: &mut Letters<'_>) {
    while let Some(letter) = letters.next_if(|letter| !matches!(letter, '\n' | '\r')) {
        match letter {
            '\u{7}' | '\u{9c}' => return,
            '\u{1b}' => {
                letters.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_borrowed() {
        let text = "naïve 日本語 – ok";
        assert!(matches!(plain(text), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn escape_sequences_go_with_their_parameters() {
        assert_eq!(plain("a\u{1b}[31;1mred\u{1b}[0m b"), "ared b");
        assert_eq!(
            plain("a\u{1b}]0;title\u{7}b\u{1b}]8;;http://x\u{1b}\\c"),
            "abc"
        );
        assert_eq!(plain("a\u{1b}Pq#0\u{1b}\\b\u{1b}(Bc\u{1b}cd"), "abcd");
        assert_eq!(plain("a\u{9b}2Jb\u{9d}52;c;x\u{9c}c"), "abc");
        assert_eq!(plain("cut\u{1b}"), "cut");
        assert_eq!(plain("cut\u{1b}["), "cut");
    }

    #[test]
    fn controls_and_direction_overrides_go_and_breaks_become_one_space() {
        assert_eq!(plain("a\u{7}\u{8}\u{7f}\u{85}b"), "ab");
        assert_eq!(
            plain("exe\u{202e}gpj\u{2066}\u{200b}\u{feff}\u{ad}"),
            "exegpj"
        );
        assert_eq!(plain("one\r\n\ttwo"), "one two");
    }

    #[test]
    fn an_open_string_hides_no_later_line() {
        assert_eq!(plain("\u{1b}]0;open\nnext"), " next");
    }
}
