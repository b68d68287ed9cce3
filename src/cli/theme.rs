//! A theme, by the name of a built-in one or as a file.

use std::fs;

use anyhow::Context as _;

use crate::ui::theme::BUILTIN;

/// The name of a built-in theme, if it is one.
pub(crate) fn builtin(theme: &str) -> Option<&'static str> {
    let mut names = BUILTIN.iter().map(|(name, _)| *name);
    names.find(|name| *name == theme)
}

/// A built-in theme by its name, else the text of the file.
pub(crate) fn text(theme: &str) -> anyhow::Result<String> {
    if builtin(theme).is_some() {
        return Ok(theme.to_owned());
    }
    fs::read_to_string(theme).with_context(|| {
        let names: Vec<_> = BUILTIN.iter().map(|(name, _)| *name).collect();
        format!(
            "theme {theme}: no such theme or file · built in: {}",
            names.join(", ")
        )
    })
}
