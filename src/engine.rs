//! Floor 4: raw records in, the whole answer out.
//!
//! Records are decoded into [`Block`]s, by any number of threads; the blocks are taken in in arrival order by one
//! [`Engine`], which drops re-reads and forgets what is over the bounds. [`Engine::analyse`] then concludes everything
//! from what is remembered: the same records give the same answer however they were sliced.

mod block;
mod canonical;
mod forget;
mod intake;
mod named;
mod pipeline;
mod reread;
mod spans;
mod weight;
mod within;

pub use block::Block;
pub use forget::Scope;
pub use intake::{Engine, Limits};
pub use reread::Seen;
pub use within::within;
