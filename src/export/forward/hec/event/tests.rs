use opentelemetry_proto::tonic::common::v1::ArrayValue;

use super::*;

fn any(text: &str) -> AnyValue {
    AnyValue {
        value: Some(Value::StringValue(text.to_owned())),
    }
}

fn attribute(key: &str, value: AnyValue) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(value),
        ..KeyValue::default()
    }
}

fn place(index: Option<&str>) -> Place {
    let list = AnyValue {
        value: Some(Value::ArrayValue(ArrayValue {
            values: vec![any("/aws/lambda/pay")],
        })),
    };
    let resource = Resource {
        attributes: vec![
            attribute("faas.name", any("pay")),
            attribute("faas.instance", any("2026/11/20/[1]aa")),
            attribute("aws.log.group.names", list),
        ],
        ..Resource::default()
    };
    Place::of(Some(&resource), index)
}

fn line(message: &str) -> LogRecord {
    LogRecord {
        time_unix_nano: 1_795_168_800_007_000_000,
        body: Some(any(message)),
        trace_id: vec![0xab; 16],
        ..LogRecord::default()
    }
}

fn read(event: Vec<u8>) -> Json {
    serde_json::from_slice(&event).unwrap()
}

#[test]
fn a_line_says_when_where_and_what() {
    let event = place(Some("serverless")).log(&line("paid")).unwrap();
    let text = String::from_utf8(event.clone()).unwrap();
    assert!(text.starts_with("{\"time\":1795168800.007,"), "{text}");
    let event = read(event);
    assert_eq!(event["host"], "2026/11/20/[1]aa");
    assert_eq!(event["source"], "/aws/lambda/pay");
    assert_eq!(event["sourcetype"], "aws:lambda");
    assert_eq!(event["index"], "serverless");
    assert_eq!(event["event"], "paid");
    assert_eq!(event["fields"]["faas.name"], "pay");
    assert_eq!(event["fields"]["trace_id"], "ab".repeat(16));
    let flat = event["fields"].as_object().unwrap();
    assert!(flat.values().all(Json::is_string), "{flat:?}");
}

#[test]
fn its_id_is_the_events_own_or_made_of_all_that_tells_it_apart() {
    let id =
        |record: &LogRecord| read(place(None).log(record).unwrap())["fields"]["event_id"].clone();
    let mut with = line("paid");
    with.attributes
        .push(attribute("log.record.uid", any("3871")));
    assert_eq!(id(&with), "3871");
    let mut later = line("paid");
    later.time_unix_nano += 1_000_000;
    assert_eq!(id(&line("paid")), id(&line("paid")));
    assert_ne!(id(&line("paid")), id(&line("refused")));
    assert_ne!(id(&line("paid")), id(&later));
}

#[test]
fn an_empty_line_is_no_event() {
    assert!(place(None).log(&line(" \n")).is_none());
}

#[test]
fn a_span_has_the_id_that_its_trace_knows_it_by() {
    let span = Span {
        trace_id: vec![1; 16],
        span_id: vec![2; 8],
        name: "pay".into(),
        start_time_unix_nano: 1_795_168_800_000_000_000,
        end_time_unix_nano: 1_795_168_800_050_000_000,
        ..Span::default()
    };
    let event = read(place(None).span(&span));
    assert_eq!(
        event["fields"]["event_id"],
        format!("{}-{}", "01".repeat(16), "02".repeat(8))
    );
    assert_eq!(event["event"]["name"], "pay");
    assert_eq!(event["event"]["status"]["code"], "STATUS_CODE_UNSET");
    assert_eq!(event["sourcetype"], "nepho:span");
}
