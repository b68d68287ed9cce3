//! The repeats of one consumer: why they came, and every one of them.

use std::sync::Arc;

use crate::detect::statistics::percentiles;
use crate::model::fact::EventSource;
use crate::model::rows::{Duplicate, DuplicateClass, Harm};
use crate::model::symbols::Sym;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::page::{Cell, Column, Key, Part, Row, Rows, Table};
use crate::ui::rows;
use crate::ui::step::{Step, Which};
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// Classes of these repeats, the harmful and then the frequent first.
pub(super) fn classes(of: &[&Duplicate]) -> Vec<(DuplicateClass, Vec<Harm>)> {
    let mut found: Vec<(DuplicateClass, Vec<Harm>)> = Vec::new();
    for one in of {
        match found.iter_mut().find(|(class, _)| *class == one.class) {
            Some((_, harms)) => harms.push(one.harm),
            None => found.push((one.class, vec![one.harm])),
        }
    }
    let double = |harms: &[Harm]| harms.iter().filter(|harm| **harm == Harm::Double).count();
    found.sort_by_key(|(class, harms)| (std::cmp::Reverse((double(harms), harms.len())), *class));
    found
}

/// Repeats by class.
pub(super) fn by_class(name: &str, source: EventSource, mine: &[&Duplicate]) -> Part {
    let classes = classes(mine);
    let rows: Vec<(Key, Row)> = classes
        .iter()
        .map(|(class, harms)| {
            let runs = |least: Harm, most: Harm| Step::Invocations {
                function: name.to_owned(),
                which: Which::Repeated {
                    source,
                    class: Some(*class),
                    least,
                    most,
                },
            };
            let count = |wanted: Harm| harms.iter().filter(|harm| **harm == wanted).count() as u64;
            let of_harm = [Harm::Double, Harm::Possible, Harm::Absorbed, Harm::None];
            let row = Row {
                cells: vec![
                    Cell::text(&class.to_string()),
                    Cell::text(&harms.len().to_string()),
                    Cell::Bar(harms.len() as f64 / mine.len() as f64, Role::Duplicate),
                    Cell::count(Some(count(Harm::Double)), Role::Duplicate),
                    Cell::count(Some(count(Harm::Possible)), Role::Text),
                    Cell::count(Some(count(Harm::Absorbed)), Role::Text),
                    Cell::count(Some(count(Harm::None)), Role::Text),
                ],
                open: Some(runs(Harm::None, Harm::Double)),
                cells_open: (3..).zip(of_harm.map(|harm| runs(harm, harm))).collect(),
                function: Some(name.to_owned()),
                ..Row::default()
            };
            (Key::text(&class.to_string()), row)
        })
        .collect();
    let mut gaps: Vec<f64> = mine
        .iter()
        .map(|one| one.repeat.at.since(one.first.at) as f64)
        .collect();
    let aside = percentiles(&mut gaps).map_or_else(String::new, |gap| {
        format!(
            "gap p50 {} · p99 {}",
            figures::duration(gap.p50),
            figures::duration(gap.p99)
        )
    });
    let columns = vec![
        Column::word("class", 20),
        Column::figure("k", 6),
        Column::text("share", 10, 30).drop(1),
        Column::figure("double", 7),
        Column::figure("possible", 8),
        Column::figure("absorbed", 8),
        Column::figure("none", 6).drop(2),
    ];
    let lines = rows.len() as u16;
    Part::new(
        "classes",
        format!("{name}: why it came again"),
        Table::new(columns, Rows::few(rows)),
    )
    .aside(Text::of(Role::Dim, &aside))
    .between(lines.min(2), lines)
}

/// Every repeat, the harmful and the newest first.
pub(super) fn list(scene: &Arc<Scene>, consumer: Sym, source: EventSource) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let mut mine: Vec<u32> = (0..analysis.duplicates.len() as u32)
        .filter(|at| {
            let one = &analysis.duplicates[*at as usize];
            one.consumer == consumer && one.source == source
        })
        .collect();
    // Harmful ones first, the newest first within.
    mine.sort_by_key(|at| {
        let one = &analysis.duplicates[*at as usize];
        std::cmp::Reverse((one.harm, one.repeat.at))
    });
    let keys = mine
        .iter()
        .map(|at| {
            let one = &analysis.duplicates[*at as usize];
            let identity = one.identity_text(&analysis.facts);
            Key::text(&format!(
                "{identity}\0{}\0{}",
                one.repeat.request_id, one.repeat.at.0
            ))
        })
        .collect();
    let now = scene.now;
    let rows = Rows::new(keys, move |row| {
        let one = &analysis.duplicates[mine[row] as usize];
        let identity = one.identity_text(&analysis.facts);
        let gap = one.repeat.at.since(one.first.at) as f64;
        let run = find::run_at(&analysis, one.repeat.invocation);
        let role = if one.harm == Harm::Double {
            Role::Duplicate
        } else {
            Role::Dim
        };
        Row {
            cells: vec![
                Cell::of(Role::Dim, &rows::moment(one.first.at, now)),
                Cell::of(Role::Dim, &rows::moment(one.repeat.at, now)),
                Cell::text(&figures::duration(gap)),
                Cell::of(role, &one.harm.to_string()),
                Cell::text(&one.class.to_string()),
                Cell::text(&identity),
            ],
            open: Some(Step::Identity {
                consumer: analysis.text(one.consumer).to_owned(),
                source: one.source,
                identity: identity.into_owned(),
            }),
            run: Some(run),
            function: Some(analysis.text(one.consumer).to_owned()),
            ..Row::default()
        }
    });
    let columns = vec![
        Column::word("1st at", 14),
        Column::word("2nd at", 14).drop(1),
        Column::figure("gap", 8),
        Column::word("harm", 9),
        Column::word("class", 20),
        Column::text("event", 12, u16::MAX),
    ];
    Part::new(
        "repeats",
        "Its repeats, harmful and newest first",
        Table::new(columns, rows),
    )
    .aside(Text::of(
        Role::Dim,
        "Enter opens every delivery of the event",
    ))
    .between(3, u16::MAX)
}
