//! Where each pass over a log group begins, so that late events are read too.
//!
//! CloudWatch shows events late, some by minutes, and orders them by their own time: a cursor that only goes on from the
//! newest event loses them. A pass therefore begins before the one before began, by an overlap as deep as the measured
//! lateness; now and then one goes deeper. What is read again is recognised by its event id further on.

use std::collections::VecDeque;

use crate::model::time::{MINUTE_MS, Timestamp};

/// Overlap of every pass, unless the group was seen to be later.
const LEAST_MS: i64 = 10_000;
/// (how often, how deep) passes go deeper than the measured lateness.
const DEEPER: [(i64, i64); 2] = [(MINUTE_MS, 2 * MINUTE_MS), (5 * MINUTE_MS, 15 * MINUTE_MS)];
/// No pass goes deeper.
const MOST_MS: i64 = 15 * MINUTE_MS;
/// Lateness that is assumed before any was measured.
const ASSUMED_MS: f64 = 5_000.0;
/// Events over which lateness is measured.
const MEASURED: usize = 512;

/// The passes over one log group.
#[derive(Clone, Debug)]
pub(super) struct Cursor {
    since: Timestamp,
    /// The pass under way: when and from where it began.
    pass: Option<Pass>,
    /// When the last whole pass began: what was ingested before was read.
    read_at: Option<Timestamp>,
    deeper_at: [Option<Timestamp>; DEEPER.len()],
    /// Timestamp and ingestion of the newest events seen.
    newest: Option<Timestamp>,
    newest_ingestion: Option<Timestamp>,
    lateness: VecDeque<i64>,
    complete_until: Option<Timestamp>,
    late: u64,
}

#[derive(Clone, Copy, Debug)]
struct Pass {
    at: Timestamp,
    from: Timestamp,
    /// Newest ingestion before the pass: what came later is new, all else is read again.
    known: Option<Timestamp>,
}

impl Cursor {
    /// Reads from `since` on.
    pub(super) fn new(since: Timestamp) -> Self {
        Self {
            since,
            pass: None,
            read_at: None,
            deeper_at: [None; DEEPER.len()],
            newest: None,
            newest_ingestion: None,
            lateness: VecDeque::new(),
            complete_until: None,
            late: 0,
        }
    }

    /// Start of the pass under way; begins one at `now` where there is none.
    pub(super) fn from(&mut self, now: Timestamp) -> Timestamp {
        if let Some(pass) = self.pass {
            return pass.from;
        }
        let from = match self.read_at {
            None => self.since,
            Some(read_at) => {
                // The newest event too, since the clock of this machine may be ahead of AWS's.
                let base = self.newest.map_or(self.since, |newest| newest.min(read_at));
                let base = base.max(read_at.plus_ms(-MOST_MS));
                base.plus_ms(-self.overlap(now)).max(self.since)
            }
        };
        for (at, (every, _)) in self.deeper_at.iter_mut().zip(DEEPER) {
            if at.is_none_or(|at| now.since(at) >= every) {
                *at = Some(now);
            }
        }
        self.pass = Some(Pass {
            at: now,
            from,
            known: self.newest_ingestion,
        });
        from
    }

    fn overlap(&self, now: Timestamp) -> i64 {
        let measured = (2.0 * self.percentile(0.99).unwrap_or(ASSUMED_MS)) as i64;
        let deeper = self.deeper_at.iter().zip(DEEPER);
        deeper
            .filter(|(at, (every, _))| at.is_some_and(|at| now.since(at) >= *every))
            .map(|(_, (_, depth))| depth)
            .fold(measured.clamp(LEAST_MS, MOST_MS), i64::max)
    }

    /// Takes note of one event of the pass.
    pub(super) fn saw(&mut self, timestamp: Timestamp, ingestion: Option<Timestamp>) {
        self.newest = self.newest.max(Some(timestamp));
        let Some(ingestion) = ingestion else { return };
        let known = self.pass.and_then(|pass| pass.known);
        if known.is_some_and(|known| ingestion <= known) {
            return;
        }
        self.newest_ingestion = self.newest_ingestion.max(Some(ingestion));
        if self.complete_until.is_some_and(|until| timestamp < until) {
            self.late += 1;
        }
        if self.lateness.len() == MEASURED {
            self.lateness.pop_front();
        }
        self.lateness.push_back(ingestion.since(timestamp).max(0));
    }

    /// The pass is whole.
    pub(super) fn done(&mut self) {
        let Some(pass) = self.pass.take() else { return };
        self.read_at = Some(pass.at);
        let behind = self.percentile(0.99).unwrap_or(ASSUMED_MS);
        let until = pass.at.plus_ms(-(behind as i64).clamp(0, MOST_MS));
        self.complete_until = self.complete_until.max(Some(until));
    }

