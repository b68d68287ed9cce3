//! Tail: what is it saying now. Late lines go to their place in time, marked.

use std::sync::Arc;

use crate::model::placed;
use crate::model::record::GapReason;
use crate::model::time::Timestamp;
use crate::store::log_text::LineId;
use crate::store::scene::Scene;
use crate::ui::action::Action;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::keys::Context;
use crate::ui::log_line;
use crate::ui::page::{Cell, Column, Key, Page, Part, Row, Rows, Table};
use crate::ui::state;
use crate::ui::text::Text;
use crate::ui::theme::Role;
use crate::ui::writers::{self, Writers};

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
        if let Some(until) = scene.complete_to() {
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
        let writers = Arc::new(Writers::of(&scene.analysis, &scene.text));
        let detail_writers = Arc::clone(&writers);
        Page {
            note: note(scene),
            hint: hint(scene),
            parts: vec![list(scene, lines, gaps, writers, watermark)],
            detail: Some(Box::new(move |row| {
                let id = detail_lines.get(row).and_then(Entry::line);
                id.and_then(|id| under_cursor(&detail_scene, &detail_writers, id))
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
            Action::Recall,
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

fn list(
    scene: &Arc<Scene>,
    lines: Arc<[Entry]>,
    gaps: Arc<[NotSeen]>,
    writers: Arc<Writers>,
    watermark: Option<Timestamp>,
) -> Part {
    let keys = lines.iter().map(Entry::key).collect();
    let title = format!(
        "What it says now: {} of {}",
        figures::number_of(scene.text.len() as u64, "lines"),
        figures::number_of(writers.count() as u64, "streams")
    );
    let aside = match watermark {
        Some(until) => format!("complete to {}", figures::clock(until)),
        None => "oldest first · G follows".to_owned(),
    };
    let (shown, of_line, of_row) = (Arc::clone(scene), Arc::clone(&lines), Arc::clone(&writers));
    let rows = Rows::new(keys, move |at| match lines[at].says {
        Says::Line(id) => shown
            .line(id)
            .map_or_else(Row::default, |line| of_row.row(&shown.analysis, &line)),
        Says::Complete => rule(&format!(
            "• {} complete to here, newer lines may be missing ───",
            figures::clock(lines[at].at)
        )),
        Says::Gap(number) => rule(&gaps[number].words),
    });
    let rows = writers::with_lines(rows, scene, &writers, move |at| of_line[at].line());
    Part::new("lines", title, Table::bare(writers::columns(), rows))
        .aside(Text::of(Role::Dim, &aside))
        .between(10, LIST)
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
fn under_cursor(scene: &Scene, writers: &Writers, id: LineId) -> Option<Part> {
    let line = scene.line(id)?;
    let run = writers.run(&scene.analysis, &line);
    let mut title = Text::of(Role::Strong, writers.function(line.stream));
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
                "{} before {} not held",
                figures::number_of(lines, "lines"),
                figures::clock_or_day(before, scene.now)
            ),
        ),
    }
}

/// Where what is not held can be looked for.
fn hint(scene: &Scene) -> Text {
    if dropped(scene).is_empty() {
        return Text::default();
    }
    Text::of(Role::Focus, "A looks for a filter in all")
}
