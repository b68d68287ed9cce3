//! The simulated cloud as a source: what has arrived in it by now.

use std::collections::BTreeSet;
use std::future;
use std::time::Duration;

use crate::demo::World;
use crate::model::batch::Batch;
use crate::model::health::Health;
use crate::model::record::{Gap, Record};
use crate::model::time::Timestamp;
use crate::sources::{Fetching, Next, Page, Source};

/// Records of one page: about a megabyte.
const PAGE: usize = 2_000;

/// Log events come within this time, but for a few in ten thousand.
const SETTLED_MS: i64 = 29_000;

/// Gives the records of a world as they arrive.
pub struct DemoSource {
    world: World,
    /// The next record, which has not arrived yet.
    ahead: Option<(Timestamp, Record)>,
    groups: BTreeSet<Box<str>>,
    gaps: Vec<Gap>,
    asked: Option<Timestamp>,
}

impl DemoSource {
    /// A source that begins with the world's history.
    pub fn new(world: World) -> Self {
        Self {
            world,
            ahead: None,
            groups: BTreeSet::new(),
            gaps: Vec::new(),
            asked: None,
        }
    }

    fn page(&mut self, now: Timestamp) -> Page {
        self.asked = Some(now);
        let mut records = Vec::with_capacity(PAGE);
        let next = loop {
            let Some((at, record)) = self.ahead.take().or_else(|| self.world.next()) else {
                break Next::End;
            };
            if at > now {
                self.ahead = Some((at, record));
                break Next::CaughtUp;
            }
            self.note(&record);
            records.push(record);
            if records.len() == PAGE {
                break Next::More;
            }
        };
        let complete = match next {
            Next::More => Vec::new(),
            Next::CaughtUp => self.complete(now.plus_ms(-SETTLED_MS)),
            Next::End => self.complete(now),
        };
        Page::new(
            Batch {
                records,
                complete,
                ..Batch::default()
            },
            next,
        )
    }

    fn note(&mut self, record: &Record) {
        match record {
            Record::Log(log) if !self.groups.contains(&*log.group) => {
                self.groups.insert((*log.group).into());
            }
            Record::Gap(gap) => self.note_gap(gap),
            _ => {}
        }
    }

    /// Stretches of one group that follow on each other are one.
    fn note_gap(&mut self, gap: &Gap) {
        let before = self.gaps.iter_mut().find(|before| {
            before.group == gap.group && before.why == gap.why && before.to == gap.from
        });
        match before {
            Some(before) => before.to = gap.to,
            None => self.gaps.push(gap.clone()),
        }
    }

    fn complete(&self, until: Timestamp) -> Vec<(Box<str>, Timestamp)> {
        let groups = self.groups.iter();
        groups.map(|group| (group.clone(), until)).collect()
    }
}

impl Source for DemoSource {
    fn name(&self) -> &'static str {
        "demo"
    }

    fn interval(&self) -> Duration {
        Duration::from_millis(500)
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        let page = self.page(now);
        Box::pin(future::ready(Ok(page)))
    }

    fn describe(&self, health: &mut Health) {
        health.complete_until = self.asked.map(|asked| asked.plus_ms(-SETTLED_MS));
        health.gaps.clone_from(&self.gaps);
        health.note = Some("a simulated cloud: no account, no network".into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::{Options, Scenario};

    const START: Timestamp = Timestamp(1_772_546_400_000);

    fn source() -> DemoSource {
        DemoSource::new(World::new(&Options {
            scenario: Scenario::Calm,
            seed: 1,
            start: START,
            duration_ms: None,
            history_ms: None,
        }))
    }

    /// Everything up to `now`, and how the last page ended.
    fn read(source: &mut DemoSource, now: Timestamp) -> (usize, Next) {
        let mut count = 0;
        loop {
            let page = source.page(now);
            count += page.batch.records.len();
            if page.next != Next::More {
                return (count, page.next);
            }
        }
    }

    #[test]
    fn records_come_once_they_have_arrived_and_never_twice() {
        let history = START.plus_ms(-30 * 60_000);
        let mut whole = source();
        let (all, next) = read(&mut whole, history.plus_ms(90_000));
        assert_eq!(next, Next::CaughtUp);
        let mut slices = source();
        let mut sum = 0;
        for second in 0..=90 {
            sum += read(&mut slices, history.plus_ms(second * 1_000)).0;
        }
        assert_eq!(sum, all);
        assert_eq!(read(&mut slices, history), (0, Next::CaughtUp));
    }

    #[test]
    fn what_cannot_be_seen_is_one_stretch_that_grows() {
        let mut source = source();
        let gap = |from: i64, to: i64| Gap {
            group: "g".into(),
            from: Timestamp(from),
            to: Timestamp(to),
            why: crate::model::record::GapReason::Denied,
        };
        source.note_gap(&gap(0, 10));
        source.note_gap(&gap(10, 20));
        assert_eq!(source.gaps, [gap(0, 20)]);
    }
}
