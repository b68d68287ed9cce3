//! Why one function had to start, and how long it took.

use crate::detect::statistics::{percentiles, wilson};
use crate::model::analysis::Analysis;
use crate::model::rows::InitCause;
use crate::model::symbols::Sym;
use crate::ui::figures;
use crate::ui::page::{Cell, Column, Part, Row, Rows, Table};
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// Causes of the starts that somebody waited for, the most frequent first.
pub(super) fn causes(analysis: &Analysis, inits: &[u32]) -> Vec<(InitCause, usize)> {
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

/// Causes on the left, how long inits took on the right.
pub(super) fn part(analysis: &Analysis, function: Sym, inits: &[u32]) -> Part {
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
        Column::word("cause", 16),
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

/// Runs of one version with one memory size.
struct Build {
    version: Option<Sym>,
    memory_mb: Option<u32>,
    runs: u64,
    felt: u64,
    init_ms: Vec<f64>,
}

/// The same by version and memory, the newest first.
pub(super) fn versions(analysis: &Analysis, function: Sym) -> Part {
    let mut builds: Vec<Build> = Vec::new();
    let runs = analysis.assembled.invocations.iter().rev();
    for run in runs.filter(|run| run.function == function && run.counted) {
        // A run that is not over yet does not say its memory: it is one of its version's.
        let same = |build: &&mut Build| {
            let either_unknown = build.memory_mb.is_none() || run.memory_mb.is_none();
            build.version == run.version && (either_unknown || build.memory_mb == run.memory_mb)
        };
        let at = match builds.iter_mut().find(same) {
            Some(build) => build,
            None => {
                builds.push(Build {
                    version: run.version,
                    memory_mb: run.memory_mb,
                    runs: 0,
                    felt: 0,
                    init_ms: Vec::new(),
                });
                let last = builds.len() - 1;
                &mut builds[last]
            }
        };
        at.memory_mb = at.memory_mb.or(run.memory_mb);
        at.runs += 1;
        if let Some(init) = run.init.map(|init| &analysis.inits[init as usize]) {
            at.felt += u64::from(init.cause.is_some());
            at.init_ms.extend(init.init_ms.map(f64::from));
        }
    }
    let row = |build: &Build| {
        let known = |of: Option<String>| of.unwrap_or_else(|| figures::UNKNOWN.to_owned());
        let rate = wilson(build.felt, build.runs).filter(|_| build.runs >= 20);
        let init = percentiles(&mut build.init_ms.clone());
        let percentile =
            |of: Option<f64>| of.map_or_else(|| figures::NONE.to_owned(), figures::duration);
        Row {
            cells: vec![
                Cell::text(&known(build.version.map(|of| analysis.text(of).to_owned()))),
                Cell::text(&known(build.memory_mb.map(|mb| format!("{mb} MB")))),
                Cell::text(&format!(
                    "{}/{}",
                    figures::count(build.felt),
                    figures::count(build.runs)
                )),
                Cell::text(
                    &rate.map_or_else(|| figures::NONE.to_owned(), |rate| figures::rate(&rate)),
                ),
                Cell::text(&percentile(init.as_ref().map(|init| init.p50))),
                Cell::text(&percentile(init.as_ref().map(|init| init.p99))),
            ],
            ..Row::default()
        }
    };
    let rows: Vec<Row> = builds.iter().map(row).collect();
    let columns = vec![
        Column::text("version", 12, 30),
        Column::figure("memory", 9),
        Column::figure("cold k/n", 13),
        Column::figure("rate [95 %]", 17),
        Column::figure("init p50", 9),
        Column::figure("init p99", 9),
    ];
    let lines = rows.len() as u16;
    Part::new(
        "versions",
        "By version and memory",
        Table::new(columns, Rows::fixed(rows)),
    )
    .between(1, lines.min(4))
}
