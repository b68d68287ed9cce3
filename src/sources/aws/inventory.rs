//! Which functions and log groups there are. One source a right, so that one that is missing stops one of them only.

mod account;
mod concurrency;
mod configuration;
mod event_sources;
mod functions;
mod groups;

pub(super) use account::Account;
pub(super) use concurrency::{Concurrency, Kind};
pub(super) use event_sources::EventSources;
pub(super) use functions::Functions;
pub(super) use groups::Groups;

use std::time::Duration;

/// New functions, log groups and changed settings are seen within that.
const LOOK_AGAIN: Duration = Duration::from_mins(1);
/// While what another source finds is awaited.
const AWAIT: Duration = Duration::from_millis(200);
