//! `nepho open`: any input of the report in the dashboard, with no network.

use std::path::PathBuf;
use std::process::ExitCode;

use super::reading::ReadArgs;
use super::screen::{LAYOUT, ScreenArgs};
use crate::app::run::{self, Dashboard, Origin};
use crate::engine::{Engine, Limits};
use crate::model::mark::Noted;
use crate::sources::files;
use crate::sources::snapshot;
use crate::store::scene::Mode;

/// Arguments of `nepho open`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Snapshots, files or directories with logs, traces, metrics or configurations; - is standard input
    #[arg(required = true)]
    path: Vec<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    screen: ScreenArgs,
}

/// Opens the dashboard on the files.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    // Said before the screen is taken, as by any pager.
    files::check(&args.path)?;
    let screen = args.screen.read(LAYOUT)?;
    let limits = Limits::of(&screen.settings.memory, true);
    let engine = Engine::new(screen.settings, limits)?;
    let first = args.path[0].file_name().map_or_else(
        || args.path[0].display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    );
    let place = match args.path.len() {
        1 => first,
        many => format!("{first} and {} more", many - 1),
    };
    let mut noted = Noted::default();
    for left in args.path.iter().map(|path| snapshot::noted(path)) {
        noted.marks.extend(left.marks);
        noted.silences.extend(left.silences);
    }
    run::run(Dashboard {
        engine,
        origin: Origin::Files {
            paths: args.path,
            options: args.read.options(),
        },
        mode: Mode::File,
        place,
        clock: None,
        record: None,
        look: screen.look,
        keys: screen.keys,
        mouse: screen.mouse,
        notify: screen.notify,
        noted,
        keeper: screen.keeper,
    })?;
    Ok(ExitCode::SUCCESS)
}
