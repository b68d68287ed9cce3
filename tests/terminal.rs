//! The built program in a pseudo-terminal: it starts, every pane opens, drill-down and back, resize, quit; and the
//! terminal is as it was, also after a panic and a SIGTERM.

#![cfg(unix)]

#[path = "support/pty.rs"]
mod pty;
#[path = "support/small_world.rs"]
mod small_world;

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
fn sigterm_ends_it_cleanly() {
    let mut pty = open(120, 40);
    pty.terminate();
    pty.expect_clean_end(0);
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
