//! `nepho snapshot`: what was seen, in one file that opens anywhere; from files or from AWS.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};

use super::aws::{AwsArgs, ScopeArgs};
use super::progress::Said;
use super::{complain, settings, time};
use crate::app::clock;
use crate::app::fetch;
use crate::engine::{Engine, Limits};
use crate::export::recording::keep;
use crate::export::records::{self, Origin};
use crate::export::snapshot::{self, Form, Options, Picture, Scope, Written};
use crate::model::ids::{RequestId, TraceId};
use crate::model::time::Timestamp;
use crate::model::words::number_of;
use crate::sources::snapshot::Trust;
use crate::sources::{Window, files};
use crate::store::journal::Journal;
use crate::ui::keys::{KeySettings, KeyTable};
use crate::ui::svg;
use crate::ui::theme::{Depth, Look};

/// How a snapshot is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// tar, compressed by zstd
    #[default]
    Tar,
    /// zip, which every desktop opens
    Zip,
}

/// Arguments of `nepho snapshot`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files, directories, snapshots, or - for standard input; without one the window is fetched from AWS
    path: Vec<PathBuf>,
    /// Settings file with extraction and redaction rules
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Only what happened since then: a moment as it is written (without a zone: UTC), or a span back such as 15m
    #[arg(long, value_name = "T")]
    since: Option<String>,
    /// Only what happened before then
    #[arg(long, value_name = "T")]
    until: Option<String>,
    /// Only this finding, with everything that is linked to it
    #[arg(long, value_name = "ID", conflicts_with_all = ["trace", "request", "function"])]
    finding: Option<String>,
    /// Only this trace, with everything that is linked to it
    #[arg(long, value_name = "ID", conflicts_with_all = ["request", "function"])]
    trace: Option<String>,
    /// Only this request, with everything that is linked to it
    #[arg(long, value_name = "ID", conflicts_with = "function")]
    request: Option<String>,
    /// Where it goes: a file, or a folder to put it in under its own name
    #[arg(short, long, value_name = "FILE", default_value = ".")]
    output: PathBuf,
    /// How it is packed; by the name of the file if that ends in .zip
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Leaves it unpacked, as a folder
    #[arg(long, conflicts_with = "format")]
    dir: bool,
    /// Leaves secrets and personal data in; the report says so in red
    #[arg(long)]
    no_redact: bool,
    /// Leaves the numbers of AWS accounts in
    #[arg(long)]
    account: bool,
    /// Takes what is sound in a damaged snapshot
    #[arg(long)]
    salvage: bool,
    #[command(flatten)]
    scope: ScopeArgs,
    #[command(flatten)]
    aws: AwsArgs,
}

/// Writes the snapshot and says where it is.
pub(crate) fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let settings = settings::load(args.config.as_deref())?;
    args.aws = args.aws.settled(&settings);
    let mut said = Said::new();
    let (mut origin, anchor, warnings) = origin(&args, &settings, &mut said)?;
    warnings.iter().for_each(|warning| complain(warning));
    let options = Options {
        settings,
        scope: scope(&args, anchor)?,
        redact: !args.no_redact,
        keep_accounts: args.account,
        form: form(&args),
        local: clock::local,
        picture: Some(picture()?),
        noted: None,
        cancel: Arc::default(),
    };
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&options.cancel))?;
    }
    let written = snapshot::write(&mut origin, &options, &args.output, &mut |progress| {
        said.progress(progress);
    });
    said.clear();
    let written = written?;
    written
        .warnings
        .iter()
        .for_each(|warning| complain(warning));
    tell(&written)?;
    Ok(ExitCode::SUCCESS)
}

/// Draws the panes as the dashboard shows them, in its own colours.
fn picture() -> anyhow::Result<Picture> {
    let (look, _) = Look::new("dark", Depth::True, false)?;
    let keys = KeyTable::new(&KeySettings::new())?;
    Ok(Box::new(move |scene| svg::panes(&scene, &look, &keys)))
}

