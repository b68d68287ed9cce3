//! `orders-worker` v10 waits for a lock in some runs, for longer than the visibility of its queue: those orders run twice.

use super::environment::{Pace, STEADY};
use super::shop::Function;
use super::stamp::MINUTE;
use super::story::{Change, Story};

pub(super) fn story() -> Story {
    let mut story = Story::well();
    story.changes.push((
        -10 * MINUTE,
        Change::Deploy {
            function: Function::OrdersWorker,
            version: 10,
            pace: Pace {
                stall: (0.12, 33.0, 46.0),
                ..STEADY
            },
            over_s: 30.0,
        },
    ));
    // Nothing leaves the warehouse meanwhile, so that no late event is overtaken.
    story.ships_after_s = (90.0, 240.0);
    story
}
