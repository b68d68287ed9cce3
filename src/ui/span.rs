//! The stretch of time that is looked at: everything, the last minutes, or a window in the past.

use crate::model::time::{MINUTE_MS, Timestamp};

use super::value::figure;

/// What is looked at. It applies to every pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Milliseconds; `None` is everything that is remembered.
    pub length_ms: Option<i64>,
    /// Its end; `None` is now.
    pub end: Option<Timestamp>,
}

/// The shortest that can be zoomed into.
const LEAST_MS: i64 = MINUTE_MS;
/// What one steps and zooms by while everything is looked at.
const USUAL_MS: i64 = 30 * MINUTE_MS;
/// Around a moment that one goes to, half before and half after.
const AROUND_MS: i64 = 10 * MINUTE_MS;

impl Span {
    /// From and until, if that is not everything. `now` is the present of the data.
    pub fn bounds(self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        if self == Self::default() {
            return None;
        }
        let last = self.end.unwrap_or(now);
        // At the present a moment later than the newest record, which must lie inside.
        let until = self.end.unwrap_or(now.plus_ms(1));
        Some((last.plus_ms(-self.length_ms.unwrap_or(USUAL_MS)), until))
    }

    /// Half a window earlier or later; at the present it ends there.
    #[must_use]
    pub fn step(self, later: bool, now: Timestamp) -> Self {
        let length = self.length_ms.unwrap_or(USUAL_MS);
        let by = if later { length / 2 } else { -length / 2 };
        let end = self.end.unwrap_or(now).plus_ms(by);
        Self {
            length_ms: Some(length),
            end: (end < now).then_some(end),
        }
    }

    /// Half of it or twice as much, around its middle; twice more than all there is becomes everything.
    #[must_use]
    pub fn zoom(self, closer: bool, whole: (Timestamp, Timestamp), now: Timestamp) -> Self {
        let all = now.since(whole.0).max(LEAST_MS);
        let length = self.length_ms.unwrap_or(all);
        let next = if closer {
            (length / 2).max(LEAST_MS)
        } else {
            length * 2
        };
        if next >= all {
            return Self::default();
        }
        let end = self.end.map(|end| end.plus_ms((next - length) / 2));
        Self {
            length_ms: Some(next),
            end: end.filter(|end| *end < now),
        }
    }

    /// Reads `15m`, `14:05`, `14:05-14:20`, `2026-03-03T14:05:00Z`, `now` and `all`. Clock times are of the day of `now`,
    /// `offset_ms` east of UTC.
    pub fn parse(text: &str, now: Timestamp, offset_ms: i64) -> Result<Self, String> {
        let wrong = || {
            format!(
                "{text}: not a time · use 15m, 2h, 14:05, 14:05-14:20, 2026-03-03T14:05:00Z, now or all"
            )
        };
        match text {
            "all" | "now" => return Ok(Self::default()),
            _ => {}
        }
        if let Some(at) = moment(text, now, offset_ms) {
            return Ok(Self {
                length_ms: Some(2 * AROUND_MS),
                end: Some(at.plus_ms(AROUND_MS)).filter(|end| *end < now),
            });
        }
        let two = text.split_once(['–', '-', ' ']);
        if let Some((from, until)) = two
            && let Some(from) = moment(from.trim(), now, offset_ms)
            && let Some(until) = moment(until.trim(), now, offset_ms)
        {
            return if from < until {
                Ok(Self {
                    length_ms: Some(until.since(from)),
                    end: Some(until),
                })
            } else {
                Err(format!("{text}: ends before it begins"))
            };
        }
        let unit = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
        let length = matches!(unit, "s" | "m" | "h" | "d")
            .then(|| figure(text))
            .flatten();
        match length {
            Some(length) if length >= LEAST_MS as f64 => Ok(Self {
                length_ms: Some(length as i64),
                end: None,
            }),
            Some(_) => Err(format!("{text}: less than a minute")),
            None => Err(wrong()),
        }
    }
}

/// `14:05`, `14:05:30` of the day of `now`, or RFC 3339.
pub fn moment(text: &str, now: Timestamp, offset_ms: i64) -> Option<Timestamp> {
    if let Some(at) = Timestamp::parse_rfc3339(text) {
        return Some(at);
    }
    if !text.contains(':') || text.len() > 12 {
        return None;
    }
    let of_day = figure(text)? as i64;
    let day = now.plus_ms(offset_ms).0.div_euclid(86_400_000) * 86_400_000;
    let at = Timestamp(day + of_day - offset_ms);
    // Just after midnight `23:50` is that of yesterday.
    Some(if at > now {
        at.plus_ms(-86_400_000)
    } else {
        at
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-03-03T14:10:00Z.
    const NOW: Timestamp = Timestamp(1_772_547_000_000);

    fn minutes(span: Span) -> (i64, i64) {
        let (from, until) = span.bounds(NOW).expect("a window");
        (NOW.since(from) / MINUTE_MS, NOW.since(until) / MINUTE_MS)
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let read = |text: &str| Span::parse(text, NOW, 0);
        assert_eq!(read("all"), Ok(Span::default()));
        assert_eq!(minutes(read("15m").unwrap()), (15, 0));
        assert_eq!(minutes(read("13:40-14:00").unwrap()), (30, 10));
        assert_eq!(
            minutes(read("13:40").unwrap()),
            (40, 20),
            "ten minutes around"
        );
        assert_eq!(
            minutes(read("23:40-23:50").unwrap()),
            (870, 860),
            "yesterday"
        );
        assert_eq!(minutes(read("2026-03-03T13:40:00Z").unwrap()), (40, 20));
        assert_eq!(
            read("14:00-13:40").unwrap_err(),
            "14:00-13:40: ends before it begins"
        );
        assert!(
            read("noon")
                .unwrap_err()
                .starts_with("noon: not a time · use 15m")
        );
        assert_eq!(read("30s").unwrap_err(), "30s: less than a minute");
    }

    #[test]
    fn clock_times_are_of_the_zone_they_are_told_in() {
        // 14:10 UTC is 15:10 an hour east of it.
        let east = Span::parse("14:40-15:00", NOW, 3_600_000).unwrap();
        assert_eq!(minutes(east), (30, 10));
    }

    #[test]
    fn steps_and_zoom_keep_the_length_and_the_middle() {
        let quarter = Span::parse("16m", NOW, 0).unwrap();
        let back = quarter.step(false, NOW);
        assert_eq!(minutes(back), (24, 8));
        assert_eq!(back.step(true, NOW), quarter, "back at the present");
        let whole = (NOW.plus_ms(-60 * MINUTE_MS), NOW);
        assert_eq!(minutes(back.zoom(true, whole, NOW)), (20, 12));
        assert_eq!(Span::default().zoom(false, whole, NOW), Span::default());
        assert_eq!(minutes(Span::default().zoom(true, whole, NOW)), (30, 0));
        assert_eq!(
            quarter.zoom(false, whole, NOW).zoom(false, whole, NOW),
            Span::default()
        );
    }
}
