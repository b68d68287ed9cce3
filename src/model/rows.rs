//! The rows of the report: what detection says, one type a list of the contract (README, "Report").

use std::borrow::Cow;

use super::fact::EventSource;
use super::facts::{FactRef, Facts};
use super::ids::RequestId;
use super::invocation::{InvocationIndex, InvocationStatus};
use super::symbols::Sym;
use super::time::{MINUTE_MS, Timestamp};
use super::words::{count, number_of};

/// One start or restart of an environment. Sorted by (at, function, log stream).
#[derive(Clone, Debug, PartialEq)]
pub struct Init {
    pub function: Sym,
    pub version: Option<Sym>,
    /// Index in `Facts::streams`.
    pub stream: u32,
    pub at: Timestamp,
    pub kind: InitKind,
    pub init_ms: Option<f32>,
    /// What the request waited; 0 where nobody waited; `None` where it cannot be known. Where a failed init ran again inside the
    /// invocation and wrote no line of it, the first init alone: at least this.
    pub felt_ms: Option<f32>,
    /// `None` if nobody waited.
    pub cause: Option<InitCause>,
    /// The invocation that ran first in it.
    pub invocation: Option<InvocationIndex>,
    pub request_id: Option<RequestId>,
    /// The environment whose end explains this start, for the drill-down: index in `Assembled::environments`.
    pub explained_by: Option<u32>,
    /// INIT_START or, where it is missing, the first line of the environment.
    pub line: Option<FactRef>,
}

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[strum(serialize_all = "snake_case")]
pub enum InitKind {
    OnDemand,
    Proactive,
    Provisioned,
    Restore,
    InitTimeout,
    InitFailed,
    ReinitAfterCrash,
}

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[strum(serialize_all = "snake_case")]
pub enum InitCause {
    First,
    Deploy,
    PcExhausted,
    ErrorRecycle,
    PlatformRecycle,
    IdleExpiry,
    ScaleOut,
}

/// Refused attempts of one resource in one minute. Sorted by (minute, resource).
#[derive(Clone, Debug, PartialEq)]
pub struct Throttle {
    pub minute: Timestamp,
    /// `lambda:NAME`, `dynamodb:TABLE`, `kinesis:STREAM`, `apigateway:API`, or a service's name.
    pub resource: String,
    pub class: ThrottleClass,
    pub count: u64,
    /// No metric: at least this many.
    pub lower_bound: bool,
    /// Attempts with a known caller (function name), most first, then by name.
    pub callers: Vec<(Sym, u64)>,
    /// Some of the lines or spans behind it.
    pub evidence: Vec<Evidence>,
}

/// How near a function that refused is to its limit, and what its refusals cost, or how near one is that nobody was refused by yet.
/// Sorted by resource. `None`: cannot be known.
#[derive(Clone, Debug, PartialEq)]
pub struct Pressure {
    /// `lambda:NAME`, or `account`: the pool of all functions without a reservation.
    pub resource: String,
    /// Slots: its reservation, else what the account leaves to all functions without one.
    pub limit: Option<u32>,
    /// Slots in use at the newest moment, and at most.
    pub now: Option<u32>,
    pub peak: Option<u32>,
    /// Share of the limit that was free at the peak of the last five minutes.
    pub headroom: Option<f64>,
    /// Minutes until the limit is reached, if the level goes on rising as it does; `None` where it does not, or not soon.
    pub full_in_min: Option<f64>,
    /// By how much the load in the logs differs from what Little's law makes of the metric's runs, as a share of that: below −0.05 lines
    /// are missing.
    pub lines_missing: Option<f64>,
    /// Tries a call takes, against what was usual before.
    pub amplification: Option<f64>,
    /// The same by minute, of minutes in which callers are known.
    pub amplification_by_minute: Vec<(Timestamp, f64)>,
    /// Callers tried on and on after the limit had room again.
    pub metastable: bool,
    /// Refusals that nobody made good, and those that were only put off.
    pub lost: u64,
    pub delayed: u64,
    /// Tries for each run of a caller, most first.
    pub fan_factors: Vec<(Sym, f64)>,
    /// How calls multiply down to it; `None` where one layer calls it.
    pub flood: Option<Flood>,
    /// Who makes the refused calls of which no record shows a caller, where metrics tell.
    pub residual: Option<Residual>,
    /// Callers by their share of the rise in calls, most first; empty where nobody calls more than before.
    pub blame: Vec<Rise>,
}

