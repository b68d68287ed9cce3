//! From batches to written lines: re-reads out, held for order, read, filtered, printed.

use std::collections::VecDeque;

use serde::Deserialize;

use super::line::{Line, Reader};
use super::order::{Hold, InTurn};
use super::passes::Passes;
use super::print::{self, Style};
use super::seen::{Page, Seen};
use crate::decode::Decoder;
use crate::model::batch::Batch;
use crate::model::health::Board;
use crate::model::placed;
use crate::model::record::Record;
use crate::model::time::Timestamp;

/// What is between the sources and standard output.
pub(super) struct Show {
    reader: Reader,
    function: String,
    filter: Option<String>,
    style: Style,
    /// Runs on arm64, which costs less.
    arm: bool,
    hold: Hold,
    passes: Passes,
    seen: Seen,
    unwritten: VecDeque<Unwritten>,
}

/// What is to be written: read and printed when its turn comes, since what is printed takes more room.
enum Unwritten {
    Line(InTurn),
    /// With its line end.
    Words(String),
}

/// The fields of a function's configuration that matter for its cost.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    function_name: String,
    #[serde(default)]
    architectures: Vec<String>,
}

impl Show {
    pub(super) fn new(
        decoder: Decoder,
        function: String,
        filter: Option<String>,
        style: Style,
    ) -> Self {
        Self {
            reader: Reader::new(decoder),
            function,
            filter,
            style,
            arm: false,
            hold: Hold::default(),
            passes: Passes::default(),
            seen: Seen::default(),
            unwritten: VecDeque::new(),
        }
    }

    /// Takes a page that came at `now`, while the sources fare as the board says.
    pub(super) fn take(&mut self, batch: Batch, board: &Board, now: Timestamp) {
        let mut page = Page::default();
        for record in batch.records {
            match record {
                Record::Log(record) => {
                    if self.seen.is_new(&record, &mut page, now) {
                        self.hold.take(record, now);
                    }
                }
                Record::Gap(gap) => {
                    let words = print::gap(&gap, None, self.style);
                    self.unwritten.push_back(Unwritten::Words(words));
                }
                Record::Function(json) => self.learn(&json),
                Record::Segment(_) | Record::Metric(_) => {}
            }
        }
        self.passes.note(batch.passed);
        self.let_go_read(board);
        self.let_go_due(now);
    }

    /// Shows the lines that nothing can come before any more, as the sources fare.
    pub(super) fn let_go_read(&mut self, board: &Board) {
        if let Some(since) = self.passes.all_since(board) {
            let in_order = self.hold.before(since);
            self.show(in_order);
        }
    }

    /// Lines that are to be written.
    pub(super) fn unwritten(&self) -> usize {
        self.unwritten.len()
    }

    /// The next lines to be written at once, whole, with their line ends: so many bytes and what the last line has more.
    pub(super) fn piece(&mut self, bytes: usize) -> String {
        let mut piece = String::new();
        while piece.len() < bytes
            && let Some(next) = self.unwritten.pop_front()
        {
            match next {
                Unwritten::Line(line) => self.print(line, &mut piece),
                Unwritten::Words(words) => piece.push_str(&words),
            }
        }
        piece
    }

    /// Whether lines are on hold.
    pub(super) fn holds(&self) -> bool {
        !self.hold.is_empty()
    }

    /// Shows the lines whose time on hold is over.
    pub(super) fn let_go_due(&mut self, now: Timestamp) {
        let due = self.hold.due(now);
        self.show(due);
    }

    /// Adds lines that are no log lines, after those that came before them.
    pub(super) fn say(&mut self, lines: Vec<String>) {
        if !lines.is_empty() {
            self.let_go_all();
            self.unwritten
                .extend(lines.into_iter().map(Unwritten::Words));
        }
    }

    /// Shows all lines.
    pub(super) fn let_go_all(&mut self) {
        let all = self.hold.all();
        self.show(all);
    }

    fn show(&mut self, lines: Vec<InTurn>) {
        self.unwritten
            .extend(lines.into_iter().map(Unwritten::Line));
    }

    fn print(&mut self, line: InTurn, into: &mut String) {
        let line = self.reader.read(line);
        if self.is_wanted(&line) {
            into.push_str(&print::line(&line, self.style, self.arm));
        }
    }

    fn is_wanted(&self, line: &Line) -> bool {
        if line
            .function
            .as_ref()
            .is_some_and(|function| placed::name(function) != self.function)
        {
            return false;
        }
        let Some(filter) = &self.filter else {
            return true;
        };
        let id = line.request_id.map(|id| id.to_string());
        line.record.message.contains(filter) || id.is_some_and(|id| id.contains(filter))
    }

