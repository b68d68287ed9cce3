//! Moments in milliseconds since the Unix epoch, as CloudWatch stamps them.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};

/// A moment in whole milliseconds since 1970-01-01T00:00:00Z. Shown as RFC 3339 UTC with milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Timestamp(pub i64);

/// Milliseconds in one minute: the cell of every metric and strip.
pub const MINUTE_MS: i64 = 60_000;

impl Timestamp {
    /// The start of the UTC minute this moment lies in.
    #[must_use]
    pub fn minute(self) -> Self {
        Self(self.0.div_euclid(MINUTE_MS).saturating_mul(MINUTE_MS))
    }

    /// This moment moved by `ms` milliseconds (negative: earlier), saturating at the ends of time.
    #[must_use]
    pub fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this moment; negative if it lies later.
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whether a function can have run then: not before there was Lambda (2014-11-13), not from 2100 on. What is stamped otherwise
    /// counts, but tells nothing of when the others were.
    pub fn can_be(self) -> bool {
        const FIRST: i64 = 1_415_836_800_000;
        const END: i64 = 4_102_444_800_000;
        (FIRST..END).contains(&self.0)
    }

    /// Reads RFC 3339 (`2026-11-20T10:00:01.274Z`); `None` if it is anything else.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text)
            .ok()
            .map(|moment| Self(moment.timestamp_millis()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match DateTime::<Utc>::from_timestamp_millis(self.0) {
            Some(moment) => out.write_str(&moment.to_rfc3339_opts(SecondsFormat::Millis, true)),
            None => write!(out, "{} ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            self.0.serialize(serializer)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_and_reads_rfc3339_with_milliseconds() {
        let moment = Timestamp(1_795_168_801_274);
        assert_eq!(moment.to_string(), "2026-11-20T10:00:01.274Z");
        assert_eq!(
            Timestamp::parse_rfc3339("2026-11-20T10:00:01.274Z"),
            Some(moment)
        );
        assert_eq!(
            Timestamp::parse_rfc3339("2026-11-20T11:00:01.274+01:00"),
            Some(moment)
        );
        assert_eq!(Timestamp::parse_rfc3339("yesterday"), None);
    }

    #[test]
    fn a_minute_starts_at_its_floor_also_before_the_epoch() {
        assert_eq!(Timestamp(60_001).minute(), Timestamp(60_000));
        assert_eq!(Timestamp(-1).minute(), Timestamp(-60_000));
        assert_eq!(Timestamp(i64::MIN).minute(), Timestamp(i64::MIN));
    }
}
