//! Rows that many pages have: invocations, log lines, evidence.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::invocation::{InvocationIndex, InvocationStatus};
use crate::model::rows::Evidence;
use crate::model::time::Timestamp;
use crate::store::log_text::LineId;
use crate::store::scene::Scene;

use super::counted::Counted;
use super::figures;
use super::find;
use super::glyphs;
use super::log_line;
use super::page::{Cell, Column, Key, Row, RowTrait, Rows, Run, Table};
use super::step::Step;
use super::text::Text;
use super::theme::Role;

/// How an invocation ended, with its glyph.
pub fn status(status: InvocationStatus) -> Text {
    match status {
        InvocationStatus::Ok => Text::new("ok"),
        InvocationStatus::Error => Text::of(Role::Error, "! error"),
        InvocationStatus::Timeout => Text::of(Role::Error, "! timeout"),
        InvocationStatus::OutOfMemory => Text::of(Role::Error, "! memory"),
        InvocationStatus::Unknown => Text::of(Role::Unknown, "?"),
    }
}

/// How an invocation ended, or that it did not yet.
pub fn state(analysis: &Analysis, at: InvocationIndex) -> Text {
    if analysis.still_runs(at) {
        return Text::new("running");
    }
    status(analysis.invocation(at).status)
}

/// What an invocation took: `~` before what is estimated, `≥` while it runs.
pub fn took(analysis: &Analysis, at: InvocationIndex) -> String {
    let invocation = analysis.invocation(at);
    let so_far = || invocation.end.since(invocation.start) as f64;
    match invocation.duration_ms.get() {
        Some(ms) => figures::duration(f64::from(ms)),
        None if analysis.still_runs(at) => format!("≥ {}", figures::duration(so_far())),
        None if invocation.end_estimated => figures::UNKNOWN.to_owned(),
        None => format!("~{}", figures::duration(so_far())),
    }
}

/// A list of invocations, each opening its page.
pub fn invocations(scene: &Arc<Scene>, list: Vec<InvocationIndex>) -> Table {
    let analysis = Arc::clone(&scene.analysis);
    let keys = list
        .iter()
        .map(|at| find::run_key(find::run_at(&analysis, *at)))
        .collect();
    let now = scene.now;
    let rows = Rows::new(keys, move |row| invocation(&analysis, list[row], now));
    let columns = vec![
        Column::word("at", 14),
        Column::name("function", 12, 30),
        Column::word("request", 11),
        Column::figure("took", 8),
        Column::word("status", 9),
        Column::figure("", 9)
            .titled(Text::of(Role::Cold, glyphs::COLD).and(Role::Dim, " felt"))
            .drop(1),
        Column::figure("", 3)
            .titled(Text::of(Role::Throttle, glyphs::THROTTLE))
            .named("refused")
            .drop(2),
        Column::figure("memory", 12).drop(4),
        Column::word("version", 9).drop(3),
        Column::word("environment", 11).drop(5),
    ];
    Table::new(columns, rows)
}

fn invocation(analysis: &Analysis, at: InvocationIndex, now: Timestamp) -> Row {
    let invocation = analysis.invocation(at);
    let run = find::run(invocation);
    let function = analysis.text(invocation.function);
    let felt = invocation
        .init
        .get()
        .and_then(|init| analysis.inits[init as usize].felt_ms);
    let refused = find::refused(analysis, invocation);
    let memory = match (
        invocation.max_memory_used_mb.get(),
        invocation.memory_mb(&analysis.facts),
    ) {
        (Some(used), Some(memory)) => format!("{used} of {memory}"),
        _ => figures::UNKNOWN.to_owned(),
    };
    let version = analysis.version_of(invocation);
    let version = version.map_or(figures::UNKNOWN, |version| analysis.text(version));
    Row {
        cells: vec![
            Cell::of(Role::Dim, &moment(invocation.start, now)),
            Cell::of(Role::Strong, function),
            Cell::text(&figures::request(run.request)),
            Cell::text(&took(analysis, at)),
            Cell::Text(state(analysis, at)),
            match felt {
                Some(felt) if felt > 0.0 => {
                    Cell::of(Role::Cold, &figures::duration(f64::from(felt)))
                }
                _ if invocation.is_only_named() => Cell::of(Role::Unknown, figures::UNKNOWN),
                _ => Cell::of(Role::Dim, figures::NONE),
            },
            match refused {
                0 => Cell::of(Role::Dim, "0"),
                refused => Cell::of(Role::Throttle, &refused.to_string()),
            },
            Cell::text(&memory),
            Cell::text(version),
            Cell::of(
                Role::Dim,
                &find::environment(analysis.stream_of(invocation)),
            ),
        ],
        open: Some(Step::Invocation(run)),
        run: Some(run),
        function: Some(function.to_owned()),
        ..Row::default()
    }
}

