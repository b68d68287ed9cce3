//! The panes: one question each, on the digits in this order. Digits never change their pane.

use std::sync::Arc;

use crate::model::finding::FindingKind;
use crate::store::scene::Scene;

use super::action::Action;
use super::keys::Context;
use super::page::Page;

pub mod cold_starts;
pub mod duplicates;
pub mod errors;
pub mod ordering;
pub mod overview;
pub mod sources;
pub mod tail;
pub mod throttling;
pub mod traces;

/// One pane. To add one: a file beside these, a line in [`all`]; tab, footer, help and screenshot follow.
pub trait Pane: Send + Sync {
    /// Its name in tabs and breadcrumb.
    fn title(&self) -> &'static str;

    /// Its name where tabs are narrow, at most five cells.
    fn short(&self) -> &'static str;

    /// Kinds of finding that mark its tab.
    fn kinds(&self) -> &'static [FindingKind] {
        &[]
    }

    /// What it shows of a picture. Runs off the UI thread: it may look at all data once, and formats rows only when asked.
    fn page(&self, scene: &Arc<Scene>) -> Page;

    /// Which keys have a meaning of their own on it.
    fn context(&self) -> Context {
        Context::Everywhere
    }

    /// What its footer offers, the most useful first.
    fn actions(&self) -> &'static [Action] {
        &[
            Action::Open,
            Action::Trace,
            Action::Lines,
            Action::Invocations,
            Action::NextPart,
            Action::Pause,
            Action::NextPane,
        ]
    }
}

/// Every pane, in the order of the digits.
pub fn all() -> &'static [&'static dyn Pane] {
    &[
        &overview::Overview,
        &cold_starts::ColdStarts,
        &throttling::Throttling,
        &duplicates::Duplicates,
        &ordering::Ordering,
        &traces::Traces,
        &tail::Tail,
        &sources::Sources,
        &errors::Errors,
    ]
}
