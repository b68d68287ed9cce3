//! Marks, silenced findings, the clipboard and the bell, by keys alone.

#[path = "support/keys.rs"]
mod keys;
#[path = "support/picture.rs"]
mod picture;

use std::sync::Arc;

use nepho::store::scene::Scene;
use nepho::ui::screen::{Effect, Screen};

use keys::press;
use picture::{busy, frame, screen, text};

fn shown(screen: &mut Screen) -> String {
    text(&frame(screen, (140, 40)))
}

#[test]
fn a_mark_has_a_note_and_is_found_again_from_anywhere() {
    let mut screen = screen(&busy());
    press(&mut screen, "9jmlook here<enter>");
    let row = screen.place().cursor();
    let mark = screen.marks().next().expect("a mark").clone();
    assert_eq!(
        (mark.place.as_str(), mark.note.as_str()),
        ("Errors", "look here")
    );
    assert!(shown(&mut screen).contains('•'), "in the gutter");
    press(&mut screen, "g1'");
    let listed = shown(&mut screen);
    assert!(listed.contains("Errors  look here · "), "{listed}");
    press(&mut screen, "<enter>");
    assert!(shown(&mut screen).contains("[9 Errors"));
    assert_eq!(screen.place().cursor(), row);
    press(&mut screen, "gu");
    assert_eq!(screen.place().cursor(), row, "u goes to the next mark");
    press(&mut screen, "m");
    assert_eq!(screen.marks().count(), 0, "m again takes it off");
}

#[test]
fn a_mark_that_was_written_down_leads_back_in_another_session() {
    let scene = busy();
    let mut first = screen(&scene);
    press(&mut first, "9jmlook here<enter>");
    let row = first.place().cursor();
    let text = serde_json::to_string(&first.noted()).unwrap();
    let mut next = screen(&scene).with_noted(serde_json::from_str(&text).unwrap());
    press(&mut next, "1'");
    assert!(shown(&mut next).contains("Errors  look here · "));
    press(&mut next, "<enter>");
    assert!(shown(&mut next).contains("[9 Errors"));
    assert_eq!(next.place().cursor(), row);
    assert!(shown(&mut next).contains('•'), "in the gutter");
}

#[test]
fn a_muted_finding_is_hidden_and_counted_and_comes_back_at_its_end() {
    let scene = busy();
    let mut screen = screen(&scene);
    let claims = |screen: &mut Screen| {
        screen.settle();
        screen.place().parts().next().unwrap().table.rows.len()
    };
    let all = claims(&mut screen);
    press(&mut screen, "jMdeploy rolled back 30m<enter>");
    assert_eq!(claims(&mut screen), all - 1);
    assert!(shown(&mut screen).contains("1 muted"));
    screen.set_scene(Arc::new(Scene {
        now: scene.now.plus_ms(31 * 60_000),
        ..(*scene).clone()
    }));
    assert_eq!(claims(&mut screen), all, "after half an hour");
}

#[test]
fn an_acknowledged_finding_stays_in_sight() {
    let mut screen = screen(&busy());
    press(&mut screen, "aknown<enter>");
    let said = shown(&mut screen);
    assert!(said.contains("acknowledged until 15:10:21"), "{said}");
    assert!(said.lines().any(|line| line.starts_with("▌a▲P1")), "{said}");
}

#[test]
fn the_clipboard_gets_the_line_its_ids_a_command_and_an_address() {
    let mut screen = screen(&busy());
    press(&mut screen, "7/report<enter>");
    let mut copied = |what: &str| {
        press(&mut screen, "y");
        press(&mut screen, what);
        match &screen.take_effects()[..] {
            [Effect::Copy(text)] => text.clone(),
            other => panic!("{what}: {other:?}"),
        }
    };
    let line = copied("l");
    assert!(
        line.starts_with("REPORT RequestId: "),
        "as it was written: {line}"
    );
    let ids = copied("i");
    let request = ids.split(' ').nth(1).unwrap().to_owned();
    assert!(line.contains(&request), "{ids}");
    let command = copied("c");
    assert!(
        command.starts_with("aws logs filter-log-events --log-group-name /aws/lambda/")
            && command.contains(&request),
        "{command}"
    );
    let url = copied("u");
    assert!(url.starts_with("https://console.aws.amazon.com/cloudwatch/home#logsV2:log-groups/log-group/$252Faws$252Flambda$252F"), "{url}");
}

#[test]
fn another_key_after_y_copies_nothing() {
    let mut screen = screen(&busy());
    press(&mut screen, "yj");
    assert_eq!(screen.take_effects(), Vec::new());
    assert_eq!(screen.place().cursor(), (0, 0), "and moves nothing");
}

#[test]
fn a_new_p1_is_told_once_and_rings_only_without_the_focus() {
    let scene = busy();
    let without = |keep: usize| {
        let mut analysis = (*scene.analysis).clone();
        analysis.findings.truncate(keep);
        Arc::new(Scene {
            analysis: Arc::new(analysis),
            ..(*scene).clone()
        })
    };
    let mut screen = screen(&without(0));
    screen.set_scene(without(1));
    let said = shown(&mut screen);
    assert!(
        said.contains("▲ new P1 payment: ") && said.contains("1 g shows it"),
        "{said}"
    );
    assert_eq!(screen.take_effects(), Vec::new(), "somebody looks");
    screen.set_focus(false);
    screen.set_scene(without(1));
    assert_eq!(screen.take_effects(), Vec::new(), "told already");
    screen.set_scene(without(2));
    assert_eq!(screen.take_effects(), [Effect::Bell]);
}
