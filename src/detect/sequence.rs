//! Sequence numbers as text, compared by the rule of their source. None of them fits a machine word.

use std::cmp::Ordering;

use crate::model::fact::EventSource;
use crate::model::time::Timestamp;

/// A sequence number that compares as its source counts. Texts that are no number come after all numbers, by text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Sequence<'a> {
    Number(Number<'a>),
    /// An S3 sequencer without the zeros on its right: the shorter of two is to be padded with zeros there.
    Sequencer(&'a str),
    /// When a standard queue took the message.
    Moment(Timestamp),
    Text(&'a str),
}

/// A decimal number of any length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Number<'a> {
    negative: bool,
    /// Without zeros on the left; empty for 0.
    whole: &'a str,
    /// Without zeros on the right.
    fraction: &'a str,
}

impl<'a> Sequence<'a> {
    /// Reads `text` as `source` writes its sequence numbers.
    pub(super) fn read(source: EventSource, text: &'a str) -> Self {
        if source == EventSource::S3 {
            return Self::Sequencer(text.trim_end_matches('0'));
        }
        Number::read(text).map_or(Self::Text(text), Self::Number)
    }

    /// The number itself, if it is whole and not too long to count with.
    pub(super) fn whole(self) -> Option<i128> {
        match self {
            Self::Number(number) => number.whole(),
            Self::Sequencer(_) | Self::Moment(_) | Self::Text(_) => None,
        }
    }
}

impl<'a> Number<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let (whole, fraction) = (
            whole.trim_start_matches('0'),
            fraction.trim_end_matches('0'),
        );
        Some(Self {
            negative: negative && !(whole.is_empty() && fraction.is_empty()),
            whole,
            fraction,
        })
    }

    fn whole(self) -> Option<i128> {
        if !self.fraction.is_empty() {
            return None;
        }
        let size = if self.whole.is_empty() {
            0
        } else {
            self.whole.parse::<i128>().ok()?
        };
        Some(if self.negative { -size } else { size })
    }

    fn size(&self) -> (usize, &str, &str) {
        (self.whole.len(), self.whole, self.fraction)
    }
}

impl Ord for Number<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.size().cmp(&other.size()),
            (true, true) => other.size().cmp(&self.size()),
            (negative, _) => {
                if negative {
                    Ordering::Less
                } else {
                    Ordering::Greater
                }
            }
        }
    }
}

impl PartialOrd for Number<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(source: EventSource, a: &str, b: &str) -> Ordering {
        Sequence::read(source, a).cmp(&Sequence::read(source, b))
    }

    #[test]
    fn sequencers_are_padded_on_the_right() {
        let s3 = |a, b| order(EventSource::S3, a, b);
        assert_eq!(s3("0055AED6DC", "0055AED6DC00"), Ordering::Equal);
        assert_eq!(s3("0055AED6DCD9", "0055AED6DCD90281E5"), Ordering::Less);
        assert_eq!(s3("0055AED6DD", "0055AED6DCD90281E5"), Ordering::Greater);
    }

    #[test]
    fn long_numbers_compare_by_length_then_digits() {
        let kinesis = |a, b| order(EventSource::Kinesis, a, b);
        let (long, longer) = (
            "49668316000000000000000000000000000000000000002816987681",
            "149668316000000000000000000000000000000000000002816987681",
        );
        assert_eq!(kinesis(long, longer), Ordering::Less);
        assert_eq!(
            kinesis(
                long,
                "49668316000000000000000000000000000000000000002816987682"
            ),
            Ordering::Less
        );
        assert_eq!(
            order(EventSource::SqsFifo, "00000000000000000009", "10"),
            Ordering::Less
        );
    }

    #[test]
    fn configured_numbers_may_be_negative_or_broken_and_words_come_last() {
        let configured = |a, b| order(EventSource::Configured, a, b);
        assert_eq!(configured("9", "10"), Ordering::Less);
        assert_eq!(configured("-10", "-9"), Ordering::Less);
        assert_eq!(configured("-1", "0"), Ordering::Less);
        assert_eq!(configured("1.5", "1.25"), Ordering::Greater);
        assert_eq!(configured("2.0", "2"), Ordering::Equal);
        assert_eq!(configured("-0", "0"), Ordering::Equal);
        assert_eq!(configured("99", "draft"), Ordering::Less);
        assert_eq!(
            configured("2026-11-20T10:00:00Z", "2026-11-20T09:59:00Z"),
            Ordering::Greater
        );
    }

    #[test]
    fn only_whole_numbers_count() {
        let whole = |text| Sequence::read(EventSource::Configured, text).whole();
        assert_eq!(
            (whole("-12"), whole("000"), whole("7.00")),
            (Some(-12), Some(0), Some(7))
        );
        assert_eq!(
            (whole("7.5"), whole("x"), whole(&"9".repeat(60))),
            (None, None, None)
        );
    }
}
