//! The rows of a waterfall. Refused tries of one target, one after the other, are one row.

use std::sync::Arc;

use hashbrown::HashSet;

use crate::correlate::tree::{Index, Kind, Row as Span, RowKind, Tree};
use crate::model::analysis::Analysis;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::LinkTier;
use crate::model::time::Timestamp;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Key, Part, Row, RowTrait, Rows, Stroke, Table, Texture};
use crate::ui::rows;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::is_refused;

/// Rows of the tree that one row of the page stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    first: usize,
    /// One past the last.
    end: usize,
    /// The run that it is or belongs to.
    pub run: Option<InvocationIndex>,
}

/// The rows to show, refused tries of one target folded.
pub(super) fn shown(tree: &Tree, path_only: bool) -> Vec<Shown> {
    let mut shown: Vec<Shown> = Vec::new();
    // The runs above the row at hand, by depth.
    let mut above: Vec<Option<InvocationIndex>> = Vec::new();
    for (at, row) in tree.rows.iter().enumerate() {
        above.truncate(usize::from(row.depth));
        if row.kind == RowKind::Run {
            above.resize(usize::from(row.depth) + 1, None);
            above[usize::from(row.depth)] = row.invocation;
        }
        let same_call = |last: &&mut Shown| {
            let before = &tree.rows[last.first];
            last.end == at
                && (before.depth, &before.name) == (row.depth, &row.name)
                && is_refused(before)
                && is_refused(row)
        };
        if let Some(last) = shown.last_mut().filter(same_call) {
            last.end = at + 1;
            continue;
        }
        let run = match row.kind {
            RowKind::Run => row.invocation,
            RowKind::Call => above.last().copied().flatten(),
            RowKind::Queue => tree.rows.get(at + 1).and_then(|next| next.invocation),
        };
        let (first, end) = (at, at + 1);
        shown.push(Shown { first, end, run });
    }
    if path_only {
        shown.retain(|row| tree.rows[row.first..row.end].iter().any(|row| row.critical));
    }
    shown
}

/// The part with the rows.
pub(super) fn part(scene: &Scene, tree: &Arc<Tree>, shown: Vec<Shown>, path_only: bool) -> Part {
    let took = tree.to.since(tree.from).max(1) as f64;
    let left_out = tree.rows.len() - shown.iter().map(|row| row.end - row.first).sum::<usize>();
    let drawing = Arc::new(Drawing {
        analysis: Arc::clone(&scene.analysis),
        tree: Arc::clone(tree),
        prefixes: prefixes(tree, &shown),
        marked: Marked::of(&scene.analysis),
        took,
    });
    let keys = shown.iter().map(|row| key(tree, row)).collect();
    let title = title(&scene.analysis, tree);
    let shown: Arc<[Shown]> = shown.into();
    let of_traits = (Arc::clone(&drawing), Arc::clone(&shown));
    let rows = Rows::new(keys, move |at| drawing.row(at, &shown[at])).with_traits(move |at| {
        let (drawing, shown) = &of_traits;
        drawing.trait_of(&shown[at])
    });
    let columns = vec![
        Column::text("span", 24, 40),
        Column::figure("took", 8),
        Column::figure("own", 8).drop(2),
        Column::word("status", 9).drop(1),
        Column::tracks(took, 40),
    ];
    let aside = if path_only {
        Text::of(
            Role::Focus,
            &format!(
                "critical path only, {} left out · C shows all",
                figures::number_of(left_out as u64, "rows")
            ),
        )
    } else {
        Text::of(Role::Dim, "Enter opens · C critical path only")
    };
    let key = |glyph: &str, role: Role, word: &str| {
        Text::of(role, glyph).and(Role::Dim, &format!(" {word}  "))
    };
    let legend = key(glyphs::CRITICAL, Role::Focus, "critical")
        .then(key("█", Role::Text, "runs"))
        .then(key("─", Role::Dim, "waits"))
        .then(key("░", Role::Throttle, "waits to retry"))
        .then(key("┄", Role::Dim, "queued"))
        .then(key(glyphs::COLD, Role::Cold, "cold"))
        .then(key(glyphs::THROTTLE, Role::Throttle, "refused"))
        .then(key(glyphs::DUPLICATE, Role::Duplicate, "repeat"))
        .then(key("├ ┊ ≈", Role::Dim, "link exact, same id, inferred"));
    Part::new("spans", title, Table::new(columns, rows))
        .aside(aside)
        .between(6, u16::MAX)
        .foot(legend)
}

