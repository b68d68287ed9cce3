//! Ids in any number: of log events, and of the messages that runs are given.

use std::fmt::Write as _;

use nepho::model::batch::Batch;
use nepho::model::record::{LogLine, LogRecord, Record};
use nepho::model::time::Timestamp;

/// Messages of a run, as SQS hands them out unless told otherwise.
const MESSAGES: usize = 10;
/// One message in so many comes twice, to two runs one behind the other.
const REPEATED: usize = 100;
const STREAMS: usize = 100;
const RUNS_PER_BATCH: usize = 10_000;
const BEGINS: Timestamp = Timestamp(1_795_168_800_000);

/// Calls with a line of each id; the ids are as long as CloudWatch's.
pub(crate) fn of_events(ids: usize, mut line: impl FnMut(&LogLine<'_>)) {
    let mut id = *b"40033561884513631331723934818256513780000000000000000000";
    for _ in 0..ids {
        count_up(&mut id);
        line(&LogLine {
            group: "/aws/lambda/orders",
            stream: "2026/11/20/[1]a",
            timestamp: BEGINS,
            ingestion: None,
            event_id: str::from_utf8(&id).ok(),
            message: "".into(),
        });
    }
}

/// The next number: what writes it must not cost as much as what takes it in.
fn count_up(digits: &mut [u8]) {
    for digit in digits.iter_mut().rev() {
        if *digit < b'9' {
            *digit += 1;
            return;
        }
        *digit = b'0';
    }
}

/// Runs of one function that are given so many different messages, ten a run.
pub(crate) fn of_messages(ids: usize) -> impl Iterator<Item = Batch> {
    let runs = ids / MESSAGES;
    (0..runs).step_by(RUNS_PER_BATCH).map(move |first| {
        let last = runs.min(first + RUNS_PER_BATCH);
        Batch::from((first..last).flat_map(run).collect::<Vec<_>>())
    })
}

/// Messages that [`of_messages`] delivers, those that come twice included.
pub(crate) fn delivered(ids: usize) -> usize {
    ids + ids / REPEATED - usize::from(ids > 0)
}

fn run(number: usize) -> [Record; 4] {
    let request = format!("7c1e0a52-9f6b-4d3e-8a41-{number:012x}");
    let first = number * MESSAGES;
    let again = (number > 0 && first.is_multiple_of(REPEATED)).then(|| first - 1);
    let mut event = String::new();
    for id in again.into_iter().chain(first..first + MESSAGES) {
        let comma = if event.is_empty() { "" } else { "," };
        write!(
            event,
            "{comma}{{\"messageId\":\"d1e94d8a-934d-4dd7-866d-{id:012x}\",\"eventSource\":\"aws:sqs\",\
            \"attributes\":{{\"ApproximateReceiveCount\":\"1\"}},\"eventSourceARN\":\"arn:aws:sqs:eu-west-1:4182:orders\"}}"
        )
        .unwrap();
    }
    let starts = BEGINS.plus_ms(number as i64);
    let line = |after, message: String| {
        Record::Log(LogRecord {
            group: "/aws/lambda/orders".into(),
            stream: format!("2026/11/20/[1]{:032x}", number % STREAMS).into(),
            timestamp: starts.plus_ms(after),
            ingestion: None,
            event_id: None,
            message: message.into(),
        })
    };
    [
        line(0, format!("START RequestId: {request} Version: 1")),
        line(1, format!("{request}\tINFO\t{{\"Records\":[{event}]}}")),
        line(2, format!("END RequestId: {request}")),
        line(
            2,
            format!(
                "REPORT RequestId: {request}\tDuration: 2.00 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 90 MB\t"
            ),
        ),
    ]
}
