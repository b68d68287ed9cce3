//! `nepho show`: everything that is known of one request, trace or event.

mod json;
mod text;
mod waterfall;

pub use json::json;
pub use text::text;

use crate::model::analysis::Analysis;
use crate::store::log_text::LogText;
use crate::store::lookup::Found;

/// What is shown.
#[derive(Clone, Copy, Debug)]
pub struct Dossier<'a> {
    pub id: &'a str,
    pub analysis: &'a Analysis,
    pub text: &'a LogText,
    pub found: &'a Found,
}