/// A moment to the millisecond, with its day where that is not today.
pub fn moment(at: Timestamp, now: Timestamp) -> String {
    let clock = figures::clock_or_day(at, now);
    if clock.len() == 8 {
        figures::clock_ms(at)
    } else {
        clock
    }
}

/// Log lines of one run, each opening what `open` says.
pub fn lines(scene: &Arc<Scene>, list: Vec<LineId>, run: Run, open: Step) -> Table {
    let keys = list.iter().map(|line| Key(line.0)).collect();
    let (shown, traits, list) = (
        Arc::clone(scene),
        Arc::clone(scene),
        Arc::<[LineId]>::from(list),
    );
    let of_traits = Arc::clone(&list);
    let of_unfolded = (Arc::clone(scene), Arc::clone(&list));
    let rows = Rows::new(keys, move |at| line(&shown, list[at], run, open.clone()))
        .with_traits(move |at| {
            let text = traits.line(of_traits[at]).map_or("", |line| line.text);
            RowTrait {
                run: Some(run),
                error: log_line::is_error(text),
                ..RowTrait::default()
            }
        })
        .with_unfolded(move |at| {
            let line = of_unfolded.0.line(of_unfolded.1[at]);
            line.map_or_else(Vec::new, |line| log_line::object(line.text))
        });
    Table::bare(line_columns(), rows)
}

/// Columns of a log line.
fn line_columns() -> Vec<Column> {
    vec![
        Column::word("", 12).named("time"),
        Column::word("", 5).named("level").drop(1),
        Column::text("", 20, u16::MAX).named("message"),
        Column::figure("", 12).named("late").drop(2),
    ]
}

/// Log lines of several runs, each with the name of its run after its time and opening that run.
pub fn lines_of(scene: &Arc<Scene>, list: Vec<(LineId, Run, String)>) -> Table {
    let keys = list.iter().map(|(line, ..)| Key(line.0)).collect();
    let (shown, list) = (Arc::clone(scene), Arc::<[_]>::from(list));
    let (traits, of_traits) = (Arc::clone(scene), Arc::clone(&list));
    let rows = Rows::new(keys, move |at| {
        let (id, run, name) = &list[at];
        let mut row = line(&shown, *id, *run, Step::Invocation(*run));
        row.cells.insert(1, Cell::of(Role::Strong, name));
        row
    })
    .with_traits(move |at| {
        let (id, run, _) = &of_traits[at];
        let text = traits.line(*id).map_or("", |line| line.text);
        RowTrait {
            run: Some(*run),
            error: log_line::is_error(text),
            ..RowTrait::default()
        }
    });
    let mut columns = line_columns();
    columns.insert(1, Column::word("", 6).named("no"));
    Table::bare(columns, rows)
}

fn line(scene: &Scene, id: LineId, run: Run, open: Step) -> Row {
    let Some(line) = scene.line(id) else {
        return Row::default();
    };
    let shown = log_line::show(line.text);
    let level = shown.level.map_or_else(Text::default, |level| {
        Text::of(level.role(), &level.to_string())
    });
    Row {
        cells: vec![
            Cell::of(Role::Dim, &figures::clock_ms(line.at)),
            Cell::Text(level),
            Cell::Text(shown.message),
            Cell::Text(late(line.lag_ms)),
        ],
        open: Some(open),
        run: Some(run),
        unfold: log_line::unfolded(line.text)
            .into_iter()
            .take(UNFOLDED)
            .collect(),
        ..Row::default()
    }
}

/// Lines of one unfolded log line at most.
const UNFOLDED: usize = 12;

/// Ingestion later than this after the timestamp is marked, in milliseconds.
const LATE_MS: i64 = 10_000;

/// `+14 s late`; nothing for a line that came in time.
pub fn late(lag_ms: Option<i64>) -> Text {
    match lag_ms {
        Some(lag) if lag > LATE_MS => Text::of(
            Role::Late,
            &format!("+{} late", figures::age(lag).replace('s', " s")),
        ),
        _ => Text::default(),
    }
}

/// What proves a claim, each opening the invocation it happened in, or the minute that it counts. At most 50: they are formatted at once.
pub fn evidence(scene: &Scene, list: &[Evidence]) -> Table {
    let of = |one: &Evidence| (evidence_key(&scene.analysis, one), proof(scene, one));
    let rows = Rows::few(list.iter().map(of).collect());
    let columns = vec![
        Column::word("at", 14),
        Column::word("source", 7),
        Column::name("function", 12, 24).drop(1),
        Column::text("what", 20, u16::MAX),
    ];
    Table::new(columns, rows)
}

