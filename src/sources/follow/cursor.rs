//! Which stretch of a log group to read next, so that late events are read too and the newest come first.
//!
//! CloudWatch shows events late, some by minutes, and orders them by their own time: a cursor that only goes on from the
//! newest event loses them. Each tier of [`TIERS`] therefore reads again, from where its last read began less the
//! lateness that it covers: every pass the newest seconds, each half minute as deep as the group was seen to be late,
//! each five minutes as deep as any group is. After an outage the same rule reads what was missed.
//!
//! A stretch that does not fit into one page is cut: its newest seconds are read at once and from then on, the rest
//! behind them, slice by slice, the newest first.

use std::time::Duration;

use super::lateness::Lateness;
use crate::model::time::{MINUTE_MS, Timestamp};

/// How often each tier reads again, in milliseconds.
const TIERS: [i64; 3] = [0, MINUTE_MS / 2, 5 * MINUTE_MS];
const EDGE: usize = 0;
const MEASURED: usize = 1;
const DEEPEST: usize = 2;
/// Lateness that every pass covers: the 99th percentile within these bounds.
const EDGE_MS: (f64, f64) = (10_000.0, 60_000.0);
/// Lateness that is covered each half minute: the 99.9th percentile within these bounds.
const MEASURED_MS: (f64, f64) = (60_000.0, 600_000.0);
/// Lateness that is covered at all.
const DEEPEST_MS: f64 = 600_000.0;
/// Lateness that is assumed before any was measured, and at least until so many events were: few do not tell how late the next is.
const ASSUMED_MS: f64 = 5_000.0;
const ENOUGH: usize = 200;
/// From so many on the latest in a thousand of them is told from the others.
const A_THOUSAND: usize = 1_000;
/// AWS takes no signature whose time is further off: this machine's clock is not further ahead.
const CLOCK_AHEAD_MS: i64 = 5 * MINUTE_MS;
/// The newest stretch of what does not fit into one page.
const CUT_MS: i64 = 15_000;
/// Slices behind it: the first, and the shortest.
const SLICE_MS: i64 = 15_000;
const SHORTEST_MS: i64 = 1_000;

/// One page to ask for: events of `[from, to)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub from: Timestamp,
    pub to: Option<Timestamp>,
    /// The page to go on with.
    pub token: Option<String>,
}

/// The reading of one log group.
pub(super) struct Cursor {
    since: Timestamp,
    until: Option<Timestamp>,
    /// What does not fit into one page is read in order of time, not the newest first.
    in_order: bool,
    /// Time from one pass at the edge to the next.
    every_ms: i64,
    tiers: [Option<Begun>; TIERS.len()],
    pass: Option<Pass>,
    /// What is read behind the edge; the last is under way.
    behind: Vec<Behind>,
    /// The next page is one of `behind`, so that a busy edge does not keep it waiting for ever.
    behind_next: bool,
    newest: Option<Timestamp>,
    lateness: Lateness,
    complete_until: Option<Timestamp>,
    late: u64,
}

/// When a read began, and up to which time events were known then by AWS's clock.
#[derive(Clone, Copy, Debug)]
struct Begun {
    at: Timestamp,
    known: Timestamp,
}

/// A read up to the newest event.
#[derive(Debug)]
struct Pass {
    at: Timestamp,
    from: Timestamp,
    /// The deepest tier that it reads for.
    tier: usize,
    token: Option<String>,
}

/// A stretch that is read from its end backwards.
#[derive(Debug)]
struct Behind {
    begun: Begun,
    tier: usize,
    from: Timestamp,
    /// Everything from here on was read.
    to: Timestamp,
    /// Some of it was never read before.
    unread: bool,
    slice_ms: i64,
    token: Option<String>,
    pages: u32,
}

impl Cursor {
    pub(super) fn new(since: Timestamp, until: Option<Timestamp>, every: Duration) -> Self {
        Self {
            since,
            until,
            in_order: false,
            every_ms: every.as_millis() as i64,
            tiers: [None; TIERS.len()],
            pass: None,
            behind: Vec::new(),
            behind_next: false,
            newest: None,
            lateness: Lateness::default(),
            complete_until: None,
            late: 0,
        }
    }

    /// Reads in order of time: no page is left, whoever reads waits for the newest.
    pub(super) fn in_order(&mut self) {
        self.in_order = true;
    }

