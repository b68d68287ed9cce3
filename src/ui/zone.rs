//! How moments are told: in UTC, in the zone of the machine, or as how long ago. Like a locale it is set for the time of a
//! projection and of a frame, so that every figure is told alike.

use std::cell::Cell;

use chrono::{DateTime, Local, Utc};

use crate::model::time::Timestamp;

use super::figures;

/// How moments are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::Display, strum::EnumIter)]
#[strum(serialize_all = "lowercase")]
pub enum Zone {
    #[default]
    #[strum(serialize = "UTC")]
    Utc,
    Local,
    Ago,
}

thread_local! {
    static NOW: Cell<(Zone, Timestamp)> = const { Cell::new((Zone::Utc, Timestamp(0))) };
}

impl Zone {
    /// The next of the three.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Utc => Self::Local,
            Self::Local => Self::Ago,
            Self::Ago => Self::Utc,
        }
    }

    /// Tells moments like this on this thread from now on.
    pub fn enter(self, now: Timestamp) {
        NOW.set((self, now));
    }

    /// How moments are told on this thread.
    pub fn current() -> Self {
        NOW.get().0
    }
}

/// A moment by a pattern of `chrono`; how long ago it was where moments are told so and `relative` is.
pub(super) fn tell(at: Timestamp, pattern: &str, relative: bool) -> String {
    let (zone, now) = NOW.get();
    if zone == Zone::Ago && relative {
        return format!("{} ago", figures::age(now.since(at)));
    }
    let Some(moment) = DateTime::<Utc>::from_timestamp_millis(at.0) else {
        return at.to_string();
    };
    if zone == Zone::Local {
        return moment.with_timezone(&Local).format(pattern).to_string();
    }
    moment.format(pattern).to_string()
}

/// The day that a moment lies in, counted from the epoch, in the zone that days are told in.
pub(super) fn day(at: Timestamp) -> i64 {
    let utc = at.0.div_euclid(86_400_000);
    if NOW.get().0 != Zone::Local {
        return utc;
    }
    DateTime::<Utc>::from_timestamp_millis(at.0).map_or(utc, |moment| {
        let offset = i64::from(moment.with_timezone(&Local).offset().local_minus_utc());
        at.plus_ms(offset * 1000).0.div_euclid(86_400_000)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_as_the_thread_was_told_to() {
        let at = Timestamp(1_772_546_657_639);
        let now = at.plus_ms(8 * 60_000);
        assert_eq!(figures::clock_ms(at), "14:04:17.639");
        Zone::Ago.enter(now);
        assert_eq!(figures::clock_ms(at), "8m ago");
        assert_eq!(figures::clock_minute(at), "14:04", "axes keep their clock");
        Zone::Utc.enter(now);
        assert_eq!(figures::clock(at), "14:04:17");
    }
}
