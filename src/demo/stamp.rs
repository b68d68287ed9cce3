//! The world's time, in microseconds, and the ways that runtimes write it.

use std::fmt;

use crate::model::time::Timestamp;

/// Microseconds since the epoch: X-Ray shows fractions of a millisecond.
pub(super) type Micros = i64;

pub(super) const MILLI: Micros = 1_000;
pub(super) const SECOND: Micros = 1_000_000;
pub(super) const MINUTE: Micros = 60 * SECOND;

/// Fractional milliseconds as microseconds.
pub(super) fn millis(ms: f64) -> Micros {
    (ms * 1_000.0) as Micros
}

/// The moment as CloudWatch stamps it.
pub(super) fn timestamp(at: Micros) -> Timestamp {
    Timestamp(at.div_euclid(MILLI))
}

/// How a moment is written.
#[derive(Clone, Copy)]
pub(super) enum Stamp {
    /// `2026-11-20T10:00:01.246Z`
    Iso(Micros),
    /// `2026-11-20T10:00:01Z`: EventBridge's `time`.
    IsoSeconds(Micros),
    /// `2026-11-20 10:00:01,246+0000`: Powertools.
    Powertools(Micros),
    /// `2026/11/20 10:00:01`: Go's log package.
    Go(Micros),
    /// `2026/11/20`: the date in a log stream's name.
    Day(Micros),
    /// `2026-11-20T10:00:01.246123`: Ruby's logger.
    Ruby(Micros),
    /// `1795168801.246123`: X-Ray.
    Seconds(Micros),
}

impl fmt::Display for Stamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Iso(at) => {
                let Parts { date, time, micros } = Parts::of(at);
                write!(out, "{}T{}.{:03}Z", date.with("-"), time, micros / 1_000)
            }
            Self::IsoSeconds(at) => {
                let Parts { date, time, .. } = Parts::of(at);
                write!(out, "{}T{time}Z", date.with("-"))
            }
            Self::Powertools(at) => {
                let Parts { date, time, micros } = Parts::of(at);
                write!(out, "{} {time},{:03}+0000", date.with("-"), micros / 1_000)
            }
            Self::Go(at) => {
                let Parts { date, time, .. } = Parts::of(at);
                write!(out, "{} {time}", date.with("/"))
            }
            Self::Day(at) => Parts::of(at).date.with("/").fmt(out),
            Self::Ruby(at) => {
                let Parts { date, time, micros } = Parts::of(at);
                write!(out, "{}T{time}.{micros:06}", date.with("-"))
            }
            Self::Seconds(at) => {
                write!(
                    out,
                    "{}.{:06}",
                    at.div_euclid(SECOND),
                    at.rem_euclid(SECOND)
                )
            }
        }
    }
}

struct Parts {
    date: Date,
    time: Time,
    micros: u32,
}

impl Parts {
    fn of(at: Micros) -> Self {
        let seconds = at.div_euclid(SECOND);
        Self {
            date: Date::of_day(seconds.div_euclid(86_400)),
            time: Time(seconds.rem_euclid(86_400) as u32),
            micros: at.rem_euclid(SECOND) as u32,
        }
    }
}

struct Date {
    year: i64,
    month: u32,
    day: u32,
}

impl Date {
    /// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in 400-year eras that begin on a 1 March.
    fn of_day(day: i64) -> Self {
        let day = day + 719_468;
        let era = day.div_euclid(146_097);
        let of_era = day.rem_euclid(146_097);
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        Self {
            year: year + era * 400 + i64::from(month >= 10),
            month: (if month < 10 { month + 3 } else { month - 9 }) as u32,
            day: (of_year - (153 * month + 2) / 5 + 1) as u32,
        }
    }

    fn with(self, separator: &'static str) -> Separated {
        Separated(self, separator)
    }
}

struct Separated(Date, &'static str);

impl fmt::Display for Separated {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(Date { year, month, day }, separator) = self;
        write!(out, "{year:04}{separator}{month:02}{separator}{day:02}")
    }
}

struct Time(u32);

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(seconds) = self;
        write!(
            out,
            "{:02}:{:02}:{:02}",
            seconds / 3_600,
            seconds / 60 % 60,
            seconds % 60
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_agree_with_the_calendar() {
        // `Timestamp` prints through chrono: an independent calendar.
        for ms in [0, 1_795_168_801_246, 951_782_400_000, 4_107_542_399_999, -1] {
            assert_eq!(
                Stamp::Iso(ms * MILLI).to_string(),
                Timestamp(ms).to_string()
            );
        }
    }

    #[test]
    fn each_runtime_writes_its_own_form() {
        let at = 1_795_168_801_246_123;
        let shown = |stamp: Stamp| stamp.to_string();
        assert_eq!(shown(Stamp::Powertools(at)), "2026-11-20 10:00:01,246+0000");
        assert_eq!(shown(Stamp::Go(at)), "2026/11/20 10:00:01");
        assert_eq!(shown(Stamp::Day(at)), "2026/11/20");
        assert_eq!(shown(Stamp::Ruby(at)), "2026-11-20T10:00:01.246123");
        assert_eq!(shown(Stamp::Seconds(at)), "1795168801.246123");
        assert_eq!(shown(Stamp::IsoSeconds(at)), "2026-11-20T10:00:01Z");
    }
}
