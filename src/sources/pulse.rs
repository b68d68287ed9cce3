//! Whether a log group is written to, for all that metrics and polls say: groups that are known to be quiet are left alone
//! for longer, and polled at once when their function runs again.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::model::time::{MINUTE_MS, Timestamp};

/// A group is quiet after so long without a run or a line.
const QUIET_MS: i64 = 5 * MINUTE_MS;
/// Metrics say nothing of now that are older.
const KNOWN_MS: i64 = 15 * MINUTE_MS;

/// What is known of one log group.
#[derive(Debug, Default)]
pub struct Pulse {
    beats: Mutex<Beats>,
    felt: Notify,
}

#[derive(Clone, Copy, Debug, Default)]
struct Beats {
    /// Metrics were read up to there.
    known_until: Option<Timestamp>,
    /// End of the newest minute in which the function ran, failed or was refused.
    ran: Option<Timestamp>,
    /// When lines were polled last.
    wrote: Option<Timestamp>,
}

impl Pulse {
    /// Metrics were read up to that moment, and their newest minute with a run ended then.
    pub fn metrics(&self, until: Timestamp, ran: Option<Timestamp>) {
        let mut beats = self.beats();
        beats.known_until = beats.known_until.max(Some(until));
        let newer = ran > beats.ran;
        beats.ran = beats.ran.max(ran);
        drop(beats);
        if newer {
            self.felt.notify_waiters();
        }
    }

    /// Lines were polled.
    pub fn lines(&self, now: Timestamp) {
        let mut beats = self.beats();
        beats.wrote = beats.wrote.max(Some(now));
    }

    /// Whether the function ran after that moment, as far as metrics say.
    pub fn ran_after(&self, moment: Timestamp) -> bool {
        self.beats().ran.is_some_and(|ran| ran > moment)
    }

    /// Whether it ran or wrote lately.
    pub fn is_busy(&self, now: Timestamp) -> bool {
        let beats = self.beats();
        let newest = beats.ran.max(beats.wrote);
        newest.is_some_and(|newest| now.since(newest) < QUIET_MS)
    }

    /// Whether it is known that nothing ran and nothing was written lately.
    pub fn is_quiet(&self, now: Timestamp) -> bool {
        let known = self.beats().known_until;
        known.is_some_and(|until| now.since(until) < KNOWN_MS) && !self.is_busy(now)
    }

    /// Waits until metrics say that something ran after that moment.
    pub async fn felt_after(&self, moment: Timestamp) {
        loop {
            // Begins to listen before it looks: what is said between the two is heard.
            let felt = self.felt.notified();
            if self.ran_after(moment) {
                return;
            }
            felt.await;
        }
    }

    fn beats(&self) -> MutexGuard<'_, Beats> {
        self.beats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[test]
    fn a_group_is_quiet_only_where_metrics_say_so() {
        let pulse = Pulse::default();
        let at = |minute: i64| Timestamp(minute * MINUTE_MS);
        assert!(!pulse.is_quiet(at(0)) && !pulse.is_busy(at(0)), "unknown");
        pulse.metrics(at(10), Some(at(9)));
        assert!(pulse.is_busy(at(12)) && !pulse.is_quiet(at(12)));
        assert!(pulse.ran_after(at(8)) && !pulse.ran_after(at(9)));
        assert!(pulse.is_quiet(at(20)));
        pulse.lines(at(20));
        assert!(!pulse.is_quiet(at(21)), "it wrote");
        assert!(!pulse.is_quiet(at(26)), "metrics are too old");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_begins_to_wait_after_it_was_said_does_not_wait() {
        let pulse = Pulse::default();
        let felt = |after| timeout(Duration::from_secs(1), pulse.felt_after(Timestamp(after)));
        assert!(felt(10).await.is_err());
        pulse.metrics(Timestamp(30), Some(Timestamp(20)));
        assert!(felt(10).await.is_ok());
        assert!(felt(20).await.is_err(), "that was polled already");
    }
}
