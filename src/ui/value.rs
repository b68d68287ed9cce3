//! What a cell shows, read back as a figure. Sorting and field filters go by it, so they agree with what is seen.

use std::cmp::Ordering;

use super::page::Cell;

/// What a cell shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Times in milliseconds, bytes in bytes, shares in percent, everything else as it is.
    Number(f64),
    /// Anything else, in lower case.
    Text(String),
    /// `?`, `–` or nothing.
    Absent,
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
const DAY_MS: f64 = 86_400_000.0;
/// Below every moment of today: dates carry no year.
const BEFORE_TODAY: f64 = -1e12;

impl Value {
    /// What `cell` shows. A sparkline counts as its sum.
    pub fn of(cell: &Cell) -> Self {
        match cell {
            Cell::Text(text) => Self::shown(&text.characters()),
            Cell::Spark(levels, _) => {
                let known: Vec<f64> = levels.iter().flatten().map(|one| f64::from(*one)).collect();
                if known.is_empty() {
                    Self::Absent
                } else {
                    Self::Number(known.iter().sum())
                }
            }
            Cell::Bar(share, _) => Self::Number(share * 100.0),
            Cell::Track(_) => Self::Absent,
        }
    }

    /// What a text says: `28/8,760` is 28, `19 % [14–25]` is 19, `1m07s` is 67,000, `≥ 14` is 14.
    pub fn shown(text: &str) -> Self {
        let text = text.trim();
        if matches!(text, "" | "?" | "–") {
            return Self::Absent;
        }
        match figure(text) {
            Some(number) => Self::Number(number),
            None => Self::Text(text.to_lowercase()),
        }
    }

    /// Smaller first; what is absent always last, whatever the direction.
    pub fn order(&self, other: &Self, descending: bool) -> Ordering {
        let known = match (self, other) {
            (Self::Absent, Self::Absent) => return Ordering::Equal,
            (Self::Absent, _) => return Ordering::Greater,
            (_, Self::Absent) => return Ordering::Less,
            (Self::Number(one), Self::Number(two)) => one.total_cmp(two),
            (Self::Text(one), Self::Text(two)) => one.cmp(two),
            (Self::Number(_), Self::Text(_)) => Ordering::Less,
            (Self::Text(_), Self::Number(_)) => Ordering::Greater,
        };
        if descending { known.reverse() } else { known }
    }
}

/// The figure that a text begins with, if it is one. Words that only begin with a digit are none.
pub fn figure(text: &str) -> Option<f64> {
    let text = text.trim_start_matches(['≥', '≤', '≈', '~', '+', '×', '[', ' ']);
    let (first, rest) = match text.split_once(' ') {
        Some((first, rest)) => (first, rest.trim_start()),
        None => (text, ""),
    };
    if let Some(clock) = clock(first) {
        return Some(clock);
    }
    let first = first.split('/').next().unwrap_or(first);
    let (number, unit) = leading(first)?;
    if unit.is_empty() {
        if let Some(date) = date(number, rest) {
            return Some(date);
        }
        let word = rest.split_whitespace().next().unwrap_or("");
        return Some(number * scale(word).unwrap_or(1.0));
    }
    if let Some(scale) = scale(unit) {
        return Some(number * scale);
    }
    // `1m07s`, `2h14m`: minutes or hours with what follows them.
    let unit_end = unit.find(|letter: char| letter.is_ascii_digit())?;
    let (big, small) = unit.split_at(unit_end);
    let (more, small) = leading(small)?;
    Some(number * scale(big)? + more * scale(small)?)
}

/// The digits at the start, `,` between thousands left out, and what follows them.
fn leading(text: &str) -> Option<(f64, &str)> {
    let sign = usize::from(text.starts_with('-'));
    let end = text[sign..]
        .find(|letter: char| !letter.is_ascii_digit() && letter != ',' && letter != '.')
        .map_or(text.len(), |end| end + sign);
    let digits: String = text[..end].chars().filter(|one| *one != ',').collect();
    Some((digits.parse().ok()?, &text[end..]))
}

/// What a unit multiplies with; `None` if the word is no unit.
fn scale(unit: &str) -> Option<f64> {
    Some(match unit {
        "ms" | "%" | "×" | "B" => 1.0,
        "s" | "k" | "kB" | "KB" => 1e3,
        "M" | "MB" => 1e6,
        "GB" => 1e9,
        "m" | "min" => 6e4,
        "h" => 3.6e6,
        "d" => DAY_MS,
        _ => return None,
    })
}

/// `14:04`, `14:04:17`, `14:04:17.639` in milliseconds of the day.
fn clock(text: &str) -> Option<f64> {
    let mut parts = text.split(':');
    let hours: f64 = parts.next()?.parse().ok()?;
    let minutes: f64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().unwrap_or("0").parse().ok()?;
    let whole = parts.next().is_none() && text.as_bytes().get(2) == Some(&b':');
    whole.then_some(hours * 3.6e6 + minutes * 6e4 + seconds * 1e3)
}

/// `20 Nov 14:04`, before every moment of today.
fn date(day: f64, rest: &str) -> Option<f64> {
    let (month, time) = rest.split_once(' ')?;
    let month = MONTHS.iter().position(|known| *known == month)? as f64;
    Some(BEFORE_TODAY + (month * 31.0 + day) * DAY_MS + clock(time)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::figures;

    #[test]
    fn figures_are_read_back_as_they_were_written() {
        for ms in [0.4, 62.0, 4_400.0, 12_100.0, 67_000.0, 8_040_000.0] {
            let read = figure(&figures::duration(ms));
            assert_eq!(read, Some(ms), "{}", figures::duration(ms));
        }
        assert_eq!(figure(&figures::count(76_409)), Some(76_409.0));
        assert_eq!(figure(&figures::count(12_300_000)), Some(12_300_000.0));
        assert_eq!(figure(&figures::percent(0.6)), Some(60.0));
    }

    #[test]
    fn compound_figures_count_by_their_first() {
        assert_eq!(figure("28/8,760"), Some(28.0));
        assert_eq!(figure("19 % [14–25]"), Some(19.0));
        assert_eq!(figure("≥ 14"), Some(14.0));
        assert_eq!(figure("212 of 512"), Some(212.0));
        assert_eq!(figure("~4.40 s"), Some(4_400.0));
    }

    #[test]
    fn names_that_begin_with_a_digit_are_no_figures() {
        assert_eq!(figure("0c6f…41aa"), None);
        assert_eq!(figure("payment"), None);
        assert_eq!(figure("-"), None);
    }

    #[test]
    fn yesterday_lies_before_this_morning() {
        let yesterday = figure("20 Nov 23:59").unwrap();
        let earlier = figure("19 Nov 23:59").unwrap();
        assert!(earlier < yesterday && yesterday < figure("00:01:00").unwrap());
    }

    #[test]
    fn what_is_absent_comes_last_in_both_directions() {
        let (one, none) = (Value::Number(1.0), Value::shown("?"));
        assert_eq!(one.order(&none, false), Ordering::Less);
        assert_eq!(one.order(&none, true), Ordering::Less);
        assert_eq!(one.order(&Value::Number(2.0), true), Ordering::Greater);
    }
}
