//! Joins the records of one refused attempt, so that each attempt is counted once however many sources show it.

use std::borrow::Cow;

use hashbrown::{HashMap, HashSet};

use super::Attempt;
use super::records::{Key, Record, Route, Source};
use crate::model::by_key::ByKey;
use crate::model::fact::{self, SAME_ATTEMPT_MS, service};
use crate::model::facts::Facts;
use crate::model::invocation::InvocationIndex;
use crate::model::symbols::Sym;

/// No more of them are looked at on either side: a run that logs faster repeats itself.
const MOST_NEIGHBOURS: usize = 32;

/// The attempts behind the records, in order of (time, resource); those whose resource nothing tells are left out.
pub(super) fn fuse<'a>(facts: &'a Facts, records: &[Record<'a>]) -> Vec<Attempt<'a>> {
    let mut sets = Sets::new(records);
    join_by_key(records, &mut sets);
    join_by_trace(records, &mut sets);
    join_nameless(records, &mut sets);
    let roots: Vec<usize> = (0..records.len()).map(|at| sets.root(at)).collect();
    let groups = ByKey::of(records.len(), |at| Some(roots[at as usize]));
    let mut drafts: Vec<Draft<'_, '_>> = groups
        .iter()
        .map(|members| Draft::of(members.map(|at| &records[at as usize])))
        .collect();
    let known = Known::of(&drafts);
    for draft in &mut drafts {
        draft.complete(&known);
    }
    let mut attempts: Vec<Attempt<'_>> = drafts.into_iter().filter_map(Draft::attempt).collect();
    attempts.sort_by(|one, other| {
        let caller = |attempt: &Attempt<'_>| attempt.caller.map(|name| facts.text(name));
        (one.at, &one.resource, caller(one), one.run).cmp(&(
            other.at,
            &other.resource,
            caller(other),
            other.run,
        ))
    });
    attempts
}

/// Disjoint sets of records.
struct Sets {
    up: Vec<usize>,
    /// Of each root: whether a caller's line and whether a span is among its members.
    has: Vec<(bool, bool)>,
}

impl Sets {
    fn new(records: &[Record<'_>]) -> Self {
        let has =
            |record: &Record<'_>| (record.source == Source::Log, record.source == Source::Span);
        Self {
            up: (0..records.len()).collect(),
            has: records.iter().map(has).collect(),
        }
    }

    fn root(&mut self, at: usize) -> usize {
        let mut at = at;
        while self.up[at] != at {
            self.up[at] = self.up[self.up[at]];
            at = self.up[at];
        }
        at
    }

    fn has(&mut self, at: usize) -> (bool, bool) {
        let root = self.root(at);
        self.has[root]
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        let (line, span) = self.has[other];
        self.up[one.max(other)] = one.min(other);
        let kept = &mut self.has[one.min(other)];
        *kept = (kept.0 || line, kept.1 || span);
    }
}

fn join_by_key(records: &[Record<'_>], sets: &mut Sets) {
    let mut first: HashMap<Key, usize> = HashMap::new();
    for (at, record) in records.iter().enumerate() {
        for &key in &record.keys {
            sets.join(at, *first.entry(key).or_insert(at));
        }
    }
}

/// An access line and the gateway's own span of one trace, where that trace has one of each.
fn join_by_trace(records: &[Record<'_>], sets: &mut Sets) {
    let mut lines: HashMap<_, Vec<usize>> = HashMap::new();
    let mut spans: HashMap<_, Vec<usize>> = HashMap::new();
    for (at, record) in records.iter().enumerate() {
        let Some(trace) = record.trace.filter(|_| record.caller.is_none()) else {
            continue;
        };
        match record.source {
            Source::Access => lines.entry(trace).or_default().push(at),
            Source::Span => spans.entry(trace).or_default().push(at),
            Source::Log => {}
        }
    }
    for (trace, lines) in lines {
        let Some(spans) = spans.get(&trace) else {
            continue;
        };
        let attempts: HashSet<usize> = spans.iter().map(|&at| sets.root(at)).collect();
        let (&[line], 1) = (lines.as_slice(), attempts.len()) else {
            continue;
        };
        sets.join(line, spans[0]);
    }
}

/// Records of runs that name no request id. A span is the attempt of the nearest line that has no span yet, and a line that of
/// the nearest span without a line; a line that finds none repeats what stands within the window.
fn join_nameless(records: &[Record<'_>], sets: &mut Sets) {
    let by_run = ByKey::of(records.len(), |at| records[at as usize].run);
    for members in by_run.iter() {
        let mut members: Vec<usize> = members.map(|at| at as usize).collect();
        members.sort_by_key(|&at| (records[at].at, at));
        for place in 0..members.len() {
            let at = members[place];
            let record = &records[at];
            if is_named(record) {
                continue;
            }
            let near = neighbours(records, &members, place);
            let partner = match record.source {
                Source::Span if !sets.has(at).0 => near
                    .into_iter()
                    .find(|&other| records[other].source == Source::Log && !sets.has(other).1),
                Source::Log => near
                    .iter()
                    .copied()
                    .find(|&other| records[other].source == Source::Span && !sets.has(other).0)
                    .or_else(|| near.first().copied()),
                _ => None,
            };
            if let Some(partner) = partner {
                sets.join(at, partner);
            }
        }
    }
}

fn is_named(record: &Record<'_>) -> bool {
    record.keys.iter().any(|key| !matches!(key, Key::Span(..)))
}

/// Other records of the run about the same target within the window, nearest first. A nameless line looks back at others like
/// it, not ahead: of several the first stands for the attempt.
fn neighbours(records: &[Record<'_>], members: &[usize], place: usize) -> Vec<usize> {
    let record = &records[members[place]];
    let within = |&&other: &&usize| records[other].at.since(record.at).abs() <= SAME_ATTEMPT_MS;
    let before = members[..place].iter().rev().take_while(within);
    let behind = members[place + 1..].iter().take_while(within);
    let behind =
        behind.filter(|&&other| is_named(&records[other]) || records[other].source == Source::Span);
    let mut near: Vec<usize> = before
        .take(MOST_NEIGHBOURS)
        .chain(behind.take(MOST_NEIGHBOURS))
        .copied()
        .filter(|&other| may_be_one(&records[other], record))
        .collect();
    near.sort_by_key(|&other| (records[other].at.since(record.at).abs(), other));
    near
}

/// Whether two records may mean one target: the same, a service and a resource of it, or unknown.
fn may_be_one(one: &Record<'_>, other: &Record<'_>) -> bool {
    match (&one.resource, &other.resource) {
        (Some(one), Some(other)) => fact::may_be_one(one, other),
        _ => true,
    }
}

/// An attempt whose resource may still be unknown.
struct Draft<'r, 'a> {
    resource: Option<Cow<'a, str>>,
    first: &'r Record<'a>,
    caller: Option<Sym>,
    run: Option<InvocationIndex>,
    reason: Option<Sym>,
    gateway: Option<super::ThrottleClass>,
    route: Option<Route>,
}

impl<'r, 'a> Draft<'r, 'a> {
    fn of(members: impl Iterator<Item = &'r Record<'a>>) -> Self {
        let mut members: Vec<&Record<'a>> = members.collect();
        members.sort_by_key(|record| (record.source, record.at));
        let first = members[0];
        // A span names what was called; a line may name the service alone. Behind a gateway that has its own answer is the gateway.
        let resource = members
            .iter()
            .filter_map(|record| record.resource.as_ref())
            .max_by_key(|name| (super::records::is_gateway(name), name.contains(':')));
        Self {
            resource: resource.cloned(),
            first,
            caller: members.iter().find_map(|record| record.caller),
            run: members.iter().find_map(|record| record.run),
            reason: members.iter().find_map(|record| record.reason),
            gateway: members.iter().find_map(|record| record.gateway),
            route: members.iter().find_map(|record| record.route),
        }
    }

    fn is_whole(&self) -> bool {
        self.resource
            .as_ref()
            .is_some_and(|name| name.contains(':'))
    }

    /// Names the resource by what other attempts of the same route or the same caller show, where that leaves one choice.
    fn complete(&mut self, known: &Known<'a>) {
        if self.is_whole() {
            return;
        }
        let by_route = self.route.and_then(|route| known.by_route.get(&route));
        let by_caller = self
            .caller
            .and_then(|caller| known.by_caller.get(&caller))
            .and_then(|names| {
                let wanted = self.resource.as_deref();
                let mut fitting = names
                    .iter()
                    .filter(|name| wanted.is_none_or(|wanted| service(name) == wanted));
                let only = fitting.next()?;
                fitting.next().is_none().then_some(only)
            });
        if let Some(name) = by_route.or(by_caller) {
            self.resource = Some(name.clone());
        }
    }

    fn attempt(self) -> Option<Attempt<'a>> {
        Some(Attempt {
            resource: self.resource?,
            at: self.first.at,
            caller: self.caller,
            run: self.run,
            reason: self.reason,
            gateway: self.gateway,
            evidence: self.first.evidence.clone(),
        })
    }
}

/// Resources that attempts with a full name show.
struct Known<'a> {
    by_route: HashMap<Route, Cow<'a, str>>,
    by_caller: HashMap<Sym, Vec<Cow<'a, str>>>,
}

impl<'a> Known<'a> {
    fn of(drafts: &[Draft<'_, 'a>]) -> Self {
        let mut by_route: HashMap<Route, Cow<'_, str>> = HashMap::new();
        let mut by_caller: HashMap<Sym, Vec<Cow<'_, str>>> = HashMap::new();
        for draft in drafts.iter().filter(|draft| draft.is_whole()) {
            let Some(name) = &draft.resource else {
                continue;
            };
            if let Some(route) = draft.route.filter(|_| service(name) == "lambda") {
                let known = by_route.entry(route).or_insert_with(|| name.clone());
                if name < known {
                    known.clone_from(name);
                }
            }
            if let Some(caller) = draft.caller {
                let names = by_caller.entry(caller).or_default();
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
        }
        Self {
            by_route,
            by_caller,
        }
    }
}
