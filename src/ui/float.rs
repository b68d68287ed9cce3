//! What floats above a page until Esc closes it.

/// One thing that floats.
#[derive(Clone, Debug)]
pub enum Float {
    /// The keys of where one is, from a line on.
    Help { top: usize },
    /// Columns of a part, to take away and bring back.
    Columns { part: &'static str, chosen: usize },
}

impl Float {
    /// The help from its first line on.
    pub fn help() -> Self {
        Self::Help { top: 0 }
    }

    /// Moves by lines or choices; the drawing keeps it within what there is.
    pub fn step(&mut self, by: i64) {
        let (Self::Help { top: at } | Self::Columns { chosen: at, .. }) = self;
        *at = usize::try_from((*at as i64).saturating_add(by).max(0)).unwrap_or(0);
    }

    /// Keeps what is moved within `most`.
    pub fn clamp(&mut self, most: usize) {
        let (Self::Help { top: at } | Self::Columns { chosen: at, .. }) = self;
        *at = (*at).min(most);
    }
}
