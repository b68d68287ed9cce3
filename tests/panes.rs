//! Every pane in every size and state, drawn from the same pictures; and what keys do to them.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/picture.rs"]
mod picture;
#[path = "support/states.rs"]
mod states;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::mem::discriminant;
use std::sync::Arc;

use nepho::model::fact::EventSource;
use nepho::store::scene::Scene;
use nepho::ui::page::Part;
use nepho::ui::panes;
use nepho::ui::screen::Screen;
use nepho::ui::step::Step;
use ratatui::buffer::Buffer;
use ratatui::style::Style;

use keys::press;
use picture::{busy, empty, frame, screen, text};
use states::{logged_and_metered, metered, near_limit, placed_again, without_figures};

const SIZES: [(u16, u16); 4] = [(80, 24), (120, 40), (200, 60), (40, 12)];

/// Row 3 of a frame at 120×40.
fn crumb(screen: &mut Screen) -> String {
    let shown = text(&frame(screen, (120, 40)));
    let line = shown.lines().nth(2).unwrap().trim();
    line.split("   ").next().unwrap().to_owned()
}

/// The characters, then one letter a style, with what the letters stand for.
fn with_styles(buffer: &Buffer) -> String {
    let mut styles: Vec<Style> = Vec::new();
    let mut letters = String::new();
    for (at, cell) in buffer.content.iter().enumerate() {
        if at > 0 && at % usize::from(buffer.area.width) == 0 {
            letters.push('\n');
        }
        let style = Style::new()
            .fg(cell.fg)
            .bg(cell.bg)
            .add_modifier(cell.modifier);
        let index = styles
            .iter()
            .position(|known| *known == style)
            .unwrap_or_else(|| {
                styles.push(style);
                styles.len() - 1
            });
        letters.push(char::from(b'a' + index as u8));
    }
    let mut shown = format!("{}\n{letters}\n\n", text(buffer));
    for (index, style) in styles.iter().enumerate() {
        writeln!(shown, "{}: {style:?}", char::from(b'a' + index as u8)).unwrap();
    }
    shown
}

/// A name of a file of frames.
fn frames_of(words: &[&str]) -> String {
    words.join(" ").to_lowercase().replace(' ', "_")
}

#[test]
fn every_pane_in_every_size() {
    for (at, pane) in panes::all().iter().enumerate() {
        for (width, height) in SIZES {
            let mut screen = screen(&busy());
            press(&mut screen, &(at + 1).to_string());
            let shown = with_styles(&frame(&mut screen, (width, height)));
            let name = frames_of(&[pane.title(), "busy", &format!("{width}x{height}")]);
            insta::assert_snapshot!(name, shown);
        }
    }
}

/// One file a pane and state, with all sizes: what is said there needs no styles, and its blanks no room.
/// The frames of a scene at every size after some keys; each is looked at before.
fn at_all_sizes(scene: &Arc<Scene>, keys: &str, look: impl Fn(&str)) -> String {
    let mut all = String::new();
    for size in SIZES {
        let mut screen = screen(scene);
        press(&mut screen, keys);
        let shown = text(&frame(&mut screen, size));
        look(&shown);
        let lines: Vec<&str> = shown.lines().map(str::trim_end).collect();
        writeln!(
            all,
            "{}×{}\n{}",
            size.0,
            size.1,
            lines.join("\n").trim_end()
        )
        .unwrap();
    }
    all
}

#[test]
fn every_pane_in_every_state_and_size() {
    for (state, scene) in &without_figures() {
        for (at, pane) in panes::all().iter().enumerate() {
            let all = at_all_sizes(scene, &(at + 1).to_string(), |_| {});
            insta::assert_snapshot!(frames_of(&[pane.title(), state]), all);
        }
    }
}

