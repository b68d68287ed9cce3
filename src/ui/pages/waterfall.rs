//! One request as a waterfall: every run, call and queue of its tree on one axis of time, and its critical path.

use std::sync::Arc;

use crate::correlate::tree::{Index, Kind, RowKind, Tree};
use crate::model::analysis::Analysis;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::Harm;
use crate::store::scene::Scene;
use crate::ui::figures;
use crate::ui::find;
use crate::ui::glyphs;
use crate::ui::page::{Page, Part, Run};
use crate::ui::step::Step;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::{gone, lines};

pub(in crate::ui) mod path;
pub(super) mod spans;

/// The page; only the rows of the critical path where `path_only`.
pub(super) fn page(scene: &Arc<Scene>, run: Run, path_only: bool) -> Page {
    let analysis = &scene.analysis;
    let Some(at) = find::invocation(analysis, run) else {
        return gone("Trace", &figures::request(run.request));
    };
    let tree = Arc::new(Index::new(analysis).requests(analysis).tree(at));
    let shown = spans::shown(&tree, path_only);
    let owners: Vec<Option<Run>> = shown
        .iter()
        .map(|span| span.run.map(|at| find::run_at(analysis, at)))
        .collect();
    let note = note(analysis, &tree);
    let parts = vec![
        spans::part(scene, &tree, shown, path_only),
        path::part(&tree),
    ];
    let detail_scene = Arc::clone(scene);
    Page {
        note,
        parts,
        detail: Some(Box::new(move |row| {
            let run = owners.get(row).copied().flatten();
            run.and_then(|run| said(&detail_scene, run))
                .into_iter()
                .collect()
        })),
        run: Some(run),
        ..Page::default()
    }
}

/// The log lines of the run that a row belongs to.
fn said(scene: &Arc<Scene>, run: Run) -> Option<Part> {
    let at = find::invocation(&scene.analysis, run)?;
    let function = scene.analysis.invocation(at).function;
    let mut part = lines::part(scene, run, Step::Invocation(run))?;
    part.title = Text::of(Role::Strong, scene.analysis.text(function))
        .and(
            Role::Text,
            &format!(" {} · ", figures::request(run.request)),
        )
        .then(part.title);
    Some(part)
}

/// What went wrong on the way, counted: `8 ╳ · 1 ═ · 1 ↕ · ▒ 642 ms · links exact`.
fn note(analysis: &Analysis, tree: &Tree) -> Text {
    let runs = || tree.rows.iter().filter_map(|row| row.invocation);
    let refused: u32 = runs()
        .map(|at| find::refused(analysis, analysis.invocation(at)))
        .sum();
    let cold: f64 = runs().filter_map(|at| find::felt_ms(analysis, at)).sum();
    let mut words: Vec<Text> = Vec::new();
    for (count, role, glyph) in [
        (u64::from(refused), Role::Throttle, glyphs::THROTTLE),
        (
            repeats(analysis, runs()),
            Role::Duplicate,
            glyphs::DUPLICATE,
        ),
        (
            overtaken(analysis, runs()),
            Role::Disorder,
            glyphs::DISORDER,
        ),
    ] {
        if count > 0 {
            words.push(Text::new(&figures::count(count)).and(role, &format!(" {glyph}")));
        }
    }
    if cold > 0.0 {
        let took = format!(" {}", figures::duration(cold));
        words.push(Text::of(Role::Cold, glyphs::COLD).and(Role::Text, &took));
    }
    words.push(quality(tree));
    words
        .into_iter()
        .reduce(|all, next| all.and(Role::Dim, " · ").then(next))
        .unwrap_or_default()
}

/// How sure the links of the tree are: as sure as the least of them.
fn quality(tree: &Tree) -> Text {
    let linked = tree.rows.iter().filter(|row| row.tier.is_some());
    match linked.map(|row| row.confidence).reduce(f32::min) {
        None => Text::of(Role::Dim, "no links"),
        Some(sure) if sure >= find::EXACT => Text::of(Role::Dim, "links exact"),
        Some(sure) => Text::of(
            Role::Unknown,
            &format!("links ≈ {}", figures::percent(f64::from(sure))),
        ),
    }
}

/// Runs among these that repeat, and may have repeated an effect.
fn repeats(analysis: &Analysis, runs: impl Iterator<Item = InvocationIndex>) -> u64 {
    let repeats = |at: &InvocationIndex| {
        let mut of = analysis.duplicates.iter();
        of.any(|one| one.repeat.invocation == *at && one.harm >= Harm::Possible)
    };
    runs.filter(repeats).count() as u64
}

/// Runs among these that were overtaken.
fn overtaken(analysis: &Analysis, runs: impl Iterator<Item = InvocationIndex>) -> u64 {
    let late = |at: &InvocationIndex| analysis.reordered.iter().any(|one| one.invocation == *at);
    runs.filter(late).count() as u64
}

/// Whether a row is a call that was refused.
fn is_refused(row: &crate::correlate::tree::Row) -> bool {
    row.kind == RowKind::Call
        && row
            .stretches
            .iter()
            .any(|stretch| stretch.kind == Kind::Refused)
}
