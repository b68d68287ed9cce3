//! The one place that reads the clock: everything below takes a [`Timestamp`] as an argument.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::time::Timestamp;

/// Says what time it is. Tests and the simulated cloud give their own.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The clock of the machine.
pub fn system() -> Clock {
    Arc::new(now)
}

/// The machine's time now.
pub fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "the one clock")]
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since_epoch.map_or(0, |since| since.as_millis() as i64))
}
