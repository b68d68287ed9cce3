//! The one place that reads the clock: everything below takes a [`Timestamp`] as an argument.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use chrono::{Local, SecondsFormat, TimeZone as _};

use crate::model::time::Timestamp;

/// Says what time it is. Tests and the simulated cloud give their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The clock of the machine.
pub fn system() -> Clock {
    Arc::new(now)
}

/// A clock that shows `start` when it is made and runs `speed` times as fast as the machine's.
pub fn simulated(start: Timestamp, speed: f64) -> Clock {
    let stopwatch = Stopwatch::start();
    Arc::new(move || start.plus_ms((stopwatch.elapsed().as_secs_f64() * 1000.0 * speed) as i64))
}

/// The machine's time now.
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the one clock")]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since_epoch.map_or(0, |since| since.as_millis() as i64))
}

/// A moment in the time zone of this machine, RFC 3339.
pub fn local(at: Timestamp) -> String {
    Local.timestamp_millis_opt(at.0).single().map_or_else(
        || at.to_string(),
        |at| at.to_rfc3339_opts(SecondsFormat::Millis, false),
    )
}

/// Measures spans: unlike the clock, it never jumps.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts it.
    #[expect(clippy::disallowed_methods, reason = "the one clock")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since it was started.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
