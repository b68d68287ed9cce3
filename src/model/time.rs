//! Moments in milliseconds since the Unix epoch, as CloudWatch stamps them.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, Serializer};

use super::ids::text;

/// A moment in whole milliseconds since 1970-01-01T00:00:00Z. Shown as RFC 3339 UTC with milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Timestamp(pub i64);

/// Milliseconds in one minute: the cell of every metric and strip.
pub const MINUTE_MS: i64 = 60_000;

const DAY_MS: i64 = 86_400_000;

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

    /// So long before this moment, at the epoch at the earliest.
    #[must_use]
    pub fn before(self, back: Duration) -> Self {
        let back = i64::try_from(back.as_millis()).unwrap_or(i64::MAX);
        self.plus_ms(-back).max(Self(0))
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

/// RFC 3339 with its digits still to be written.
const WRITTEN: [u8; 24] = *b"0000-00-00T00:00:00.000Z";

impl Timestamp {
    /// As it is written, of years with four digits. There are several on each line of a report and of a tail, and `chrono` writes
    /// them field by field, which takes ten times as long.
    fn written(self) -> Option<[u8; WRITTEN.len()]> {
        let date = self.utc()?.date_naive();
        let year = u32::try_from(date.year()).ok().filter(|&it| it <= 9_999)?;
        let ms = self.0.rem_euclid(DAY_MS) as u32;
        let (seconds, minutes, hours) = (ms / 1_000, ms / 60_000, ms / 3_600_000);
        let mut written = WRITTEN;
        for (place, mut number) in [
            (0..4, year),
            (5..7, date.month()),
            (8..10, date.day()),
            (11..13, hours),
            (14..16, minutes % 60),
            (17..19, seconds % 60),
            (20..23, ms % 1_000),
        ] {
            for digit in written[place].iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        Some(written)
    }

    fn utc(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp_millis(self.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(written) = self.written() {
            return out.write_str(text(&written));
        }
        match self.utc() {
            Some(moment) => out.write_str(&moment.to_rfc3339_opts(SecondsFormat::Millis, true)),
            None => write!(out, "{} ms", self.0),
        }
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return self.0.serialize(serializer);
        }
        match self.written() {
            Some(written) => serializer.serialize_str(text(&written)),
            None => serializer.collect_str(self),
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
    fn every_moment_is_written_as_chrono_writes_it() {
        let chrono = |at: Timestamp| {
            let moment = at
                .utc()
                .map(|at| at.to_rfc3339_opts(SecondsFormat::Millis, true));
            moment.unwrap_or_else(|| format!("{} ms", at.0))
        };
        // Every 19 days and some from the year -700 to 10700, and both ends of time.
        let many = (-84_000_000_000_000..275_000_000_000_000).step_by(1_653_123_457);
        let edges = [i64::MIN, -62_167_219_200_001, -62_167_219_200_000, -1, 0];
        let ends = [
            951_782_400_000,
            253_402_300_799_999,
            253_402_300_800_000,
            i64::MAX,
        ];
        for at in many.chain(edges).chain(ends).map(Timestamp) {
            assert_eq!(at.to_string(), chrono(at));
            assert_eq!(
                serde_json::to_string(&at).unwrap(),
                format!("\"{}\"", chrono(at))
            );
        }
    }

    #[test]
    fn a_minute_starts_at_its_floor_also_before_the_epoch() {
        assert_eq!(Timestamp(60_001).minute(), Timestamp(60_000));
        assert_eq!(Timestamp(-1).minute(), Timestamp(-60_000));
        assert_eq!(Timestamp(i64::MIN).minute(), Timestamp(i64::MIN));
    }
}
