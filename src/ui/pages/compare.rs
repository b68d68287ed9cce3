//! Two stretches of time side by side: before and after a deployment, good and bad.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::engine;
use crate::model::analysis::Analysis;
use crate::model::rows::FunctionFigures;
use crate::model::symbols::Sym;
use crate::model::time::{MINUTE_MS, Timestamp};
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::glyphs;
use crate::ui::kinds;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Table};
use crate::ui::pages::error;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

type Stretch = (Timestamp, Timestamp);

/// The page: what is new, then function by function.
pub(super) fn page(scene: &Arc<Scene>, before: Stretch, after: Stretch) -> Page {
    let one = engine::within(&scene.analysis, before.0, before.1);
    let two = engine::within(&scene.analysis, after.0, after.1);
    let title = format!(
        "{}–{} against {}–{}",
        figures::clock_or_day(before.0, scene.now),
        figures::clock_or_day(before.1, scene.now),
        figures::clock_or_day(after.0, scene.now),
        figures::clock_or_day(after.1, scene.now)
    );
    Page {
        note: Text::of(Role::Dim, "sort change ↓"),
        parts: vec![
            news(&one, &two),
            functions(&one, &two, (before, after)).aside(Text::of(Role::Dim, &title)),
        ],
        ..Page::default()
    }
}

/// Findings and errors that only one side has.
fn news(one: &Analysis, two: &Analysis) -> Part {
    let mut found: Vec<(Key, Row)> = Vec::new();
    for (word, role, here, there) in [("new", Role::Error, two, one), ("gone", Role::Ok, one, two)]
    {
        for finding in &here.findings {
            if there.findings.iter().any(|other| other.id == finding.id) {
                continue;
            }
            let (badge, colour) = kinds::severity(finding.severity);
            let what = Text::of(colour, badge)
                .and(
                    kinds::role(finding.kind),
                    &format!(" {} ", kinds::glyph(finding.kind)),
                )
                .and(Role::Text, &finding.claim);
            found.push(row(
                word,
                role,
                &finding.id,
                what,
                Step::Finding(finding.id.clone()),
            ));
        }
        for group in &here.errors {
            let (function, name) = (here.text(group.function), error::name(here, group));
            let same = |other: &crate::model::rows::ErrorGroup| {
                there.text(other.function) == function && error::name(there, other) == name
            };
            if there.errors.iter().any(same) {
                continue;
            }
            let what = Text::of(Role::Error, &format!("{} ×{} ", glyphs::ERROR, group.count))
                .and(Role::Strong, function)
                .and(Role::Text, &format!(" {name}"));
            let step = Step::Error {
                function: function.to_owned(),
                fingerprint: error::key(here, group).0,
            };
            found.push(row(word, role, &format!("{function}\0{name}"), what, step));
        }
    }
    if found.is_empty() {
        let line = Text::new("the same findings and errors on both sides");
        return Part::lines("news", "What is new, what is gone", vec![line]);
    }
    let columns = vec![
        Column::word("", 5).named("side"),
        Column::text("", 20, u16::MAX).named("what"),
    ];
    let title = format!("What is new, what is gone: {}", found.len());
    Part::new("news", title, Table::bare(columns, Rows::few(found))).between(3, 12)
}

fn row(word: &str, role: Role, id: &str, what: Text, step: Step) -> (Key, Row) {
    (
        Key::text(&format!("{word}\0{id}")),
        Row {
            cells: vec![Cell::of(role, word), Cell::Text(what)],
            open: Some(step),
            ..Row::default()
        },
    )
}

/// What is compared of a function.
#[derive(Clone, Copy, Default)]
struct Side {
    runs: u64,
    errors: u64,
    /// Runs that say how they started, and those of them that waited.
    told: u64,
    cold: Option<u64>,
    p50: Option<f64>,
    p99: Option<f64>,
}

impl Side {
    fn of(figures: &FunctionFigures) -> Self {
        let duration = figures.duration_ms.as_ref();
        Self {
            runs: figures.invocations,
            errors: figures.errors,
            told: figures.told(),
            cold: figures.felt_cold_starts,
            p50: duration.map(|of| of.p50),
            p99: duration.map(|of| of.p99),
        }
    }

    fn errors(self) -> Option<f64> {
        (self.runs > 0).then(|| self.errors as f64 / self.runs as f64)
    }

