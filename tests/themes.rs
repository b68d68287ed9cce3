//! Themes: every file of the folder is built in, reads, and is legible.

use std::fs;
use std::path::Path;

use nepho::ui::theme::{BUILTIN, Depth, Look, Role, contrast};
use ratatui::style::{Color, Modifier};
use strum::IntoEnumIterator as _;

/// Themes that leave colours to the terminal: there is nothing to measure.
const WITHOUT_COLOURS_OF_THEIR_OWN: [&str; 2] = ["ansi", "mono"];

#[test]
fn every_theme_of_the_folder_is_built_in_and_names_known_roles_only() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("themes");
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    names.sort();
    let built_in: Vec<&str> = BUILTIN.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names, built_in,
        "ui/theme.rs BUILTIN lists the folder, in order"
    );
    for name in names {
        let (_, warnings) = Look::new(&name, Depth::True, false).unwrap();
        assert_eq!(warnings, Vec::<String>::new(), "{name}");
    }
}

/// The colour that a role's text has, and the one behind it.
fn colours(look: &Look, role: Role) -> ((u8, u8, u8), (u8, u8, u8)) {
    let style = look.style(role);
    let of = |colour: Option<Color>, default| match colour {
        Some(Color::Rgb(red, green, blue)) => (red, green, blue),
        None | Some(Color::Reset) => default,
        Some(other) => panic!("{role:?} is {other:?}: only #rrggbb can be measured"),
    };
    (
        of(style.fg, look.ground.text),
        of(style.bg, look.ground.background),
    )
}

/// WCAG 2: text needs a contrast of 4.5, the body's 7.
#[test]
fn text_can_be_read_on_its_ground_and_under_the_cursor() {
    for (name, _) in BUILTIN {
        if WITHOUT_COLOURS_OF_THEIR_OWN.contains(name) {
            continue;
        }
        let (look, _) = Look::new(name, Depth::True, false).unwrap();
        let (_, selected) = colours(&look, Role::Selection);
        for role in Role::iter() {
            let (text, ground) = colours(&look, role);
            let least = if matches!(role, Role::Text | Role::Strong) {
                7.0
            } else {
                4.5
            };
            let ratio = contrast(text, ground);
            assert!(
                ratio >= least,
                "{name}: {role:?} has {ratio:.1} on its ground"
            );
            // Dim text becomes body text there; a badge keeps its own ground.
            let dim = look.style(role).fg == look.style(Role::Dim).fg;
            if !dim && look.style(role).bg.is_none() {
                let ratio = contrast(text, selected);
                assert!(
                    ratio >= 4.5,
                    "{name}: {role:?} has {ratio:.1} under the cursor"
                );
            }
        }
    }
}

#[test]
fn terminals_with_few_colours_get_none_that_they_do_not_have() {
    for (depth, allowed) in [
        (
            Depth::Indexed,
            (|colour| !matches!(colour, Color::Rgb(..))) as fn(Color) -> bool,
        ),
        (Depth::Ansi, |colour| {
            !matches!(colour, Color::Rgb(..) | Color::Indexed(_))
        }),
        (Depth::None, |colour| colour == Color::Reset),
    ] {
        let (look, _) = Look::new("dark", depth, false).unwrap();
        for role in Role::iter() {
            let style = look.style(role);
            for colour in [style.fg, style.bg].into_iter().flatten() {
                assert!(allowed(colour), "{depth:?}: {role:?} is {colour:?}");
            }
        }
    }
}

#[test]
fn without_colour_the_selection_and_a_p1_still_stand_out() {
    let (look, _) = Look::new("light", Depth::None, false).unwrap();
    for role in [Role::Selection, Role::P1] {
        assert!(
            look.style(role).add_modifier.contains(Modifier::REVERSED),
            "{role:?}"
        );
    }
    assert!(
        look.style(Role::Error)
            .add_modifier
            .contains(Modifier::BOLD)
    );
}
