//! What the screen keeps from one run to the next, and what a first run says.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/picture.rs"]
mod picture;

use nepho::ui::kept::Kept;
use nepho::ui::screen::Screen;

use keys::press;
use picture::{busy, frame, screen, text};

fn shown(screen: &mut Screen) -> String {
    text(&frame(screen, (140, 40)))
}

/// Another run with what the first one kept, through the form in which it is written.
fn next_run(first: &Screen) -> Screen {
    let written = first.kept().text().unwrap();
    screen(&busy()).restored(&Kept::parse(&written).unwrap())
}

#[test]
fn pane_filter_order_columns_widths_and_zone_come_back() {
    let mut first = screen(&busy());
    press(&mut first, "6/status:error<enter>..T");
    press(&mut first, "ll>c");
    press(&mut first, "<enter><esc>");
    let wanted = shown(&mut first);
    let mut second = next_run(&first);
    press(&mut second, "ll");
    assert_eq!(
        second.place().views(),
        first.place().views(),
        "every view of the pane"
    );
    let again = shown(&mut second);
    let third_row = |shown: &str| shown.lines().nth(2).unwrap().trim().to_owned();
    assert_eq!(third_row(&again), third_row(&wanted));
    assert!(third_row(&again).contains("filter status:error hides "));
    press(&mut second, "<esc>");
    assert!(
        !third_row(&shown(&mut second)).contains("filter"),
        "Esc takes the kept filter off"
    );
}

#[test]
fn what_was_typed_is_there_again() {
    let mut first = screen(&busy());
    press(&mut first, "6/fn:checkout<enter><esc>");
    let mut second = next_run(&first);
    press(&mut second, "1/<up>");
    assert!(shown(&mut second).contains("/ fn:checkout"));
}

#[test]
fn panes_and_lists_of_another_nepho_are_left_out() {
    let mut kept = screen(&busy()).kept();
    kept.pane = "Weather".to_owned();
    kept.zone = "Mars".to_owned();
    let mut screen = screen(&busy()).restored(&kept);
    assert!(shown(&mut screen).contains("[1 Overview]"));
}

#[test]
fn a_first_run_is_told_three_things_until_the_first_key() {
    let mut screen = screen(&busy()).with_hint();
    let first = shown(&mut screen);
    let lines: Vec<&str> = first.lines().collect();
    for (line, words) in lines[36..39].iter().zip([
        "Enter opens what you point at, Esc goes back; that is enough to find a cause.",
        "x explains any figure, ? shows the keys, / filters, Space holds the picture.",
        "nepho only reads. What AWS calls cost, and what it cannot see, is on 8.",
    ]) {
        assert_eq!(line.trim(), words);
    }
    press(&mut screen, "j");
    assert!(!shown(&mut screen).contains("nepho only reads"));
}
