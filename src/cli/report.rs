//! `nepho report`: the whole analysis with no screen. Its inputs and its JSON are a public interface (README, "Report").

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use super::aws::{AwsArgs, ScopeArgs, globs};
use super::{complain, settings, time};
use crate::app::hook::Hook;
use crate::app::news::News;
use crate::app::rounds::{self, Rounds};
use crate::app::{clock, fetch};
use crate::engine::{Engine, Limits, Scope};
use crate::export::report;
use crate::model::analysis::Analysis;
use crate::model::finding::Finding;
use crate::model::time::Timestamp;
use crate::sources::snapshot::Trust;
use crate::sources::{Window, files};

/// Reports do not come more often: polling takes as long.
const SHORTEST_ROUND: Duration = Duration::from_secs(5);

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
    /// Only what happened since then: a moment as it is written (without a zone: UTC), or a span back such as 15m
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
    /// Keeps watching AWS without a screen: the report of the last 15 minutes (--since) so often, such as 1m
    #[arg(long, value_name = "SPAN", value_parser = time::span, conflicts_with_all = ["path", "until", "at"])]
    every: Option<Duration>,
    /// Runs this command with each new P1 or P2 as JSON on its standard input; no shell reads it: sh -c '…' has one
    #[arg(long, value_name = "CMD")]
    on_finding: Option<String>,
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
pub(crate) fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let settings = settings::load(args.config.as_deref())?;
    args.aws = args.aws.settled(&settings);
    let limits = Limits::of(&settings.memory, false);
    let mut engine = Engine::new(settings, limits)?;
    let mut teller = Teller::new(&args)?;
    if let Some(every) = args.every {
        return watch(args, every, engine, teller);
    }
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
    let mut out = BufWriter::new(io::stdout().lock());
    teller.tell(&engine.conclude(), &mut out)?;
    out.flush().context("writing the report")?;
    Ok(teller.status())
}

/// Prints a report every so often until Ctrl-C.
fn watch(
    args: Args,
    every: Duration,
    engine: Engine,
    mut teller: Teller,
) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        every >= SHORTEST_ROUND,
        "--every: too often · take at least {} s",
        SHORTEST_ROUND.as_secs()
    );
    let now = clock::now();
    let since = args.since.as_deref().map(|since| time::moment(since, now));
    let since = since.transpose()?.unwrap_or(now.plus_ms(-time::AROUND_MS));
    let window = Window { since, until: None };
    let rounds = Rounds {
        sources: args.aws.sources(&args.scope, window, false)?,
        terms: args.aws.terms(),
        engine,
        every,
        back: Duration::from_millis(now.since(since).max(0) as u64),
        functions: globs(&args.scope.function)?,
    };
    let mut tell = |analysis: &Analysis| {
        let mut report = Vec::new();
        teller.tell(analysis, &mut report)?;
        Ok(report)
    };
    rounds::run(rounds, io::stdout(), &mut tell, &complain)?;
    Ok(teller.status())
}

/// Prints reports, and runs the command for what is new in them.
struct Teller {
    format: Format,
    full: bool,
    exit_zero: bool,
    hook: Option<Hook>,
    news: News,
    /// A P1 or P2 was told.
    raised: bool,
}

impl Teller {
    fn new(args: &Args) -> anyhow::Result<Self> {
        let hook = args.on_finding.as_deref();
        Ok(Self {
            format: args.format,
            full: args.full,
            exit_zero: args.exit_zero,
            hook: hook
                .map(|command| Hook::new(command, complain))
                .transpose()?,
            news: News::default(),
            raised: false,
        })
    }

    fn tell(&mut self, analysis: &Analysis, out: &mut dyn Write) -> anyhow::Result<()> {
        let findings = &analysis.findings;
        self.raised |= findings.iter().any(Finding::is_urgent);
        if let Some(hook) = &self.hook {
            for finding in self.news.of(findings, clock::now()) {
                hook.tell(&finding.id, report::finding(analysis, finding)?);
            }
        }
        match self.format {
            Format::Table => report::table(analysis, out),
            Format::Json => report::json(analysis, self.full, out),
            Format::Markdown => report::markdown(analysis, out),
        }
        .context("writing the report")
    }

    /// 1 if anything was raised.
    fn status(&self) -> ExitCode {
        ExitCode::from(u8::from(self.raised && !self.exit_zero))
    }
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
    let sources = args.aws.sources(&args.scope, window, false)?;
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
