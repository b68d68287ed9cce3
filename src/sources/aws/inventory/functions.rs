//! The functions of the account, by `ListFunctions`; functions that were named whole, by `GetFunctionConfiguration`.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;

use super::LOOK_AGAIN;
use super::configuration::{Configuration, configuration};
use crate::model::batch::Batch;
use crate::model::health::Health;
use crate::model::time::Timestamp;
use crate::model::words::number_of;
use crate::sources::aws::actions::{Action, GET_FUNCTION_CONFIGURATION, LIST_FUNCTIONS};
use crate::sources::aws::fleet::{Fleet, Listing};
use crate::sources::aws::logs::{self, Way};
use crate::sources::aws::scope::FUNCTION_GROUPS;
use crate::sources::aws::session::{Session, further};
use crate::sources::{Call, FetchError, Fetching, Page, Source, Window};

/// Finds functions, hands on their configuration and starts the log groups they write to.
pub(in crate::sources::aws) struct Functions {
    session: Arc<Session>,
    fleet: Arc<Fleet>,
    window: Window,
    /// Functions named whole that are still to be asked for; `None` if all are listed.
    named: Option<Vec<String>>,
    marker: Option<String>,
    /// All names of the listing under way.
    listed: BTreeSet<String>,
}

impl Functions {
    pub(in crate::sources::aws) fn new(
        session: Arc<Session>,
        fleet: Arc<Fleet>,
        window: Window,
    ) -> Self {
        let named = fleet.scope.only_named_functions();
        Self {
            session,
            fleet,
            window,
            named,
            marker: None,
            listed: BTreeSet::new(),
        }
    }

    fn action(&self) -> Action {
        match self.named {
            Some(_) => GET_FUNCTION_CONFIGURATION,
            None => LIST_FUNCTIONS,
        }
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        match self.ask(now).await {
            Ok(found) => Ok(self.take(found)),
            Err(error) => {
                let mut known = self.fleet.known();
                if known.listing == Listing::Awaited && !error.is_passing_on() {
                    known.listing = Listing::Nothing;
                }
                Err(error)
            }
        }
    }

    /// One call: the next functions.
    async fn ask(&mut self, now: Timestamp) -> Result<Vec<Configuration>, FetchError> {
        let (action, name) = (
            self.action(),
            self.named.as_ref().and_then(|named| named.last()),
        );
        let name = name.map(String::as_str);
        let inquiry = self.session.inquire(action, name, now).await?;
        let Some(name) = name else {
            let question = inquiry.lambda.list_functions();
            let answer = question.set_marker(self.marker.clone()).send().await;
            let answer = self.session.answered(&inquiry, answer).await;
            let answer = answer.map_err(|error| error.of_page(&mut self.marker))?;
            self.marker = further(answer.next_marker);
            let functions = answer.functions.unwrap_or_default();
            return Ok(functions
                .into_iter()
                .filter_map(|function| configuration!(function))
                .collect());
        };
        let question = inquiry.lambda.get_function_configuration();
        let found = match question.function_name(name).send().await {
            Ok(function) => configuration!(function).into_iter().collect(),
            Err(error)
                if error.as_service_error().and_then(|error| error.code())
                    == Some("ResourceNotFoundException") =>
            {
                // Deleted, perhaps: its log group may be there still.
                vec![Configuration::unknown(name)]
            }
            Err(error) => {
                let error = inquiry.failure(&error);
                return Err(self.session.failed(&inquiry, error).await);
            }
        };
        if let Some(named) = &mut self.named {
            named.pop();
        }
        Ok(found)
    }

    fn take(&mut self, found: Vec<Configuration>) -> Page {
        let more =
            self.marker.is_some() || self.named.as_ref().is_some_and(|named| !named.is_empty());
        let mut known = self.fleet.known();
        let mut groups: Vec<Box<dyn Source>> = Vec::new();
        for function in found {
            self.listed.insert(function.name.clone());
            let group = match &function.log_group {
                Some(group) => group.clone(),
                None => format!("{FUNCTION_GROUPS}{}", function.name),
            };
            if !self.fleet.scope.has_function(&function.name, &group) {
                continue;
            }
            if known.claim(&group) {
                let (session, fleet) = (&self.session, &self.fleet);
                let group = logs::group(session, fleet, &group, self.window, Way::Filter);
                groups.push(Box::new(group));
            }
            if let Some(fields) = function.fields {
                known
                    .functions
                    .entry(function.name)
                    .or_default()
                    .configuration = fields;
            }
        }
        let batch = Batch::from(known.news());
        if !more {
            let listed = std::mem::take(&mut self.listed);
            known.functions.retain(|name, _| listed.contains(name));
            known.seen = listed.len();
            known.listing = if listed.is_empty() {
                Listing::Nothing
            } else {
                Listing::Done
            };
            self.named = self.fleet.scope.only_named_functions();
        }
        Page {
            found: groups,
            ..Page::new(batch, self.window.after(more))
        }
    }
}

impl Source for Functions {
    fn name(&self) -> &'static str {
        "functions"
    }

    fn call(&self) -> Option<Call> {
        Some(self.action().call(&self.session))
    }

    fn asked_beside(&mut self) -> Option<Call> {
        self.session.asked_beside()
    }

    fn interval(&self) -> Duration {
        LOOK_AGAIN
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.page(now))
    }

    fn describe(&self, health: &mut Health) {
        let known = self.fleet.known();
        if known.listing == Listing::Awaited || health.trouble.is_some() {
            return;
        }
        let region = self.session.region().unwrap_or_default();
        let (seen, matching) = (known.seen, known.functions.len());
        health.note = Some(match (matching, self.fleet.scope.wanted()) {
            (0, wanted) if wanted.is_empty() => {
                format!("no Lambda function in {region} · check --region and --profile").into()
            }
            (0, wanted) if self.named.is_some() => {
                format!("no Lambda function {wanted} in {region} · check --region and --profile").into()
            }
            (0, wanted) => format!(
                "no Lambda function in {region} that matches {wanted} · {} without the filter · check --region",
                number_of(seen as u64, "functions")
            )
            .into(),
            (_, wanted) if wanted.is_empty() => {
                format!("{} in {region}", number_of(seen as u64, "functions")).into()
            }
            (matching, _) => {
                let seen = number_of(seen as u64, "functions");
                format!("{matching} of {seen} in {region}").into()
            },
        });
    }
}
