//! Splunk's HTTP Event Collector: JSON objects one after another, confirmed where the token asks for acknowledgement.

mod event;

use std::collections::BTreeMap;
use std::time::Duration;

use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use serde::Deserialize;
use serde_json::json;

use super::post::{Parcel, Post};
use super::target::HecTarget;
use super::{BATCH, Receiver, Sent, Stop};

/// Between two questions whether events are stored.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// So often it is asked without any news.
const ASK: u32 = 60;

/// What a receiver says to events.
#[derive(Deserialize)]
struct Said {
    #[serde(rename = "ackId")]
    ack: Option<u64>,
}

/// Events, and how many of them are spans and log lines.
#[derive(Default)]
struct Batch {
    body: Vec<u8>,
    spans: u64,
    logs: u64,
}

/// The collector, and what it is about to get.
pub(super) struct Hec<'a> {
    post: Post<'a>,
    target: HecTarget,
    headers: Vec<(String, String)>,
    batch: Batch,
    /// Spans and log lines whose storing was not confirmed yet, by the number to ask for.
    open: BTreeMap<u64, (u64, u64)>,
}

impl<'a> Hec<'a> {
    pub(super) fn new(post: Post<'a>, target: HecTarget) -> Self {
        let headers = vec![
            (
                "authorization".to_owned(),
                format!("Splunk {}", target.token),
            ),
            ("content-type".to_owned(), "application/json".to_owned()),
            (
                "x-splunk-request-channel".to_owned(),
                target.channel.clone(),
            ),
        ];
        Self {
            post,
            target,
            headers,
            batch: Batch::default(),
            open: BTreeMap::new(),
        }
    }

    /// Takes an event; what was gathered goes first where it would become too much.
    fn push(&mut self, event: &[u8], is_span: bool, sent: &mut Sent) -> Result<(), Stop> {
        if !self.batch.body.is_empty() && self.batch.body.len() + event.len() > BATCH {
            self.flush(sent)?;
        }
        self.batch.body.extend_from_slice(event);
        if is_span {
            self.batch.spans += 1;
        } else {
            self.batch.logs += 1;
        }
        Ok(())
    }

    fn flush(&mut self, sent: &mut Sent) -> Result<(), Stop> {
        let batch = std::mem::take(&mut self.batch);
        if batch.body.is_empty() {
            return Ok(());
        }
        let url = format!("{}/event", self.target.url);
        let parcel = Parcel {
            url: &url,
            headers: &self.headers,
            body: batch.body,
            gzip: true,
        };
        let answer = self.post.send(&parcel, sent)?;
        if !answer.is_success() {
            sent.spans.refused += batch.spans;
            sent.logs.refused += batch.logs;
            return Err(Stop(format!(
                "{url}: {} · check the address, the token and its index",
                answer.words()
            )));
        }
        sent.spans.taken += batch.spans;
        sent.logs.taken += batch.logs;
        let said = serde_json::from_slice::<Said>(&answer.body).ok();
        if let Some(ack) = said.and_then(|said| said.ack) {
            let open = self.open.entry(ack).or_default();
            open.0 += batch.spans;
            open.1 += batch.logs;
        }
        Ok(())
    }

    /// Asks until everything is stored, or there is no news for a minute.
    fn confirm(&mut self, sent: &mut Sent) -> Result<(), Stop> {
        #[derive(Deserialize)]
        struct Acks {
            acks: BTreeMap<u64, bool>,
        }
        let url = format!("{}/ack", self.target.url);
        let mut without_news = 0;
        while !self.open.is_empty() && without_news < ASK {
            let numbers: Vec<u64> = self.open.keys().copied().collect();
            let parcel = Parcel {
                url: &url,
                headers: &self.headers,
                body: json!({ "acks": numbers }).to_string().into_bytes(),
                gzip: false,
            };
            let answer = self.post.send(&parcel, sent)?;
            let acks = serde_json::from_slice::<Acks>(&answer.body);
            let Some(acks) = acks.ok().filter(|_| answer.is_success()) else {
                return Err(Stop(format!("{url}: {}", answer.words())));
            };
            let before = self.open.len();
            self.open
                .retain(|number, _| acks.acks.get(number) != Some(&true));
            without_news = if self.open.len() < before {
                0
            } else {
                without_news + 1
            };
            if !self.open.is_empty() {
                self.post.wait(ASK_EVERY)?;
            }
        }
        Ok(())
    }
}

impl Receiver for Hec<'_> {
    fn traces(&mut self, request: ExportTraceServiceRequest, sent: &mut Sent) -> Result<(), Stop> {
        for of in request.resource_spans {
            let place = event::Place::of(of.resource.as_ref(), self.target.index.as_deref());
            for span in of.scope_spans.into_iter().flat_map(|scope| scope.spans) {
                self.push(&place.span(&span), true, sent)?;
            }
        }
        Ok(())
    }

    fn logs(&mut self, request: ExportLogsServiceRequest, sent: &mut Sent) -> Result<(), Stop> {
        for of in request.resource_logs {
            let place = event::Place::of(of.resource.as_ref(), self.target.index.as_deref());
            for record in of
                .scope_logs
                .into_iter()
                .flat_map(|scope| scope.log_records)
            {
                match place.log(&record) {
                    Some(event) => self.push(&event, false, sent)?,
                    None => sent.logs.left_out += 1,
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self, sent: &mut Sent) -> Result<(), Stop> {
        let done = self.flush(sent).and_then(|()| self.confirm(sent));
        for (spans, logs) in std::mem::take(&mut self.open).into_values() {
            sent.spans.unacknowledged += spans;
            sent.logs.unacknowledged += logs;
        }
        done
    }
}
