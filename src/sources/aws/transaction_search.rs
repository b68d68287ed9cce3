//! Where the account keeps its traces: in X-Ray, or, with Transaction Search, as spans in the log group `aws/spans`, of which
//! X-Ray indexes a share only.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_xray::types::{IndexingRuleValue, TraceSegmentDestination};

use super::actions::{
    Action, DESCRIBE_LOG_GROUPS, GET_INDEXING_RULES, GET_TRACE_SEGMENT_DESTINATION,
};
use super::fleet::{Fleet, Traces};
use super::logs::{self, Way};
use super::session::Session;
use crate::model::batch::Batch;
use crate::model::health::Health;
use crate::model::time::Timestamp;
use crate::sources::{Call, FetchError, Fetching, Next, Page, Source, Window};

/// The log group in which Transaction Search keeps spans.
const SPANS: &str = "aws/spans";

/// Looks once where traces are kept, and starts the group of spans where they are kept there.
pub(super) struct TransactionSearch {
    session: Arc<Session>,
    fleet: Arc<Fleet>,
    window: Window,
    step: Step,
    /// Percentage of traces that X-Ray indexes; `None`: not told.
    indexed: Option<f64>,
}

/// The next question.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Destination,
    Group,
    Rules,
    Done,
}

impl TransactionSearch {
    pub(super) fn new(session: Arc<Session>, fleet: Arc<Fleet>, window: Window) -> Self {
        Self {
            session,
            fleet,
            window,
            step: Step::Destination,
            indexed: None,
        }
    }

    fn action(&self) -> Option<Action> {
        match self.step {
            Step::Destination => Some(GET_TRACE_SEGMENT_DESTINATION),
            Step::Group => Some(DESCRIBE_LOG_GROUPS),
            Step::Rules => Some(GET_INDEXING_RULES),
            Step::Done => None,
        }
    }

    async fn page(&mut self, now: Timestamp) -> Result<Page, FetchError> {
        let asked = self.ask(now).await;
        if asked.as_ref().is_err_and(|error| !error.is_passing_on()) {
            self.nothing_told();
        }
        let found = asked?;
        let next = match self.step {
            Step::Done => Next::End,
            _ => Next::More,
        };
        Ok(Page {
            found,
            ..Page::new(Batch::default(), next)
        })
    }

    /// Nobody may wait for what cannot be asked.
    fn nothing_told(&self) {
        let mut known = self.fleet.known();
        if known.traces == Traces::Awaited {
            known.traces = match self.step {
                Step::Destination => Traces::Indexed,
                _ => Traces::Retrieved,
            };
        }
    }

    async fn ask(&mut self, now: Timestamp) -> Result<Vec<Box<dyn Source>>, FetchError> {
        let Some(action) = self.action() else {
            return Ok(Vec::new());
        };
        let inquiry = self.session.inquire(action, None, now).await?;
        match self.step {
            Step::Destination => {
                let answer = inquiry.xray.get_trace_segment_destination().send().await;
                let answer = self.session.answered(&inquiry, answer).await?;
                if answer.destination == Some(TraceSegmentDestination::CloudWatchLogs) {
                    self.step = Step::Group;
                } else {
                    self.fleet.known().traces = Traces::Indexed;
                    self.step = Step::Done;
                }
                Ok(Vec::new())
            }
            Step::Group => {
                let question = inquiry
                    .logs
                    .describe_log_groups()
                    .log_group_name_prefix(SPANS);
                let answer = question.send().await;
                let answer = self.session.answered(&inquiry, answer).await?;
                let groups = answer.log_groups.unwrap_or_default();
                let exists = groups
                    .iter()
                    .any(|group| group.log_group_name.as_deref() == Some(SPANS));
                self.step = Step::Rules;
                Ok(self.read_spans(exists).into_iter().collect())
            }
            Step::Rules => {
                let answer = inquiry.xray.get_indexing_rules().send().await;
                let answer = self.session.answered(&inquiry, answer).await?;
                let rules = answer.indexing_rules.unwrap_or_default();
                self.indexed = rules.iter().find_map(|rule| match &rule.rule {
                    Some(IndexingRuleValue::Probabilistic(rule)) => {
                        Some(rule.desired_sampling_percentage)
                    }
                    _ => None,
                });
                self.step = Step::Done;
                Ok(Vec::new())
            }
            Step::Done => Ok(Vec::new()),
        }
    }

    /// The group of spans has all of them; without it, X-Ray retrieves those that it indexed.
    fn read_spans(&self, exists: bool) -> Option<Box<dyn Source>> {
        let mut known = self.fleet.known();
        known.traces = if exists {
            Traces::Spans
        } else {
            Traces::Retrieved
        };
        (exists && known.claim(SPANS)).then(|| {
            let group = logs::group(&self.session, &self.fleet, SPANS, self.window, Way::Filter);
            Box::new(group) as Box<dyn Source>
        })
    }
}

impl Source for TransactionSearch {
    fn name(&self) -> &'static str {
        "transaction search"
    }

    fn call(&self) -> Option<Call> {
        Some(self.action()?.call(&self.session))
    }

    fn interval(&self) -> Duration {
        Duration::ZERO
    }

    fn fetch(&mut self, now: Timestamp) -> Fetching<'_> {
        Box::pin(self.page(now))
    }

    fn describe(&self, health: &mut Health) {
        let indexed = self
            .indexed
            .map_or_else(|| "a share".to_owned(), |share| format!("{share} %"));
        health.note = match self.fleet.known().traces {
            Traces::Awaited => None,
            Traces::Indexed => Some("off: X-Ray keeps the traces".into()),
            Traces::Spans => {
                Some(format!("on: every span is read from {SPANS}, X-Ray indexes {indexed}").into())
            }
            Traces::Retrieved => Some(
                format!("on: X-Ray indexes {indexed} of the traces, the others are not seen")
                    .into(),
            ),
        };
    }
}