/// A caller that leaves no record of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residual {
    /// The function's queue of asynchronous events: they grow old or are dropped.
    AsyncQueue,
    /// What polls its queue or stream: records grow old.
    EventSource,
}

/// The chain of callers that most tries of a refusing function come down, while refusals lasted.
#[derive(Clone, Debug, PartialEq)]
pub struct Flood {
    /// From the entry down to the function's own caller; at least two.
    pub layers: Vec<FloodLayer>,
    /// Tries that a run of the entry comes to, at the 95th percentile.
    pub p95: u64,
}

/// One layer of a [`Flood`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FloodLayer {
    pub caller: Sym,
    /// Calls of the next layer for each of its runs, and what was usual in the hour before; `None` if it did not run then.
    pub factor: f64,
    pub before: Option<f64>,
}

impl Flood {
    /// Tries for each run of the entry: the layers multiply.
    pub fn factor(&self) -> f64 {
        self.layers.iter().map(|layer| layer.factor).product()
    }

    /// The same in the hour before; `None` if a layer did not run then.
    pub fn before(&self) -> Option<f64> {
        self.layers.iter().map(|layer| layer.before).product()
    }
}

/// How much more one caller calls than it used to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rise {
    pub caller: Sym,
    /// Runs that call, a minute, in the episode and before it.
    pub per_minute: f64,
    pub before: f64,
    /// Share of the rise of all callers together, 0 to 1.
    pub share: f64,
}

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[strum(serialize_all = "snake_case")]
pub enum ThrottleClass {
    ReservedLimit,
    AccountLimit,
    ScalingRate,
    InvokeRate,
    PcSpill,
    Disabled,
    Downstream,
    GatewayStage,
    GatewayUsagePlan,
    Waf,
    Unknown,
}

/// One repeated delivery. Sorted by (repeat start, consumer, identity).
#[derive(Clone, Debug, PartialEq)]
pub struct Duplicate {
    pub consumer: Sym,
    pub source: EventSource,
    /// `None`: an asynchronous event, which is known by its request id alone.
    pub identity: Option<Sym>,
    pub class: DuplicateClass,
    pub harm: Harm,
    /// The delivery it repeats: the one just before.
    pub first: DeliveryEnd,
    pub repeat: DeliveryEnd,
}

impl Duplicate {
    /// The id that came twice, as text.
    pub fn identity_text<'a>(&self, facts: &'a Facts) -> Cow<'a, str> {
        match self.identity {
            Some(identity) => Cow::Borrowed(facts.text(identity)),
            None => Cow::Owned(self.repeat.request_id.to_string()),
        }
    }
}

/// One side of a repeat.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DeliveryEnd {
    pub invocation: InvocationIndex,
    pub request_id: RequestId,
    pub at: Timestamp,
    pub status: InvocationStatus,
}

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[strum(serialize_all = "snake_case")]
pub enum DuplicateClass {
    InBatchDup,
    FifoWindowExceeded,
    ProducerDup,
    ProducerRetry,
    DlqRedriveSuspect,
    DurableReplay,
    SfnRetry,
    OperatorReplay,
    Overlap,
    AsyncRetry,
    BatchCollateral,
    RetryExpected,
    VisibilityExpired,
    CheckpointReplay,
    ProviderRedelivery,
    RedeliveryUnknown,
}

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Serialize,
    serde::Deserialize,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[strum(serialize_all = "snake_case")]
pub enum Harm {
    None,
    Absorbed,
    Possible,
    Double,
}

/// One arrival that was overtaken (RFC 4737). Sorted by (at, consumer, key).
#[derive(Clone, Debug, PartialEq)]
pub struct Reordered {
    pub consumer: Sym,
    pub source: EventSource,
    pub key: Sym,
    pub sequence: Sym,
    pub identity: Sym,
    pub invocation: InvocationIndex,
    pub request_id: RequestId,
    pub at: Timestamp,
    /// RFC 4737: arrivals since the earliest one with a larger sequence.
    pub extent: u32,
    pub late_ms: f64,
    pub verdict: Verdict,
    /// The invocation that overtook it.
    pub overtaken_by: InvocationIndex,
}

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[strum(serialize_all = "snake_case")]
pub enum Verdict {
    Violation,
    RetryInduced,
    BestEffort,
    Uncertain,
}