/// The metrics count 200 runs of `payment`, of which 90 failed and none waited, and 12 more were refused; 4 runs of `mailer`.
#[test]
fn functions_that_metrics_alone_tell_of_stand_in_the_overview_by_their_trouble() {
    let scene = metered();
    at_all_sizes(&scene, "1", |shown| {
        assert!(!shown.contains("no invocation yet"), "{shown}");
    });
    let mut overview = screen(&scene);
    let shown = text(&frame(&mut overview, (120, 40)));
    let title = "Functions by harm, 2: 204 invocations, 90 errors, ? cold";
    assert!(shown.contains(title), "{shown}");
    let row = |name: &str| -> Vec<&str> {
        let row = shown.lines().rfind(|line| line.contains(name)).unwrap();
        row.split_whitespace().collect()
    };
    let place = |name: &str| shown.lines().position(|line| line.contains(name));
    assert!(place("payment (CW)") < place("mailer (CW)"), "{shown}");
    let payment = row("payment (CW)");
    // 40 runs a minute, 90 errors, p99 at most the longest, cold starts unknown, 12 refused.
    for cell in ["40", "90", "≤2.40", "?/?", "12"] {
        assert!(payment.contains(&cell), "{cell}: {payment:?}");
    }
    assert!(!payment.contains(&"0"), "unknown is not 0: {payment:?}");
    press(&mut overview, "}}<enter>");
    assert_eq!(crumb(&mut overview), "Overview › payment");
    let shown = text(&frame(&mut overview, (120, 40)));
    assert!(shown.contains("200 runs, 90 failed, 12 refused"), "{shown}");
    assert!(shown.contains("/aws/lambda/payment is denied"), "{shown}");
    assert!(
        shown.contains("it ran, and no log tells of a run"),
        "{shown}"
    );
}

/// Of `invoice-pdf` 30 runs are in the log, whatever metrics count of it; of `payment` metrics count 8, and 2 of them failed.
#[test]
fn where_a_log_tells_of_a_function_its_metrics_are_not_counted_beside_it() {
    let mut screen = screen(&logged_and_metered());
    let shown = text(&frame(&mut screen, (120, 40)));
    let title = "Functions by harm, 2: 38 invocations, 2 errors, 0 of 30 cold";
    assert!(shown.contains(title), "{shown}");
    assert!(!shown.contains("invoice-pdf (CW)"), "{shown}");
    press(&mut screen, "9");
    let errors = text(&frame(&mut screen, (120, 40)));
    let said = "by CloudWatch metrics alone 2 runs of 1 function failed: no log says why";
    assert!(errors.contains(said), "{errors}");
    let payment = shown.lines().rfind(|line| line.contains("payment (CW)"));
    assert!(payment.is_some_and(|row| row.contains("?/?")), "{shown}");
}

#[test]
fn what_is_near_its_limit_stands_on_the_throttling_pane_before_anybody_is_refused() {
    let scene = near_limit();
    let all = at_all_sizes(&scene, "3", |shown| {
        assert!(shown.contains("near"), "{shown}");
    });
    // Three of four slots: a quarter is free.
    assert!(all.contains("3/4") && all.contains("25 %"), "{all}");
    insta::assert_snapshot!("throttling_near_limit", all);
}

#[test]
fn what_was_sent_again_under_another_id_stands_beside_an_event_and_is_not_counted() {
    let scene = placed_again();
    let all = at_all_sizes(&scene, "4<enter>", |_| {});
    // The second order is the first but for a digit, the third is another; only what came twice under one id is a repeat.
    assert!(
        all.contains("Near duplicates, 1 among 2 other events"),
        "{all}"
    );
    let near = "00000000-0000-4000-9000-000000000002";
    assert!(
        all.contains(near) && !all.contains("9000-000000000003"),
        "{all}"
    );
    assert_eq!(scene.analysis.duplicates.len(), 1);
    insta::assert_snapshot!("near_duplicates", all);
}

#[test]
fn enter_alone_leads_from_the_first_row_to_the_refusals_of_the_cause() {
    let mut screen = screen(&busy());
    press(&mut screen, "<enter>");
    assert_eq!(crumb(&mut screen), "Overview › throttling payment");
    press(&mut screen, "<enter>");
    assert_eq!(
        crumb(&mut screen),
        "Overview › throttling payment › lambda:payment"
    );
    let shown = text(&frame(&mut screen, (120, 40)));
    assert!(
        shown.contains("checkout"),
        "the callers are named:\n{shown}"
    );
}

