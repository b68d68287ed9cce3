//! Lines of a log group by `StartQuery` and `GetQueryResults` (CloudWatch Logs Insights), billed by the bytes that a query
//! scans: for groups of the class Infrequent Access, which know no other way.
//!
//! A query reads whole seconds and gives at most so many lines, the oldest first; the rest is asked for from the second of
//! its last line on. Of more lines than that within one second the rest cannot be read: that is a gap.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_cloudwatchlogs::error::SdkError;
use aws_sdk_cloudwatchlogs::operation::get_query_results::GetQueryResultsOutput;
use aws_sdk_cloudwatchlogs::types::{QueryStatistics, QueryStatus, ResultField};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use chrono::NaiveDateTime;

use crate::model::record::{Gap, GapReason, LogRecord};
use crate::model::time::Timestamp;
use crate::sources::aws::actions::{Action, GET_QUERY_RESULTS, START_QUERY};
use crate::sources::aws::session::{Inquiry, Session};
use crate::sources::follow::{Answer, Question};
use crate::sources::{Call, FetchError};

/// From one query to the next: each scans what the one before did not cover for sure, and is paid for.
pub(super) const POLL: Duration = Duration::from_mins(1);
/// Lines that one query gives at most.
const LINES: i32 = 10_000;
/// List price of a byte that is scanned, in US dollars: half a cent a gigabyte.
const USD_A_BYTE: f64 = 0.005 / 1e9;

/// Asks for the lines of one log group by queries.
pub(super) struct Queried {
    session: Arc<Session>,
    group: Arc<str>,
    /// Lines without it are not wanted.
    text: Option<String>,
    /// The query under way, and the second that it begins at.
    running: Option<(String, i64)>,
    usd: f64,
    /// The newest second of which not all lines were given, and whether that is still to be said.
    cut: Option<(i64, bool)>,
}

impl Queried {
    pub(super) fn new(session: &Arc<Session>, group: &str, text: Option<&str>) -> Self {
        Self {
            session: Arc::clone(session),
            group: group.into(),
            text: text.map(str::to_owned),
            running: None,
            usd: 0.0,
            cut: None,
        }
    }

    fn action(&self) -> Action {
        match self.running {
            Some(_) => GET_QUERY_RESULTS,
            None => START_QUERY,
        }
    }

    pub(super) fn call(&self) -> Call {
        self.action().call(&self.session)
    }

    /// What the last answer cost: known once the query has ended.
    pub(super) fn usd(&self) -> f64 {
        self.usd
    }

    /// The second of which not all lines were given, said once.
    pub(super) fn lost(&mut self) -> Option<Gap> {
        let (second, unsaid) = self.cut.as_mut()?;
        let from = Timestamp(*second * 1_000);
        std::mem::take(unsaid).then(|| Gap {
            group: (*self.group).into(),
            from,
            to: from.plus_ms(1_000),
            why: GapReason::Dropped,
        })
    }

    pub(super) async fn ask(
        &mut self,
        question: &Question,
        now: Timestamp,
    ) -> Result<Answer, FetchError> {
        self.usd = 0.0;
        let (group, action) = (Some(&*self.group), self.action());
        let inquiry = self.session.inquire(action, group, now).await?;
        match self.running.take() {
            None => self.start(&inquiry, question, now).await,
            Some((id, from)) => self.results(&inquiry, id, from).await,
        }
    }

    async fn start(
        &mut self,
        inquiry: &Inquiry,
        question: &Question,
        now: Timestamp,
    ) -> Result<Answer, FetchError> {
        let token = question
            .token
            .as_deref()
            .and_then(|token| token.parse().ok());
        let from = token.unwrap_or(question.from.0.max(0) / 1_000);
        // The last second is read whole.
        let to = question.to.map_or(now.0, |to| to.0 - 1) / 1_000;
        let query = inquiry
            .logs
            .start_query()
            .log_group_name(&*self.group)
            .query_string(self.query())
            .start_time(from)
            .end_time(to.max(from))
            .limit(LINES);
        match query.send().await {
            Ok(started) => {
                self.running = started.query_id.map(|id| (id, from));
                Ok(Answer::Pending)
            }
            Err(error) if code(&error) == "ResourceNotFoundException" => Ok(Answer::Absent),
            Err(error) => {
                let error = inquiry.failure(&error);
                Err(self.session.failed(inquiry, error).await)
            }
        }
    }

    fn query(&self) -> String {
        let filter = self.text.as_ref().map_or_else(String::new, |text| {
            let text = text.replace('\\', "\\\\");
            format!(" | filter @message like \"{text}\"")
        });
        format!(
            "fields @timestamp, @ingestionTime, @logStream, @message{filter} | sort @timestamp asc | limit {LINES}"
        )
    }

