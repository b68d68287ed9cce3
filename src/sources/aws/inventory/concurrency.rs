//! What each function has of the account's concurrency for itself: reserved, and kept warm. One call a function each, so
//! a source each: a right that is missing stops one of them only.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde_json::{Value, json};

use super::AWAIT;
use crate::model::batch::Batch;
use crate::model::time::Timestamp;
use crate::sources::aws::actions::{
    Action, GET_FUNCTION_CONCURRENCY, LIST_PROVISIONED_CONCURRENCY_CONFIGS,
};
use crate::sources::aws::fleet::{Fleet, Listing};
use crate::sources::aws::session::{Inquiry, Session, further};
use crate::sources::{Call, FetchError, Fetching, Next, Page, Source, Window};

/// One call a function: asked again after that.
const ROUND: Duration = Duration::from_mins(10);

/// Asks for one function after the other.
pub(in crate::sources::aws) struct Concurrency {
    kind: Kind,
    session: Arc<Session>,
    fleet: Arc<Fleet>,
    window: Window,
    to_ask: VecDeque<String>,
    /// Slots of the first of them that were listed, and the page that follows.
    slots: Vec<Value>,
    marker: Option<String>,
    /// Functions that were asked for in this round.
    asked: BTreeSet<String>,
    round_began: Option<Timestamp>,
}

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::sources::aws) enum Kind {
    Reserved,
    Provisioned,
}

impl Concurrency {
    pub(in crate::sources::aws) fn new(
        kind: Kind,
        session: Arc<Session>,
        fleet: Arc<Fleet>,
        window: Window,
    ) -> Self {
        Self {
            kind,
            session,
            fleet,
            window,
            to_ask: VecDeque::new(),
            slots: Vec::new(),
            marker: None,
            asked: BTreeSet::new(),
            round_began: None,
        }
    }

    fn action(&self) -> Action {
        match self.kind {
            Kind::Reserved => GET_FUNCTION_CONCURRENCY,
            Kind::Provisioned => LIST_PROVISIONED_CONCURRENCY_CONFIGS,
        }
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let Some(name) = self.to_ask.front().cloned() else {
            self.plan(now);
            return Ok(Page::new(Batch::default(), self.pause()));
        };
        let action = self.action();
        let inquiry = self.session.inquire(action, Some(&name), now).await?;
        let asked = match self.kind {
            Kind::Reserved => self.reserved(&inquiry, &name).await,
            Kind::Provisioned => self.provisioned(&inquiry, &name).await,
        };
        if let Err(error) = asked {
            let error = self.session.failed(&inquiry, error).await;
            return Err(error.of_page(&mut self.marker));
        }
        if self.marker.is_none() {
            self.to_ask.pop_front();
            self.asked.insert(name);
        }
        let news = self.fleet.known().news();
        Ok(Page::new(news, self.pause()))
    }

    async fn reserved(&self, inquiry: &Inquiry, name: &str) -> Result<(), FetchError> {
        let question = inquiry.lambda.get_function_concurrency();
        let reserved = match question.function_name(name).send().await {
            Ok(answer) => answer.reserved_concurrent_executions.map(i64::from),
            Err(error) if is_gone(error.as_service_error()) => None,
            Err(error) => return Err(inquiry.failure(&error)),
        };
        if let Some(function) = self.fleet.known().functions.get_mut(name) {
            function.reserved = reserved;
        }
        Ok(())
    }

    /// One page of what is kept warm.
    async fn provisioned(&mut self, inquiry: &Inquiry, name: &str) -> Result<(), FetchError> {
        if self.marker.is_none() {
            self.slots.clear();
        }
        let question = inquiry.lambda.list_provisioned_concurrency_configs();
        let question = question.function_name(name);
        match question.set_marker(self.marker.clone()).send().await {
            Ok(answer) => {
                let configs = answer.provisioned_concurrency_configs.unwrap_or_default();
                self.slots.extend(configs.into_iter().map(|config| {
                    json!({
                        "FunctionArn": config.function_arn,
                        "RequestedProvisionedConcurrentExecutions": config.requested_provisioned_concurrent_executions,
                        "AllocatedProvisionedConcurrentExecutions": config.allocated_provisioned_concurrent_executions,
                    })
                }));
                self.marker = further(answer.next_marker);
            }
            Err(error) if is_gone(error.as_service_error()) => self.marker = None,
            Err(error) => return Err(inquiry.failure(&error)),
        }
        if self.marker.is_some() {
            return Ok(());
        }
        let slots = std::mem::take(&mut self.slots);
        if let Some(function) = self.fleet.known().functions.get_mut(name) {
            function.provisioned = Some(Value::Array(slots)).filter(|slots| *slots != json!([]));
        }
        Ok(())
    }

    /// Functions that were never asked for; all of them once a round is over.
    fn plan(&mut self, now: Timestamp) {
        let again = self
            .round_began
            .is_none_or(|began| now.since(began) >= ROUND.as_millis() as i64);
        let known = self.fleet.known();
        if again && !known.functions.is_empty() {
            self.round_began = Some(now);
            self.asked.clear();
        }
        let names = known.functions.keys();
        self.to_ask = names
            .filter(|name| !self.asked.contains(*name))
            .cloned()
            .collect();
    }

    fn pause(&self) -> Next {
        if !self.to_ask.is_empty() {
            return Next::More;
        }
        let awaited = self.fleet.known().listing == Listing::Awaited;
        match self.window.until {
            Some(_) if !awaited => Next::End,
            _ => Next::CaughtUp,
        }
    }
}

/// The function was deleted meanwhile, or has nothing of the kind.
fn is_gone<E: ProvideErrorMetadata>(error: Option<&E>) -> bool {
    matches!(
        error.and_then(E::code),
        Some("ResourceNotFoundException" | "ProvisionedConcurrencyConfigNotFoundException")
    )
}

impl Source for Concurrency {
    fn name(&self) -> &'static str {
        match self.kind {
            Kind::Reserved => "reserved concurrency",
            Kind::Provisioned => "provisioned concurrency",
        }
    }

    fn call(&self) -> Option<Call> {
        let idle = self.to_ask.is_empty();
        (!idle).then(|| self.action().call(&self.session))
    }

    fn interval(&self) -> Duration {
        match self.fleet.known().listing {
            Listing::Awaited => AWAIT,
            _ => Duration::from_secs(5),
        }
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.page(now))
    }
}
