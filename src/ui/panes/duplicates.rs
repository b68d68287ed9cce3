//! Duplicates: what ran twice, did it do harm.

use std::sync::Arc;

use crate::model::fact::EventSource;
use crate::model::finding::FindingKind;
use crate::model::rows::Duplicate;
use crate::model::symbols::Sym;
use crate::store::scene::Scene;
use crate::ui::page::{Page, Part};
use crate::ui::state;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::Pane;

mod blind;
mod consumers;
mod repeats;

pub struct Duplicates;

impl Pane for Duplicates {
    fn title(&self) -> &'static str {
        "Duplicates"
    }

    fn short(&self) -> &'static str {
        "Dup"
    }

    fn kinds(&self) -> &'static [FindingKind] {
        &[FindingKind::Duplicate]
    }

    fn page(&self, scene: &Arc<Scene>) -> Page {
        let analysis = &scene.analysis;
        let consumers = consumers::all(analysis);
        if consumers.is_empty() {
            let line = state::none_of(
                scene,
                "nothing to repeat was delivered",
                "no event ids in the logs",
            );
            return Page {
                parts: vec![Part::lines("what", "What ran twice", vec![line])],
                ..Page::default()
            };
        }
        let detail_scene = Arc::clone(scene);
        let names: Vec<(Sym, Option<EventSource>)> =
            consumers.iter().map(|one| (one.name, one.source)).collect();
        Page {
            note: Text::of(Role::Dim, "sort double ↓"),
            parts: vec![consumers::part(scene, consumers)],
            detail: Some(Box::new(move |row| match names.get(row) {
                Some((consumer, Some(source))) => detail(&detail_scene, *consumer, *source),
                Some((consumer, None)) => vec![blind::part(&detail_scene.analysis, *consumer)],
                None => Vec::new(),
            })),
            ..Page::default()
        }
    }
}

fn detail(scene: &Arc<Scene>, consumer: Sym, source: EventSource) -> Vec<Part> {
    let analysis = &scene.analysis;
    let mine: Vec<&Duplicate> = analysis
        .duplicates
        .iter()
        .filter(|one| one.consumer == consumer && one.source == source)
        .collect();
    let name = analysis.text(consumer);
    if mine.is_empty() {
        let words = format!("no event of {source} came twice to {name}");
        return vec![Part::lines(
            "classes",
            name,
            vec![Text::of(Role::Ok, &words)],
        )];
    }
    vec![
        repeats::by_class(name, &mine),
        repeats::list(scene, consumer, source),
    ]
}
