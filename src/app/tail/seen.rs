//! Which events were shown: polls overlap, and nothing is shown twice.

use hashbrown::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_128;

use crate::model::record::LogRecord;
use crate::model::time::{MINUTE_MS, Timestamp};

/// Polls read at most half an hour again; what was not read again for longer is forgotten.
const REMEMBER_MS: i64 = 45 * MINUTE_MS;

/// Events that were shown, in two generations: the older one is dropped when the younger is full of age.
#[derive(Debug, Default)]
pub(super) struct Seen {
    young: HashSet<u128>,
    old: HashSet<u128>,
    turned_at: Option<Timestamp>,
}

/// Equal events of one page without ids: each is another one.
#[derive(Debug, Default)]
pub(super) struct Page(HashMap<u128, u32>);

impl Seen {
    /// Whether an event is seen for the first time.
    pub(super) fn is_new(&mut self, record: &LogRecord, page: &mut Page, now: Timestamp) -> bool {
        let turned_at = *self.turned_at.get_or_insert(now);
        if now.since(turned_at) > REMEMBER_MS {
            self.old = std::mem::take(&mut self.young);
            self.turned_at = Some(now);
        }
        let identity = identity(record, page);
        let known = self.old.contains(&identity);
        self.young.insert(identity) && !known
    }
}

/// The event's stream and id; without one its stream, time, text and place among equals.
fn identity(record: &LogRecord, page: &mut Page) -> u128 {
    let at = record.timestamp.0.to_le_bytes();
    let Some(id) = &record.event_id else {
        let text = xxh3_128(record.message.as_bytes()).to_le_bytes();
        let equal = [
            record.group.as_bytes(),
            record.stream.as_bytes(),
            &at,
            &text,
        ]
        .concat();
        let count = page.0.entry(xxh3_128(&equal)).or_default();
        *count += 1;
        return xxh3_128(&[&equal[..], &count.to_le_bytes()].concat());
    };
    xxh3_128(
        &[
            record.group.as_bytes(),
            record.stream.as_bytes(),
            b"\0",
            id.as_bytes(),
            &at,
        ]
        .concat(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: Option<&str>, message: &str) -> LogRecord {
        LogRecord {
            group: "g".into(),
            stream: "s".into(),
            timestamp: Timestamp(1),
            ingestion: None,
            event_id: id.map(Into::into),
            message: message.into(),
        }
    }

    fn new_in_page(seen: &mut Seen, records: &[LogRecord], now: i64) -> Vec<bool> {
        let mut page = Page::default();
        let new = |record| seen.is_new(record, &mut page, Timestamp(now));
        records.iter().map(new).collect()
    }

    #[test]
    fn an_event_is_new_once_however_often_it_is_read() {
        let mut seen = Seen::default();
        let page = [record(Some("1"), "a"), record(Some("2"), "a")];
        assert_eq!(new_in_page(&mut seen, &page, 0), [true, true]);
        for poll in 1..200 {
            let now = poll * 40 * MINUTE_MS;
            assert_eq!(new_in_page(&mut seen, &page, now), [false, false], "{poll}");
        }
    }

    #[test]
    fn equal_lines_without_ids_count_as_often_as_a_page_holds_them() {
        let mut seen = Seen::default();
        let twice = [record(None, "a"), record(None, "a")];
        assert_eq!(new_in_page(&mut seen, &twice, 0), [true, true]);
        let thrice = [record(None, "a"), record(None, "a"), record(None, "a")];
        assert_eq!(new_in_page(&mut seen, &thrice, 0), [false, false, true]);
    }

    #[test]
    fn what_is_not_read_again_is_forgotten() {
        let mut seen = Seen::default();
        for minute in 0..600 {
            let page = [record(Some(&minute.to_string()), "a")];
            new_in_page(&mut seen, &page, minute * MINUTE_MS);
        }
        let held = seen.young.len() + seen.old.len();
        assert!(held <= 92, "two generations of 46 minutes: {held}");
    }
}
