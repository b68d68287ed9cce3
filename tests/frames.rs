//! Frames beside those of the incident: the states in which a pane has nothing to show, every theme, text of any width, and
//! the pictures of the manual.

#[path = "support/picture.rs"]
mod picture;
#[path = "support/states.rs"]
mod states;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nepho::store::scene::Scene;
use nepho::ui::keys::{KeySettings, KeyTable};
use nepho::ui::panes;
use nepho::ui::screen::Screen;
use nepho::ui::theme::{BUILTIN, Depth, Look, contrast};
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use picture::{busy, frame, text};
use states::{blind, runs, without_figures};

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 60), (40, 12)];

/// A screen of a scene on a pane, in one theme.
fn on_pane(scene: &Arc<Scene>, pane: usize, theme: &str) -> Screen {
    let (look, _) = Look::new(theme, Depth::True, false).unwrap();
    let keys = KeyTable::new(&KeySettings::new()).unwrap();
    let mut screen = Screen::new(look, keys, (**scene).clone());
    press(&mut screen, &(pane + 1).to_string());
    screen
}

fn press(screen: &mut Screen, keys: &str) {
    for letter in keys.chars() {
        screen.settle();
        screen.on_key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
    }
}

/// The words of a frame without line breaks, rules and repeated blanks: sentences may be wrapped anywhere.
fn words(buffer: &Buffer) -> String {
    let shown = text(buffer);
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

// --- states -----------------------------------------------------------------------------------------------------------

/// What a pane says in a state: why there is nothing, and what to do.
fn expected(state: &str, pane: &str) -> &'static str {
    match (state, pane) {
        ("starting", _) => "reading …",
        ("loading", _) => "1 of 2 log groups read, 41,208 records",
        ("denied", _) => "add that action to the role",
        ("logged out", _) => "run aws sso login",
        ("broken", _) => "check --endpoint-url",
        ("blind", "Throttling") => "allow cloudwatch:GetMetricData",
        // Where there is no room for a word, the figures are unknown, not 0.
        ("blind", "Duplicates") => "?",
        ("blind", "Ordering") => "blind",
        ("blind", "Errors") => "nothing failed",
        ("blind", "Overview" | "Cold starts" | "Traces") => "30",
        ("blind", "Tail") => "done",
        ("blind" | "metrics alone", "Sources") => "logs",
        ("metrics alone", "Overview") => "90 of 200 run",
        ("metrics alone", "Throttling") => "lambda:payment",
        ("metrics alone", "Errors") => "by CloudWatch metrics alone 90 runs of 1 function failed",
        ("metrics alone", _) => "no log tells of a run yet",
        other => panic!("{other:?} is not designed"),
    }
}

#[test]
fn every_pane_says_in_every_state_why_it_is_empty_and_what_to_do() {
    for (state, scene) in &without_figures() {
        for (at, pane) in panes::all().iter().enumerate() {
            let mut screen = on_pane(scene, at, "dark");
            for size in SIZES {
                let shown = words(&frame(&mut screen, size));
                let wanted = expected(state, pane.title());
                assert!(
                    shown.contains(wanted),
                    "{} {state} {size:?} does not say {wanted:?}:\n{}",
                    pane.title(),
                    text(&frame(&mut screen, size))
                );
            }
        }
    }
}

#[test]
fn a_blind_consumer_is_told_the_line_that_would_make_it_seen() {
    let mut screen = on_pane(&blind(), 3, "dark");
    let shown = words(&frame(&mut screen, (120, 40)));
    for wanted in [
        "blind: event ids on 0.0 % of 30 runs",
        "print(json.dumps(event))",
        "\"messageId\"",
    ] {
        assert!(shown.contains(wanted), "{wanted} is missing: {shown}");
    }
}

// --- themes -----------------------------------------------------------------------------------------------------------

/// The colour of a cell's letters and the one behind them.
fn colours(cell: &ratatui::buffer::Cell, look: &Look) -> ((u8, u8, u8), (u8, u8, u8)) {
    let rgb = |colour: Color, default| match colour {
        Color::Rgb(red, green, blue) => Some((red, green, blue)),
        Color::Reset => Some(default),
        _ => None,
    };
    let text = rgb(cell.fg, look.ground.text).unwrap();
    let behind = rgb(cell.bg, look.ground.background).unwrap();
    if cell.modifier.contains(Modifier::REVERSED) {
        (behind, text)
    } else {
        (text, behind)
    }
}

