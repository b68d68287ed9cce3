//! How figures are written: rounded to what they can say, words by their own spelling.

use std::fmt::Display;

use serde::{Serialize, Serializer};

/// A value written as the text it shows as.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::export) struct Shown<T>(pub(in crate::export) T);

impl<T: Display> Serialize for Shown<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Milliseconds to 0.01, the resolution of REPORT lines.
pub(in crate::export) fn millis(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// The same of a stored single.
pub(in crate::export) fn single_millis(value: f32) -> f64 {
    millis(f64::from(value))
}

/// A share or a confidence to six digits after the point.
pub(in crate::export) fn share(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_loses_its_binary_tail() {
        assert_eq!(
            serde_json::to_string(&single_millis(413.61))
                .ok()
                .as_deref(),
            Some("413.61")
        );
        assert_eq!(
            serde_json::to_string(&share(1.0 / 3.0)).ok().as_deref(),
            Some("0.333333")
        );
    }
}