    fn cold(self) -> Option<f64> {
        let cold = self.cold.filter(|_| self.told > 0)?;
        Some(cold as f64 / self.told as f64)
    }
}

fn functions(one: &Analysis, two: &Analysis, (before, after): (Stretch, Stretch)) -> Part {
    let minutes = |(from, until): Stretch| (until.since(from) as f64 / MINUTE_MS as f64).max(1.0);
    let (minutes_one, minutes_two) = (minutes(before), minutes(after));
    let mut sides: HashMap<Sym, (String, Side, Side)> = HashMap::new();
    for figures in &one.functions {
        let name = one.text(figures.function).to_owned();
        sides.insert(figures.function, (name, Side::of(figures), Side::default()));
    }
    // Both sides are cut from one picture: they share its symbols.
    for figures in &two.functions {
        let name = two.text(figures.function).to_owned();
        let entry = sides.entry(figures.function);
        entry.or_insert((name, Side::default(), Side::default())).2 = Side::of(figures);
    }
    let mut sides: Vec<(String, Side, Side)> = sides.into_values().collect();
    sides.sort_by(|a, b| change(b).total_cmp(&change(a)).then_with(|| a.0.cmp(&b.0)));
    let keys = sides.iter().map(|(name, ..)| Key::text(name)).collect();
    let title = format!("Function by function, {}", sides.len());
    let rows = Rows::new(keys, move |at| {
        let (name, one, two) = &sides[at];
        let rate = |runs: u64, minutes: f64| figures::per_minute(runs as f64 / minutes);
        let share =
            |share: Option<f64>| share.map_or_else(|| figures::NONE.to_owned(), figures::percent);
        let took = |ms: Option<f64>| ms.map_or_else(|| figures::NONE.to_owned(), figures::duration);
        Row {
            cells: vec![
                Cell::of(Role::Strong, name),
                Cell::of(Role::Dim, &rate(one.runs, minutes_one)),
                Cell::text(&rate(two.runs, minutes_two)),
                Cell::of(Role::Dim, &share(one.errors())),
                worse(share(two.errors()), one.errors(), two.errors()),
                Cell::of(Role::Dim, &took(one.p50)),
                worse(took(two.p50), one.p50, two.p50),
                Cell::of(Role::Dim, &took(one.p99)),
                worse(took(two.p99), one.p99, two.p99),
                Cell::of(Role::Dim, &share(one.cold())),
                worse(share(two.cold()), one.cold(), two.cold()),
            ],
            open: Some(Step::Function(name.clone())),
            function: Some(name.clone()),
            ..Row::default()
        }
    });
    let columns = vec![
        Column::name("function", 12, 30),
        Column::figure("/min", 7).named("/min before").drop(4),
        Column::figure("→", 7).named("/min after").drop(4),
        Column::figure("errors", 7).named("errors before"),
        Column::figure("→", 7).named("errors after"),
        Column::figure("p50", 8).named("p50 before"),
        Column::figure("→", 8).named("p50 after"),
        Column::figure("p99", 8).named("p99 before").drop(2),
        Column::figure("→", 8).named("p99 after").drop(2),
        Column::figure("", 8)
            .titled(Text::of(Role::Cold, glyphs::COLD).and(Role::Dim, " cold"))
            .named("cold before")
            .drop(3),
        Column::figure("→", 7).named("cold after").drop(3),
    ];
    Part::new("compared", title, Table::new(columns, rows)).between(4, u16::MAX)
}

/// How much a function changed: the larger of how its median and its errors did, by ratio.
fn change((_, one, two): &(String, Side, Side)) -> f64 {
    let ratio = |before: f64, after: f64| {
        if before <= 0.0 || after <= 0.0 {
            0.0
        } else {
            (after / before).ln().abs()
        }
    };
    let slower = match (one.p50, two.p50) {
        (Some(before), Some(after)) => ratio(before, after),
        _ => 0.0,
    };
    let failing = match (one.errors(), two.errors()) {
        (Some(before), Some(after)) => ratio(before + 0.01, after + 0.01),
        _ => 0.0,
    };
    slower.max(failing)
}

/// Half as much again and more is marked.
fn worse(shown: String, before: Option<f64>, after: Option<f64>) -> Cell {
    let marked = matches!((before, after), (Some(before), Some(after)) if after > before * 1.5 && after > 0.0);
    Cell::of(if marked { Role::Error } else { Role::Text }, &shown)
}