/// Order of one (consumer, source): what the ordering pane and findings rest on beside [`Reordered`].
#[derive(Clone, Debug, PartialEq)]
pub struct OrderDomain {
    pub consumer: Sym,
    pub source: EventSource,
    /// Queue, stream, table, bucket; `None` for configured keys.
    pub resource: Option<Sym>,
    pub keys: u32,
    /// Distinct first copies: the denominator of R.
    pub arrivals: u64,
    pub reordered: u64,
    /// Of them those that each of the three arrivals before had overtaken (RFC 4737, 3-reordering).
    pub three_reordered: u64,
    /// How scattered the displacements are (RFC 5236), in nats: 0 in perfect order.
    pub entropy: f64,
    /// Two sequences of one strict key in progress at once.
    pub overlaps: u64,
    /// An older sequence finished after a newer one had succeeded.
    pub stale_applies: u64,
    /// Holes in dense sequences that did not close.
    pub gaps: u64,
}

impl OrderDomain {
    /// A domain in which nothing has arrived yet.
    pub fn new(consumer: Sym, source: EventSource, resource: Option<Sym>) -> Self {
        Self {
            consumer,
            source,
            resource,
            keys: 0,
            arrivals: 0,
            reordered: 0,
            three_reordered: 0,
            entropy: 0.0,
            overlaps: 0,
            stale_applies: 0,
            gaps: 0,
        }
    }
}

/// Which invocation called or fed which. Sorted by (parent, child) as texts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    pub parent: InvocationIndex,
    pub child: InvocationIndex,
    pub tier: LinkTier,
    pub confidence: f32,
    /// The parent waited for the child.
    pub synchronous: bool,
}

/// Highest first: a lower tier never overrides a higher one.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    strum::Display,
    strum::EnumIter,
    strum::EnumString,
)]
#[strum(serialize_all = "snake_case")]
pub enum LinkTier {
    TraceParent,
    TraceLink,
    ProducedId,
    CorrelationId,
    Inferred,
}

/// Failed invocations of one function with one fingerprint. Sorted by count (most first), then function, then text.
#[derive(Clone, Debug, PartialEq)]
pub struct ErrorGroup {
    pub function: Sym,
    pub status: InvocationStatus,
    /// `None`: no line says it. Timeouts and runs out of memory are one group each.
    pub error_type: Option<Sym>,
    /// Normalised; `None` without an exception line.
    pub message: Option<Sym>,
    pub frames: Option<Sym>,
    pub count: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// Failed invocations, in order of time.
    pub invocations: Vec<InvocationIndex>,
    /// The newest line that shows it.
    pub line: Option<FactRef>,
}

/// The figures of one function. Sorted by name. `None`: cannot be known.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionFigures {
    pub function: Sym,
    pub invocations: u64,
    /// Of them those that only application lines name: [`Invocation::is_only_named`](super::invocation::Invocation::is_only_named).
    pub only_named: u64,
    /// An environment of it serves requests of which Lambda writes no lines, as those of a Web Function do.
    pub serves: bool,
    pub errors: u64,
    pub timeouts: u64,
    pub out_of_memory: u64,
    pub duration_ms: Option<Percentiles>,
    pub init_ms: Option<Percentiles>,
    pub environments: u64,
    /// `None` where no line tells how the runs started.
    pub felt_cold_starts: Option<u64>,
    /// Felt cold starts / invocations of which lines tell how they started, with its Wilson 95 % interval; `None` without any.
    pub cold_rate: Option<Rate>,
    pub throttled: Option<u64>,
    pub duplicates_harmful: Option<u64>,
    pub retries: Option<u64>,
    pub reordered: Option<u64>,
    pub memory_mb: Option<u32>,
    pub max_memory_used_mb: Option<u32>,
    pub billed_ms: Option<f64>,
    /// `None` where too many of the runs are only named: how long they took is unknown.
    pub peak_concurrency: Option<u64>,
    pub id_coverage: Option<f64>,
    pub sampled_share: Option<f64>,
    /// REPORT lines / Invocations metric over final minutes; `None` without the metric.
    pub coverage: Option<f64>,
}

impl FunctionFigures {
    /// A count of runs or of what happened to them; `None` for a Web Function, whose requests no line counts.
    pub fn of_runs(&self, count: u64) -> Option<u64> {
        (!self.serves || self.invocations > 0).then_some(count)
    }

    /// A count of runs over all these functions; `None` where no function's runs can be counted.
    pub fn runs_of(rows: &[Self], count: fn(&Self) -> u64) -> Option<u64> {
        let mut known = rows.iter().filter_map(|row| row.of_runs(count(row)));
        match known.next() {
            Some(first) => Some(known.fold(first, |sum, count| sum + count)),
            None => rows.is_empty().then_some(0),
        }
    }

