//! Figures as cells show them, by the words of the report. Absent is never 0.

use crate::model::ids::RequestId;
use crate::model::rows::{FunctionFigures, Rate};
use crate::model::time::Timestamp;
use crate::model::words;
pub use crate::model::words::{count, duration, number_of, number_or_unknown, rate as per_minute};

use super::zone;

/// Stands for a figure that cannot be known.
pub const UNKNOWN: &str = "?";
/// Stands for a figure that does not apply.
pub const NONE: &str = "–";

/// A count that may be unknown.
pub fn count_or_unknown(n: Option<u64>) -> String {
    n.map_or_else(|| UNKNOWN.to_owned(), count)
}

/// A count of what does not apply everywhere.
pub fn count_if_any(n: Option<u64>) -> String {
    n.map_or_else(|| NONE.to_owned(), count)
}

/// `28/8,760`: felt cold starts of the runs that say how they started.
pub fn felt(function: &FunctionFigures) -> String {
    format!(
        "{}/{}",
        count_or_unknown(function.felt_cold_starts),
        count_or_unknown(function.of_starts())
    )
}

/// A round time on an axis, without digits that say nothing: `500 ms`, `10 s`, `2 min`, `1 h`.
pub fn mark(ms: f64) -> String {
    match ms {
        ..1e3 => format!("{ms} ms"),
        ..60e3 => format!("{} s", ms / 1e3),
        ..3_600e3 => format!("{} min", ms / 60e3),
        _ => format!("{} h", ms / 3_600e3),
    }
}

/// A duration that may be unknown.
pub fn duration_or_unknown(ms: Option<f64>) -> String {
    ms.map_or_else(|| UNKNOWN.to_owned(), duration)
}

/// How long ago, in one unit: `40s`, `8m`, `2h`, `3d`.
pub fn age(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        ..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `60 %`.
pub fn percent(value: f64) -> String {
    format!("{} %", words::percent(value))
}

/// `19 % [14–25]`.
pub fn rate(rate: &Rate) -> String {
    format!(
        "{} % [{}–{}]",
        words::percent(rate.value),
        words::percent(rate.low),
        words::percent(rate.high)
    )
}

/// `14:04:17.639`.
pub fn clock_ms(at: Timestamp) -> String {
    zone::tell(at, "%H:%M:%S%.3f", true)
}

/// `14:04:17`.
pub fn clock(at: Timestamp) -> String {
    zone::tell(at, "%H:%M:%S", true)
}

/// `14:04`, also where moments are told as how long ago: for axes.
pub fn clock_minute(at: Timestamp) -> String {
    zone::tell(at, "%H:%M", false)
}

/// `14:04:17`, with its day where that is not the day of `now`: `20 Nov 14:04`.
pub fn clock_or_day(at: Timestamp, now: Timestamp) -> String {
    if zone::day(at) == zone::day(now) {
        clock(at)
    } else {
        zone::tell(at, "%d %b %H:%M", true)
    }
}

/// First four and last four characters: `0c6f…41aa`. Short texts stay whole.
pub fn short(id: &str) -> String {
    let letters: Vec<char> = id.chars().collect();
    if letters.len() <= 11 {
        return id.to_owned();
    }
    let head: String = letters[..4].iter().collect();
    let tail: String = letters[letters.len() - 4..].iter().collect();
    format!("{head}…{tail}")
}

/// A request id as `0c6f…41aa`.
pub fn request(id: RequestId) -> String {
    short(&id.to_string())
}

/// `bytes` as `64 MB`, `8 kB`.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        ..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{} kB", bytes / 1024),
        _ => format!("{} MB", count(bytes / (1024 * 1024))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_their_interval() {
        let felt = Rate {
            value: 0.1916,
            low: 0.1444,
            high: 0.2497,
        };
        assert_eq!(rate(&felt), "19 % [14–25]");
        assert_eq!(percent(0.098), "9.8 %");
    }

    #[test]
    fn ids_keep_both_ends() {
        assert_eq!(short("0c6f1d2e-83b5-4f0a-9d77-5be2c09c41aa"), "0c6f…41aa");
        assert_eq!(short("o-48113"), "o-48113");
    }

    #[test]
    fn another_day_is_named() {
        let now = Timestamp::parse_rfc3339("2026-11-20T10:00:01.274Z").expect("a time");
        assert_eq!(clock_or_day(now, now), "10:00:01");
        assert_eq!(clock_or_day(now.plus_ms(-86_400_000), now), "19 Nov 10:00");
        assert_eq!(clock_ms(now), "10:00:01.274");
    }
}
