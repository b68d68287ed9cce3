//! Lines that are not held: what to ask for, and what came of it.

use std::sync::Arc;

use super::{Outcome, Screen};
use crate::store::recalled::{Answer, Asked};
use crate::store::scene::Scene;
use crate::ui::arrange::View;
use crate::ui::filter::Filter;
use crate::ui::find;
use crate::ui::page::Run;
use crate::ui::step::Step;
use crate::ui::writers;

/// The part of the tail, and of what is found, whose filter is meant.
const LINES: &str = "lines";

impl Screen {
    /// Asks for the lines of the invocation that is looked at, else for those that the filter finds.
    pub(super) fn recall(&mut self) -> Outcome {
        match self.place().step.clone() {
            Step::Lines(run) | Step::Invocation(run) => self.recall_run(run),
            Step::Found(filter) => Outcome::Recall(Asked::Filter(filter)),
            _ => self.recall_filter(),
        }
    }

    fn recall_run(&mut self, run: Run) -> Outcome {
        let analysis = &self.shown.analysis;
        match find::invocation(analysis, run) {
            Some(at) => Outcome::Recall(Asked::Stretch(find::stretch(analysis, at))),
            None => {
                self.say("it left the window: nepho show looks it up");
                Outcome::Redraw
            }
        }
    }

    fn recall_filter(&mut self) -> Outcome {
        let filter = self.place().view_of(LINES).filter;
        if filter.is_empty() {
            self.say("set a filter first (/): A then looks for it in all records");
            return Outcome::Redraw;
        }
        self.push(Step::Found(filter.clone()));
        let read = Filter::parse(&filter, &writers::columns());
        if read.is_ok_and(|filter| filter.is_of_text()) {
            // Words are found in the rows too.
            let view = View {
                search: filter.clone(),
                ..self.place().view_of(LINES)
            };
            self.place_mut().set_view(LINES, view);
        }
        Outcome::Recall(Asked::Filter(filter))
    }

    /// Takes lines that were read again: they stand where they belong in every picture from now on.
    pub fn set_recalled(&mut self, answer: Answer) {
        // How far the reading is is old news.
        self.message = None;
        if answer.found == 0 {
            self.say("no such line stands in the records that are at hand");
        }
        self.recalled.take(answer);
        self.latest = self.with_recalled(Arc::clone(&self.latest));
        self.source = self.with_recalled(Arc::clone(&self.source));
        self.shown = self.with_recalled(Arc::clone(&self.shown));
        self.picture += 1;
    }

    pub(super) fn with_recalled(&self, scene: Arc<Scene>) -> Arc<Scene> {
        Arc::new(Scene {
            recalled: self.recalled.clone(),
            ..Arc::unwrap_or_clone(scene)
        })
    }
}
