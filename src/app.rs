//! Floor 8: what runs. Pumps bring batches, the engine takes them in, the screen shows what it made of them.

mod attention;
pub mod clock;
pub mod demo_source;
mod ending;
mod engine_thread;
#[cfg(feature = "aws")]
pub mod examine;
pub mod fetch;
pub mod hook;
pub mod keeping;
pub mod news;
mod pipe;
mod polling;
pub mod pump;
mod recalling;
mod records;
mod redraw;
pub mod rounds;
pub mod run;
mod saving;
mod switch;
pub mod tail;
mod terminal;
mod troubles;

pub use engine_thread::Recorder;
