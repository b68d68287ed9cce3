//! `payment` v42 goes out and runs 14 times longer. Demand stays, but needs 22 slots now and 20 are reserved: it refuses
//! tries. `checkout` gives up after three; `orders-worker` waits through its retries beyond the visibility of its queue, so
//! that orders run twice; events that waited overtake others at `ledger-apply`.

use super::environment::{Pace, STEADY};
use super::shop::Function;
use super::stamp::{MINUTE, SECOND};
use super::story::{Change, Story};

pub(super) fn story() -> Story {
    let mut story = Story::well();
    story.changes.push((
        -9 * MINUTE - 20 * SECOND,
        Change::Deploy {
            function: Function::Payment,
            version: 42,
            pace: Pace {
                times: 14.2,
                ..STEADY
            },
            over_s: 80.0,
        },
    ));
    story
}
