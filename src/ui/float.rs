//! What floats above a page until Esc closes it.

use super::text::Text;

/// One thing that floats.
#[derive(Clone, Debug)]
pub enum Float {
    /// The keys of where one is, from a line on.
    Help { top: usize },
    /// Columns of a part, to take away and bring back.
    Columns { part: &'static str, chosen: usize },
    /// Everything that was marked, to go to.
    Marks { chosen: usize },
    /// Sentences, from a line on.
    Said {
        title: String,
        lines: Vec<Text>,
        top: usize,
    },
}

impl Float {
    /// The help from its first line on.
    pub fn help() -> Self {
        Self::Help { top: 0 }
    }

    /// Moves by lines or choices; the drawing keeps it within what there is.
    pub fn step(&mut self, by: i64) {
        let at = self.at();
        *at = usize::try_from((*at as i64).saturating_add(by).max(0)).unwrap_or(0);
    }

    /// Keeps what is moved within `most`.
    pub fn clamp(&mut self, most: usize) {
        let at = self.at();
        *at = (*at).min(most);
    }

    fn at(&mut self) -> &mut usize {
        match self {
            Self::Help { top } | Self::Said { top, .. } => top,
            Self::Columns { chosen, .. } | Self::Marks { chosen } => chosen,
        }
    }
}