#[test]
fn a_symptom_leads_to_its_cause() {
    let mut screen = screen(&busy());
    press(&mut screen, "j<enter><enter>");
    assert!(
        crumb(&mut screen).ends_with("› throttling payment"),
        "{}",
        crumb(&mut screen)
    );
}

#[test]
fn escape_goes_back_one_step_and_stops_at_the_top() {
    let mut screen = screen(&busy());
    press(&mut screen, "<enter><enter><esc>");
    assert_eq!(crumb(&mut screen), "Overview › throttling payment");
    press(&mut screen, "<esc><esc>");
    assert_eq!(crumb(&mut screen), "Overview");
    assert!(text(&frame(&mut screen, (120, 40))).contains("q quits"));
}

#[test]
fn digits_are_places_that_keep_how_deep_one_was() {
    let mut screen = screen(&busy());
    press(&mut screen, "6<enter>");
    let deep = crumb(&mut screen);
    assert!(deep.starts_with("Traces › trace of "), "{deep}");
    press(&mut screen, "3");
    assert_eq!(crumb(&mut screen), "Throttling");
    press(&mut screen, "6");
    assert_eq!(crumb(&mut screen), deep);
}

#[test]
fn a_figure_opens_down_to_the_lines_of_one_invocation() {
    let mut screen = screen(&busy());
    // The cold starts of the first function, the first of them, its lines.
    press(&mut screen, "2<enter><enter>");
    let invocation = crumb(&mut screen);
    assert!(
        invocation.starts_with("Cold starts › cold runs of "),
        "{invocation}"
    );
    let shown = text(&frame(&mut screen, (120, 40)));
    assert!(
        shown.contains("Log lines") && shown.contains("START version"),
        "{shown}"
    );
    press(&mut screen, "v");
    assert!(crumb(&mut screen).contains("trace of"), "no trace behind v");
}

#[test]
fn enter_alone_leads_from_an_invocation_and_from_its_lines_to_its_waterfall() {
    let mut screen = screen(&busy());
    press(&mut screen, "2<enter><enter>");
    let invocation = crumb(&mut screen);
    for part in ["tree", "lines"] {
        while screen.place().cursor_part().unwrap().id != part {
            let before = screen.place().cursor();
            press(&mut screen, "j");
            assert_ne!(screen.place().cursor(), before, "there is no part {part}");
        }
        press(&mut screen, "<enter>");
        let trace = crumb(&mut screen);
        assert!(
            trace.starts_with(&invocation) && trace.contains("trace of"),
            "{trace}"
        );
        press(&mut screen, "<esc>");
        assert_eq!(crumb(&mut screen), invocation);
    }
    press(&mut screen, "L");
    assert!(crumb(&mut screen).contains("lines of"));
    press(&mut screen, "<enter>");
    assert_eq!(crumb(&mut screen), invocation, "a line leads to its run");
}

#[test]
fn every_pane_has_its_digit_however_narrow_it_is() {
    let mut screen = screen(&busy());
    for width in [60, 80, 120, 200] {
        let shown = text(&frame(&mut screen, (width, 24)));
        let tabs = shown.lines().nth(1).unwrap_or_default();
        for digit in '1'..='9' {
            assert!(tabs.contains(digit), "{width}: {tabs}");
        }
        assert!(tabs.contains("[1 Over") && !tabs.contains('…'), "{tabs}");
    }
}

#[test]
fn what_a_filter_leaves_and_hides_is_said_at_every_width() {
    let mut screen = screen(&busy());
    press(&mut screen, "7/START<enter>");
    for (width, note) in [(80, "filter START"), (200, "filter START hides ")] {
        let shown = text(&frame(&mut screen, (width, 50)));
        let crumbs = shown.lines().nth(2).unwrap_or_default();
        assert!(crumbs.contains(note), "{width}: {crumbs}");
        let rule = shown.lines().nth(3).unwrap_or_default();
        let number = |words: &str| words.replace(',', "").parse::<u64>().ok();
        let (left, of) = rule.split_once(" of ").unwrap_or_default();
        let left = number(left.trim_matches(['─', ' ']));
        let of = of.split(' ').next().and_then(number);
        assert!(Some(0) < left && left < of, "{rule}");
    }
}

