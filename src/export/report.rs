//! `nepho report`: the whole analysis with no screen, for scripts, people and tickets.

mod json;
mod markdown;
mod table;
mod words;

pub(super) use json::rows;
pub use json::{completeness, json};
pub use markdown::markdown;
pub use table::table;

#[cfg(test)]
mod tests;