    fn learn(&mut self, json: &str) {
        let Ok(configuration) = serde_json::from_str::<Configuration>(json) else {
            return;
        };
        if configuration.function_name == self.function {
            self.arm = configuration
                .architectures
                .iter()
                .any(|name| name == "arm64");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::health::{Health, SourceState};
    use crate::model::record::LogRecord;
    use crate::model::settings::Settings;

    fn record(stream: &str, at: i64, id: &str, message: &str) -> Record {
        Record::Log(LogRecord {
            group: "/shared".into(),
            stream: stream.into(),
            timestamp: Timestamp(at),
            ingestion: Some(Timestamp(at + 5)),
            event_id: Some(id.into()),
            message: message.into(),
        })
    }

    fn shown(filter: Option<&str>, batches: Vec<Vec<Record>>) -> Vec<String> {
        let decoder = Decoder::new(&Settings::default()).unwrap();
        let style = Style::Text { color: false };
        let mut show = Show::new(decoder, "pay".to_owned(), filter.map(str::to_owned), style);
        for (second, batch) in batches.into_iter().enumerate() {
            let now = Timestamp(100_000 + second as i64 * 2_000);
            show.take(batch.into(), &Board::default(), now);
        }
        show.let_go_all();
        let all = show.piece(usize::MAX);
        all.split_inclusive('\n').map(str::to_owned).collect()
    }

    const OURS: &str = "2026/11/20/pay[7]aa";

    #[test]
    fn what_overlapping_polls_bring_again_is_shown_once_and_in_order() {
        let (first, second, third) = (
            record(OURS, 1_000, "1", "one"),
            record(OURS, 2_000, "2", "two"),
            record(OURS, 3_000, "3", "three"),
        );
        let polls = vec![
            vec![second.clone(), first.clone()],
            vec![first, second, third],
        ];
        let lines = shown(None, polls);
        let texts: Vec<_> = lines
            .iter()
            .filter_map(|line| line.split_whitespace().last())
            .collect();
        assert_eq!(texts, ["one", "two", "three"]);
    }

    #[test]
    fn other_functions_of_a_shared_group_are_left_out_and_a_filter_leaves_what_holds_it() {
        let page = vec![
            record(OURS, 1_000, "1", "refused by bank"),
            record("2026/11/20/orders[7]bb", 1_001, "2", "refused by bank"),
            record(OURS, 1_002, "3", "paid"),
        ];
        assert_eq!(shown(None, vec![page.clone()]).len(), 2);
        let filtered = shown(Some("refused"), vec![page]);
        assert_eq!(filtered.len(), 1);
        assert!(filtered[0].ends_with("refused by bank\n"));
    }

    /// A backlog of two pages, as an emulator gives them: in order of time within each stream only. What was read whole is shown at
    /// once and in order; what was written while it was read waits its second, and a straggler comes marked.
    #[test]
    fn a_backlog_is_shown_in_order_as_soon_as_it_was_read_whole() {
        let settings = Settings::default();
        let style = Style::Text { color: false };
        let decoder = Decoder::new(&settings).unwrap();
        let mut show = Show::new(decoder, "pay".to_owned(), None, style);
        let mut logs = Health {
            name: "logs /shared".into(),
            state: SourceState::Reading,
            ..Health::default()
        };
        let board = |logs: &Health| Board {
            sources: [(logs.name.clone(), logs.clone())].into(),
            ..Board::default()
        };
        let now = Timestamp(100_000);
        let line = |at, id: &str| record(OURS, at, id, id);
        let first: Batch = vec![line(1_000, "a"), line(99_000, "d")].into();
        show.take(first, &board(&logs), now);
        assert_eq!(show.piece(usize::MAX), "", "another page follows");
        logs.state = SourceState::CaughtUp;
        let second = Batch {
            passed: vec![("/shared".into(), Timestamp(99_900))],
            ..vec![line(2_000, "b"), line(50_000, "c"), line(99_950, "e")].into()
        };
        show.take(second, &board(&logs), now.plus_ms(100));
        let texts = |piece: String| -> Vec<String> {
            let lines = piece.lines();
            lines
                .map(|line| line.split_whitespace().nth(1).unwrap().to_owned())
                .collect()
        };
        assert_eq!(texts(show.piece(usize::MAX)), ["a", "b", "c", "d"]);
        show.let_go_due(now.plus_ms(1_099));
        assert_eq!(show.piece(usize::MAX), "");
        show.let_go_due(now.plus_ms(1_100));
        assert_eq!(texts(show.piece(usize::MAX)), ["e"]);
        let straggler = Batch {
            passed: vec![("/shared".into(), Timestamp(101_900))],
            ..vec![line(60_000, "s")].into()
        };
        show.take(straggler, &board(&logs), now.plus_ms(2_000));
        assert!(show.piece(usize::MAX).ends_with("s  (late by 5.0 ms)\n"));
    }

    /// Where functions are still looked for, another log group could turn up; once they are found, what was read is in order.
    #[test]
    fn a_backlog_that_was_read_first_does_not_wait_once_all_log_groups_are_known() {
        let decoder = Decoder::new(&Settings::default()).unwrap();
        let mut show = Show::new(
            decoder,
            "pay".to_owned(),
            None,
            Style::Text { color: false },
        );
        let source = |name: &str, note: Option<&str>| Health {
            name: name.into(),
            state: SourceState::CaughtUp,
            note: note.map(Into::into),
            ..Health::default()
        };
        let board = |found: Option<&str>| {
            let sources = [source("functions", found), source("logs /shared", None)];
            Board {
                sources: sources.map(|one| (one.name.clone(), one)).into(),
                ..Board::default()
            }
        };
        let page = Batch {
            passed: vec![("/shared".into(), Timestamp(99_000))],
            ..vec![
                record(OURS, 2_000, "b", "two"),
                record(OURS, 1_000, "a", "one"),
            ]
            .into()
        };
        show.take(page, &board(None), Timestamp(100_000));
        assert_eq!(show.unwritten(), 0);
        show.let_go_read(&board(Some("1 function")));
        assert_eq!(show.unwritten(), 2);
    }

    #[test]
    fn a_late_line_is_shown_and_marked() {
        let lines = shown(
            None,
            vec![
                vec![record(OURS, 50_000, "2", "on time")],
                Vec::new(),
                vec![record(OURS, 40_000, "1", "slow")],
            ],
        );
        assert!(lines[1].ends_with("slow  (late by 5.0 ms)\n"), "{lines:?}");
    }
}
