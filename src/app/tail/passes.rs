//! Which lines need not wait for others to be put in order: every source of lines was read since.

use std::collections::BTreeMap;

use crate::model::health::{Board, Health, SourceState};
use crate::model::placed;
use crate::model::time::Timestamp;

/// By log group, when the last whole read of it began.
#[derive(Debug, Default)]
pub(super) struct Passes(BTreeMap<Box<str>, Timestamp>);

impl Passes {
    /// Takes note of reads that came to their end.
    pub(super) fn note(&mut self, passed: Vec<(Box<str>, Timestamp)>) {
        self.0.extend(passed);
    }

    /// All log groups were read whole since then, and nothing comes before they are read again. `None`: one was not, lines come live,
    /// or further groups may be found.
    pub(super) fn all_since(&self, board: &Board) -> Option<Timestamp> {
        let mut since = None;
        for source in board.sources.values() {
            if source.has_given_up() || source.state == SourceState::Ended {
                continue;
            }
            if is_awaited(source) || placed::name(&source.name) == "live tail" {
                return None;
            }
            if let Some(group) = source.name.strip_prefix("logs ") {
                let at = self.0.get(group).copied()?;
                since = Some(since.map_or(at, |since: Timestamp| since.min(at)));
            }
        }
        since
    }
}

/// A finder that has not found yet what there is.
fn is_awaited(source: &Health) -> bool {
    source.finds_logs() && source.note.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str, note: Option<&str>) -> Health {
        Health {
            name: name.into(),
            state: SourceState::CaughtUp,
            note: note.map(Into::into),
            ..Health::default()
        }
    }

    fn board(sources: &[Health]) -> Board {
        let named = sources.iter().map(|one| (one.name.clone(), one.clone()));
        Board {
            sources: named.collect(),
            ..Board::default()
        }
    }

    #[test]
    fn lines_wait_for_every_log_group_that_is_there_or_may_be_found() {
        let mut passes = Passes::default();
        let found = source("functions", Some("1 function"));
        let (a, b) = (source("logs a", None), source("logs b@west", None));
        let both = board(&[found.clone(), a.clone(), b]);
        assert_eq!(passes.all_since(&both), None, "none was read");
        passes.note(vec![("a".into(), Timestamp(7))]);
        assert_eq!(passes.all_since(&both), None, "b was not");
        passes.note(vec![("b@west".into(), Timestamp(5))]);
        assert_eq!(passes.all_since(&both), Some(Timestamp(5)));
        passes.note(vec![("b@west".into(), Timestamp(9))]);
        assert_eq!(passes.all_since(&both), Some(Timestamp(7)));
        let looking = source("log groups@west", None);
        assert_eq!(
            passes.all_since(&board(&[found.clone(), a.clone(), looking])),
            None
        );
        let live = source("live tail", Some("live"));
        assert_eq!(passes.all_since(&board(&[found, a, live])), None);
    }

    #[test]
    fn what_is_denied_or_ended_is_not_waited_for() {
        let mut passes = Passes::default();
        passes.note(vec![("a".into(), Timestamp(7))]);
        let denied = Health {
            state: SourceState::Denied,
            trouble: Some("denied".into()),
            ..source("functions", None)
        };
        let elsewhere = Health {
            state: SourceState::Ended,
            ..source("log groups@two", None)
        };
        let sources = [denied, elsewhere, source("logs a", None)];
        assert_eq!(passes.all_since(&board(&sources)), Some(Timestamp(7)));
        let retried = Health {
            again_at: Some(Timestamp(9)),
            trouble: Some("no answer".into()),
            ..source("logs b", None)
        };
        let sources = [source("logs a", None), retried];
        assert_eq!(passes.all_since(&board(&sources)), None);
    }
}
