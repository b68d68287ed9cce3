//! The walls of the house: imports point down the floors of `src/lib.rs`, and neighbours on a floor do not import each
//! other. Only the one clock reads the clock (clippy holds that), and no file grows without being seen.

use std::fs;
use std::path::{Path, PathBuf};

/// The floors, as the table at the top of `src/lib.rs` has them.
const FLOORS: &[(&str, u8)] = &[
    ("cli", 9),
    ("app", 8),
    ("ui", 7),
    ("export", 6),
    ("sources", 5),
    ("demo", 5),
    ("engine", 4),
    ("store", 3),
    ("correlate", 2),
    ("detect", 2),
    ("redact", 2),
    ("decode", 1),
    ("model", 0),
];

fn floor(module: &str) -> u8 {
    let known = FLOORS.iter().find(|(name, _)| *name == module);
    known
        .unwrap_or_else(|| {
            panic!("{module} is on no floor: add it to the table of lib.rs and here")
        })
        .1
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The top modules that a file names by `crate::…`, also in `use crate::{a, b}`.
fn imports(text: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect()
    };
    let mut found = Vec::new();
    for (at, _) in text.match_indices("crate::") {
        // `$crate::` of a macro and `xcrate::` of another name do not count.
        if text[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '$') {
            continue;
        }
        let rest = &text[at + "crate::".len()..];
        match rest.strip_prefix('{') {
            None => found.push(word(rest)),
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (place, letter) in group.char_indices() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        letter if letter.is_whitespace() => {}
                        _ if start => {
                            found.push(word(&group[place..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found
}

#[test]
fn imports_point_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&root, &mut files);
    assert!(files.len() > 30, "the sources were found");
    let mut wrong = Vec::new();
    for file in files {
        let place = file.strip_prefix(&root).unwrap();
        let module = place
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        let module = module.trim_end_matches(".rs");
        if matches!(module, "lib" | "main") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code: String = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .flat_map(|line| [line, "\n"])
            .collect();
        for import in imports(&code).iter().filter(|import| *import != module) {
            if floor(import) >= floor(module) {
                wrong.push(format!("{}: {module} imports {import}", place.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports that do not point down:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn the_table_of_lib_names_every_floor() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for (module, floor) in FLOORS {
        let row = lib
            .lines()
            .find(|line| line.starts_with(&format!("//! | {floor} |")));
        assert!(
            row.is_some_and(|row| row.contains(&format!("[`{module}`]"))),
            "lib.rs has no row for {module} on floor {floor}"
        );
    }
}

#[test]
fn imports_are_read_from_paths_and_groups() {
    let code = "use crate::model::time::Timestamp;\nuse crate::{decode::{A, B}, model};\nlet x = crate::store::y();";
    assert_eq!(imports(code), ["model", "decode", "model", "store"]);
}
