//! Examines accounts, once, for `nepho doctor`.

use anyhow::{Context as _, anyhow};

use super::clock;
use crate::sources::aws::Choice;
use crate::sources::aws::doctor::{self, Checkup};

/// Asks everything once. Fails where there are no credentials or no region.
pub fn examine(choice: Choice) -> anyhow::Result<Checkup> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting the runtime")?;
    let examined = runtime.block_on(doctor::examine(choice, &clock::now));
    examined.map_err(|error| anyhow!("{}", error.to_string().trim_end_matches("; trying again")))
}
