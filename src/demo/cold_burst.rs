//! `cart-api` v34 starts slowly, and a campaign sends bursts of requests just when its environments are gone again.

use super::environment::{Pace, STEADY};
use super::shop::Function;
use super::stamp::MINUTE;
use super::story::{Change, Client, Story};

pub(super) fn story() -> Story {
    let mut story = Story::well();
    story.changes.push((
        -20 * MINUTE,
        Change::Deploy {
            function: Function::CartApi,
            version: 34,
            pace: Pace {
                init_times: 24.0,
                ..STEADY
            },
            over_s: 30.0,
        },
    ));
    story.changes.push((
        -19 * MINUTE,
        Change::Burst {
            client: Client::Cart,
            count: 240,
            within_s: 1.5,
            every_s: 385.0,
        },
    ));
    story
}
