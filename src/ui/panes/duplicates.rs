//! Duplicates: what ran twice, did it do harm.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::detect::statistics::{percentiles, wilson};
use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::finding::FindingKind;
use crate::model::rows::{Duplicate, DuplicateClass, Harm};
use crate::model::symbols::Sym;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Table};
use crate::ui::rows;
use crate::ui::state;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::Pane;

/// Below this share of invocations with an event id, nothing can be said.
const BLIND: f64 = 0.2;

pub struct Duplicates;

impl Pane for Duplicates {
    fn title(&self) -> &'static str {
        "Duplicates"
    }

    fn short(&self) -> &'static str {
        "Dup"
    }

    fn kinds(&self) -> &'static [FindingKind] {
        &[FindingKind::Duplicate]
    }

    fn page(&self, scene: &Arc<Scene>) -> Page {
        let analysis = &scene.analysis;
        let consumers = consumers(analysis);
        if consumers.is_empty() {
            let line = state::none_of(
                scene,
                "nothing to repeat was delivered",
                "no event ids in the logs",
            );
            return Page {
                parts: vec![Part::lines("what", "What ran twice", vec![line])],
                ..Page::default()
            };
        }
        let detail_scene = Arc::clone(scene);
        let names: Vec<(Sym, Option<EventSource>)> =
            consumers.iter().map(|one| (one.name, one.source)).collect();
        Page {
            note: Text::of(Role::Dim, "sort double ↓"),
            parts: vec![what(scene, consumers)],
            detail: Some(Box::new(move |row| match names.get(row) {
                Some((consumer, Some(source))) => detail(&detail_scene, *consumer, *source),
                Some((consumer, None)) => vec![blind(&detail_scene.analysis, *consumer)],
                None => Vec::new(),
            })),
            ..Page::default()
        }
    }
}

/// What one consumer received of one source. No source: it is blind, its log names no ids.
struct Consumer {
    name: Sym,
    source: Option<EventSource>,
    distinct: u64,
    repeats: u64,
    harmless: u64,
    possible: u64,
    double: u64,
    class: Option<DuplicateClass>,
    ids: Option<f64>,
}

fn consumers(analysis: &Analysis) -> Vec<Consumer> {
    let mut distinct: HashMap<(Sym, EventSource), hashbrown::HashSet<Sym>> = HashMap::new();
    for one in &analysis.deliveries {
        distinct
            .entry((one.consumer, one.source))
            .or_default()
            .insert(one.identity);
    }
    let mut repeats: HashMap<(Sym, EventSource), Vec<&Duplicate>> = HashMap::new();
    for one in &analysis.duplicates {
        repeats
            .entry((one.consumer, one.source))
            .or_default()
            .push(one);
    }
    let ids = |consumer: Sym| {
        let figures = analysis
            .functions
            .iter()
            .find(|figures| figures.function == consumer);
        figures.and_then(|figures| figures.id_coverage)
    };
    let mut pairs: Vec<(Sym, EventSource)> =
        distinct.keys().chain(repeats.keys()).copied().collect();
    pairs.sort_by_key(|(consumer, source)| (analysis.text(*consumer), *source));
    pairs.dedup();
    let mut found: Vec<Consumer> = pairs
        .iter()
        .map(|pair| {
            let mine = repeats.get(pair).map_or(&[][..], Vec::as_slice);
            let harm = |wanted: Harm| mine.iter().filter(|one| one.harm == wanted).count() as u64;
            Consumer {
                name: pair.0,
                source: Some(pair.1),
                distinct: match distinct.get(pair) {
                    Some(ids) => ids.len() as u64,
                    None => requests(analysis, pair.0),
                },
                repeats: mine.len() as u64,
                harmless: harm(Harm::None) + harm(Harm::Absorbed),
                possible: harm(Harm::Possible),
                double: harm(Harm::Double),
                class: classes(mine).first().map(|(class, _)| *class),
                ids: ids(pair.0),
            }
        })
        .collect();
    for figures in &analysis.functions {
        let blind = figures.id_coverage.is_some_and(|share| share < BLIND);
        if blind
            && !pairs
                .iter()
                .any(|(consumer, _)| *consumer == figures.function)
        {
            found.push(Consumer {
                name: figures.function,
                source: None,
                distinct: 0,
                repeats: 0,
                harmless: 0,
                possible: 0,
                double: 0,
                class: None,
                ids: figures.id_coverage,
            });
        }
    }
    // Blind rows last, else by harm; the order of names stays within.
    found.sort_by_key(|one| {
        let worst = (one.double, one.possible, one.repeats);
        (one.source.is_none(), std::cmp::Reverse(worst))
    });
    found
}

/// Requests of a function: what its asynchronous events are known by, having no other id.
fn requests(analysis: &Analysis, function: Sym) -> u64 {
    let runs = analysis.assembled.invocations.iter();
    runs.filter(|one| one.function == function && one.attempt == 1)
        .count() as u64
}

