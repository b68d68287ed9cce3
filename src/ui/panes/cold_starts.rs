//! Cold starts: who waits, how long, why.

use std::sync::Arc;

use hashbrown::HashMap;

use crate::model::analysis::Analysis;
use crate::model::finding::FindingKind;
use crate::model::rows::FunctionFigures;
use crate::model::symbols::Sym;
use crate::store::scene::Scene;
use crate::ui::action::Action;
use crate::ui::figures;
use crate::ui::page::{Page, Part};
use crate::ui::state;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::Pane;

mod by_kind;
mod cost;
mod kept_warm;
mod list;
mod who;
mod why;

pub struct ColdStarts;

impl Pane for ColdStarts {
    fn title(&self) -> &'static str {
        "Cold starts"
    }

    fn short(&self) -> &'static str {
        "Cold"
    }

    fn kinds(&self) -> &'static [FindingKind] {
        &[FindingKind::ColdStart]
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::NextPart,
            Action::Left,
            Action::Trace,
            Action::Lines,
            Action::Invocations,
            Action::Pause,
            Action::NextPane,
        ]
    }

    fn page(&self, scene: &Arc<Scene>) -> Page {
        let analysis = &scene.analysis;
        if analysis.inits.is_empty() {
            let line = match FunctionFigures::felt_of(&analysis.functions) {
                Some((_, told)) => {
                    let base = figures::number_of(told, "invocations");
                    state::none_of(scene, "nobody waited for a start", &base)
                }
                None => Text::of(Role::Unknown, UNTOLD),
            };
            return Page {
                parts: vec![Part::lines("who", "Who waits", vec![line])],
                ..Page::default()
            };
        }
        let of = by_function(analysis);
        let order = order(analysis, &of);
        let functions: Vec<Sym> = order
            .iter()
            .map(|at| analysis.functions[*at].function)
            .collect();
        let detail_scene = Arc::clone(scene);
        let detail_of = of.clone();
        Page {
            note: Text::of(Role::Dim, "sort felt ms ↓"),
            parts: vec![who::part(scene, order, of)],
            detail: Some(Box::new(move |row| {
                let Some(function) = functions.get(row) else {
                    return Vec::new();
                };
                let inits = detail_of.get(function).map_or(&[][..], Vec::as_slice);
                let analysis = &detail_scene.analysis;
                vec![
                    why::part(analysis, *function, inits),
                    by_kind::part(analysis, inits),
                    cost::part(analysis, *function, inits),
                    why::versions(analysis, *function),
                    kept_warm::part(&detail_scene, *function),
                    list::part(&detail_scene, inits),
                ]
            })),
            ..Page::default()
        }
    }
}

/// Said where application lines alone tell of the runs.
const UNTOLD: &str =
    "who waited for a start is unknown: of no run there is a START, REPORT or init line";

/// Inits of each function, by index, oldest first.
type Inits = HashMap<Sym, Vec<u32>>;

fn by_function(analysis: &Analysis) -> Inits {
    let mut of = Inits::new();
    for (at, init) in analysis.inits.iter().enumerate() {
        of.entry(init.function).or_default().push(at as u32);
    }
    of
}

fn felt_ms(analysis: &Analysis, inits: &[u32]) -> f64 {
    inits
        .iter()
        .filter_map(|at| analysis.inits[*at as usize].felt_ms)
        .map(f64::from)
        .sum()
}

/// Functions by what their requests waited in all, most first.
fn order(analysis: &Analysis, of: &Inits) -> Vec<usize> {
    let mut order: Vec<(f64, usize)> = analysis
        .functions
        .iter()
        .enumerate()
        .map(|(at, function)| {
            (
                of.get(&function.function)
                    .map_or(0.0, |inits| felt_ms(analysis, inits)),
                at,
            )
        })
        .collect();
    order.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
    order.into_iter().map(|(_, at)| at).collect()
}