/// Where it is on standard output, what is in it on standard error.
fn tell(written: &Written) -> io::Result<()> {
    let records = written.manifest.records;
    let values: u64 = written.manifest.redaction.values.values().sum();
    let redacted = if written.manifest.redaction.on {
        format!("{} replaced", number_of(values, "values"))
    } else {
        "NOT REDACTED: secrets and personal data are in it".to_owned()
    };
    let mut err = io::stderr().lock();
    writeln!(
        err,
        "{}, {}, {} · {redacted} · {} MB",
        number_of(records.log_events, "events"),
        number_of(records.segments, "segments"),
        number_of(records.metrics, "points"),
        (written.bytes as f64 / 1e5).round() / 10.0,
    )?;
    writeln!(io::stdout().lock(), "{}", written.path.display())
}

fn form(args: &Args) -> Form {
    let named_zip = args
        .output
        .extension()
        .is_some_and(|it| it.eq_ignore_ascii_case("zip"));
    match args.format {
        _ if args.dir => Form::Folder,
        Some(Format::Zip) => Form::Zip,
        None if named_zip => Form::Zip,
        _ => Form::Tar,
    }
}

/// The records, the moment that spans count back from, and what went wrong while they were fetched.
fn origin(
    args: &Args,
    settings: &crate::model::settings::Settings,
    said: &mut Said,
) -> anyhow::Result<(Origin, Timestamp, Vec<String>)> {
    if args.path.is_empty() {
        return fetched(args);
    }
    let options = files::Options {
        log_group: args.scope.log_group.first().cloned(),
        trust: Trust::new(args.salvage),
        ..files::Options::default()
    };
    // Standard input is read once: it is kept, compressed, to be looked at again.
    let stdin = args.path.iter().any(|path| path == Path::new("-"));
    let is_span = |text: &Option<String>| {
        text.as_deref()
            .is_some_and(|text| Timestamp::parse_rfc3339(text).is_none())
    };
    let needs_newest = is_span(&args.since) || is_span(&args.until);
    let mut newest = Timestamp(0);
    if stdin {
        let mut journal = Journal::new(None);
        let mut failed = None;
        let read = records::lines(&args.path, &options, &mut |lines, read| {
            failed = journal.push(lines, None).err();
            said.reading(read.bytes);
            failed.is_none()
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        return Ok((Origin::Journal(journal), newest, read.warnings));
    }
    if needs_newest {
        let limits = Limits::of(&settings.memory, false);
        let mut engine = Engine::new(settings.clone(), limits)?;
        files::read(&args.path, &options, &mut engine, &mut |_, read| {
            said.reading(read.bytes);
            true
        })?;
        newest = engine.newest().unwrap_or_default();
    }
    let paths = args.path.clone();
    Ok((Origin::Files { paths, options }, newest, Vec::new()))
}

/// Reads the window from AWS: the last 15 minutes unless told otherwise.
fn fetched(args: &Args) -> anyhow::Result<(Origin, Timestamp, Vec<String>)> {
    let now = clock::now();
    let scope = scope(args, now)?;
    let window = Window {
        since: scope.since.unwrap_or(now.plus_ms(-time::AROUND_MS)),
        until: Some(scope.until.unwrap_or(now)),
    };
    // What is linked to a function is known only once all have been read.
    let read = ScopeArgs {
        function: Vec::new(),
        ..args.scope.clone()
    };
    let sources = args.aws.sources(&read, window, false)?;
    let mut journal = Journal::new(None);
    let mut failed = None;
    let warnings = fetch::each(sources, args.aws.terms(), &mut |batch| {
        failed = failed.take().or(keep(&batch, &mut journal).err());
    })?;
    if let Some(error) = failed {
        return Err(error).context("keeping what was fetched");
    }
    Ok((Origin::Journal(journal), now, warnings))
}

/// What was asked for. Spans count back from `anchor`.
fn scope(args: &Args, anchor: Timestamp) -> anyhow::Result<Scope> {
    let moment = |text: &Option<String>| {
        text.as_deref()
            .map(|text| time::moment(text, anchor))
            .transpose()
    };
    let trace = args.trace.as_deref().map(|id| {
        TraceId::parse(id)
            .ok_or_else(|| anyhow!("{id}: not a trace id · 1-8 hex digits-24 hex digits, or 32"))
    });
    let request = args.request.as_deref().map(|id| {
        RequestId::parse(id).ok_or_else(|| anyhow!("{id}: not a request id · it is a UUID"))
    });
    Ok(Scope {
        since: moment(&args.since)?,
        until: moment(&args.until)?,
        functions: args.scope.function.clone(),
        finding: args.finding.clone(),
        trace: trace.transpose()?,
        request: request.transpose()?,
    })
}
