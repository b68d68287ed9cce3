//! Pictures to draw in tests: the simulated incident, cut to its last minutes; nothing at all; a source that is denied.

use std::sync::{Arc, OnceLock};

use nepho::demo::{Options, SETTINGS, Scenario, World};
use nepho::engine::{Engine, Limits};
use nepho::model::batch::Batch;
use nepho::model::health::{Board, Health, Right, SourceState};
use nepho::model::settings::Settings;
use nepho::model::time::{MINUTE_MS, Timestamp};
use nepho::store::recalled::Recalled;
use nepho::store::scene::{Mode, Scene};
use nepho::ui::keys::{KeySettings, KeyTable};
use nepho::ui::screen::Screen;
use nepho::ui::theme::{Depth, Look};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// 2026-03-03T14:10:21Z.
const NOW: Timestamp = Timestamp(1_772_547_021_000);
/// How much of the incident's history is told: from before its deployment on.
const HISTORY_MS: i64 = 12 * MINUTE_MS;

/// Ten minutes of the incident, always the same.
pub fn busy() -> Arc<Scene> {
    static SCENE: OnceLock<Arc<Scene>> = OnceLock::new();
    Arc::clone(SCENE.get_or_init(|| Arc::new(incident())))
}

fn incident() -> Scene {
    let settings: Settings = toml::from_str(SETTINGS).expect("the shop's settings");
    let mut engine =
        Engine::new(settings.clone(), Limits::of(&settings.memory, true)).expect("an engine");
    let world = World::new(&Options {
        scenario: Scenario::Incident,
        seed: 7,
        start: NOW,
        duration_ms: None,
        history_ms: Some(HISTORY_MS),
    });
    let arrived = world.take_while(|(at, _)| *at <= NOW);
    let records: Vec<_> = arrived.map(|(_, record)| record).collect();
    let mut batch = Batch::from(records);
    let complete = NOW.plus_ms(-29_000);
    batch
        .complete
        .push(("/aws/lambda/payment".into(), complete));
    engine.apply(&batch);
    let mut board = Board::default();
    let health = Health {
        name: "demo".into(),
        state: SourceState::CaughtUp,
        complete_until: Some(NOW.plus_ms(-29_000)),
        records: Some(batch.records.len() as u64),
        ..Health::default()
    };
    board.sources.insert("demo".into(), health);
    Scene {
        analysis: Arc::new(engine.analyse()),
        board: Arc::new(board),
        text: Arc::new(engine.text()),
        recalled: Recalled::default(),
        mode: Mode::Demo { speed: 1.0 },
        place: "demo".into(),
        now: NOW,
    }
}

/// Before the first record.
pub fn empty() -> Arc<Scene> {
    Arc::new(Scene::empty(Mode::Live, "prod eu-west-1", NOW))
}

/// Nothing but a source that lacks a right.
pub fn denied() -> Arc<Scene> {
    let mut board = Board::default();
    let right = Right {
        action: "logs:FilterLogEvents".into(),
        resource: Some("/aws/lambda/nightly-report".into()),
    };
    let health = Health {
        name: "logs /aws/lambda/nightly-report".into(),
        state: SourceState::Denied,
        lacks: Some(right),
        ..Health::default()
    };
    board.sources.insert(health.name.clone(), health);
    Arc::new(Scene {
        board: Arc::new(board),
        ..Scene::empty(Mode::Live, "prod eu-west-1", NOW)
    })
}

/// A screen in one theme.
pub fn screen(scene: &Arc<Scene>) -> Screen {
    let (look, _) = Look::new("dark", Depth::True, false).expect("built in");
    let keys = KeyTable::new(&KeySettings::new()).expect("the embedded table");
    Screen::new(look, keys, (**scene).clone())
}

/// One frame, everything projected.
pub fn frame(screen: &mut Screen, (width, height): (u16, u16)) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    screen.settle();
    screen.render(area, &mut buffer);
    buffer
}

/// The characters of a frame, one line a row.
pub fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let rows = buffer.content.chunks(width.max(1));
    rows.map(|row| {
        row.iter()
            .map(ratatui::buffer::Cell::symbol)
            .collect::<String>()
            + "\n"
    })
    .collect()
}
