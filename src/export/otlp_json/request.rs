//! A request whose records are JSON from the start: there are very many of them, and each is written once, by itself.

use std::io::{self, Write};

use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;

use crate::export::json::{long, text, value};
use crate::export::telemetry::batch::{Request, SCHEMA, scope};

/// A record as it stands in its request.
pub(in crate::export) trait Json: AsRef<[u8]> {
    /// What the lists of resources, of scopes and of records are called in a request of such records.
    const LISTS: [&'static str; 3];
}

/// Records by the resource that they come from.
pub(in crate::export) struct JsonRequest<R>(Vec<Group<R>>);

struct Group<R> {
    /// All that stands before the records.
    head: Vec<u8>,
    records: Vec<R>,
}

/// All that stands behind the records of a resource.
fn tail() -> String {
    format!(r#"]}}],"schemaUrl":"{SCHEMA}"}}"#)
}

impl<R> Default for JsonRequest<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R: Json> JsonRequest<R> {
    /// Writes the whole request, as a line.
    pub(in crate::export) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let [resources, ..] = R::LISTS;
        let tail = tail();
        write!(out, r#"{{"{resources}":["#)?;
        for (at, group) in self.0.iter().enumerate() {
            out.write_all(if at > 0 { b"," } else { b"" })?;
            out.write_all(&group.head)?;
            for (at, record) in group.records.iter().enumerate() {
                out.write_all(if at > 0 { b"," } else { b"" })?;
                out.write_all(record.as_ref())?;
            }
            out.write_all(tail.as_bytes())?;
        }
        out.write_all(b"]}\n")
    }
}

impl<R: Json> Request for JsonRequest<R> {
    type Record = R;
    type Head = Vec<u8>;

    fn size(record: &R) -> usize {
        record.as_ref().len() + ",".len()
    }

    fn head(resource: Resource) -> (Vec<u8>, usize) {
        let [resources, scopes, records] = R::LISTS;
        let scope = scope();
        let mut head = Vec::with_capacity(1024);
        head.extend_from_slice(br#"{"resource":{"attributes":"#);
        attributes(&mut head, &resource.attributes);
        head.extend_from_slice(br#"},""#);
        head.extend_from_slice(scopes.as_bytes());
        head.extend_from_slice(br#"":[{"scope":{"name":"#);
        text(&mut head, &scope.name);
        head.extend_from_slice(br#","version":"#);
        text(&mut head, &scope.version);
        head.extend_from_slice(br#"},""#);
        head.extend_from_slice(records.as_bytes());
        head.extend_from_slice(br#"":["#);
        let around = r#"{"":[,]}"#.len() + resources.len() + "\n".len();
        let size = head.len() + tail().len() + around;
        (head, size)
    }

    fn open(&mut self, head: Vec<u8>) {
        let records = Vec::new();
        self.0.push(Group { head, records });
    }

    fn add(&mut self, at: usize, record: R) {
        self.0[at].records.push(record);
    }
}

/// Appends a list of attributes.
pub(super) fn attributes(out: &mut Vec<u8>, all: &[KeyValue]) {
    out.push(b'[');
    for (at, one) in all.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        // No name of an attribute has anything to escape.
        out.extend_from_slice(br#"{"key":""#);
        out.extend_from_slice(one.key.as_bytes());
        out.push(b'"');
        if let Some(known) = &one.value {
            out.extend_from_slice(br#","value":"#);
            any(out, known);
        }
        out.push(b'}');
    }
    out.push(b']');
}

fn any(out: &mut Vec<u8>, known: &AnyValue) {
    match &known.value {
        Some(Value::StringValue(said)) => {
            out.extend_from_slice(br#"{"stringValue":"#);
            text(out, said);
        }
        Some(Value::IntValue(number)) => {
            out.extend_from_slice(br#"{"intValue":"#);
            long(out, number);
        }
        Some(Value::DoubleValue(number)) => {
            out.extend_from_slice(br#"{"doubleValue":"#);
            value(out, number);
        }
        // What is rare, as the messages of protobuf write it.
        _ => return value(out, known),
    }
    out.push(b'}');
}
