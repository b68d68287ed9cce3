//! Which events of a log group were read: what may be read again is remembered by its event id, and no longer.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::model::record::LogRecord;
use crate::model::time::Timestamp;

/// Events by the minute of their timestamp.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<Timestamp, HashSet<u64>>);

/// Equal events of one page without ids: each is another one.
#[derive(Debug, Default)]
pub(super) struct Copies(HashMap<u64, u64>);

impl Seen {
    /// Whether the event of a page is read for the first time.
    pub(super) fn is_new(&mut self, record: &LogRecord, copies: &mut Copies) -> bool {
        let minute = self.0.entry(record.timestamp.minute()).or_default();
        minute.insert(identity(record, copies))
    }

    /// Forgets the minutes of which nothing is kept.
    pub(super) fn keep(&mut self, is_kept: impl Fn(Timestamp) -> bool) {
        self.0
            .retain(|minute, _| is_kept(*minute) || is_kept(minute.plus_ms(59_999)));
    }

    /// Events that are remembered.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.values().map(HashSet::len).sum()
    }
}

/// The event's id in its stream; without one its stream, time, text and place among equals.
fn identity(record: &LogRecord, copies: &mut Copies) -> u64 {
    let stream = xxh3_64(record.stream.as_bytes());
    if let Some(id) = &record.event_id {
        return xxh3_64_with_seed(id.as_bytes(), stream);
    }
    let text = xxh3_64_with_seed(record.message.as_bytes(), stream);
    let equal = xxh3_64_with_seed(&record.timestamp.0.to_le_bytes(), text);
    let count = copies.0.entry(equal).or_default();
    *count += 1;
    xxh3_64_with_seed(&count.to_le_bytes(), equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: Option<&str>, at: i64) -> LogRecord {
        LogRecord {
            group: "g".into(),
            stream: "s".into(),
            timestamp: Timestamp(at),
            ingestion: None,
            event_id: id.map(Into::into),
            message: "text".into(),
        }
    }

    fn new_in_page(seen: &mut Seen, page: &[LogRecord]) -> Vec<bool> {
        let mut copies = Copies::default();
        let new = |record| seen.is_new(record, &mut copies);
        page.iter().map(new).collect()
    }

    #[test]
    fn an_event_is_new_once_and_equal_lines_without_ids_as_often_as_a_page_holds_them() {
        let mut seen = Seen::default();
        let page = [record(Some("1"), 5), record(Some("2"), 5)];
        assert_eq!(new_in_page(&mut seen, &page), [true, true]);
        assert_eq!(new_in_page(&mut seen, &page), [false, false]);
        let twice = [record(None, 5), record(None, 5)];
        assert_eq!(new_in_page(&mut seen, &twice), [true, true]);
        let thrice = [record(None, 5), record(None, 5), record(None, 5)];
        assert_eq!(new_in_page(&mut seen, &thrice), [false, false, true]);
    }

    #[test]
    fn a_minute_is_kept_while_any_of_it_may_be_read_again() {
        let mut seen = Seen::default();
        let page = [record(Some("1"), 30_000), record(Some("2"), 90_000)];
        new_in_page(&mut seen, &page);
        seen.keep(|at| at >= Timestamp(60_000));
        assert_eq!(new_in_page(&mut seen, &page), [true, false]);
    }
}
