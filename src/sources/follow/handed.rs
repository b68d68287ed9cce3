//! Lines of one log group that come by two ways, polled and live: each is handed on once, by the way that brings it first.
//!
//! Live lines have no event id, and a session that begins anew may bring again what the one before brought, or what was polled.
//! A line is known by its stream, time and text. Of equal ones in one update as many are handed on as it holds; an equal one in a
//! later update is left to polling, whose event ids tell another line from the same one again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::model::record::LogRecord;
use crate::model::time::Timestamp;

/// What both ways know of each other.
#[derive(Debug, Default)]
pub struct Handed(Mutex<Ledger>);

#[derive(Debug, Default)]
struct Ledger {
    /// Something is or was live: from then on lines are counted.
    counts: Option<BTreeMap<Timestamp, Minute>>,
    live: bool,
    /// Polled whole up to there.
    complete_until: Option<Timestamp>,
    /// When the newest of the polled lines was ingested.
    polled_until: Option<Timestamp>,
    /// What was ingested up to then is polling's alone: which lines of it were handed on is not known, or no longer.
    polled_alone: Option<Timestamp>,
}

/// Lines of one minute.
#[derive(Debug, Default)]
struct Minute {
    lines: HashMap<u64, Counts>,
    /// When the newest of its polled lines was ingested.
    polled_until: Option<Timestamp>,
}

/// Equal lines.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    polled: u32,
    handed_on: u32,
    /// An update brought it, once or more.
    was_live: bool,
}

impl Handed {
    /// Lines are about to come live: what is polled from now on is counted.
    pub fn expect(&self) {
        let mut ledger = self.ledger();
        if ledger.counts.is_none() {
            ledger.counts = Some(BTreeMap::new());
            ledger.polled_alone = ledger.polled_alone.max(ledger.polled_until);
        }
    }

    /// Lines come live, or no longer do. What came is remembered until it was polled.
    pub fn set_live(&self, live: bool) {
        self.ledger().live = live;
    }

    /// Whether lines come live.
    pub fn is_live(&self) -> bool {
        self.ledger().live
    }

    /// Everything before it was polled.
    pub fn complete_until(&self) -> Option<Timestamp> {
        self.ledger().complete_until
    }

    /// Counts the lines of one update, and keeps those that are to be handed on.
    pub fn live(&self, records: Vec<LogRecord>) -> Vec<LogRecord> {
        let mut ledger = self.ledger();
        let mut here = HashMap::<u64, u32>::new();
        let mut fresh = Vec::with_capacity(records.len());
        for record in records {
            if record.ingestion.is_some() && record.ingestion <= ledger.polled_alone {
                continue;
            }
            let line = line(&record);
            let counts = ledger.minute(&record).lines.entry(line).or_default();
            if !here.contains_key(&line) && std::mem::replace(&mut counts.was_live, true) {
                continue;
            }
            let here = here.entry(line).or_default();
            *here += 1;
            if *here > counts.handed_on {
                counts.handed_on += 1;
                fresh.push(record);
            }
        }
        fresh
    }

    /// Counts a line that was not polled before; whether it is to be handed on.
    pub(super) fn polled(&self, record: &LogRecord) -> bool {
        let mut ledger = self.ledger();
        ledger.polled_until = ledger.polled_until.max(record.ingestion);
        if ledger.counts.is_none() {
            return true;
        }
        let minute = ledger.minute(record);
        minute.polled_until = minute.polled_until.max(record.ingestion);
        let counts = minute.lines.entry(line(record)).or_default();
        counts.polled += 1;
        let is_fresh = counts.polled > counts.handed_on;
        counts.handed_on = counts.handed_on.max(counts.polled);
        is_fresh
    }

