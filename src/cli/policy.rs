//! `nepho policy`: the least that it must be allowed, as an IAM policy. The README shows the same (a test compares).

use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::sources::aws;

/// Arguments of `nepho policy`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only what nothing can be seen without
    #[arg(long)]
    minimal: bool,
}

/// Prints the policy.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let actions = aws::actions(args.minimal).map(|action| format!("      \"{action}\""));
    let policy = [HEAD, &actions.collect::<Vec<_>>().join(",\n"), TAIL];
    let mut out = io::stdout().lock();
    writeln!(out, "{}", policy.join("\n")).context("writing the policy")?;
    Ok(ExitCode::SUCCESS)
}

/// Keys in the order in which policies are written.
const HEAD: &str = r#"{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Action": ["#;
const TAIL: &str = r#"    ],
    "Resource": "*"
  }]
}"#;
