//! `nepho report`: the whole analysis with no screen, for scripts, people and tickets.

mod cold;
mod json;
mod markdown;
mod table;
mod words;

pub(super) use json::rows;
pub use json::{completeness, finding, json};
pub(super) use markdown::escaped;
pub use markdown::markdown;
pub use table::table;
pub(super) use words::{
    COLUMNS as FUNCTION_COLUMNS, cells as function_cells, completeness as completeness_words,
    no_findings, severity_glyph,
};

#[cfg(test)]
mod tests;
