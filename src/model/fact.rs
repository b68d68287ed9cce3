//! What one log line says, once decoded. A line that says nothing becomes no fact.

use super::ids::{RequestId, SpanId, TraceId};
use super::symbols::{Sym, Symbols};
use super::time::Timestamp;

/// One decoded log line. Facts of one stream are ordered by `(at, order)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The event's own timestamp.
    pub at: Timestamp,
    /// Order among events of one millisecond: the batch and index bits of the event id where it has AWS's form, else 0.
    pub order: u64,
    /// Points back at the raw event, for evidence.
    pub event: EventId,
    pub what: What,
}

/// A CloudWatch event id. AWS's 56 digits are `timestamp << 144 | rest`: only the rest is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventId {
    None,
    /// The low 144 bits of an id of AWS's form whose high bits are the event's timestamp.
    Aws([u8; 18]),
    /// Any other id.
    Text(Sym),
}

/// The kinds of line. Durations are milliseconds, sizes megabytes, as Lambda writes them.
#[derive(Clone, Debug, PartialEq)]
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
        duration_ms: f32,
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
        duration_ms: f32,
    },
    Report(Box<Report>),
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
    App(Box<AppFact>),
    Access(Box<Access>),
}

/// The last line of an invocation. `None`: the line does not say.
#[derive(Clone, Debug, Default, PartialEq)]
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

/// What is known of the trace a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    pub trace: TraceId,
    /// The `AWS::Lambda::Function` segment of this invocation (`SegmentId` of REPORT, `spanId` of JSON).
    pub segment: Option<SpanId>,
    /// `Parent=` of a trace header.
    pub parent: Option<SpanId>,
    pub sampled: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InitType {
    OnDemand,
    ProvisionedConcurrency,
    SnapStart,
    ManagedInstances,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    Init,
    Invoke,
    Restore,
    SnapStart,
}

/// How a phase ended. AWS writes `failure` for an exception of the handler, `error` for a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Success,
    Failure,
    Error,
    Timeout,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, strum::Display)]
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
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppFact {
    /// The request id that the line names; else `correlate` finds it by trace id, then by position.
    pub request_id: Option<RequestId>,
    pub trace: Option<TraceId>,
    pub level: Option<Level>,
    /// Event items that the invocation received: the payload was logged.
    pub items: Vec<Item>,
    /// Ids named in a logged `{"batchItemFailures":[{"itemIdentifier":…}]}`.
    pub failed_items: Vec<Sym>,
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
        self.items.is_empty()
            && self.failed_items.is_empty()
            && self.produced.is_empty()
            && self.refused.is_none()
            && self.exception.is_none()
            && !self.idempotent
            && self.correlation.is_empty()
            && self.durable_execution.is_none()
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
#[derive(Clone, Debug, PartialEq)]
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

/// An id that a send returned, as the sender logged it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Produced {
    pub kind: ProducedKind,
    pub id: Sym,
    /// Queue, topic, stream or function it was sent to, where the line says.
    pub target: Option<Sym>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// An unhandled or logged exception.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// `apigateway:ID` or `appsync:ID`.
    pub api: Sym,
    pub stage: Option<Sym>,
    /// The gateway's own request id, by which execution logs and X-Ray name the request; `extendedRequestId` without it.
    pub gateway_request: Option<Sym>,
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

impl EventId {
    /// Reads the id of an event stamped `at`; the second value orders events of one millisecond.
    pub fn parse(text: Option<&str>, at: Timestamp, symbols: &mut Symbols) -> (Self, u64) {
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return (Self::None, 0);
        };
        match aws_rest(text, at) {
            Some(rest) => (Self::Aws(rest), low_bits(rest)),
            None => (Self::Text(symbols.intern(text)), 0),
        }
    }

    /// Orders events of one millisecond, as in [`Self::parse`], for a line that becomes no fact.
    pub fn order(text: Option<&str>, at: Timestamp) -> u64 {
        text.and_then(|text| aws_rest(text, at)).map_or(0, low_bits)
    }

    /// The id as CloudWatch wrote it; `None` where there was none.
    pub fn text(self, at: Timestamp, symbols: &Symbols) -> Option<String> {
        match self {
            Self::None => None,
            Self::Text(sym) => Some(symbols.get(sym).to_owned()),
            Self::Aws(rest) => Some(aws_digits(at, rest)),
        }
    }
}

