//! `nepho tail`: follows one function on standard output.

use std::env;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::ensure;

use super::aws::{AwsArgs, LiveArgs, ScopeArgs, say_live_price};
use super::{complain, settings, time};
use crate::app::clock;
use crate::app::tail::{self, Style, Tail};
use crate::decode::Decoder;
use crate::sources::Window;

/// What no function's name holds, and a glob does.
const GLOB: [char; 4] = ['*', '?', '[', '{'];

/// Arguments of `nepho tail`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of the function, whole
    function: String,
    /// One JSON object a line, for pipes
    #[arg(long)]
    json: bool,
    /// From when on: a moment as it is written (without a zone: UTC), or a span back from now such as 15m
    #[arg(long, value_name = "T", default_value = "5m")]
    since: String,
    /// Only lines that contain this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Log groups to read instead of the function's own
    #[arg(long, value_name = "GLOB", num_args = 1..)]
    log_group: Vec<String>,
    /// Settings file
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    live: LiveArgs,
    #[command(flatten)]
    aws: AwsArgs,
}

/// Follows until Ctrl-C or until nobody reads any more.
pub(crate) fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    ensure!(
        !args.function.contains(GLOB),
        "{0}: tail follows one function, by its whole name · nepho watch --function '{0}' shows all that match",
        args.function
    );
    let settings = settings::load(args.config.as_deref())?;
    args.aws = args.aws.settled(&settings);
    let window = Window {
        since: time::moment(&args.since, clock::now())?,
        until: None,
    };
    let scope = ScopeArgs {
        function: vec![args.function.clone()],
        log_group: args.log_group,
    };
    if args.live.live_tail {
        say_live_price(args.aws.max_cost);
    }
    let tail = Tail {
        sources: args.aws.logs(&scope, window, args.live.live_tail)?,
        terms: args.aws.terms(),
        decoder: Decoder::new(&settings)?,
        function: args.function,
        filter: args.filter,
        style: if args.json {
            Style::Json
        } else {
            Style::Text { color: colored() }
        },
    };
    tail::run(tail, io::stdout(), complain)?;
    Ok(ExitCode::SUCCESS)
}

/// Colours for a terminal whose user did not refuse them.
fn colored() -> bool {
    io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
