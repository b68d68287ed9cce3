//! The whole screen: which panes are open how deep, the picture they show, and what keys do to them.

use std::collections::BTreeSet;
use std::sync::Arc;

use crossterm::event::{KeyEvent, KeyEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::export::snapshot::Scope;
use crate::model::finding::Severity;
use crate::model::mark::{Mark, Noted, Silence};
use crate::model::places::Watching;
use crate::model::settings::Notify;
use crate::store::recalled::{Asked, Recalled};
use crate::store::scene::Scene;

use super::arrange::View;
use super::float::Float;
use super::frame;
use super::keys::{Context, KeyTable};
use super::palette::Choice;
use super::panes;
use super::place::Place;
use super::prompt::Prompt;
use super::span::Span;
use super::spots::Spots;
use super::step::Step;
use super::text::Text;
use super::theme::Look;
use super::zone::Zone;

mod act;
mod copying;
mod keeping;
mod list;
mod marks;
mod places;
mod pointing;
mod prompting;
mod recalling;
mod request;
mod time;
mod tree;

use request::Wanted;
pub use request::{Projection, Request};

/// What the loop around the screen has to do after a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing changed.
    Ignored,
    /// Draw again; a projection may be due too.
    Redraw,
    Quit,
    Suspend,
    /// Save a snapshot of this; while one is being saved, cancel that.
    Snapshot(Scope),
    /// Watch these places instead.
    Watch(Watching),
    /// Ask every source again now.
    PollNow,
    /// Read lines again that are not held; while that is being done, cancel it.
    Recall(Asked),
}

/// Title of the palette of all commands.
pub const COMMAND: &str = "Command";

/// What a prompt asks for.
#[derive(Clone, Debug)]
pub enum Asks {
    /// What of a list is shown, or only found in it.
    Filter {
        part: &'static str,
        /// The view as it was when the prompt was opened.
        before: View,
        /// Rows are found and highlighted, none is hidden.
        only_find: bool,
    },
    /// What to do, out of everything that can be done, or what to watch.
    Command {
        /// Over the choices.
        title: &'static str,
        /// Under them.
        foot: Vec<Text>,
        choices: Arc<[Choice]>,
        /// Those that match what was typed, the best first.
        found: Vec<u32>,
        chosen: usize,
    },
    /// A stretch of time to look at.
    Time,
    /// Two stretches of time, or a moment that divides one.
    Compare,
    /// What to remember of the row under the cursor.
    Note,
    /// Why a finding is silenced, and for how long.
    Silence { finding: String, mute: bool },
}

/// What the loop around the screen does for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Puts a text on the clipboard.
    Copy(String),
    Bell,
    /// A notification of the terminal.
    Notify(String),
}

/// State of the screen. It is given pictures and keys, and draws cells; projections are run for it elsewhere.
pub struct Screen {
    look: Look,
    keys: KeyTable,
    /// The newest picture, and the one that is shown: another one while held.
    latest: Arc<Scene>,
    shown: Arc<Scene>,
    /// The whole of which a stretch of time is shown; the same picture where everything is.
    source: Arc<Scene>,
    /// Lines that were read again, as every picture has them.
    recalled: Recalled,
    span: Span,
    zone: Zone,
    /// Which picture the stretch that is shown was cut for.
    cut_for: u64,
    /// Number of the shown picture.
    picture: u64,
    held: bool,
    /// One stack of places a pane; the last of each is what is looked at.
    stacks: Vec<Vec<Place>>,
    pane: usize,
    projecting: bool,
    /// What floats above the page, the topmost last.
    floats: Vec<Float>,
    prompt: Option<Prompt<Asks>>,
    /// Filters that were used, the newest last.
    filters: Vec<String>,
    /// Times that were typed, the newest last.
    times: Vec<String>,
    message: Option<Text>,
    /// Three lines for somebody who sees this for the first time.
    hint: bool,
    /// What the last frame placed where.
    spots: Spots,
    /// What a button was pressed on, until it is let go.
    held_spot: Option<pointing::Drag>,
    marked: Vec<Mark>,
    silences: Vec<Silence>,
    /// Findings that were there at the start or were told as new.
    paged: BTreeSet<String>,
    notify: Notify,
    /// What is watched, where there are other places to choose.
    watching: Option<Watching>,
    /// Whether the terminal has the focus; true where it does not say.
    focused: bool,
    /// The next key says what to copy.
    chord: bool,
    effects: Vec<Effect>,
}

