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
    /// Queues and streams that feed it; `None` where they may not be listed.
    pub event_sources: Option<Vec<EventSourceMapping>>,
}

/// A queue or stream that Lambda polls for a function. `None`: not given, or not a setting of that kind of source.
#[derive(Clone, Debug, PartialEq)]
pub struct EventSourceMapping {
    /// `sqs:orders`, `kinesis:clicks`: the service and its own name.
    pub source: Sym,
    /// `false` while it is switched off.
    pub enabled: bool,
    /// Records of one invocation at most.
    pub batch_size: Option<u32>,
    /// Seconds that a batch is waited for.
    pub batching_window_s: Option<u32>,
    /// Invocations at once at most; queues only.
    pub maximum_concurrency: Option<u32>,
    /// Batches of one shard at once; streams only.
    pub parallelization: Option<u32>,
    /// A batch that failed is halved; streams only.
    pub bisects: Option<bool>,
    /// The function names the items that failed (`ReportBatchItemFailures`).
    pub reports_item_failures: bool,
}
