//! What is known of a function beside its logs.

use super::symbols::Sym;
use super::time::Timestamp;

/// One function's configuration. `None`: not given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FunctionConfig {
    pub runtime: Option<Sym>,
    pub memory_mb: Option<u32>,
    pub timeout_s: Option<u32>,
    /// When its code or configuration was last changed.
    pub modified: Option<Timestamp>,
    pub reserved_concurrency: Option<u32>,
    /// Concurrent executions that the account grants to all its functions, where a source wrote it beside them.
    pub account_concurrency: Option<u32>,
    /// Log group it writes to, where it is not `/aws/lambda/NAME`.
    pub log_group: Option<Sym>,
    pub tracing_active: Option<bool>,
    pub snap_start: bool,
    /// Runs on Lambda Managed Instances: many invocations at once in one environment.
    pub managed_instances: bool,
    /// Versions or aliases with provisioned concurrency: (qualifier, slots).
    pub provisioned: Vec<(Sym, u32)>,
}
