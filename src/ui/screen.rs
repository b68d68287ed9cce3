//! The whole screen: which panes are open how deep, the picture they show, and what keys do to them.

use std::sync::Arc;

use crossterm::event::{KeyEvent, KeyEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::store::scene::Scene;

use super::action::Action;
use super::frame;
use super::keys::{Context, KeyTable};
use super::page::{Page, Part, Run};
use super::panes;
use super::place::Place;
use super::step::{Step, Which};
use super::text::Text;
use super::theme::Look;

/// What the loop around the screen has to do after a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing changed.
    Ignored,
    /// Draw again; a projection may be due too.
    Redraw,
    Quit,
    Suspend,
}

/// State of the screen. It is given pictures and keys, and draws cells; projections are run for it elsewhere.
pub struct Screen {
    look: Look,
    keys: KeyTable,
    /// The newest picture, and the one that is shown: another one while held.
    latest: Arc<Scene>,
    shown: Arc<Scene>,
    /// Number of the shown picture.
    picture: u64,
    held: bool,
    /// One stack of places a pane; the last of each is what is looked at.
    stacks: Vec<Vec<Place>>,
    pane: usize,
    projecting: bool,
    help: bool,
    message: Option<Text>,
}

/// A page to be made, off the UI thread.
pub struct Request {
    scene: Arc<Scene>,
    step: Step,
    picture: u64,
    wanted: Wanted,
}

enum Wanted {
    Page(Option<super::page::Key>),
    Detail(Arc<Page>, usize),
}

/// A page that was made.
pub struct Projection {
    step: Step,
    picture: u64,
    page: Option<Arc<Page>>,
    detail: Vec<Part>,
    row: usize,
}

impl Request {
    /// Makes the page: may take a while, changes nothing.
    pub fn run(self) -> Projection {
        let Self {
            scene,
            step,
            picture,
            wanted,
        } = self;
        let (page, row, fresh) = match wanted {
            Wanted::Detail(page, row) => (page, row, false),
            Wanted::Page(key) => {
                let page = Arc::new(step.page(&scene));
                let rows = page.parts.first().map(|part| &part.table.rows);
                let row = rows.and_then(|rows| rows.find(key?)).unwrap_or(0);
                (page, row, true)
            }
        };
        let detail = page
            .detail
            .as_ref()
            .map_or_else(Vec::new, |detail| detail(row));
        Projection {
            step,
            picture,
            page: fresh.then_some(page),
            detail,
            row,
        }
    }
}

impl Screen {
    /// A screen on the first pane, showing `scene`.
    pub fn new(look: Look, keys: KeyTable, scene: Scene) -> Self {
        let scene = Arc::new(scene);
        let stacks = (0..panes::all().len())
            .map(|at| vec![Place::new(Step::Pane(at))])
            .collect();
        Self {
            look,
            keys,
            latest: Arc::clone(&scene),
            shown: scene,
            picture: 0,
            held: false,
            stacks,
            pane: 0,
            projecting: false,
            help: false,
            message: None,
        }
    }

    /// Takes the newest picture. It is shown at once, or when the held one is let go.
    pub fn set_scene(&mut self, scene: Arc<Scene>) {
        self.latest = scene;
        if !self.held {
            self.show_latest();
        }
    }

    fn show_latest(&mut self) {
        self.shown = Arc::clone(&self.latest);
        self.picture += 1;
    }

    /// The picture on the screen.
    pub fn scene(&self) -> &Arc<Scene> {
        &self.shown
    }

    /// What has to be projected next; `None` while one is under way or nothing is due.
    pub fn request(&mut self) -> Option<Request> {
        if self.projecting {
            return None;
        }
        let place = self.place();
        let step = place.step.clone();
        let wanted = match place.page() {
            Some(page) if place.page_of == Some(self.picture) => {
                let due = Some((self.picture, place.chosen()));
                if page.detail.is_none() || place.detail_of == due {
                    return None;
                }
                Wanted::Detail(Arc::clone(page), place.chosen())
            }
            _ => Wanted::Page(place.chosen_key()),
        };
        self.projecting = true;
        Some(Request {
            scene: Arc::clone(&self.shown),
            step,
            picture: self.picture,
            wanted,
        })
    }

    /// Takes what a request made; what is not looked at any more is dropped.
    pub fn accept(&mut self, made: Projection) {
        self.projecting = false;
        let place = self.place_mut();
        if place.step != made.step {
            return;
        }
        match made.page {
            Some(page) => place.set_page(page, made.detail, made.picture),
            None => place.set_detail(made.detail, (made.picture, made.row)),
        }
    }

    /// Runs every projection that is due, here and now: for pictures and tests.
    pub fn settle(&mut self) {
        while let Some(request) = self.request() {
            self.accept(request.run());
        }
    }

    /// Says something in the message row until the next key.
    pub fn say(&mut self, message: Text) {
        self.message = Some(message);
    }

    /// Does what a key means here.
    pub fn on_key(&mut self, event: KeyEvent) -> Outcome {
        if event.kind == KeyEventKind::Release {
            return Outcome::Ignored;
        }
        let had_message = self.message.take().is_some();
        let context = if self.help {
            Context::Popup
        } else {
            self.place().step.context()
        };
        match self.keys.action(context, event) {
            Some(action) => self.act(action),
            None if had_message => Outcome::Redraw,
            None => Outcome::Ignored,
        }
    }

