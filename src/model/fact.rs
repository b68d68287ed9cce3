//! What one log line says, once decoded. A line that says nothing becomes no fact.

use serde::{Deserialize, Serialize};

use super::event_id::EventId;
use super::ids::{RequestId, SpanId, TraceId};
use super::maybe::Maybe;
use super::symbols::Sym;
use super::time::Timestamp;

/// One decoded log line. Facts of one stream are ordered by (`at`, order of `event`).
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The event's own timestamp.
    pub at: Timestamp,
    /// Points back at the raw event, for evidence.
    pub event: EventId,
    pub what: What,
}

/// The kinds of line. Durations are milliseconds, sizes megabytes, as Lambda writes them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum What {
    InitStart {
        init_type: Option<InitType>,
        phase: Phase,
        version: Option<Sym>,
        runtime: Option<Sym>,
    },
    /// End of the init phase without its duration (`platform.initRuntimeDone`).
    InitDone {
        init_type: Option<InitType>,
        phase: Phase,
        status: Status,
    },
    InitReport {
        init_type: Option<InitType>,
        phase: Phase,
        status: Status,
        error_type: Option<Sym>,
        duration_ms: f32,
    },
    RestoreStart {
        runtime: Option<Sym>,
    },
    RestoreReport {
        status: Status,
        error_type: Option<Sym>,
        /// JSON may leave its metrics out.
        duration_ms: Option<f32>,
    },
    /// An environment of a Web Function serves requests, of none of which the platform writes a line.
    Serves {
        /// It begins to (`platform.invokeStart`), or tells of what it served.
        begins: bool,
    },
    Start {
        request_id: RequestId,
        version: Option<Sym>,
        trace: Option<TraceContext>,
    },
    End {
        request_id: RequestId,
    },
    RuntimeDone {
        request_id: RequestId,
        status: Status,
        error_type: Option<Sym>,
        /// Captures of the first schema have no metrics.
        duration_ms: Option<f32>,
    },
    Report(Report),
    /// `<request id> Task timed out after N seconds`: the old style, beside a REPORT without `Status`.
    TimedOut {
        request_id: RequestId,
    },
    /// `RequestId: <id> Error: Runtime exited …`.
    RuntimeExit {
        request_id: Option<RequestId>,
        killed: bool,
        error_type: Option<Sym>,
    },
    LogsDropped {
        records: u64,
    },
    App(AppFact),
    Access(Access),
}

/// Kinds of things that lines say, as a set: facts that say nothing of interest are passed over unread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kinds(u16);

impl Kinds {
    /// What every fact meets.
    pub const ANY: Self = Self(u16::MAX);
    // The common ones first: a set of them alone takes fewer bits packed.
    /// Start, end, time-out and exit of an invocation.
    pub const RUN: Self = Self(1);
    /// The end of an invocation with its figures, which is also a `RUN`.
    pub const REPORT: Self = Self(1 << 1);
    /// Any application line.
    pub const APP: Self = Self(1 << 2);
    /// Event items that an invocation received.
    pub const RECEIVED: Self = Self(1 << 3);
    /// Ids that a send returned.
    pub const SENT: Self = Self(1 << 4);
    pub const RAISED: Self = Self(1 << 5);
    /// Correlation ids.
    pub const CORRELATED: Self = Self(1 << 6);
    /// Lines of gateways.
    pub const ACCESS: Self = Self(1 << 7);
    pub const REFUSED: Self = Self(1 << 8);
    /// What became of items: failed ones, repeats that were recognised, durable executions.
    pub const HANDLED: Self = Self(1 << 9);
    /// Init and restore of an environment, and that it serves.
    pub const INIT: Self = Self(1 << 10);
    /// Lines that the service dropped.
    pub const DROPPED: Self = Self(1 << 11);
    /// A `REPORT` of a run that waited for a restore.
    pub const RESTORED: Self = Self(1 << 12);

    /// What is in either set.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the sets have anything in common.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    fn when(self, said: bool) -> Self {
        if said { self } else { Self(0) }
    }
}

impl What {
    /// What the line speaks of.
    pub fn kinds(&self) -> Kinds {
        match self {
            Self::InitStart { .. }
            | Self::InitDone { .. }
            | Self::InitReport { .. }
            | Self::RestoreStart { .. }
            | Self::RestoreReport { .. }
            | Self::Serves { .. } => Kinds::INIT,
            Self::Start { .. }
            | Self::End { .. }
            | Self::RuntimeDone { .. }
            | Self::TimedOut { .. }
            | Self::RuntimeExit { .. } => Kinds::RUN,
            Self::Report(report) => {
                let restored = report.restore_ms.is_some() || report.billed_restore_ms.is_some();
                let kinds = Kinds::RUN.or(Kinds::REPORT);
                kinds.or(Kinds::RESTORED.when(restored))
            }
            Self::LogsDropped { .. } => Kinds::DROPPED,
            Self::Access(_) => Kinds::ACCESS,
            Self::App(app) => app.kinds(),
        }
    }