/// Classes of these repeats, the harmful and then the frequent first.
fn classes(of: &[&Duplicate]) -> Vec<(DuplicateClass, Vec<Harm>)> {
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

fn what(scene: &Scene, consumers: Vec<Consumer>) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let repeats: u64 = consumers.iter().map(|one| one.repeats).sum();
    let double: u64 = consumers.iter().map(|one| one.double).sum();
    let title = format!(
        "What ran twice, and did it do harm: {} repeats, {} double",
        figures::count(repeats),
        figures::count(double)
    );
    let keys = consumers
        .iter()
        .map(|one| Key::text(&format!("{}\0{:?}", analysis.text(one.name), one.source)))
        .collect();
    let horizon = match analysis.facts.horizon {
        Some(horizon) => format!(
            "horizon {}",
            figures::duration(scene.now.since(horizon) as f64)
        ),
        None => "nothing forgotten".to_owned(),
    };
    let rows = Rows::new(keys, move |at| what_row(&analysis, &consumers[at]));
    let columns = vec![
        Column::name("consumer", 12, 26),
        Column::word("source", 13).drop(4),
        Column::figure("distinct", 9).drop(5),
        Column::figure("repeats", 8),
        Column::figure("harmless", 8).drop(7),
        Column::figure("possible", 8).drop(6),
        Column::figure("", 22).titled(
            Text::of(Role::Duplicate, glyphs::DUPLICATE).and(Role::Dim, " double k/n [95 %]"),
        ),
        Column::word("class", 19),
        Column::figure("ids", 6).drop(1),
    ];
    Part::new("what", title, Table::new(columns, rows))
        .aside(Text::of(Role::Dim, &horizon))
        .between(3, 9)
}

fn what_row(analysis: &Analysis, one: &Consumer) -> Row {
    let name = analysis.text(one.name);
    let source = one
        .source
        .map_or_else(|| figures::UNKNOWN.to_owned(), |source| source.to_string());
    let ids = one
        .ids
        .map_or_else(|| figures::UNKNOWN.to_owned(), figures::percent);
    let known = one.source.is_some();
    let count = |n: u64, role: Role| Cell::count(known.then_some(n), role);
    let double = if known {
        let base = one.distinct.max(one.double);
        let text = match wilson(one.double, base) {
            Some(rate) if base >= 20 => {
                format!("{} {}", figures::count(one.double), figures::rate(&rate))
            }
            _ => format!("{}/{}", figures::count(one.double), figures::count(base)),
        };
        Cell::of(
            if one.double > 0 {
                Role::Duplicate
            } else {
                Role::Dim
            },
            &text,
        )
    } else {
        Cell::of(Role::Unknown, "blind: no event ids")
    };
    Row {
        cells: vec![
            Cell::of(Role::Strong, name),
            Cell::text(&source),
            count(one.distinct, Role::Text),
            count(one.repeats, Role::Text),
            count(one.harmless, Role::Text),
            count(one.possible, Role::Text),
            double,
            Cell::text(
                &one.class
                    .map_or_else(|| figures::NONE.to_owned(), |class| class.to_string()),
            ),
            Cell::text(&ids),
        ],
        open: Some(Step::Function(name.to_owned())),
        function: Some(name.to_owned()),
        ..Row::default()
    }
}

/// What would make a blind consumer seen.
fn blind(analysis: &Analysis, consumer: Sym) -> Part {
    let name = analysis.text(consumer);
    let lines = vec![
        Text::of(
            Role::Unknown,
            &format!(
                "blind: no event ids in the logs of {name}, so repeats and order cannot be known"
            ),
        ),
        Text::new("log the id of each event once, in one line of JSON:"),
        Text::of(
            Role::Strong,
            "  {\"messageId\": \"<id of the record>\", \"eventSource\": \"aws:sqs\"}",
        ),
    ];
    Part::lines("blind", format!("{name}: what would make it seen"), lines)
}

fn detail(scene: &Arc<Scene>, consumer: Sym, source: EventSource) -> Vec<Part> {
    let analysis = &scene.analysis;
    let mine: Vec<&Duplicate> = analysis
        .duplicates
        .iter()
        .filter(|one| one.consumer == consumer && one.source == source)
        .collect();
    let name = analysis.text(consumer);
    if mine.is_empty() {
        let words = format!("no event of {source} came twice to {name}");
        return vec![Part::lines(
            "classes",
            name,
            vec![Text::of(Role::Ok, &words)],
        )];
    }
    vec![by_class(name, &mine), list(scene, consumer, source)]
}

fn by_class(name: &str, mine: &[&Duplicate]) -> Part {
    let classes = classes(mine);
    let rows: Vec<Row> = classes
        .iter()
        .map(|(class, harms)| {
            let count = |wanted: Harm| harms.iter().filter(|harm| **harm == wanted).count() as u64;
            Row {
                cells: vec![
                    Cell::text(&class.to_string()),
                    Cell::text(&harms.len().to_string()),
                    Cell::Bar(harms.len() as f64 / mine.len() as f64, Role::Duplicate),
                    Cell::count(Some(count(Harm::Double)), Role::Duplicate),
                    Cell::count(Some(count(Harm::Possible)), Role::Text),
                    Cell::count(Some(count(Harm::Absorbed)), Role::Text),
                    Cell::count(Some(count(Harm::None)), Role::Text),
                ],
                ..Row::default()
            }
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
        Table::new(columns, Rows::fixed(rows)),
    )
    .aside(Text::of(Role::Dim, &aside))
    .between(lines.min(2), lines)
}

fn list(scene: &Arc<Scene>, consumer: Sym, source: EventSource) -> Part {
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