    fn act(&mut self, action: Action) -> Outcome {
        match action {
            Action::Quit | Action::QuitNow => return Outcome::Quit,
            Action::Suspend => return Outcome::Suspend,
            Action::Back if self.help => self.help = false,
            Action::Help => self.help = true,
            _ if self.help => return Outcome::Ignored,
            Action::Down => self.place_mut().step_rows(1),
            Action::Up => self.place_mut().step_rows(-1),
            Action::HalfPageDown => self.place_mut().step_pages(0.5),
            Action::HalfPageUp => self.place_mut().step_pages(-0.5),
            Action::PageDown => self.place_mut().step_pages(1.0),
            Action::PageUp => self.place_mut().step_pages(-1.0),
            Action::First => self.place_mut().go_first(),
            Action::Last => self.place_mut().go_last(),
            Action::NextPart | Action::PreviousPart => {
                if !self.place_mut().step_parts(action == Action::NextPart) {
                    self.say("no further part".into());
                }
            }
            Action::Open => self.open(),
            Action::Back => self.back(),
            Action::Trace => self.open_run(Step::Trace, "no invocation under the cursor to trace"),
            Action::Lines => self.open_run(Step::Lines, "no invocation under the cursor to read"),
            Action::Invocations => self.open_invocations(),
            Action::NextOfRequest | Action::PreviousOfRequest => {
                self.seek_request(action == Action::NextOfRequest);
            }
            Action::NextError | Action::PreviousError => {
                if !self
                    .place_mut()
                    .seek(action == Action::NextError, |row| row.error)
                {
                    self.say("no further error".into());
                }
            }
            Action::Pause => self.pause(),
            Action::NextPane => self.pane = (self.pane + 1) % self.stacks.len(),
            Action::PreviousPane => {
                self.pane = (self.pane + self.stacks.len() - 1) % self.stacks.len();
            }
            digit => match digit.pane().filter(|pane| *pane < self.stacks.len()) {
                Some(pane) => self.pane = pane,
                None => self.say("no pane on this digit".into()),
            },
        }
        Outcome::Redraw
    }

    fn open(&mut self) {
        match self.place().row().and_then(|row| row.open) {
            Some(step) => self.push(step),
            None => self.say("nothing more behind this row".into()),
        }
    }

    fn push(&mut self, step: Step) {
        if self.place().step != step {
            self.stacks[self.pane].push(Place::new(step));
        }
    }

    fn back(&mut self) {
        let stack = &mut self.stacks[self.pane];
        if stack.len() > 1 {
            stack.pop();
        } else {
            self.say("this is the top: q quits".into());
        }
    }

    fn open_run(&mut self, step: impl Fn(Run) -> Step, otherwise: &str) {
        let of_row = self.place().row().and_then(|row| row.run);
        match of_row.or_else(|| self.place().page()?.run) {
            Some(run) => self.push(step(run)),
            None => self.say(otherwise.into()),
        }
    }

    fn open_invocations(&mut self) {
        match self.place().row().and_then(|row| row.function) {
            Some(function) => self.push(Step::Invocations {
                function,
                which: Which::All,
            }),
            None => self.say("no function under the cursor".into()),
        }
    }

    fn seek_request(&mut self, forward: bool) {
        let Some(run) = self.place().row_trait().and_then(|row| row.run) else {
            return self.say("this line belongs to no request".into());
        };
        if !self.place_mut().seek(forward, |row| row.run == Some(run)) {
            self.say("no further line of this request".into());
        }
    }

    fn pause(&mut self) {
        self.held = !self.held;
        if !self.held {
            self.show_latest();
        }
    }

    /// Log events that came since the picture was held; `None` while it is live.
    pub fn unseen(&self) -> Option<u64> {
        let events = |scene: &Scene| scene.analysis.facts.inputs.log_events;
        self.held
            .then(|| events(&self.latest).saturating_sub(events(&self.shown)))
    }

    /// The place that is looked at.
    pub fn place(&self) -> &Place {
        let stack = &self.stacks[self.pane];
        &stack[stack.len() - 1]
    }

    fn place_mut(&mut self) -> &mut Place {
        let stack = &mut self.stacks[self.pane];
        let last = stack.len() - 1;
        &mut stack[last]
    }

    /// Draws everything. Costs what is visible, whatever the data.
    pub fn render(&mut self, area: Rect, buffer: &mut Buffer) {
        let crumbs = self.stacks[self.pane]
            .iter()
            .map(|place| place.step.crumb())
            .collect();
        let parts = frame::Parts {
            look: self.look.clone(),
            scene: Arc::clone(&self.shown),
            unseen: self.unseen(),
            pane: self.pane,
            crumbs,
            message: self.message.clone(),
            help: self.help,
            keys: &self.keys,
        };
        let last = self.stacks[self.pane].len() - 1;
        frame::place(&parts, &mut self.stacks[self.pane][last], area, buffer);
    }
}
