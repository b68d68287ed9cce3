//! Tries every call once, with as little as it takes to be let in or refused, and says what came of it.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::{Arc, OnceLock};

use aws_sdk_cloudwatch::types::{Dimension, Metric, MetricDataQuery, MetricStat};
use aws_sdk_cloudwatchlogs::operation::describe_log_groups::DescribeLogGroupsOutput;
use aws_sdk_xray::types::{IndexingRuleValue, TraceSegmentDestination};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::DateTime;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::Format;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::actions::{
    ALL, Action, BATCH_GET_TRACES, DESCRIBE_LOG_GROUPS, FILTER_LOG_EVENTS, GET_ACCOUNT_SETTINGS,
    GET_CALLER_IDENTITY, GET_FUNCTION_CONCURRENCY, GET_FUNCTION_CONFIGURATION, GET_INDEXING_RULES,
    GET_METRIC_DATA, GET_QUERY_RESULTS, GET_TRACE_SEGMENT_DESTINATION, GET_TRACE_SUMMARIES,
    LIST_EVENT_SOURCE_MAPPINGS, LIST_FUNCTIONS, LIST_PROVISIONED_CONCURRENCY_CONFIGS,
    LIST_RETRIEVED_TRACES, START_LIVE_TAIL, START_QUERY, START_TRACE_RETRIEVAL,
};
use super::connection::{Clients, Connection};
use super::error::{At, failure};
use super::place::Service;
use super::{Choice, live_tail, place};
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::sources::FetchError;

/// A trace that does not exist: whoever may ask is told so.
const NO_TRACE: &str = "1-00000000-000000000000000000000000";
/// A group, function or retrieval that does not exist, likewise.
const NOTHING: &str = "nepho-doctor";

/// What was found out of one account and region. `None`: could not be asked.
#[derive(Clone, Debug, Default)]
pub struct Checkup {
    /// The profile that was asked for; `None` where none was named.
    pub profile: Option<String>,
    pub region: String,
    pub account: Option<String>,
    /// ARN of whoever asks.
    pub identity: Option<String>,
    /// This machine's clock less AWS's; whole seconds are all that AWS tells.
    pub clock_ahead_ms: Option<i64>,
    /// How many functions the first page lists, and whether there are more.
    pub functions: Option<(usize, bool)>,
    /// Executions that the account may run at once.
    pub concurrency: Option<i32>,
    /// Log groups of the first page by class.
    pub log_classes: BTreeMap<String, usize>,
    /// Whether Transaction Search keeps the traces.
    pub transaction_search: Option<bool>,
    /// Percentage of traces that X-Ray indexes under Transaction Search.
    pub indexed_percent: Option<f64>,
    /// One an action, in the order of the policy.
    pub trials: Vec<Trial>,
}

impl Checkup {
    /// Whether both are of one account and region.
    pub fn is_same(&self, other: &Self) -> bool {
        self.account.is_some() && self.account == other.account && self.region == other.region
    }
}

/// How one action fared.
#[derive(Clone, Debug)]
pub struct Trial {
    /// IAM action.
    pub action: &'static str,
    /// Nothing can be seen without it.
    pub needed: bool,
    /// What is unknown without it.
    pub gives: &'static str,
    /// Calls a second that AWS grants to the account in this region; `None` where it is not published.
    pub quota: Option<f64>,
    pub outcome: Outcome,
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    Allowed,
    /// In words: what, on what, for whom.
    Denied(String),
    /// It could not be told, and why.
    Unknown(String),
}

/// Asks everything once. Fails where there are no credentials or no region.
pub async fn examine(choice: Choice, clock: &dyn Fn() -> Timestamp) -> Result<Checkup, FetchError> {
    let profile = place::profile(&choice);
    let clients = Connection::new(choice).clients(clock()).await?;
    let mut checkup = Checkup {
        profile,
        region: clients.place.region.clone(),
        ..Checkup::default()
    };
    identify(&clients, &mut checkup, clock).await?;
    let mut doctor = Doctor {
        clients: &clients,
        now: clock(),
        checkup,
        group: NOTHING.to_owned(),
        function: NOTHING.to_owned(),
        retrieval: NOTHING.to_owned(),
    };
    for action in ALL {
        let outcome = doctor.attempt(action).await;
        doctor.checkup.trials.push(Trial {
            action: action.iam,
            needed: action.is_needed(),
            gives: action.gives,
            quota: action.quota(Some(&clients.place.region)),
            outcome,
        });
    }
    Ok(doctor.checkup)
}