    /// The request that the line is of.
    pub(super) fn request_id_mut(&mut self) -> Option<&mut RequestId> {
        match self {
            Self::Start { request_id, .. }
            | Self::End { request_id }
            | Self::RuntimeDone { request_id, .. }
            | Self::TimedOut { request_id } => Some(request_id),
            Self::RuntimeExit { request_id, .. } => request_id.as_mut(),
            Self::Report(report) => report.request_id.as_mut(),
            Self::App(app) => app.request_id.as_mut(),
            Self::Access(access) => access.integration_request.as_mut(),
            Self::InitStart { .. }
            | Self::InitDone { .. }
            | Self::InitReport { .. }
            | Self::RestoreStart { .. }
            | Self::RestoreReport { .. }
            | Self::Serves { .. }
            | Self::LogsDropped { .. } => None,
        }
    }

    /// The trace that the line is of.
    pub(super) fn trace_id_mut(&mut self) -> Option<&mut TraceId> {
        match self {
            Self::Start { trace, .. } | Self::Report(Report { trace, .. }) => {
                trace.as_mut().map(|context| &mut context.trace)
            }
            Self::App(app) => app.trace.as_mut(),
            Self::Access(access) => access.trace.as_mut(),
            _ => None,
        }
    }

    /// Whether the platform writes such a line of runs that go well, or of the start of their environment: where it stands, START and
    /// REPORT are not hidden by the system log level of the function. At `WARN` lines of failures are left.
    pub fn tells_runs(&self) -> bool {
        match self {
            Self::Start { .. }
            | Self::End { .. }
            | Self::TimedOut { .. }
            | Self::InitStart { .. }
            | Self::RestoreStart { .. } => true,
            Self::Report(report) => matches!(report.status, None | Some(Status::Success)),
            Self::RuntimeDone { status, .. }
            | Self::InitDone { status, .. }
            | Self::InitReport { status, .. }
            | Self::RestoreReport { status, .. } => *status == Status::Success,
            Self::RuntimeExit { .. }
            | Self::Serves { .. }
            | Self::LogsDropped { .. }
            | Self::App(_)
            | Self::Access(_) => false,
        }
    }

    /// The run that an application line names, if it says nothing else that is kept.
    pub fn only_names(&self) -> Option<RequestId> {
        match self {
            Self::App(app) if app.is_empty() => app.request_id,
            _ => None,
        }
    }

    /// The platform writes such a line once for each attempt of a request: two that are equal to the millisecond are one.
    pub fn is_unique(&self) -> bool {
        matches!(
            self,
            Self::Start { .. }
                | Self::End { .. }
                | Self::RuntimeDone { .. }
                | Self::Report(_)
                | Self::TimedOut { .. }
        )
    }
}

/// The last line of an invocation. `None`: the line does not say.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub request_id: Option<RequestId>,
    pub duration_ms: f32,
    pub billed_ms: Option<f32>,
    pub memory_mb: Option<u32>,
    pub max_memory_used_mb: Option<u32>,
    pub init_ms: Option<f32>,
    pub restore_ms: Option<f32>,
    pub billed_restore_ms: Option<f32>,
    /// `None`: an ordinary end, or an old runtime that does not say.
    pub status: Option<Status>,
    pub error_type: Option<Sym>,
    pub trace: Option<TraceContext>,
}

impl Report {
    /// How long the init or the restore took that the run waited for.
    pub fn start_ms(&self) -> Option<f32> {
        self.init_ms.or(self.restore_ms)
    }
}

