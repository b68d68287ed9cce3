//! The mouse, on what the last frame placed: it does what a key does, and nothing else.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/picture.rs"]
mod picture;

use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use nepho::ui::screen::{Outcome, Screen};

use keys::press;
use picture::{busy, frame, screen, text};

const SIZE: (u16, u16) = (120, 40);

fn shown(screen: &mut Screen) -> String {
    text(&frame(screen, SIZE))
}

/// Where a text stands on the screen: its first cell.
fn find(screen: &mut Screen, wanted: &str) -> (u16, u16) {
    let shown = shown(screen);
    let lines = shown.lines().zip(0..);
    let mut found = lines.filter_map(|(line, y)| {
        let at = line.find(wanted)?;
        Some((line[..at].chars().count() as u16, y))
    });
    found
        .next()
        .unwrap_or_else(|| panic!("no {wanted:?} in\n{shown}"))
}

fn mouse(screen: &mut Screen, kind: MouseEventKind, (column, row): (u16, u16)) -> Outcome {
    frame(screen, SIZE);
    screen.on_mouse(MouseEvent {
        kind,
        column,
        row,
        modifiers: KeyModifiers::NONE,
    })
}

fn click(screen: &mut Screen, at: (u16, u16)) {
    mouse(screen, MouseEventKind::Down(MouseButton::Left), at);
    mouse(screen, MouseEventKind::Up(MouseButton::Left), at);
}

fn drag(screen: &mut Screen, from: (u16, u16), to: (u16, u16)) {
    mouse(screen, MouseEventKind::Down(MouseButton::Left), from);
    mouse(screen, MouseEventKind::Drag(MouseButton::Left), to);
    mouse(screen, MouseEventKind::Up(MouseButton::Left), to);
}

/// Row 3: how one came here.
fn crumb(screen: &mut Screen) -> String {
    let shown = shown(screen);
    let line = shown.lines().nth(2).unwrap().trim();
    line.split("   ").next().unwrap().to_owned()
}

#[test]
fn a_click_selects_a_second_one_opens_and_the_right_button_goes_back() {
    let mut screen = screen(&busy());
    let at = find(&mut screen, "ledger-apply");
    click(&mut screen, at);
    let chosen = screen.place().row().and_then(|row| row.open);
    assert!(chosen.is_some_and(|step| step.crumb().contains("ledger-apply")));
    assert_eq!(crumb(&mut screen), "Overview", "selected, not opened");
    let at = find(&mut screen, "ledger-apply");
    click(&mut screen, at);
    assert!(crumb(&mut screen).contains("ledger-apply"));
    mouse(&mut screen, MouseEventKind::Down(MouseButton::Right), at);
    assert_eq!(crumb(&mut screen), "Overview");
}

#[test]
fn tabs_and_crumbs_lead_where_they_say() {
    let mut screen = screen(&busy());
    let at = find(&mut screen, "6 Traces");
    click(&mut screen, at);
    assert_eq!(crumb(&mut screen), "Traces");
    press(&mut screen, "<enter>");
    assert!(crumb(&mut screen).starts_with("Traces › "));
    let line = shown(&mut screen).lines().nth(2).unwrap().to_owned();
    let x = line.chars().take_while(|letter| *letter == ' ').count() as u16;
    click(&mut screen, (x, 2));
    assert_eq!(crumb(&mut screen), "Traces");
}

#[test]
fn a_head_sorts_turns_and_gives_the_order_back() {
    let mut screen = screen(&busy());
    press(&mut screen, "}}");
    let note = |screen: &mut Screen| shown(screen).lines().nth(2).unwrap().to_owned();
    let own = note(&mut screen);
    for wanted in ["sort p99 ↓", "sort p99 ↑"] {
        let at = find(&mut screen, "p99");
        let line = shown(&mut screen)
            .lines()
            .nth(usize::from(at.1))
            .unwrap()
            .to_owned();
        let at = if line.contains("function") {
            at
        } else {
            find_head(&mut screen, "p99")
        };
        click(&mut screen, at);
        assert!(note(&mut screen).contains(wanted), "{}", note(&mut screen));
    }
    let at = find_head(&mut screen, "p99");
    click(&mut screen, at);
    assert_eq!(note(&mut screen), own);
}

/// Where the title of a column of the functions stands.
fn find_head(screen: &mut Screen, wanted: &str) -> (u16, u16) {
    let shown = shown(screen);
    let lines = shown.lines().zip(0..);
    let mut heads = lines.filter(|(line, _)| line.trim_start().starts_with("function"));
    let (line, y) = heads
        .next()
        .unwrap_or_else(|| panic!("no head in\n{shown}"));
    let at = line.find(wanted).unwrap();
    (line[..at].chars().count() as u16, y)
}

#[test]
fn the_wheel_scrolls_what_is_under_it_and_leaves_the_cursor() {
    let mut screen = screen(&busy());
    press(&mut screen, "6");
    let before = shown(&mut screen);
    let cursor = screen.place().cursor();
    let at = (20, 8);
    for _ in 0..4 {
        mouse(&mut screen, MouseEventKind::ScrollDown, at);
    }
    let scrolled = shown(&mut screen);
    assert_ne!(scrolled, before);
    assert_eq!(screen.place().cursor(), cursor);
    assert_eq!(
        shown(&mut screen),
        scrolled,
        "the next frame does not pull it back"
    );
    press(&mut screen, "j");
    assert_eq!(screen.place().cursor(), (cursor.0, cursor.1 + 1));
    let again = shown(&mut screen);
    assert!(
        again.contains('▌'),
        "a key brings the cursor into view:\n{again}"
    );
    mouse(&mut screen, MouseEventKind::ScrollUp, at);
    assert_eq!(
        mouse(&mut screen, MouseEventKind::ScrollUp, (3, 0)),
        Outcome::Ignored,
        "nothing to scroll in the header"
    );
}