    /// Gives the pass up; the next begins at the same place.
    pub(super) fn restart(&mut self) {
        self.pass = None;
    }

    /// Lateness below which that share of the latest events stayed, in milliseconds (nearest rank).
    pub(super) fn percentile(&self, share: f64) -> Option<f64> {
        let mut sorted: Vec<i64> = self.lateness.iter().copied().collect();
        sorted.sort_unstable();
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.max(1) - 1).map(|ms| *ms as f64)
    }

    /// Everything before it has arrived, as far as can be known.
    pub(super) fn complete_until(&self) -> Option<Timestamp> {
        self.complete_until
    }

    /// Events that arrived after their time was thought complete.
    pub(super) fn late(&self) -> u64 {
        self.late
    }

    /// What was not read yet begins here.
    pub(super) fn unread_from(&self) -> Timestamp {
        self.complete_until.unwrap_or(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One pass at `now` that sees these (timestamp, ingestion) pairs; where it began.
    fn pass(cursor: &mut Cursor, now: i64, events: &[(i64, i64)]) -> i64 {
        let from = cursor.from(Timestamp(now)).0;
        for (timestamp, ingestion) in events {
            cursor.saw(Timestamp(*timestamp), Some(Timestamp(*ingestion)));
        }
        cursor.done();
        from
    }

    #[test]
    fn the_first_pass_begins_where_asked_and_each_page_of_it_alike() {
        let mut cursor = Cursor::new(Timestamp(1_000_000));
        assert_eq!(cursor.from(Timestamp(2_000_000)), Timestamp(1_000_000));
        assert_eq!(cursor.from(Timestamp(2_010_000)), Timestamp(1_000_000));
    }

    #[test]
    fn the_next_pass_overlaps_by_ten_seconds_where_events_come_at_once() {
        let mut cursor = Cursor::new(Timestamp(0));
        pass(&mut cursor, 1_000_000, &[(999_000, 999_100)]);
        assert_eq!(
            pass(&mut cursor, 1_002_000, &[]),
            989_000,
            "10 s before the newest event"
        );
    }

    #[test]
    fn the_overlap_is_twice_the_measured_lateness() {
        let mut cursor = Cursor::new(Timestamp(0));
        pass(
            &mut cursor,
            1_000_000,
            &[(960_000, 999_000), (999_000, 999_500)],
        );
        assert_eq!(pass(&mut cursor, 1_002_000, &[]), 999_000 - 2 * 39_000);
    }

    #[test]
    fn each_minute_a_pass_goes_back_two_and_each_five_minutes_fifteen() {
        let mut cursor = Cursor::new(Timestamp(0));
        let start = 10_000_000;
        let mut depths = Vec::new();
        for second in (0..=300).step_by(10) {
            let now = start + second * 1_000;
            let from = pass(&mut cursor, now, &[(now - 100, now)]);
            depths.push((second, (now - 10_000 - 100 - from) / 1_000));
        }
        let deep = |second| {
            depths
                .iter()
                .find(|(at, _)| *at == second)
                .map(|(_, depth)| *depth)
        };
        assert_eq!(deep(10), Some(10));
        assert_eq!(deep(60), Some(120));
        assert_eq!(deep(70), Some(10));
        assert_eq!(deep(300), Some(900));
    }

    #[test]
    fn it_is_complete_up_to_the_pass_less_the_lateness_and_never_goes_back() {
        let mut cursor = Cursor::new(Timestamp(0));
        pass(&mut cursor, 1_000_000, &[(998_000, 1_000_000)]);
        assert_eq!(cursor.complete_until(), Some(Timestamp(998_000)));
        pass(&mut cursor, 1_001_000, &[(940_000, 1_001_000)]);
        assert_eq!(cursor.complete_until(), Some(Timestamp(998_000)));
        assert_eq!(cursor.late(), 1, "it lies before what was thought complete");
    }

    #[test]
    fn an_event_read_again_is_measured_once() {
        let mut cursor = Cursor::new(Timestamp(0));
        for now in [1_000_000, 1_002_000, 1_004_000] {
            pass(&mut cursor, now, &[(990_000, 999_000)]);
        }
        assert_eq!(cursor.lateness.len(), 1);
    }

    #[test]
    fn a_clock_ahead_of_aws_loses_nothing() {
        let mut cursor = Cursor::new(Timestamp(0));
        let ahead = 120_000;
        pass(&mut cursor, 1_000_000 + ahead, &[(999_000, 999_500)]);
        let from = pass(&mut cursor, 1_002_000 + ahead, &[]);
        assert!(
            from <= 999_000,
            "the next event is at 999.1 s by AWS's clock: {from}"
        );
    }
}