    /// Invocations of which Lambda's own lines were seen.
    pub fn told(&self) -> u64 {
        self.invocations - self.only_named
    }

    /// The runs of which the felt cold starts are a part; `None` where no line tells of them, as of the requests of a Web Function.
    pub fn of_starts(&self) -> Option<u64> {
        let felt = self.felt_cold_starts?;
        Some(self.told()).filter(|told| *told >= felt)
    }

    /// Felt cold starts of all these functions and the runs that tell how they started; `None` where there are runs and none tells.
    pub fn felt_of(rows: &[Self]) -> Option<(u64, u64)> {
        let sum = |of: fn(&Self) -> u64| rows.iter().map(of).sum::<u64>();
        let felt = sum(|row| row.felt_cold_starts.unwrap_or(0));
        let (told, all) = (sum(Self::told), sum(|row| row.invocations));
        (told > 0 || all == 0).then_some((felt, told))
    }

    /// Whether more runs are only named than lost lines explain.
    pub fn is_hidden(&self) -> bool {
        self.only_named * HIDDEN > self.invocations
    }
}

/// A function of which no log tells anything, as CloudWatch counted it. Sorted by name. `None`: that metric has no point.
#[derive(Clone, Debug, PartialEq)]
pub struct Metered {
    pub function: Sym,
    pub invocations: Option<u64>,
    pub errors: Option<u64>,
    /// Sum of its `lambda:NAME` rows.
    pub throttled: Option<u64>,
    pub mean_ms: Option<f64>,
    pub max_ms: Option<f64>,
    pub peak_concurrency: Option<u64>,
    /// Oldest first; minutes of which nothing was counted are left out. Never empty.
    pub minutes: Vec<MeteredMinute>,
}

impl Metered {
    /// From its first minute to the end of its last.
    pub fn span(&self) -> (Timestamp, Timestamp) {
        let (first, last) = (self.minutes.first(), self.minutes.last());
        let from = first.map_or(Timestamp(0), |minute| minute.at);
        (from, last.map_or(from, |last| last.at.plus_ms(MINUTE_MS)))
    }

    /// `80 runs, 40 failed, 3 refused`.
    pub fn words(&self) -> String {
        let counted = [
            self.invocations.map(|runs| number_of(runs, "runs")),
            self.errors
                .map(|errors| format!("{} failed", count(errors))),
            self.throttled
                .map(|refused| format!("{} refused", count(refused))),
        ];
        let counted: Vec<String> = counted.into_iter().flatten().collect();
        counted.join(", ")
    }
}

/// What CloudWatch counted of one function in one minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeteredMinute {
    pub at: Timestamp,
    pub invocations: u64,
    pub errors: u64,
}

/// Where more than one run in so many is only named, Lambda was silent about them.
const HIDDEN: u64 = 50;

/// What the starts of one function cost. In the order of [`FunctionFigures`]. `None`: cannot be known, or there is nothing to divide by.
#[derive(Clone, Debug, PartialEq)]
pub struct ColdFigures {
    pub function: Sym,
    /// Starts and restarts of environments, over invocations.
    pub init_rate: Option<f64>,
    /// Of the starts on demand and those ahead of need, the share of the latter.
    pub proactive_share: Option<f64>,
    /// Share of the starts that timed out, failed, or followed a crash.
    pub bad_init_share: Option<f64>,
    /// Dollars an hour for inits that were billed, at list price.
    pub init_cost_per_hour: Option<f64>,
    /// `None` for a function that only others call or feed.
    pub requests: Option<ColdRequests>,
}

/// What the requests that enter by a function wait for starts, there and in all that they wait for below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ColdRequests {
    pub requests: u64,
    /// Requests with a start on their critical path.
    pub cold: Rate,
    /// Share of the time of all requests.
    pub felt_share: f64,
    /// Of the requests slower than 99 % of all, the share that waited for a start; `None` below 100 requests.
    pub tail_share: Option<f64>,
    /// How many times likelier a request is slow if it waited for a start.
    pub relative_risk: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Percentiles {
    pub p50: f64,
    pub p95: f64,
    pub p99: f64,
    pub max: f64,
}

/// A share with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rate {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// One thing that proves a claim and opens: a line or a metric point.
#[derive(Clone, Debug, PartialEq)]
pub enum Evidence {
    Line {
        request_id: Option<RequestId>,
        line: FactRef,
    },
    Metric {
        point: u32,
    },
    /// A span: index in `Facts::spans`.
    Span {
        span: u32,
    },
}
