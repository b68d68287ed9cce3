//! Credentials, region and clients of one profile and region: made at the first call, so that the screen stands before, and made
//! anew after a login expired, so that polling goes on by itself once somebody has logged in.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_config::BehaviorVersion;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::environment::EnvironmentVariableRegionProvider;
use aws_config::imds;
use aws_config::imds::region::ImdsRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileFileRegionProvider};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::timeout;

use super::actions::GET_CALLER_IDENTITY;
use super::error::{At, failure};
use super::http::{self, ANSWER_WITHIN, CONNECT_WITHIN, METADATA_WITHIN};
use super::place::{self, Place};
use super::{Choice, choices, login, regions};
use crate::model::time::Timestamp;
use crate::sources::FetchError;

/// Credentials are there within that: a process or a login server may be asked for them.
const LOGIN_WITHIN: Duration = Duration::from_secs(8);
/// A failed login is not tried again by every source at once.
const LOGIN_AGAIN_MS: i64 = 2_000;

/// The way to one account and region by one profile.
pub(super) struct Connection {
    choice: Choice,
    label: Arc<str>,
    state: Mutex<State>,
    region: OnceLock<String>,
}

#[derive(Default)]
struct State {
    clients: Option<Arc<Clients>>,
    failed: Option<(Timestamp, String)>,
}

/// One client a service.
pub(super) struct Clients {
    pub logs: aws_sdk_cloudwatchlogs::Client,
    pub xray: aws_sdk_xray::Client,
    pub cloudwatch: aws_sdk_cloudwatch::Client,
    pub lambda: aws_sdk_lambda::Client,
    pub sts: aws_sdk_sts::Client,
    pub place: Place,
    account: OnceCell<Option<String>>,
    /// It was asked for, and nobody has counted that yet.
    asked: AtomicBool,
}

impl Connection {
    pub(super) fn new(choice: Choice) -> Arc<Self> {
        Arc::new(Self {
            label: choice.label().into(),
            choice,
            state: Mutex::default(),
            region: OnceLock::new(),
        })
    }

    /// Profile and region as they were chosen: what tells this connection from others.
    pub(super) fn label(&self) -> &Arc<str> {
        &self.label
    }

    /// The region, once it is known.
    pub(super) fn region(&self) -> Option<&str> {
        self.region.get().map(String::as_str)
    }

    /// Whether it may lead to that region, for all that was chosen.
    pub(super) fn may_reach(&self, region: &str) -> bool {
        let chosen = self.choice.region.as_deref();
        chosen.is_none_or(|chosen| chosen == region)
    }

    /// The clients; logs in first where nobody has yet.
    pub(super) async fn clients(&self, now: Timestamp) -> Result<Arc<Clients>, FetchError> {
        let mut state = self.state.lock().await;
        if let Some(clients) = &state.clients {
            return Ok(Arc::clone(clients));
        }
        if let Some((at, message)) = &state.failed
            && now.since(*at) < LOGIN_AGAIN_MS
        {
            let (message, asked) = (message.clone(), false);
            return Err(FetchError::LoggedOut { message, asked });
        }
        match connect(&self.choice).await {
            Ok(clients) => {
                let clients = Arc::new(clients);
                self.region.get_or_init(|| clients.place.region.clone());
                *state = State {
                    clients: Some(Arc::clone(&clients)),
                    failed: None,
                };
                Ok(clients)
            }
            Err(error) => {
                if let FetchError::LoggedOut { message, .. } = &error {
                    state.failed = Some((now, message.clone()));
                }
                Err(error)
            }
        }
    }

    /// Whether its clients asked for their account since this was last called; not while a login is under way.
    pub(super) fn asked_for_account(&self) -> bool {
        let state = self.state.try_lock();
        state.is_ok_and(|state| {
            let clients = state.clients.as_ref();
            clients.is_some_and(|clients| clients.asked_for_account())
        })
    }

    /// The login of these clients does not hold any more: the credentials are got anew for the next call, which is not before a
    /// while where that was just `tried`.
    pub(super) async fn forget(&self, clients: &Arc<Clients>, tried: Option<(Timestamp, String)>) {
        let mut state = self.state.lock().await;
        let held = state.clients.as_ref();
        if held.is_some_and(|held| Arc::ptr_eq(held, clients)) {
            *state = State {
                clients: None,
                failed: tried,
            };
        }
    }
}

impl Clients {
    /// Whose account it is, which may be asked without any right; `None` where nobody answers that (an emulator without STS).
    pub(super) async fn account(&self) -> Result<Option<&str>, FetchError> {
        let ask = || async {
            self.asked.store(true, Ordering::Relaxed);
            let error = match self.sts.get_caller_identity().send().await {
                Ok(answer) => return Ok(answer.account),
                Err(error) => error,
            };
            let at = At {
                action: GET_CALLER_IDENTITY,
                resource: None,
                place: &self.place,
            };
            match failure(&error, at) {
                FetchError::LoggedOut { message, .. } => {
                    // What a source asks for was not asked.
                    let asked = false;
                    Err(FetchError::LoggedOut { message, asked })
                }
                _ => Ok(None),
            }
        };
        let account = self.account.get_or_try_init(ask).await?;
        Ok(account.as_deref())
    }

