//! Why one function had to start, and how long it took.

use std::cmp::Reverse;

use crate::detect::statistics::{percentiles, wilson};
use crate::model::analysis::Analysis;
use crate::model::rows::InitCause;
use crate::model::symbols::Sym;
use crate::ui::figures;
use crate::ui::page::{Cell, Column, Key, Part, Row, Rows, Table};
use crate::ui::step::{Between, Step, Which};
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
    let name = analysis.text(function);
    let runs = |which: Which| Step::Invocations {
        function: name.to_owned(),
        which,
    };
    let most = histogram
        .iter()
        .map(|bar| bar.count)
        .max()
        .unwrap_or(1)
        .max(1);
    let rows: Vec<(Key, Row)> = (0..causes.len().max(histogram.len()))
        .map(|at| {
            let cause = causes.get(at).map(|(cause, _)| *cause);
            let bar = histogram.get(at);
            let mut cells = match causes.get(at) {
                Some((cause, count)) => vec![
                    Cell::text(&cause.to_string()),
                    Cell::text(&count.to_string()),
                    Cell::Bar(*count as f64 / felt.max(1) as f64, Role::Cold),
                ],
                None => vec![Cell::text(""), Cell::text(""), Cell::text("")],
            };
            cells.push(Cell::of(Role::Dim, "│"));
            cells.extend(match bar {
                Some(bar) => vec![
                    Cell::text(&bar.label()),
                    Cell::Bar(bar.count as f64 / most as f64, Role::Cold),
                    Cell::text(&bar.count.to_string()),
                ],
                None => vec![Cell::text(""), Cell::text(""), Cell::text("")],
            });
            let of_cause = cause.map(|cause| runs(Which::Cause(cause)));
            let of_bar = bar.map(|bar| runs(Which::Init(bar.took)));
            let bars = [LABEL, LABEL + 1, LABEL + 2];
            let row = Row {
                cells,
                cells_open: bars
                    .into_iter()
                    .zip(of_bar.iter().cycle().cloned())
                    .collect(),
                open: of_cause.or(of_bar),
                function: Some(name.to_owned()),
                ..Row::default()
            };
            let key = cause.map_or_else(|| format!("{at}"), |cause| cause.to_string());
            (Key::text(&key), row)
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
    let title = format!("{name}: why it had to start");
    let aside = format!(
        "{felt} felt · {} · h l choose, Enter opens its runs",
        figures::number_of(inits.len() as u64, "starts")
    );
    let lines = rows.len() as u16;
    Part::new("why", title, Table::new(columns, Rows::few(rows)))
        .aside(Text::of(Role::Dim, &aside))
        .between(lines.min(3), lines)
}

/// Where the columns of the histogram begin.
const LABEL: usize = 4;

/// Bounds of the histogram's bars, in milliseconds, that a reader can name.
const STEPS: [u32; 12] = [
    50, 100, 200, 300, 500, 700, 1_000, 1_500, 2_000, 3_000, 5_000, 10_000,
];

/// Inits that took more than one step and at most the next.
struct Bar {
    took: Between,
    count: usize,
}

impl Bar {
    fn label(&self) -> String {
        let up_to = self
            .took
            .up_to
            .map(|step| figures::duration(f64::from(step)));
        up_to.unwrap_or_else(|| "longer".to_owned())
    }
}

/// How long inits took, from the lowest bar with any to the highest.
fn histogram(analysis: &Analysis, inits: &[u32]) -> Vec<Bar> {
    let took = inits
        .iter()
        .filter_map(|at| analysis.inits[*at as usize].init_ms);
    let took: Vec<f32> = took.collect();
    let below = [0].into_iter().chain(STEPS);
    let above = STEPS.into_iter().map(Some).chain([None]);
    let bars: Vec<Bar> = below
        .zip(above)
        .map(|(above, up_to)| {
            let bar = Between { above, up_to };
            let count = took.iter().filter(|took| bar.holds(**took)).count();
            Bar { took: bar, count }
        })
        .collect();
    let first = bars
        .iter()
        .position(|bar| bar.count > 0)
        .unwrap_or(bars.len());
    let last = bars
        .iter()
        .rposition(|bar| bar.count > 0)
        .map_or(0, |at| at + 1);
    let shown = bars.into_iter().take(last);
    shown.skip(first).collect()
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
    let homes = analysis.assembled.environments.iter();
    let mut homes: Vec<_> = homes.filter(|home| home.function == function).collect();
    homes.sort_unstable_by_key(|home| Reverse(home.invocations.last()));
    for home in homes {
        let runs = home.invocations.iter().map(|at| analysis.invocation(*at));
        let runs: Vec<_> = runs.filter(|run| run.counted).collect();
        if runs.is_empty() {
            continue;
        }
        let version = home.version;
        // An environment has one size of memory: whichever run says it first.
        let memory_mb = runs.iter().find_map(|run| run.memory_mb(&analysis.facts));
        // While none is over none says it: it is one of its version's.
        let same = |build: &&mut Build| {
            let either_unknown = build.memory_mb.is_none() || memory_mb.is_none();
            build.version == version && (either_unknown || build.memory_mb == memory_mb)
        };
        let at = match builds.iter_mut().find(same) {
            Some(build) => build,
            None => {
                builds.push(Build {
                    version,
                    memory_mb,
                    runs: 0,
                    felt: 0,
                    init_ms: Vec::new(),
                });
                let last = builds.len() - 1;
                &mut builds[last]
            }
        };
        at.memory_mb = at.memory_mb.or(memory_mb);
        at.runs += runs.len() as u64;
        for init in runs.iter().filter_map(|run| run.init.get()) {
            let init = &analysis.inits[init as usize];
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
