use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;

use super::*;
use crate::model::fact::Level;
use crate::model::record::LogLine;
use crate::model::time::Timestamp;

fn entry(message: &str) -> Entry<'_> {
    Entry {
        line: LogLine {
            group: "/aws/lambda/orders",
            stream: "s",
            timestamp: Timestamp(1_764_000_000_123),
            ingestion: None,
            event_id: None,
            message,
        },
        level: None,
        request: None,
        trace: None,
        span: None,
    }
}

/// Whoever reads OTLP's JSON gets from it what protobuf says of the same lines.
#[test]
fn it_says_what_the_messages_of_protobuf_say() {
    let lines = || {
        let mut full = entry("a \"quote\", a \\ and\na line \u{1} é");
        full.line.ingestion = Some(Timestamp(1_764_000_000_999));
        full.line.event_id = Some("e-1");
        full.level = Some(Level::Warn);
        full.request = RequestId::parse("6f1d0b9e-5f5c-4b0b-9a53-0a2b8d1e7c11");
        full.trace = Some([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]);
        full.span = Some([0, 0, 0, 0, 0, 0, 0, 7]);
        [full, entry("")]
    };
    let mut ours = LogRequest::default();
    let mut theirs = ExportLogsServiceRequest::default();
    for at in 0..2 {
        ours.open(Resource::default());
        theirs.open(Resource::default());
        lines().into_iter().for_each(|line| ours.add(at, line));
        let messages = lines().into_iter().map(LogRecord::from);
        messages.for_each(|message| theirs.add(at, message));
    }
    let line = ours.line();
    assert_eq!(memchr::memchr_iter(b'\n', &line).count(), 1);
    let read: ExportLogsServiceRequest = serde_json::from_slice(&line).unwrap();
    assert_eq!(read, theirs);
}
