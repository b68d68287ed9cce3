//! Every call that nepho makes of AWS: all of them read. This table is what the README's policy, `nepho policy` and
//! `nepho doctor` are made of and compared with.

use super::place::Service;
use super::session::Session;
use crate::sources::Call;

/// One API action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Action {
    /// Name in an IAM policy.
    pub(super) iam: &'static str,
    pub(super) service: Service,
    /// What is unknown without it.
    pub(super) gives: &'static str,
}

const fn action(iam: &'static str, service: Service, gives: &'static str) -> Action {
    Action {
        iam,
        service,
        gives,
    }
}

pub(super) const DESCRIBE_LOG_GROUPS: Action = action(
    "logs:DescribeLogGroups",
    Service::Logs,
    "log groups by their names",
);
pub(super) const FILTER_LOG_EVENTS: Action =
    action("logs:FilterLogEvents", Service::Logs, "log lines");
pub(super) const START_LIVE_TAIL: Action = action(
    "logs:StartLiveTail",
    Service::Logs,
    "log lines at once, with --live-tail",
);
pub(super) const START_QUERY: Action = action(
    "logs:StartQuery",
    Service::Logs,
    "log lines of class Infrequent Access",
);
pub(super) const GET_QUERY_RESULTS: Action = action(
    "logs:GetQueryResults",
    Service::Logs,
    "log lines of class Infrequent Access",
);
pub(super) const LIST_FUNCTIONS: Action = action(
    "lambda:ListFunctions",
    Service::Lambda,
    "which functions there are",
);
pub(super) const GET_FUNCTION_CONFIGURATION: Action = action(
    "lambda:GetFunctionConfiguration",
    Service::Lambda,
    "settings of functions named whole",
);
pub(super) const GET_FUNCTION_CONCURRENCY: Action = action(
    "lambda:GetFunctionConcurrency",
    Service::Lambda,
    "reserved concurrency",
);
pub(super) const LIST_PROVISIONED_CONCURRENCY_CONFIGS: Action = action(
    "lambda:ListProvisionedConcurrencyConfigs",
    Service::Lambda,
    "provisioned concurrency",
);
pub(super) const LIST_EVENT_SOURCE_MAPPINGS: Action = action(
    "lambda:ListEventSourceMappings",
    Service::Lambda,
    "batches of queues and streams",
);
pub(super) const GET_ACCOUNT_SETTINGS: Action = action(
    "lambda:GetAccountSettings",
    Service::Lambda,
    "the account's concurrency",
);
pub(super) const GET_METRIC_DATA: Action = action(
    "cloudwatch:GetMetricData",
    Service::CloudWatch,
    "exact counts of throttles, coverage",
);
pub(super) const GET_TRACE_SUMMARIES: Action =
    action("xray:GetTraceSummaries", Service::XRay, "traces");
pub(super) const BATCH_GET_TRACES: Action = action("xray:BatchGetTraces", Service::XRay, "traces");
pub(super) const GET_TRACE_SEGMENT_DESTINATION: Action = action(
    "xray:GetTraceSegmentDestination",
    Service::XRay,
    "where traces are kept",
);
pub(super) const GET_INDEXING_RULES: Action = action(
    "xray:GetIndexingRules",
    Service::XRay,
    "share of traces that is indexed",
);
pub(super) const START_TRACE_RETRIEVAL: Action = action(
    "xray:StartTraceRetrieval",
    Service::XRay,
    "traces under Transaction Search",
);
pub(super) const LIST_RETRIEVED_TRACES: Action = action(
    "xray:ListRetrievedTraces",
    Service::XRay,
    "traces under Transaction Search",
);
/// Nobody needs a right for it, and no policy can deny it.
pub(super) const GET_CALLER_IDENTITY: Action = action(
    "sts:GetCallerIdentity",
    Service::Sts,
    "whose credentials these are",
);

/// All that a policy can grant.
pub(super) const ALL: [Action; 18] = [
    DESCRIBE_LOG_GROUPS,
    FILTER_LOG_EVENTS,
    START_LIVE_TAIL,
    START_QUERY,
    GET_QUERY_RESULTS,
    LIST_FUNCTIONS,
    GET_FUNCTION_CONFIGURATION,
    GET_FUNCTION_CONCURRENCY,
    LIST_PROVISIONED_CONCURRENCY_CONFIGS,
    LIST_EVENT_SOURCE_MAPPINGS,
    GET_ACCOUNT_SETTINGS,
    GET_METRIC_DATA,
    GET_TRACE_SUMMARIES,
    BATCH_GET_TRACES,
    GET_TRACE_SEGMENT_DESTINATION,
    GET_INDEXING_RULES,
    START_TRACE_RETRIEVAL,
    LIST_RETRIEVED_TRACES,
];

impl Action {
    /// Whether nothing can be seen without it.
    pub(super) fn is_needed(self) -> bool {
        matches!(self, DESCRIBE_LOG_GROUPS | FILTER_LOG_EVENTS)
    }

    /// Whether it costs money.
    pub(super) fn is_billed(self) -> bool {
        matches!(
            self,
            GET_METRIC_DATA
                | GET_TRACE_SUMMARIES
                | BATCH_GET_TRACES
                | START_TRACE_RETRIEVAL
                | START_LIVE_TAIL
                | START_QUERY
                // What a query cost is known from its results.
                | GET_QUERY_RESULTS
        )
    }

    /// The call as a pump counts and paces it.
    pub(super) fn call(self, session: &Session) -> Call {
        Call {
            action: self.iam,
            place: session.label(),
            quota: self.quota(session.region()),
            billed: self.is_billed(),
        }
    }

    /// Calls a second that AWS publishes as the default quota of an account in a region.
    pub(super) fn quota(self, region: Option<&str>) -> Option<f64> {
        match self {
            FILTER_LOG_EVENTS => Some(match region {
                Some("us-east-1") => 25.0,
                Some(
                    "eu-central-1" | "ap-northeast-3" | "ap-southeast-3" | "ca-west-1"
                    | "il-central-1",
                ) => 5.0,
                _ => 10.0,
            }),
            DESCRIBE_LOG_GROUPS | START_QUERY | GET_QUERY_RESULTS => Some(10.0),
            START_LIVE_TAIL => Some(5.0),
            GET_METRIC_DATA => Some(50.0),
            // Lambda's control plane outside the Get and Invoke family.
            _ if self.service == Service::Lambda => Some(15.0),
            _ => None,
        }
    }
}