#[test]
fn every_pane_shows_the_same_in_every_theme_and_every_letter_can_be_read() {
    for at in 0..panes::all().len() {
        let dark = frame(&mut on_pane(&busy(), at, "dark"), (120, 40));
        for (theme, _) in BUILTIN {
            let drawn = frame(&mut on_pane(&busy(), at, theme), (120, 40));
            assert_eq!(text(&drawn), text(&dark), "{theme} changes what is shown");
            if ["ansi", "mono"].contains(theme) {
                continue;
            }
            let (look, _) = Look::new(theme, Depth::True, false).unwrap();
            for (place, cell) in drawn.content.iter().enumerate() {
                if !cell.symbol().chars().all(char::is_alphanumeric) {
                    continue;
                }
                let (letters, ground) = colours(cell, &look);
                let ratio = contrast(letters, ground);
                assert!(
                    ratio >= 4.5,
                    "{theme}, pane {}: {:?} in column {}, row {} has {ratio:.1}",
                    at + 1,
                    cell.symbol(),
                    place % 120,
                    place / 120
                );
            }
        }
    }
}

#[test]
fn the_theme_is_switched_live_and_says_how_to_keep_it() {
    let mut screen = on_pane(&busy(), 0, "dark");
    let before = frame(&mut screen, (120, 40));
    screen.on_key(KeyEvent::new(KeyCode::Char('t'), KeyModifiers::CONTROL));
    let after = frame(&mut screen, (120, 40));
    assert!(words(&after).contains("theme = \"high-contrast\" in nepho.toml"));
    let looks =
        |buffer: &Buffer| -> Vec<Color> { buffer.content.iter().map(|cell| cell.fg).collect() };
    assert_ne!(looks(&before), looks(&after));
}

// --- width ------------------------------------------------------------------------------------------------------------

const TRACEBACK: &str = "\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 7, in handler\n    return event";

/// The same failing runs, whose message is in other scripts or in plain letters.
fn wide_and_plain() -> [Arc<Scene>; 2] {
    let message = "注文が見つかりません 👩‍👩‍👧‍👦🇩🇪 שלום مرحبا e\u{301}";
    [message, "not found"].map(|message| {
        let said = format!("[ERROR] KeyError: {message}{TRACEBACK}");
        runs("orders", &said)
    })
}

fn row(buffer: &Buffer, y: usize) -> &[ratatui::buffer::Cell] {
    let width = usize::from(buffer.area.width);
    &buffer.content[y * width..(y + 1) * width]
}

fn letters(cells: &[ratatui::buffer::Cell]) -> String {
    cells.iter().map(ratatui::buffer::Cell::symbol).collect()
}

/// Where the rules and the footer stand: whatever is written between them, they stay.
#[test]
fn wide_letters_emoji_and_right_to_left_text_break_no_line() {
    let [wide, plain] = wide_and_plain();
    for at in 0..panes::all().len() {
        for size in [(80, 24), (120, 40), (200, 60)] {
            let drawn = frame(&mut on_pane(&wide, at, "dark"), size);
            let same = frame(&mut on_pane(&plain, at, "dark"), size);
            let last = usize::from(size.1) - 1;
            for y in 0..=last {
                let rule = letters(row(&same, y));
                let here = letters(row(&drawn, y));
                if y == 1 || y == last {
                    assert_eq!(here, rule, "pane {} row {y}", at + 1);
                }
                if rule.starts_with("─ ") && rule.ends_with(" ─") {
                    assert!(here.ends_with('─'), "pane {} row {y}: {here}", at + 1);
                }
            }
        }
    }
}

/// Figures to the right of a text stand in the same cells, whatever it is written in.
#[test]
fn figures_stay_under_their_titles_beside_text_of_any_script() {
    let [wide, plain] = wide_and_plain();
    let drawn = frame(&mut on_pane(&wide, 8, "dark"), (120, 40));
    let same = frame(&mut on_pane(&plain, 8, "dark"), (120, 40));
    // Row 3 is the rule, row 4 the titles, row 5 the error.
    let titles = letters(row(&same, 4));
    let from = titles.chars().take_while(|letter| *letter == ' ').count();
    let count = titles[from..].find("count").map(|at| at + from);
    let count = count.expect("a column of counts");
    for y in [4, 5] {
        assert_eq!(
            letters(&row(&drawn, y)[count..]),
            letters(&row(&same, y)[count..])
        );
    }
    assert!(
        letters(row(&drawn, 5)).contains('注'),
        "the text itself is shown"
    );
    assert!(
        letters(&row(&same, 5)[count..]).contains("30"),
        "thirty failed"
    );
}

// --- pictures ---------------------------------------------------------------------------------------------------------

fn pictures(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

/// After a change that was looked at: `nepho screenshot`.
#[test]
fn the_pictures_of_the_manual_are_what_the_program_draws() {
    let folder = tempfile::tempdir().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_nepho"))
        .arg("screenshot")
        .arg(folder.path())
        .status()
        .unwrap();
    assert!(status.success());
    let kept = pictures(&Path::new(env!("CARGO_MANIFEST_DIR")).join("screenshots"));
    let drawn = pictures(folder.path());
    assert_eq!(
        kept.keys().collect::<Vec<_>>(),
        drawn.keys().collect::<Vec<_>>(),
        "one picture a pane and page"
    );
    for (name, picture) in drawn {
        assert!(
            kept[&name] == picture,
            "screenshots/{name} is out of date: run nepho screenshot, and look at it"
        );
    }
}
