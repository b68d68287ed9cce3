//! Overview: what is wrong now, and where.

use std::sync::Arc;

use crate::model::finding::FindingKind;
use crate::store::scene::Scene;
use crate::ui::action::Action;
use crate::ui::page::Page;
use crate::ui::text::Text;
use crate::ui::theme::Role;

use super::Pane;

mod drawn;
mod findings;
mod functions;
mod strips;

pub struct Overview;

impl Pane for Overview {
    fn title(&self) -> &'static str {
        "Overview"
    }

    fn short(&self) -> &'static str {
        "Over"
    }

    fn kinds(&self) -> &'static [FindingKind] {
        &[]
    }

    fn page(&self, scene: &Arc<Scene>) -> Page {
        Page {
            note: Text::of(Role::Dim, "sort harm ↓"),
            parts: vec![
                findings::part(scene),
                strips::part(scene),
                functions::part(scene),
            ],
            detail: Some(findings::detail(scene)),
            detail_is_extra: true,
            ..Page::default()
        }
    }

    fn actions(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::NextPart,
            Action::Trace,
            Action::Invocations,
            Action::Pause,
            Action::NextPane,
        ]
    }
}
