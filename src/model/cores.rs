//! Work shared out over all cores. What comes of it is the same for any number of them.

use std::panic::resume_unwind;
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};

/// Looked up once: it takes reading files.
static CORES: LazyLock<usize> =
    LazyLock::new(|| thread::available_parallelism().map_or(1, usize::from));

/// So many rows are worth a look at who takes them.
const STRETCH: usize = 4_096;

/// What comes of both; one after the other where there is one core.
pub fn both<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    if *CORES == 1 {
        return (one(), other());
    }
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (joined(one), other)
    })
}

/// What comes of each item, in their order. Whoever is free takes the next: they may be of any size.
pub fn each<I, T>(items: I, work: impl Fn(I::Item) -> T + Sync) -> Vec<T>
where
    I: ExactSizeIterator + Send,
    T: Send,
{
    let threads = CORES.min(items.len());
    if threads < 2 {
        return items.map(work).collect();
    }
    let items = Mutex::new(items.enumerate());
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let work = || {
        let mut done = Vec::new();
        while let Some((at, item)) = next() {
            done.push((at, work(item)));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut done = work();
        others
            .into_iter()
            .for_each(|other| done.extend(joined(other)));
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, made)| made).collect()
}

/// What comes of each of many rows, by its number, in their order.
pub fn rows<R: Sync, T: Send + Clone>(rows: &[R], work: impl Fn(usize, &R) -> T + Sync) -> Vec<T> {
    let stretches = rows.chunks(STRETCH).enumerate();
    let made = each(stretches, |(stretch, rows)| {
        let numbered = (stretch * STRETCH..).zip(rows);
        let made: Vec<T> = numbered.map(|(at, row)| work(at, row)).collect();
        made
    });
    made.concat()
}

/// Sorts rows by keys that are made once each, half of them on a core of its own. Rows of one key stay as they were.
pub fn sort_by_key<R: Sync, K: Ord + Send>(rows: &mut [R], key: impl Fn(&R) -> K + Sync) {
    let middle = rows.len() / 2;
    let sorted = |half: &[R], start: usize| {
        let numbered = half.iter().zip(start as u32..);
        let mut keys: Vec<(K, u32)> = numbered.map(|(row, at)| (key(row), at)).collect();
        keys.sort_unstable();
        keys
    };
    let (first, second) = rows.split_at(middle);
    let (first, second) = both(|| sorted(first, 0), || sorted(second, middle));
    let mut from = Vec::with_capacity(rows.len());
    let mut second = second.into_iter().peekable();
    for (key, at) in first {
        let before = std::iter::from_fn(|| second.next_if(|(other, _)| *other < key));
        from.extend(before.map(|(_, at)| at));
        from.push(at);
    }
    from.extend(second.map(|(_, at)| at));
    for at in 0..rows.len() {
        // What stood there has moved to where the row stood that took its place.
        let mut place = from[at] as usize;
        while place < at {
            place = from[place] as usize;
        }
        from[at] = place as u32;
        rows.swap(at, place);
    }
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::*;

    #[test]
    fn what_comes_out_stands_in_the_order_of_what_went_in() {
        // The first take longest: where cores share the work, they are done last.
        let slow = |n: u64| (0..(200 - n) * 500).map(black_box).fold(n, |n, _| n);
        assert!(each(0..0, |n: u32| n).is_empty());
        let numbers: Vec<u64> = (0..200).collect();
        assert_eq!(each(numbers.iter().copied(), slow), numbers);
        let many: Vec<usize> = (0..=3 * STRETCH).collect();
        assert_eq!(rows(&many, |at, n| at.min(*n)), many);
        assert_eq!(both(|| 1, || 2), (1, 2));
        let mut mixed: Vec<(usize, usize)> = many.iter().map(|n| (n * 7 % 5, *n)).collect();
        sort_by_key(&mut mixed, |(key, _)| *key);
        assert!(mixed.is_sorted(), "those of one key stay as they were");
    }

    #[test]
    #[should_panic(expected = "the third")]
    fn who_fails_is_heard() {
        each(0..9, |n| assert_ne!(n, 3, "the third"));
    }
}
