//! What every consumer received, and how much of it came again.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::detect::statistics::wilson;
use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::rows::{Duplicate, DuplicateClass, Harm};
use crate::model::symbols::Sym;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Key, Part, Row, Rows, Table};
use crate::ui::state::BLIND;
use crate::ui::step::{Step, Which};
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::repeats::classes;

/// What one consumer received of one source. No source: it is blind, its log names no ids.
pub(super) struct Consumer {
    pub name: Sym,
    pub source: Option<EventSource>,
    /// Queue, topic, stream, table, bucket or bus, where all of it came through one.
    resource: Option<Sym>,
    distinct: u64,
    repeats: u64,
    harmless: u64,
    possible: u64,
    double: u64,
    class: Option<DuplicateClass>,
    ids: Option<f64>,
}

/// Every consumer and what came to it again, the most harmed first.
pub(super) fn all(analysis: &Analysis) -> Vec<Consumer> {
    let mut distinct: HashMap<(Sym, EventSource), hashbrown::HashSet<Sym>> = HashMap::new();
    let mut through: HashMap<(Sym, EventSource), Option<Sym>> = HashMap::new();
    for one in &analysis.deliveries {
        let pair = (one.consumer, one.source);
        distinct.entry(pair).or_default().insert(one.identity);
        let known = through.entry(pair).or_insert(one.resource);
        if *known != one.resource {
            *known = None;
        }
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
                resource: through.get(pair).copied().flatten(),
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
                resource: None,
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

/// The part.
pub(super) fn part(scene: &Scene, consumers: Vec<Consumer>) -> Part {
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
    let rows = Rows::new(keys, move |at| row(&analysis, &consumers[at]));
    let columns = vec![
        Column::name("consumer", 12, 26).wants(15),
        Column::text("source", 12, 24).drop(4),
        Column::figure("distinct", 9).drop(5),
        Column::figure("repeats", 8),
        Column::figure("harmless", 8).drop(7),
        Column::figure("possible", 8).drop(6),
        Column::figure("", 12)
            .titled(Text::of(Role::Duplicate, glyphs::DUPLICATE).and(Role::Dim, " double k/n")),
        Column::figure("rate [95 %]", 15).drop(3),
        Column::word("class", 19),
        Column::figure("ids", 6).drop(1),
    ];
    Part::new("what", title, Table::new(columns, rows))
        .aside(Text::of(Role::Dim, &horizon))
        .between(3, 9)
}

fn row(analysis: &Analysis, one: &Consumer) -> Row {
    let name = analysis.text(one.name);
    let mut source = one
        .source
        .map_or_else(|| figures::UNKNOWN.to_owned(), |source| source.to_string());
    if let Some(resource) = one.resource {
        source = format!("{source} {}", analysis.text(resource));
    }
    let ids = one
        .ids
        .map_or_else(|| figures::UNKNOWN.to_owned(), figures::percent);
    let known = one.source.is_some();
    let count = |n: u64, role: Role| Cell::count(known.then_some(n), role);
    let base = one.distinct.max(one.double);
    let role = if one.double > 0 {
        Role::Duplicate
    } else {
        Role::Dim
    };
    let (double, rate, class) = if known {
        let rate = wilson(one.double, base).filter(|_| base >= 20);
        let class = one.class.map(|class| class.to_string());
        (
            Cell::of(
                role,
                &format!("{}/{}", figures::count(one.double), figures::count(base)),
            ),
            Cell::of(
                role,
                &rate.map_or_else(|| figures::NONE.to_owned(), |rate| figures::rate(&rate)),
            ),
            Cell::text(class.as_deref().unwrap_or(figures::NONE)),
        )
    } else {
        let unknown = |words: &str| Cell::of(Role::Unknown, words);
        (
            unknown(figures::UNKNOWN),
            unknown("blind"),
            unknown("no event ids"),
        )
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
            rate,
            class,
            Cell::text(&ids),
        ],
        open: Some(opens(analysis, one)),
        cells_open: one
            .source
            .map_or_else(Vec::new, |source| behind(name, source, one)),
        function: Some(name.to_owned()),
        ..Row::default()
    }
}

/// The runs behind its counts of repeats, by column.
fn behind(name: &str, source: EventSource, one: &Consumer) -> Vec<(usize, Step)> {
    let runs = |least: Harm, most: Harm| Step::Invocations {
        function: name.to_owned(),
        which: Which::Repeated {
            source,
            class: None,
            least,
            most,
        },
    };
    let counts = [
        (3, one.repeats, runs(Harm::None, Harm::Double)),
        (4, one.harmless, runs(Harm::None, Harm::Absorbed)),
        (5, one.possible, runs(Harm::Possible, Harm::Possible)),
        (6, one.double, runs(Harm::Double, Harm::Double)),
    ];
    let any = counts.into_iter().filter(|(_, count, _)| *count > 0);
    any.map(|(column, _, step)| (column, step)).collect()
}

/// Its worst repeat; the function where nothing came again.
fn opens(analysis: &Analysis, one: &Consumer) -> Step {
    let mine = analysis
        .duplicates
        .iter()
        .filter(|repeat| repeat.consumer == one.name && Some(repeat.source) == one.source);
    let worst = find::worst_repeat(analysis, mine);
    worst.unwrap_or_else(|| Step::Function(analysis.text(one.name).to_owned()))
}
