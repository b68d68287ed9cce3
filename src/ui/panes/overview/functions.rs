//! The functions, those in trouble first.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::analysis::Analysis;
use crate::model::record::GapReason;
use crate::model::rows::{FunctionFigures, Rate};
use crate::model::symbols::Sym;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Key, Level, Part, Row, Rows, Table};
use crate::ui::series::{self, Deploy, Minutes};
use crate::ui::state;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::drawn::{self, Drawn};

/// Minutes of the sparkline, and of the rate a minute.
const SPARK: usize = 30;
const RECENT: usize = 5;

/// The part.
pub(super) fn part(scene: &Arc<Scene>) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let order = by_harm(&analysis);
    let unseen = unseen(&analysis);
    if order.is_empty() && unseen.is_empty() {
        return Part::lines("functions", "Functions", vec![state::all_well(scene)]);
    }
    let minutes = Minutes::until(scene.now, SPARK);
    let drawn = drawn::by_function(&analysis, minutes);
    let deploys: HashMap<Sym, Deploy> = series::deploys(&analysis)
        .into_iter()
        .map(|deploy| (deploy.function, deploy))
        .collect();
    let total = |of| FunctionFigures::runs_of(&analysis.functions, of);
    let seen = order.len();
    let of = match unseen.len() {
        0 => figures::count(seen as u64),
        more => format!("{seen} of {}", seen + more),
    };
    let invocations = total(|function| function.invocations);
    let title = format!(
        "Functions by harm, {of}: {}, {}, {} cold",
        figures::number_or_unknown(invocations, "invocations"),
        figures::number_or_unknown(total(|function| function.errors), "errors"),
        match FunctionFigures::felt_of(&analysis.functions) {
            Some((felt, told)) if Some(told) == invocations => figures::count(felt),
            Some((felt, told)) => format!("{} of {}", figures::count(felt), figures::count(told)),
            None => figures::UNKNOWN.to_owned(),
        },
    );
    let names = order.iter().map(|at| analysis.functions[*at].function);
    let keys = names.chain(unseen.iter().copied());
    let keys = keys.map(|name| Key::text(analysis.text(name))).collect();
    let rows = Rows::new(keys, move |at| {
        let Some(figures) = order.get(at).map(|at| &analysis.functions[*at]) else {
            return unknown(analysis.text(unseen[at - seen]));
        };
        let deployed = deploys.get(&figures.function).is_some();
        row(&analysis, figures, drawn.get(&figures.function), deployed)
    });
    Part::new("functions", Text::from(title), Table::new(columns(), rows))
        .aside(Text::of(Role::Dim, "/min: last 5 min, else window"))
        .between(3, u16::MAX)
}

/// Functions whose log nobody may read, and of which nothing else tells: they may run, fail or stand still.
fn unseen(analysis: &Analysis) -> Vec<Sym> {
    let facts = &analysis.facts;
    let denied = |group: &str| {
        let mut gaps = facts.gaps.iter();
        gaps.any(|gap| gap.why == GapReason::Denied && facts.text(gap.group) == group)
    };
    let own_group = |name: &str| format!("/aws/lambda/{name}");
    let mut unseen: Vec<Sym> = facts
        .functions
        .iter()
        .filter(|(function, config)| match facts.text_of(config.log_group) {
            Some(group) => denied(group),
            None => denied(&own_group(facts.text(**function))),
        })
        .map(|(function, _)| *function)
        .filter(|function| {
            analysis
                .functions
                .iter()
                .all(|one| one.function != *function)
        })
        .collect();
    unseen.sort_by_key(|function| facts.text(*function));
    unseen
}

/// A function of which nothing is known but its name.
fn unknown(name: &str) -> Row {
    let figure = || Cell::of(Role::Unknown, figures::UNKNOWN);
    let drawn = || Cell::Spark(vec![None; SPARK / 2], Role::Dim);
    let columns = columns();
    let mut cells: Vec<Cell> = columns
        .iter()
        .map(|column| match &*column.name {
            name if name.ends_with("30 min") => drawn(),
            _ => figure(),
        })
        .collect();
    if let [first, .., last] = &mut cells[..] {
        *first = Cell::of(Role::Strong, name);
        *last = Cell::of(Role::Unknown, "denied");
    }
    Row {
        cells,
        function: Some(name.to_owned()),
        ..Row::default()
    }
}

/// Functions that findings name first, in their order, then by errors, then by invocations, then by name.
fn by_harm(analysis: &Analysis) -> Vec<usize> {
    let rank: HashMap<&str, usize> = analysis
        .findings
        .iter()
        .enumerate()
        .rev()
        .map(|(at, finding)| (finding.subject.as_str(), at))
        .collect();
    let mut order: Vec<usize> = (0..analysis.functions.len()).collect();
    order.sort_by_key(|at| {
        let function = &analysis.functions[*at];
        let name = analysis.text(function.function);
        let rank = rank.get(name).copied().unwrap_or(usize::MAX);
        (
            rank,
            u64::MAX - function.errors,
            u64::MAX - function.invocations,
            name.to_owned(),
        )
    });
    order
}