/// What is known of the trace a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceContext {
    pub trace: TraceId,
    /// The `AWS::Lambda::Function` segment of this invocation (`SegmentId` of REPORT, `spanId` of JSON).
    pub segment: Maybe<SpanId>,
    /// `Parent=` of a trace header.
    pub parent: Maybe<SpanId>,
    pub sampled: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum InitType {
    OnDemand,
    ProvisionedConcurrency,
    SnapStart,
    ManagedInstances,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Phase {
    Init,
    Invoke,
    Restore,
    SnapStart,
}

/// How a phase ended. AWS writes `failure` for an exception of the handler, `error` for a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Status {
    Success,
    Failure,
    Error,
    Timeout,
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
    strum::IntoStaticStr,
    Serialize,
    Deserialize,
)]
#[strum(serialize_all = "UPPERCASE")]
pub enum Level {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

/// What an application line says that matters here. A line with none of it becomes no fact.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AppFact {
    /// The request id that the line names; else `correlate` finds it by trace id, then by position.
    pub request_id: Option<RequestId>,
    /// The id stands where runtimes and Powertools put that of the run itself, not merely under a name that may mean any request.
    pub names_run: bool,
    pub trace: Option<TraceId>,
    pub level: Option<Level>,
    /// Event items that the invocation received: the payload was logged.
    pub items: Vec<Item>,
    /// Ids named in a logged `{"batchItemFailures":[{"itemIdentifier":…}]}`.
    pub failed_items: Vec<Sym>,
    /// How the delivery of asynchronous events ended, as a destination or a dead-letter queue was told.
    pub last_outcomes: Vec<LastOutcome>,
    /// Ids that a send returned.
    pub produced: Vec<Produced>,
    /// A call that was refused.
    pub refused: Option<Refusal>,
    pub exception: Option<Exception>,
    /// Evidence that an idempotency check recognised the event (Powertools, `ConditionalCheckFailed`).
    pub idempotent: bool,
    /// Correlation ids by field name: (field, value).
    pub correlation: Vec<(Sym, Sym)>,
    /// `DurableExecutionArn`/`executionArn`: one execution is many invocations, its replays are no repeats.
    pub durable_execution: Option<Sym>,
}

impl AppFact {
    /// Whether the line says nothing that is kept.
    pub fn is_empty(&self) -> bool {
        self.kinds() == Kinds::APP
    }

    fn kinds(&self) -> Kinds {
        let handled = !self.failed_items.is_empty()
            || !self.last_outcomes.is_empty()
            || self.idempotent
            || self.durable_execution.is_some();
        Kinds::APP
            .or(Kinds::RECEIVED.when(!self.items.is_empty()))
            .or(Kinds::SENT.when(!self.produced.is_empty()))
            .or(Kinds::REFUSED.when(self.refused.is_some()))
            .or(Kinds::RAISED.when(self.exception.is_some()))
            .or(Kinds::HANDLED.when(handled))
            .or(Kinds::CORRELATED.when(!self.correlation.is_empty()))
    }
}

/// Where an event item came from. The words are the contract's.
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
    strum::EnumString,
    strum::EnumIter,
    Serialize,
    Deserialize,
)]
#[strum(serialize_all = "snake_case")]
pub enum EventSource {
    LambdaAsync,
    Sqs,
    SqsFifo,
    Sns,
    SnsFifo,
    Eventbridge,
    Kinesis,
    Dynamodb,
    S3,
    Kafka,
    Apigateway,
    Stepfunctions,
    /// An `[[extract]]` rule of the settings.
    Configured,
    /// No id at all: the hash of the canonical payload.
    Payload,
}

/// One event item as a consumer saw it in a logged payload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub source: EventSource,
    /// Message id, event id, `shard:sequence`, bucket+key+sequencer, …: see `decode::payload` for each source.
    pub identity: Sym,
    /// Queue, topic, stream, table, bucket or API it came through: the name, not the ARN.
    pub resource: Option<Sym>,
    /// Place in the batch, from 0.
    pub index: u16,
    /// SQS `ApproximateReceiveCount`, Step Functions retry count + 1.
    pub receive_count: Option<u16>,
    /// When the producer's service took it (SentTimestamp, approximateArrivalTimestamp, eventTime, …).
    pub sent_at: Option<Timestamp>,
    /// Message group, shard, item key, object key, …
    pub order_key: Option<Sym>,
    /// Hash of the partition key of a Kinesis record.
    pub partition: Option<u32>,
    /// SequenceNumber, sequencer, offset, version: text, compared by the rule of its source.
    pub sequence: Option<Sym>,
    /// A configured sequence without holes.
    pub dense: bool,
    /// FIFO `MessageDeduplicationId`.
    pub deduplication_id: Option<Sym>,
    /// Hash of the canonical body; `None` where there is none or it is too small to tell events apart.
    pub body: Option<u64>,
    /// A send of its own wrapped in the body: the SNS message, EventBridge event or S3 record inside an SQS body.
    pub inner: Option<(EventSource, Sym)>,
    /// EventBridge `replay-name`, a redrive's marks: an operator sent it again.
    pub replay: bool,
    /// A scheduled event: identical by nature.
    pub scheduled: bool,
    /// `AWSTraceHeader` of the message: the producer's trace and segment.
    pub trace: Option<TraceContext>,
}

