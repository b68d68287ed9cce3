//! Holds lines for a moment to put them in order of their own time, or for less where nothing can come before them. What comes
//! later still comes marked.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use crate::model::record::LogRecord;
use crate::model::time::Timestamp;

/// No line is held longer.
pub(super) const HELD: Duration = Duration::from_secs(1);
/// More lines are not held: the oldest go on.
const MOST: usize = 20_000;

/// Lines on hold.
#[derive(Debug, Default)]
pub(super) struct Hold {
    lines: BTreeMap<Place, LogRecord>,
    /// Until when they are held, in the order in which they came; some may be gone.
    until: VecDeque<(Timestamp, Place)>,
    count: u64,
    /// Time of the newest line that was let go.
    gone: Option<Timestamp>,
}

/// Order of lines: their time, then the order in which CloudWatch gave them.
type Place = (Timestamp, u64);

/// A line in its turn.
#[derive(Debug)]
pub(super) struct InTurn {
    pub record: LogRecord,
    /// A later line was let go before.
    pub late: bool,
}

impl Hold {
    /// Takes a line that came at `now`.
    pub(super) fn take(&mut self, record: LogRecord, now: Timestamp) {
        self.count += 1;
        let until = now.plus_ms(HELD.as_millis() as i64);
        let place = (record.timestamp, self.count);
        self.until.push_back((until, place));
        self.lines.insert(place, record);
    }

    /// Lines whose time on hold is over, with all that stand before them.
    pub(super) fn due(&mut self, now: Timestamp) -> Vec<InTurn> {
        let mut last = None;
        while let Some((_, place)) = self.until.pop_front_if(|(until, _)| *until <= now) {
            last = last.max(Some(place));
        }
        let surplus = self.lines.len().checked_sub(MOST + 1);
        let last_surplus = surplus.and_then(|at| self.lines.keys().nth(at)).copied();
        self.up_to(last.max(last_surplus))
    }

    /// Lines up to that time: nothing comes that belongs before them.
    pub(super) fn before(&mut self, time: Timestamp) -> Vec<InTurn> {
        self.up_to(Some((time, self.count)))
    }

    fn up_to(&mut self, last: Option<Place>) -> Vec<InTurn> {
        let Some((at, count)) = last else {
            return Vec::new();
        };
        let rest = self.lines.split_off(&(at, count + 1));
        let due = std::mem::replace(&mut self.lines, rest);
        self.let_go(due)
    }

    /// Whether no line is on hold.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// All lines: nothing more will come.
    pub(super) fn all(&mut self) -> Vec<InTurn> {
        let all = std::mem::take(&mut self.lines);
        self.let_go(all)
    }

    fn let_go(&mut self, lines: BTreeMap<Place, LogRecord>) -> Vec<InTurn> {
        if self.lines.is_empty() {
            self.until.clear();
        }
        let mut in_turn = Vec::with_capacity(lines.len());
        for record in lines.into_values() {
            let at = record.timestamp;
            let late = self.gone.is_some_and(|gone| at < gone);
            self.gone = self.gone.max(Some(at));
            in_turn.push(InTurn { record, late });
        }
        in_turn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: i64) -> LogRecord {
        LogRecord {
            group: "g".into(),
            stream: "s".into(),
            timestamp: Timestamp(at),
            ingestion: None,
            event_id: None,
            message: "m".into(),
        }
    }

    fn shown(lines: &[InTurn]) -> Vec<(i64, bool)> {
        lines
            .iter()
            .map(|line| (line.record.timestamp.0, line.late))
            .collect()
    }

    #[test]
    fn lines_that_come_within_a_second_are_put_in_order() {
        let mut hold = Hold::default();
        hold.take(line(300), Timestamp(1_000));
        hold.take(line(100), Timestamp(1_500));
        assert!(hold.due(Timestamp(1_999)).is_empty());
        assert_eq!(
            shown(&hold.due(Timestamp(2_000))),
            [(100, false), (300, false)]
        );
    }

    #[test]
    fn a_line_behind_one_that_is_due_waits_for_its_own_time() {
        let mut hold = Hold::default();
        hold.take(line(100), Timestamp(1_000));
        hold.take(line(300), Timestamp(1_500));
        assert_eq!(shown(&hold.due(Timestamp(2_000))), [(100, false)]);
        assert_eq!(shown(&hold.due(Timestamp(2_500))), [(300, false)]);
    }

    #[test]
    fn lines_that_nothing_can_come_before_are_not_held() {
        let mut hold = Hold::default();
        hold.take(line(300), Timestamp(1_000));
        hold.take(line(200), Timestamp(1_000));
        hold.take(line(100), Timestamp(1_000));
        assert_eq!(
            shown(&hold.before(Timestamp(200))),
            [(100, false), (200, false)]
        );
        assert!(hold.due(Timestamp(1_999)).is_empty());
        hold.take(line(150), Timestamp(1_999));
        // What is behind its time waits like any other, and the one that is due lets it go.
        assert_eq!(
            shown(&hold.due(Timestamp(2_000))),
            [(150, true), (300, false)]
        );
        assert!(hold.is_empty() && hold.until.is_empty());
    }

    #[test]
    fn what_comes_after_a_later_line_was_let_go_is_late() {
        let mut hold = Hold::default();
        hold.take(line(300), Timestamp(1_000));
        hold.due(Timestamp(2_000));
        hold.take(line(200), Timestamp(2_100));
        hold.take(line(300), Timestamp(2_100));
        assert_eq!(shown(&hold.all()), [(200, true), (300, false)]);
    }

    #[test]
    fn lines_of_one_millisecond_keep_the_order_they_came_in() {
        let mut hold = Hold::default();
        for text in ["a", "b", "c"] {
            hold.take(
                LogRecord {
                    message: text.into(),
                    ..line(5)
                },
                Timestamp(0),
            );
        }
        let texts: Vec<_> = hold
            .all()
            .into_iter()
            .map(|line| line.record.message)
            .collect();
        assert_eq!(texts, ["a".into(), "b".into(), Box::<str>::from("c")]);
    }

    #[test]
    fn the_oldest_go_on_when_too_many_are_held() {
        let mut hold = Hold::default();
        for at in 0..MOST as i64 + 3 {
            hold.take(line(at), Timestamp(0));
        }
        assert_eq!(
            shown(&hold.due(Timestamp(0))),
            [(0, false), (1, false), (2, false)]
        );
    }
}
