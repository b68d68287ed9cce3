use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::logs::v1::LogRecord;
use opentelemetry_proto::tonic::resource::v1::Resource;
use proptest::prelude::*;

use super::*;
use crate::export::otlp_json::JsonRequest;
use crate::export::telemetry::batch::Request as _;
use crate::model::fact::Level;
use crate::model::ids::RequestId;
use crate::model::message::Message;
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
            message: message.into(),
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
    let mut ours = JsonRequest::<LogJson>::default();
    let mut theirs = ExportLogsServiceRequest::default();
    for at in 0..2 {
        let head = JsonRequest::<LogJson>::head(Resource::default()).0;
        ours.open(head);
        theirs.open(Resource::default());
        let written = lines().into_iter().map(LogJson::from);
        written.for_each(|line| ours.add(at, line));
        let messages = lines().into_iter().map(LogRecord::from);
        messages.for_each(|message| theirs.add(at, message));
    }
    let mut line = Vec::new();
    ours.write(&mut line).unwrap();
    assert_eq!(memchr::memchr_iter(b'\n', &line).count(), 1);
    let read: ExportLogsServiceRequest = serde_json::from_slice(&line).unwrap();
    assert_eq!(read, theirs);
}

proptest! {
    /// As the JSON reader has it: what is escaped there is not escaped again.
    #[test]
    fn a_message_out_of_json_is_written_as_any_other(message in "(?s)[\\PC\u{0}-\u{20}\"\\\\/]{0,60}") {
        let quoted = serde_json::to_string(&message).unwrap();
        let mut copied = entry(&message);
        let escaped = &quoted[1..quoted.len() - 1];
        copied.line.message = Message::Read { text: &message, escaped };
        let (copied, plain) = (LogJson::from(copied), LogJson::from(entry(&message)));
        prop_assert_eq!(copied.as_ref(), plain.as_ref());
    }
}