fn title(analysis: &Analysis, tree: &Tree) -> Text {
    let root = tree.rows.first().and_then(|row| row.invocation);
    let root = root.map(|at| analysis.invocation(at));
    let function = root.map_or("", |root| analysis.text(root.function));
    let name = tree.entry.as_deref().unwrap_or(function);
    let runs = tree.rows.iter().filter(|row| row.kind == RowKind::Run);
    let mut words = format!(
        " {} · {} · {} of {}",
        figures::clock_ms(tree.from),
        figures::duration(tree.to.since(tree.from) as f64),
        figures::number_of(runs.count() as u64, "runs"),
        figures::number_of(u64::from(tree.functions), "functions")
    );
    if let Some(trace) = root.and_then(|root| root.trace) {
        words.push_str(&format!(" · {}", trace.trace));
    }
    Text::of(Role::Strong, name).and(Role::Text, &words)
}

fn key(tree: &Tree, row: &Shown) -> Key {
    let span = &tree.rows[row.first];
    Key::text(&format!(
        "{:?}\0{}\0{}\0{}",
        span.kind, span.name, span.depth, span.start.0
    ))
}

/// The lines that join each row to its parent, by depth.
fn prefixes(tree: &Tree, shown: &[Shown]) -> Vec<String> {
    let mut prefixes = vec![String::new(); shown.len()];
    // From the last row up: whether a later sibling follows at each depth.
    let mut open: Vec<bool> = Vec::new();
    for (at, row) in shown.iter().enumerate().rev() {
        let span = &tree.rows[row.first];
        let depth = usize::from(span.depth);
        open.resize(depth.max(open.len()) + 1, false);
        let mut prefix = String::new();
        for more in open.iter().take(depth).skip(1) {
            prefix.push_str(if *more { "│ " } else { "  " });
        }
        if depth > 0 {
            prefix.push_str(match span.tier {
                Some(LinkTier::CorrelationId) => "┊",
                Some(LinkTier::Inferred) => "≈",
                _ if open[depth] => "├",
                _ => "└",
            });
            prefix.push(' ');
        }
        open.truncate(depth + 1);
        open[depth] = true;
        prefixes[at] = prefix;
    }
    prefixes
}

/// Runs that something was found on.
struct Marked {
    repeats: HashSet<InvocationIndex>,
    overtaken: HashSet<InvocationIndex>,
}

impl Marked {
    fn of(analysis: &Analysis) -> Self {
        let repeats = analysis.duplicates.iter().map(|one| one.repeat.invocation);
        let overtaken = analysis.reordered.iter().map(|one| one.invocation);
        Self {
            repeats: repeats.collect(),
            overtaken: overtaken.collect(),
        }
    }
}

/// What every row needs.
struct Drawing {
    analysis: Arc<Analysis>,
    tree: Arc<Tree>,
    prefixes: Vec<String>,
    marked: Marked,
    /// Milliseconds of the whole axis.
    took: f64,
}

impl Drawing {
    fn row(&self, at: usize, shown: &Shown) -> Row {
        let spans = &self.tree.rows[shown.first..shown.end];
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else {
            return Row::default();
        };
        let run = shown.run.map(|at| find::run_at(&self.analysis, at));
        let own = match first.kind {
            RowKind::Run => figures::duration(first.own_ms as f64),
            RowKind::Call | RowKind::Queue => figures::NONE.to_owned(),
        };
        let of_run = first.kind == RowKind::Run;
        Row {
            cells: vec![
                Cell::Text(self.name(at, spans, first)),
                Cell::text(&self.took(spans, first, last)),
                Cell::of(Role::Dim, &own),
                Cell::Text(self.status(first)),
                Cell::Track(self.strokes(spans)),
            ],
            open: self.opens(first, shown),
            run,
            function: of_run.then(|| first.name.clone()),
            mark: spans
                .iter()
                .any(|span| span.critical)
                .then_some(glyphs::CRITICAL),
            ..Row::default()
        }
    }

