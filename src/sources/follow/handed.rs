//! Lines of one log group that come by two ways, polled and live: each is handed on once, by the way that brings it first.
//!
//! Live lines have no event id. A line is known by its stream, time and text; of equal ones as many are handed on as either
//! way brought, which is the most of both.

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
    counts: Option<BTreeMap<Timestamp, HashMap<u64, Counts>>>,
    live: bool,
    /// Polled whole up to there.
    complete_until: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    polled: u32,
    live: u32,
}

impl Handed {
    /// Lines are about to come live: what is polled from now on is counted.
    pub fn expect(&self) {
        self.ledger().counts.get_or_insert_default();
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

    /// Counts the live lines of one batch, and keeps those that are to be handed on. Of equal lines the later ones come with
    /// those before them, by whose number in one batch whoever reads it knows that they are others.
    pub fn live(&self, records: Vec<LogRecord>) -> Vec<LogRecord> {
        let mut ledger = self.ledger();
        let mut here = HashMap::<u64, u32>::new();
        let mut fresh = Vec::with_capacity(records.len());
        for record in records {
            let line = line(&record);
            let counts = ledger.counts_of(&record, line);
            counts.live += 1;
            if counts.live > counts.polled {
                let here = here.entry(line).or_default();
                for _ in *here + 1..counts.live {
                    fresh.push(record.clone());
                }
                *here = counts.live;
                fresh.push(record);
            }
        }
        fresh
    }

    /// Counts a line that was not polled before; whether it is to be handed on.
    pub(super) fn polled(&self, record: &LogRecord) -> bool {
        let mut ledger = self.ledger();
        if ledger.counts.is_none() {
            return true;
        }
        let counts = ledger.counts_of(record, line(record));
        counts.polled += 1;
        counts.polled > counts.live
    }

    /// After a pass: what may not be polled again is forgotten.
    pub(super) fn passed(&self, complete: Option<Timestamp>, is_kept: impl Fn(Timestamp) -> bool) {
        let mut ledger = self.ledger();
        ledger.complete_until = complete;
        let live = ledger.live;
        if let Some(counts) = &mut ledger.counts {
            counts.retain(|minute, _| is_kept(*minute) || is_kept(minute.plus_ms(59_999)));
            if counts.is_empty() && !live {
                ledger.counts = None;
            }
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger {
    fn counts_of(&mut self, record: &LogRecord, line: u64) -> &mut Counts {
        let counts = self.counts.get_or_insert_default();
        let minute = counts.entry(record.timestamp.minute()).or_default();
        minute.entry(line).or_default()
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
        // Four equal lines, of which live sees three: two in one batch, one in the next, which holds those two again.
        assert_eq!(live(&handed, &[(1, "a"), (1, "a")]), 2);
        assert_eq!(live(&handed, &[(1, "a")]), 3);
        let polled: Vec<bool> = (0..4).map(|_| handed.polled(&line(1, "a"))).collect();
        assert_eq!(polled, [false, false, false, true]);
        assert_eq!(live(&handed, &[(1, "a")]), 0, "it was polled");
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
