//! What Enter leads to: one page a kind of thing.

use std::sync::Arc;

use crate::store::scene::Scene;

use super::page::{Page, Part};
use super::step::Step;

/// The page of a step that is no pane.
pub fn page(step: &Step, scene: &Arc<Scene>) -> Page {
    let lines = vec![super::state::all_well(scene)];
    Page {
        parts: vec![Part::lines("nothing", step.crumb(), lines)],
        ..Page::default()
    }
}
