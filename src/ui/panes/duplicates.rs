//! Duplicates: what ran twice, did it do harm.

use std::sync::Arc;

use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::finding::FindingKind;
use crate::model::rows::Duplicate;
use crate::model::symbols::Sym;
use crate::store::scene::Scene;
use crate::ui::action::Action;
use crate::ui::page::{Page, Part};
use crate::ui::pages::{identity, why};
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
    let mut classes = repeats::by_class(name, source, &mine);
    let finding = why::finding(analysis, FindingKind::Duplicate, &[name]);
    classes.prose = finding.map_or_else(Vec::new, why::lines);
    let mut parts = vec![classes];
    parts.extend(worst(analysis, name, source, &mine));
    parts.push(repeats::list(scene, consumer, source));
    parts
}

/// The timeline of the event whose repeat did the most harm, the newest of them.
fn worst(
    analysis: &Analysis,
    consumer: &str,
    source: EventSource,
    mine: &[&Duplicate],
) -> Option<Part> {
    let worst = mine.iter().max_by_key(|one| (one.harm, one.repeat.at))?;
    let identity = worst.identity_text(&analysis.facts);
    identity::timeline(analysis, consumer, source, &identity)
}
