//! Looks at configuration and accounts once, before anything is watched.

use anyhow::{Context as _, anyhow};
use tokio::runtime::Runtime;

use super::clock;
use crate::model::places::Profiles;
use crate::sources::aws::doctor::{self, Checkup};
use crate::sources::aws::{Choice, choices};

/// What the AWS configuration files name.
pub fn profiles() -> anyhow::Result<Profiles> {
    Ok(runtime()?.block_on(choices::profiles()))
}

/// Asks everything once. Fails where there are no credentials or no region.
pub fn examine(choice: Choice) -> anyhow::Result<Checkup> {
    let examined = runtime()?.block_on(doctor::examine(choice, &clock::now));
    examined.map_err(|error| anyhow!("{}", error.to_string().trim_end_matches("; trying again")))
}

fn runtime() -> anyhow::Result<Runtime> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().context("starting the runtime")
}
