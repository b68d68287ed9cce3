//! Windows of time by keys alone: what they hold is what a report of them holds, in every pane.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/picture.rs"]
mod picture;

use nepho::engine;
use nepho::model::time::Timestamp;
use nepho::ui::screen::Screen;

use keys::press;
use picture::{busy, frame, screen, text};

fn shown(screen: &mut Screen) -> String {
    text(&frame(screen, (140, 40)))
}

/// A moment of the incident's day.
fn at(clock: &str) -> Timestamp {
    Timestamp::parse_rfc3339(&format!("2026-03-03T{clock}Z")).unwrap()
}

#[test]
fn a_window_holds_what_a_report_of_it_holds() {
    let mut screen = screen(&busy());
    press(&mut screen, "t14:02-14:06<enter>");
    let alone = engine::within(&busy().analysis, at("14:02:00"), at("14:06:00"));
    assert_eq!(screen.scene().analysis.functions, alone.functions);
    let runs = |screen: &Screen| -> u64 {
        let functions = &screen.scene().analysis.functions;
        functions.iter().map(|function| function.invocations).sum()
    };
    let of_window = runs(&screen);
    assert!(
        shown(&mut screen).contains("◄ 14:02–14:06"),
        "{}",
        shown(&mut screen)
    );
    press(&mut screen, "tall<enter>");
    assert!(of_window > 0 && of_window < runs(&screen));
    assert!(!shown(&mut screen).contains('◄'));
}

#[test]
fn the_window_applies_to_every_pane_and_its_log_lines() {
    let mut screen = screen(&busy());
    press(&mut screen, "t14:02-14:03<enter>7");
    screen.settle();
    let part = screen.place().parts().next().unwrap();
    let rows = &part.table.rows;
    assert!(rows.len() > 10);
    for at in 0..rows.len() {
        let time = rows.row(at).cells[0].characters().into_owned();
        assert!(
            time.starts_with("14:02:") || time.starts_with('─'),
            "{time}"
        );
    }
}

#[test]
fn steps_zoom_and_now() {
    let mut screen = screen(&busy());
    press(&mut screen, "t4m<enter>[");
    assert!(
        shown(&mut screen).contains("◄ 14:04–14:08"),
        "{}",
        shown(&mut screen)
    );
    press(&mut screen, "]");
    assert!(!shown(&mut screen).contains('◄'), "back at the present");
    press(&mut screen, "[+");
    assert!(
        shown(&mut screen).contains("◄ 14:05–14:07"),
        "{}",
        shown(&mut screen)
    );
    press(&mut screen, "0");
    assert!(!shown(&mut screen).contains('◄'));
}

#[test]
fn a_time_that_cannot_be_read_says_what_can() {
    let mut screen = screen(&busy());
    press(&mut screen, "tnoon<enter>");
    let said = shown(&mut screen);
    assert!(
        said.contains("noon: not a time · use 15m, 2h, 14:05, 14:05-14:20"),
        "{said}"
    );
    press(&mut screen, "<ctrl-u>5m<enter>");
    assert!(!shown(&mut screen).contains("not a time"));
}

#[test]
fn before_and_after_the_deployment_side_by_side() {
    let mut screen = screen(&busy());
    press(&mut screen, "d");
    let asked = shown(&mut screen);
    assert!(asked.contains("compare before and after 14:0"), "{asked}");
    press(&mut screen, "<enter>");
    screen.settle();
    let said = shown(&mut screen);
    assert!(said.contains("new") && said.contains("payment"), "{said}");
    // The deployment made payment slower and checkout fail: they changed most.
    let part = screen
        .place()
        .parts()
        .find(|part| part.id == "compared")
        .unwrap();
    let rows = &part.table.rows;
    let names = [0, 1].map(|at| rows.row(at).cells[0].characters().into_owned());
    let payment = names.iter().position(|name| name == "payment");
    let row = rows.row(payment.expect("payment changed most"));
    let p50 = |cell: usize| nepho::ui::value::figure(&row.cells[cell].characters()).unwrap();
    assert!(p50(6) > 5.0 * p50(5), "{} → {}", p50(5), p50(6));
}

#[test]
fn times_are_told_as_asked() {
    let mut screen = screen(&busy());
    press(&mut screen, "6TT");
    let said = shown(&mut screen);
    assert!(
        said.contains(" ago") && said.contains("ago; claims of findings stay in UTC"),
        "{said}"
    );
    press(&mut screen, "T");
    assert!(!shown(&mut screen).contains(" ago"));
}
