//! How far the work is: one line on the terminal, gone when it ends.

use std::io::{self, IsTerminal as _, Write as _};

use crate::app::clock::Stopwatch;
use crate::export::records::{Progress, Step};
use crate::model::words::duration;

/// One line on the terminal that says how far the work is.
pub(super) struct Said {
    watch: Stopwatch,
    shown: bool,
    last_ms: u128,
    /// When the step began, and which.
    step: Option<(Step, u128)>,
    terminal: bool,
}

/// The line changes so often, in milliseconds.
const EVERY_MS: u128 = 200;

impl Said {
    pub(super) fn new() -> Self {
        Self {
            watch: Stopwatch::start(),
            shown: false,
            last_ms: 0,
            step: None,
            terminal: io::stderr().is_terminal(),
        }
    }

    pub(super) fn reading(&mut self, bytes: u64) {
        self.say(&format!("reading: {} MB", bytes / 1_000_000));
    }

    pub(super) fn progress(&mut self, progress: Progress) {
        let now = self.watch.elapsed().as_millis();
        let began = match self.step {
            Some((step, began)) if step == progress.step => began,
            _ => now,
        };
        self.step = Some((progress.step, began));
        let (done, spent) = (progress.done, (now - began) as f64);
        let text = match progress.total {
            Some(total) if done > 0 && done < total => {
                let left = spent * (total - done) as f64 / done as f64;
                let (done, total) = (done / 1_000_000, total / 1_000_000);
                format!(
                    "{}: {done} of {total} MB, {} left",
                    progress.step,
                    duration(left)
                )
            }
            _ => format!("{}: {} MB", progress.step, done / 1_000_000),
        };
        self.say(&text);
    }

    pub(super) fn say(&mut self, text: &str) {
        let now = self.watch.elapsed().as_millis();
        if !self.terminal || now < self.last_ms + EVERY_MS {
            return;
        }
        self.last_ms = now;
        self.shown = true;
        // Nobody is left to tell if standard error is closed.
        drop(write!(io::stderr().lock(), "\r\u{1b}[K{text}"));
    }

    pub(super) fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            drop(write!(io::stderr().lock(), "\r\u{1b}[K"));
        }
    }
}
