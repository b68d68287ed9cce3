//! What is wrong with the credentials, and what to run. All of it passes by itself once somebody logs in.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;

use super::error::{innermost, texts};
use super::place::{Place, credentials_in_environment};
use crate::sources::FetchError;

/// No credentials could be loaded.
pub(super) fn missing(error: &CredentialsError, profile: Option<&str>) -> FetchError {
    let told = texts(error);
    let says = |words: &str| told.iter().any(|text| text.contains(words));
    if says("SSO token") || says("sso") && says("expired") {
        let message = expiry(profile);
        let asked = false;
        return FetchError::LoggedOut { message, asked };
    }
    let name = profile.unwrap_or("default");
    let message = match error {
        _ if says("was not defined") => return undefined(name),
        // The instance's metadata service is not there, or is not for us.
        _ if says("IMDS") => nothing_found(profile),
        CredentialsError::CredentialsNotLoaded(_) => nothing_found(profile),
        CredentialsError::ProviderTimedOut(_) => format!(
            "no AWS credentials: profile {name} gave none in time · check the network, or pass --profile"
        ),
        _ => format!(
            "no AWS credentials from profile {name}: {} · mend the profile, or pass --profile",
            innermost(error as &(dyn Error + 'static))
        ),
    };
    let asked = false;
    FetchError::LoggedOut { message, asked }
}

/// There is no such profile.
pub(super) fn undefined(profile: &str) -> FetchError {
    FetchError::LoggedOut {
        message: format!(
            "profile {profile} is not defined in the AWS configuration files · aws configure list-profiles shows those that are"
        ),
        asked: false,
    }
}

fn nothing_found(profile: Option<&str>) -> String {
    match profile {
        Some(profile) => format!(
            "no AWS credentials in profile {profile}: not defined, or without keys · aws configure list-profiles shows those that are"
        ),
        None => "no AWS credentials: looked at the environment, profile \"default\" and the instance role · run aws configure, pass --profile, or try: nepho demo".to_owned(),
    }
}

/// The credentials were good once.
pub(super) fn expired(profile: Option<&str>) -> FetchError {
    refused(expiry(profile))
}

/// AWS was asked with credentials that it does not take.
fn refused(message: String) -> FetchError {
    let asked = true;
    FetchError::LoggedOut { message, asked }
}

fn expiry(profile: Option<&str>) -> String {
    if credentials_in_environment(profile) {
        "login expired: the credentials in the environment are too old · export new ones and start nepho again".to_owned()
    } else {
        let name = profile.unwrap_or("default");
        format!(
            "login of profile {name} expired · run aws sso login --profile {name}, nepho goes on by itself"
        )
    }
}

/// AWS does not know the key.
pub(super) fn unknown(place: &Place, code: &str) -> FetchError {
    refused(format!(
        "AWS does not accept the credentials of {} in {} ({code}) · check the profile, or log in again",
        whose(place),
        place.region
    ))
}

/// The signature is wrong: a wrong secret key, or a clock that is off.
pub(super) fn bad_signature(place: &Place, text: &str) -> FetchError {
    let skewed = ["expired", "not yet current", "skew", "too far"]
        .iter()
        .any(|word| text.contains(word));
    let message = if skewed {
        "AWS refuses the signature: the clock of this machine is off · set it right".to_owned()
    } else {
        format!(
            "AWS refuses the signature: the secret key of {} is wrong · check the profile",
            whose(place)
        )
    };
    refused(message)
}

fn whose(place: &Place) -> String {
    match place.profile.as_deref() {
        profile if credentials_in_environment(profile) => "the environment".to_owned(),
        profile => format!("profile {}", profile.unwrap_or("default")),
    }
}
