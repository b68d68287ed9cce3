//! Every call that nepho makes of AWS: all of them read. The README's policy names the same actions (a test compares).

use super::place::Service;
use super::session::Session;
use crate::sources::Call;

/// One API action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Action {
    /// Name in an IAM policy.
    pub(super) iam: &'static str,
    pub(super) service: Service,
}

const fn action(iam: &'static str, service: Service) -> Action {
    Action { iam, service }
}

pub(super) const FILTER_LOG_EVENTS: Action = action("logs:FilterLogEvents", Service::Logs);
pub(super) const DESCRIBE_LOG_GROUPS: Action = action("logs:DescribeLogGroups", Service::Logs);
pub(super) const GET_TRACE_SUMMARIES: Action = action("xray:GetTraceSummaries", Service::XRay);
pub(super) const BATCH_GET_TRACES: Action = action("xray:BatchGetTraces", Service::XRay);
pub(super) const GET_METRIC_DATA: Action = action("cloudwatch:GetMetricData", Service::CloudWatch);
pub(super) const LIST_FUNCTIONS: Action = action("lambda:ListFunctions", Service::Lambda);
pub(super) const GET_FUNCTION_CONFIGURATION: Action =
    action("lambda:GetFunctionConfiguration", Service::Lambda);
pub(super) const GET_FUNCTION_CONCURRENCY: Action =
    action("lambda:GetFunctionConcurrency", Service::Lambda);
pub(super) const GET_ACCOUNT_SETTINGS: Action =
    action("lambda:GetAccountSettings", Service::Lambda);

/// All of them.
pub(super) const ALL: [Action; 9] = [
    FILTER_LOG_EVENTS,
    DESCRIBE_LOG_GROUPS,
    GET_TRACE_SUMMARIES,
    BATCH_GET_TRACES,
    GET_METRIC_DATA,
    LIST_FUNCTIONS,
    GET_FUNCTION_CONFIGURATION,
    GET_FUNCTION_CONCURRENCY,
    GET_ACCOUNT_SETTINGS,
];

impl Action {
    /// The call as a pump counts and paces it.
    pub(super) fn call(self, session: &Session) -> Call {
        Call {
            action: self.iam,
            place: session.label(),
            quota: self.quota(session.region()),
            billed: self.service.is_billed(),
        }
    }

    /// Calls a second that AWS publishes as the default quota of an account in a region.
    fn quota(self, region: Option<&str>) -> Option<f64> {
        match self {
            FILTER_LOG_EVENTS => Some(match region {
                Some("us-east-1") => 25.0,
                Some(
                    "eu-central-1" | "ap-northeast-3" | "ap-southeast-3" | "ca-west-1"
                    | "il-central-1",
                ) => 5.0,
                _ => 10.0,
            }),
            DESCRIBE_LOG_GROUPS => Some(10.0),
            GET_METRIC_DATA => Some(50.0),
            // Lambda's control plane outside the Get and Invoke family.
            LIST_FUNCTIONS
            | GET_FUNCTION_CONFIGURATION
            | GET_FUNCTION_CONCURRENCY
            | GET_ACCOUNT_SETTINGS => Some(15.0),
            _ => None,
        }
    }
}
