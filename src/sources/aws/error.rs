//! AWS's failures in one line each: what, where, what to do. The SDK's own texts are never shown: they hold whole bodies.

use std::error::Error;
use std::io;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{DispatchFailure, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::actions::Action;
use super::http::{ANSWER_WITHIN, CONNECT_WITHIN};
use super::place::Place;
use super::{login, regions};
use crate::model::health::Right;
use crate::model::text::plain;
use crate::sources::FetchError;

/// How long to leave a service alone that asks for it without saying how long.
const LEAVE_ALONE: Duration = Duration::from_secs(1);

/// What was called when it failed.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub action: Action,
    /// The log group or function that was asked for, where it is one.
    pub resource: Option<&'a str>,
    pub place: &'a Place,
}

/// What a failed call means.
pub(super) fn failure<E>(error: &SdkError<E, HttpResponse>, at: At<'_>) -> FetchError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    match error {
        SdkError::TimeoutError(_) => no_answer(at, "timed out", ANSWER_WITHIN),
        SdkError::DispatchFailure(failure) => dispatch(failure, at),
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            refusal(service.err(), status, at)
        }
        SdkError::ResponseError(_) => FetchError::Transient {
            message: format!(
                "the answer of {} to {} broke off · trying again",
                at.place.address(at.action.service),
                at.action.iam
            ),
        },
        other => match find::<CredentialsError>(other) {
            Some(error) => login::missing(error, at.place.profile.as_deref()),
            None => FetchError::Broken {
                message: format!(
                    "{} cannot be called: {} · check region and endpoint",
                    at.action.iam,
                    innermost(other)
                ),
            },
        },
    }
}

/// The call did not get through.
fn dispatch(failure: &DispatchFailure, at: At<'_>) -> FetchError {
    let Some(error) = failure.as_connector_error() else {
        return no_answer(at, "no connection", CONNECT_WITHIN);
    };
    if let Some(error) = find::<CredentialsError>(error) {
        return login::missing(error, at.place.profile.as_deref());
    }
    if failure.is_timeout() {
        let connected = texts(error)
            .iter()
            .any(|text| text.contains("read timeout"));
        let within = if connected {
            ANSWER_WITHIN
        } else {
            CONNECT_WITHIN
        };
        return no_answer(at, "timed out", within);
    }
    let kind = find::<io::Error>(error).map(io::Error::kind);
    let why = match kind {
        Some(io::ErrorKind::ConnectionRefused) => "refused".to_owned(),
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe) => {
            "connection reset".to_owned()
        }
        _ if names_no_host(error) => return unknown_host(at),
        _ if distrusts(error) => {
            return FetchError::Broken {
                message: format!(
                    "the certificate of {} is not trusted · a proxy that looks into calls has its own: name it with AWS_CA_BUNDLE",
                    at.place.address(at.action.service)
                ),
            };
        }
        _ => innermost(error),
    };
    FetchError::Transient {
        message: format!(
            "no answer from {} ({why}) · {}",
            at.place.address(at.action.service),
            advice(at)
        ),
    }
}

fn no_answer(at: At<'_>, why: &str, within: Duration) -> FetchError {
    FetchError::Transient {
        message: format!(
            "no answer from {} after {} s ({why}) · {}",
            at.place.address(at.action.service),
            within.as_secs(),
            advice(at)
        ),
    }
}

/// The host name of the endpoint does not exist: of a region that is none, or there is no network.
fn unknown_host(at: At<'_>) -> FetchError {
    let region = &at.place.region;
    if !at.place.is_aws(at.action.service) || regions::is_known(region) {
        return FetchError::Transient {
            message: format!(
                "no answer from {} (no such host) · {}",
                at.place.address(at.action.service),
                advice(at)
            ),
        };
    }
    let meant = match regions::nearest(region) {
        Some(near) => format!("did you mean {near}?"),
        None => "check --region".to_owned(),
    };
    FetchError::Broken {
        message: format!("region {region} is not known · {meant}"),
    }
}

