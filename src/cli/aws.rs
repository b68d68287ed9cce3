//! Arguments of every command that asks AWS.

use anyhow::anyhow;
use globset::{Glob, GlobSet, GlobSetBuilder};

use super::complain;
#[cfg(feature = "aws")]
use crate::app::examine::profiles;
use crate::model::places::Watching;
use crate::model::settings::Settings;
#[cfg(feature = "aws")]
use crate::sources::aws;
use crate::sources::pace::Terms;
use crate::sources::{Source, Window};

/// Which account, region and endpoint, and how much of it.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct AwsArgs {
    /// Profiles of the AWS configuration files; PROFILE@REGION is asked in that region alone
    #[arg(long, value_name = "PROFILE", value_delimiter = ',')]
    pub(crate) profile: Vec<String>,
    /// Regions, such as eu-west-1: each profile is asked in each
    #[arg(long, value_name = "REGION", value_delimiter = ',')]
    pub(crate) region: Vec<String>,
    /// Endpoint instead of AWS's own, for an emulator
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
    /// Share of each of the account's API quotas that is taken
    #[arg(long, value_name = "SHARE", default_value_t = Terms::default().quota_share, value_parser = share)]
    pub(crate) quota_share: f64,
    /// US dollars an hour that billed calls may cost: metrics, traces, queries, Live Tail
    #[arg(long, value_name = "USD", default_value_t = Terms::default().usd_an_hour, value_parser = dollars)]
    pub(crate) max_cost: f64,
}

/// A share of the whole, above 0.
fn share(text: &str) -> Result<f64, String> {
    let share = text
        .parse()
        .ok()
        .filter(|share| *share > 0.0 && *share <= 1.0);
    share.ok_or_else(|| "a number above 0 and up to 1, such as 0.5".to_owned())
}

fn dollars(text: &str) -> Result<f64, String> {
    let usd = text
        .parse()
        .ok()
        .filter(|usd: &f64| *usd >= 0.0 && usd.is_finite());
    usd.ok_or_else(|| "dollars an hour, such as 0.25; 0 for nothing that is billed".to_owned())
}

impl AwsArgs {
    /// The same, with the profiles and regions of the settings where no argument names any.
    #[must_use]
    pub(crate) fn settled(mut self, settings: &Settings) -> Self {
        if self.profile.is_empty() {
            self.profile.clone_from(&settings.profile);
        }
        if self.region.is_empty() {
            self.region.clone_from(&settings.region);
        }
        self
    }

    /// What may be taken of the account.
    pub(crate) fn terms(&self) -> Terms {
        Terms {
            quota_share: self.quota_share,
            usd_an_hour: self.max_cost,
        }
    }
}

/// Lines at once instead of within seconds.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct LiveArgs {
    /// Uses Live Tail for the function that is looked at: its lines within a second. Billed at $0.01 a minute, within
    /// --max-cost; polling goes on beside it
    #[arg(long)]
    pub(crate) live_tail: bool,
}

/// Says what Live Tail costs, before it does.
pub(crate) fn say_live_price(max_cost: f64) {
    complain(&format!(
        "Live Tail costs $0.01 a minute while it runs, by list price; --max-cost {max_cost} an hour holds"
    ));
}

/// Which functions and log groups are looked at.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ScopeArgs {
    /// Functions whose name matches one of these globs
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    pub(crate) function: Vec<String>,
    /// Log groups whose name matches one of these globs
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    pub(crate) log_group: Vec<String>,
}

#[cfg(feature = "aws")]
impl AwsArgs {
    /// Everything there is of the functions and log groups in scope. Nothing is called yet.
    pub(crate) fn sources(
        &self,
        scope: &ScopeArgs,
        window: Window,
        live: bool,
    ) -> anyhow::Result<Vec<Box<dyn Source>>> {
        self.sources_of((&self.watching()?, false), scope, window, live)
    }

