//! Tail: what is it saying now. Late lines go to their place in time, marked.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::analysis::Analysis;
use crate::model::invocation::InvocationIndex;
use crate::model::placed;
use crate::model::record::GapReason;
use crate::model::time::Timestamp;
use crate::store::log_text::{Line, LineId, StreamNo};
use crate::store::scene::Scene;
use crate::ui::action::Action;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::keys::Context;
use crate::ui::log_line;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, RowTrait, Rows, Run, Table};
use crate::ui::rows;
use crate::ui::state;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::Pane;

pub struct Tail;

impl Pane for Tail {
    fn title(&self) -> &'static str {
        "Tail"
    }

    fn short(&self) -> &'static str {
        "Tail"
    }

    fn page(&self, scene: &Arc<Scene>) -> Page {
        if scene.text.is_empty() {
            let line = state::waiting(scene)
                .unwrap_or_else(|| Text::of(Role::Unknown, "no text of log lines is held"));
            return Page {
                parts: vec![Part::lines("lines", "What it says now", vec![line])],
                ..Page::default()
            };
        }
        let (mut lines, mut watermark) = (order(scene), None);
        if let Some(until) = scene.analysis.facts.watermark {
            let at = lines.partition_point(|line| line.at <= until);
            // A rule at the very end would say nothing.
            if at < lines.len() {
                watermark = Some(until);
                lines.insert(at, Entry::rule(until, Says::Complete));
            }
        }
        let gaps: Arc<[NotSeen]> = not_seen(scene).into();
        for (number, gap) in gaps.iter().enumerate() {
            let at = lines.partition_point(|line| line.at < gap.from);
            lines.insert(at, Entry::rule(gap.from, Says::Gap(number)));
        }
        let detail_scene = Arc::clone(scene);
        let lines: Arc<[Entry]> = lines.into();
        let detail_lines = Arc::clone(&lines);
        let streams = Arc::new(streams(scene));
        let detail_streams = Arc::clone(&streams);
        Page {
            note: note(scene),
            parts: vec![list(scene, lines, gaps, streams, watermark)],
            detail: Some(Box::new(move |row| {
                let id = detail_lines.get(row).and_then(Entry::line);
                id.and_then(|id| under_cursor(&detail_scene, &detail_streams, id))
                    .into_iter()
                    .collect()
            })),
            follows: true,
            ..Page::default()
        }
    }

    fn context(&self) -> Context {
        Context::Log
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Pause,
            Action::Last,
            Action::Open,
            Action::Trace,
            Action::Level,
            Action::NextOfRequest,
            Action::NextError,
        ]
    }
}

/// A line, or a rule between lines.
#[derive(Clone, Copy)]
struct Entry {
    at: Timestamp,
    says: Says,
}

#[derive(Clone, Copy)]
enum Says {
    Line(LineId),
    /// Up to here everything has arrived.
    Complete,
    /// A stretch that was not seen begins here, by its number.
    Gap(usize),
}

impl Entry {
    fn rule(at: Timestamp, says: Says) -> Self {
        Self { at, says }
    }

    fn line(&self) -> Option<LineId> {
        match self.says {
            Says::Line(line) => Some(line),
            Says::Complete | Says::Gap(_) => None,
        }
    }

    /// Lines are counted from 0, rules from the other end.
    fn key(&self) -> Key {
        match self.says {
            Says::Line(line) => Key(line.0),
            Says::Complete => Key(u64::MAX),
            Says::Gap(number) => Key(u64::MAX - 1 - number as u64),
        }
    }
}

/// A stretch that was not seen, in words.
struct NotSeen {
    from: Timestamp,
    words: String,
}

/// Every stretch of a log group that was not seen, is not yet, or was read later.
fn not_seen(scene: &Scene) -> Vec<NotSeen> {
    let facts = &scene.analysis.facts;
    let words = |from, to, why: GapReason, group: &str, more: &str| NotSeen {
        from,
        words: format!(
            "┄ gap {}–{} · {why}{more} · {group} ┄",
            figures::clock(from),
            figures::clock(to)
        ),
    };
    let is_open = |group: &str, from: Timestamp| {
        let mut open = scene.board.open_gaps();
        open.any(|gap| &*gap.group == group && gap.from == from)
    };
    let known = facts.gaps.iter().map(|gap| {
        let group = facts.text(gap.group);
        let open = is_open(group, gap.from);
        let more = if open { " · not read yet" } else { "" };
        words(gap.from, gap.to, gap.why, group, more)
    });
    let sources = scene.board.sources.values();
    let filled = sources.flat_map(|health| &health.filled).map(|filled| {
        let gap = &filled.gap;
        let more = format!(" · filled {}", figures::clock(filled.at));
        words(gap.from, gap.to, gap.why, &gap.group, &more)
    });
    known.chain(filled).collect()
}

