//! The picture that readers hold: everything a screen shows at one moment. Cheap to copy, never changed.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::health::{Board, Health};
use crate::model::time::Timestamp;

use super::log_text::{Line, LineId, LogText};
use super::recalled::Recalled;

/// One moment, whole.
#[derive(Clone, Debug)]
pub struct Scene {
    pub analysis: Arc<Analysis>,
    pub board: Arc<Board>,
    pub text: Arc<LogText>,
    /// Lines that were read again because somebody asked.
    pub recalled: Recalled,
    pub mode: Mode,
    /// Where the data comes from, in a few words: `prod eu-west-1`, `incident`, `orders.ndjson.zst`.
    pub place: Arc<str>,
    /// The present of the data: the clock when live, the simulated clock in the demo, the newest record of a file; zero before
    /// there is one.
    pub now: Timestamp,
}

/// Whether the data still moves, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    Live,
    /// Opened files: nothing more comes.
    File,
    /// The simulated cloud, so many times as fast as the clock.
    Demo {
        speed: f64,
    },
}

impl Scene {
    /// What is shown before the first record came.
    pub fn empty(mode: Mode, place: &str, now: Timestamp) -> Self {
        Self {
            analysis: Arc::default(),
            board: Arc::default(),
            text: Arc::new(LogText::new(0)),
            recalled: Recalled::default(),
            mode,
            place: place.into(),
            now,
        }
    }

    /// Whether there is a present: a file has none before its first record.
    pub fn has_present(&self) -> bool {
        self.now != Timestamp::default()
    }

    /// Whether log groups are still looked for, or some that are known were not read up to the present yet.
    pub fn is_reading_up(&self) -> bool {
        let facts = &self.analysis.facts;
        let came = |source: &Health| {
            let group = source
                .log_group()
                .and_then(|group| facts.symbols.lookup(group));
            group.is_some_and(|group| facts.complete.contains_key(&group))
        };
        // What a source has read may still be on its way.
        self.board.sources.values().any(|source| {
            source.is_reading_up()
                || source.complete_until.is_some() && source.is_log() && !came(source)
        })
    }

    /// Everything before it has arrived of all log groups that are there; `None` where that cannot be said, or not yet.
    pub fn complete_to(&self) -> Option<Timestamp> {
        let watermark = self.analysis.facts.watermark;
        watermark.filter(|_| !self.is_reading_up())
    }

    /// The line of a number, if it is still remembered.
    pub fn line(&self, id: LineId) -> Option<Line<'_>> {
        self.recalled.text_of(id).unwrap_or(&self.text).line(id)
    }
}
