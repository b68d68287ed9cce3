//! What the screen says of itself: explanations, the palette, the help.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/picture.rs"]
mod picture;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nepho::store::scene::Scene;
use nepho::ui::explain;
use nepho::ui::panes;
use nepho::ui::screen::Screen;
use nepho::ui::step::Step;

use keys::press;
use picture::{busy, frame, screen, text};

fn shown(screen: &mut Screen) -> String {
    text(&frame(screen, (120, 40)))
}

/// Columns of every page that Enter leads to from the panes, with their part.
fn columns(scene: &Arc<Scene>) -> BTreeSet<(&'static str, String)> {
    let mut found = BTreeSet::new();
    let mut open: VecDeque<Step> = (0..panes::all().len()).map(Step::Pane).collect();
    let mut seen: Vec<String> = Vec::new();
    while let Some(step) = open.pop_front() {
        let page = step.page(scene);
        let detail = page
            .detail
            .as_ref()
            .map_or_else(Vec::new, |detail| detail(0));
        for part in page.parts.iter().chain(&detail) {
            for column in &part.table.columns {
                if !column.name.is_empty() {
                    found.insert((part.id, column.name.to_string()));
                }
            }
            for at in 0..part.table.rows.len().min(3) {
                let Some(step) = part.table.rows.row(at).open else {
                    continue;
                };
                // Two of a kind are enough.
                let kind = format!("{step:?}")
                    .split(['(', ' '])
                    .next()
                    .unwrap()
                    .to_owned();
                if seen.iter().filter(|known| **known == kind).count() < 2 {
                    seen.push(kind);
                    open.push_back(step);
                }
            }
        }
    }
    found
}

#[test]
fn every_column_of_every_page_is_explained() {
    let columns = columns(&busy());
    assert!(
        columns.len() > 60,
        "only {} columns were found",
        columns.len()
    );
    let silent: Vec<_> = columns
        .iter()
        .filter(|(part, name)| explain::column(part, name).is_none())
        .collect();
    assert_eq!(silent, Vec::<&(&str, String)>::new());
}

#[test]
fn every_list_names_its_columns() {
    let scene = busy();
    for (at, pane) in panes::all().iter().enumerate() {
        let page = Step::Pane(at).page(&scene);
        for part in page
            .parts
            .iter()
            .filter(|part| part.table.rows.selectable())
        {
            let named = part
                .table
                .columns
                .iter()
                .any(|column| !column.name.is_empty());
            assert!(named, "{} {}", pane.title(), part.id);
        }
    }
}

#[test]
fn x_on_a_finding_says_what_it_means_what_it_rests_on_and_what_to_do() {
    let mut screen = screen(&busy());
    press(&mut screen, "x");
    let said = shown(&mut screen);
    for words in [
        "means     Tries are refused: more are wanted at once than a limit allows.",
        "from ",
        "harmed requests a minute over its last 5 minutes",
        "rests on ",
        "next ",
    ] {
        assert!(said.contains(words), "{words} is missing:\n{said}");
    }
    press(&mut screen, "<esc>");
    assert!(!shown(&mut screen).contains("rests on "));
}

#[test]
fn x_on_a_column_says_how_its_figure_is_computed() {
    let mut screen = screen(&busy());
    press(&mut screen, "2llllx");
    let said = shown(&mut screen);
    assert!(
        said.contains("cold k/n") && said.contains("Felt inits over counted invocations."),
        "{said}"
    );
}

#[test]
fn x_on_a_log_line_knows_what_lambda_writes() {
    let mut screen = screen(&busy());
    press(&mut screen, "7/report<enter>x");
    let said = shown(&mut screen);
    assert!(
        said.contains("REPORT RequestId")
            && said.contains("What a run took, was billed for and used."),
        "{said}"
    );
}

#[test]
fn the_palette_finds_actions_panes_and_functions() {
    let mut screen = screen(&busy());
    press(&mut screen, ":thrott<enter>");
    assert!(shown(&mut screen).contains("[3 Throttling"));
    press(&mut screen, ":only-part<enter>");
    assert!(
        shown(&mut screen).contains("Who is refused") && !shown(&mut screen).contains("Who calls")
    );
    press(&mut screen, ":checkout<enter>");
    assert!(
        shown(&mut screen)
            .lines()
            .nth(2)
            .unwrap()
            .contains("› checkout")
    );
}

#[test]
fn the_palette_shows_the_lines_of_a_log_group() {
    let mut screen = screen(&busy());
    press(&mut screen, ":/aws/lambda/payment<enter>");
    let said = shown(&mut screen);
    assert!(
        said.contains("[7 Tail") && said.contains("filter fn:payment hides "),
        "{said}"
    );
}

#[test]
fn the_help_scrolls_where_it_is_taller_than_the_screen() {
    let mut screen = screen(&busy());
    press(&mut screen, "?");
    let top = text(&frame(&mut screen, (80, 24)));
    assert!(
        top.contains("next row") && !top.contains("delete all"),
        "{top}"
    );
    let end_key = KeyEvent::new(KeyCode::Char('G'), KeyModifiers::NONE);
    screen.on_key(end_key);
    let end = text(&frame(&mut screen, (80, 24)));
    assert!(
        end.contains("delete all") && !end.contains("next row"),
        "{end}"
    );
}

#[test]
fn the_readme_names_a_key_of_every_action() {
    use nepho::ui::action::{Action, Group};
    use nepho::ui::keys::{Context, KeySettings, KeyTable};
    use strum::IntoEnumIterator as _;
    let table = KeyTable::new(&KeySettings::new()).unwrap();
    let readme = include_str!("../README.md");
    let silent: Vec<String> = Action::iter()
        .filter(|action| action.group() != Group::Prompt)
        .filter(|action| {
            let keys = Context::iter().flat_map(|context| table.keys(context, *action));
            let digit = action.pane().is_some();
            !digit
                && !keys
                    .into_iter()
                    .any(|key| readme.contains(&format!("`{key}`")))
        })
        .map(|action| action.to_string())
        .collect();
    assert_eq!(silent, Vec::<String>::new());
}
