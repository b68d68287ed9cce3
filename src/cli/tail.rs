//! Not there yet.

use std::process::ExitCode;

/// No arguments yet.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Says that it is not there yet.
pub(crate) fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("this command is not there yet")
}
