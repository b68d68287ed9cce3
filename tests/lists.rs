//! Filters, searches, orders and columns by keys alone, on the simulated incident.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/picture.rs"]
mod picture;

use std::sync::Arc;

use nepho::store::scene::Scene;
use nepho::ui::figures;
use nepho::ui::screen::Screen;

use keys::press;
use picture::{busy, frame, screen, text};

fn shown(screen: &mut Screen) -> String {
    text(&frame(screen, (120, 40)))
}

/// Row 3, right of the breadcrumb.
fn note(screen: &mut Screen) -> String {
    let shown = shown(screen);
    let line = shown.lines().nth(2).unwrap().trim_end().to_owned();
    line.rsplit("   ").next().unwrap().trim().to_owned()
}

/// First words of the rows of the first part, in order.
fn names(screen: &mut Screen) -> Vec<String> {
    screen.settle();
    let part = screen.place().parts().next().unwrap();
    let rows = &part.table.rows;
    (0..rows.len())
        .map(|at| rows.row(at).cells[0].characters().trim().to_owned())
        .collect()
}

#[test]
fn a_filter_hides_counts_and_is_taken_off_by_escape() {
    let mut screen = screen(&busy());
    press(&mut screen, "2");
    let all = names(&mut screen);
    press(&mut screen, "/fn:pay*<enter>");
    assert_eq!(names(&mut screen), ["payment"]);
    let hides = format!("filter fn:pay* hides {} of {}", all.len() - 1, all.len());
    assert!(note(&mut screen).ends_with(&hides), "{}", note(&mut screen));
    press(&mut screen, "<esc>");
    assert_eq!(names(&mut screen), all);
    assert!(!note(&mut screen).contains("filter"));
}

#[test]
fn escape_in_the_prompt_puts_back_what_was() {
    let mut screen = screen(&busy());
    press(&mut screen, "2/fn:pay*<enter>/<ctrl-u>fn:checkout");
    assert_eq!(
        names(&mut screen),
        ["checkout"],
        "applied while it is typed"
    );
    press(&mut screen, "<esc>");
    assert_eq!(names(&mut screen), ["payment"]);
}

#[test]
fn filters_have_a_history() {
    let mut screen = screen(&busy());
    press(&mut screen, "2/fn:pay*<enter><esc>/fn:check*<enter><esc>");
    press(&mut screen, "/<up><up><enter>");
    assert_eq!(names(&mut screen), ["payment"]);
}

#[test]
fn a_bad_filter_says_what_is_wrong_and_keeps_the_prompt() {
    let mut screen = screen(&busy());
    press(&mut screen, "6/took>2x<enter>");
    let shown_now = shown(&mut screen);
    assert!(
        shown_now.contains("took>2x: 2x is no figure · use 10, 5%, 500ms, 2s, 1m, 14:04"),
        "{shown_now}"
    );
    press(&mut screen, "<backspace>s<enter>");
    assert!(note(&mut screen).contains("filter took>2s hides "));
    let part = screen.place().parts().next().unwrap();
    let shows = |at: usize| part.table.rows.row(at).cells[2].characters().into_owned();
    for at in 0..part.table.rows.len() {
        let took = nepho::ui::value::figure(&shows(at)).unwrap();
        assert!(took > 2000.0, "{}", shows(at));
    }
}

#[test]
fn a_search_hides_nothing_and_n_walks_its_hits_round() {
    let mut screen = screen(&busy());
    press(&mut screen, "2");
    let all = names(&mut screen);
    press(&mut screen, "/payment<tab><enter>");
    assert_eq!(names(&mut screen), all);
    let at = screen.place().cursor().1;
    assert!(all[at].contains("payment"));
    press(&mut screen, "nN");
    assert_eq!(screen.place().cursor().1, at);
    let hits = all.iter().filter(|name| name.contains("payment"));
    assert_eq!(hits.count(), 1);
    assert!(
        note(&mut screen).contains("1 hit of payment"),
        "{}",
        note(&mut screen)
    );
}

#[test]
fn f_keeps_rows_like_the_one_under_the_cursor_and_capital_f_drops_them() {
    let mut screen = screen(&busy());
    press(&mut screen, "2");
    let all = names(&mut screen);
    press(&mut screen, "F");
    assert_eq!(names(&mut screen), all[1..]);
    press(&mut screen, "<esc>f");
    assert_eq!(names(&mut screen), all[..1]);
}

#[test]
fn a_column_under_the_cursor_says_which_value_f_means() {
    let mut screen = screen(&busy());
    // Two to the right of the function stands what it took; the third is the status of the slowest requests.
    press(&mut screen, "6llllf");
    let filtered = note(&mut screen);
    assert!(filtered.contains("filter status:"), "{filtered}");
}

