//! Threads on which runs stand one after another, never over each other: viewers take what overlaps for calls.

use crate::model::time::Timestamp;

/// The threads of one environment: one is enough unless it runs several invocations at once.
#[derive(Default)]
pub(super) struct Lanes {
    /// Ends of the events that are open, the outermost first, by lane.
    open: Vec<Vec<Timestamp>>,
}

impl Lanes {
    /// The first lane that is free over `[from, to)`, or, for a `part` of what else goes on, in which it lies within. Events come in
    /// order of start, the longer one first.
    pub(super) fn place(&mut self, from: Timestamp, to: Timestamp, part: bool) -> usize {
        for ends in &mut self.open {
            while ends.last().is_some_and(|end| *end <= from) {
                ends.pop();
            }
        }
        let fits = |ends: &Vec<Timestamp>| ends.last().is_none_or(|end| part && to <= *end);
        let lane = self.open.iter().position(fits).unwrap_or_else(|| {
            self.open.push(Vec::new());
            self.open.len() - 1
        });
        self.open[lane].push(to);
        lane
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_gets_a_lane_of_its_own_unless_it_is_a_part() {
        let mut lanes = Lanes::default();
        let pieces = [
            (0, 10, true),
            (10, 50, false),
            (20, 30, true),
            (25, 40, false),
            (45, 60, true),
            (60, 70, false),
        ];
        let placed =
            pieces.map(|(from, to, part)| lanes.place(Timestamp(from), Timestamp(to), part));
        assert_eq!(placed, [0, 0, 0, 1, 1, 0]);
    }
}
