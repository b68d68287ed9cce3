//! Traces that Transaction Search keeps: asked for by their ids, fetched once they were gathered.

use std::collections::VecDeque;

use aws_sdk_xray::types::{RetrievalStatus, TraceFormatType};
use aws_smithy_types::DateTime;

use super::started_s;
use crate::model::record::Record;
use crate::model::words::number_of;
use crate::sources::FetchError;
use crate::sources::aws::session::{Inquiry, further};

/// Traces that AWS takes in one retrieval.
const TRACES_A_RETRIEVAL: usize = 100;
/// Long ranges may time out: traces of one retrieval started within that.
const RANGE_S: i64 = 3_600;
/// A trace goes on after its first second.
const TAIL_S: i64 = 900;

/// One retrieval under way.
pub(super) struct Retrieval {
    token: String,
    ids: Vec<String>,
    next: Option<String>,
    listed: bool,
}

/// What was there when asked.
pub(super) enum Retrieved {
    /// Still being gathered.
    Nothing,
    /// One page, and another behind it.
    Page(Vec<Record>),
    /// The last page of these traces.
    Last(Vec<Record>, Vec<String>),
}

impl Retrieval {
    /// Asks for the first of the wanted traces and those that started soon before or after it.
    pub(super) async fn start(
        inquiry: &Inquiry,
        wanted: &VecDeque<String>,
    ) -> Result<Self, FetchError> {
        let first = wanted.front().and_then(|id| started_s(id)).unwrap_or(0);
        let near =
            |id: &&String| started_s(id).is_none_or(|second| (second - first).abs() <= RANGE_S / 2);
        let ids: Vec<String> = wanted
            .iter()
            .filter(near)
            .take(TRACES_A_RETRIEVAL)
            .cloned()
            .collect();
        let seconds = ids.iter().filter_map(|id| started_s(id));
        let (from, to) = seconds.fold((first, first), |(from, to), second| {
            (from.min(second), to.max(second))
        });
        let question = inquiry
            .xray
            .start_trace_retrieval()
            .set_trace_ids(Some(ids.clone()))
            .start_time(DateTime::from_secs(from))
            .end_time(DateTime::from_secs(to + TAIL_S));
        let answer = question.send().await;
        let answer = answer.map_err(|error| inquiry.failure(&error))?;
        Ok(Self {
            token: answer.retrieval_token.unwrap_or_default(),
            ids,
            next: None,
            listed: false,
        })
    }

    /// Traces that were asked for just now; 0 once they are listed.
    pub(super) fn started(&self) -> usize {
        if self.listed { 0 } else { self.ids.len() }
    }

    /// The next page, once there is one.
    pub(super) async fn page(&mut self, inquiry: &Inquiry) -> Result<Retrieved, FetchError> {
        self.listed = true;
        let question = inquiry
            .xray
            .list_retrieved_traces()
            .retrieval_token(&self.token)
            .trace_format(TraceFormatType::Xray)
            .set_next_token(self.next.clone());
        let answer = question.send().await;
        let answer = answer.map_err(|error| inquiry.failure(&error))?;
        match answer.retrieval_status {
            Some(RetrievalStatus::Scheduled | RetrievalStatus::Running) => {
                return Ok(Retrieved::Nothing);
            }
            Some(RetrievalStatus::Complete) | None => {}
            Some(other) => {
                return Err(FetchError::Transient {
                    message: format!(
                        "X-Ray did not gather {} ({}) · trying again",
                        number_of(self.ids.len() as u64, "traces"),
                        other.as_str().to_lowercase()
                    ),
                });
            }
        }
        let traces = answer.traces.unwrap_or_default().into_iter();
        let spans = traces.flat_map(|trace| trace.spans.unwrap_or_default());
        let records = spans
            .filter_map(|span| Some(Record::Segment(span.document?.into())))
            .collect();
        self.next = further(answer.next_token);
        Ok(if self.next.is_some() {
            Retrieved::Page(records)
        } else {
            Retrieved::Last(records, std::mem::take(&mut self.ids))
        })
    }
}
