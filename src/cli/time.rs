//! Times on the command line: RFC 3339, or a span back from an anchor.

use std::time::Duration;

use anyhow::anyhow;

use crate::model::time::Timestamp;

/// Half of what `--at` covers: the 30 minutes around a moment.
pub(crate) const AROUND_MS: i64 = 15 * 60 * 1000;

/// Reads `T`: RFC 3339, or a span such as `15m` before `anchor`.
pub(crate) fn moment(text: &str, anchor: Timestamp) -> anyhow::Result<Timestamp> {
    if let Some(moment) = Timestamp::parse_rfc3339(text) {
        return Ok(moment);
    }
    let back = span(text).map_err(|_| {
        anyhow!("{text}: not a time · use RFC 3339 such as 2026-11-20T10:00:00Z, or a span such as 15m, 2h, 1d")
    })?;
    Ok(anchor.plus_ms(-(back.as_millis() as i64)))
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
