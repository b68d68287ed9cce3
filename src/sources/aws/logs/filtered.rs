//! Pages of a log group by `FilterLogEvents`.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsError;
use aws_sdk_cloudwatchlogs::types::FilteredLogEvent;
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;

use super::Queried;
use crate::model::record::LogRecord;
use crate::model::time::Timestamp;
use crate::sources::aws::actions::FILTER_LOG_EVENTS;
use crate::sources::aws::session::Session;
use crate::sources::follow::{Answer, Question};
use crate::sources::{Call, FetchError};

/// From one pass to the next, while lines come.
pub(super) const POLL: Duration = Duration::from_secs(2);

/// Asks `FilterLogEvents` for the pages of one log group.
pub(super) struct Filtered {
    session: Arc<Session>,
    group: Arc<str>,
    /// Lines without it are not wanted.
    text: Option<String>,
}

/// Why there is no page.
pub(super) enum Refused {
    /// The group is of a class that cannot be asked this way.
    Class,
    Other(FetchError),
}

impl Filtered {
    pub(super) fn new(session: &Arc<Session>, group: &str, text: Option<&str>) -> Self {
        Self {
            session: Arc::clone(session),
            group: group.into(),
            text: text.map(|text| text.replace('"', "")),
        }
    }

    pub(super) fn group(&self) -> &str {
        &self.group
    }

    /// The same lines by queries.
    pub(super) fn queried(&self) -> Queried {
        Queried::new(&self.session, &self.group, self.text.as_deref())
    }

    pub(super) fn call(&self) -> Call {
        FILTER_LOG_EVENTS.call(&self.session)
    }

    pub(super) async fn ask(&self, question: &Question, now: Timestamp) -> Result<Answer, Refused> {
        let inquiry = self
            .session
            .inquire(FILTER_LOG_EVENTS, Some(&self.group), now);
        let inquiry = inquiry.await.map_err(Refused::Other)?;
        // The end of a call is the last millisecond that is read.
        let last = question.to.map(|to| to.0 - 1);
        let pattern = self.text.as_ref().map(|text| format!("\"{text}\""));
        let answer = inquiry
            .logs
            .filter_log_events()
            .log_group_name(&*self.group)
            .start_time(question.from.0.max(0))
            .set_filter_pattern(pattern)
            .set_end_time(last)
            .set_next_token(question.token.clone())
            .send()
            .await;
        match answer {
            Ok(page) => {
                let events = page.events.unwrap_or_default().into_iter();
                let mut stream = Arc::default();
                let records = events.filter_map(|event| self.record(event, &mut stream));
                Ok(Answer::Page {
                    events: records.collect(),
                    next: page.next_token,
                })
            }
            Err(error) if is_absent(error.as_service_error()) => Ok(Answer::Absent),
            Err(error) if speaks_of_class(error.as_service_error()) => Err(Refused::Class),
            Err(error) => {
                let error = self.session.failed(&inquiry, inquiry.failure(&error));
                Err(Refused::Other(error.await))
            }
        }
    }

    /// `stream` is that of the event before it, and becomes its own.
    fn record(&self, event: FilteredLogEvent, stream: &mut Arc<str>) -> Option<LogRecord> {
        let own = event.log_stream_name.unwrap_or_default();
        if **stream != *own {
            *stream = own.into();
        }
        Some(LogRecord {
            group: Arc::clone(&self.group),
            stream: Arc::clone(stream),
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

/// AWS names the class in the text of a code that it also uses for other things.
fn speaks_of_class(error: Option<&FilterLogEventsError>) -> bool {
    const CODES: [&str; 3] = [
        "InvalidParameterException",
        "InvalidOperationException",
        "ValidationException",
    ];
    error.is_some_and(|error| {
        let text = error.message().unwrap_or_default().to_ascii_lowercase();
        error.code().is_some_and(|code| CODES.contains(&code))
            && (text.contains("infrequent")
                || text.contains("log class")
                || text.contains("log group class"))
    })
}
