//! Keys in one line, and where they lead: contexts, trees, long lines, and that every action is reached both ways.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/picture.rs"]
mod picture;

use nepho::ui::action::{Action, Group};
use nepho::ui::keys::{Context, KeySettings, KeyTable};
use nepho::ui::screen::{Outcome, Screen};
use strum::IntoEnumIterator as _;

use keys::press;
use picture::{busy, empty, frame, screen, text};

fn shown(screen: &mut Screen) -> String {
    text(&frame(screen, (120, 40)))
}

/// Row 3 without what stands at its right.
fn crumb(screen: &mut Screen) -> String {
    let shown = shown(screen);
    let line = shown.lines().nth(2).unwrap().trim();
    line.split("   ").next().unwrap().to_owned()
}

#[test]
fn keys_lead_where_they_say() {
    for (keys, wanted) in [
        ("<enter>", "Overview › throttling payment"),
        ("<enter><esc>", "Overview"),
        ("<enter><backspace>", "Overview"),
        ("j<enter>", "Overview › error checkout"),
        ("jjkk<enter>", "Overview › throttling payment"),
        ("<tab>", "Cold starts"),
        ("<tab><tab>", "Throttling"),
        ("8", "Sources"),
        ("!", "Sources"),
        ("99", "Errors"),
        (":tail<enter>", "Tail"),
        (":functio<esc>", "Overview"),
        ("6<enter>C", "Traces › critical path of"),
        ("6<enter>C<esc>", "Traces"),
    ] {
        let mut screen = screen(&busy());
        press(&mut screen, keys);
        let crumb = crumb(&mut screen);
        assert!(crumb.starts_with(wanted), "{keys}: {crumb}");
    }
}

#[test]
fn keys_that_find_nothing_say_so() {
    for (keys, wanted) in [
        ("<esc>", "q quits"),
        (">", "h and l choose the column"),
        ("n", "nothing to find"),
        ("6zz}}}}", "no further part"),
        ("7jJ", "objects are unfolded"),
        ("7JJ", "objects are folded"),
        ("7V", "lines of DEBUG and TRACE are hidden"),
        ("7VV", "only lines of WARN and ERROR"),
        ("7VVV", "only lines of ERROR"),
        ("7VVVV", "lines of all levels"),
        ("7w", "long lines are wrapped"),
        ("7ww", "long lines are cut"),
    ] {
        let mut screen = screen(&busy());
        press(&mut screen, keys);
        let shown = shown(&mut screen);
        assert!(shown.contains(wanted), "{keys}: {shown}");
    }
}

#[test]
fn every_action_is_reached_by_a_key_and_by_its_name() {
    let table = KeyTable::new(&KeySettings::new()).unwrap();
    for action in Action::iter() {
        let mut contexts = Context::iter();
        let key = contexts.find_map(|context| table.keys(context, action).into_iter().next());
        assert!(key.is_some(), "{action} has no key");
        // Panes have their titles, and a prompt's keys work in a prompt alone.
        if action.group() == Group::Prompt || action.pane().is_some() {
            continue;
        }
        let mut screen = screen(&empty());
        press(&mut screen, &format!(":{action}"));
        let shown = shown(&mut screen);
        let offered = shown
            .lines()
            .any(|line| line.contains(&format!("│ {action} ")));
        assert!(offered, "{action} is not offered:\n{shown}");
        if !matches!(action, Action::Quit | Action::QuitNow | Action::Suspend) {
            let outcome = press(&mut screen, "<enter>");
            assert_ne!(outcome, Outcome::Quit, "{action}");
        }
    }
}

/// The longest trace of the picture, as a waterfall.
fn waterfall() -> Screen {
    let mut screen = screen(&busy());
    press(&mut screen, "6<enter>");
    screen
}

fn rows(screen: &Screen) -> usize {
    screen.place().cursor_part().unwrap().table.rows.len()
}

#[test]
fn a_branch_of_a_waterfall_folds_and_unfolds_and_its_rows_are_counted() {
    let mut screen = waterfall();
    let all = rows(&screen);
    assert!(all > 3, "{all} rows");
    press(&mut screen, "h");
    assert_eq!(rows(&screen), 1, "everything is under the first row");
    let folded = shown(&mut screen);
    assert!(
        folded.contains(&format!("{} rows folded", all - 1)),
        "{folded}"
    );
    assert!(folded.contains("▌►"), "{folded}");
    press(&mut screen, "l");
    assert_eq!(rows(&screen), all);
    press(&mut screen, "l");
    assert_eq!(
        screen.place().cursor().1,
        1,
        "unfolded already: its first child"
    );
    press(&mut screen, "hh");
    assert!(screen.place().cursor().1 == 0 || rows(&screen) < all);
}

#[test]
fn the_axis_of_a_waterfall_is_zoomed_around_the_row_and_comes_back() {
    let mut screen = waterfall();
    let before = shown(&mut screen);
    press(&mut screen, "j+");
    let closer = shown(&mut screen);
    assert_ne!(closer, before);
    assert!(closer.contains(" on, of "), "{closer}");
    press(&mut screen, "-");
    assert!(shown(&mut screen).contains("all of "));
    press(&mut screen, "+++0k");
    assert_eq!(shown(&mut screen), before);
}

#[test]
fn n_stops_at_the_troubles_of_a_trace_unless_something_is_searched() {
    let mut screen = waterfall();
    let trouble = |screen: &Screen| screen.place().row_trait().is_some_and(|row| row.trouble);
    press(&mut screen, "n");
    assert!(trouble(&screen), "{}", shown(&mut screen));
    let first = screen.place().cursor();
    press(&mut screen, "nN");
    assert_eq!(screen.place().cursor(), first);
    press(&mut screen, "g/<tab>payment<enter>");
    assert!(shown(&mut screen).contains("hits of payment"));
}

#[test]
fn objects_unfold_under_every_line_and_long_lines_wrap() {
    let mut screen = screen(&busy());
    press(&mut screen, "7/fn:checkout<enter>");
    let folded = shown(&mut screen);
    press(&mut screen, "J");
    let unfolded = shown(&mut screen);
    // Under the row itself; the part below unfolds the line under the cursor either way.
    let field = |shown: &str| shown.lines().any(|line| line.starts_with("▌       \""));
    assert!(field(&unfolded) && !field(&folded), "{folded}\n{unfolded}");
    assert!(
        unfolded.lines().any(|line| line.starts_with('▌')),
        "the cursor is in view"
    );
    press(&mut screen, "JgGw");
    assert!(shown(&mut screen).lines().any(|line| line.starts_with('▌')));
}