    fn trait_of(&self, shown: &Shown) -> RowTrait {
        let spans = &self.tree.rows[shown.first..shown.end];
        let mut stretches = spans.iter().flat_map(|span| &span.stretches);
        let found = |run: InvocationIndex| {
            self.marked.repeats.contains(&run) || self.marked.overtaken.contains(&run)
        };
        let first = spans.first();
        let of_run = first.and_then(|span| span.invocation);
        let failed = |run| self.analysis.invocation(run).status.failed();
        RowTrait {
            run: shown.run.map(|at| find::run_at(&self.analysis, at)),
            error: of_run.is_some_and(failed),
            trouble: of_run.is_some_and(found)
                || stretches.any(|one| matches!(one.kind, Kind::Refused | Kind::Cold)),
            depth: first.map_or(0, |span| span.depth),
        }
    }

    fn name(&self, at: usize, spans: &[Span], first: &Span) -> Text {
        let prefix = Text::of(Role::Dim, &self.prefixes[at]);
        let mut name = match first.kind {
            RowKind::Run => prefix.and(Role::Strong, &first.name),
            RowKind::Call => prefix.and(Role::Text, &first.name),
            RowKind::Queue => {
                let waits = first.stretches.iter().map(|stretch| stretch.kind).next();
                let word = match waits {
                    Some(Kind::WaitsToRetry) => " ░ to retry",
                    _ => " ┄ queue",
                };
                return prefix.and(Role::Text, &first.name).and(Role::Dim, word);
            }
        };
        if is_refused(first) {
            name = name.and(Role::Throttle, &format!(" {}", glyphs::THROTTLE));
        }
        if spans.len() > 1 {
            name = name.and(Role::Dim, &format!(" {} tries", spans.len()));
        }
        if let Some(run) = first.invocation {
            let one = self.analysis.invocation(run);
            if one.attempt > 1 {
                name = name.and(Role::Dim, &format!(" attempt {}", one.attempt));
            }
            if self.marked.repeats.contains(&run) {
                name = name.and(Role::Duplicate, &format!(" {}", glyphs::DUPLICATE));
            }
            if self.marked.overtaken.contains(&run) {
                name = name.and(Role::Disorder, &format!(" {}", glyphs::DISORDER));
            }
        }
        if first.tier.is_some() && first.confidence < find::EXACT {
            let sure = figures::percent(f64::from(first.confidence));
            name = name.and(Role::Unknown, &format!(" ≈ {sure}"));
        }
        if first.more_parents > 0 {
            name = name.and(Role::Dim, &format!(" +{} parents", first.more_parents));
        }
        name
    }

    fn took(&self, spans: &[Span], first: &Span, last: &Span) -> String {
        match (first.kind, first.invocation) {
            (RowKind::Run, Some(at)) => rows::took(&self.analysis, at),
            // A refusal that only a line tells of has no length.
            (RowKind::Call, _) if spans.iter().all(|span| span.span.is_none()) => {
                figures::NONE.to_owned()
            }
            (RowKind::Call, _) => {
                let all = spans.iter().map(|span| span.end.since(span.start));
                figures::duration(all.sum::<i64>() as f64)
            }
            _ => figures::duration(last.end.since(first.start) as f64),
        }
    }

    fn status(&self, first: &Span) -> Text {
        match first.kind {
            RowKind::Run => first
                .invocation
                .map_or_else(Text::default, |at| rows::state(&self.analysis, at)),
            RowKind::Queue => Text::default(),
            RowKind::Call if is_refused(first) => Text::of(Role::Throttle, "refused"),
            RowKind::Call => {
                let span = first.span.map(|at| &self.analysis.facts.spans[at as usize]);
                match span {
                    Some(span) if span.error || span.fault => {
                        let status = span.status.map_or("error".to_owned(), |of| of.to_string());
                        Text::of(Role::Error, &format!("! {status}"))
                    }
                    Some(span) => {
                        let status = span.status.map_or("ok".to_owned(), |of| of.to_string());
                        Text::of(Role::Dim, &status)
                    }
                    None => Text::default(),
                }
            }
        }
    }