fn low_bits(rest: [u8; 18]) -> u64 {
    rest[10..]
        .iter()
        .fold(0, |bits, byte| bits << 8 | u64::from(*byte))
}

/// The 144 low bits of a 56-digit id whose high bits are `at`; `None` if it has another form.
fn aws_rest(text: &str, at: Timestamp) -> Option<[u8; 18]> {
    if text.len() != 56 {
        return None;
    }
    // 56 decimal digits are at most 187 bits: 24 bytes, multiplied digit by digit in base 2^32.
    let mut words = [0u32; 6];
    for chunk in text.as_bytes().chunks(8) {
        let mut value = 0u32;
        for byte in chunk {
            if !byte.is_ascii_digit() {
                return None;
            }
            value = value * 10 + u32::from(byte - b'0');
        }
        let mut carry = u64::from(value);
        for word in words.iter_mut().rev() {
            let product = u64::from(*word) * 100_000_000 + carry;
            *word = product as u32;
            carry = product >> 32;
        }
    }
    let mut bytes = [0u8; 24];
    for (slot, word) in bytes.chunks_exact_mut(4).zip(words) {
        slot.copy_from_slice(&word.to_be_bytes());
    }
    let high = bytes[..6]
        .iter()
        .fold(0i64, |sum, byte| sum << 8 | i64::from(*byte));
    let mut rest = [0u8; 18];
    rest.copy_from_slice(&bytes[6..]);
    (high == at.0).then_some(rest)
}

fn aws_digits(at: Timestamp, rest: [u8; 18]) -> String {
    let mut words = [0u32; 6];
    let mut bytes = [0u8; 24];
    bytes[..6].copy_from_slice(&(at.0 as u64).to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&rest);
    for (word, chunk) in words.iter_mut().zip(bytes.chunks_exact(4)) {
        *word = chunk
            .iter()
            .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    }
    let mut groups = [0u32; 7];
    for group in groups.iter_mut().rev() {
        let mut remainder = 0u64;
        for word in &mut words {
            let value = remainder << 32 | u64::from(*word);
            *word = (value / 100_000_000) as u32;
            remainder = value % 100_000_000;
        }
        *group = remainder as u32;
    }
    groups.iter().map(|group| format!("{group:08}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aws_event_id_is_kept_in_18_bytes_and_comes_back_whole() {
        let mut symbols = Symbols::default();
        let text = "40033602025563129891242405994489553170594962871841456129";
        let at = Timestamp(1_795_168_801_274);
        let (id, order) = EventId::parse(Some(text), at, &mut symbols);
        assert!(matches!(id, EventId::Aws(_)), "{id:?}");
        assert_eq!(id.text(at, &symbols).as_deref(), Some(text));
        assert_eq!(
            order & 0xffff,
            1,
            "the low 16 bits are the index in the batch"
        );
        assert!(symbols.is_empty());
    }

    #[test]
    fn other_ids_are_kept_as_text() {
        let mut symbols = Symbols::default();
        let at = Timestamp(5);
        for text in [
            "17",
            "40033602025563129891242405994489553170594962871841456129",
            "x".repeat(56).as_str(),
        ] {
            let (id, order) = EventId::parse(Some(text), at, &mut symbols);
            assert_eq!((id.text(at, &symbols).as_deref(), order), (Some(text), 0));
        }
        assert_eq!(EventId::parse(None, at, &mut symbols).0, EventId::None);
    }
}
