//! Somebody lowered the reserved concurrency of `payment` to 3; a flash sale then doubles the checkouts.

use super::shop::Function;
use super::stamp::MINUTE;
use super::story::{Change, Client, Story};

pub(super) fn story() -> Story {
    let mut story = Story::well();
    story.changes.push((
        -11 * MINUTE,
        Change::Reserve {
            function: Function::Payment,
            slots: 3,
        },
    ));
    story.changes.push((
        -8 * MINUTE,
        Change::Rate {
            client: Client::Checkout,
            factor: 2.4,
        },
    ));
    story
}
