//! Floor 5: an embedded simulated cloud. A seeded discrete-event simulation of an order system gives raw records in AWS's
//! shapes, in order of arrival. It shares no code with what looks at records, and has no clock: the start is given.
//!
//! | module | holds |
//! |---|---|
//! | `simulator`, `agenda`, `stamp`, `random` | the simulation: what happens when, and chance |
//! | `story`, `changes` and a file a scenario | what changes in a world that runs well |
//! | `shop`, `program`, `bodies`, `order` | the functions, what their handlers do, what they are about |
//! | `platform`, `asynchronous`, `environment`, `run` | the Lambda service |
//! | `handler`, `business` | handlers at work |
//! | `gateway`, `queue`, `stream` | API Gateway, SQS, Kinesis and DynamoDB streams |
//! | `lines`, `speech`, `payload`, `xray`, `meter`, `config` | how all of it looks in logs, traces, metrics and configurations |
//! | `outbox` | when records arrive |
//! | `truth` | what really happened |

mod agenda;
mod asynchronous;
mod bodies;
mod business;
mod calm;
mod changes;
mod cold_burst;
mod config;
mod double_orders;
mod environment;
mod event;
mod gateway;
mod handler;
mod incident;
mod lines;
mod meter;
mod order;
mod outbox;
mod payload;
mod platform;
mod program;
mod queue;
mod random;
mod run;
mod shop;
mod shuffled;
mod simulator;
mod speech;
mod stamp;
mod story;
mod stream;
mod text;
mod throttle_storm;
mod truth;
mod xray;

use crate::model::record::Record;
use crate::model::time::Timestamp;

use simulator::Simulator;

pub use story::{Options, Scenario};
pub use truth::{FunctionTruth, Truth};

/// Settings that the world's teams would have written: their own ids, in the form of `nepho.toml`.
pub const SETTINGS: &str = include_str!("demo/nepho.toml");

/// The simulated cloud: an iterator of records with the moment each arrives, in that order. It holds only what is under
/// way, however long it runs. With a duration it ends once everything that clients set off is over and has arrived.
pub struct World {
    simulator: Simulator,
}

impl World {
    /// A world of that scenario. The same options give the same records.
    pub fn new(options: &Options) -> Self {
        Self {
            simulator: Simulator::new(options),
        }
    }

    /// What has happened so far. Complete once the iterator has ended.
    pub fn truth(&self) -> &Truth {
        &self.simulator.truth
    }
}

impl Iterator for World {
    type Item = (Timestamp, Record);

    fn next(&mut self) -> Option<Self::Item> {
        self.simulator.next()
    }
}
