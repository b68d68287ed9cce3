//! Room for what grows for hours: a quarter more at a time. Doubling would leave a quarter of all memory empty.

/// Makes room for `least` more.
pub(crate) fn grow<T>(row: &mut Vec<T>, least: usize) {
    if row.capacity() - row.len() < least {
        row.reserve_exact((row.len() / 4).max(least));
    }
}

/// The same for text.
pub(crate) fn grow_text(text: &mut String, least: usize) {
    if text.capacity() - text.len() < least {
        text.reserve_exact((text.len() / 4).max(least));
    }
}

/// Adds one behind the others.
pub(crate) fn push<T>(row: &mut Vec<T>, one: T) {
    grow(row, 1);
    row.push(one);
}
