//! What a scenario is: a world that runs well, and what changes in it when.

use crate::model::time::Timestamp;

use super::environment::Pace;
use super::shop::Function;
use super::stamp::{MINUTE, Micros};
use super::{calm, cold_burst, double_orders, incident, shuffled, throttle_storm};

/// The built-in scenarios.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
    strum::VariantNames,
)]
#[strum(serialize_all = "kebab-case")]
pub enum Scenario {
    /// Nothing is wrong.
    Calm,
    /// A slow init meets bursts of requests.
    ColdBurst,
    /// A flash sale against a limit that somebody lowered.
    ThrottleStorm,
    /// Runs outlast the visibility of their queue.
    DoubleOrders,
    /// Late events overtake each other.
    Shuffled,
    /// A slow deployment with everything that follows from it.
    #[default]
    Incident,
}

/// What to simulate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    pub scenario: Scenario,
    pub seed: u64,
    /// The moment from which the world is live; its history lies before.
    pub start: Timestamp,
    /// How long clients go on after `start`, in milliseconds; for ever if `None`.
    pub duration_ms: Option<i64>,
    /// How much of the time before `start` is told, in milliseconds; as much as the scenario says if `None`.
    pub history_ms: Option<i64>,
}

/// The script of a scenario. Moments are relative to the start.
pub(super) struct Story {
    /// How much of the past is told.
    pub(super) history: Micros,
    /// An order that was placed is followed by the shipping of an earlier one after so many seconds.
    pub(super) ships_after_s: (f64, f64),
    pub(super) changes: Vec<(Micros, Change)>,
}

/// Something that happens to the world from outside.
#[derive(Clone, Copy, Debug)]
pub(super) enum Change {
    /// A new version takes over, linearly over so many seconds.
    Deploy {
        function: Function,
        version: u32,
        pace: Pace,
        over_s: f64,
    },
    /// Somebody sets the reserved concurrency.
    Reserve { function: Function, slots: u32 },
    /// Clients of a kind come more or less often than usual.
    Rate { client: Client, factor: f64 },
    /// Many clients at once, and again after that time.
    Burst {
        client: Client,
        count: u32,
        within_s: f64,
        every_s: f64,
    },
    /// The environments that provisioned concurrency keeps warm are replaced.
    Provision(Function),
}

/// Kinds of clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter)]
pub(super) enum Client {
    Cart,
    Catalog,
    Checkout,
    Orders,
    Webhook,
    Upload,
    Prices,
    Partners,
}

pub(super) const CLIENTS: usize = 8;

impl Client {
    /// How many come a minute.
    pub(super) fn per_minute(self) -> f64 {
        match self {
            Self::Cart => 177.0,
            Self::Catalog => 304.0,
            Self::Checkout => 180.0,
            Self::Orders => 60.0,
            Self::Webhook => 13.0,
            Self::Upload => 5.8,
            Self::Prices => 1.0,
            Self::Partners => 0.2,
        }
    }

    /// A timer, not people.
    pub(super) fn punctual(self) -> bool {
        matches!(self, Self::Prices | Self::Partners)
    }
}

impl Story {
    /// A world that runs well: the base of every scenario.
    pub(super) fn well() -> Self {
        Self {
            history: 30 * MINUTE,
            ships_after_s: (12.0, 75.0),
            changes: vec![
                (-29 * MINUTE, Change::Provision(Function::Auth)),
                (
                    -27 * MINUTE,
                    Change::Burst {
                        client: Client::Upload,
                        count: 8,
                        within_s: 0.4,
                        every_s: 396.0,
                    },
                ),
                (
                    -26 * MINUTE,
                    Change::Burst {
                        client: Client::Webhook,
                        count: 5,
                        within_s: 0.05,
                        every_s: 412.0,
                    },
                ),
            ],
        }
    }

    pub(super) fn of(scenario: Scenario) -> Self {
        match scenario {
            Scenario::Calm => calm::story(),
            Scenario::ColdBurst => cold_burst::story(),
            Scenario::ThrottleStorm => throttle_storm::story(),
            Scenario::DoubleOrders => double_orders::story(),
            Scenario::Shuffled => shuffled::story(),
            Scenario::Incident => incident::story(),
        }
    }
}
