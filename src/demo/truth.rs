//! What really happened, counted by the world itself while it happens. Tests compare reports with it.

use std::collections::BTreeMap;

use crate::model::time::Timestamp;

/// Everything that a full recording of the world shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Truth {
    /// By function name.
    pub functions: BTreeMap<&'static str, FunctionTruth>,
}

/// One function.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunctionTruth {
    pub invocations: u64,
    /// Failed in any way.
    pub errors: u64,
    pub timeouts: u64,
    pub out_of_memory: u64,
    /// Invocations that waited for an environment to start or start again.
    pub cold_starts: u64,
    /// Refused tries by minute.
    pub throttles: BTreeMap<Timestamp, u64>,
    /// Refused tries by the function that tried.
    pub refused_callers: BTreeMap<&'static str, u64>,
    /// Repeats whose effect happened again although the delivery before had had it.
    pub doubled: u64,
    /// Entries that began after a newer one of the same account had begun.
    pub overtaken: u64,
    /// The same, but so close that no clock can tell: within 15 ms.
    pub overtaken_closely: u64,
}

impl Truth {
    /// The function of that name, made if it is new.
    pub(super) fn of(&mut self, name: &'static str) -> &mut FunctionTruth {
        self.functions.entry(name).or_default()
    }

    /// Refused tries of a function in all.
    pub fn throttled(&self, name: &str) -> u64 {
        self.functions
            .get(name)
            .map_or(0, |function| function.throttles.values().sum())
    }

    /// Invocations of all functions.
    pub fn invocations(&self) -> u64 {
        self.functions
            .values()
            .map(|function| function.invocations)
            .sum()
    }
}
