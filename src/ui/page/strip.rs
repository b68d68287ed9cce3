//! A sparkline whose cells are minutes that can be opened.

use crate::model::time::{MINUTE_MS, Timestamp};
use crate::ui::counted::Counted;
use crate::ui::series::Minutes;
use crate::ui::step::Step;

/// The minutes of one row.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// The column whose cells they are.
    pub column: usize,
    pub minutes: Minutes,
    pub counted: Counted,
    /// Of which function; `None`: of all.
    pub function: Option<String>,
}

impl Strip {
    /// What Enter opens on one of its minutes.
    pub fn opens(&self, at: Timestamp) -> Step {
        Step::Minute {
            at,
            counted: self.counted,
            function: self.function.clone(),
        }
    }

    /// The newest minute that is over.
    pub fn newest(&self) -> Timestamp {
        self.minutes.start(self.minutes.len.saturating_sub(2))
    }

    /// The minute beside another one; the newest first where none was chosen, or where it is gone.
    pub fn beside(&self, at: Option<Timestamp>, later: bool) -> Timestamp {
        let Some(at) = at.filter(|at| self.minutes.index(*at).is_some()) else {
            return self.newest();
        };
        let next = at.plus_ms(if later { MINUTE_MS } else { -MINUTE_MS });
        if self.minutes.index(next).is_some() {
            next
        } else {
            at
        }
    }

    /// Which cells of a column so wide show the minutes: the first minute shown, and how many. The newest stay where it is narrow.
    pub fn shown(&self, width: u16) -> (usize, u16) {
        let cells = self.minutes.len.min(usize::from(width));
        (self.minutes.len - cells, cells as u16)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_begin_at_the_newest_whole_minute_and_stop_at_either_end() {
        let strip = Strip {
            column: 0,
            minutes: Minutes::until(Timestamp(10 * MINUTE_MS + 5), 4),
            counted: Counted::Runs,
            function: None,
        };
        let minute = |n: i64| Timestamp(n * MINUTE_MS);
        assert_eq!(strip.beside(None, false), minute(9));
        assert_eq!(strip.beside(Some(minute(9)), false), minute(8));
        assert_eq!(strip.beside(Some(minute(7)), false), minute(7));
        assert_eq!(strip.beside(Some(minute(10)), true), minute(10));
        assert_eq!(
            strip.beside(Some(minute(2)), true),
            minute(9),
            "what left the strip"
        );
        assert_eq!(strip.shown(3), (1, 3));
        assert_eq!(strip.shown(60), (0, 4));
    }
}
