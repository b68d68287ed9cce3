//! `nepho diff`: two snapshots against each other, or one source before and after a moment.

use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::reading::ReadArgs;
use super::{complain, settings, time};
use crate::engine::{Engine, Limits, Scope};
use crate::export::diff::{self, Diff};
use crate::model::analysis::Analysis;
use crate::model::settings::Settings;
use crate::model::time::Timestamp;
use crate::sources::files;

/// How a comparison is printed.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    /// For people, in a terminal
    Text,
    /// One document, for programs
    Json,
}

/// Arguments of `nepho diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Snapshots, or files and directories as `nepho report` reads them
    before: PathBuf,
    /// What it is compared with; without one, the first is cut in two by --before and --after
    after: Option<PathBuf>,
    /// The first side ends then: a moment as it is written (without a zone: UTC), or a span back from the last event
    #[arg(
        long = "before",
        value_name = "T",
        conflicts_with = "after",
        requires = "from"
    )]
    until: Option<String>,
    /// The second side begins then
    #[arg(long = "after", value_name = "T", requires = "until")]
    from: Option<String>,
    /// Settings file with extraction rules and thresholds
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Prints the comparison.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let settings = settings::load(args.config.as_deref())?;
    let options = args.read.options();
    let analysis = |path: &Path, scope: &dyn Fn(Timestamp) -> anyhow::Result<Scope>| {
        analysis(path, &options, &settings, scope)
    };
    let whole = |_: Timestamp| Ok(Scope::default());
    let (before, after) = match (&args.after, &args.until, &args.from) {
        (Some(after), ..) => (analysis(&args.before, &whole)?, analysis(after, &whole)?),
        (None, Some(until), Some(from)) => {
            let ends = |newest| {
                Ok(Scope {
                    until: Some(time::moment(until, newest)?),
                    ..Scope::default()
                })
            };
            let begins = |newest| {
                Ok(Scope {
                    from: Some(time::moment(from, newest)?),
                    ..Scope::default()
                })
            };
            (
                analysis(&args.before, &ends)?,
                analysis(&args.before, &begins)?,
            )
        }
        _ => bail!("nothing to compare with · name a second PATH, or --before T --after T"),
    };
    let diff = Diff::of(&before, &after);
    let mut out = BufWriter::new(io::stdout().lock());
    match args.format {
        Format::Text => diff::text(&diff, &mut out),
        Format::Json => diff.json(&mut out),
    }
    .and_then(|()| out.flush())
    .context("writing the comparison")?;
    Ok(ExitCode::SUCCESS)
}

/// What a path says, within what `scope` makes of its last event.
fn analysis(
    path: &Path,
    options: &files::Options,
    settings: &Settings,
    scope: &dyn Fn(Timestamp) -> anyhow::Result<Scope>,
) -> anyhow::Result<Analysis> {
    let limits = Limits::of(&settings.memory, false);
    let mut engine = Engine::new(settings.clone(), limits)?;
    let read = files::read(&[path.to_owned()], options, &mut engine, &mut |_, _| true)?;
    read.warnings.iter().for_each(|warning| complain(warning));
    let newest = engine.newest().unwrap_or_default();
    engine.restrict(&scope(newest)?);
    Ok(engine.analyse())
}
