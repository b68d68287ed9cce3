//! Cold starts: who waits, how long, why.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::analysis::Analysis;
use crate::model::finding::FindingKind;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{FunctionFigures, Init, InitCause};
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

pub struct ColdStarts;

impl Pane for ColdStarts {
    fn title(&self) -> &'static str {
        "Cold starts"
    }

    fn short(&self) -> &'static str {
        "Cold"
    }

    fn kinds(&self) -> &'static [FindingKind] {
        &[FindingKind::ColdStart]
    }

    fn page(&self, scene: &Arc<Scene>) -> Page {
        let analysis = &scene.analysis;
        if analysis.inits.is_empty() {
            let runs: u64 = analysis
                .functions
                .iter()
                .map(|function| function.invocations)
                .sum();
            let base = format!("{} invocations", figures::count(runs));
            let line = state::none_of(scene, "nobody waited for a start", &base);
            return Page {
                parts: vec![Part::lines("who", "Who waits", vec![line])],
                ..Page::default()
            };
        }
        let of = by_function(analysis);
        let order = order(analysis, &of);
        let functions: Vec<Sym> = order
            .iter()
            .map(|at| analysis.functions[*at].function)
            .collect();
        let detail_scene = Arc::clone(scene);
        let detail_of = of.clone();
        Page {
            note: Text::of(Role::Dim, "sort felt ms ↓"),
            parts: vec![who(scene, order, of)],
            detail: Some(Box::new(move |row| {
                let Some(function) = functions.get(row) else {
                    return Vec::new();
                };
                let inits = detail_of.get(function).map_or(&[][..], Vec::as_slice);
                vec![
                    why(&detail_scene.analysis, *function, inits),
                    list(&detail_scene, inits),
                ]
            })),
            ..Page::default()
        }
    }
}

/// Inits of each function, by index, oldest first.
type Inits = HashMap<Sym, Vec<u32>>;

fn by_function(analysis: &Analysis) -> Inits {
    let mut of = Inits::new();
    for (at, init) in analysis.inits.iter().enumerate() {
        of.entry(init.function).or_default().push(at as u32);
    }
    of
}

fn felt_ms(analysis: &Analysis, inits: &[u32]) -> f64 {
    inits
        .iter()
        .filter_map(|at| analysis.inits[*at as usize].felt_ms)
        .map(f64::from)
        .sum()
}

/// Functions by what their requests waited in all, most first.
fn order(analysis: &Analysis, of: &Inits) -> Vec<usize> {
    let mut order: Vec<(f64, usize)> = analysis
        .functions
        .iter()
        .enumerate()
        .map(|(at, function)| {
            (
                of.get(&function.function)
                    .map_or(0.0, |inits| felt_ms(analysis, inits)),
                at,
            )
        })
        .collect();
    order.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    order.into_iter().map(|(_, at)| at).collect()
}

/// The cause that most felt starts had, and how many had it.
fn top_cause(analysis: &Analysis, inits: &[u32]) -> Option<(InitCause, usize, usize)> {
    let causes = causes(analysis, inits);
    let all = causes.iter().map(|(_, count)| count).sum();
    causes.first().map(|(cause, count)| (*cause, *count, all))
}

fn causes(analysis: &Analysis, inits: &[u32]) -> Vec<(InitCause, usize)> {
    let mut found: Vec<(InitCause, usize)> = Vec::new();
    for cause in inits
        .iter()
        .filter_map(|at| analysis.inits[*at as usize].cause)
    {
        match found.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, count)) => *count += 1,
            None => found.push((cause, 1)),
        }
    }
    found.sort_by_key(|(cause, count)| (usize::MAX - count, *cause));
    found
}

fn who(scene: &Scene, order: Vec<usize>, of: Inits) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let total =
        |of: fn(&FunctionFigures) -> u64| -> u64 { analysis.functions.iter().map(of).sum() };
    let (felt, runs) = (
        total(|function| function.felt_cold_starts),
        total(|function| function.invocations),
    );
    let share = crate::detect::statistics::wilson(felt, runs)
        .map_or_else(String::new, |rate| format!(", {}", figures::rate(&rate)));
    let title = format!(
        "Who waits: {} of {} invocations waited for a start{share}",
        figures::count(felt),
        figures::count(runs)
    );
    let aside = format!(
        "{} starts in all",
        figures::count(analysis.inits.len() as u64)
    );
    let hours = analysis.window.map_or(1.0, |(from, to)| {
        (to.since(from).max(60_000) as f64) / 3_600_000.0
    });
    let keys = order
        .iter()
        .map(|at| Key::text(analysis.text(analysis.functions[*at].function)))
        .collect();
    let rows = Rows::new(keys, move |row| {
        let function = &analysis.functions[order[row]];
        let inits = of.get(&function.function).map_or(&[][..], Vec::as_slice);
        who_row(&analysis, function, inits, hours)
    });
    let columns = vec![
        Column::name("function", 12, 30),
        Column::word("runtime", 10).drop(8),
        Column::figure("MB", 5).drop(7),
        Column::figure("cold k/n", 12),
        Column::figure("rate [95 %]", 17).drop(3),
        Column::figure("init p50", 8).drop(5),
        Column::figure("init p99", 8).drop(4),
        Column::figure("felt/h", 8).drop(2),
        Column::word("top cause", 15),
        Column::figure("", 7).drop(1),
    ];
    Part::new("who", title, Table::new(columns, rows))
        .aside(Text::of(Role::Dim, &aside))
        .between(4, 10)
        .foot(Text::of(
            Role::Dim,
            "felt: a request waited for it · percentiles are of every init of the function",
        ))
}

