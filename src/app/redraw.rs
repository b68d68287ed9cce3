//! When to draw: at most every 33 ms for data, at once for a key, never when nothing changed.

use std::time::Duration;

/// Least time between two frames that data asked for.
const GAP: Duration = Duration::from_millis(33);

/// Frame scheduling. Times are durations since any fixed moment.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Redraw {
    last: Option<Duration>,
    due: Option<Duration>,
}

impl Redraw {
    /// Data changed at `now`: draw when the gap since the last frame is over.
    pub(crate) fn data(&mut self, now: Duration) {
        let earliest = self.last.map_or(now, |last| now.max(last + GAP));
        self.due = Some(self.due.map_or(earliest, |due| due.min(earliest)));
    }

    /// Someone pressed a key at `now`: draw at once.
    pub(crate) fn key(&mut self, now: Duration) {
        self.due = Some(now);
    }

    /// How long to wait for the next frame; `None` while nothing is to be drawn.
    pub(crate) fn wait(&self, now: Duration) -> Option<Duration> {
        self.due.map(|due| due.saturating_sub(now))
    }

    /// A frame was drawn at `now`.
    pub(crate) fn drawn(&mut self, now: Duration) {
        self.last = Some(now);
        self.due = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// Runs `ask` every millisecond of a second and draws when a frame is due; returns how many were drawn.
    fn frames(mut ask: impl FnMut(&mut Redraw, Duration, u32)) -> u32 {
        let mut redraw = Redraw::default();
        redraw.key(Duration::ZERO);
        (0..1000)
            .filter(|&at| {
                let now = MS * at;
                ask(&mut redraw, now, at);
                let due = redraw.wait(now) == Some(Duration::ZERO);
                if due {
                    redraw.drawn(now);
                }
                due
            })
            .count() as u32
    }

    #[test]
    fn idle_draws_the_first_frame_only() {
        assert_eq!(frames(|_, _, _| {}), 1);
    }

    #[test]
    fn a_thousand_changes_in_a_second_are_about_thirty_frames() {
        let drawn = frames(|redraw, now, _| redraw.data(now));
        assert!((25..=33).contains(&drawn), "{drawn}");
    }

    #[test]
    fn a_key_among_them_is_drawn_at_once() {
        let mut redraw = Redraw::default();
        redraw.drawn(Duration::ZERO);
        redraw.data(MS);
        assert_eq!(redraw.wait(MS), Some(MS * 32));
        redraw.key(MS * 2);
        assert_eq!(redraw.wait(MS * 2), Some(Duration::ZERO));
    }
}
