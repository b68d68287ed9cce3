//! Numbers that belong to invocations, found by the invocation: most have one or none, so they stand side by side in one row.

use super::invocation::InvocationIndex;

/// For each invocation, by its index, the numbers that belong to it.
#[derive(Debug, Default)]
pub struct ByRun {
    /// Where those of each invocation begin in `numbers`; the next one's begin is their end.
    starts: Vec<u32>,
    numbers: Vec<u32>,
}

impl ByRun {
    /// Of `runs` invocations, from pairs of one of them and a number, which keep their order.
    pub fn of(runs: usize, pairs: impl Iterator<Item = (InvocationIndex, u32)> + Clone) -> Self {
        // How many there are of each, then where the next of each belongs.
        let mut starts = vec![0u32; runs + 1];
        for (run, _) in pairs.clone() {
            starts[run as usize] += 1;
        }
        let mut free = 0;
        for start in &mut starts {
            free += std::mem::replace(start, free);
        }
        let mut numbers = vec![0; free as usize];
        for (run, number) in pairs {
            let next = &mut starts[run as usize];
            numbers[*next as usize] = number;
            *next += 1;
        }
        // Each begin has moved on to its end, which is the begin of the next.
        starts.pop();
        starts.insert(0, 0);
        Self { starts, numbers }
    }

    /// Those of one invocation.
    pub fn get(&self, run: InvocationIndex) -> &[u32] {
        self.numbers.get(self.stretch(run)).unwrap_or_default()
    }

    /// Sorts those of each invocation.
    pub fn sort_by_key<K: Ord>(&mut self, key: impl Fn(u32) -> K) {
        for run in 0..self.starts.len() as InvocationIndex {
            let stretch = self.stretch(run);
            if let Some(those) = self.numbers.get_mut(stretch) {
                those.sort_by_key(|number| key(*number));
            }
        }
    }

    fn stretch(&self, run: InvocationIndex) -> std::ops::Range<usize> {
        let at = |run: usize| self.starts.get(run).map_or(0, |start| *start as usize);
        at(run as usize)..at(run as usize + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_invocation_has_its_own_in_the_order_they_came() {
        let pairs = [(2, 7), (0, 5), (2, 3), (4, 1)];
        let mut those = ByRun::of(5, pairs.into_iter());
        let all = |those: &ByRun| -> Vec<Vec<u32>> {
            (0..5).map(|run| those.get(run).to_vec()).collect()
        };
        assert_eq!(all(&those), [vec![5], vec![], vec![7, 3], vec![], vec![1]]);
        those.sort_by_key(|number| number);
        assert_eq!(all(&those), [vec![5], vec![], vec![3, 7], vec![], vec![1]]);
    }

    #[test]
    fn an_invocation_that_is_not_there_has_none() {
        let none: &[u32] = &[];
        assert_eq!(ByRun::default().get(0), none);
        assert_eq!(ByRun::of(1, [(0, 9)].into_iter()).get(1), none);
    }
}
