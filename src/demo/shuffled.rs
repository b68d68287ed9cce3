//! `orders-worker` v10 holds some orders back for a while, less than the visibility of its queue: their events come after
//! newer ones of the same account.

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
                stall: (0.35, 8.0, 26.0),
                ..STEADY
            },
            over_s: 30.0,
        },
    ));
    story.ships_after_s = (8.0, 32.0);
    story
}