    /// The same of other places; `named`: what comes from one alone carries its place too.
    pub(crate) fn sources_of(
        &self,
        (watching, named): (&Watching, bool),
        scope: &ScopeArgs,
        window: Window,
        live: bool,
    ) -> anyhow::Result<Vec<Box<dyn Source>>> {
        let scope = scope.compile()?;
        let endpoint = self.endpoint_url.as_deref();
        let choices = aws::choices::cross(watching, endpoint, named);
        Ok(aws::open(choices, &scope, window, live))
    }

    /// The log lines alone.
    pub(crate) fn logs(
        &self,
        scope: &ScopeArgs,
        window: Window,
        live: bool,
    ) -> anyhow::Result<Vec<Box<dyn Source>>> {
        let scope = scope.compile()?;
        Ok(aws::open_logs(self.choices()?, &scope, window, live))
    }

    /// The log lines that contain a text.
    pub(crate) fn search(
        &self,
        scope: &ScopeArgs,
        window: Window,
        text: &str,
    ) -> anyhow::Result<Vec<Box<dyn Source>>> {
        let scope = scope.compile()?;
        Ok(aws::search(self.choices()?, &scope, window, text))
    }

    /// The accounts and regions.
    pub(crate) fn choices(&self) -> anyhow::Result<Vec<aws::Choice>> {
        let endpoint = self.endpoint_url.as_deref();
        Ok(aws::choices::cross(&self.watching()?, endpoint, false))
    }

    /// What was chosen, and what the AWS configuration files offer.
    pub(crate) fn watching(&self) -> anyhow::Result<Watching> {
        Ok(Watching {
            profiles: self.profile.clone(),
            regions: self.region.clone(),
            known: profiles()?,
            all_regions: aws::regions(),
        })
    }
}

#[cfg(feature = "aws")]
impl ScopeArgs {
    fn compile(&self) -> anyhow::Result<aws::Scope> {
        aws::Scope::new(&self.function, &self.log_group).map_err(|message| anyhow!(message))
    }
}

#[cfg(not(feature = "aws"))]
#[expect(clippy::unused_self, reason = "the same methods as with the feature")]
impl AwsArgs {
    /// Says that this build cannot.
    pub(crate) fn sources(
        &self,
        _scope: &ScopeArgs,
        _window: Window,
        _live: bool,
    ) -> anyhow::Result<Vec<Box<dyn Source>>> {
        Err(without_aws())
    }

    /// Says that this build cannot.
    pub(crate) fn sources_of(
        &self,
        _of: (&Watching, bool),
        _scope: &ScopeArgs,
        _window: Window,
        _live: bool,
    ) -> anyhow::Result<Vec<Box<dyn Source>>> {
        Err(without_aws())
    }

    /// Says that this build cannot.
    pub(crate) fn watching(&self) -> anyhow::Result<Watching> {
        Err(without_aws())
    }

    /// Says that this build cannot.
    pub(crate) fn logs(
        &self,
        _scope: &ScopeArgs,
        _window: Window,
        _live: bool,
    ) -> anyhow::Result<Vec<Box<dyn Source>>> {
        Err(without_aws())
    }

    /// Says that this build cannot.
    pub(crate) fn search(
        &self,
        _scope: &ScopeArgs,
        _window: Window,
        _text: &str,
    ) -> anyhow::Result<Vec<Box<dyn Source>>> {
        Err(without_aws())
    }
}

#[cfg(not(feature = "aws"))]
fn without_aws() -> anyhow::Error {
    anyhow!("this nepho was built without AWS · build it with the feature aws, or name a PATH")
}

/// The set of globs that were given; `None` if none were.
pub(crate) fn globs(patterns: &[String]) -> anyhow::Result<Option<GlobSet>> {
    if patterns.is_empty() {
        return Ok(None);
    }
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = Glob::new(pattern)
            .map_err(|error| anyhow!("{pattern}: not a glob: {}", error.kind()))?;
        set.add(glob);
    }
    Ok(Some(set.build()?))
}
