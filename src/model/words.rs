//! Figures as people read them: three significant digits, the unit in the cell, `,` for thousands.

use super::fact::EventSource;
use super::time::Timestamp;

/// A count with thousands set apart: `2,614`; from ten million on `12.3 M`.
pub fn count(value: u64) -> String {
    if value >= 10_000_000 {
        return format!("{:.1} M", value as f64 / 1e6);
    }
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration of `ms` milliseconds: `4.1 ms`, `62 ms`, `4.40 s`, `12.1 s`, above a minute `1m07s`, above an hour `2h14m`, from two
/// days on `3d`.
pub fn duration(ms: f64) -> String {
    let ms = ms.max(0.0);
    let seconds = ms / 1000.0;
    if ms == 0.0 {
        "0 ms".to_owned()
    } else if ms < 9.95 {
        format!("{ms:.1} ms")
    } else if ms < 999.5 {
        format!("{ms:.0} ms")
    } else if seconds < 9.995 {
        format!("{seconds:.2} s")
    } else if seconds < 60.5 {
        format!("{:.1} s", seconds.min(60.0))
    } else if seconds < 3599.5 {
        let whole = seconds.round() as u64;
        format!("{}m{:02}s", whole / 60, whole % 60)
    } else if seconds < 172_800.0 {
        let minutes = (seconds / 60.0).round() as u64;
        format!("{}h{:02}m", minutes / 60, minutes % 60)
    } else {
        format!("{:.0}d", (seconds / 86_400.0).floor())
    }
}

/// Something a minute, without its unit: `0.1`, `7.0`, `28`, `2,614`.
pub fn rate(per_minute: f64) -> String {
    if per_minute < 9.95 {
        format!("{per_minute:.1}")
    } else {
        count(per_minute.round() as u64)
    }
}

/// A share from 0 to 1 as a percentage without its sign: `0.2`, `9.8`, `60`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 9.95 {
        format!("{percent:.1}")
    } else {
        format!("{percent:.0}")
    }
}

/// `k of n`, and from 20 on its share with the given 95 % interval: `188 of 1,920, 9.8 % [8.5–11]`.
/// The words for what was counted stand between (`what`, with its own leading blank, or empty).
pub fn share(k: u64, n: u64, what: &str, interval: Option<(f64, f64)>) -> String {
    let counted = format!("{} of {}{what}", count(k), count(n));
    match interval {
        Some((low, high)) if n >= 20 => format!(
            "{counted}, {} % [{}–{}]",
            percent(k as f64 / n as f64),
            percent(low),
            percent(high)
        ),
        _ => counted,
    }
}

/// The same of a number that may not be known: `? invocations`.
pub fn number_or_unknown(value: Option<u64>, plural: &str) -> String {
    value.map_or_else(|| format!("? {plural}"), |value| number_of(value, plural))
}

/// So many of something named in the plural: `1 message`, `1 try`, `2,614 messages`.
pub fn number_of(value: u64, plural: &str) -> String {
    if value != 1 {
        return format!("{} {plural}", count(value));
    }
    match plural.strip_suffix("ies") {
        Some(stem) => format!("1 {stem}y"),
        None => format!("1 {}", plural.strip_suffix('s').unwrap_or(plural)),
    }
}

/// What is wrong with a pattern, in one line: regex draws it in those before.
pub fn wrong_pattern(error: &regex::Error) -> String {
    let words = error.to_string();
    let last = words.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}

/// The service that delivers events of a source, as people call it.
pub fn service(source: EventSource) -> &'static str {
    match source {
        EventSource::LambdaAsync => "Lambda",
        EventSource::Sqs => "SQS",
        EventSource::SqsFifo => "SQS FIFO",
        EventSource::Sns => "SNS",
        EventSource::SnsFifo => "SNS FIFO",
        EventSource::Eventbridge => "EventBridge",
        EventSource::Kinesis => "Kinesis",
        EventSource::Dynamodb => "DynamoDB Streams",
        EventSource::S3 => "S3",
        EventSource::Kafka => "Kafka",
        EventSource::Apigateway => "API Gateway",
        EventSource::Stepfunctions => "Step Functions",
        EventSource::Configured | EventSource::Payload => "its source",
    }
}

/// The time of day of a moment, `14:04:17`, UTC.
pub fn time_of_day(at: Timestamp) -> String {
    let text = at.to_string();
    text.get(11..19).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let shown = [0, 999, 1_000, 76_409, 1_234_567, 12_345_678].map(count);
        assert_eq!(
            shown,
            ["0", "999", "1,000", "76,409", "1,234,567", "12.3 M"]
        );
    }

    #[test]
    fn durations_keep_three_digits_and_change_unit() {
        let shown: Vec<_> = [
            0.0,
            0.42,
            4.11,
            62.0,
            999.6,
            4_400.0,
            12_100.0,
            60_000.0,
            67_000.0,
            8_040_000.0,
            259_200_000.0,
        ]
        .map(duration)
        .into();
        assert_eq!(
            shown,
            [
                "0 ms", "0.4 ms", "4.1 ms", "62 ms", "1.00 s", "4.40 s", "12.1 s", "60.0 s",
                "1m07s", "2h14m", "3d"
            ]
        );
    }

    #[test]
    fn a_percentage_needs_twenty() {
        let interval = Some((0.085, 0.112));
        assert_eq!(
            share(188, 1_920, " requests", interval),
            "188 of 1,920 requests, 9.8 % [8.5–11]"
        );
        assert_eq!(share(3, 19, "", interval), "3 of 19");
    }

    #[test]
    fn one_of_many_is_singular() {
        let shown = [0, 1, 1_200].map(|value| number_of(value, "updates"));
        assert_eq!(shown, ["0 updates", "1 update", "1,200 updates"]);
        assert_eq!(number_of(1, "tries"), "1 try");
    }

    #[test]
    fn the_time_of_day_is_that_of_utc() {
        assert_eq!(time_of_day(Timestamp(1_795_168_801_274)), "10:00:01");
    }
}