    /// Whether the account was asked for since this was last called.
    fn asked_for_account(&self) -> bool {
        self.asked.swap(false, Ordering::Relaxed)
    }
}

async fn connect(choice: &Choice) -> Result<Clients, FetchError> {
    let http = http::client()?;
    let providers = ProviderConfig::without_region().with_http_client(http.clone());
    let region = region(choice, &providers).await?;
    let place = Place::new(choice, region.to_string());
    let credentials = credentials(choice, &providers.with_region(Some(region.clone()))).await;
    let loaded = timeout(LOGIN_WITHIN, credentials.provide_credentials()).await;
    loaded
        .unwrap_or_else(|_| Err(CredentialsError::provider_timed_out(LOGIN_WITHIN)))
        .map_err(|error| login::missing(&error, place.profile.as_deref()))?;
    let config = configure(choice, http, region, credentials).await;
    Ok(Clients {
        logs: aws_sdk_cloudwatchlogs::Client::new(&config),
        xray: aws_sdk_xray::Client::new(&config),
        cloudwatch: aws_sdk_cloudwatch::Client::new(&config),
        lambda: aws_sdk_lambda::Client::new(&config),
        sts: aws_sdk_sts::Client::new(&config),
        place,
        account: OnceCell::new(),
        asked: AtomicBool::new(false),
    })
}

/// `--region`, the environment, the profile, the instance. An emulator takes any: other tools that are given its endpoint and
/// no region ask it for `us-east-1`.
async fn region(choice: &Choice, providers: &ProviderConfig) -> Result<Region, FetchError> {
    let mut profile = ProfileFileRegionProvider::builder().configure(providers);
    if let Some(name) = &choice.profile {
        profile = profile.profile_name(name);
    }
    let known = RegionProviderChain::first_try(choice.region.clone().map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(profile.build());
    if let Some(region) = known.region().await {
        if regions::may_be_one(region.as_ref()) {
            return Ok(region);
        }
        return Err(FetchError::Unable {
            message: format!("{region}: no name of a region · one looks like eu-west-1"),
        });
    }
    if place::is_emulated(choice) {
        return Ok(Region::from_static("us-east-1"));
    }
    let named = place::profile(choice);
    if let Some(name) = named.as_deref()
        && choices::is_undefined(name).await
    {
        return Err(login::undefined(name));
    }
    let instance = ImdsRegionProvider::builder()
        .configure(providers)
        .imds_client(metadata(providers))
        .build();
    instance.region().await.ok_or_else(|| FetchError::Unable {
        message: format!(
            "no AWS region: looked at --region, AWS_REGION and profile {:?} · pass --region",
            named.as_deref().unwrap_or("default")
        ),
    })
}

/// A profile that is named on the command line wins over the environment; else the usual chain.
async fn credentials(choice: &Choice, providers: &ProviderConfig) -> SharedCredentialsProvider {
    match &choice.profile {
        Some(name) => SharedCredentialsProvider::new(
            ProfileFileCredentialsProvider::builder()
                .configure(providers)
                .profile_name(name)
                .build(),
        ),
        None => SharedCredentialsProvider::new(
            DefaultCredentialsChain::builder()
                .imds_client(metadata(providers))
                .configure(providers.clone())
                .build()
                .await,
        ),
    }
}

fn metadata(providers: &ProviderConfig) -> imds::Client {
    let direct = providers.clone().with_http_client(http::metadata_client());
    imds::Client::builder()
        .configure(&direct)
        .max_attempts(1)
        .connect_timeout(METADATA_WITHIN)
        .read_timeout(METADATA_WITHIN)
        .build()
}

/// Every call is bounded in time, and made once: the pump decides when to try again.
async fn configure(
    choice: &Choice,
    http: SharedHttpClient,
    region: Region,
    credentials: SharedCredentialsProvider,
) -> SdkConfig {
    let bounds = TimeoutConfig::builder()
        .connect_timeout(CONNECT_WITHIN)
        .read_timeout(ANSWER_WITHIN)
        .operation_attempt_timeout(ANSWER_WITHIN)
        .build();
    let mut loader = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .region(region)
        .credentials_provider(credentials)
        .timeout_config(bounds)
        // A body that does not come is bounded by the time of the whole answer.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .retry_config(RetryConfig::disabled());
    if let Some(profile) = &choice.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(endpoint) = &choice.endpoint_url {
        loader = loader.endpoint_url(endpoint);
    }
    loader.load().await
}
