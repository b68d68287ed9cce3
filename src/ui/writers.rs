//! Who wrote a log line, in lists of the lines of many: its function and its request.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::analysis::Analysis;
use crate::model::facts::StreamFacts;
use crate::model::invocation::InvocationIndex;
use crate::store::log_text::{Line, LineId, LogText, StreamNo};
use crate::store::scene::Scene;

use super::figures;
use super::find;
use super::log_line;
use super::page::{Cell, Column, Row, RowTrait, Rows, Run};
use super::rows;
use super::step::Step;
use super::text::Text;
use super::theme::Role;

/// The log streams of a store of lines.
pub struct Writers(HashMap<StreamNo, Stream>);

/// What is known of a log stream: its function and the invocations in it, in order of start.
struct Stream {
    function: String,
    invocations: Vec<InvocationIndex>,
    concurrent: bool,
}

impl Writers {
    /// The streams that have lines in a store.
    pub fn of(analysis: &Analysis, text: &LogText) -> Self {
        Self::numbered(analysis, |_, stream| {
            text.stream(analysis.text(stream.group), analysis.text(stream.stream))
        })
    }

    /// All streams, by their places in the facts.
    pub fn all(analysis: &Analysis) -> Self {
        Self::numbered(analysis, |at, _| Some(StreamNo(at)))
    }

    fn numbered(
        analysis: &Analysis,
        number: impl Fn(u32, &StreamFacts) -> Option<StreamNo>,
    ) -> Self {
        let streams = (0..).zip(&analysis.facts.streams);
        let mut found: HashMap<_, _> = streams
            .filter_map(|(at, stream)| {
                let function = analysis.facts.text_of(stream.function);
                let named = Stream {
                    function: function
                        .unwrap_or_else(|| analysis.text(stream.group))
                        .to_owned(),
                    invocations: Vec::new(),
                    concurrent: false,
                };
                Some((number(at, stream)?, named))
            })
            .collect();
        for environment in &analysis.assembled.environments {
            let at = environment.stream;
            let number = number(at, &analysis.facts.streams[at as usize]);
            if let Some(stream) = number.and_then(|number| found.get_mut(&number)) {
                stream.invocations.clone_from(&environment.invocations);
                stream.concurrent = environment.concurrent;
            }
        }
        Self(found)
    }

    /// How many streams there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The function of a stream, else its log group; nothing of one that is not known.
    pub fn function(&self, stream: StreamNo) -> &str {
        let known = self.0.get(&stream);
        known.map_or("", |stream| stream.function.as_str())
    }

    /// Every function.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(|stream| stream.function.as_str())
    }

    /// The request that a line belongs to: the one that began last before it in its stream.
    pub fn run(&self, analysis: &Analysis, line: &Line<'_>) -> Option<Run> {
        let stream = self.0.get(&line.stream)?;
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

    /// The words of a line that a filter looks at.
    pub fn words(&self, line: &Line<'_>) -> String {
        format!("{} {}", self.function(line.stream), line.text)
    }

    /// A line as a row.
    pub fn row(&self, analysis: &Analysis, line: &Line<'_>) -> Row {
        let shown = log_line::show(line.text);
        let run = self.run(analysis, line);
        let function = self.function(line.stream);
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
}

/// The columns of [`Writers::row`].
pub fn columns() -> Vec<Column> {
    vec![
        Column::word("", 12).named("time"),
        Column::name("", 8, 20).named("function").drop(2),
        Column::word("", 4).named("request").drop(4),
        Column::word("", 5).named("level").drop(1),
        Column::text("", 18, u16::MAX).named("message"),
        Column::figure("", 12).named("late").drop(3),
    ]
}

/// Gives rows, some of which are lines, what filters, steps and unfolding ask of lines.
pub fn with_lines(
    rows: Rows,
    scene: &Arc<Scene>,
    writers: &Arc<Writers>,
    line: impl Fn(usize) -> Option<LineId> + Clone + Send + Sync + 'static,
) -> Rows {
    let of_traits = (Arc::clone(scene), Arc::clone(writers), line.clone());
    let of_text = (Arc::clone(scene), Arc::clone(writers), line.clone());
    let of_unfolded = (Arc::clone(scene), line);
    rows.with_traits(move |at| {
        let (scene, writers, line) = &of_traits;
        let line = line(at).and_then(|id| scene.line(id));
        line.map_or(RowTrait::default(), |line| RowTrait {
            run: writers.run(&scene.analysis, &line),
            error: log_line::is_error(line.text),
            ..RowTrait::default()
        })
    })
    .with_text(move |at| {
        let (scene, writers, line) = &of_text;
        let line = line(at).and_then(|id| scene.line(id));
        line.map_or_else(String::new, |line| writers.words(&line))
    })
    .with_unfolded(move |at| {
        let (scene, line) = &of_unfolded;
        let line = line(at).and_then(|id| scene.line(id));
        line.map_or_else(Vec::new, |line| log_line::object(line.text))
    })
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
