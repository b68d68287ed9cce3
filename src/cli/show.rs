//! `nepho show`: everything known of one request, trace or event, in files or in AWS, wherever in time it lies.

use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use super::aws::AwsArgs;
use super::{complain, settings};
use crate::engine::{Engine, Limits};
use crate::export::show::{self, Dossier};
use crate::sources::files;
use crate::store::lookup;

/// Arguments of `nepho show`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A request id, a trace id, or the id of a message or log event
    id: String,
    /// Files or directories to look in; without one it is looked up in AWS
    path: Vec<PathBuf>,
    /// Settings file with extraction rules
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// One JSON document instead of text
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    aws: AwsArgs,
}

/// Prints what belongs to the id.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let settings = settings::load(args.config.as_deref())?;
    let limits = Limits::of(&settings.memory, true);
    let mut engine = Engine::new(settings, limits)?;
    if args.path.is_empty() {
        bail!("no PATH given");
    }
    let read = files::read(
        &args.path,
        &files::Options::default(),
        &mut engine,
        &mut |_, _| true,
    )?;
    read.warnings.iter().for_each(|warning| complain(warning));
    let analysis = engine.analyse();
    let text = engine.text();
    let Some(found) = lookup::find(&analysis, &args.id) else {
        bail!(
            "{}: not found in {} files · check the id, or give more PATHs",
            args.id,
            read.files
        );
    };
    let dossier = Dossier {
        id: &args.id,
        analysis: &analysis,
        text: &text,
        found: &found,
    };
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        show::json(&dossier, &mut out)
    } else {
        show::text(&dossier, &mut out)
    }
    .and_then(|()| out.flush())
    .context("writing")?;
    Ok(ExitCode::SUCCESS)
}
