//! One log group by `FilterLogEvents`.

use std::sync::Arc;

use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsError;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;

use super::actions::FILTER_LOG_EVENTS;
use super::error::{At, failure};
use super::session::Session;
use crate::model::record::LogRecord;
use crate::model::time::Timestamp;
use crate::sources::follow::{Answer, Asking, Events, Follow, Question};
use crate::sources::{Call, FetchError, Window};

/// Asks `FilterLogEvents` for the pages of one log group.
pub(super) struct Filtered {
    session: Arc<Session>,
    group: Box<str>,
    /// Filter pattern of CloudWatch Logs; `None`: every line.
    pattern: Option<String>,
}

/// Follows a log group: lines that contain `text`, or all.
pub(super) fn group(
    session: &Arc<Session>,
    group: &str,
    window: Window,
    text: Option<&str>,
) -> Follow<Filtered> {
    let events = Filtered {
        session: Arc::clone(session),
        group: group.into(),
        pattern: text.map(|text| format!("\"{}\"", text.replace('"', ""))),
    };
    Follow::new(group, window, events)
}

impl Filtered {
    async fn ask(&self, question: &Question, now: Timestamp) -> Result<Answer, FetchError> {
        let clients = self.session.clients(now).await?;
        // The end of a call is the last millisecond that is read.
        let last = question.to.map(|to| to.0 - 1);
        let answer = clients
            .logs
            .filter_log_events()
            .log_group_name(&*self.group)
            .start_time(question.from.0.max(0))
            .set_filter_pattern(self.pattern.clone())
            .set_end_time(last)
            .set_next_token(question.token.clone())
            .send()
            .await;
        match answer {
            Ok(page) => {
                let events = page.events.unwrap_or_default();
                let records = events.into_iter().filter_map(|event| self.record(event));
                Ok(Answer::Page {
                    events: records.collect(),
                    next: page.next_token,
                })
            }
            Err(error) if is_absent(error.as_service_error()) => Ok(Answer::Absent),
            Err(error) => {
                let at = At {
                    action: FILTER_LOG_EVENTS,
                    resource: Some(&self.group),
                    place: &clients.place,
                };
                Err(self.session.failed(&clients, failure(&error, at)).await)
            }
        }
    }

    fn record(&self, event: FilteredLogEvent) -> Option<LogRecord> {
        Some(LogRecord {
            group: self.group.clone(),
            stream: event.log_stream_name.unwrap_or_default().into(),
            timestamp: Timestamp(event.timestamp?),
            ingestion: event.ingestion_time.map(Timestamp),
            event_id: event.event_id.map(Into::into),
            message: event.message.unwrap_or_default().into(),
        })
    }
}

/// The group was deleted, or its function has not written yet.
fn is_absent(error: Option<&FilterLogEventsError>) -> bool {
    error.is_some_and(|error| error.code() == Some("ResourceNotFoundException"))
}

impl Events for Filtered {
    fn call(&self) -> Call {
        FILTER_LOG_EVENTS.call(&self.session)
    }

    fn page<'a>(&'a mut self, question: &'a Question, now: Timestamp) -> Asking<'a> {
        Box::pin(self.ask(question, now))
    }
}