fn who_row(analysis: &Analysis, function: &FunctionFigures, inits: &[u32], hours: f64) -> Row {
    let name = analysis.text(function.function);
    let known = analysis.facts.functions.get(&function.function);
    let runtime = known
        .and_then(|known| known.runtime)
        .map_or(figures::UNKNOWN, |sym| analysis.text(sym));
    let memory = function
        .memory_mb
        .or(known.and_then(|known| known.memory_mb));
    let felt = felt_ms(analysis, inits);
    let (cause, share) = match top_cause(analysis, inits) {
        Some((cause, count, all)) => (cause.to_string(), format!("{count}/{all}")),
        None => (figures::NONE.to_owned(), String::new()),
    };
    let notable = function
        .cold_rate
        .as_ref()
        .is_some_and(|rate| rate.low >= 0.05);
    let rate = match &function.cold_rate {
        Some(rate) if function.invocations >= 20 => figures::rate(rate),
        _ => figures::NONE.to_owned(),
    };
    let percentile = |of: fn(&crate::model::rows::Percentiles) -> f64| {
        let of = function.init_ms.as_ref().map(of);
        Cell::text(&of.map_or_else(|| figures::NONE.to_owned(), figures::duration))
    };
    Row {
        cells: vec![
            Cell::of(Role::Strong, name),
            Cell::text(runtime),
            Cell::text(&memory.map_or_else(|| figures::UNKNOWN.to_owned(), |mb| mb.to_string())),
            Cell::of(
                if notable { Role::Cold } else { Role::Text },
                &format!(
                    "{}/{}",
                    figures::count(function.felt_cold_starts),
                    figures::count(function.invocations)
                ),
            ),
            Cell::text(&rate),
            percentile(|of| of.p50),
            percentile(|of| of.p99),
            Cell::text(&figures::duration(felt / hours)),
            Cell::text(&cause),
            Cell::of(Role::Dim, &share),
        ],
        open: Some(Step::Invocations {
            function: name.to_owned(),
            which: crate::ui::step::Which::Cold,
        }),
        function: Some(name.to_owned()),
        ..Row::default()
    }
}

/// Causes on the left, how long inits took on the right.
fn why(analysis: &Analysis, function: Sym, inits: &[u32]) -> Part {
    let causes = causes(analysis, inits);
    let felt: usize = causes.iter().map(|(_, count)| count).sum();
    let histogram = histogram(analysis, inits);
    let most = histogram
        .iter()
        .map(|(_, count)| *count)
        .max()
        .unwrap_or(1)
        .max(1);
    let rows: Vec<Row> = (0..causes.len().max(histogram.len()))
        .map(|at| {
            let mut cells = match causes.get(at) {
                Some((cause, count)) => vec![
                    Cell::text(&cause.to_string()),
                    Cell::text(&count.to_string()),
                    Cell::Bar(*count as f64 / felt.max(1) as f64, Role::Cold),
                ],
                None => vec![Cell::text(""), Cell::text(""), Cell::text("")],
            };
            cells.push(Cell::of(Role::Dim, "│"));
            cells.extend(match histogram.get(at) {
                Some((label, count)) => vec![
                    Cell::text(label),
                    Cell::Bar(*count as f64 / most as f64, Role::Cold),
                    Cell::text(&count.to_string()),
                ],
                None => vec![Cell::text(""), Cell::text(""), Cell::text("")],
            });
            Row {
                cells,
                ..Row::default()
            }
        })
        .collect();
    let columns = vec![
        Column::word("cause", 15),
        Column::figure("k", 5),
        Column::text("share of felt starts", 12, 28),
        Column::word("", 1).drop(1),
        Column::figure("init up to", 10).drop(1),
        Column::text("", 10, 24).drop(1),
        Column::figure("", 5).drop(1),
    ];
    let name = analysis.text(function);
    let title = format!("{name}: why it had to start");
    let aside = format!("{felt} felt · {} starts", inits.len());
    let lines = rows.len() as u16;
    Part::new("why", title, Table::new(columns, Rows::fixed(rows)))
        .aside(Text::of(Role::Dim, &aside))
        .between(lines.min(3), lines)
}

