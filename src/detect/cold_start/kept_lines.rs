//! From when on the logs of a function would show the start of an environment, where they lose no lines.

use hashbrown::{HashMap, HashSet};

use crate::model::fact::{Kinds, What};
use crate::model::facts::Facts;
use crate::model::invocation::Assembled;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// Runs behind the first of their environment that must all have their lines: of so many, one would miss some where 1 line of 60 is
/// lost.
const ENOUGH: usize = 200;

/// The first line of each function that writes when its environments start; empty where lines may be missing.
pub(super) fn since(facts: &Facts, assembled: &Assembled) -> HashMap<Sym, Timestamp> {
    if !facts.gaps.is_empty() || !are_whole(assembled) {
        return HashMap::new();
    }
    let mut first: HashMap<Sym, Timestamp> = HashMap::new();
    let mut tell: HashSet<Sym> = HashSet::new();
    for home in &assembled.environments {
        let stream = &facts.streams[home.stream as usize];
        let known = first.entry(home.function).or_insert(stream.first);
        *known = stream.first.min(*known);
        let begins =
            |what: &What| matches!(what, What::InitStart { .. } | What::RestoreStart { .. });
        if stream
            .facts
            .of(Kinds::INIT)
            .any(|(_, fact)| begins(&fact.what))
        {
            tell.insert(home.function);
        }
    }
    first.retain(|function, _| tell.contains(function));
    first
}

/// Whether no run misses its START, nor its REPORT where another one followed. What came first may have begun before the window.
fn are_whole(assembled: &Assembled) -> bool {
    let mut runs = 0;
    for home in assembled
        .environments
        .iter()
        .filter(|home| !home.concurrent)
    {
        let of = |at: u32| &assembled.invocations[at as usize];
        for pair in home.invocations.windows(2) {
            let (before, next) = (of(pair[0]), of(pair[1]));
            if next.start_estimated || before.report_line.is_none() {
                return false;
            }
            runs += 1;
        }
    }
    runs >= ENOUGH
}