    async fn results(
        &mut self,
        inquiry: &Inquiry,
        id: String,
        from: i64,
    ) -> Result<Answer, FetchError> {
        let answer = inquiry.logs.get_query_results().query_id(&id).send().await;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                let error = inquiry.failure(&error);
                let error = self.session.failed(inquiry, error).await;
                if !matches!(error, FetchError::Broken { .. }) {
                    self.running = Some((id, from));
                    return Err(error);
                }
                // A query that is not known any more is started anew.
                let message = error.to_string();
                return Err(FetchError::Transient { message });
            }
        };
        match answer.status() {
            Some(QueryStatus::Complete) => Ok(self.take(answer, from)),
            Some(QueryStatus::Running | QueryStatus::Scheduled | QueryStatus::UnknownValue) => {
                self.running = Some((id, from));
                Ok(Answer::Pending)
            }
            ended => {
                let ended = ended.map_or("without a status", QueryStatus::as_str);
                let message = format!("the query of {} ended {ended} · trying again", self.group);
                Err(FetchError::Transient { message })
            }
        }
    }

    fn take(&mut self, answer: GetQueryResultsOutput, from: i64) -> Answer {
        let scanned = answer
            .statistics()
            .map_or(0.0, QueryStatistics::bytes_scanned);
        self.usd = scanned * USD_A_BYTE;
        let rows = answer.results.unwrap_or_default();
        let full = rows.len() >= LINES as usize;
        let events: Vec<LogRecord> = rows.iter().filter_map(|row| self.record(row)).collect();
        let last = events.iter().map(|event| event.timestamp.0 / 1_000).max();
        // Passes read a second again.
        if full && last == Some(from) && self.cut.is_none_or(|(said, _)| said < from) {
            self.cut = Some((from, true));
        }
        let next = last
            .filter(|_| full)
            .map(|last| last.max(from + 1).to_string());
        Answer::Page { events, next }
    }

    fn record(&self, row: &[ResultField]) -> Option<LogRecord> {
        let field = |name: &str| {
            let field = row.iter().find(|field| field.field() == Some(name));
            field.and_then(ResultField::value)
        };
        Some(LogRecord {
            group: self.group.clone(),
            stream: field("@logStream").unwrap_or_default().into(),
            timestamp: moment(field("@timestamp")?)?,
            ingestion: field("@ingestionTime").and_then(moment),
            // `@ptr` is no event id: it is not the same in every query.
            event_id: None,
            message: field("@message").unwrap_or_default().into(),
        })
    }
}

fn code<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> &str {
    let code = error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code);
    code.unwrap_or_default()
}

/// `2026-11-20 10:00:00.123`, UTC; emulators give milliseconds since the epoch.
fn moment(text: &str) -> Option<Timestamp> {
    if let Ok(ms) = text.parse() {
        return Some(Timestamp(ms));
    }
    let time = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f").ok()?;
    Some(Timestamp(time.and_utc().timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::aws::Choice;

    fn queried(text: Option<&str>) -> Queried {
        Queried::new(&Session::alone(Choice::default()), "/rare", text)
    }

    fn answer(rows: usize, at: &str) -> GetQueryResultsOutput {
        let field =
            |name: &str, value: &str| ResultField::builder().field(name).value(value).build();
        let row = vec![
            field("@timestamp", at),
            field("@logStream", "s"),
            field("@message", "m\n"),
        ];
        let scanned = QueryStatistics::builder().bytes_scanned(2e9).build();
        GetQueryResultsOutput::builder()
            .set_results(Some(vec![row; rows]))
            .statistics(scanned)
            .build()
    }

    #[test]
    fn a_row_is_a_line_and_two_gigabytes_cost_a_cent() {
        let mut queried = queried(None);
        let Answer::Page { events, next } = queried.take(answer(1, "2026-11-20 10:00:00.123"), 7)
        else {
            panic!("no page");
        };
        assert_eq!(next, None);
        let [line] = &events[..] else {
            panic!("{events:?}");
        };
        assert_eq!(line.timestamp, Timestamp(1_795_168_800_123));
        assert_eq!((&*line.stream, &*line.message), ("s", "m\n"));
        assert!((queried.usd() - 0.01).abs() < 1e-12);
    }

    #[test]
    fn a_full_answer_goes_on_from_its_last_second_and_never_stays_where_it_began() {
        let from = 1_795_168_700;
        let next =
            |from: i64| match queried(None).take(answer(LINES as usize, "1795168800123"), from) {
                Answer::Page { next, .. } => next,
                _ => None,
            };
        assert_eq!(next(from).as_deref(), Some("1795168800"));
        assert_eq!(next(1_795_168_800).as_deref(), Some("1795168801"));
    }

    #[test]
    fn a_second_with_more_lines_than_a_query_gives_is_a_gap_once() {
        let second = 1_795_168_800;
        let mut queried = queried(None);
        let mut lost = |rows: usize, from: i64| {
            queried.take(answer(rows, "1795168800123"), from);
            queried.lost()
        };
        // The rest is asked for from that second on, of which one line fewer than that is all there is.
        assert_eq!(lost(LINES as usize, second - 100), None);
        assert_eq!(lost(LINES as usize - 1, second), None);
        let gap = lost(LINES as usize, second).map(|gap| (gap.from.0, gap.to.0, gap.why));
        let whole = (second * 1_000, (second + 1) * 1_000, GapReason::Dropped);
        assert_eq!(gap, Some(whole));
        assert_eq!(lost(LINES as usize, second), None, "read again");
    }

    #[test]
    fn a_text_is_asked_for_literally() {
        let query = queried(Some("a\\b")).query();
        assert!(
            query.contains(r#"| filter @message like "a\\b" |"#),
            "{query}"
        );
    }
}
