//! Numbers by what they belong to, as links to the runs they lead to: most have one or none, so they stand side by side in one row.

/// The numbers that belong to each of so many things, which are numbers from 0 on themselves.
#[derive(Clone, Debug, Default)]
pub struct Grouped {
    /// Where those of each begin in `numbers`; the next one's begin is their end.
    starts: Vec<u32>,
    numbers: Vec<u32>,
}

impl Grouped {
    /// Of `count` things, from pairs of one of them and a number, which keep their order.
    pub fn of(count: usize, pairs: impl Iterator<Item = (u32, u32)> + Clone) -> Self {
        // How many there are of each, then where the next of each belongs.
        let mut starts = vec![0u32; count + 1];
        for (of, _) in pairs.clone() {
            starts[of as usize] += 1;
        }
        let mut free = 0;
        for start in &mut starts {
            free += std::mem::replace(start, free);
        }
        let mut numbers = vec![0; free as usize];
        for (of, number) in pairs {
            let next = &mut starts[of as usize];
            numbers[*next as usize] = number;
            *next += 1;
        }
        // Each begin has moved on to its end, which is the begin of the next.
        starts.pop();
        starts.insert(0, 0);
        Self { starts, numbers }
    }

    /// Those of one.
    pub fn get(&self, of: u32) -> &[u32] {
        self.numbers.get(self.stretch(of)).unwrap_or_default()
    }

    /// Those of each.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let count = self.starts.len().saturating_sub(1);
        (0..count as u32).map(|of| self.get(of))
    }

    /// Sorts those of each.
    pub fn sort_by_key<K: Ord>(&mut self, key: impl Fn(u32) -> K) {
        for of in 0..self.starts.len() as u32 {
            let stretch = self.stretch(of);
            if let Some(those) = self.numbers.get_mut(stretch) {
                those.sort_by_key(|number| key(*number));
            }
        }
    }

    fn stretch(&self, of: u32) -> std::ops::Range<usize> {
        let at = |of: usize| self.starts.get(of).map_or(0, |start| *start as usize);
        at(of as usize)..at(of as usize + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_in_the_order_they_came() {
        let pairs = [(2, 7), (0, 5), (2, 3), (4, 1)];
        let mut those = Grouped::of(5, pairs.into_iter());
        let all =
            |those: &Grouped| -> Vec<Vec<u32>> { those.iter().map(<[u32]>::to_vec).collect() };
        assert_eq!(all(&those), [vec![5], vec![], vec![7, 3], vec![], vec![1]]);
        those.sort_by_key(|number| number);
        assert_eq!(all(&those), [vec![5], vec![], vec![3, 7], vec![], vec![1]]);
    }

    #[test]
    fn what_is_not_there_has_none() {
        let none: &[u32] = &[];
        assert_eq!(Grouped::default().iter().count(), 0);
        assert_eq!(Grouped::default().get(0), none);
        assert_eq!(Grouped::of(1, [(0, 9)].into_iter()).get(1), none);
    }
}
