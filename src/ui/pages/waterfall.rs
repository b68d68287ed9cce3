//! One request as a waterfall: every invocation of its tree on one axis of time.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::fact::What;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::LinkTier;
use crate::model::time::Timestamp;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Cell, Column, Page, Part, Row, Rows, Run, Stroke, Table, Texture};
use crate::ui::requests::Forest;
use crate::ui::rows;
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::{gone, lines};

/// Cells of the axis at most; times on it stand a fifth apart.
const AXIS: u16 = 70;

pub(super) fn page(scene: &Arc<Scene>, run: Run) -> Page {
    let analysis = &scene.analysis;
    let Some(at) = find::invocation(analysis, run) else {
        return gone("Trace", &figures::request(run.request));
    };
    let forest = Forest::of(analysis);
    let tree = forest.tree(forest.root(at));
    let detail_scene = Arc::clone(scene);
    let runs: Vec<Run> = tree
        .iter()
        .map(|(at, _)| find::run_at(analysis, *at))
        .collect();
    Page {
        parts: vec![spans(scene, &forest, tree)],
        detail: Some(Box::new(move |row| {
            runs.get(row)
                .and_then(|run| lines::part(&detail_scene, *run))
                .into_iter()
                .collect()
        })),
        ..Page::default()
    }
}

fn spans(scene: &Arc<Scene>, forest: &Forest, tree: Vec<(InvocationIndex, u32)>) -> Part {
    let analysis = Arc::clone(&scene.analysis);
    let root = tree[0].0;
    let from = analysis.invocation(root).start;
    let ends = tree.iter().map(|(at, _)| analysis.invocation(*at).end);
    let to = ends.max().unwrap_or(from);
    let starts = tree.iter().map(|(at, _)| started(&analysis, *at));
    let from = starts.min().unwrap_or(from).min(from);
    let span = to.since(from).max(1) as f64;
    let ids: Vec<String> = tree
        .iter()
        .filter_map(|(at, _)| {
            analysis
                .invocation(*at)
                .trace
                .map(|trace| trace.trace.to_string())
        })
        .take(1)
        .collect();
    let title = Text::of(
        Role::Strong,
        analysis.text(analysis.invocation(root).function),
    )
    .and(
        Role::Text,
        &format!(
            " {} · {} · {} invocations{}",
            figures::clock_ms(from),
            figures::duration(span),
            tree.len(),
            ids.first()
                .map_or_else(String::new, |id| format!(" · {id}"))
        ),
    );
    let keys = tree
        .iter()
        .map(|(at, _)| find::run_key(find::run_at(&analysis, *at)))
        .collect();
    let repeats = repeated(&analysis, &tree);
    let prefixes = prefixes(&tree, |at| {
        forest.up(at).map_or("├", |link| match link.tier {
            LinkTier::TraceParent | LinkTier::TraceLink | LinkTier::ProducedId => "├",
            LinkTier::CorrelationId => "┊",
            LinkTier::Inferred => "≈",
        })
    });
    let sharing: Vec<bool> = tree
        .iter()
        .map(|(at, _)| forest.up(*at).is_some_and(|link| link.synchronous))
        .collect();
    let rows = Rows::new(keys, move |row| {
        let axis = Axis { from, span };
        let (at, _) = tree[row];
        span_row(
            &analysis,
            at,
            &prefixes[row],
            repeats[row],
            sharing[row],
            axis,
        )
    });
    let columns = vec![
        Column::name("span", 24, 44),
        Column::figure("took", 8),
        Column::word("status", 9).drop(1),
        Column::text(&ticks(span), 20, AXIS),
    ];
    let legend = "█ runs  ▒ cold  ╳ refused  ═ repeat  ┄ queued   ├ exact ┊ same id ≈ inferred";
    Part::new("spans", title, Table::new(columns, rows))
        .aside(Text::of(Role::Dim, "Enter invocation"))
        .between(6, u16::MAX)
        .foot(Text::of(Role::Dim, legend))
}

/// When an invocation's environment began to start for it, or when it began itself.
fn started(analysis: &Analysis, at: InvocationIndex) -> Timestamp {
    let one = analysis.invocation(at);
    let init = one.init.map(|init| &analysis.inits[init as usize]);
    let felt = init
        .and_then(|init| init.felt_ms)
        .filter(|felt| *felt > 0.0);
    felt.map_or(one.start, |felt| one.start.plus_ms(-(felt.round() as i64)))
}

#[derive(Clone, Copy)]
struct Axis {
    from: Timestamp,
    span: f64,
}

impl Axis {
    fn share(self, at: Timestamp) -> f64 {
        at.since(self.from) as f64 / self.span
    }
}

