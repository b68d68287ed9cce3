//! OTLP over HTTP: protobuf, compressed.

use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use serde_json::Value;

use super::answer::Answer;
use super::post::{Parcel, Post};
use super::target::{Endpoint, OtlpTarget};
use super::{Count, Receiver, Sent, Stop};
use crate::model::text::plain;
use crate::model::words::number_of;

/// Of a request that is refused whole, with these statuses, the next may still be good: it is the records.
const BAD_RECORDS: [u16; 3] = [400, 413, 422];

/// Any endpoint that speaks OTLP.
pub(super) struct Otlp<'a> {
    post: Post<'a>,
    target: OtlpTarget,
}

/// What the answer says of records that were refused in a request that was taken.
struct Partial {
    refused: u64,
    why: String,
}

impl<'a> Otlp<'a> {
    pub(super) fn new(post: Post<'a>, target: OtlpTarget) -> Self {
        Self { post, target }
    }

    fn send(
        &self,
        endpoint: &Endpoint,
        request: &impl Message,
        (records, name): (u64, &str),
        partial: fn(&Answer) -> Option<Partial>,
        sent: &mut Sent,
    ) -> Result<Count, Stop> {
        let parcel = Parcel {
            url: &endpoint.url,
            headers: &endpoint.headers,
            body: request.encode_to_vec(),
            gzip: self.target.gzip,
        };
        let answer = self.post.send(&parcel, sent)?;
        let mut count = Count::default();
        if answer.is_success() {
            let partial = partial(&answer);
            let refused = partial.as_ref().map_or(0, |it| it.refused.min(records));
            count.refused = refused;
            count.taken = records - refused;
            if let Some(Partial { why, .. }) =
                partial.filter(|it| refused > 0 || !it.why.is_empty())
            {
                let why = if why.is_empty() {
                    "no reason given"
                } else {
                    &why
                };
                sent.say(format!(
                    "partial success, {} refused: {why}",
                    number_of(refused, name)
                ));
            }
        } else if BAD_RECORDS.contains(&answer.status) {
            count.refused = records;
            sent.say(format!("{}: {}", endpoint.url, answer.words()));
        } else {
            return Err(Stop(format!(
                "{}: {} · check the address, its headers and what they allow",
                endpoint.url,
                answer.words()
            )));
        }
        Ok(count)
    }
}

impl Receiver for Otlp<'_> {
    fn traces(&mut self, request: ExportTraceServiceRequest, sent: &mut Sent) -> Result<(), Stop> {
        let Some(endpoint) = &self.target.traces else {
            return Ok(());
        };
        let scopes = request.resource_spans.iter().flat_map(|of| &of.scope_spans);
        let records: usize = scopes.map(|scope| scope.spans.len()).sum();
        let partial = |answer: &Answer| {
            if answer.json {
                return json(answer, "rejectedSpans");
            }
            let answer = ExportTraceServiceResponse::decode(&answer.body[..]).ok()?;
            answer
                .partial_success
                .map(|it| of(it.rejected_spans, &it.error_message))
        };
        let count = self.send(endpoint, &request, (records as u64, "spans"), partial, sent)?;
        sent.spans.add(count);
        Ok(())
    }

    fn logs(&mut self, request: ExportLogsServiceRequest, sent: &mut Sent) -> Result<(), Stop> {
        let Some(endpoint) = &self.target.logs else {
            return Ok(());
        };
        let scopes = request.resource_logs.iter().flat_map(|of| &of.scope_logs);
        let records: usize = scopes.map(|scope| scope.log_records.len()).sum();
        let partial = |answer: &Answer| {
            if answer.json {
                return json(answer, "rejectedLogRecords");
            }
            let answer = ExportLogsServiceResponse::decode(&answer.body[..]).ok()?;
            answer
                .partial_success
                .map(|it| of(it.rejected_log_records, &it.error_message))
        };
        let count = self.send(
            endpoint,
            &request,
            (records as u64, "log records"),
            partial,
            sent,
        )?;
        sent.logs.add(count);
        Ok(())
    }

    fn finish(&mut self, _: &mut Sent) -> Result<(), Stop> {
        Ok(())
    }

    fn takes(&self) -> (bool, bool) {
        (self.target.traces.is_some(), self.target.logs.is_some())
    }
}

fn of(refused: i64, why: &str) -> Partial {
    Partial {
        refused: u64::try_from(refused).unwrap_or(0),
        why: plain(why).chars().take(200).collect(),
    }
}

/// A server may answer protobuf with JSON; 64-bit numbers are strings in it.
fn json(answer: &Answer, refused: &str) -> Option<Partial> {
    let value: Value = serde_json::from_slice(&answer.body).ok()?;
    let partial = value.get("partialSuccess")?;
    let count = match &partial[refused] {
        Value::String(text) => text.parse().unwrap_or(0),
        other => other.as_i64().unwrap_or(0),
    };
    Some(of(
        count,
        partial["errorMessage"].as_str().unwrap_or_default(),
    ))
}
