//! Where calls go, in words: profile, region and endpoint.

use std::env;

use super::Choice;

/// The services that nepho asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Logs,
    XRay,
    CloudWatch,
    Lambda,
    Sts,
}

impl Service {
    /// (name for people, host prefix, suffix of `AWS_ENDPOINT_URL_…`)
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Logs => ("CloudWatch Logs", "logs", "CLOUDWATCH_LOGS"),
            Self::XRay => ("X-Ray", "xray", "XRAY"),
            Self::CloudWatch => ("CloudWatch", "monitoring", "CLOUDWATCH"),
            Self::Lambda => ("Lambda", "lambda", "LAMBDA"),
            Self::Sts => ("STS", "sts", "STS"),
        }
    }

    /// Its name for people.
    pub(super) fn title(self) -> &'static str {
        self.names().0
    }
}

/// Whose account and which region is asked, for messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The profile that was asked for, by argument or environment.
    pub profile: Option<String>,
    pub region: String,
    /// `--endpoint-url`.
    pub endpoint: Option<String>,
}

impl Place {
    pub(super) fn new(choice: &Choice, region: String) -> Self {
        Self {
            profile: profile(choice),
            region,
            endpoint: choice.endpoint_url.clone(),
        }
    }

    /// The address that a service is asked at: the endpoint that was chosen, else AWS's own.
    pub(super) fn address(&self, service: Service) -> String {
        let (_, host, suffix) = service.names();
        let chosen = self
            .endpoint
            .clone()
            .or_else(|| set(&format!("AWS_ENDPOINT_URL_{suffix}")))
            .or_else(|| set("AWS_ENDPOINT_URL"));
        chosen.unwrap_or_else(|| {
            let domain = if self.region.starts_with("cn-") {
                "amazonaws.com.cn"
            } else {
                "amazonaws.com"
            };
            format!("{host}.{}.{domain}", self.region)
        })
    }

    /// Whether AWS itself is asked.
    pub(super) fn is_aws(&self, service: Service) -> bool {
        !self.address(service).contains("://")
    }
}

/// Whether every service is asked somewhere else than at AWS.
pub(super) fn is_emulated(choice: &Choice) -> bool {
    choice.endpoint_url.is_some() || set("AWS_ENDPOINT_URL").is_some()
}

/// The profile that was asked for; `None` where none was named.
pub(super) fn profile(choice: &Choice) -> Option<String> {
    choice.profile.clone().or_else(|| set("AWS_PROFILE"))
}

/// Whether the credentials stand in the environment and nothing overrides them.
pub(super) fn credentials_in_environment(choice_profile: Option<&str>) -> bool {
    choice_profile.is_none() && set("AWS_ACCESS_KEY_ID").is_some()
}

/// A variable of the environment that is not empty.
pub(super) fn set(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}