    fn strokes(&self, spans: &[Span]) -> Vec<Stroke> {
        let share = |at: Timestamp| at.since(self.tree.from) as f64 / self.took;
        let failed = |span: &Span| {
            let run = span.invocation.map(|at| self.analysis.invocation(at));
            run.is_some_and(|run| run.status.failed())
        };
        spans
            .iter()
            .flat_map(|span| {
                span.stretches.iter().map(move |stretch| Stroke {
                    from: share(stretch.from),
                    to: share(stretch.to),
                    texture: texture(stretch.kind, failed(span)),
                })
            })
            .collect()
    }

    /// A run opens itself, a refused call the refusals of its target, a queue the run that it led to.
    fn opens(&self, first: &Span, shown: &Shown) -> Option<Step> {
        let run = || Some(Step::Invocation(find::run_at(&self.analysis, shown.run?)));
        match first.kind {
            RowKind::Run | RowKind::Queue => run(),
            RowKind::Call => {
                let refusing = find::refusing(&self.analysis, &first.name);
                refusing.map(Step::Resource).or_else(run)
            }
        }
    }
}

/// What went on in one run, on the axis that `share` places moments on.
pub(in crate::ui::pages) fn strokes_of(
    analysis: &Analysis,
    index: &Index,
    run: InvocationIndex,
    share: &impl Fn(Timestamp) -> f64,
) -> Vec<Stroke> {
    let failed = analysis.invocation(run).status.failed();
    let tree = index.requests(analysis).tree(run);
    let own = tree.rows.iter().find(|row| row.invocation == Some(run));
    let stretches = own.into_iter().flat_map(|row| &row.stretches);
    stretches
        .map(|stretch| Stroke {
            from: share(stretch.from),
            to: share(stretch.to),
            texture: texture(stretch.kind, failed),
        })
        .collect()
}

fn texture(kind: Kind, failed: bool) -> Texture {
    match kind {
        Kind::Refused => Texture::Refused,
        Kind::Cold => Texture::Cold,
        Kind::Waits => Texture::Waits,
        Kind::WaitsToRetry => Texture::WaitsToRetry,
        Kind::Queued => Texture::Queued,
        Kind::Runs if failed => Texture::Failed,
        Kind::Runs => Texture::Runs,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::tree::Stretch;

    fn span(depth: u16, kind: RowKind, name: &str, refused: bool) -> Span {
        let (from, to) = (Timestamp(0), Timestamp(10));
        let stretch = if refused { Kind::Refused } else { Kind::Runs };
        Span {
            depth,
            kind,
            name: name.to_owned(),
            start: from,
            end: to,
            stretches: vec![Stretch {
                from,
                to,
                kind: stretch,
            }],
            tier: None,
            confidence: 1.0,
            invocation: (kind == RowKind::Run).then_some(u32::from(depth)),
            span: None,
            more_parents: 0,
            own_ms: 0,
            waited_ms: 0,
            critical: false,
        }
    }

    fn tree(rows: Vec<Span>) -> Tree {
        Tree {
            rows,
            ..Tree::default()
        }
    }

    #[test]
    fn branches_go_on_while_siblings_follow() {
        let depths = [0, 1, 2, 2, 1, 2];
        let tree = tree(
            depths
                .iter()
                .map(|depth| span(*depth, RowKind::Run, "f", false))
                .collect(),
        );
        let shown = shown(&tree, false);
        let prefixes = prefixes(&tree, &shown);
        assert_eq!(prefixes, ["", "├ ", "│ ├ ", "│ └ ", "└ ", "  └ "]);
    }

    #[test]
    fn refused_tries_of_one_target_are_one_row_and_belong_to_their_run() {
        let tree = tree(vec![
            span(0, RowKind::Run, "shop", false),
            span(1, RowKind::Call, "payment", true),
            span(1, RowKind::Call, "payment", true),
            span(1, RowKind::Call, "stock", true),
            span(1, RowKind::Run, "payment", false),
            span(2, RowKind::Call, "payment", true),
            span(1, RowKind::Call, "payment", true),
        ]);
        let rows: Vec<_> = shown(&tree, false)
            .iter()
            .map(|row| (row.first..row.end, row.run))
            .collect();
        assert_eq!(
            rows,
            [
                (0..1, Some(0)),
                (1..3, Some(0)),
                (3..4, Some(0)),
                (4..5, Some(1)),
                (5..6, Some(1)),
                (6..7, Some(0)),
            ]
        );
    }
}