impl Screen {
    /// A screen on the first pane, showing `scene`.
    pub fn new(look: Look, keys: KeyTable, scene: Scene) -> Self {
        let scene = Arc::new(scene);
        let findings = scene.analysis.findings.iter();
        // What is there at the start is not new.
        let paged = findings
            .filter(|finding| finding.severity == Severity::P1)
            .map(|finding| finding.id.clone())
            .collect();
        let stacks = (0..panes::all().len())
            .map(|at| vec![Place::new(Step::Pane(at))])
            .collect();
        Self {
            look,
            keys,
            latest: Arc::clone(&scene),
            shown: Arc::clone(&scene),
            source: scene,
            recalled: Recalled::default(),
            span: Span::default(),
            zone: Zone::default(),
            cut_for: 0,
            picture: 0,
            held: false,
            stacks,
            pane: 0,
            projecting: false,
            floats: Vec::new(),
            prompt: None,
            filters: Vec::new(),
            times: Vec::new(),
            message: None,
            hint: false,
            spots: Spots::default(),
            held_spot: None,
            marked: Vec::new(),
            silences: Vec::new(),
            paged,
            notify: Notify::default(),
            watching: None,
            focused: true,
            chord: false,
            effects: Vec::new(),
        }
    }

    /// Tells a new P1 so, while the terminal has no focus.
    #[must_use]
    pub fn notifying(mut self, notify: Notify) -> Self {
        self.notify = notify;
        self
    }

    /// Shows what was marked and silenced before.
    #[must_use]
    pub fn with_noted(mut self, noted: Noted) -> Self {
        self.marked = noted.marks;
        self.silences = noted.silences;
        self
    }

    /// Says on the first screens what the keys are that one needs, until one is pressed.
    #[must_use]
    pub fn with_hint(mut self) -> Self {
        self.hint = true;
        self
    }

    /// Takes note of whether the terminal has the focus.
    pub fn set_focus(&mut self, focused: bool) {
        self.focused = focused;
    }

    /// What is to be done for the screen since this was asked last.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Takes the newest picture. It is shown at once, or when the held one is let go.
    pub fn set_scene(&mut self, scene: Arc<Scene>) {
        self.latest = self.with_recalled(scene);
        if !self.held {
            self.show_latest();
        }
    }

    fn show_latest(&mut self) {
        let before = std::mem::replace(&mut self.source, Arc::clone(&self.latest));
        self.picture += 1;
        self.note_new(&before);
        // A stretch of it is cut with the next page; until then the one before stays.
        if self.bounds().is_none() {
            self.shown = Arc::clone(&self.source);
        }
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
        let stamp = place.stamp(self.picture);
        let wanted = match place.page() {
            Some(page) if place.page_of == Some(stamp) => {
                let due = Some((stamp, place.chosen()));
                if page.detail.is_none() || place.detail_of == due {
                    return None;
                }
                Wanted::Detail(Arc::clone(page), place.chosen())
            }
            _ => Wanted::Page(place.chosen_key()),
        };
        let cut = self.bounds().filter(|_| self.cut_for != self.picture);
        let scene = if cut.is_some() {
            &self.source
        } else {
            &self.shown
        };
        let request = Request {
            scene: Arc::clone(scene),
            cut,
            zone: self.zone,
            step: place.step.clone(),
            stamp,
            views: Arc::clone(place.views()),
            keep: place.kept_orders(self.picture),
            muted: self.silenced().0,
            wanted,
        };
        self.projecting = true;
        Some(request)
    }