fn evidence_key(analysis: &Analysis, evidence: &Evidence) -> Key {
    match evidence {
        Evidence::Line { line, .. } => {
            let stream = &analysis.facts.streams[line.stream as usize];
            let fact = analysis.facts.fact(*line);
            Key::text(&format!(
                "{}\0{}\0{}",
                analysis.text(stream.stream),
                fact.at.0,
                fact.event.order()
            ))
        }
        Evidence::Metric { point } => {
            let point = &analysis.facts.metrics[*point as usize];
            Key::text(&format!("{}\0{}", analysis.text(point.name), point.at.0))
        }
        Evidence::Span { span } => Key(analysis.facts.spans[*span as usize].id.number()),
    }
}

fn proof(scene: &Scene, evidence: &Evidence) -> Row {
    let (analysis, now) = (&scene.analysis, scene.now);
    match evidence {
        Evidence::Line { request_id, line } => {
            let fact = analysis.facts.fact(*line);
            let stream = analysis.facts.stream(*line);
            let function = stream.function.map(|function| analysis.text(function));
            let run = request_id.map(|request| Run {
                request,
                attempt: attempt(analysis, *line),
            });
            row(
                [&moment(fact.at, now), "log"],
                function,
                find::line(scene, *line).map_or_else(
                    || Text::of(Role::Dim, "text no longer held"),
                    |line| log_line::show(line.text).message,
                ),
                run,
            )
        }
        Evidence::Metric { point } => {
            let point = &analysis.facts.metrics[*point as usize];
            let dimensions: Vec<String> = point
                .dimensions
                .iter()
                .map(|(name, value)| format!("{}={}", analysis.text(*name), analysis.text(*value)))
                .collect();
            let words = format!(
                "{} {} {} sum {}",
                analysis.text(point.namespace),
                analysis.text(point.name),
                dimensions.join(" "),
                point.sum
            );
            let function = point.dimensions.iter().find_map(|(name, value)| {
                (analysis.text(*name) == "FunctionName").then(|| analysis.text(*value))
            });
            let row = row(
                [&moment(point.at, now), "metric"],
                function,
                Text::new(&words),
                None,
            );
            let minute = |function: &str| Step::Minute {
                at: point.at.minute(),
                counted: counted_by(analysis.text(point.name)),
                function: Some(function.to_owned()),
            };
            Row {
                open: function.map(minute),
                ..row
            }
        }
        Evidence::Span { span } => {
            let span = &analysis.facts.spans[*span as usize];
            let at = Timestamp(span.start_us.div_euclid(1000));
            let mut words = format!("span {}", analysis.text(span.name));
            if let Some(status) = span.status {
                words.push_str(&format!(": status {status}"));
            }
            if span.throttle {
                words.push_str(", throttle");
            }
            let run = span.invocation.get().map(|request| Run {
                request,
                attempt: 1,
            });
            row([&moment(at, now), "x-ray"], None, Text::new(&words), run)
        }
    }
}

/// What a metric of Lambda counts.
fn counted_by(metric: &str) -> Counted {
    match metric {
        "Throttles" => Counted::Refused,
        "Errors" => Counted::Failed,
        _ => Counted::Runs,
    }
}

/// A proof that opens its run, or else its function.
fn row([at, source]: [&str; 2], function: Option<&str>, what: Text, run: Option<Run>) -> Row {
    let of_function = || Some(Step::Function(function?.to_owned()));
    Row {
        cells: vec![
            Cell::of(Role::Dim, at),
            Cell::text(source),
            Cell::of(Role::Strong, function.unwrap_or(figures::NONE)),
            Cell::Text(what),
        ],
        open: run.map(Step::Invocation).or_else(of_function),
        run,
        function: function.map(str::to_owned),
        ..Row::default()
    }
}

/// Which attempt of its request a line belongs to: the last that began before it.
fn attempt(analysis: &Analysis, line: crate::model::facts::FactRef) -> u16 {
    let at = analysis.facts.moment(line);
    let stream = line.stream;
    let environment = analysis
        .assembled
        .environments
        .iter()
        .find(|one| one.stream == stream);
    let begun = environment.and_then(|one| {
        let after = one
            .invocations
            .partition_point(|run| analysis.invocation(*run).start <= at);
        one.invocations.get(after.checked_sub(1)?)
    });
    begun.map_or(1, |run| analysis.invocation(*run).attempt)
}
