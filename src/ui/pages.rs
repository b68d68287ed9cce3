//! What Enter leads to: one page a kind of thing.

use std::sync::Arc;

use crate::store::scene::Scene;

use super::page::{Page, Part};
use super::step::Step;
use super::text::Text;
use super::theme::Role;

mod compare;
pub(super) mod error;
pub(in crate::ui) mod finding;
mod found;
mod function;
pub(super) mod identity;
mod invocation;
pub(super) mod key;
mod lines;
mod logged;
mod minute;
mod near;
pub(super) mod resource;
mod source;
pub(super) mod waterfall;
pub(super) mod why;

/// The page of a step that is no pane.
pub fn page(step: &Step, scene: &Arc<Scene>) -> Page {
    match step {
        Step::Pane(_) => Page::default(),
        Step::Finding(id) => finding::page(scene, id),
        Step::Function(name) => function::page(scene, name),
        Step::Invocations { function, which } => function::invocations(scene, function, *which),
        Step::Invocation(run) => invocation::page(scene, *run),
        Step::Trace(run) => waterfall::page(scene, *run, false),
        Step::CriticalPath(run) => waterfall::page(scene, *run, true),
        Step::Lines(run) => lines::page(scene, *run),
        Step::Found(filter) => found::page(scene, filter),
        Step::Resource(resource) => resource::page(scene, resource),
        Step::Identity {
            consumer,
            source,
            identity,
        } => identity::page(scene, consumer, *source, identity),
        Step::Key {
            consumer,
            source,
            key,
        } => key::page(scene, consumer, *source, key),
        Step::Error {
            function,
            fingerprint,
        } => error::page(scene, function, *fingerprint),
        Step::Source(name) => source::page(scene, name),
        Step::Minute {
            at,
            counted,
            function,
        } => minute::page(scene, *at, *counted, function.as_deref()),
        Step::Compare { before, after } => compare::page(scene, *before, *after),
    }
}

/// The page of something that this picture does not hold any more.
fn gone(title: &str, what: &str) -> Page {
    let line = Text::of(
        Role::Unknown,
        &format!("{what} left the window · Esc goes back"),
    );
    Page {
        parts: vec![Part::lines("gone", title, vec![line])],
        ..Page::default()
    }
}
