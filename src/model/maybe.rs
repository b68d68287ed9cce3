//! A number that may be unknown, in the room of one that is known: `Option` takes twice that, and there are millions of them.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::ids::{RequestId, SpanId};
use super::time::Timestamp;

/// A number, or not. One value of its type, which no line gives, stands for the unknown.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Maybe<T: Number>(T::Word);

/// What [`Maybe`] can hold.
pub trait Number: Copy {
    /// What it is held as.
    type Word: Copy + PartialEq;
    /// What stands for the unknown.
    const UNKNOWN: Self::Word;

    fn word(self) -> Self::Word;
    fn of_word(word: Self::Word) -> Self;
}

impl<T: Number> Maybe<T> {
    /// The number, if it is known.
    pub fn get(self) -> Option<T> {
        (self.0 != T::UNKNOWN).then(|| T::of_word(self.0))
    }

    /// Itself if it is known, else the other.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        if self.0 == T::UNKNOWN { other } else { self }
    }
}

impl<T: Number> From<Option<T>> for Maybe<T> {
    fn from(number: Option<T>) -> Self {
        Self(number.map_or(T::UNKNOWN, T::word))
    }
}

impl<T: Number> Default for Maybe<T> {
    fn default() -> Self {
        Self(T::UNKNOWN)
    }
}

impl<T: Number + fmt::Debug> fmt::Debug for Maybe<T> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(to)
    }
}

impl<T: Number + Serialize> Serialize for Maybe<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(serializer)
    }
}

impl<'de, T: Number + Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer).map(Self::from)
    }
}

/// Sixteen zeros stand for none where they are written, too.
impl Number for SpanId {
    type Word = Self;
    const UNKNOWN: Self = Self::of(0);

    fn word(self) -> Self {
        self
    }

    fn of_word(word: Self) -> Self {
        word
    }
}

/// The UUID of only ones names nothing.
impl Number for RequestId {
    type Word = Self;
    const UNKNOWN: Self = Self([u8::MAX; 16]);

    fn word(self) -> Self {
        self
    }

    fn of_word(word: Self) -> Self {
        word
    }
}

impl Number for u32 {
    type Word = Self;
    const UNKNOWN: Self = Self::MAX;

    fn word(self) -> Self {
        self
    }

    fn of_word(word: Self) -> Self {
        word
    }
}

impl Number for i64 {
    type Word = Self;
    const UNKNOWN: Self = Self::MIN;

    fn word(self) -> Self {
        self
    }

    fn of_word(word: Self) -> Self {
        word
    }
}

/// A hash.
impl Number for u64 {
    type Word = Self;
    const UNKNOWN: Self = Self::MAX;

    fn word(self) -> Self {
        self
    }

    fn of_word(word: Self) -> Self {
        word
    }
}

impl Number for Timestamp {
    type Word = i64;
    const UNKNOWN: i64 = i64::MIN;

    fn word(self) -> i64 {
        self.0
    }

    fn of_word(word: i64) -> Self {
        Self(word)
    }
}

impl Number for f32 {
    /// Its bits: the unknown must equal itself.
    type Word = u32;
    const UNKNOWN: u32 = u32::MAX;

    fn word(self) -> u32 {
        self.to_bits()
    }

    fn of_word(word: u32) -> Self {
        Self::from_bits(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_comes_back_and_what_is_not_stays_unknown() {
        for ms in [0.0f32, -1.5, f32::MAX, f32::INFINITY] {
            assert_eq!(Maybe::from(Some(ms)).get(), Some(ms));
        }
        assert_eq!(Maybe::from(Some(0u32)).get(), Some(0));
        assert_eq!(Maybe::from(Some(-1i64)).get(), Some(-1));
        assert_eq!(Maybe::<f32>::default().get(), None);
        assert_eq!(Maybe::<i64>::from(None), Maybe::default());
    }

    #[test]
    fn it_takes_the_room_of_the_number_alone() {
        assert_eq!(size_of::<Maybe<f32>>(), size_of::<f32>());
        assert_eq!(size_of::<Maybe<i64>>(), size_of::<i64>());
        assert_eq!(size_of::<Maybe<SpanId>>(), size_of::<SpanId>());
    }
}
