//! What feeds the functions from queues and streams, by `ListEventSourceMappings`. The visibility timeout and the
//! dead-letter queue of a queue are the queue's own and would need rights on SQS: they are not read.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_lambda::types::{EventSourceMappingConfiguration, FunctionResponseType};
use serde_json::{Map, Value, json};

use super::configuration::keep;
use super::{AWAIT, LOOK_AGAIN};
use crate::model::batch::Batch;
use crate::model::health::Health;
use crate::model::time::Timestamp;
use crate::sources::aws::actions::LIST_EVENT_SOURCE_MAPPINGS;
use crate::sources::aws::fleet::{Fleet, Listing};
use crate::sources::aws::session::{Session, further};
use crate::sources::{Call, FetchError, Fetching, Next, Page, Source, Window};

/// Asks for all mappings of the account.
pub(in crate::sources::aws) struct EventSources {
    session: Arc<Session>,
    fleet: Arc<Fleet>,
    window: Window,
    marker: Option<String>,
    /// Those of the listing under way, by the function they feed.
    listed: BTreeMap<String, Vec<Value>>,
    /// Of the last whole listing.
    count: Option<usize>,
}

impl EventSources {
    pub(in crate::sources::aws) fn new(
        session: Arc<Session>,
        fleet: Arc<Fleet>,
        window: Window,
    ) -> Self {
        Self {
            session,
            fleet,
            window,
            marker: None,
            listed: BTreeMap::new(),
            count: None,
        }
    }

    fn awaits_functions(&self) -> bool {
        self.fleet.known().listing == Listing::Awaited
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        if self.awaits_functions() {
            return Ok(Page::new(Batch::default(), Next::CaughtUp));
        }
        let action = LIST_EVENT_SOURCE_MAPPINGS;
        let inquiry = self.session.inquire(action, None, now).await?;
        if self.marker.is_none() {
            self.listed.clear();
        }
        let question = inquiry.lambda.list_event_source_mappings();
        let answer = question.set_marker(self.marker.clone()).send().await;
        let answer = self.session.answered(&inquiry, answer).await;
        let answer = answer.map_err(|error| error.of_page(&mut self.marker))?;
        for mapping in answer.event_source_mappings.unwrap_or_default() {
            if let Some((function, shown)) = shown(&mapping) {
                self.listed.entry(function).or_default().push(shown);
            }
        }
        self.marker = further(answer.next_marker);
        if self.marker.is_some() {
            return Ok(Page::new(Batch::default(), Next::More));
        }
        let mut listed = std::mem::take(&mut self.listed);
        self.count = Some(listed.values().map(Vec::len).sum());
        let mut known = self.fleet.known();
        for (name, function) in &mut known.functions {
            let mut mappings = listed.remove(name).unwrap_or_default();
            // AWS lists them in no order.
            mappings.sort_by_key(Value::to_string);
            function.event_sources = Some(Value::Array(mappings));
        }
        Ok(Page::new(known.news(), self.window.when_read()))
    }
}

/// The function that a mapping feeds, and the mapping as the AWS CLI prints it, without what changes by itself.
fn shown(mapping: &EventSourceMappingConfiguration) -> Option<(String, Value)> {
    let (_, function) = mapping.function_arn.as_deref()?.split_once(":function:")?;
    let function = function.split(':').next()?.to_owned();
    let mut fields = Map::new();
    let number = |value: Option<i32>| value.map(Value::from);
    keep(
        &mut fields,
        "EventSourceArn",
        mapping.event_source_arn.clone().map(Value::from),
    );
    keep(&mut fields, "State", mapping.state.clone().map(Value::from));
    keep(&mut fields, "BatchSize", number(mapping.batch_size));
    keep(
        &mut fields,
        "MaximumBatchingWindowInSeconds",
        number(mapping.maximum_batching_window_in_seconds),
    );
    keep(
        &mut fields,
        "ParallelizationFactor",
        number(mapping.parallelization_factor),
    );
    keep(
        &mut fields,
        "MaximumRetryAttempts",
        number(mapping.maximum_retry_attempts),
    );
    keep(
        &mut fields,
        "BisectBatchOnFunctionError",
        mapping.bisect_batch_on_function_error.map(Value::from),
    );
    let at_most = mapping
        .scaling_config
        .as_ref()
        .and_then(|scaling| scaling.maximum_concurrency);
    keep(
        &mut fields,
        "ScalingConfig",
        at_most.map(|limit| json!({ "MaximumConcurrency": limit })),
    );
    let types = mapping
        .function_response_types
        .as_deref()
        .unwrap_or_default();
    let types: Vec<&str> = types.iter().map(FunctionResponseType::as_str).collect();
    keep(&mut fields, "FunctionResponseTypes", Some(json!(types)));
    Some((function, Value::Object(fields)))
}

impl Source for EventSources {
    fn name(&self) -> &'static str {
        "event sources"
    }

    fn call(&self) -> Option<Call> {
        let asks = !self.awaits_functions();
        asks.then(|| LIST_EVENT_SOURCE_MAPPINGS.call(&self.session))
    }

    fn interval(&self) -> Duration {
        if self.awaits_functions() {
            AWAIT
        } else {
            LOOK_AGAIN
        }
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.page(now))
    }

    fn describe(&self, health: &mut Health) {
        health.note = self.count.map(|count| {
            format!("{count} queues and streams · their visibility timeouts are not read: that needs rights on SQS").into()
        });
    }
}
