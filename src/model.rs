//! Floor 0: the nouns of nepho. Plain data, no IO, no clock.

pub mod analysis;
pub mod batch;
pub mod config;
pub mod delivery;
pub mod event_id;
pub mod fact;
pub mod fact_log;
pub mod facts;
pub mod finding;
pub mod health;
pub mod ids;
pub mod invocation;
pub mod mark;
pub mod metric;
pub mod odd;
pub mod record;
pub mod remap;
pub mod requests;
pub mod rows;
pub mod settings;
pub mod several;
pub mod span;
pub mod symbols;
pub mod text;
pub mod time;
pub mod words;
