//! Which functions and log groups there are. Four sources, so that a right that is missing stops one of them only.

mod account;
mod configuration;
mod functions;
mod groups;
mod reserved;

pub(super) use account::Account;
pub(super) use functions::Functions;
pub(super) use groups::Groups;
pub(super) use reserved::Reserved;

use std::time::Duration;

/// New functions, log groups and changed settings are seen within that.
const LOOK_AGAIN: Duration = Duration::from_mins(1);
/// While what another source finds is awaited.
const AWAIT: Duration = Duration::from_millis(200);
