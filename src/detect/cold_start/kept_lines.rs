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

/// The first line of each function whose group was seen without a gap; empty where lines may be missing, or where no environment of any
/// function writes when it starts, as before 2022.
pub(super) fn since(facts: &Facts, assembled: &Assembled) -> HashMap<Sym, Timestamp> {
    let mut first: HashMap<Sym, Timestamp> = HashMap::new();
    if !are_whole(assembled) || !starts_are_written(facts) {
        return first;
    }
    let torn: HashSet<Sym> = facts.gaps.iter().map(|gap| gap.group).collect();
    for home in &assembled.environments {
        let stream = &facts.streams[home.stream as usize];
        if torn.contains(&stream.group) || !stream.first.can_be() {
            continue;
        }
        let known = first.entry(home.function).or_insert(stream.first);
        *known = stream.first.min(*known);
    }
    first
}

fn starts_are_written(facts: &Facts) -> bool {
    let mut inits = facts
        .streams
        .iter()
        .flat_map(|stream| stream.facts.of(Kinds::INIT));
    inits.any(|(_, fact)| {
        matches!(
            fact.what,
            What::InitStart { .. } | What::RestoreStart { .. }
        )
    })
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
            if next.start_estimated || before.report_line().is_none() {
                return false;
            }
            runs += 1;
        }
    }
    runs >= ENOUGH
}
