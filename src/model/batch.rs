//! What a source hands over at once.

use super::record::Record;
use super::time::Timestamp;

/// Raw records in order of arrival, and how far their source has seen.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    pub records: Vec<Record>,
    /// (log group, moment): every event of the group before the moment has arrived, as far as its source can know.
    pub complete: Vec<(Box<str>, Timestamp)>,
    /// (log group, moment): a read that began then has come to its end. The group brings nothing before its next.
    pub passed: Vec<(Box<str>, Timestamp)>,
}

impl Batch {
    /// Whether it says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty() && self.complete.is_empty() && self.passed.is_empty()
    }
}

impl From<Vec<Record>> for Batch {
    fn from(records: Vec<Record>) -> Self {
        Self {
            records,
            ..Self::default()
        }
    }
}
