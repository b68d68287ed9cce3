//! The built program in a pseudo-terminal: it starts, every pane opens, drill-down and back, resize, quit; and the
//! terminal is as it was, also after a panic and a SIGTERM.

#![cfg(unix)]

#[path = "support/pty.rs"]
mod pty;
#[path = "support/small_world.rs"]
mod small_world;

use std::io::Write as _;
use std::time::Duration;

use pty::Pty;

/// Keys as a terminal sends them.
const ENTER: &str = "\r";
const ESC: &str = "\x1b";

fn open(columns: u16, rows: u16) -> Pty {
    let file = small_world::file();
    let pty = Pty::start(columns, rows, &["open", file.to_str().unwrap()], &[]);
    pty.wait_for("Overview");
    pty.wait_for("What is wrong now");
    pty
}

#[test]
fn it_starts_quits_and_leaves_the_terminal_as_it_was() {
    let mut pty = open(120, 40);
    assert!(pty.screen().alternate_screen());
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn every_pane_opens_by_its_digit() {
    let mut pty = open(120, 40);
    let panes = [
        "Overview",
        "Cold starts",
        "Throttling",
        "Duplicates",
        "Ordering",
        "Traces",
        "Tail",
        "Sources",
    ];
    for (digit, title) in (1..).zip(panes) {
        pty.send(&digit.to_string());
        pty.wait_for(&format!("[{digit} {title}"));
    }
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn enter_goes_to_the_invocation_and_its_lines_and_esc_goes_back() {
    let mut pty = open(120, 40);
    pty.wait_for("failing");
    let mut deep = String::new();
    for _ in 0..4 {
        pty.send(ENTER);
        pty.settle();
        deep = pty.screen().contents();
        if deep.contains("Traceback") {
            break;
        }
    }
    assert!(
        deep.contains("Traceback"),
        "Enter alone leads to the log line:\n{deep}"
    );
    for _ in 0..4 {
        pty.send(ESC);
        pty.settle();
    }
    pty.wait_for("What is wrong now");
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn it_follows_a_resize_down_to_one_line() {
    let mut pty = open(120, 40);
    pty.resize(80, 24);
    pty.wait_for("[1 Over");
    pty.resize(18, 4);
    pty.wait_for("needs 20");
    pty.resize(200, 50);
    pty.wait_for("[1 Overview]");
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn a_frame_in_which_no_cell_changes_is_not_written() {
    let mut pty = open(120, 40);
    pty.wait_for("■ file │ complete to");
    pty.wait_for("failing");
    // From here on the cursor stands on the first row, and the hint of a first start is gone.
    for _ in 0..2 {
        pty.send("g");
        pty.settle();
    }
    let before = pty.bytes();
    pty.send("g");
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(pty.bytes(), before);
    pty.send("?");
    pty.wait_for("Keys of");
    pty.send("q");
}

#[test]
fn help_lists_the_keys_and_closes() {
    let mut pty = open(120, 40);
    pty.send("?");
    pty.wait_for("Keys of");
    pty.send(ESC);
    pty.wait_gone("Keys of");
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn signals_that_end_programs_end_it_cleanly() {
    for name in ["TERM", "HUP", "INT", "QUIT"] {
        let mut pty = open(120, 40);
        pty.signal(name);
        pty.expect_clean_end(0);
    }
}

#[test]
#[cfg(debug_assertions)]
fn a_panic_gives_the_terminal_back_and_is_readable() {
    let mut pty = open(120, 40);
    // F17 as terminals send it: debug builds panic on it, for this test.
    pty.send("\x1b[34~");
    pty.expect_clean_end(101);
    assert!(pty.raw_contains("panicked at"), "the message of the panic");
}

#[test]
fn without_colours_and_without_utf_8_every_glyph_is_ascii() {
    let file = small_world::file();
    let arguments = ["open", file.to_str().unwrap()];
    let mut pty = Pty::start(80, 24, &arguments, &[("NO_COLOR", "1"), ("LC_ALL", "C")]);
    pty.wait_for("What is wrong now");
    pty.settle();
    let contents = pty.screen().contents();
    assert!(contents.is_ascii(), "{contents}");
    let screen = pty.screen();
    let coloured = (0..24)
        .flat_map(|row| (0..80).map(move |column| (row, column)))
        .find(|&(row, column)| {
            screen.cell(row, column).is_some_and(|cell| {
                cell.fgcolor() != vt100::Color::Default || cell.bgcolor() != vt100::Color::Default
            })
        });
    assert_eq!(coloured, None, "a coloured cell");
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn the_mouse_is_taken_used_and_given_back() {
    let mut pty = open(120, 40);
    let mode = pty.screen().mouse_protocol_mode();
    assert_eq!(mode, vt100::MouseProtocolMode::ButtonMotion);
    // The button goes down on the tab of pane 7 and up again, as terminals say it: cells count from 1.
    let tabs = pty.screen().contents();
    let line = tabs.lines().nth(1).unwrap();
    let column = line[..line.find("7 Tail").unwrap()].chars().count() + 1;
    pty.send(&format!("\x1b[<0;{column};2M\x1b[<0;{column};2m"));
    pty.wait_for("[7 Tail");
    // The right button is Esc, and the wheel over nothing is nothing.
    pty.send("\x1b[<2;9;9M\x1b[<65;1;1M");
    pty.wait_for("q quits");
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn the_mouse_is_left_alone_where_the_settings_say_so() {
    let file = small_world::file();
    let folder = tempfile::tempdir().unwrap();
    let settings = folder.path().join("nepho.toml");
    std::fs::write(&settings, "mouse = false\n").unwrap();
    let arguments = [
        "open",
        file.to_str().unwrap(),
        "--config",
        settings.to_str().unwrap(),
    ];
    let mut pty = Pty::start(120, 40, &arguments, &[]);
    pty.wait_for("What is wrong now");
    assert_eq!(
        pty.screen().mouse_protocol_mode(),
        vt100::MouseProtocolMode::None
    );
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn a_first_run_is_told_what_is_enough_and_the_layout_is_there_again_after_sigterm() {
    let file = small_world::file();
    let state = tempfile::tempdir().unwrap();
    let env = [("XDG_STATE_HOME", state.path().to_str().unwrap())];
    let open = |more: &[&str]| {
        let arguments = [&["open", file.to_str().unwrap()], more].concat();
        let pty = Pty::start(120, 40, &arguments, &env);
        pty.wait_for("failing");
        pty
    };
    let mut pty = open(&[]);
    pty.wait_for("Enter opens what you point at");
    pty.send("7");
    pty.wait_for("What it says now");
    pty.send("/traceback\r");
    pty.wait_gone("Enter opens what you point at");
    pty.wait_for("filter traceback hides");
    pty.terminate();
    pty.expect_clean_end(0);
    let mut pty = open(&[]);
    pty.wait_for("[7 Tail");
    pty.wait_for("filter traceback hides");
    assert!(
        !pty.screen()
            .contents()
            .contains("Enter opens what you point at")
    );
    pty.send("q");
    pty.expect_clean_end(0);
    let mut pty = open(&["--fresh"]);
    pty.wait_for("[1 Overview]");
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn a_damaged_layout_is_said_and_the_program_goes_on() {
    let file = small_world::file();
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().join("nepho");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("layout.toml"), "version = 99\n").unwrap();
    let env = [("XDG_STATE_HOME", state.path().to_str().unwrap())];
    let mut pty = Pty::start(160, 40, &["open", file.to_str().unwrap()], &env);
    pty.wait_for("version 99, this is 1 · the last layout is not put back");
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn a_file_says_how_much_of_it_is_read_until_it_is() {
    // A pipe that stays open: nobody knows how long it will be.
    let file = small_world::file();
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let mut pty = Pty::start(140, 40, &["open", pipe.to_str().unwrap()], &[]);
    let mut writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
    let lines = std::fs::read(&file).unwrap();
    // More than a block is sent, so that something was taken in while the pipe is still open.
    for _ in 0..24 {
        writer.write_all(&lines).unwrap();
    }
    pty.wait_for("■ file ");
    pty.wait_for(" MB │ partial to ");
    drop(writer);
    pty.wait_gone(" partial to ");
    pty.wait_for("■ file │ complete to");
    pty.send("q");
    pty.expect_clean_end(0);
}

/// The clock of a file is its newest record: without one there is no time, and nothing that could be wrong or right.
#[test]
fn a_file_without_records_says_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("empty.ndjson");
    std::fs::write(&path, "").unwrap();
    let mut pty = Pty::start(120, 40, &["open", path.to_str().unwrap()], &[]);
    pty.wait_for("no invocation in these records");
    pty.wait_for("Last hour, one cell a minute");
    let screen = pty.screen().contents();
    assert!(!screen.contains("now ("), "{screen}");
    pty.send("q");
    pty.expect_clean_end(0);
}

/// Of a file that broke off pane 8 says that first, and not the line that its end cut in two.
#[test]
fn a_file_that_ends_inside_a_frame_says_so_among_the_sources() {
    let lines = std::fs::read(small_world::file()).unwrap();
    let whole = zstd::encode_all(&lines[..], 1).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("half.zst");
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let mut pty = Pty::start(200, 40, &["open", path.to_str().unwrap()], &[]);
    pty.wait_for("What is wrong now");
    pty.send("8");
    pty.wait_for("half.zst: ends inside a compressed frame after ");
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn escapes_in_log_lines_never_reach_the_terminal() {
    let mut pty = open(120, 40);
    pty.send("7");
    pty.wait_for("hostile");
    assert!(
        !pty.raw_contains("\x1b]0;owned"),
        "an escape of a log line came through"
    );
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn an_idle_dashboard_writes_nothing() {
    let mut pty = open(120, 40);
    pty.settle();
    let before = pty.bytes();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(pty.bytes(), before, "bytes written while nothing changed");
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn without_a_terminal_it_says_what_to_use() {
    let file = small_world::file();
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_nepho"))
        .args(["open", file.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(told, "nepho: no terminal: use nepho report or nepho tail\n");
}