#[test]
fn columns_sort_turn_and_go_back_to_the_panes_own_order() {
    let mut screen = screen(&busy());
    press(&mut screen, "6");
    let own = names(&mut screen);
    press(&mut screen, ".");
    let by_time = names(&mut screen);
    let mut sorted = by_time.clone();
    sorted.sort();
    assert_eq!(by_time, sorted, "times of one day sort as texts too");
    assert!(note(&mut screen).contains("sort at ↑"));
    press(&mut screen, "r");
    sorted.reverse();
    let turned = names(&mut screen);
    assert_eq!(turned.first(), sorted.first());
    press(&mut screen, ",");
    assert_eq!(names(&mut screen), own);
}

#[test]
fn a_column_is_taken_away_and_brought_back() {
    let mut screen = screen(&busy());
    press(&mut screen, "2");
    assert!(shown(&mut screen).contains("top cause"));
    // The columns by name: function, runtime, MB, cold, rate, two percentiles, felt, top cause.
    press(&mut screen, "cjjjjjjjj<enter><esc>");
    assert!(!shown(&mut screen).contains("top cause"));
    press(&mut screen, "cjjjjjjjj<enter><esc>");
    assert!(shown(&mut screen).contains("top cause"));
}

#[test]
fn only_the_part_under_the_cursor_is_shown_and_then_all_again() {
    let mut screen = screen(&busy());
    press(&mut screen, "z");
    assert!(!shown(&mut screen).contains("Functions by harm"));
    press(&mut screen, "z");
    assert!(shown(&mut screen).contains("Functions by harm"));
}

/// The same picture with its findings in another order.
fn reordered(scene: &Arc<Scene>) -> Arc<Scene> {
    let mut analysis = (*scene.analysis).clone();
    analysis.errors.reverse();
    Arc::new(Scene {
        analysis: Arc::new(analysis),
        ..(**scene).clone()
    })
}

/// The rows of the reversed picture: the first fingerprint is the only new one, and new ones stay first.
fn turned(before: &[String]) -> Vec<String> {
    let (new, known) = before.split_at(1);
    new.iter().chain(known.iter().rev()).cloned().collect()
}

#[test]
fn the_order_is_held_while_someone_reads_and_renewed_when_asked() {
    let scene = busy();
    let mut screen = screen(&scene);
    press(&mut screen, "9");
    let before = names(&mut screen);
    assert!(
        before.len() > 1,
        "more than one fingerprint is needed: {before:?}"
    );
    press(&mut screen, "j");
    screen.set_scene(reordered(&scene));
    assert_eq!(names(&mut screen), before, "held");
    let said = shown(&mut screen);
    assert!(
        said.contains("order held 14:10:21") && said.contains("would move · = re-sort"),
        "{said}"
    );
    press(&mut screen, "=");
    let after = turned(&before);
    assert_eq!(names(&mut screen), after);
    assert!(!shown(&mut screen).contains("order held"));
}

#[test]
fn on_the_first_row_the_order_is_live() {
    let scene = busy();
    let mut screen = screen(&scene);
    press(&mut screen, "9");
    let before = names(&mut screen);
    screen.set_scene(reordered(&scene));
    let after = turned(&before);
    assert_eq!(names(&mut screen), after);
}

#[test]
fn a_filter_that_hides_every_row_says_how_to_get_them_back() {
    let mut screen = screen(&busy());
    let lines = busy().text.len() as u64;
    press(&mut screen, "7/nosuchthing<enter>");
    let said = shown(&mut screen);
    let hidden = said.split_once("nothing here matches nosuchthing: all ");
    let hidden = hidden.expect(&said).1.split_once(" hidden").unwrap().0;
    let number: u64 = hidden.replace(',', "").parse().unwrap();
    assert!(number >= lines && number > 999, "{number} of {lines}");
    assert_eq!(hidden, figures::count(number));
    press(&mut screen, "<esc>");
    assert!(!shown(&mut screen).contains("nothing here matches"));
}

#[test]
fn words_that_are_looked_for_are_marked() {
    use nepho::ui::theme::{Depth, Look, Role};
    let mut screen = screen(&busy());
    press(&mut screen, "2/payment<tab><enter>");
    let (look, _) = Look::new("dark", Depth::True, false).unwrap();
    let buffer = frame(&mut screen, (120, 40));
    let marked = look.style(Role::Match).add_modifier;
    assert!(!marked.is_empty(), "the theme marks without colour");
    let letters: String = buffer
        .content
        .iter()
        .filter(|cell| cell.modifier.contains(marked))
        .map(ratatui::buffer::Cell::symbol)
        .collect();
    assert!(letters.contains("payment"), "{letters}");
}