#[test]
fn the_footer_offers_enter_only_where_it_leads_on() {
    let mut full = screen(&busy());
    let footer = |screen: &mut Screen| {
        let shown = text(&frame(screen, (120, 40)));
        shown.lines().last().unwrap_or_default().to_owned()
    };
    assert!(footer(&mut full).contains("Enter open"));
    let mut empty = screen(&empty());
    let nothing = footer(&mut empty);
    assert!(!nothing.contains("Enter"), "{nothing}");
    press(&mut empty, "<enter>");
    let said = text(&frame(&mut empty, (120, 40)));
    assert!(said.contains("nothing more behind"), "{said}");
}

/// A standard queue promises no order: what it delivered out of order is counted and not listed, and never said to be in order.
#[test]
fn what_was_overtaken_where_nothing_is_promised_is_said_in_words() {
    let scene = busy();
    let mut domains = scene.analysis.order_domains.iter();
    let of = domains.find(|one| one.source == EventSource::Sqs).unwrap();
    let (overtaken, arrivals) = (of.reordered, of.arrivals);
    assert!(overtaken > 0 && arrivals < 1_000, "{overtaken} {arrivals}");
    let mut screen = screen(&scene);
    press(&mut screen, "5j");
    let shown = text(&frame(&mut screen, (120, 40)));
    let row = format!("{overtaken}/{arrivals}");
    assert!(shown.contains(&row), "{shown}");
    let words =
        format!("{overtaken} overtaken of {arrivals} arrivals: this source promises no order");
    assert!(shown.contains(&words), "{shown}");
    assert!(!shown.contains("in order: "), "{shown}");
    press(&mut screen, "<enter>");
    let shown = text(&frame(&mut screen, (120, 40)));
    let words = format!("↕ 0 overtaken against a promise, {overtaken} in all");
    assert!(shown.contains(&words), "{shown}");
}

/// On each pane and on what is up to three steps behind it Enter leads on, and to something, wherever the cursor can stand: all but on
/// lines of the tail that belong to no run.
#[test]
fn every_row_under_the_cursor_leads_on() {
    let mut dead = BTreeSet::new();
    for scene in [busy(), near_limit(), metered(), logged_and_metered()] {
        let mut steps: Vec<Step> = (0..panes::all().len()).map(Step::Pane).collect();
        for _ in 0..3 {
            let mut next = Vec::new();
            for step in &steps {
                let (opened, closed) = rows_of(step, &scene);
                dead.extend(closed);
                next.extend(opened);
            }
            steps = some_of_each(next);
        }
    }
    assert!(dead.is_empty(), "{dead:#?}");
}

/// Where the rows of a page lead, and those that lead nowhere.
fn rows_of(step: &Step, scene: &Arc<Scene>) -> (Vec<Step>, Vec<String>) {
    let page = step.page(scene);
    let chosen = 0..page.parts[0].table.rows.len().min(8);
    let details = page.detail.iter();
    let details = details.flat_map(|detail| chosen.clone().flat_map(detail));
    let details: Vec<Part> = details.collect();
    let (mut opened, mut closed) = (Vec::new(), Vec::new());
    for part in page.parts.iter().chain(&details) {
        let rows = &part.table.rows;
        if part.id == "gone" {
            closed.push(format!("{} left", step.crumb()));
        }
        for at in 0..rows.len().min(200) {
            let row = rows.row(at);
            let newest = || Some(row.strip.as_ref()?.opens(row.strip.as_ref()?.newest()));
            let is_line = part.id == "lines" && row.run.is_none();
            match row.open.clone().or_else(newest) {
                Some(step) => opened.push(step),
                None if rows.selectable() && !is_line => {
                    closed.push(format!("{} {}: {}", step.crumb(), part.id, row.text()));
                }
                None => {}
            }
        }
    }
    (opened, closed)
}

/// A few of each kind.
fn some_of_each(steps: Vec<Step>) -> Vec<Step> {
    let mut some: Vec<Step> = Vec::new();
    for step in steps {
        let kind = discriminant(&step);
        let same = some.iter().filter(|known| discriminant(*known) == kind);
        if same.count() < 8 && !some.contains(&step) {
            some.push(step);
        }
    }
    some
}