#[test]
fn an_edge_drags_the_width_of_its_column_and_keys_do_the_same() {
    let mut screen = screen(&busy());
    press(&mut screen, "6");
    let head = find(&mut screen, "status");
    let widths = |screen: &Screen| {
        let part = screen.place().cursor_part().unwrap().id;
        screen.place().view_of(part).widths
    };
    let status = nepho::ui::page::Width::Cells(9);
    let column = |screen: &Screen| {
        let part = screen.place().cursor_part().unwrap();
        let columns = &part.table.columns;
        columns
            .iter()
            .find(|one| &*one.name == "status")
            .unwrap()
            .width
    };
    assert_eq!(column(&screen), status, "as the pane has it");
    let edge = (head.0 + 9, head.1);
    drag(&mut screen, edge, (edge.0 + 4, edge.1));
    assert_eq!(widths(&screen).get("status"), Some(&13));
    let head = find(&mut screen, "status");
    let edge = (head.0 + 13, head.1);
    drag(&mut screen, edge, (head.0, edge.1));
    assert!(
        widths(&screen).is_empty(),
        "too narrow to read gives the pane's own width back"
    );
    // The same by keys: at, entry, took, status.
    press(&mut screen, "llll>>");
    assert_eq!(widths(&screen).get("status"), Some(&13));
    press(&mut screen, "<<");
    assert_eq!(widths(&screen).get("status"), Some(&9));
}

#[test]
fn a_minute_of_a_strip_opens_what_it_counted_and_a_drag_chooses_a_window() {
    let mut screen = screen(&busy());
    let strip = find(&mut screen, "invocations  ");
    let line = shown(&mut screen)
        .lines()
        .nth(usize::from(strip.1))
        .unwrap()
        .to_owned();
    // The cells begin 13 right of the label, and the newest of them is the minute that is not over.
    let first = strip.0 + 13;
    let cells = line.chars().skip(usize::from(first));
    let newest = first + cells.take_while(|cell| *cell != ' ').count() as u16 - 1;
    assert!(newest > first + 40, "{line}");
    let newest_whole = (newest - 1, strip.1);
    click(&mut screen, newest_whole);
    assert_eq!(crumb(&mut screen), "Overview › 14:09 runs");
    let title = shown(&mut screen);
    let scene = busy();
    let in_minute = scene.analysis.assembled.invocations.iter().filter(|one| {
        one.counted
            && one
                .start
                .minute()
                .to_string()
                .starts_with("2026-03-03T14:09")
    });
    let count = in_minute.count();
    assert!(count > 100);
    let words = format!(
        "{} runs in the minute from 14:09",
        nepho::ui::figures::count(count as u64)
    );
    assert!(title.contains(&words), "{words}\n{title}");
    press(&mut screen, "<esc><esc>");
    drag(&mut screen, (newest - 6, strip.1), (newest - 4, strip.1));
    let header = shown(&mut screen);
    assert!(header.contains("◄ 14:04–14:07"), "{header}");
}

#[test]
fn keys_reach_the_same_minutes() {
    let mut screen = screen(&busy());
    let at = find(&mut screen, "╳ throttled");
    click(&mut screen, at);
    press(&mut screen, "hh");
    let said = shown(&mut screen);
    assert!(
        said.contains("14:08 ") && said.contains(" refused · Enter opens them"),
        "{said}"
    );
    press(&mut screen, "<enter>");
    assert_eq!(crumb(&mut screen), "Overview › 14:08 refused");
    assert!(shown(&mut screen).contains("lambda:payment"));
}

#[test]
fn with_alt_held_the_terminal_may_select() {
    let mut screen = screen(&busy());
    let (column, row) = find(&mut screen, "6 Traces");
    let event = MouseEvent {
        kind: MouseEventKind::Down(MouseButton::Left),
        column,
        row,
        modifiers: KeyModifiers::ALT,
    };
    assert_eq!(screen.on_mouse(event), Outcome::Ignored);
    assert_eq!(crumb(&mut screen), "Overview");
}

#[test]
fn choices_of_what_floats_are_clicked() {
    let mut screen = screen(&busy());
    press(&mut screen, ":sources");
    let at = find(&mut screen, "sources");
    click(&mut screen, at);
    assert_eq!(
        crumb(&mut screen),
        "Sources",
        "the first choice was chosen already"
    );
    press(&mut screen, "6c");
    let at = find(&mut screen, "x status");
    click(&mut screen, at);
    click(&mut screen, at);
    let part = screen.place().cursor_part().unwrap().id;
    assert!(screen.place().view_of(part).hidden.contains("status"));
    let tab = find(&mut screen, "7 Tail");
    click(&mut screen, tab);
    assert_eq!(
        crumb(&mut screen),
        "Traces",
        "what lies under a box is not meant"
    );
}
