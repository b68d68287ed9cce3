//! A JSON document that is handed on as text, and read at most once.

use std::cell::OnceCell;

use bumpalo::Bump;

use super::json::Json;

/// A JSON document: its text, and what it says once that was asked for.
#[derive(Debug)]
pub struct Document<'a> {
    text: &'a str,
    arena: &'a Bump,
    json: OnceCell<Option<Json<'a>>>,
}

impl<'a> Document<'a> {
    /// Of a text that may turn out to be no JSON. What is read of it will stand in the arena.
    pub fn new(text: &'a str, arena: &'a Bump) -> Self {
        Self {
            text,
            arena,
            json: OnceCell::new(),
        }
    }

    /// As it is written.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// What it says; `None` if it is no valid JSON or nests deeper than 128 levels.
    pub fn json(&self) -> Option<&Json<'a>> {
        let read = || Json::parse(self.text, self.arena);
        self.json.get_or_init(read).as_ref()
    }
}
