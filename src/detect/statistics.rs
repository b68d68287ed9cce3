//! The statistics that figures and findings rest on.

pub mod change;
pub mod percentiles;
pub mod rate;
pub mod traffic;

pub use change::{fano, predictive_tail};
pub use percentiles::percentiles;
pub use rate::wilson;
pub use traffic::{erlang_b, rises, theil_sen};
