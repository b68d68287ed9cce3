//! Which profiles and regions are watched: what can be chosen, and what a choice leaves of what was collected.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Asks, Outcome, Screen};
use crate::model::health::SourceState;
use crate::model::placed;
use crate::model::places::Watching;
use crate::store::scene::Scene;
use crate::ui::palette::{self, Choice, Does};
use crate::ui::prompt::Prompt;
use crate::ui::text::Text;
use crate::ui::theme::Role;

/// What a choice does to what was collected.
const RULE: &str = "what was collected goes, since places must not mix · s saves it first";
const NO_OTHER: &str =
    "nothing to choose here: nepho --profile NAME --region NAME watches an account";

impl Screen {
    /// There are other places to watch than these.
    pub fn may_watch(&mut self, watching: Watching) {
        self.watching = Some(watching);
    }

    /// Forgets all pictures, and what was said of their rows: those of other places come.
    pub fn begin_anew(&mut self, watching: Watching, before: &str) {
        let words = watching.words();
        let empty = Scene::empty(self.latest.mode, &words, self.latest.now);
        // Filters, widths and sorts stay as they would from run to run.
        let fresh = Self::new(self.look.clone(), self.keys.clone(), empty)
            .notifying(self.notify)
            .restored(&self.kept());
        *self = Self {
            picture: self.picture + 1,
            projecting: self.projecting,
            focused: self.focused,
            effects: std::mem::take(&mut self.effects),
            watching: Some(watching),
            ..fresh
        };
        self.say(format!(
            "now {words}, from the beginning: what was collected of {before} is gone"
        ));
    }

    pub(super) fn ask_profile(&mut self) {
        let Some(watching) = &self.watching else {
            return self.say(NO_OTHER);
        };
        let chosen = |name: &str| match &watching.profiles[..] {
            [] => name == watching.known.default,
            profiles => profiles.iter().any(|one| one == name),
        };
        let profiles = watching.known.profiles.iter().map(|profile| {
            let region = profile.region.as_deref().unwrap_or("");
            choice(
                &profile.name,
                region,
                chosen(&profile.name),
                Does::Profiles(profile.name.clone()),
            )
        });
        let choices = profiles.collect();
        self.ask_place("Profiles", choices);
    }

    pub(super) fn ask_region(&mut self) {
        let Some(watching) = &self.watching else {
            return self.say(NO_OTHER);
        };
        let of_board = self.shown.board.sources.keys();
        let placed: BTreeSet<&str> = of_board.filter_map(|name| placed::place(name)).collect();
        let in_use = |region: &str| {
            let named = placed
                .iter()
                .any(|place| place.split('/').next() == Some(region));
            named || watching.regions.iter().any(|one| one == region)
        };
        // Without a choice it is the first profile's own.
        let usual = watching.known.region(&crate::model::places::Place {
            profile: watching.profiles.first().cloned(),
            region: None,
        });
        let usual = usual.filter(|_| watching.regions.is_empty());
        let regions = watching.all_regions.iter().map(|region| {
            let watched = in_use(region) || usual.as_ref() == Some(region);
            choice(region, "", watched, Does::Regions(region.clone()))
        });
        let choices = regions.collect();
        self.ask_place("Regions", choices);
    }

    fn ask_place(&mut self, title: &'static str, choices: Vec<Choice>) {
        // What is watched now stands first.
        let mut choices = choices;
        choices.sort_by_key(|choice| choice.keys.is_empty());
        let mut foot: Vec<Text> = self.logins().collect();
        if choices.is_empty() {
            let none = "the AWS configuration files name none · aws configure sso makes one";
            foot.push(Text::of(Role::Unknown, none));
        }
        foot.push(Text::of(Role::Dim, RULE));
        let choices: Arc<[Choice]> = choices.into();
        let asks = Asks::Command {
            title,
            foot,
            found: palette::best(&choices, ""),
            choices,
            chosen: 0,
        };
        self.prompt = Some(Prompt::new(asks, ""));
    }

    /// What to run where a login is missing or expired, each once.
    fn logins(&self) -> impl Iterator<Item = Text> + use<> {
        let sources = self.shown.board.sources.values();
        let logged_out = sources.filter(|source| source.state == SourceState::LoggedOut);
        let words: BTreeSet<Box<str>> = logged_out
            .filter_map(|source| source.trouble.clone())
            .collect();
        words.into_iter().map(|words| Text::of(Role::Error, &words))
    }

    pub(super) fn watch_profiles(&self, typed: &str) -> Outcome {
        self.watch(typed, |watching, chosen| watching.profiles = chosen)
    }

    pub(super) fn watch_regions(&self, typed: &str) -> Outcome {
        self.watch(typed, |watching, chosen| watching.regions = chosen)
    }

    fn watch(&self, typed: &str, choose: impl Fn(&mut Watching, Vec<String>)) -> Outcome {
        let Some(mut watching) = self.watching.clone() else {
            return Outcome::Ignored;
        };
        let chosen = typed.split(',').map(str::trim);
        let chosen = chosen.filter(|one| !one.is_empty()).map(str::to_owned);
        choose(&mut watching, chosen.collect());
        Outcome::Watch(watching)
    }
}

fn choice(name: &str, words: &str, watched: bool, does: Does) -> Choice {
    Choice {
        name: name.to_owned(),
        words: words.to_owned(),
        keys: if watched { "watched" } else { "" }.to_owned(),
        does,
    }
}
