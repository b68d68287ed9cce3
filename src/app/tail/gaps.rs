//! Stretches that are not seen for now: said when one opens, and again when it was filled or stays open at the end.

use std::collections::BTreeMap;

use super::print::{self, Style};
use crate::model::health::{Board, Health};
use crate::model::record::Gap;

/// What was said already.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    /// By source: where the gap begins that was said to be open.
    open: BTreeMap<Box<str>, Gap>,
    /// The line that said up to which time everything has arrived.
    complete: Option<String>,
}

impl Gaps {
    /// Lines for what opened and what was filled since the last look.
    pub(super) fn look(&mut self, board: &Board, style: Style) -> Vec<String> {
        let mut lines = Vec::new();
        for health in board.sources.values() {
            let said = self.open.get(&health.name);
            match (&health.unseen, said) {
                (Some(gap), None) => {
                    lines.push(print::gap(gap, None, style));
                    self.open.insert(health.name.clone(), gap.clone());
                }
                (None, Some(before)) => {
                    let filled = health
                        .filled
                        .iter()
                        .rfind(|filled| filled.gap.from == before.from);
                    let line = filled.map(|filled| print::gap(&filled.gap, Some(filled.at), style));
                    lines.extend(line);
                    self.open.remove(&health.name);
                }
                _ => {}
            }
        }
        lines.extend(self.begin(board, style));
        lines
    }

    /// For people: once, when the past was read.
    fn begin(&mut self, board: &Board, style: Style) -> Option<String> {
        if self.complete.is_none() {
            self.complete = complete(board, style);
            return self.complete.clone();
        }
        None
    }

    /// What is still open at the end, and up to which time everything was shown, unless that was just said.
    pub(super) fn end(&self, board: &Board, style: Style) -> Vec<String> {
        let open = board.sources.values().filter(|source| source.is_log());
        let open = open.filter_map(|health| health.unseen.as_ref());
        let mut lines: Vec<String> = open.map(|gap| print::gap(gap, None, style)).collect();
        let complete = complete(board, style).filter(|line| self.complete.as_ref() != Some(line));
        lines.extend(complete);
        lines
    }
}

/// The line of the least of the log groups; none before there is one, since then nothing was read.
fn complete(board: &Board, style: Style) -> Option<String> {
    let logs = board.sources.values().filter(|source| source.is_log());
    if logs.clone().all(Health::is_absent) {
        return None;
    }
    let until = logs.map(|source| source.complete_until).min().flatten()?;
    print::complete(until, style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::health::{Filled, SourceState};
    use crate::model::record::GapReason;
    use crate::model::time::Timestamp;

    fn gap(to: i64) -> Gap {
        Gap {
            group: "/aws/lambda/pay".into(),
            from: Timestamp(1_000),
            to: Timestamp(to),
            why: GapReason::Outage,
        }
    }

    fn board(unseen: Option<Gap>, filled: Vec<Filled>) -> Board {
        let health = Health {
            name: "logs /aws/lambda/pay".into(),
            unseen,
            filled,
            ..Health::default()
        };
        Board {
            sources: [(health.name.clone(), health)].into(),
            ..Board::default()
        }
    }

    #[test]
    fn a_gap_is_said_when_it_opens_and_when_it_was_filled_and_not_each_time_it_grows() {
        let mut gaps = Gaps::default();
        let line = |to: &str, more: &str| {
            format!(
                "{{\"gap\":{{\"from\":\"1970-01-01T00:00:01.000Z\",\"to\":\"1970-01-01T00:00:{to}.000Z\",\"log_group\":\"/aws/lambda/pay\",\"why\":\"outage\"{more}}}}}\n"
            )
        };
        assert_eq!(gaps.look(&board(None, Vec::new()), Style::Json), [""; 0]);
        let open = board(Some(gap(20_000)), Vec::new());
        assert_eq!(gaps.look(&open, Style::Json), [line("20", "")]);
        let grown = board(Some(gap(40_000)), Vec::new());
        assert_eq!(gaps.look(&grown, Style::Json), [""; 0]);
        assert_eq!(gaps.end(&grown, Style::Json), [line("40", "")]);
        let filled = Filled {
            gap: gap(45_000),
            at: Timestamp(50_000),
        };
        let filled = board(None, vec![filled]);
        let more = ",\"filled\":\"1970-01-01T00:00:50.000Z\"";
        assert_eq!(gaps.look(&filled, Style::Json), [line("45", more)]);
        assert_eq!(gaps.look(&filled, Style::Json), [""; 0]);
        assert_eq!(gaps.end(&filled, Style::Json), [""; 0]);
    }

    #[test]
    fn people_are_told_once_that_the_past_was_read_and_at_the_end_up_to_when_it_is_complete() {
        let mut gaps = Gaps::default();
        let style = Style::Text { color: false };
        let mut board = board(None, Vec::new());
        assert_eq!(gaps.look(&board, style), [""; 0]);
        let source = board.sources.values_mut().next().unwrap();
        source.complete_until = Some(Timestamp(60_000));
        assert_eq!(
            gaps.look(&board, style),
            ["── 00:01:00 complete to here ──\n"]
        );
        assert_eq!(gaps.look(&board, style), [""; 0]);
        assert_eq!(gaps.end(&board, style), [""; 0], "that was said");
        let source = board.sources.values_mut().next().unwrap();
        source.complete_until = Some(Timestamp(90_000));
        assert_eq!(gaps.look(&board, style), [""; 0], "not each time");
        assert_eq!(
            gaps.end(&board, style),
            ["── 00:01:30 complete to here ──\n"]
        );
    }

    #[test]
    fn nothing_is_said_to_be_complete_before_there_is_a_log_group() {
        let mut gaps = Gaps::default();
        let style = Style::Text { color: false };
        let mut board = board(None, Vec::new());
        let source = board.sources.values_mut().next().unwrap();
        source.state = SourceState::CaughtUp;
        source.complete_until = Some(Timestamp(60_000));
        source.note = Some("there is no such log group".into());
        assert_eq!(gaps.look(&board, style), [""; 0]);
        assert_eq!(gaps.end(&board, style), [""; 0]);
        let source = board.sources.values_mut().next().unwrap();
        source.note = None;
        assert_eq!(
            gaps.look(&board, style),
            ["── 00:01:00 complete to here ──\n"]
        );
    }
}
