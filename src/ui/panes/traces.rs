//! Traces: where did the time go. One row a request, slowest first; who calls whom; how long requests take.

use std::sync::Arc;

use crate::correlate::tree::Index;
use crate::store::scene::Scene;
use crate::ui::action::Action;
use crate::ui::page::{Page, Part};
use crate::ui::state;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::Pane;

mod list;
mod map;
mod request;
mod spread;

pub struct Traces;

impl Pane for Traces {
    fn title(&self) -> &'static str {
        "Traces"
    }

    fn short(&self) -> &'static str {
        "Trc"
    }

    fn page(&self, scene: &Arc<Scene>) -> Page {
        let analysis = &scene.analysis;
        let index = Index::new(analysis);
        let mut requests = request::all(analysis, &index);
        if requests.is_empty() {
            let line = state::none_of(scene, "no request", "no invocation");
            return Page {
                parts: vec![Part::lines("requests", "Where the time went", vec![line])],
                ..Page::default()
            };
        }
        requests.sort_by(|one, other| {
            other
                .took_ms()
                .total_cmp(&one.took_ms())
                .then(one.root.cmp(&other.root))
        });
        let spread = spread::part(&requests);
        let map = map::part(scene, &index);
        Page {
            note: Text::of(Role::Dim, "sort slow ↓"),
            parts: [Some(list::part(scene, index, requests)), map, Some(spread)]
                .into_iter()
                .flatten()
                .collect(),
            ..Page::default()
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Lines,
            Action::Invocations,
            Action::NextPart,
            Action::Pause,
            Action::NextPane,
        ]
    }
}
