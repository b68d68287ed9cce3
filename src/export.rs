//! Floor 6: what leaves nepho in a file or a pipe.

pub mod csv;
pub mod recording;
pub mod report;
pub mod show;
pub mod snapshot;