/// Every line in order of time.
fn order(scene: &Scene) -> Vec<Entry> {
    let mut lines: Vec<_> = scene.text.lines().map(|line| line.place()).collect();
    lines.sort_unstable();
    lines
        .into_iter()
        .map(|(at, .., id)| Entry {
            at,
            says: Says::Line(id),
        })
        .collect()
}

/// What is known of a log stream: its function and the invocations in it, in order of start.
struct Stream {
    function: String,
    invocations: Vec<InvocationIndex>,
    concurrent: bool,
}

fn streams(scene: &Scene) -> HashMap<StreamNo, Stream> {
    let analysis = &scene.analysis;
    let mut found = HashMap::new();
    for stream in &analysis.facts.streams {
        let number = scene
            .text
            .stream(analysis.text(stream.group), analysis.text(stream.stream));
        let function = analysis.facts.text_of(stream.function);
        if let Some(number) = number {
            let function = function
                .unwrap_or_else(|| analysis.text(stream.group))
                .to_owned();
            found.insert(
                number,
                Stream {
                    function,
                    invocations: Vec::new(),
                    concurrent: false,
                },
            );
        }
    }
    for environment in &analysis.assembled.environments {
        let stream = &analysis.facts.streams[environment.stream as usize];
        let number = scene
            .text
            .stream(analysis.text(stream.group), analysis.text(stream.stream));
        if let Some(stream) = number.and_then(|number| found.get_mut(&number)) {
            stream.invocations.clone_from(&environment.invocations);
            stream.concurrent = environment.concurrent;
        }
    }
    found
}

/// The request that a line belongs to: the one that began last before it in its stream.
fn run_of(
    analysis: &Analysis,
    streams: &HashMap<StreamNo, Stream>,
    line: &Line<'_>,
) -> Option<Run> {
    let stream = streams.get(&line.stream)?;
    if stream.concurrent {
        return None;
    }
    let start = |at: &InvocationIndex| analysis.invocation(*at).start;
    let after = stream
        .invocations
        .partition_point(|at| start(at) <= line.at);
    let at = stream.invocations.get(after.saturating_sub(1))?;
    Some(find::run_at(analysis, *at))
}

fn list(
    scene: &Arc<Scene>,
    lines: Arc<[Entry]>,
    gaps: Arc<[NotSeen]>,
    streams: Arc<HashMap<StreamNo, Stream>>,
    watermark: Option<Timestamp>,
) -> Part {
    let keys = lines.iter().map(Entry::key).collect();
    let title = format!(
        "What it says now: {} of {}",
        figures::number_of(scene.text.len() as u64, "lines"),
        figures::number_of(streams.len() as u64, "streams")
    );
    let aside = match watermark {
        Some(until) => format!("complete to {}", figures::clock(until)),
        None => "oldest first · G follows".to_owned(),
    };
    let of_traits = (Arc::clone(scene), Arc::clone(&lines), Arc::clone(&streams));
    let of_text = (Arc::clone(scene), Arc::clone(&lines), Arc::clone(&streams));
    let of_unfolded = (Arc::clone(scene), Arc::clone(&lines));
    let scene = Arc::clone(scene);
    let rows = Rows::new(keys, move |at| match lines[at].says {
        Says::Line(id) => row(&scene, &streams, id),
        Says::Complete => rule(&format!(
            "• {} complete to here, newer lines may be missing ───",
            figures::clock(lines[at].at)
        )),
        Says::Gap(number) => rule(&gaps[number].words),
    })
    .with_traits(move |at| {
        let (scene, lines, streams) = &of_traits;
        let line = lines[at].line().and_then(|id| scene.text.line(id));
        line.map_or(RowTrait::default(), |line| RowTrait {
            run: run_of(&scene.analysis, streams, &line),
            error: log_line::is_error(line.text),
            ..RowTrait::default()
        })
    })
    .with_text(move |at| {
        let (scene, lines, streams) = &of_text;
        let line = lines[at].line().and_then(|id| scene.text.line(id));
        line.map_or_else(String::new, |line| {
            let stream = streams.get(&line.stream);
            let function = stream.map_or("", |stream| stream.function.as_str());
            format!("{function} {}", line.text)
        })
    })
    .with_unfolded(move |at| {
        let (scene, lines) = &of_unfolded;
        let line = lines[at].line().and_then(|id| scene.text.line(id));
        line.map_or_else(Vec::new, |line| log_line::object(line.text))
    });
    let columns = vec![
        Column::word("", 12).named("time"),
        Column::name("", 8, 20).named("function").drop(2),
        Column::word("", 4).named("request").drop(4),
        Column::word("", 5).named("level").drop(1),
        Column::text("", 18, u16::MAX).named("message"),
        Column::figure("", 12).named("late").drop(3),
    ];
    Part::new("lines", title, Table::bare(columns, rows))
        .aside(Text::of(Role::Dim, &aside))
        .between(10, LIST)
}

