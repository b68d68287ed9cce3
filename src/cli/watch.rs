//! `nepho watch`, and `nepho` alone: polls an AWS account and shows what is wrong in it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::ensure;

use super::aws::{AwsArgs, LiveArgs, ScopeArgs};
use super::recording::BatchRecorder;
use super::screen::{LAYOUT, ScreenArgs};
use super::time;
use crate::app::Recorder;
use crate::app::clock::{self, Clock};
use crate::app::run::{self, Dashboard, Origin};
use crate::engine::{Engine, Limits};
use crate::model::mark::Noted;
use crate::model::time::Timestamp;
use crate::sources::Window;
use crate::store::scene::Mode;

/// Arguments of `nepho watch`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    aws: AwsArgs,
    #[command(flatten)]
    live: LiveArgs,
    #[command(flatten)]
    scope: ScopeArgs,
    /// How far back to begin
    #[arg(long, value_name = "SPAN", default_value = "15m", value_parser = time::span)]
    since: Duration,
    /// The 30 minutes around a moment, written as the pager wrote it (without a zone: UTC), instead of what happens now
    #[arg(long, value_name = "TIME", conflicts_with = "since")]
    at: Option<String>,
    /// Also writes the raw records as NDJSON; zstd or gzip by the name. Needs no terminal
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    #[command(flatten)]
    screen: ScreenArgs,
}

/// Opens the dashboard on the account.
pub(crate) fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    let screen = args.screen.read(LAYOUT)?;
    args.aws = args.aws.settled(&screen.settings);
    let limits = Limits::of(&screen.settings.memory, true);
    let engine = Engine::new(screen.settings, limits)?;
    let record = match &args.record {
        Some(path) => Some(Box::new(BatchRecorder::create(path)?) as Box<dyn Recorder>),
        None => None,
    };
    let (reach, clock) = window(&args, clock::now())?;
    let live = args.live.live_tail && reach.until.is_none();
    let watching = args.aws.watching()?;
    // In a recording, what comes after another place was chosen must not mix with what came before.
    let (first, records) = (watching.clone(), args.record.is_some());
    run::run(Dashboard {
        engine,
        place: watching.words(),
        origin: Origin::Sources {
            terms: args.aws.terms(),
            clock: clock::system(),
            make: Box::new(move |watching| {
                let (window, _) = window(&args, clock::now())?;
                let named = records && *watching != first;
                args.aws
                    .sources_of((watching, named), &args.scope, window, live)
            }),
            watching: Some(watching),
        },
        mode: Mode::Live,
        clock: Some(clock),
        record,
        look: screen.look,
        keys: screen.keys,
        mouse: screen.mouse,
        notify: screen.notify,
        noted: Noted::default(),
        keeper: screen.keeper,
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What to read, and the clock of the screen: around a past moment it stands still at the end of the window.
fn window(args: &Args, now: Timestamp) -> anyhow::Result<(Window, Clock)> {
    let Some(at) = &args.at else {
        let since = now.before(args.since);
        return Ok((Window { since, until: None }, clock::system()));
    };
    let moment = time::moment(at, now)?;
    ensure!(
        moment <= now,
        "--at {at}: lies in the future, it is {now} · without --at it shows what happens now"
    );
    let until = moment.plus_ms(time::AROUND_MS).min(now);
    let window = Window {
        since: moment.plus_ms(-time::AROUND_MS),
        until: Some(until),
    };
    Ok((window, clock::simulated(until, 0.0)))
}