    /// Takes what a request made; what is not looked at any more is dropped.
    pub fn accept(&mut self, made: Projection) {
        self.projecting = false;
        let current = made.stamp.picture == self.picture;
        if let Some(cut) = made.cut.filter(|_| current) {
            self.shown = cut;
            self.cut_for = self.picture;
        }
        let place = self.place_mut();
        if place.step != made.step {
            return;
        }
        match made.page {
            Some(page) => {
                place.set_page(page, made.detail, made.stamp);
                place.note_made(made.now);
            }
            None => place.set_detail(made.detail, (made.stamp, made.row)),
        }
    }

    /// Runs every projection that is due, here and now: for pictures and tests.
    pub fn settle(&mut self) {
        while let Some(request) = self.request() {
            self.accept(request.run());
        }
    }

    /// Goes to the pane on the next digit.
    pub fn next_pane(&mut self) {
        self.pane = (self.pane + 1) % self.stacks.len();
    }

    /// Says something in the message row until the next key.
    pub fn say(&mut self, message: impl Into<Text>) {
        self.message = Some(message.into());
    }

    /// Does what a key means here.
    pub fn on_key(&mut self, event: KeyEvent) -> Outcome {
        if event.kind == KeyEventKind::Release {
            return Outcome::Ignored;
        }
        let hinted = std::mem::take(&mut self.hint);
        let had_message = self.message.take().is_some() || hinted;
        self.place_mut().tie();
        if self.prompt.is_some() {
            return self.on_prompt_key(event);
        }
        if std::mem::take(&mut self.chord) {
            return match self.keys.own_action(Context::Copy, event) {
                Some(action) => self.act(action),
                None => Outcome::Redraw,
            };
        }
        match self.keys.action(self.context(), event) {
            Some(action) => self.act(action),
            None if had_message => Outcome::Redraw,
            None => Outcome::Ignored,
        }
    }

    /// Takes text that was pasted: into the prompt that is open.
    pub fn on_paste(&mut self, text: &str) -> Outcome {
        let Some(prompt) = &mut self.prompt else {
            return Outcome::Ignored;
        };
        prompt.paste(text);
        self.prompt_changed();
        Outcome::Redraw
    }

    /// Which keys have a meaning of their own now.
    fn context(&self) -> Context {
        if self.prompt.is_some() {
            Context::Prompt
        } else if self.floats.is_empty() {
            self.place().step.context()
        } else {
            Context::Popup
        }
    }

    /// Log events that came since the picture was held; `None` while it is live.
    pub fn unseen(&self) -> Option<u64> {
        let events = |scene: &Scene| scene.analysis.facts.inputs.log_events;
        self.held
            .then(|| events(&self.latest).saturating_sub(events(&self.source)))
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
        self.enter_zone();
        let (marks, acknowledged) = (self.marked_rows(), self.silenced().1);
        let mark_lines = match self.floats.last() {
            Some(Float::Marks { .. }) => self.mark_lines(),
            _ => Vec::new(),
        };
        let (unseen, context) = (self.unseen(), self.context());
        let mut parts = frame::Parts {
            look: self.look.clone(),
            scene: Arc::clone(&self.shown),
            unseen,
            away: self.bounds().filter(|_| self.span.end.is_some()),
            pane: self.pane,
            crumbs,
            message: self.message.clone(),
            hint: self.hint,
            marks,
            acknowledged,
            mark_lines,
            floats: &mut self.floats,
            prompt: self.prompt.as_ref(),
            context,
            keys: &self.keys,
        };
        let last = self.stacks[self.pane].len() - 1;
        self.spots = frame::place(&mut parts, &mut self.stacks[self.pane][last], area, buffer);
    }
}