impl Item {
    /// An item of which only the id is known.
    pub fn new(source: EventSource, identity: Sym, index: u16) -> Self {
        Self {
            source,
            identity,
            resource: None,
            index,
            receive_count: None,
            sent_at: None,
            order_key: None,
            partition: None,
            sequence: None,
            dense: false,
            deduplication_id: None,
            body: None,
            inner: None,
            replay: false,
            scheduled: false,
            trace: None,
        }
    }
}

/// What became of an asynchronous event in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastOutcome {
    pub request_id: RequestId,
    pub ending: Ending,
}

/// `requestContext.condition` of the record for a destination; a dead-letter queue is not told why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Ending {
    Succeeded,
    RetriesExhausted,
    EventAgeExceeded,
    DeadLetter,
}

/// An id that a send returned, as the sender logged it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Produced {
    pub kind: ProducedKind,
    pub id: Sym,
    /// Queue, topic, stream or function it was sent to, where the line says.
    pub target: Option<Sym>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ProducedKind {
    /// SQS SendMessage or SNS Publish `MessageId`.
    Message,
    /// PutEvents `EventId`.
    Event,
    /// PutRecord `SequenceNumber` (id is `shard:sequence` where the shard is known, else the sequence).
    Record,
    /// Lambda Invoke: the callee's request id.
    Invocation,
    /// A key written (S3, DynamoDB).
    Object,
}

/// A refused call (429, throttling exception) as the caller's log, a trace or an access log shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// `lambda:NAME`, `dynamodb:TABLE`, `kinesis:STREAM`, `apigateway:API`, or the service's name.
    pub resource: Option<Sym>,
    /// The `Reason` that Lambda or DynamoDB gives, verbatim.
    pub reason: Option<Sym>,
    /// `x-amzn-RequestId` of the refused call.
    pub aws_request_id: Option<Sym>,
    /// How many attempts the line stands for (`reached max retries: N`); 1 if it does not say.
    pub attempts: u16,
}

/// Records of one run and resource that lie no further apart and do not both name a request id are of one refused attempt.
pub const SAME_ATTEMPT_MS: i64 = 2_000;

/// Whether two names of refused resources may mean one: the same, or a service and a resource of it.
pub fn may_be_one(one: &str, other: &str) -> bool {
    one == other || service(one) == other || service(other) == one
}

/// `lambda` of `lambda:NAME`.
pub fn service(resource: &str) -> &str {
    resource
        .split_once(':')
        .map_or(resource, |(service, _)| service)
}

/// `NAME` of `lambda:NAME`, or a service where nothing else is known.
pub fn name_in(resource: &str) -> &str {
    resource.split_once(':').map_or(resource, |(_, name)| name)
}

/// An unhandled or logged exception.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    pub error_type: Sym,
    /// Normalised: ids, numbers and quoted values replaced, so that equal causes read equal.
    pub message: Sym,
    /// Top frames of the function's own code, joined by `\n`; empty if unknown.
    pub frames: Sym,
    /// The runtime's own line (`Invoke Error`, `[ERROR] Type: …` + traceback, `LAMBDA_WARNING: Unhandled`):
    /// this one decides that the invocation failed. A line that the application logged decides nothing.
    pub unhandled: bool,
}

/// One line of an API Gateway access or execution log, or of AppSync.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Access {
    /// `apigateway:ID` or `appsync:ID`.
    pub api: Sym,
    pub stage: Option<Sym>,
    /// The gateway's own request id, by which execution logs and X-Ray name the request; `extendedRequestId` without it.
    pub gateway_request: Option<Sym>,
    /// Told apart by this alone: a client can choose the other id.
    pub extended_request: Option<Sym>,
    pub route: Option<Sym>,
    pub status: Option<u16>,
    /// Status the integration gave (429 behind a 500: the function was throttled).
    pub integration_status: Option<u16>,
    /// Request id of the Lambda invocation behind it.
    pub integration_request: Option<RequestId>,
    /// `error.responseType`: THROTTLED, QUOTA_EXCEEDED, WAF_FILTERED, …
    pub response_type: Option<Sym>,
    pub trace: Option<TraceId>,
    pub latency_ms: Option<f32>,
    pub received_at: Option<Timestamp>,
    /// The function behind it, where the line names it.
    pub function: Option<Sym>,
}
