//! How a page's parts share its height.

/// What one part asks for, in lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wish {
    /// Its rule, the titles of its columns, its foot.
    pub frame: u16,
    /// Rows it needs to be worth showing, wants as a rule, and has at all.
    pub least: u16,
    pub most: u16,
    pub all: u16,
}

impl Wish {
    /// Of parts one under the other, as if they were one.
    pub fn stacked(wishes: &[Self]) -> Self {
        let sum = |rows: fn(&Self) -> u16| {
            let all = wishes
                .iter()
                .map(|wish| rows(wish).saturating_add(wish.frame));
            all.fold(0_u16, u16::saturating_add).saturating_sub(1)
        };
        Self {
            frame: 1,
            least: sum(|wish| wish.least.min(wish.all)),
            most: sum(|wish| wish.most.min(wish.all)),
            all: sum(|wish| wish.all),
        }
    }

    /// Of two that stand side by side and are stacked themselves.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        Self {
            frame: 1,
            least: self.least.max(other.least),
            most: self.most.max(other.most),
            all: self.all.max(other.all),
        }
    }
}

/// Lines for the rows of each part; `None` where a part folds to its rule. `first` is served before all others: the part
/// with the cursor. Then every part gets its least in order, then what it wants, then what is left over.
pub fn share(wishes: &[Wish], first: usize, room: u16) -> Vec<Option<u16>> {
    let mut lines = vec![None; wishes.len()];
    let mut left = i32::from(room) - wishes.len() as i32;
    let order = std::iter::once(first).chain((0..wishes.len()).filter(|at| *at != first));
    for at in order {
        let Some(wish) = wishes.get(at) else { continue };
        let frame = i32::from(wish.frame) - 1;
        let rows = i32::from(wish.least.min(wish.all));
        let fits = frame + rows <= left;
        let rows = if fits { rows } else { left - frame };
        if fits || at == first && rows > 0 {
            lines[at] = Some(rows as u16);
            left -= frame + rows;
        }
    }
    for bound in [
        |wish: &Wish| wish.most.min(wish.all),
        |wish: &Wish| wish.all,
    ] {
        for (rows, wish) in lines.iter_mut().zip(wishes) {
            if let Some(rows) = rows {
                let more = i32::from(bound(wish).saturating_sub(*rows))
                    .min(left)
                    .max(0);
                *rows += more as u16;
                left -= more;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wish(least: u16, most: u16, all: u16) -> Wish {
        Wish {
            frame: 2,
            least,
            most,
            all,
        }
    }

    #[test]
    fn room_for_all_gives_everyone_all() {
        assert_eq!(
            share(&[wish(1, 3, 3), wish(1, 4, 20)], 0, 40),
            [Some(3), Some(20)]
        );
    }

    #[test]
    fn short_of_room_later_parts_shrink_to_their_least_and_then_fold() {
        let wishes = [wish(2, 10, 10), wish(3, 5, 9)];
        assert_eq!(share(&wishes, 0, 16), [Some(9), Some(3)]);
        assert_eq!(share(&wishes, 0, 8), [Some(5), None]);
    }

    #[test]
    fn stacked_parts_ask_for_all_their_lines_and_neighbours_for_the_higher() {
        // Two parts of 2 + 3 and 2 + 4 lines are one of 11 lines, of which one is its frame.
        let stacked = Wish::stacked(&[wish(1, 3, 3), wish(2, 4, 20)]);
        let line = |least, most, all| Wish {
            frame: 1,
            least,
            most,
            all,
        };
        assert_eq!(stacked, line(6, 10, 26));
        assert_eq!(stacked.beside(line(8, 9, 9)), line(8, 10, 26));
    }

    #[test]
    fn the_part_with_the_cursor_is_served_first() {
        let wishes = [wish(4, 10, 10), wish(3, 5, 9)];
        assert_eq!(share(&wishes, 1, 9), [None, Some(6)]);
        assert_eq!(
            share(&wishes, 1, 4),
            [None, Some(1)],
            "less than its least is better than nothing"
        );
    }
}
