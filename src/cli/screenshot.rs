//! `nepho screenshot`: pictures of every pane on the simulated incident, the same bytes every time.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::demo::{Options, SETTINGS, Scenario, World};
use crate::engine::{Engine, Limits};
use crate::model::batch::Batch;
use crate::model::health::{Board, Health, SourceState};
use crate::model::settings::Settings;
use crate::model::time::Timestamp;
use crate::store::recalled::Recalled;
use crate::store::scene::{Mode, Scene};
use crate::ui::keys::{KeySettings, KeyTable};
use crate::ui::panes;
use crate::ui::screen::Screen;
use crate::ui::svg::svg;
use crate::ui::theme::{Depth, Look};

/// 2026-03-03T14:10:21Z: the moment of every picture.
const NOW: Timestamp = Timestamp(1_772_547_021_000);
/// Everything before it has arrived, so long before now.
const SETTLED_MS: i64 = 29_000;
const SEED: u64 = 7;

/// Arguments of `nepho screenshot`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder for the pictures
    #[arg(value_name = "FOLDER", default_value = "screenshots")]
    folder: PathBuf,
    /// A built-in theme
    #[arg(long, value_name = "NAME", default_value = "dark")]
    theme: String,
    /// Columns and rows
    #[arg(long, value_name = "WxH", default_value = "120x40", value_parser = size)]
    size: (u16, u16),
}

/// Pictures beside those of the panes: the keys, the name, and a theme of its own.
const MORE: [(&str, &str, Option<&str>); 15] = [
    ("1", "light", Some("light")),
    ("1\n", "finding", None),
    ("1?", "help", None),
    ("1x", "explain", None),
    ("1:thr", "palette", None),
    ("1d\n", "compare", None),
    ("1}}\n", "function", None),
    ("2\n\n", "invocation", None),
    ("3\n", "resource", None),
    ("4\n", "repeat", None),
    ("4G", "blind", None),
    ("5\n", "overtaken", None),
    ("6\n", "waterfall", None),
    ("6\nC", "critical-path", None),
    ("9\n", "error", None),
];

/// Draws them.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let scene = incident()?;
    fs::create_dir_all(&args.folder)
        .with_context(|| format!("{}: cannot be made", args.folder.display()))?;
    let panes = panes::all().iter().enumerate();
    let panes = panes.map(|(at, pane)| (format!("{}", at + 1), pane.title().to_lowercase(), None));
    let more = MORE
        .iter()
        .map(|(keys, name, theme)| ((*keys).to_owned(), (*name).to_owned(), *theme));
    for (keys, name, theme) in panes.chain(more) {
        let (look, _) = Look::new(theme.unwrap_or(&args.theme), Depth::True, false)?;
        let picture = picture(&scene, look, &keys, args.size)?;
        let path = args.folder.join(format!("{}.svg", name.replace(' ', "-")));
        fs::write(&path, picture)
            .with_context(|| format!("{}: cannot be written", path.display()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// One frame after some keys, as SVG.
fn picture(
    scene: &Scene,
    look: Look,
    keys: &str,
    (width, height): (u16, u16),
) -> anyhow::Result<String> {
    let ground = look.ground;
    let area = Rect::new(0, 0, width, height);
    let mut screen = Screen::new(look, KeyTable::new(&KeySettings::new())?, scene.clone());
    let mut buffer = Buffer::empty(area);
    screen.settle();
    screen.render(area, &mut buffer);
    for letter in keys.chars() {
        let code = if letter == '\n' {
            KeyCode::Enter
        } else {
            KeyCode::Char(letter)
        };
        screen.on_key(KeyEvent::new(code, KeyModifiers::NONE));
        screen.settle();
        // What a key does may depend on what was in view.
        buffer.reset();
        screen.render(area, &mut buffer);
    }
    Ok(svg(&buffer, ground))
}

/// The incident as it stands at that moment.
fn incident() -> anyhow::Result<Scene> {
    let settings: Settings =
        toml::from_str(SETTINGS).context("the settings of the simulated shop")?;
    let mut engine = Engine::new(settings.clone(), Limits::of(&settings.memory, true))?;
    let world = World::new(&Options {
        scenario: Scenario::Incident,
        seed: SEED,
        start: NOW,
        duration_ms: None,
        history_ms: None,
    });
    let arrived = world.take_while(|(at, _)| *at <= NOW);
    let mut batch = Batch::from(arrived.map(|(_, record)| record).collect::<Vec<_>>());
    let complete = NOW.plus_ms(-SETTLED_MS);
    batch
        .complete
        .push(("/aws/lambda/payment".into(), complete));
    engine.apply(&batch);
    let health = Health {
        name: "demo".into(),
        state: SourceState::CaughtUp,
        complete_until: Some(complete),
        records: Some(batch.records.len() as u64),
        note: Some("a simulated cloud: no account, no network".into()),
        ..Health::default()
    };
    let mut board = Board::default();
    board.sources.insert(health.name.clone(), health);
    Ok(Scene {
        analysis: Arc::new(engine.analyse()),
        board: Arc::new(board),
        text: Arc::new(engine.text()),
        recalled: Recalled::default(),
        mode: Mode::Demo { speed: 1.0 },
        place: "demo".into(),
        now: NOW,
    })
}

fn size(text: &str) -> Result<(u16, u16), String> {
    let parts = text
        .split_once('x')
        .and_then(|(width, height)| Some((width.parse().ok()?, height.parse().ok()?)));
    parts.ok_or_else(|| "not a size · use columns x rows such as 120x40".into())
}
