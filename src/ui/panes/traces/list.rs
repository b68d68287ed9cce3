//! The list of requests. What needs a request's tree is made when its row is first shown.

use std::sync::{Arc, OnceLock};

use crate::correlate::tree::{Index, Kind, Tree};
use crate::detect::statistics::percentiles;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Part, Row, Rows, Table};
use crate::ui::pages::waterfall::path;
use crate::ui::rows;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::request::Request;

/// What a request's tree says of it.
struct Story {
    functions: u16,
    depth: u16,
    /// Milliseconds of its critical path in queues.
    queued_ms: i64,
    path: Text,
}

impl Story {
    /// Of a request whose one run took all of its time.
    fn of_one(function: &str) -> Self {
        Self {
            functions: 1,
            depth: 1,
            queued_ms: 0,
            path: Text::new(function).and(Role::Dim, " 100 %"),
        }
    }
}

/// The part; the requests in their order.
pub(super) fn part(scene: &Scene, index: Index, requests: Vec<Request>) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let title = format!(
        "Where the time went: {} in {}",
        figures::number_of(requests.len() as u64, "requests"),
        crate::ui::state::window(scene)
    );
    let aside = aside(&requests);
    let traced = requests.iter().filter(|one| one.has_spans).count();
    let foot = format!(
        "X-Ray holds {} of {} ({}): the others are joined by ids in logs, or are one run alone",
        figures::count(traced as u64),
        figures::number_of(requests.len() as u64, "requests"),
        figures::percent(traced as f64 / requests.len().max(1) as f64)
    );
    let keys = requests
        .iter()
        .map(|one| find::run_key(find::run_at(&analysis, one.root)))
        .collect();
    let now = scene.now;
    let stories: Vec<OnceLock<Story>> = requests.iter().map(|_| OnceLock::new()).collect();
    let rows = Rows::new(keys, move |at| {
        let request = &requests[at];
        let of_all = index.requests(&analysis);
        let story = stories[at].get_or_init(|| {
            if request.is_plain() {
                return Story::of_one(analysis.text(analysis.invocation(request.root).function));
            }
            story(&of_all.tree(request.root))
        });
        let root = analysis.invocation(request.root);
        let run = find::run(root);
        let function = analysis.text(root.function);
        let entry = of_all.entry(request.root).unwrap_or(function);
        Row {
            cells: vec![
                Cell::of(Role::Dim, &rows::moment(request.start, now)),
                Cell::of(Role::Strong, entry),
                Cell::text(&figures::duration(request.took_ms())),
                Cell::Text(rows::status(request.status)),
                Cell::text(&story.functions.to_string()),
                Cell::text(&story.depth.to_string()),
                took(Role::Cold, request.cold_ms),
                Cell::count(Some(u64::from(request.refused)), Role::Throttle),
                Cell::count(Some(u64::from(request.repeats)), Role::Duplicate),
                Cell::count(Some(u64::from(request.overtaken)), Role::Disorder),
                took(Role::Text, story.queued_ms as f64),
                Cell::Text(story.path.clone()),
                links(request.confidence),
            ],
            open: Some(Step::Trace(run)),
            run: Some(run),
            function: Some(function.to_owned()),
            ..Row::default()
        }
    });
    Part::new("requests", title, Table::new(columns(), rows))
        .aside(Text::of(Role::Dim, &aside))
        .between(4, 14)
        .foot(Text::of(Role::Dim, &foot))
}

fn columns() -> Vec<Column> {
    let kind = |glyph: &str, role: Role| Text::of(role, glyph);
    vec![
        Column::word("at", 12),
        Column::name("entry", 12, 28),
        Column::figure("took", 8),
        Column::word("status", 9),
        Column::figure("fns", 3).drop(6),
        Column::figure("dep", 3).drop(7),
        Column::figure("", 7)
            .titled(kind(glyphs::COLD, Role::Cold).and(Role::Dim, " cold"))
            .drop(4),
        Column::figure("", 3)
            .titled(kind(glyphs::THROTTLE, Role::Throttle))
            .named("refused")
            .drop(1),
        Column::figure("", 2)
            .titled(kind(glyphs::DUPLICATE, Role::Duplicate))
            .named("repeated")
            .drop(2),
        Column::figure("", 2)
            .titled(kind(glyphs::DISORDER, Role::Disorder))
            .named("overtaken")
            .drop(2),
        Column::figure("queue", 7).drop(5),
        Column::text("critical path", 18, 40).wants(31).drop(3),
        Column::word("links", 6).drop(8),
    ]
}

/// A stretch of time that may be nothing.
fn took(role: Role, ms: f64) -> Cell {
    if ms > 0.0 {
        Cell::of(role, &figures::duration(ms))
    } else {
        Cell::of(Role::Dim, figures::NONE)
    }
}

fn links(confidence: Option<f32>) -> Cell {
    match confidence {
        None => Cell::of(Role::Dim, figures::NONE),
        Some(sure) if sure >= find::EXACT => Cell::text("exact"),
        Some(sure) => Cell::of(
            Role::Unknown,
            &format!("≈ {}", figures::percent(f64::from(sure))),
        ),
    }
}

/// Spread of what requests took, and how sure their links are.
fn aside(requests: &[Request]) -> String {
    let mut took: Vec<f64> = requests.iter().map(Request::took_ms).collect();
    let spread = percentiles(&mut took).map_or_else(String::new, |took| {
        format!(
            "p50 {} · p99 {} · ",
            figures::duration(took.p50),
            figures::duration(took.p99)
        )
    });
    let share = |wanted: &dyn Fn(Option<f32>) -> bool| {
        let count = requests.iter().filter(|one| wanted(one.confidence)).count();
        figures::percent(count as f64 / requests.len().max(1) as f64)
    };
    format!(
        "{spread}links exact {}, ≈ {}, none {}",
        share(&|sure| sure.is_some_and(|sure| sure >= find::EXACT)),
        share(&|sure| sure.is_some_and(|sure| sure < find::EXACT)),
        share(&|sure| sure.is_none())
    )
}

fn story(tree: &Tree) -> Story {
    let queued = tree
        .path
        .iter()
        .filter(|part| part.stretch.kind == Kind::Queued);
    let whole = path::length_ms(tree).max(1) as f64;
    let mut words = Text::default();
    for (at, share) in path::shares(tree).iter().take(2).enumerate() {
        if at > 0 {
            words = words.and(Role::Text, "  ");
        }
        let percent = figures::percent(share.ms as f64 / whole);
        words = words
            .then(share.name())
            .and(Role::Dim, &format!(" {percent}"));
    }
    Story {
        functions: tree.functions,
        depth: tree.depth,
        queued_ms: queued
            .map(|part| part.stretch.to.since(part.stretch.from))
            .sum(),
        path: words,
    }
}
