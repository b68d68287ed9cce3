//! What `:` offers: every action, pane and function, the best match first.

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use strum::IntoEnumIterator as _;

use crate::store::scene::Scene;

use super::action::{Action, Group};
use super::keys::{Context, KeyTable};
use super::panes;
use super::step::Step;

/// One thing to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What is typed to find it.
    pub name: String,
    /// What it does, in words.
    pub words: String,
    /// Its keys where one is.
    pub keys: String,
    pub does: Does,
}

/// What a choice does.
#[derive(Clone, Debug, PartialEq)]
pub enum Does {
    Act(Action),
    /// Goes to a pane, by its place on the digits from 0.
    Pane(usize),
    Open(Step),
    /// The lines of a log group.
    Group(String),
    /// Watches these profiles, after commas.
    Profiles(String),
    Regions(String),
}

impl Does {
    /// The same for several that were typed after commas, where that means something.
    pub fn of_typed(&self, typed: &str) -> Option<Self> {
        match self {
            Self::Profiles(_) => Some(Self::Profiles(typed.to_owned())),
            Self::Regions(_) => Some(Self::Regions(typed.to_owned())),
            _ => None,
        }
    }
}

/// Everything that can be chosen, in the order of the help.
pub fn choices(keys: &KeyTable, context: Context, scene: &Scene) -> Vec<Choice> {
    let actions =
        Action::iter().filter(|action| action.group() != Group::Prompt && action.pane().is_none());
    let actions = actions.map(|action| Choice {
        name: action.to_string(),
        words: action.words().to_owned(),
        keys: keys.keys(context, action).join(" "),
        does: Does::Act(action),
    });
    let panes = panes::all().iter().enumerate().map(|(at, pane)| {
        let digit = Action::iter().find(|action| action.pane() == Some(at));
        Choice {
            name: pane.title().to_lowercase(),
            words: "pane".to_owned(),
            keys: digit.map_or_else(String::new, |digit| keys.keys(context, digit).join(" ")),
            does: Does::Pane(at),
        }
    });
    let analysis = &scene.analysis;
    let functions = analysis.function_names().map(|function| {
        let name = analysis.text(function);
        Choice {
            name: name.to_owned(),
            words: "function".to_owned(),
            keys: String::new(),
            does: Does::Open(Step::Function(name.to_owned())),
        }
    });
    let mut groups: Vec<&str> = analysis
        .facts
        .streams
        .iter()
        .map(|stream| analysis.text(stream.group))
        .collect();
    groups.sort_unstable();
    groups.dedup();
    let groups = groups.into_iter().map(|group| Choice {
        name: group.to_owned(),
        words: "log group".to_owned(),
        keys: String::new(),
        does: Does::Group(group.to_owned()),
    });
    panes
        .chain(actions)
        .chain(functions)
        .chain(groups)
        .collect()
}

/// Indices of the choices that match what was typed, the best first; all of them, in their order, while nothing was.
pub fn best(choices: &[Choice], typed: &str) -> Vec<u32> {
    if typed.trim().is_empty() {
        return (0..choices.len() as u32).collect();
    }
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut letters = Vec::new();
    let mut found: Vec<(u32, u32)> = Vec::new();
    for (choice, at) in choices.iter().zip(0..) {
        let by_name = pattern.score(Utf32Str::new(&choice.name, &mut letters), &mut matcher);
        let whole = format!("{} {}", choice.name, choice.words);
        let by_words = pattern.score(Utf32Str::new(&whole, &mut letters), &mut matcher);
        // A name says more than its description.
        if let Some(score) = by_name.map(|score| score * 2).max(by_words) {
            found.push((score, at));
        }
    }
    found.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
    found.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::time::Timestamp;
    use crate::store::scene::Mode;
    use crate::ui::keys::KeySettings;

    fn all() -> Vec<Choice> {
        let keys = KeyTable::new(&KeySettings::new()).unwrap();
        let scene = Scene::empty(Mode::Live, "", Timestamp(0));
        choices(&keys, Context::Everywhere, &scene)
    }

    #[test]
    fn every_action_can_be_chosen() {
        let all = all();
        for action in Action::iter().filter(|action| action.group() != Group::Prompt) {
            let wanted = action.pane().map_or(Does::Act(action), Does::Pane);
            let pane = action.pane().is_some_and(|pane| pane >= panes::all().len());
            assert!(
                pane || all.iter().any(|choice| choice.does == wanted),
                "{action}"
            );
        }
    }

    #[test]
    fn the_best_match_comes_first_and_letters_may_be_left_out() {
        let all = all();
        let first = |typed: &str| {
            let at = best(&all, typed)[0];
            all[at as usize].name.clone()
        };
        assert_eq!(first("filter"), "filter");
        assert_eq!(first("thrott"), "throttling");
        assert_eq!(first("srev"), "sort-reverse");
        assert_eq!(first("cldst"), "cold starts");
        assert_eq!(best(&all, "nosuchthing"), Vec::<u32>::new());
    }
}
