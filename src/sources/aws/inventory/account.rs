//! How many executions the account may run at once.

use std::sync::Arc;
use std::time::Duration;

use crate::model::health::Health;
use crate::model::time::Timestamp;
use crate::sources::aws::actions::GET_ACCOUNT_SETTINGS;
use crate::sources::aws::fleet::Fleet;
use crate::sources::aws::session::Session;
use crate::sources::{Call, FetchError, Fetching, Page, Source, Window};

/// Asks for the account's limits.
pub(in crate::sources::aws) struct Account {
    session: Arc<Session>,
    fleet: Arc<Fleet>,
    window: Window,
}

impl Account {
    pub(in crate::sources::aws) fn new(
        session: Arc<Session>,
        fleet: Arc<Fleet>,
        window: Window,
    ) -> Self {
        Self {
            session,
            fleet,
            window,
        }
    }

    async fn page(&self, now: Timestamp) -> Result<Page, FetchError> {
        let inquiry = self
            .session
            .inquire(GET_ACCOUNT_SETTINGS, None, now)
            .await?;
        let answer = inquiry.lambda.get_account_settings().send().await;
        let answer = self.session.answered(&inquiry, answer).await?;
        let limit = answer
            .account_limit
            .map(|limit| i64::from(limit.concurrent_executions));
        let mut known = self.fleet.known();
        known.account_concurrency = limit.filter(|limit| *limit > 0);
        Ok(Page::new(known.news(), self.window.when_read()))
    }
}

impl Source for Account {
    fn name(&self) -> &'static str {
        "account limits"
    }

    fn call(&self) -> Option<Call> {
        Some(GET_ACCOUNT_SETTINGS.call(&self.session))
    }

    fn interval(&self) -> Duration {
        Duration::from_mins(10)
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.page(now))
    }

    fn describe(&self, health: &mut Health) {
        let limit = self.fleet.known().account_concurrency;
        health.note = limit.map(|limit| format!("{limit} concurrent executions").into());
    }
}
