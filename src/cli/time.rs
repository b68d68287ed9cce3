//! Times on the command line: a moment as it is written out, or a span back from an anchor.

use std::time::Duration;

use anyhow::anyhow;
use chrono::{DateTime, NaiveDateTime, NaiveTime};

use crate::model::time::Timestamp;

/// Half of what `--at` covers: the 30 minutes around a moment.
pub(crate) const AROUND_MS: i64 = 15 * 60 * 1000;

/// Reads `T`: a moment as pagers, alarms and logs write it, or a span such as `15m` before `anchor`.
pub(crate) fn moment(text: &str, anchor: Timestamp) -> anyhow::Result<Timestamp> {
    if let Some(moment) = written(text.trim(), anchor) {
        return Ok(moment);
    }
    let back = span(text).map_err(|_| {
        anyhow!(
            "{text}: not a time · use RFC 3339 such as 2026-11-20T10:00:00Z, a time of day such as 10:00 (UTC, the last one), \
             or a span such as 15m, 2h, 1d"
        )
    })?;
    Ok(anchor.before(back))
}

/// With a zone: RFC 3339, the `StateChangeTime` of an alarm's notification, a log line's time, the date of an e-mail.
const ZONED: [&str; 3] = [
    "%Y-%m-%dT%H:%M:%S%.f%#z",
    "%Y-%m-%d %H:%M:%S%.f %#z",
    "%a, %d %b %Y %H:%M:%S %z",
];

/// Without a zone, which is UTC then; the last one is what alarms write into e-mails.
const UNZONED: [&str; 6] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d %H:%M",
    "%a, %d %b %Y %H:%M:%S",
    "%A %d %B, %Y %H:%M:%S",
];

/// Without a day: the last such time of day, in UTC.
const TIMES_OF_DAY: [&str; 2] = ["%H:%M:%S%.f", "%H:%M"];

/// A moment as it is written out.
fn written(text: &str, anchor: Timestamp) -> Option<Timestamp> {
    let zoned = |form: &&str| DateTime::parse_from_str(text, form).ok();
    if let Some(moment) = ZONED.iter().find_map(zoned) {
        return Some(Timestamp(moment.timestamp_millis()));
    }
    let zone = ["UTC", "GMT", "Z"]
        .iter()
        .find_map(|zone| text.strip_suffix(zone));
    let text = zone.unwrap_or(text).trim_end();
    let whole = |form: &&str| NaiveDateTime::parse_from_str(text, form).ok();
    if let Some(moment) = UNZONED.iter().find_map(whole) {
        return Some(Timestamp(moment.and_utc().timestamp_millis()));
    }
    let of_day = |form: &&str| NaiveTime::parse_from_str(text, form).ok();
    let time = TIMES_OF_DAY.iter().find_map(of_day)?;
    let today = DateTime::from_timestamp_millis(anchor.0)?.date_naive();
    let moment = Timestamp(today.and_time(time).and_utc().timestamp_millis());
    let day = if moment > anchor { -86_400_000 } else { 0 };
    Some(moment.plus_ms(day))
}

/// Reads a span: a number and a unit (`ms`, `s`, `m`, `h`, `d`).
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text}: not a span · use 30s, 15m, 2h or 1d");
    let unit_at = text
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .ok_or_else(wrong)?;
    let (number, unit) = text.split_at(unit_at);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return Err(wrong()),
    };
    Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_pagers_alarms_and_logs_write_it() {
        // Thursday 26 November, 2026 22:15:30 UTC.
        let anchor = moment("2026-11-26T22:15:30Z", Timestamp(0)).unwrap();
        assert_eq!(anchor.to_string(), "2026-11-26T22:15:30.000Z");
        for same in [
            "2026-11-26T22:15:30.000+0000",
            "2026-11-26T23:15:30+01:00",
            "2026-11-26 17:15:30 -05",
            "2026-11-26 22:15:30 UTC",
            "2026-11-26T22:15:30",
            "2026-11-26 22:15:30.000",
            "Thursday 26 November, 2026 22:15:30 UTC",
            "Thu, 26 Nov 2026 22:15:30 GMT",
            "Thu, 26 Nov 2026 23:15:30 +0100",
            "22:15:30",
            " 22:15:30 UTC",
        ] {
            assert_eq!(moment(same, anchor).unwrap(), anchor, "{same}");
        }
        let minute = moment("2026-11-26T22:15:00Z", anchor).unwrap();
        for same in ["2026-11-26T22:15Z", "2026-11-26 22:15", "22:15"] {
            assert_eq!(moment(same, anchor).unwrap(), minute, "{same}");
        }
        // Later in the day than now: it was yesterday.
        let yesterday = moment("2026-11-25T22:16:00Z", anchor).unwrap();
        assert_eq!(moment("22:16", anchor).unwrap(), yesterday);
        for wrong in [
            "",
            "22",
            "25:00",
            "2026-11-31T00:00:00Z",
            "22:15 CET",
            "2026-11-26",
        ] {
            assert!(moment(wrong, anchor).is_err(), "{wrong}");
        }
    }

    #[test]
    fn no_span_reaches_beyond_the_epoch() {
        let anchor = Timestamp(1_000_000_000);
        assert_eq!(moment("99999999999999d", anchor).unwrap(), Timestamp(0));
    }

    #[test]
    fn a_span_counts_back_from_the_anchor_and_rfc_3339_does_not() {
        let anchor = Timestamp(1_000_000_000);
        assert_eq!(
            moment("15m", anchor).unwrap(),
            Timestamp(1_000_000_000 - 900_000)
        );
        assert_eq!(
            moment("1970-01-01T00:00:01Z", anchor).unwrap(),
            Timestamp(1000)
        );
        assert!(moment("noon", anchor).is_err());
        assert!(moment("15", anchor).is_err());
        assert_eq!(span("250ms").unwrap(), Duration::from_millis(250));
    }
}