fn row(scene: &Scene, streams: &HashMap<StreamNo, Stream>, id: LineId) -> Row {
    let Some(line) = scene.text.line(id) else {
        return Row::default();
    };
    let shown = log_line::show(line.text);
    let run = run_of(&scene.analysis, streams, &line);
    let function = streams
        .get(&line.stream)
        .map_or("", |stream| stream.function.as_str());
    let request = run.map_or_else(Text::default, request);
    let level = shown.level.map_or_else(Text::default, |level| {
        Text::of(level.role(), &level.to_string())
    });
    Row {
        cells: vec![
            Cell::of(Role::Dim, &figures::clock_ms(line.at)),
            Cell::of(Role::Strong, function),
            Cell::Text(request),
            Cell::Text(level),
            Cell::Text(shown.message),
            Cell::Text(rows::late(line.lag_ms)),
        ],
        open: run.map(Step::Invocation),
        run,
        function: (!function.is_empty()).then(|| function.to_owned()),
        ..Row::default()
    }
}

/// The first characters of a request's id, each request in one of a few colours, so that its lines are seen among others.
fn request(run: Run) -> Text {
    const TINTS: [Role; 6] = [
        Role::Focus,
        Role::Cold,
        Role::Throttle,
        Role::Duplicate,
        Role::Disorder,
        Role::Late,
    ];
    let id: String = run.request.to_string().chars().take(4).collect();
    let tint = usize::from(run.request.0[0]) % TINTS.len();
    Text::of(TINTS[tint], &id)
}

fn rule(words: &str) -> Row {
    let line = |text: &str| Cell::of(Role::Dim, text);
    Row {
        cells: vec![
            line("────────────"),
            line("────────────────────"),
            line("────"),
            line("─────"),
            line(words),
            line(""),
        ],
        ..Row::default()
    }
}

/// The line under the cursor, unfolded.
fn under_cursor(scene: &Scene, streams: &HashMap<StreamNo, Stream>, id: LineId) -> Option<Part> {
    let line = scene.text.line(id)?;
    let run = run_of(&scene.analysis, streams, &line);
    let function = streams
        .get(&line.stream)
        .map_or("", |stream| stream.function.as_str());
    let mut title = Text::of(Role::Strong, function);
    let mut aside = Text::default();
    if let Some(run) = run {
        let at = find::invocation(&scene.analysis, run)?;
        let lines = figures::number_of(find::lines(scene, at).len() as u64, "lines");
        title = title.and(
            Role::Text,
            &format!(" {} · this request: {lines}", figures::request(run.request)),
        );
        aside = Text::of(Role::Dim, "o O step through them · v trace");
    }
    let fields = log_line::unfolded(line.text).into_iter().take(UNFOLDED);
    let rows: Vec<Row> = fields
        .map(|field| Row {
            cells: vec![Cell::Text(field)],
            ..Row::default()
        })
        .collect();
    let most = rows.len() as u16;
    let table = Table::bare(vec![Column::text("", 20, u16::MAX)], Rows::fixed(rows));
    Some(
        Part::new("line", title, table)
            .aside(aside)
            .between(most.min(3), most),
    )
}

/// Lines of the list before the line under the cursor unfolds in full; what is left over goes to the list.
const LIST: u16 = 20;
/// Lines of the unfolded line at most.
const UNFOLDED: usize = 12;

/// What Live Tail does and costs, where it was asked for, and what text is not held any more.
fn note(scene: &Scene) -> Text {
    let live = scene.board.sources.values();
    let live = live.filter(|health| placed::name(&health.name) == "live tail");
    let said = live.filter_map(|health| {
        let place =
            placed::place(&health.name).map_or_else(String::new, |place| format!(" {place}"));
        Some(format!("live tail{place} {}", health.note.as_deref()?))
    });
    let said: Vec<String> = said.collect();
    let dropped = dropped(scene);
    let joint = if said.is_empty() || dropped.is_empty() {
        ""
    } else {
        " · "
    };
    Text::of(Role::Focus, &format!("{}{joint}", said.join(" · "))).then(dropped)
}

fn dropped(scene: &Scene) -> Text {
    match scene.text.dropped() {
        (0, _) | (_, None) => Text::default(),
        (lines, Some(before)) => Text::of(
            Role::Focus,
            &format!(
                "{} lines before {} dropped",
                figures::count(lines),
                figures::clock_or_day(before, scene.now)
            ),
        ),
    }
}