    /// The next page. Asked again, it is the same until [`Cursor::took`] or [`Cursor::restart`].
    pub(super) fn question(&mut self, now: Timestamp) -> Question {
        if !self.is_at_edge(now)
            && let Some(behind) = self.behind.last()
        {
            return Question {
                from: behind.slice_from(),
                to: Some(behind.to),
                token: behind.token.clone(),
            };
        }
        let pass = match self.pass.take() {
            Some(pass) => pass,
            None => self.begin(now),
        };
        let pass = self.pass.insert(pass);
        Question {
            from: pass.from,
            to: self.until,
            token: pass.token.clone(),
        }
    }

    fn is_at_edge(&self, now: Timestamp) -> bool {
        let is_due = || {
            let begun = self.tiers[EDGE];
            begun.is_none_or(|begun| now.since(begun.at) >= self.every_ms)
        };
        self.pass.is_some() || self.behind.is_empty() || !self.behind_next && is_due()
    }

    fn begin(&self, now: Timestamp) -> Pass {
        let due = |tier: &usize| {
            let begun = self.tiers[*tier];
            begun.is_none_or(|begun| now.since(begun.at) >= TIERS[*tier])
        };
        // Re-reads wait for what is still read behind the edge: they begin where that began.
        let deepest = if self.behind.is_empty() {
            DEEPEST
        } else {
            EDGE
        };
        let tier = (EDGE..=deepest).rev().find(due).unwrap_or(EDGE);
        let from = (EDGE..=tier).map(|tier| self.tier_from(tier)).min();
        Pass {
            at: now,
            from: from.unwrap_or(self.since),
            tier,
            token: None,
        }
    }

    /// Where a read of that tier begins.
    fn tier_from(&self, tier: usize) -> Timestamp {
        let Some(begun) = self.tiers[tier] else {
            return self.since;
        };
        let lateness = match tier {
            EDGE => self.percentile_or(0.99, EDGE_MS),
            MEASURED => self.percentile_or(0.999, MEASURED_MS),
            _ => DEEPEST_MS,
        };
        begun.known.plus_ms(-(lateness as i64)).max(self.since)
    }

    fn percentile_or(&self, share: f64, (least, most): (f64, f64)) -> f64 {
        let measured = self.lateness.percentile(share).unwrap_or(ASSUMED_MS);
        measured.clamp(least, most)
    }

    /// Up to where events are known at `now` by AWS's clock, of which this machine's may be ahead.
    fn known(&self, now: Timestamp) -> Timestamp {
        let earliest = now.plus_ms(-CLOCK_AHEAD_MS);
        self.newest
            .map_or(earliest, |newest| newest.clamp(earliest, now))
    }

    /// A page of the question came, and names the next one or none. `false`: leave it, it is asked for again in slices.
    pub(super) fn took(&mut self, next: Option<String>) -> bool {
        let Some(pass) = &mut self.pass else {
            self.took_behind(next);
            return true;
        };
        if next.is_some() && pass.token.is_none() && self.cut() {
            return false;
        }
        match (next, self.pass.take()) {
            (Some(token), Some(pass)) => {
                self.pass = Some(Pass {
                    token: Some(token),
                    ..pass
                });
            }
            (None, Some(pass)) => self.whole(&pass),
            (_, None) => {}
        }
        true
    }

    /// Leaves all but the newest seconds of the pass to be read behind it; whether there was more.
    fn cut(&mut self) -> bool {
        let edge = self.tier_from(EDGE);
        let Some(pass) = &mut self.pass else {
            return false;
        };
        let newest = edge.max(pass.at.plus_ms(-CUT_MS));
        if self.in_order || self.until.is_some() || pass.from >= newest {
            return false;
        }
        let (at, from, tier) = (pass.at, pass.from, pass.tier);
        (pass.from, pass.tier) = (newest, EDGE);
        let known = self.known(at);
        self.behind.push(Behind {
            begun: Begun { at, known },
            tier,
            from,
            to: newest,
            unread: edge < newest,
            slice_ms: SLICE_MS,
            token: None,
            pages: 0,
        });
        true
    }

    /// The pass is whole.
    fn whole(&mut self, pass: &Pass) {
        let (at, known) = (pass.at, self.known(pass.at));
        self.tiers[EDGE..=pass.tier].fill(Some(Begun { at, known }));
        self.behind_next = true;
        if self.backlog().is_none() {
            self.complete(at);
        }
    }

    /// Whatever was written before `at` was read, as far as the lateness of the group tells: of up to a thousand events the latest
    /// one counts, so that a straggler of a quiet group holds it back, for as long as it is remembered.
    fn complete(&mut self, at: Timestamp) {
        self.lateness.pass(at);
        let (share, least) = match self.lateness.count() {
            ..ENOUGH => (1.0, ASSUMED_MS),
            ENOUGH..A_THOUSAND => (1.0, 0.0),
            A_THOUSAND.. => (0.999, 0.0),
        };
        let behind = self.percentile_or(share, (least, DEEPEST_MS));
        let until = at.plus_ms(-(behind as i64));
        let until = self.until.map_or(until, |end| end.min(until));
        self.complete_until = self.complete_until.max(Some(until));
    }

