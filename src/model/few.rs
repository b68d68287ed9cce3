//! A row that is nearly always empty, in the room of one pointer: a slice of its own takes two, and there are very many.

use std::ops::Deref;

/// Some things, mostly none.
#[derive(Clone, Debug, PartialEq)]
pub struct Few<T>(Option<Box<Box<[T]>>>);

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Deref for Few<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        self.0.as_deref().map_or(&[], |things| things)
    }
}

impl<T> FromIterator<T> for Few<T> {
    fn from_iter<I: IntoIterator<Item = T>>(things: I) -> Self {
        let things: Box<[T]> = things.into_iter().collect();
        Self((!things.is_empty()).then(|| Box::new(things)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_it_was_given_in_the_room_of_a_pointer() {
        for count in 0..3 {
            let few: Few<u32> = (0..count).collect();
            assert!(few.iter().copied().eq(0..count));
        }
        assert_eq!(Few::<u32>::default(), Few::from_iter([]));
        assert_eq!(size_of::<Few<u32>>(), size_of::<usize>());
    }
}
