//! The picture that readers hold: everything a screen shows at one moment. Cheap to copy, never changed.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::health::Board;
use crate::model::time::Timestamp;

use super::log_text::LogText;

/// One moment, whole.
#[derive(Clone, Debug)]
pub struct Scene {
    pub analysis: Arc<Analysis>,
    pub board: Arc<Board>,
    pub text: Arc<LogText>,
    pub mode: Mode,
    /// Where the data comes from, in a few words: `prod eu-west-1`, `incident`, `orders.ndjson.zst`.
    pub place: Arc<str>,
    /// The present of the data: the clock when live, the simulated clock in the demo, the newest record of a file.
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
            mode,
            place: place.into(),
            now,
        }
    }
}
