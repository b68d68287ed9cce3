//! One line that the reader types: a filter, a command, a time, a note.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

/// A prompt that is open.
#[derive(Clone, Debug)]
pub struct Prompt<A> {
    /// What it asks for.
    pub asks: A,
    input: Input,
    /// What is wrong with what was typed, and what to do.
    pub problem: Option<String>,
    /// Which of the earlier entries is shown: 0 is none, 1 the newest.
    recalled: usize,
    /// What was typed before an earlier entry was recalled.
    typed: String,
}

impl<A> Prompt<A> {
    /// A prompt that begins with `text`.
    pub fn new(asks: A, text: &str) -> Self {
        Self {
            asks,
            input: Input::from(text),
            problem: None,
            recalled: 0,
            typed: String::new(),
        }
    }

    /// What was typed.
    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Characters before the cursor.
    pub fn cursor(&self) -> usize {
        self.input.cursor()
    }

    /// Takes a key that has no other meaning. `false`: it means nothing here.
    pub fn type_key(&mut self, event: KeyEvent) -> bool {
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        let alt = event.modifiers.contains(KeyModifiers::ALT);
        let request = match event.code {
            KeyCode::Char(letter) if !control && !alt => InputRequest::InsertChar(letter),
            KeyCode::Backspace => InputRequest::DeletePrevChar,
            KeyCode::Delete => InputRequest::DeleteNextChar,
            KeyCode::Left if control => InputRequest::GoToPrevWord,
            KeyCode::Right if control => InputRequest::GoToNextWord,
            KeyCode::Left => InputRequest::GoToPrevChar,
            KeyCode::Right => InputRequest::GoToNextChar,
            KeyCode::Home => InputRequest::GoToStart,
            KeyCode::End => InputRequest::GoToEnd,
            _ => return false,
        };
        self.edit(request);
        true
    }

    /// Puts pasted text in, as one line.
    pub fn paste(&mut self, text: &str) {
        for letter in text.chars() {
            let letter = if letter.is_control() { ' ' } else { letter };
            self.edit(InputRequest::InsertChar(letter));
        }
    }

    /// Deletes the word before the cursor.
    pub fn delete_word(&mut self) {
        self.edit(InputRequest::DeletePrevWord);
    }

    /// Deletes everything.
    pub fn delete_line(&mut self) {
        self.edit(InputRequest::DeleteLine);
    }

    fn edit(&mut self, request: InputRequest) {
        if self.input.handle(request).is_some() {
            self.recalled = 0;
            self.problem = None;
        }
    }

    /// Replaces what was typed.
    pub fn set(&mut self, text: &str) {
        self.input = Input::from(text);
        self.problem = None;
    }

    /// Shows the entry before or after the one that is shown; the newest of `history` stands last.
    pub fn recall(&mut self, history: &[String], older: bool) {
        if self.recalled == 0 {
            self.typed = self.text().to_owned();
        }
        self.recalled = if older {
            (self.recalled + 1).min(history.len())
        } else {
            self.recalled.saturating_sub(1)
        };
        let text = match history.len().checked_sub(self.recalled) {
            Some(at) if self.recalled > 0 => history[at].clone(),
            _ => self.typed.clone(),
        };
        self.set(&text);
    }
}

/// Entries of a history at most.
const HISTORY: usize = 100;

/// Remembers an entry as the newest, once.
pub fn remember(history: &mut Vec<String>, entry: &str) {
    if entry.trim().is_empty() {
        return;
    }
    history.retain(|known| known != entry);
    history.push(entry.to_owned());
    let over = history.len().saturating_sub(HISTORY);
    history.drain(..over);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn up_and_down_walk_through_the_history_and_come_back_to_what_was_typed() {
        let mut history = Vec::new();
        for entry in ["one", "two", "one", "  "] {
            remember(&mut history, entry);
        }
        assert_eq!(history, ["two", "one"]);
        let mut prompt = Prompt::new((), "dra");
        let mut walk = |older| {
            prompt.recall(&history, older);
            prompt.text().to_owned()
        };
        assert_eq!([walk(true), walk(true), walk(true)], ["one", "two", "two"]);
        assert_eq!(
            [walk(false), walk(false), walk(false)],
            ["one", "dra", "dra"]
        );
    }

    #[test]
    fn a_paste_stays_on_one_line() {
        let mut prompt = Prompt::new((), "");
        prompt.paste("a\nb\u{1b}c");
        assert_eq!(prompt.text(), "a b c");
    }
}