/// How many inits took at most so long, in steps that a reader can name.
fn histogram(analysis: &Analysis, inits: &[u32]) -> Vec<(String, usize)> {
    const STEPS: [f64; 12] = [
        50.0, 100.0, 200.0, 300.0, 500.0, 700.0, 1_000.0, 1_500.0, 2_000.0, 3_000.0, 5_000.0,
        10_000.0,
    ];
    let mut counts = [0_usize; STEPS.len() + 1];
    for took in inits
        .iter()
        .filter_map(|at| analysis.inits[*at as usize].init_ms)
    {
        let step = STEPS
            .iter()
            .position(|step| f64::from(took) <= *step)
            .unwrap_or(STEPS.len());
        counts[step] += 1;
    }
    let first = counts.iter().position(|count| *count > 0);
    let last = counts.iter().rposition(|count| *count > 0);
    let (Some(first), Some(last)) = (first, last) else {
        return Vec::new();
    };
    (first..=last)
        .map(|at| {
            (
                STEPS
                    .get(at)
                    .map_or_else(|| "longer".to_owned(), |step| figures::duration(*step)),
                counts[at],
            )
        })
        .collect()
}

fn list(scene: &Arc<Scene>, inits: &[u32]) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let list: Vec<u32> = inits.iter().rev().copied().collect();
    let keys = list
        .iter()
        .map(|at| init_key(&analysis, &analysis.inits[*at as usize]))
        .collect();
    let now = scene.now;
    let rows = Rows::new(keys, move |row| {
        let init = &analysis.inits[list[row] as usize];
        let run = init
            .invocation
            .map(|at: InvocationIndex| find::run_at(&analysis, at));
        let ms = |ms: Option<f32>| {
            ms.map_or_else(
                || figures::UNKNOWN.to_owned(),
                |ms| figures::duration(f64::from(ms)),
            )
        };
        let felt = init.cause.is_some();
        Row {
            cells: vec![
                Cell::of(Role::Dim, &rows::moment(init.at, now)),
                Cell::text(&init.kind.to_string()),
                Cell::text(&ms(init.init_ms)),
                if felt {
                    Cell::of(Role::Cold, &ms(init.felt_ms))
                } else {
                    Cell::of(Role::Dim, "nobody")
                },
                Cell::text(
                    &init
                        .cause
                        .map_or_else(|| figures::NONE.to_owned(), |cause| cause.to_string()),
                ),
                Cell::Text(explained(&analysis, init)),
                Cell::text(&run.map_or_else(
                    || figures::NONE.to_owned(),
                    |run| figures::request(run.request),
                )),
            ],
            open: run.map(Step::Invocation),
            run,
            function: Some(analysis.text(init.function).to_owned()),
            ..Row::default()
        }
    });
    let columns = vec![
        Column::word("at", 14),
        Column::word("kind", 18),
        Column::figure("init", 8),
        Column::figure("felt", 8),
        Column::word("cause", 15),
        Column::text("explained by", 12, u16::MAX).drop(2),
        Column::word("request", 11).drop(1),
    ];
    Part::new(
        "inits",
        "Its starts, newest first",
        Table::new(columns, rows),
    )
    .aside(Text::of(
        Role::Dim,
        &format!("{} Enter opens the invocation", glyphs::COLD),
    ))
    .between(3, u16::MAX)
}

fn init_key(analysis: &Analysis, init: &Init) -> Key {
    let stream = analysis.facts.streams[init.stream as usize].stream;
    Key::text(&format!("{}\0{}", analysis.text(stream), init.at.0))
}

/// What ended, so that this start was needed.
fn explained(analysis: &Analysis, init: &Init) -> Text {
    let Some(at) = init.explained_by else {
        return Text::default();
    };
    let environment = &analysis.assembled.environments[at as usize];
    let name = find::environment(
        analysis.text(analysis.facts.streams[environment.stream as usize].stream),
    );
    // An environment that was restarted ran on: what ended it is the run before the start.
    let before = environment
        .invocations
        .iter()
        .rev()
        .map(|at| analysis.invocation(*at))
        .find(|run| run.start < init.at);
    let Some(last) = before else {
        return Text::of(Role::Dim, &format!("environment {name}"));
    };
    let idle = figures::duration(init.at.since(last.end) as f64);
    let words = match init.cause {
        Some(InitCause::ErrorRecycle) => format!("environment {name} ended by {}", last.status),
        Some(InitCause::Deploy) => format!("environment {name} ran the version before"),
        _ => format!("environment {name} idle {idle}, then gone"),
    };
    Text::of(Role::Dim, &words)
}
