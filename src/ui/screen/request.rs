//! A page made off the UI thread: it may look at all data once.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine;
use crate::model::time::Timestamp;
use crate::store::scene::Scene;
use crate::ui::arrange::arrange;
use crate::ui::page::{Key, Page, Part, places};
use crate::ui::place::{Stamp, Views};
use crate::ui::step::Step;
use crate::ui::zone::Zone;

/// A page to be made, off the UI thread.
pub struct Request {
    pub(super) scene: Arc<Scene>,
    /// The stretch of it that is looked at, if it has to be cut first.
    pub(super) cut: Option<(Timestamp, Timestamp)>,
    pub(super) zone: Zone,
    pub(super) step: Step,
    pub(super) stamp: Stamp,
    pub(super) views: Arc<Views>,
    /// Orders to keep, by part.
    pub(super) keep: Vec<(&'static str, Arc<[Key]>)>,
    /// Rows of findings that are hidden because somebody said so.
    pub(super) muted: BTreeSet<Key>,
    pub(super) wanted: Wanted,
}

pub(super) enum Wanted {
    Page(Option<Key>),
    Detail(Arc<Page>, usize),
}

/// A page that was made.
pub struct Projection {
    pub(super) step: Step,
    pub(super) stamp: Stamp,
    /// The stretch of time that was cut for it.
    pub(super) cut: Option<Arc<Scene>>,
    /// The present of the picture that it was made of.
    pub(super) now: Timestamp,
    pub(super) page: Option<Arc<Page>>,
    pub(super) detail: Vec<Part>,
    pub(super) row: usize,
}

impl Request {
    /// Makes the page: may take a while, changes nothing.
    pub fn run(self) -> Projection {
        let cut = self
            .cut
            .map(|(from, until)| Arc::new(within(&self.scene, from, until)));
        let scene = cut.as_ref().unwrap_or(&self.scene);
        self.zone.enter(scene.now);
        let view = |part: &Part| self.views.get(part.id).cloned().unwrap_or_default();
        let (page, row, fresh) = match self.wanted {
            Wanted::Detail(page, row) => (page, row, false),
            Wanted::Page(key) => {
                let mut page = self.step.page(scene);
                let places = places::watched(scene);
                if !places.is_empty() {
                    let parts = page.parts.iter_mut();
                    parts.for_each(|part| places::apart(part, &places));
                }
                for part in &mut page.parts {
                    let keep = self.keep.iter().find(|(id, _)| *id == part.id);
                    let view = view(part);
                    arrange(part, &view, &self.muted, keep.map(|(_, keys)| &**keys));
                }
                let rows = page.parts.first().map(|part| &part.table.rows);
                let row = rows.and_then(|rows| rows.find(key?)).unwrap_or(0);
                (Arc::new(page), row, true)
            }
        };
        let made = page
            .parts
            .first()
            .map_or(row, |part| part.table.rows.made_at(row));
        let mut detail = page
            .detail
            .as_ref()
            .map_or_else(Vec::new, |detail| detail(made));
        for part in &mut detail {
            let view = view(part);
            arrange(part, &view, &self.muted, None);
        }
        Projection {
            step: self.step,
            stamp: self.stamp,
            now: scene.now,
            cut: cut.clone(),
            page: fresh.then_some(page),
            detail,
            row,
        }
    }
}

/// The picture of a stretch of time alone: figures, findings and log lines; its present is its end.
fn within(scene: &Scene, from: Timestamp, until: Timestamp) -> Scene {
    Scene {
        analysis: Arc::new(engine::within(&scene.analysis, from, until)),
        text: Arc::new(scene.text.within(from, until)),
        now: scene.now.min(until),
        ..scene.clone()
    }
}
