//! The way to one account and region, shared by all its sources: whose clients make a call, and what it means that one fails.

use std::error::Error;
use std::ops::Deref;
use std::sync::Arc;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

#[cfg(test)]
use super::Choice;
use super::actions::{Action, GET_CALLER_IDENTITY};
use super::connection::{Clients, Connection};
use super::error::{At, failure};
use super::identity::{Among, Lender};
use crate::model::time::Timestamp;
use crate::sources::{Call, FetchError};

/// The way to one account and region.
pub(super) struct Session {
    connection: Arc<Connection>,
    /// Where there are others.
    among: Option<Among>,
}

/// One call: what it asks, and the clients that make it.
pub(super) struct Inquiry {
    clients: Arc<Clients>,
    /// Whose they are, where they are not the session's own.
    pub(super) lender: Option<Lender>,
    pub(super) action: Action,
    /// The log group or function that is asked for, where it is one.
    pub(super) resource: Option<Box<str>>,
    now: Timestamp,
}

impl Session {
    pub(super) fn new(connection: Arc<Connection>, among: Option<Among>) -> Arc<Self> {
        Arc::new(Self { connection, among })
    }

    #[cfg(test)]
    pub(super) fn alone(choice: Choice) -> Arc<Self> {
        Self::new(Connection::new(choice), None)
    }

    /// Profile and region as they were chosen: what tells this session from others.
    pub(super) fn label(&self) -> Arc<str> {
        Arc::clone(self.connection.label())
    }

    /// The region, once it is known.
    pub(super) fn region(&self) -> Option<&str> {
        self.connection.region()
    }

    /// The question whose account it is, if it was asked since this was last called.
    pub(super) fn asked_beside(&self) -> Option<Call> {
        let asked = self.connection.asked_for_account();
        asked.then(|| GET_CALLER_IDENTITY.call(self))
    }

    /// Prepares a call; logs in first where nobody has yet.
    pub(super) async fn inquire(
        &self,
        action: Action,
        resource: Option<&str>,
        now: Timestamp,
    ) -> Result<Inquiry, FetchError> {
        let own = self.connection.clients(now).await?;
        let mut inquiry = Inquiry {
            clients: own,
            lender: None,
            action,
            resource: resource.map(Into::into),
            now,
        };
        if let Some(among) = &self.among {
            among.is_another(&inquiry.clients, now).await?;
            if let Some(lender) = among.lender(&inquiry) {
                inquiry.clients = among.connection(lender).clients(now).await?;
                inquiry.lender = Some(lender);
            } else if let Some(refused) = among.refused(&inquiry).await {
                return Err(refused);
            }
        }
        Ok(inquiry)
    }

    /// The answer of a call, or what it means that there is none.
    pub(super) async fn answered<T, E>(
        &self,
        inquiry: &Inquiry,
        answer: Result<T, SdkError<E, HttpResponse>>,
    ) -> Result<T, FetchError>
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match answer {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.failed(inquiry, inquiry.failure(&error)).await),
        }
    }

    /// Passes a failure of a call on. After an expired login the next call reads the credentials anew; after a denial another place
    /// of the same account is asked, where there is one.
    pub(super) async fn failed(&self, inquiry: &Inquiry, error: FetchError) -> FetchError {
        match error {
            FetchError::LoggedOut { .. } => {
                let connection = match (&self.among, inquiry.lender) {
                    (Some(among), Some(lender)) => among.connection(lender),
                    _ => &self.connection,
                };
                connection.forget(&inquiry.clients, None).await;
                error
            }
            FetchError::Denied { right, message, .. } if let Some(among) = &self.among => {
                among.denied(inquiry, right, message).await
            }
            other => other,
        }
    }
}

impl Inquiry {
    /// What it means that it failed.
    pub(super) fn failure<E>(&self, error: &SdkError<E, HttpResponse>) -> FetchError
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let at = At {
            action: self.action,
            resource: self.resource.as_deref(),
            place: &self.place,
        };
        failure(error, at)
    }

    /// When it was prepared.
    pub(super) fn at(&self) -> Timestamp {
        self.now
    }
}

impl Deref for Inquiry {
    type Target = Clients;

    fn deref(&self) -> &Clients {
        &self.clients
    }
}

/// The next page that an answer names. An empty name is none.
pub(super) fn further(token: Option<String>) -> Option<String> {
    token.filter(|token| !token.is_empty())
}