#[test]
fn o_steps_through_the_lines_of_one_request_in_the_tail() {
    let mut screen = screen(&busy());
    press(&mut screen, "7");
    frame(&mut screen, (120, 40));
    press(&mut screen, "kkkkkkkkkk");
    let request = |screen: &mut Screen| {
        frame(screen, (120, 40));
        screen
            .place()
            .row_trait()
            .and_then(|row| row.run)
            .expect("a line of a request")
    };
    // Some request near the end with a line before this one.
    let first = request(&mut screen);
    let row = screen.place().cursor().1;
    press(&mut screen, "O");
    if screen.place().cursor().1 == row {
        press(&mut screen, "o");
    }
    assert_ne!(screen.place().cursor().1, row);
    assert_eq!(request(&mut screen), first);
    press(&mut screen, "E");
    assert!(screen.place().row_trait().is_some_and(|row| row.error));
}

#[test]
fn a_held_picture_stays_and_says_what_it_misses() {
    let mut screen = screen(&empty());
    press(&mut screen, "<space>");
    screen.set_scene(busy());
    let shown = text(&frame(&mut screen, (120, 40)));
    assert!(
        shown.contains("‖ held +") && !shown.contains("payment"),
        "{shown}"
    );
    press(&mut screen, "<space>");
    assert!(text(&frame(&mut screen, (120, 40))).contains("payment"));
}

#[test]
fn the_cursor_stays_on_its_row_when_the_order_changes() {
    let scene = busy();
    let mut screen = screen(&scene);
    press(&mut screen, "jj");
    frame(&mut screen, (120, 40));
    let finding = screen.place().row().and_then(|row| row.open);
    let mut analysis = (*scene.analysis).clone();
    let first = analysis.findings.remove(0);
    analysis.findings.push(first);
    screen.set_scene(Arc::new(Scene {
        analysis: Arc::new(analysis),
        ..(*scene).clone()
    }));
    frame(&mut screen, (120, 40));
    assert_eq!(screen.place().row().and_then(|row| row.open), finding);
}

#[test]
fn ascii_frames_have_the_same_columns() {
    use nepho::ui::keys::{KeySettings, KeyTable};
    use nepho::ui::theme::{Depth, Look};
    for at in 0..panes::all().len() {
        let (look, _) = Look::new("dark", Depth::True, true).unwrap();
        let keys = KeyTable::new(&KeySettings::new()).unwrap();
        let mut ascii = Screen::new(look, keys, (*busy()).clone());
        let mut unicode = screen(&busy());
        for one in [&mut ascii, &mut unicode] {
            press(one, &(at + 1).to_string());
        }
        let (ascii, unicode) = (frame(&mut ascii, (120, 40)), frame(&mut unicode, (120, 40)));
        for (plain, drawn) in ascii.content.iter().zip(&unicode.content) {
            assert!(plain.symbol().is_ascii());
            assert!(!drawn.symbol().is_ascii() || plain.symbol() == drawn.symbol());
        }
    }
}

#[test]
fn every_size_is_drawn_without_a_panic() {
    let mut screen = screen(&busy());
    for at in 1..=panes::all().len() {
        press(&mut screen, &at.to_string());
        for width in [1, 2, 5, 19, 20, 21, 39, 59, 60, 61, 79, 99, 199, 200, 230] {
            for height in [1, 2, 4, 5, 6, 15, 16, 17, 23, 60] {
                frame(&mut screen, (width, height));
            }
        }
    }
    let shown = text(&frame(&mut screen, (34, 4)));
    assert!(
        shown.starts_with("nepho needs 20×5, this is 34×4"),
        "{shown}"
    );
}

#[test]
fn help_lists_every_key_of_the_pane() {
    let mut screen = screen(&busy());
    press(&mut screen, "7?");
    let shown = text(&frame(&mut screen, (200, 60)));
    for words in [
        "next line of this request",
        "open what is under the cursor",
        "hold the picture",
    ] {
        assert!(shown.contains(words), "{words} is missing:\n{shown}");
    }
    press(&mut screen, "<esc>");
    assert!(!text(&frame(&mut screen, (120, 40))).contains("hold the picture"));
}