    /// After a pass: what may not be polled again is forgotten.
    pub(super) fn passed(&self, complete: Option<Timestamp>, is_kept: impl Fn(Timestamp) -> bool) {
        let mut ledger = self.ledger();
        ledger.complete_until = complete;
        let (live, mut alone) = (ledger.live, ledger.polled_alone);
        if let Some(counts) = &mut ledger.counts {
            counts.retain(|at, minute| {
                let kept = is_kept(*at) || is_kept(at.plus_ms(59_999));
                if !kept {
                    alone = alone.max(minute.polled_until);
                }
                kept
            });
            if counts.is_empty() && !live {
                ledger.counts = None;
            }
        }
        ledger.polled_alone = alone;
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    fn minute(&mut self, record: &LogRecord) -> &mut Minute {
        let counts = self.counts.get_or_insert_default();
        counts.entry(record.timestamp.minute()).or_default()
    }
}

/// What a line is known by. One of the ways may leave the line end away.
fn line(record: &LogRecord) -> u64 {
    let stream = xxh3_64(record.stream.as_bytes());
    let text = xxh3_64_with_seed(record.message.trim_end().as_bytes(), stream);
    xxh3_64_with_seed(&record.timestamp.0.to_le_bytes(), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(at: i64, text: &str) -> LogRecord {
        LogRecord {
            group: "g".into(),
            stream: "s".into(),
            timestamp: Timestamp(at),
            ingestion: None,
            event_id: None,
            message: text.into(),
        }
    }

    fn live(handed: &Handed, lines: &[(i64, &str)]) -> usize {
        let lines = lines.iter().map(|(at, text)| line(*at, text));
        handed.live(lines.collect()).len()
    }

    #[test]
    fn whoever_is_first_hands_a_line_on() {
        let handed = Handed::default();
        handed.expect();
        assert_eq!(live(&handed, &[(1, "a\n")]), 1);
        assert!(!handed.polled(&line(1, "a")), "the line end is no text");
        assert!(handed.polled(&line(2, "b")));
        assert_eq!(live(&handed, &[(2, "b"), (2, "c")]), 1);
    }

    #[test]
    fn of_equal_lines_as_many_are_handed_on_as_there_are() {
        let handed = Handed::default();
        handed.expect();
        // Four equal lines, of which live brings three: two in one update, one in the next, which may as well be one of those two.
        assert_eq!(live(&handed, &[(1, "a"), (1, "a")]), 2);
        assert_eq!(live(&handed, &[(1, "a")]), 0);
        let polled: Vec<bool> = (0..4).map(|_| handed.polled(&line(1, "a"))).collect();
        assert_eq!(polled, [false, false, true, true]);
        assert_eq!(live(&handed, &[(1, "a")]), 0, "it was polled");
    }

    #[test]
    fn of_an_update_that_holds_a_polled_line_and_its_equal_one_is_handed_on() {
        let handed = Handed::default();
        handed.expect();
        assert!(handed.polled(&line(1, "a")));
        assert_eq!(live(&handed, &[(1, "a"), (1, "a")]), 1);
        assert!(!handed.polled(&line(1, "a")), "the second of two");
    }

    #[test]
    fn a_session_that_brings_everything_again_adds_nothing() {
        let handed = Handed::default();
        let ingested = |at: i64, text: &str| LogRecord {
            ingestion: Some(Timestamp(at + 10)),
            ..line(at, text)
        };
        assert!(handed.polled(&ingested(1, "polled before anything was live")));
        handed.expect();
        handed.set_live(true);
        let all = || {
            vec![
                ingested(1, "polled before anything was live"),
                ingested(2, "a"),
                ingested(2, "a"),
                ingested(3, "b"),
            ]
        };
        assert_eq!(handed.live(all()).len(), 3);
        assert_eq!(handed.live(all()), []);
        for record in &all()[1..] {
            assert!(!handed.polled(record));
        }
        handed.passed(None, |_| false);
        assert_eq!(handed.live(all()), [], "also when it was forgotten");
        assert_eq!(handed.live(vec![ingested(4, "c")]).len(), 1);
    }

    #[test]
    fn without_anything_live_nothing_is_remembered_and_afterwards_it_is_forgotten() {
        let handed = Handed::default();
        assert!(handed.polled(&line(1, "a")));
        assert!(handed.ledger().counts.is_none());
        handed.expect();
        handed.set_live(true);
        live(&handed, &[(70_000, "b")]);
        handed.set_live(false);
        handed.passed(None, |at| at >= Timestamp(60_000));
        assert!(!handed.polled(&line(70_000, "b")), "still to be polled");
        handed.passed(Some(Timestamp(5)), |_| false);
        assert!(handed.ledger().counts.is_none());
        assert_eq!(handed.complete_until(), Some(Timestamp(5)));
    }
}
