//! Who calls whom, as links, refusals and what runs were waiting for show it.

use std::collections::VecDeque;

use hashbrown::{HashMap, HashSet};

use crate::detect::triage::severity::Judged;
use crate::model::analysis::Analysis;
use crate::model::fact::name_in;
use crate::model::finding::Candidate;

/// Call chains are followed so deep.
const DEEPEST: usize = 8;

/// Callees by caller: function names, and resources without the kind before the colon.
pub(super) struct Calls<'a>(HashMap<&'a str, HashSet<&'a str>>);

impl<'a> Calls<'a> {
    pub(super) fn of(analysis: &'a Analysis, judged: &'a [Judged]) -> Self {
        let mut calls: HashMap<&str, HashSet<&str>> = HashMap::new();
        let mut seen = HashSet::new();
        for link in &analysis.links {
            let pair = (
                analysis.invocation(link.parent).function,
                analysis.invocation(link.child).function,
            );
            if seen.insert(pair) {
                calls
                    .entry(analysis.text(pair.0))
                    .or_default()
                    .insert(analysis.text(pair.1));
            }
        }
        for throttle in &analysis.throttles {
            for (caller, _) in &throttle.callers {
                calls
                    .entry(analysis.text(*caller))
                    .or_default()
                    .insert(name_in(&throttle.resource));
            }
        }
        for found in judged.iter().map(|judged| &judged.candidate) {
            for callee in &found.waits_for {
                calls
                    .entry(name_in(&found.subject))
                    .or_default()
                    .insert(name_in(analysis.text(*callee)));
            }
        }
        Self(calls)
    }

    /// Whether the subject of `from` calls that of `to`, itself or through others.
    pub(super) fn reaches(&self, from: &Candidate, to: &Candidate) -> bool {
        let (from, to) = (name_in(&from.subject), name_in(&to.subject));
        let mut seen = HashSet::new();
        seen.insert(from);
        let mut open = VecDeque::from([(from, 0)]);
        while let Some((caller, depth)) = open.pop_front() {
            for callee in self.0.get(caller).into_iter().flatten() {
                if *callee == to {
                    return true;
                }
                if depth < DEEPEST && seen.insert(callee) {
                    open.push_back((callee, depth + 1));
                }
            }
        }
        false
    }
}
