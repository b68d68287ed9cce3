//! The functions, those in trouble first.

mod metered;

use std::sync::Arc;

use hashbrown::{HashMap, HashSet};

use crate::model::analysis::Analysis;
use crate::model::rows::{FunctionFigures, Metered, Rate};
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

/// A row of the table: a function and what is known of it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Listed {
    /// Place in [`Analysis::functions`].
    Logged(usize),
    /// Place in [`Analysis::metered`].
    Metered(usize),
    /// Its log is denied, and nothing else tells of it: it may run, fail or stand still.
    Unseen(Sym),
}

/// The part.
pub(super) fn part(scene: &Arc<Scene>) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let order = by_harm(&analysis);
    if order.is_empty() {
        return Part::lines("functions", "Functions", vec![state::all_well(scene)]);
    }
    let minutes = Minutes::until(scene.now, SPARK);
    let drawn = drawn::by_function(&analysis, minutes);
    let deploys: HashMap<Sym, Deploy> = series::deploys(&analysis)
        .into_iter()
        .map(|deploy| (deploy.function, deploy))
        .collect();
    let title = title(&analysis, &order);
    let keys = order.iter().map(|one| one.function(&analysis));
    let keys = keys.map(|name| Key::text(analysis.text(name))).collect();
    let has_metered = !analysis.metered.is_empty();
    let rows = Rows::new(keys, move |at| {
        let drawn = |function| drawn.get(function);
        match order[at] {
            Listed::Unseen(function) => unknown(analysis.text(function)),
            Listed::Metered(at) => {
                let counted = &analysis.metered[at];
                metered::row(&analysis, counted, drawn(&counted.function))
            }
            Listed::Logged(at) => {
                let figures = &analysis.functions[at];
                let deployed = deploys.contains_key(&figures.function);
                row(&analysis, figures, drawn(&figures.function), deployed)
            }
        }
    });
    let aside = if has_metered {
        "(CW): counted by CloudWatch, no log tells"
    } else {
        "/min: last 5 min, else window"
    };
    Part::new("functions", Text::from(title), Table::new(columns(), rows))
        .aside(Text::of(Role::Dim, aside))
        .between(3, u16::MAX)
}

/// `Functions by harm, 8 of 9: 1,204 invocations, 8 errors, 12 cold`: those that logs tell of and those that only metrics do.
fn title(analysis: &Analysis, order: &[Listed]) -> String {
    let total = |of: fn(&FunctionFigures) -> u64, metered: fn(&Metered) -> Option<u64>| {
        let logged = FunctionFigures::runs_of(&analysis.functions, of);
        let metered = analysis.metered.iter().filter_map(metered);
        logged.into_iter().chain(metered).reduce(|sum, of| sum + of)
    };
    let seen = analysis.functions.len() + analysis.metered.len();
    let of = match order.len() {
        all if all == seen => figures::count(seen as u64),
        all => format!("{seen} of {all}"),
    };
    let invocations = total(|row| row.invocations, |row| row.invocations);
    format!(
        "Functions by harm, {of}: {}, {}, {} cold",
        figures::number_or_unknown(invocations, "invocations"),
        figures::number_or_unknown(total(|row| row.errors, |row| row.errors), "errors"),
        match FunctionFigures::felt_of(&analysis.functions) {
            Some((felt, told)) if Some(told) == invocations => figures::count(felt),
            Some((_, 0)) | None => figures::UNKNOWN.to_owned(),
            Some((felt, told)) => format!("{} of {}", figures::count(felt), figures::count(told)),
        },
    )
}

/// Functions whose log nobody may read, and of which nothing else tells.
fn unseen(analysis: &Analysis) -> impl Iterator<Item = Sym> {
    let facts = &analysis.facts;
    let known: HashSet<Sym> = analysis.function_names().collect();
    let functions = facts.functions.keys().copied();
    functions
        .filter(move |function| !known.contains(function))
        .filter(|function| facts.is_denied(&facts.log_group(*function)))
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
        open: Some(Step::Function(name.to_owned())),
        function: Some(name.to_owned()),
        ..Row::default()
    }
}

/// Functions that findings name first, in their order, then by errors, then by invocations, then by name; last those of which nothing is
/// known.
fn by_harm(analysis: &Analysis) -> Vec<Listed> {
    let rank: HashMap<&str, usize> = analysis
        .findings
        .iter()
        .enumerate()
        .rev()
        .map(|(at, finding)| (finding.subject.as_str(), at))
        .collect();
    let logged = (0..analysis.functions.len()).map(Listed::Logged);
    let metered = (0..analysis.metered.len()).map(Listed::Metered);
    let unseen = unseen(analysis).map(Listed::Unseen);
    let mut order: Vec<Listed> = logged.chain(metered).chain(unseen).collect();
    order.sort_by_key(|one| {
        let name = analysis.text(one.function(analysis));
        let (is_unseen, errors, invocations) = match *one {
            Listed::Logged(at) => {
                let row = &analysis.functions[at];
                (false, row.errors, row.invocations)
            }
            Listed::Metered(at) => {
                let row = &analysis.metered[at];
                let figure = Option::unwrap_or_default;
                (false, figure(row.errors), figure(row.invocations))
            }
            Listed::Unseen(_) => (true, 0, 0),
        };
        (
            is_unseen,
            rank.get(name).copied().unwrap_or(usize::MAX),
            u64::MAX - errors,
            u64::MAX - invocations,
            name.to_owned(),
        )
    });
    order
}

impl Listed {
    fn function(self, analysis: &Analysis) -> Sym {
        match self {
            Self::Logged(at) => analysis.functions[at].function,
            Self::Metered(at) => analysis.metered[at].function,
            Self::Unseen(function) => function,
        }
    }
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
                Some(runs) => Cell::Text(per_minute(drawn, Some(runs), analysis)),
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
            slots(analysis, function.function, function.peak_concurrency),
            Cell::Text(version),
        ],
        open: Some(Step::Function(name.to_owned())),
        function: Some(name.to_owned()),
        ..Row::default()
    }
}

/// `12/40`: used at once at most, of those that are reserved.
fn slots(analysis: &Analysis, function: Sym, peak: Option<u64>) -> Cell {
    let known = analysis.facts.functions.get(&function);
    let limit = known.and_then(|known| known.reserved_concurrency);
    Cell::text(&format!(
        "{}/{}",
        figures::count_or_unknown(peak),
        limit.map_or_else(|| figures::NONE.to_owned(), |limit| limit.to_string())
    ))
}

/// Two minutes a cell.
fn pairs(levels: &[Level]) -> Vec<Level> {
    drawn::merge(levels, 2, u32::saturating_add)
}

/// Mean of the last whole minutes; the mean of the window, as far as it was read, where those are not known.
fn per_minute(drawn: &Drawn, invocations: Option<u64>, analysis: &Analysis) -> Text {
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
        let (Some(invocations), Some((from, to))) =
            (invocations, window.filter(|(from, to)| from < to))
        else {
            return Text::of(Role::Unknown, figures::UNKNOWN);
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