fn advice(at: At<'_>) -> &'static str {
    if at.place.is_aws(at.action.service) {
        "check the network, proxy and --region; trying again"
    } else {
        "check --endpoint-url; trying again"
    }
}

/// The service answered, and the answer is no.
fn refusal(error: &dyn ProvideErrorMetadata, status: u16, at: At<'_>) -> FetchError {
    let code = error.code().unwrap_or_default();
    // Old protocols write `com.amazonaws.logs#Code` or `Code:http://…`.
    let code = code.rsplit('#').next().unwrap_or(code);
    let code = code.split(':').next().unwrap_or(code);
    let text = plain(error.message().unwrap_or_default());
    let title = at.action.service.title();
    match code {
        "ThrottlingException"
        | "ThrottledException"
        | "Throttling"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "LimitExceededException"
        | "SlowDown" => FetchError::Throttled {
            after: LEAVE_ALONE,
            message: format!("{title} slows us down: asking less often · lower --quota-share"),
        },
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "NotAuthorized"
        | "AuthorizationError" => denied(&text, at),
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" | "TokenRefreshRequired" => {
            login::expired(at.place.profile.as_deref())
        }
        "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "InvalidAccessKeyId"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "InvalidToken"
        | "NotSignedUp"
        | "OptInRequired" => login::unknown(at.place, code),
        "SignatureDoesNotMatch"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "RequestTimeTooSkewed"
        | "IncompleteSignatureException" => login::bad_signature(at.place, &text),
        _ if status == 429 => FetchError::Throttled {
            after: LEAVE_ALONE,
            message: format!("{title} slows us down: asking less often · lower --quota-share"),
        },
        _ if status == 403 => denied(&text, at),
        // The SDK takes an answer that it cannot read for a refusal.
        _ if status < 300 => FetchError::Transient {
            message: format!(
                "the answer of {} to {} cannot be read · trying again",
                at.place.address(at.action.service),
                at.action.iam
            ),
        },
        _ if status >= 500 => FetchError::Transient {
            message: format!("{title} failed with {status} {code} · trying again"),
        },
        _ => {
            let on = at.resource.map(|name| format!(" on {name}"));
            let said = [&status.to_string(), code, &text];
            let said: Vec<&str> = said.into_iter().filter(|word| !word.is_empty()).collect();
            FetchError::Broken {
                message: format!(
                    "{} does not take {}{}: {} · check --endpoint-url and --region",
                    at.place.address(at.action.service),
                    at.action.iam,
                    on.unwrap_or_default(),
                    said.join(" "),
                ),
            }
        }
    }
}

/// AWS writes `User: ARN is not authorized to perform: ACTION on resource: ARN because …`.
fn denied(text: &str, at: At<'_>) -> FetchError {
    let after = |mark: &str| {
        let rest = text.split_once(mark)?.1;
        rest.split([' ', ','])
            .next()
            .filter(|word| !word.is_empty())
    };
    let action = after("perform: ").unwrap_or(at.action.iam);
    let on = at
        .resource
        .map_or(String::new(), |name| format!(" on {name}"));
    let whom = after("User: ").and_then(principal).unwrap_or_default();
    FetchError::Denied {
        right: Right {
            action: action.into(),
            resource: at.resource.map(Into::into),
        },
        message: format!("denied: {action}{on}{whom} · add that action to the policy"),
        asked: true,
        may_pass: false,
    }
}

/// ` for role NAME`, ` for user NAME` of an ARN of `sts` or `iam`.
fn principal(arn: &str) -> Option<String> {
    let mut parts = arn.rsplit(':').next()?.split('/');
    let kind = match parts.next()? {
        "assumed-role" | "role" => "role",
        "user" => "user",
        _ => return None,
    };
    Some(format!(" for {kind} {}", parts.next()?))
}

fn names_no_host(error: &(dyn Error + 'static)) -> bool {
    texts(error)
        .iter()
        .any(|text| text.contains("dns error") || text.contains("failed to lookup address"))
}

fn distrusts(error: &(dyn Error + 'static)) -> bool {
    texts(error)
        .iter()
        .any(|text| text.contains("invalid peer certificate"))
}

/// The error and its causes, each in its own words.
pub(super) fn texts(error: &(dyn Error + 'static)) -> Vec<String> {
    chain(error).map(ToString::to_string).collect()
}

/// The cause that lies deepest, in its own words, on one line.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let text = chain(error).last().map(ToString::to_string);
    plain(&text.unwrap_or_default()).into_owned()
}

/// The first cause of that type.
pub(super) fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    chain(error).find_map(|cause| cause.downcast_ref())
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let this = next?;
        next = this.source();
        Some(this)
    })
}
