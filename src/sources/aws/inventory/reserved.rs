//! The reserved concurrency of each function: what it may use and nobody else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;

use super::AWAIT;
use crate::model::batch::Batch;
use crate::model::time::Timestamp;
use crate::sources::aws::actions::GET_FUNCTION_CONCURRENCY;
use crate::sources::aws::error::{At, failure};
use crate::sources::aws::fleet::{Fleet, Listing};
use crate::sources::aws::session::Session;
use crate::sources::{Call, FetchError, Fetching, Next, Page, Source, Window};

/// One call a function: asked again after that.
const ROUND: Duration = Duration::from_mins(10);

/// Asks for one function after the other.
pub(in crate::sources::aws) struct Reserved {
    session: Arc<Session>,
    fleet: Arc<Fleet>,
    window: Window,
    to_ask: VecDeque<String>,
    round_began: Option<Timestamp>,
}

impl Reserved {
    pub(in crate::sources::aws) fn new(
        session: Arc<Session>,
        fleet: Arc<Fleet>,
        window: Window,
    ) -> Self {
        Self {
            session,
            fleet,
            window,
            to_ask: VecDeque::new(),
            round_began: None,
        }
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let Some(name) = self.to_ask.front().cloned() else {
            self.plan(now);
            let next = if self.to_ask.is_empty() {
                self.pause()
            } else {
                Next::More
            };
            return Ok(Page::new(Batch::default(), next));
        };
        let clients = self.session.clients(now).await?;
        let question = clients
            .lambda
            .get_function_concurrency()
            .function_name(&name);
        let reserved = match question.send().await {
            Ok(answer) => answer.reserved_concurrent_executions.map(i64::from),
            Err(error)
                if error.as_service_error().and_then(|error| error.code())
                    == Some("ResourceNotFoundException") =>
            {
                None
            }
            Err(error) => {
                let at = At {
                    action: GET_FUNCTION_CONCURRENCY,
                    resource: Some(&name),
                    place: &clients.place,
                };
                return Err(self.session.failed(&clients, failure(&error, at)).await);
            }
        };
        self.to_ask.pop_front();
        let next = if self.to_ask.is_empty() {
            self.pause()
        } else {
            Next::More
        };
        let mut known = self.fleet.known();
        if let Some(function) = known.functions.get_mut(&name) {
            function.reserved = reserved;
            function.reserved_asked = true;
        }
        Ok(Page::new(known.news(), next))
    }

    /// Functions that were never asked for; all of them once a round is over.
    fn plan(&mut self, now: Timestamp) {
        let again = self
            .round_began
            .is_none_or(|began| now.since(began) >= ROUND.as_millis() as i64);
        let known = self.fleet.known();
        if again && !known.functions.is_empty() {
            self.round_began = Some(now);
        }
        let due = known
            .functions
            .iter()
            .filter(|(_, function)| again || !function.reserved_asked);
        self.to_ask = due.map(|(name, _)| name.clone()).collect();
    }

    fn pause(&self) -> Next {
        let awaited = self.fleet.known().listing == Listing::Awaited;
        match self.window.until {
            Some(_) if !awaited => Next::End,
            _ => Next::CaughtUp,
        }
    }
}

impl Source for Reserved {
    fn name(&self) -> &'static str {
        "reserved concurrency"
    }

    fn call(&self) -> Option<Call> {
        let idle = self.to_ask.is_empty();
        (!idle).then(|| GET_FUNCTION_CONCURRENCY.call(&self.session))
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
