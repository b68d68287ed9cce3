//! Floor 6: what leaves nepho in a file or a pipe.

pub mod csv;
pub mod diff;
mod examples;
#[cfg(feature = "aws")]
pub mod forward;
mod html;
mod json;
mod numbers;
pub mod otlp_json;
pub mod recording;
pub mod records;
pub mod report;
pub mod show;
pub mod shown_json;
pub mod snapshot;
pub mod telemetry;
pub mod trace_events;