/// Four times along the axis.
fn ticks(span: f64) -> String {
    let step = usize::from(AXIS) / 5;
    (0..5u8).fold(String::new(), |mut line, at| {
        let time = if at == 0 {
            "0".to_owned()
        } else {
            figures::duration(span * f64::from(at) / 5.0)
        };
        line.push_str(&format!("{time:step$}"));
        line
    })
}

/// Whether each invocation of the tree repeats work that was done before.
fn repeated(analysis: &Analysis, tree: &[(InvocationIndex, u32)]) -> Vec<bool> {
    let repeats: hashbrown::HashSet<InvocationIndex> = analysis
        .duplicates
        .iter()
        .map(|one| one.repeat.invocation)
        .collect();
    tree.iter().map(|(at, _)| repeats.contains(at)).collect()
}

/// The lines that join each row to its parent, by depth.
fn prefixes(
    tree: &[(InvocationIndex, u32)],
    tier: impl Fn(InvocationIndex) -> &'static str,
) -> Vec<String> {
    let mut prefixes = vec![String::new(); tree.len()];
    // From the last row up: whether a later sibling follows at each depth.
    let mut open: Vec<bool> = Vec::new();
    for (row, (at, depth)) in tree.iter().enumerate().rev() {
        let depth = *depth as usize;
        open.resize(depth.max(open.len()) + 1, false);
        let mut prefix = String::new();
        for (level, more) in open.iter().enumerate().take(depth).skip(1) {
            let _ = level;
            prefix.push_str(if *more { "│ " } else { "  " });
        }
        if depth > 0 {
            let joint = tier(*at);
            prefix.push_str(if open[depth] || joint != "├" {
                joint
            } else {
                "└"
            });
            prefix.push(' ');
        }
        open.truncate(depth + 1);
        open[depth] = true;
        prefixes[row] = prefix;
    }
    prefixes
}

fn span_row(
    analysis: &Analysis,
    at: InvocationIndex,
    prefix: &str,
    repeat: bool,
    synchronous: bool,
    axis: Axis,
) -> Row {
    let one = analysis.invocation(at);
    let run = find::run(one);
    let mut name = Text::of(Role::Dim, prefix).and(Role::Strong, analysis.text(one.function));
    if one.attempt > 1 {
        name = name.and(Role::Dim, &format!(" attempt {}", one.attempt));
    }
    if repeat {
        name = name
            .and(Role::Duplicate, " ")
            .and(Role::Duplicate, glyphs::DUPLICATE);
    }
    let texture = if one.status.failed() {
        Texture::Failed
    } else {
        Texture::Runs
    };
    let mut strokes = vec![Stroke {
        from: axis.share(one.start),
        to: axis.share(one.end),
        texture,
    }];
    let begun = started(analysis, at);
    if begun < one.start {
        let (from, to) = (axis.share(begun), axis.share(one.start));
        strokes.push(Stroke {
            from,
            to,
            texture: Texture::Cold,
        });
    }
    if !synchronous
        && let Some(sent) = sent(analysis, at).filter(|sent| *sent >= axis.from && *sent < begun)
    {
        let (from, to) = (axis.share(sent), axis.share(begun));
        strokes.push(Stroke {
            from,
            to,
            texture: Texture::Queued,
        });
    }
    for line in &one.app {
        let fact = analysis.facts.fact(*line);
        if let What::App(app) = &fact.what
            && app.refused.is_some()
        {
            let at = axis.share(fact.at);
            strokes.push(Stroke {
                from: at,
                to: at,
                texture: Texture::Refused,
            });
        }
    }
    Row {
        cells: vec![
            Cell::Text(name),
            Cell::text(&rows::took(analysis, at)),
            Cell::Text(rows::status(one.status)),
            Cell::Track(strokes),
        ],
        open: Some(Step::Invocation(run)),
        run: Some(run),
        function: Some(analysis.text(one.function).to_owned()),
        ..Row::default()
    }
}

/// When the first of its events was sent.
fn sent(analysis: &Analysis, at: InvocationIndex) -> Option<Timestamp> {
    let lines = &analysis.invocation(at).app;
    let items = lines
        .iter()
        .filter_map(|line| analysis.facts.app(*line))
        .flat_map(|app| &app.items);
    items.filter_map(|item| item.sent_at).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_go_on_while_siblings_follow() {
        let tree = [(0, 0), (1, 1), (2, 2), (3, 2), (4, 1), (5, 2)];
        let prefixes = prefixes(&tree, |_| "├");
        assert_eq!(prefixes, ["", "├ ", "│ ├ ", "│ └ ", "└ ", "  └ "]);
    }
}
