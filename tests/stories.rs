//! Whole stories in a pseudo-terminal: from the overview to the root cause to a mark that leads back to it, by keys alone.

#![cfg(unix)]

#[path = "support/pty.rs"]
mod pty;

use std::fs::{self, File};
use std::io::BufWriter;

use nepho::demo::{Options, SETTINGS, Scenario, World};
use nepho::export::recording::write_record;
use nepho::model::time::Timestamp;
use tempfile::TempDir;

use pty::Pty;

/// 2026-03-03T14:10:21Z.
const NOW: Timestamp = Timestamp(1_772_547_021_000);
const ENTER: &str = "\r";
const ESC: &str = "\x1b";

/// The dashboard on a recording of a scenario.
fn open(scenario: Scenario) -> (Pty, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let recording = folder.path().join("shop.ndjson");
    let mut out = BufWriter::new(File::create(&recording).unwrap());
    let world = World::new(&Options {
        scenario,
        seed: 7,
        start: NOW,
        duration_ms: None,
        history_ms: None,
    });
    for (_, record) in world.take_while(|(at, _)| *at <= NOW) {
        write_record(&record, &mut out).unwrap();
    }
    drop(out);
    let settings = folder.path().join("shop.toml");
    fs::write(&settings, SETTINGS).unwrap();
    let arguments = [
        "open",
        recording.to_str().unwrap(),
        "--config",
        settings.to_str().unwrap(),
    ];
    let pty = Pty::start(120, 40, &arguments, &[]);
    pty.wait_long_for("–14:10");
    pty.settle();
    (pty, folder)
}

/// Presses Enter and waits until the breadcrumb ends so.
fn enter(pty: &mut Pty, crumb: &str) {
    assert!(
        pty.screen().contents().contains("Enter open"),
        "the footer offers it"
    );
    pty.send(ENTER);
    pty.wait_for(crumb);
    pty.settle();
}

fn shows(pty: &Pty, words: &[&str]) {
    for wanted in words {
        pty.wait_for(wanted);
    }
}

/// Marks the row under the cursor, goes away, and comes back to it by the list of marks.
fn mark_and_come_back(pty: &mut Pty, note: &str, cause: &[&str]) {
    pty.send("m");
    pty.send(note);
    pty.send(ENTER);
    pty.wait_for("1 marked");
    pty.send("8");
    pty.wait_for("Can I believe this");
    pty.send("'");
    pty.wait_for(note);
    pty.send(ENTER);
    shows(pty, cause);
    pty.wait_for("•");
}

#[test]
fn a_cold_burst_from_the_overview_to_an_environment_that_had_idled() {
    let (mut pty, _folder) = open(Scenario::ColdBurst);
    shows(&pty, &["cart-api", "started cold"]);
    enter(&mut pty, "› cold start cart-api");
    shows(&pty, &["cause", "next", "init"]);
    enter(&mut pty, "› cold runs of cart-api");
    enter(&mut pty, "…");
    let cause = ["Found on it", "▒ cold start", "idle_expiry"];
    shows(&pty, &cause);
    mark_and_come_back(&mut pty, "idle overnight", &cause);
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn a_throttle_storm_from_the_overview_to_the_caller_that_floods() {
    let (mut pty, _folder) = open(Scenario::ThrottleStorm);
    shows(&pty, &["payment", "refuses"]);
    enter(&mut pty, "› throttling payment");
    enter(&mut pty, "› lambda:payment");
    shows(
        &pty,
        &["slots reserved", "Who calls it", "checkout", "blame"],
    );
    enter(&mut pty, "› checkout");
    pty.send(ESC);
    pty.wait_for("Who calls it");
    mark_and_come_back(&mut pty, "checkout floods", &["Who calls it", "checkout"]);
    pty.send("q");
    pty.expect_clean_end(0);
}

#[test]
fn double_orders_from_the_overview_to_two_runs_of_one_message() {
    let (mut pty, _folder) = open(Scenario::DoubleOrders);
    shows(&pty, &["orders-worker", "ran twice", "visibility timeout"]);
    enter(&mut pty, "› duplicate orders-worker");
    enter(&mut pty, "› orders-worker ");
    let cause = ["both running", "1st", "2nd", "overlap", "double"];
    shows(&pty, &cause);
    mark_and_come_back(&mut pty, "visibility too short", &cause);
    enter(&mut pty, "…");
    shows(
        &pty,
        &["Found on it", "═ repeated by", "overlap, harm double"],
    );
    pty.send("q");
    pty.expect_clean_end(0);
}