/// Whose credentials these are, and what time AWS has.
async fn identify(
    clients: &Clients,
    checkup: &mut Checkup,
    clock: &dyn Fn() -> Timestamp,
) -> Result<(), FetchError> {
    let date = Date::default();
    let question = clients.sts.get_caller_identity();
    let answer = question.customize().interceptor(date.clone()).send().await;
    checkup.clock_ahead_ms = date.seen().map(|theirs| clock().since(theirs));
    match answer {
        Ok(answer) => {
            checkup.account = answer.account;
            checkup.identity = answer.arn;
            Ok(())
        }
        Err(error) => match failure(&error, at(GET_CALLER_IDENTITY, clients)) {
            // Nothing else would work either.
            error @ FetchError::LoggedOut { .. } => Err(error),
            _ => Ok(()),
        },
    }
}

/// The calls, and what the first of them found for the later ones to ask about.
struct Doctor<'a> {
    clients: &'a Clients,
    now: Timestamp,
    checkup: Checkup,
    group: String,
    function: String,
    retrieval: String,
}

impl Doctor<'_> {
    async fn attempt(&mut self, action: Action) -> Outcome {
        let minute_ago = self.now.plus_ms(-MINUTE_MS);
        let (from, to) = (
            DateTime::from_millis(minute_ago.0),
            DateTime::from_millis(self.now.0),
        );
        let clients = self.clients;
        match action {
            DESCRIBE_LOG_GROUPS => self.log_groups().await,
            FILTER_LOG_EVENTS => {
                let question = clients.logs.filter_log_events().log_group_name(&self.group);
                let question = question.start_time(minute_ago.0).limit(1);
                self.outcome(action, &question.send().await)
            }
            // None of a group that is there: it would be billed.
            START_LIVE_TAIL => {
                let arn = format!(
                    "arn:aws:logs:{}:{}:log-group:{NOTHING}",
                    clients.place.region,
                    self.checkup.account.as_deref().unwrap_or("000000000000")
                );
                let question = clients.logs.start_live_tail().log_group_identifiers(arn);
                let own = !clients.place.is_aws(Service::Logs);
                self.outcome(action, &live_tail::on_its_host(question, own).send().await)
            }
            START_QUERY => {
                let question = clients.logs.start_query().log_group_name(NOTHING);
                let question = question.query_string("limit 1").limit(1);
                let question = question
                    .start_time(minute_ago.0 / 1_000)
                    .end_time(self.now.0 / 1_000);
                self.outcome(action, &question.send().await)
            }
            GET_QUERY_RESULTS => {
                let question = clients.logs.get_query_results().query_id(NOTHING);
                self.outcome(action, &question.send().await)
            }
            LIST_FUNCTIONS => self.functions().await,
            GET_FUNCTION_CONFIGURATION => {
                let question = clients.lambda.get_function_configuration();
                let answer = question.function_name(&self.function).send().await;
                self.outcome(action, &answer)
            }
            GET_FUNCTION_CONCURRENCY => {
                let question = clients.lambda.get_function_concurrency();
                let answer = question.function_name(&self.function).send().await;
                self.outcome(action, &answer)
            }
            LIST_PROVISIONED_CONCURRENCY_CONFIGS => {
                let question = clients.lambda.list_provisioned_concurrency_configs();
                let answer = question.function_name(&self.function).send().await;
                self.outcome(action, &answer)
            }
            LIST_EVENT_SOURCE_MAPPINGS => {
                let question = clients.lambda.list_event_source_mappings().max_items(1);
                self.outcome(action, &question.send().await)
            }
            GET_ACCOUNT_SETTINGS => {
                let answer = clients.lambda.get_account_settings().send().await;
                if let Ok(answer) = &answer {
                    let limit = answer.account_limit.as_ref();
                    self.checkup.concurrency = limit.map(|limit| limit.concurrent_executions);
                }
                self.outcome(action, &answer)
            }
            GET_METRIC_DATA => {
                let question = clients.cloudwatch.get_metric_data();
                let question = question.metric_data_queries(self.metric());
                let answer = question.start_time(from).end_time(to).send().await;
                self.outcome(action, &answer)
            }
            GET_TRACE_SUMMARIES => {
                let question = clients.xray.get_trace_summaries();
                let answer = question.start_time(from).end_time(to).send().await;
                self.outcome(action, &answer)
            }
            BATCH_GET_TRACES => {
                let question = clients.xray.batch_get_traces().trace_ids(NO_TRACE);
                self.outcome(action, &question.send().await)
            }
            GET_TRACE_SEGMENT_DESTINATION => {
                let answer = clients.xray.get_trace_segment_destination().send().await;
                if let Ok(answer) = &answer {
                    let kept = answer.destination.as_ref();
                    self.checkup.transaction_search =
                        kept.map(|kept| *kept == TraceSegmentDestination::CloudWatchLogs);
                }
                self.outcome(action, &answer)
            }
            GET_INDEXING_RULES => self.indexing_rules().await,
            START_TRACE_RETRIEVAL => {
                let question = clients.xray.start_trace_retrieval().trace_ids(NO_TRACE);
                let answer = question.start_time(from).end_time(to).send().await;
                if let Ok(answer) = &answer {
                    self.retrieval = answer.retrieval_token.clone().unwrap_or_default();
                }
                self.outcome(action, &answer)
            }
            LIST_RETRIEVED_TRACES => {
                let question = clients.xray.list_retrieved_traces();
                let answer = question.retrieval_token(&self.retrieval).send().await;
                self.outcome(action, &answer)
            }
            _ => Outcome::Unknown("not tried".to_owned()),
        }
    }

    async fn log_groups(&mut self) -> Outcome {
        let answer = self.clients.logs.describe_log_groups().send().await;
        for group in answer.iter().flat_map(DescribeLogGroupsOutput::log_groups) {
            let class = group.log_group_class.as_ref();
            let class = class.map_or("STANDARD", |class| class.as_str());
            *self
                .checkup
                .log_classes
                .entry(class.to_owned())
                .or_default() += 1;
            if class == "STANDARD" && self.group == NOTHING {
                self.group = group.log_group_name.clone().unwrap_or_default();
            }
        }
        self.outcome(DESCRIBE_LOG_GROUPS, &answer)
    }

    async fn functions(&mut self) -> Outcome {
        let answer = self.clients.lambda.list_functions().send().await;
        if let Ok(answer) = &answer {
            let functions = answer.functions();
            let more = answer
                .next_marker
                .as_ref()
                .is_some_and(|marker| !marker.is_empty());
            self.checkup.functions = Some((functions.len(), more));
            let first = functions
                .iter()
                .find_map(|function| function.function_name.clone());
            self.function = first.unwrap_or_else(|| NOTHING.to_owned());
        }
        self.outcome(LIST_FUNCTIONS, &answer)
    }

    async fn indexing_rules(&mut self) -> Outcome {
        let answer = self.clients.xray.get_indexing_rules().send().await;
        if let Ok(answer) = &answer {
            let mut rules = answer.indexing_rules().iter();
            self.checkup.indexed_percent = rules.find_map(|rule| match &rule.rule {
                Some(IndexingRuleValue::Probabilistic(rule)) => {
                    Some(rule.desired_sampling_percentage)
                }
                _ => None,
            });
        }
        self.outcome(GET_INDEXING_RULES, &answer)
    }

    fn metric(&self) -> MetricDataQuery {
        let dimension = Dimension::builder()
            .name("FunctionName")
            .value(&self.function);
        let metric = Metric::builder()
            .namespace("AWS/Lambda")
            .metric_name("Invocations")
            .dimensions(dimension.build());
        let stat = MetricStat::builder()
            .metric(metric.build())
            .period(60)
            .stat("Sum");
        MetricDataQuery::builder()
            .id("m")
            .metric_stat(stat.build())
            .build()
    }

    /// Whoever is told that there is no such thing was let in.
    fn outcome<T, E>(
        &self,
        action: Action,
        answer: &Result<T, SdkError<E, HttpResponse>>,
    ) -> Outcome
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let Err(error) = answer else {
            return Outcome::Allowed;
        };
        let code = error
            .as_service_error()
            .and_then(E::code)
            .unwrap_or_default();
        let code = code.rsplit('#').next().unwrap_or(code);
        let let_in = [
            "ResourceNotFoundException",
            "ProvisionedConcurrencyConfigNotFoundException",
            "InvalidRequestException",
            "InvalidParameterException",
            "InvalidParameterValueException",
            "ValidationException",
        ];
        if let_in.contains(&code) {
            return Outcome::Allowed;
        }
        match failure(error, at(action, self.clients)) {
            FetchError::Denied { message, .. } => Outcome::Denied(message),
            other => Outcome::Unknown(other.to_string()),
        }
    }
}

fn at(action: Action, clients: &Clients) -> At<'_> {
    At {
        action,
        resource: None,
        place: &clients.place,
    }
}

/// Notes the `Date` of an answer, also of one that refuses.
#[derive(Clone, Debug, Default)]
struct Date(Arc<OnceLock<Timestamp>>);

impl Date {
    fn seen(&self) -> Option<Timestamp> {
        self.0.get().copied()
    }
}

impl Intercept for Date {
    fn name(&self) -> &'static str {
        "Date"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        if let Some(millis) = date.and_then(|date| date.to_millis().ok()) {
            self.0.get_or_init(|| Timestamp(millis));
        }
        Ok(())
    }
}
