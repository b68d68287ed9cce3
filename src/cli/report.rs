//! `nepho report`: the whole analysis with no screen. Its inputs and its JSON are a public interface (README, "Report").

use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;

use super::aws::{AwsArgs, ScopeArgs, globs};
use super::{complain, settings, time};
use crate::app::{clock, fetch};
use crate::engine::{Engine, Limits, Scope};
use crate::export::report;
use crate::model::finding::Severity;
use crate::model::time::Timestamp;
use crate::sources::snapshot::Trust;
use crate::sources::{Window, files};

/// How a report is printed.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people, in a terminal
    Table,
    /// The contract, for programs
    Json,
    /// To paste into a ticket
    Markdown,
}

/// Arguments of `nepho report`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files, directories, snapshots, or - for standard input; without one the window is fetched from AWS
    path: Vec<PathBuf>,
    /// Settings file with extraction rules and thresholds
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Only what happened since then: RFC 3339, or a span back such as 15m
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// Only what happened before then
    #[arg(long, value_name = "T", conflicts_with = "at")]
    until: Option<String>,
    /// Only the 30 minutes around then
    #[arg(long, value_name = "T", conflicts_with = "since")]
    at: Option<String>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Adds the list of invocations
    #[arg(long)]
    full: bool,
    /// Exit status 0 also when there is a P1 or P2 finding
    #[arg(long)]
    exit_zero: bool,
    /// Reads what is sound in a damaged snapshot
    #[arg(long)]
    salvage: bool,
    #[command(flatten)]
    aws: AwsArgs,
}

/// Prints the report. 0 nothing worse than the list, 1 at least one P1 or P2.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let settings = settings::load(args.config.as_deref())?;
    let limits = Limits::of(&settings.memory, false);
    let mut engine = Engine::new(settings, limits)?;
    if args.path.is_empty() {
        fetch(&args, &mut engine)?;
    } else {
        let options = files::Options {
            log_group: args.scope.log_group.first().cloned(),
            trust: Trust::new(args.salvage),
            ..files::Options::default()
        };
        let read = files::read(&args.path, &options, &mut engine, &mut |_, _| true)?;
        read.warnings.iter().for_each(|warning| complain(warning));
        let last = engine.newest().unwrap_or_default();
        engine.restrict(&scope(&args, last)?);
    }
    let analysis = engine.conclude();
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Table => report::table(&analysis, &mut out),
        Format::Json => report::json(&analysis, args.full, &mut out),
        Format::Markdown => report::markdown(&analysis, &mut out),
    }
    .context("writing the report")?;
    out.flush().context("writing the report")?;
    let raised = analysis
        .findings
        .iter()
        .any(|finding| finding.severity <= Severity::P2);
    Ok(ExitCode::from(u8::from(raised && !args.exit_zero)))
}

/// Reads the window from AWS: the last 15 minutes unless told otherwise.
fn fetch(args: &Args, engine: &mut Engine) -> anyhow::Result<()> {
    let now = clock::now();
    let mut scope = scope(args, now)?;
    let window = Window {
        since: scope.from.unwrap_or(now.plus_ms(-time::AROUND_MS)),
        until: Some(scope.until.unwrap_or(now)),
    };
    scope.from = Some(window.since);
    let sources = args.aws.sources(&args.scope, window)?;
    let warnings = fetch::fetch(sources, args.aws.terms(), engine)?;
    warnings.iter().for_each(|warning| complain(warning));
    engine.restrict(&scope);
    Ok(())
}

/// The window and the functions that were asked for. Spans count back from `anchor`.
fn scope(args: &Args, anchor: Timestamp) -> anyhow::Result<Scope> {
    let moment = |text: &Option<String>| {
        text.as_deref()
            .map(|text| time::moment(text, anchor))
            .transpose()
    };
    let mut scope = Scope {
        from: moment(&args.since)?,
        until: moment(&args.until)?,
        functions: globs(&args.scope.function)?,
    };
    if let Some(at) = moment(&args.at)? {
        scope.from = Some(at.plus_ms(-time::AROUND_MS));
        scope.until = Some(at.plus_ms(time::AROUND_MS));
    }
    Ok(scope)
}
