//! Arguments of every command that asks AWS.

use anyhow::anyhow;
use globset::{Glob, GlobSet, GlobSetBuilder};

/// Which account, region and endpoint, and how much of it.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct AwsArgs {
    /// Profile of the AWS configuration files
    #[arg(long, env = "AWS_PROFILE")]
    pub(crate) profile: Option<String>,
    /// Region, such as eu-west-1
    #[arg(long)]
    pub(crate) region: Option<String>,
    /// Endpoint instead of AWS's own, for an emulator
    #[arg(long, value_name = "URL")]
    pub(crate) endpoint_url: Option<String>,
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