    /// There is no such group at `at`, so that nothing of it is missing.
    pub(super) fn absent(&mut self, at: Timestamp) {
        self.restart();
        if self.backlog().is_none() {
            self.complete(at);
        }
    }

    fn took_behind(&mut self, next: Option<String>) {
        self.behind_next = false;
        let Some(behind) = self.behind.last_mut() else {
            return;
        };
        behind.pages += 1;
        behind.token = next;
        if behind.token.is_some() {
            return;
        }
        behind.to = behind.slice_from();
        behind.slice_ms = match behind.pages {
            1 => behind.slice_ms * 2,
            2 => behind.slice_ms,
            _ => (behind.slice_ms / 2).max(SHORTEST_MS),
        };
        behind.pages = 0;
        if behind.to <= behind.from {
            let (tier, begun) = (behind.tier, behind.begun);
            self.behind.pop();
            self.tiers[MEASURED..=tier].fill(Some(begun));
        }
    }

    /// Gives up the pages of what is under way; the next question begins at the same place.
    pub(super) fn restart(&mut self) {
        match (&mut self.pass, self.behind.last_mut()) {
            (Some(pass), _) => pass.token = None,
            (None, Some(behind)) => (behind.token, behind.pages) = (None, 0),
            (None, None) => {}
        }
    }

    /// Takes note of an event that was not seen before; `claimed` is what was complete before its page came.
    pub(super) fn saw(
        &mut self,
        timestamp: Timestamp,
        ingestion: Option<Timestamp>,
        claimed: Option<Timestamp>,
    ) {
        self.newest = self.newest.max(Some(timestamp));
        if claimed.is_some_and(|until| timestamp < until) {
            self.late += 1;
        }
        if let Some(ingestion) = ingestion {
            self.lateness.saw(ingestion.since(timestamp));
        }
    }

    /// Whether a page is still to be asked for at once.
    pub(super) fn has_more(&self) -> bool {
        self.pass.is_some() || !self.behind.is_empty()
    }

    /// The stretch that was not read yet, behind what was.
    pub(super) fn backlog(&self) -> Option<(Timestamp, Timestamp)> {
        let unread = || self.behind.iter().filter(|behind| behind.unread);
        let from = unread().map(|behind| behind.from).min()?;
        Some((from, unread().map(|behind| behind.to).max()?))
    }

    /// Whether an event of that time may be read again.
    pub(super) fn may_reread(&self, at: Timestamp) -> bool {
        if self.until.is_some() {
            // A window is read once, but what was read of it comes again where a token is refused or pages overlap.
            return self.has_more();
        }
        let behind = self.behind.iter().map(|behind| behind.begun);
        let begun = self.tiers.iter().flatten().copied().chain(behind);
        let oldest = begun.map(|begun| begun.known).min();
        let floor = oldest.map_or(self.since, |oldest| oldest.plus_ms(-(DEEPEST_MS as i64)));
        let in_slice = |behind: &Behind| at >= behind.slice_from() && at < behind.to;
        at >= floor || self.behind.iter().any(in_slice)
    }

    /// Timestamp of the newest event.
    pub(super) fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// Lateness below which that share of the latest events stayed, in milliseconds.
    pub(super) fn percentile(&self, share: f64) -> Option<f64> {
        self.lateness.percentile(share)
    }

    /// Everything before it has arrived, as far as can be known.
    pub(super) fn complete_until(&self) -> Option<Timestamp> {
        self.complete_until
    }

