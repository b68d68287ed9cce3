//! Stub.
pub struct Throttling;