fn columns() -> Vec<Column> {
    let kind = |glyph: &str, role: Role, word: &str| Text::of(role, glyph).and(Role::Dim, word);
    // Right of its figure, without a title of its own.
    let course =
        |name: &str, drop: u8| Column::word("", drawn::CELLS as u16).named(name).drop(drop);
    vec![
        Column::name("function", 12, 30),
        Column::word("30 min", 15).drop(8),
        Column::figure("/min", 6),
        Column::figure("errors", 7),
        course("errors 30 min", 10),
        Column::figure("p50", 7).drop(7),
        Column::figure("p99", 7).drop(4),
        course("p99 30 min", 11),
        Column::figure("", 12)
            .titled(kind(glyphs::COLD, Role::Cold, " cold k/n"))
            .drop(5),
        course("cold 30 min", 12),
        Column::figure("", 6).titled(kind(glyphs::THROTTLE, Role::Throttle, " thr")),
        course("thr 30 min", 13),
        Column::figure("", 5).titled(kind(glyphs::DUPLICATE, Role::Duplicate, " dbl")),
        course("dbl 30 min", 14),
        Column::figure("", 5).titled(kind(glyphs::DISORDER, Role::Disorder, " ord")),
        course("ord 30 min", 15),
        Column::figure("slots", 8).drop(6),
        Column::word("version", 9).drop(9),
    ]
}

fn row(
    analysis: &Analysis,
    function: &FunctionFigures,
    drawn: Option<&Drawn>,
    deployed: bool,
) -> Row {
    let name = analysis.text(function.function);
    let nothing = Drawn::default();
    let drawn = drawn.unwrap_or(&nothing);
    let (p50, p99) = match &function.duration_ms {
        Some(duration) => (Some(duration.p50), Some(duration.p99)),
        None => (None, None),
    };
    let version = drawn.version.map(|sym| analysis.text(sym));
    let mut version = Text::new(version.unwrap_or(figures::UNKNOWN));
    if deployed {
        version = version.and(Role::Dim, " ").and(Role::Focus, glyphs::DEPLOY);
    }
    let limit = analysis
        .facts
        .functions
        .get(&function.function)
        .and_then(|known| known.reserved_concurrency);
    let errors = function.of_runs(function.errors);
    // What cannot be counted is not drawn as if it had been.
    let course = |levels: &[Level], known: bool, role: Role| {
        let levels = if known {
            levels.to_vec()
        } else {
            vec![None; levels.len()]
        };
        Cell::Spark(levels, role)
    };
    Row {
        cells: vec![
            Cell::of(Role::Strong, name),
            course(&pairs(&drawn.runs), errors.is_some(), Role::Dim),
            match function.of_runs(function.invocations) {
                Some(runs) => Cell::Text(per_minute(drawn, runs, analysis)),
                None => Cell::of(Role::Unknown, figures::UNKNOWN),
            },
            Cell::count(errors, Role::Error),
            course(&drawn.errors, errors.is_some(), Role::Error),
            Cell::text(&figures::duration_or_unknown(p50)),
            Cell::text(&figures::duration_or_unknown(p99)),
            course(&drawn.p99, p99.is_some(), Role::Dim),
            Cell::Text(cold(function)),
            course(&drawn.cold, true, Role::Cold),
            Cell::count(function.throttled, Role::Throttle),
            course(&drawn.refused, function.throttled.is_some(), Role::Throttle),
            Cell::count(function.duplicates_harmful, Role::Duplicate),
            course(
                &drawn.doubled,
                function.duplicates_harmful.is_some(),
                Role::Duplicate,
            ),
            Cell::count(function.reordered, Role::Disorder),
            course(
                &drawn.overtaken,
                function.reordered.is_some(),
                Role::Disorder,
            ),
            Cell::text(&format!(
                "{}/{}",
                figures::count_or_unknown(function.peak_concurrency),
                limit.map_or_else(|| figures::NONE.to_owned(), |limit| limit.to_string())
            )),
            Cell::Text(version),
        ],
        open: Some(Step::Function(name.to_owned())),
        function: Some(name.to_owned()),
        ..Row::default()
    }
}

/// Two minutes a cell.
fn pairs(levels: &[Level]) -> Vec<Level> {
    drawn::merge(levels, 2, u32::saturating_add)
}

/// Mean of the last whole minutes; the mean of the window, as far as it was read, where those are not known.
fn per_minute(drawn: &Drawn, invocations: u64, analysis: &Analysis) -> Text {
    let whole = drawn.runs.len().saturating_sub(1);
    let recent: Vec<u32> = drawn.runs[whole.saturating_sub(RECENT)..whole]
        .iter()
        .flatten()
        .copied()
        .collect();
    let rate = if recent.is_empty() {
        let window = analysis.window.map(|(from, to)| {
            let to = drawn.read_until.map_or(to, |until| until.min(to));
            (from, to)
        });
        let Some((from, to)) = window.filter(|(from, to)| from < to) else {
            return Text::of(Role::Unknown, "?");
        };
        invocations as f64 * 60_000.0 / (to.since(from).max(1_000) as f64)
    } else {
        recent.iter().map(|level| f64::from(*level)).sum::<f64>() / recent.len() as f64
    };
    Text::new(&figures::per_minute(rate))
}

/// `28/8,760`, bright where the share stands out.
fn cold(function: &FunctionFigures) -> Text {
    let text = figures::felt(function);
    let notable = |rate: &Rate| rate.low >= 0.05;
    let role = match &function.cold_rate {
        Some(rate) if notable(rate) => Role::Cold,
        _ if function.felt_cold_starts.is_none() => Role::Unknown,
        _ if function.felt_cold_starts == Some(0) => Role::Dim,
        _ => Role::Text,
    };
    Text::of(role, &text)
}