    /// When the last whole pass at the edge began.
    pub(super) fn passed_at(&self) -> Option<Timestamp> {
        self.tiers[EDGE].map(|begun| begun.at)
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

impl Behind {
    fn slice_from(&self) -> Timestamp {
        self.to.plus_ms(-self.slice_ms).max(self.from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 100_000_000;

    fn cursor(since: i64) -> Cursor {
        Cursor::new(Timestamp(since), None, Duration::from_secs(2))
    }

    /// One pass of one page at `now` that sees these new (timestamp, lateness) events; where it began.
    fn pass(cursor: &mut Cursor, now: i64, events: &[(i64, i64)]) -> i64 {
        let question = cursor.question(Timestamp(now));
        assert_eq!(question.to, None, "at the edge");
        for (timestamp, lateness) in events {
            let ingestion = Some(Timestamp(timestamp + lateness));
            let claimed = cursor.complete_until();
            cursor.saw(Timestamp(*timestamp), ingestion, claimed);
        }
        assert!(cursor.took(None));
        question.from.0
    }

    #[test]
    fn the_first_pass_begins_where_asked_and_each_page_of_it_alike() {
        let mut cursor = cursor(START - 9_000);
        let first = cursor.question(Timestamp(START));
        assert_eq!(first.from, Timestamp(START - 9_000));
        assert!(cursor.took(Some("one".to_owned())), "too short to be cut");
        let second = cursor.question(Timestamp(START + 5_000));
        assert_eq!(second.token.as_deref(), Some("one"));
        assert_eq!(second.from, first.from);
    }

    #[test]
    fn passes_go_back_ten_seconds_and_each_half_minute_one_and_each_five_minutes_ten_minutes() {
        let mut cursor = cursor(0);
        let mut depths = Vec::new();
        for second in 0..=600 {
            let now = START + second * 1_000;
            let from = pass(&mut cursor, now, &[(now, 100)]);
            depths.push((now - from) / 1_000);
        }
        // A second from one pass to the next, and 10 s; 30 s and 60 s; 300 s and 600 s.
        assert_eq!((depths[10], depths[30], depths[31]), (11, 90, 11));
        assert_eq!((depths[300], depths[301], depths[600]), (900, 11, 900));
    }

    #[test]
    fn a_group_that_is_late_is_read_deeper_within_bounds() {
        let depth = |lateness| {
            let mut cursor = cursor(0);
            for second in 0..40 {
                let now = START + second * 1_000;
                pass(&mut cursor, now, &[(now, lateness)]);
            }
            let last = START + 60_000;
            // The pass before that went as deep began at 30 s.
            START + 30_000 - pass(&mut cursor, last, &[])
        };
        let covered = depth(120_000);
        assert!(
            (119_000..=123_000).contains(&covered),
            "2 min, known to 1 %: {covered}"
        );
        assert_eq!(depth(3_600_000), 600_000, "no deeper than 10 min");
        assert_eq!(depth(20), 60_000, "at least a minute");
    }

    #[test]
    fn what_does_not_fit_into_a_page_is_read_newest_first_and_completes_when_the_rest_is_there() {
        let mut cursor = cursor(START - 900_000);
        let now = Timestamp(START);
        assert_eq!(cursor.question(now).from, Timestamp(START - 900_000));
        assert!(!cursor.took(Some("more".to_owned())), "left for slices");
        let edge = cursor.question(now);
        assert_eq!((edge.from, edge.to), (now.plus_ms(-CUT_MS), None));
        assert_eq!(edge.token, None);
        assert!(cursor.took(None));
        assert_eq!(cursor.complete_until(), None, "most was not read");
        let mut read_to = edge.from;
        let mut slices = Vec::new();
        while cursor.backlog().is_some() {
            let slice = cursor.question(now);
            assert_eq!(slice.to, Some(read_to), "without a hole");
            slices.push(read_to.since(slice.from) / 1_000);
            read_to = slice.from;
            cursor.took(None);
        }
        assert_eq!(slices, [15, 30, 60, 120, 240, 420], "of 885 s");
        pass(&mut cursor, START + 2_000, &[]);
        assert_eq!(cursor.complete_until(), Some(Timestamp(START - 3_000)));
    }

    #[test]
    fn it_is_held_back_by_as_much_as_any_of_few_events_was_late() {
        let behind = |lateness: &[i64]| {
            let mut cursor = cursor(0);
            let events: Vec<_> = lateness.iter().map(|ms| (START - ms, *ms)).collect();
            pass(&mut cursor, START, &events);
            START - cursor.complete_until().unwrap().0
        };
        let five_minutes = 297_000..=303_000;
        assert!(five_minutes.contains(&behind(&[300_000; 3])), "to 1 %");
        let straggler = [100, 100, 100, 300_000, 100];
        assert!(five_minutes.contains(&behind(&straggler)));
        assert_eq!(behind(&[100; 5]), 5_000, "five tell little of the sixth");
        let many = behind(&[100; 200]);
        assert!((99..=101).contains(&many), "but 200 do: {many}");
        assert_eq!(behind(&[3_600_000]), 600_000, "later ones are not read");
    }

    #[test]
    fn a_straggler_is_forgotten_within_the_hour_and_a_group_that_is_always_late_is_not() {
        let behind_after = |lateness: &[i64], minutes: i64| {
            let mut cursor = cursor(0);
            let events: Vec<_> = lateness.iter().map(|ms| (START - ms, *ms)).collect();
            pass(&mut cursor, START, &events);
            for minute in 1..=minutes {
                pass(&mut cursor, START + minute * MINUTE_MS, &[]);
            }
            START + minutes * MINUTE_MS - cursor.complete_until().unwrap().0
        };
        let five_minutes = 297_000..=303_000;
        let straggler = [100, 100, 100, 300_000, 100];
        assert!(five_minutes.contains(&behind_after(&straggler, 29)));
        assert_eq!(behind_after(&straggler, 61), 5_000);
        assert!(five_minutes.contains(&behind_after(&[300_000; 3], 61)));
    }

    #[test]
    fn of_a_group_that_is_not_there_nothing_is_missing() {
        let mut cursor = cursor(START - 60_000);
        cursor.question(Timestamp(START));
        cursor.absent(Timestamp(START));
        assert_eq!(cursor.complete_until(), Some(Timestamp(START - 5_000)));
        cursor.question(Timestamp(START + 1_000));
        cursor.took(Some("more".to_owned()));
        cursor.absent(Timestamp(START + 60_000));
        assert_eq!(
            cursor.complete_until(),
            Some(Timestamp(START - 5_000)),
            "some of it was there and was not read"
        );
    }

    #[test]
    fn in_order_every_page_is_followed_by_the_next_and_none_is_left() {
        let mut cursor = cursor(START - 900_000);
        cursor.in_order();
        for page in 0..50 {
            let question = cursor.question(Timestamp(START + page * 500));
            let token = (page > 0).then(|| page.to_string());
            assert_eq!(
                (question.from, question.token),
                (Timestamp(START - 900_000), token)
            );
            assert!(cursor.took(Some((page + 1).to_string())));
        }
        assert_eq!(cursor.complete_until(), None);
        cursor.question(Timestamp(START + 25_000));
        cursor.took(None);
        assert_eq!(cursor.complete_until(), Some(Timestamp(START - 5_000)));
    }

    #[test]
    fn the_edge_is_read_while_a_backlog_is_and_neither_waits_for_ever() {
        let mut cursor = cursor(START - 3_600_000);
        cursor.question(Timestamp(START));
        cursor.took(Some("more".to_owned()));
        let mut at_edge = 0;
        // A page each half second, and no slice is ever done.
        for page in 0..100 {
            let now = Timestamp(START + page * 500);
            let question = cursor.question(now);
            let edge = question.to.is_none();
            at_edge += u32::from(edge);
            cursor.took(Some("more".to_owned()).filter(|_| !edge));
        }
        assert_eq!(at_edge, 25, "every two seconds");
    }

    #[test]
    fn after_an_outage_all_that_was_missed_is_read() {
        let mut cursor = cursor(START - 60_000);
        pass(&mut cursor, START, &[(START - 500, 100)]);
        let hours = 8 * 3_600_000;
        let from = pass(&mut cursor, START + hours, &[]);
        assert!(from <= START - 10_000, "{from}");
        let behind = Timestamp(START + hours).since(cursor.complete_until().unwrap());
        assert_eq!(behind, 5_000, "what is assumed where few were measured");
    }

    #[test]
    fn it_is_complete_up_to_the_pass_less_the_lateness_and_never_goes_back() {
        let mut cursor = cursor(0);
        pass(&mut cursor, START, &[]);
        assert_eq!(cursor.complete_until(), Some(Timestamp(START - 5_000)));
        pass(&mut cursor, START + 1_000, &[(START - 60_000, 61_000)]);
        assert_eq!(cursor.complete_until(), Some(Timestamp(START - 5_000)));
        assert_eq!(cursor.late(), 1, "it lies before what was thought complete");
    }

    #[test]
    fn a_clock_ahead_of_aws_loses_nothing() {
        let mut cursor = cursor(0);
        let ahead = 120_000;
        pass(&mut cursor, START + ahead, &[(START - 1_000, 500)]);
        let from = pass(&mut cursor, START + ahead + 2_000, &[]);
        assert!(from <= START - 999, "the next event by AWS's clock: {from}");
    }

    #[test]
    fn events_are_remembered_as_long_as_they_may_be_read_again() {
        let mut cursor = cursor(0);
        assert!(
            cursor.may_reread(Timestamp(0)),
            "the first pass is under way"
        );
        for second in 0..=600 {
            let now = START + second * 1_000;
            pass(&mut cursor, now, &[(now, 100)]);
        }
        let deepest = START + 600_000 - 600_000;
        assert!(cursor.may_reread(Timestamp(deepest)));
        assert!(!cursor.may_reread(Timestamp(deepest - 1)));
    }
}
