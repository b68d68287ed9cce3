//! Which places are watched, on the screen: what can be chosen, what is said of it, and where several are seen apart.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/picture.rs"]
mod picture;

use std::sync::Arc;

use nepho::model::health::{Board, Health, SourceState};
use nepho::model::places::{Profile, Profiles, Watching};
use nepho::model::time::Timestamp;
use nepho::store::scene::{Mode, Scene};
use nepho::ui::screen::{Outcome, Screen};

use keys::press;
use picture::{frame, screen, text};

fn shown(screen: &mut Screen) -> String {
    text(&frame(screen, (120, 40)))
}

fn watching() -> Watching {
    let profile = |name: &str, region: &str| Profile {
        name: name.to_owned(),
        region: Some(region.to_owned()),
    };
    Watching {
        profiles: vec!["prod".to_owned()],
        regions: Vec::new(),
        known: Profiles {
            default: "default".to_owned(),
            region: None,
            profiles: vec![profile("prod", "eu-west-1"), profile("test", "us-east-1")],
        },
        all_regions: ["eu-west-1", "us-east-1", "us-west-2"]
            .map(str::to_owned)
            .to_vec(),
    }
}

/// A picture of sources in these states.
fn board(sources: &[(&str, SourceState, Option<&str>)]) -> Arc<Scene> {
    let sources = sources.iter().map(|&(name, state, trouble)| {
        let health = Health {
            name: name.into(),
            state,
            trouble: trouble.map(Into::into),
            ..Health::default()
        };
        (name.into(), health)
    });
    Arc::new(Scene {
        board: Arc::new(Board {
            sources: sources.collect(),
            ..Board::default()
        }),
        ..Scene::empty(Mode::Live, "prod", Timestamp(0))
    })
}

fn watched(outcome: Outcome) -> (Vec<String>, Vec<String>) {
    match outcome {
        Outcome::Watch(watching) => (watching.profiles, watching.regions),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_profile_is_chosen_and_what_is_watched_is_marked() {
    let mut screen = screen(&board(&[]));
    screen.may_watch(watching());
    press(&mut screen, "P");
    let offered = shown(&mut screen);
    let line = offered.lines().find(|line| line.contains("prod ")).unwrap();
    assert!(offered.contains("Profiles") && offered.contains("was collected goes"));
    assert!(
        offered
            .lines()
            .any(|line| line.contains("watched") && line.contains("prod")),
        "{line}"
    );
    let (profiles, regions) = watched(press(&mut screen, "te<enter>"));
    assert_eq!((profiles, regions), (vec!["test".to_owned()], Vec::new()));
}

#[test]
fn several_regions_are_typed_after_commas_and_the_profiles_stay() {
    let mut screen = screen(&board(&[]));
    screen.may_watch(watching());
    let outcome = press(&mut screen, "Rus-west-2, eu-west-1<enter>");
    let (profiles, regions) = watched(outcome);
    assert_eq!(profiles, ["prod"]);
    assert_eq!(regions, ["us-west-2", "eu-west-1"]);
}

#[test]
fn the_region_of_the_profile_is_the_one_that_is_watched_without_a_choice() {
    let mut screen = screen(&board(&[]));
    screen.may_watch(watching());
    press(&mut screen, "R");
    let offered = shown(&mut screen);
    let marked: Vec<&str> = offered
        .lines()
        .filter(|line| line.contains("watched"))
        .collect();
    assert_eq!(marked.len(), 1, "{offered}");
    assert!(marked[0].contains("eu-west-1"));
}

#[test]
fn where_nothing_else_can_be_watched_it_is_said() {
    let mut screen = screen(&board(&[]));
    press(&mut screen, "P");
    assert!(shown(&mut screen).contains("nepho --profile NAME"));
    assert_eq!(press(&mut screen, "<ctrl-r>"), Outcome::PollNow);
}

#[test]
fn what_was_collected_goes_with_its_place_and_that_is_said() {
    let lost = "login of profile prod expired · run aws sso login --profile prod";
    let mut screen = screen(&board(&[("functions", SourceState::LoggedOut, Some(lost))]));
    screen.may_watch(watching());
    press(&mut screen, "P");
    assert!(shown(&mut screen).contains("aws sso login --profile prod"));
    press(&mut screen, "<esc>");
    let other = Watching {
        profiles: vec!["test".to_owned()],
        ..watching()
    };
    screen.begin_anew(other, "prod");
    let now = shown(&mut screen);
    assert!(
        now.contains("now test, from the beginning: what was collected of prod is gone"),
        "{now}"
    );
    assert!(!now.contains("login expired"));
}

#[test]
fn a_place_of_which_nothing_is_seen_is_named_in_the_header_while_the_others_go_on() {
    let lost = "us-east-1: login of profile prod expired";
    let ok = SourceState::CaughtUp;
    let out = SourceState::LoggedOut;
    let one = [
        ("functions@eu-west-1", ok, None),
        ("logs /aws/lambda/pay@eu-west-1", ok, None),
        ("functions@us-east-1", out, Some(lost)),
        ("log groups@us-east-1", out, Some(lost)),
        ("metrics@us-east-1", ok, None),
    ];
    let header = |sources: &[(&str, SourceState, Option<&str>)]| {
        let all = shown(&mut screen(&board(sources)));
        all.lines().next().unwrap().to_owned()
    };
    let first = header(&one);
    assert!(
        first.contains("!us-east-1") && !first.contains("!eu-west-1"),
        "{first}"
    );
    assert!(!first.contains("login expired"), "{first}");
    let all = header(&one[2..]);
    assert!(all.contains("login expired"), "{all}");
    // Pane 8 has a row a source, with its place beside it.
    let mut screen = screen(&board(&one));
    press(&mut screen, "8");
    let sources = shown(&mut screen);
    let row = sources
        .lines()
        .find(|line| line.contains("/aws/lambda/pay"))
        .unwrap();
    assert!(
        row.contains("logs /aws/lambda/pay ") && row.contains(" eu-west-1 "),
        "{row}"
    );
}
