//! One log group, read by `FilterLogEvents` over and over.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::operation::filter_log_events::{
    FilterLogEventsError, FilterLogEventsOutput,
};
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;

use super::actions::FILTER_LOG_EVENTS;
use super::cursor::Cursor;
use super::error::{At, failure};
use super::session::Session;
use crate::model::batch::Batch;
use crate::model::health::Health;
use crate::model::record::{Gap, GapReason, LogRecord, Record};
use crate::model::time::Timestamp;
use crate::sources::{Call, FetchError, Fetching, Next, Page, Source, Window};

/// Events of a followed group appear within about that.
const POLL: Duration = Duration::from_secs(2);
/// A group that does not exist may come: its function has not run yet.
const POLL_ABSENT: Duration = Duration::from_secs(30);

/// The events of one log group, from a moment on.
pub(super) struct LogGroup {
    session: Arc<Session>,
    group: Box<str>,
    name: String,
    until: Option<Timestamp>,
    /// Filter pattern of CloudWatch Logs; `None`: every line.
    pattern: Option<String>,
    cursor: Cursor,
    /// Next page of the pass under way.
    token: Option<String>,
    exists: Option<bool>,
}

impl LogGroup {
    /// Lines that contain `text`, or all.
    pub(super) fn new(
        session: Arc<Session>,
        group: &str,
        window: Window,
        text: Option<&str>,
    ) -> Self {
        Self {
            session,
            group: group.into(),
            name: format!("logs {group}"),
            until: window.until,
            pattern: text.map(|text| format!("\"{}\"", text.replace('"', ""))),
            cursor: Cursor::new(window.since),
            token: None,
            exists: None,
        }
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let clients = self.session.clients(now).await?;
        let answer = clients
            .logs
            .filter_log_events()
            .log_group_name(&*self.group)
            .start_time(self.cursor.from(now).0.max(0))
            .set_filter_pattern(self.pattern.clone())
            .set_end_time(self.until.map(|until| until.0))
            .set_next_token(self.token.clone())
            .send()
            .await;
        match answer {
            Ok(page) => Ok(self.take(page)),
            Err(error) if is_absent(error.as_service_error()) => Ok(self.absent()),
            Err(error) => {
                let at = At {
                    action: FILTER_LOG_EVENTS,
                    resource: Some(&self.group),
                    place: &clients.place,
                };
                let error = self.session.failed(&clients, failure(&error, at)).await;
                Err(self.without_token(error))
            }
        }
    }

    /// A page may be empty and still name a next one: the pass is whole when none is named.
    fn take(&mut self, page: FilterLogEventsOutput) -> Page {
        self.exists = Some(true);
        let events = page.events.unwrap_or_default();
        let stuck = events.is_empty() && page.next_token.is_some() && page.next_token == self.token;
        self.token = page.next_token.filter(|token| !token.is_empty() && !stuck);
        let records = events
            .into_iter()
            .filter_map(|event| self.record(event))
            .collect();
        let mut batch = Batch {
            records,
            complete: Vec::new(),
        };
        if self.token.is_some() {
            return Page::new(batch, Next::More);
        }
        self.cursor.done();
        batch.complete.extend(
            self.complete_until()
                .map(|until| (self.group.clone(), until)),
        );
        Page::new(batch, self.pause())
    }

    fn complete_until(&self) -> Option<Timestamp> {
        let until = self.cursor.complete_until()?;
        Some(self.until.map_or(until, |end| end.min(until)))
    }

    fn pause(&self) -> Next {
        match self.until {
            Some(_) => Next::End,
            None => Next::CaughtUp,
        }
    }

    fn record(&mut self, event: FilteredLogEvent) -> Option<Record> {
        let timestamp = Timestamp(event.timestamp?);
        let ingestion = event.ingestion_time.map(Timestamp);
        self.cursor.saw(timestamp, ingestion);
        Some(Record::Log(LogRecord {
            group: self.group.clone(),
            stream: event.log_stream_name.unwrap_or_default().into(),
            timestamp,
            ingestion,
            event_id: event.event_id.map(Into::into),
            message: event.message.unwrap_or_default().into(),
        }))
    }

    fn absent(&mut self) -> Page {
        self.exists = Some(false);
        self.token = None;
        self.cursor.restart();
        Page::new(Batch::default(), self.pause())
    }

    /// A token that is refused (it lives for 24 hours) is dropped and the pass read again.
    fn without_token(&mut self, error: FetchError) -> FetchError {
        match error {
            FetchError::Broken { message } if self.token.take().is_some() => {
                self.cursor.restart();
                FetchError::Transient { message }
            }
            error => error,
        }
    }
}

/// The group was deleted, or its function has not written yet.
fn is_absent(error: Option<&FilterLogEventsError>) -> bool {
    error.is_some_and(|error| error.code() == Some("ResourceNotFoundException"))
}

impl Source for LogGroup {
    fn name(&self) -> &str {
        &self.name
    }

    fn call(&self) -> Option<Call> {
        Some(FILTER_LOG_EVENTS.call(self.session.region()))
    }

    fn interval(&self) -> Duration {
        match self.exists {
            Some(false) => POLL_ABSENT,
            _ => POLL,
        }
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.page(now))
    }

    fn describe(&self, health: &mut Health) {
        health.complete_until = self.complete_until();
        health.lag_p50_ms = self.cursor.percentile(0.5);
        health.lag_p99_ms = self.cursor.percentile(0.99);
        health.late = self.cursor.late();
        if self.exists == Some(false) {
            health.note = Some("there is no such log group: never written to, or deleted".into());
        }
    }

    fn unseen(&self, now: Timestamp, why: GapReason) -> Option<Gap> {
        Some(Gap {
            group: self.group.clone(),
            from: self.cursor.unread_from(),
            to: self.until.unwrap_or(now),
            why,
        })
    }
}
