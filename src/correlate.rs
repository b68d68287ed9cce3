//! Floor 2: joins facts into invocations, environments, deliveries, links and request trees. Pure: no clock, no IO.

pub mod assemble;
pub mod ledger;
pub mod link;
mod refusals;
pub mod spans;
#[cfg(test)]
pub mod testing;
pub mod traced;
pub mod tree;

pub use refusals::refusals;
