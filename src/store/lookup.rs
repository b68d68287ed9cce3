//! Everything that belongs to an id: a request id, a trace id in either spelling, a CloudWatch event id, or the id of a
//! message or event that a function received.

use hashbrown::{HashMap, HashSet};

use crate::model::analysis::Analysis;
use crate::model::facts::FactRef;
use crate::model::ids::{RequestId, TraceId};
use crate::model::invocation::InvocationIndex;
use crate::model::time::Timestamp;

use super::log_text::{Line, LogText};

/// Invocations that a request tree is followed to: a fan-out over thousands is no story.
const MOST: usize = 200;

/// What an id turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "snake_case")]
pub enum IdKind {
    Request,
    Trace,
    /// A CloudWatch Logs event id.
    LogEvent,
    /// The id of a message, record or event that a function received.
    Event,
}

/// The invocations of an id and those that are linked to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub kind: IdKind,
    /// What the id names, in order of start.
    pub named: Vec<InvocationIndex>,
    /// With everything linked to it: the request tree, in order of start.
    pub tree: Vec<InvocationIndex>,
    /// More were linked than are followed.
    pub cut: bool,
}

/// Looks an id up; `None` if nothing remembered has it.
pub fn find(analysis: &Analysis, id: &str) -> Option<Found> {
    let (kind, mut named) = named(analysis, id)?;
    named.sort_unstable();
    named.dedup();
    let (tree, cut) = tree(analysis, &named);
    Some(Found {
        kind,
        named,
        tree,
        cut,
    })
}

fn named(analysis: &Analysis, id: &str) -> Option<(IdKind, Vec<InvocationIndex>)> {
    let invocations = &analysis.assembled.invocations;
    if let Some(attempts) = RequestId::parse(id).and_then(|id| analysis.assembled.attempts(&id)) {
        return Some((IdKind::Request, attempts.to_vec()));
    }
    if let Some(trace) = TraceId::parse(id) {
        let of_trace = |at: &InvocationIndex| {
            let context = invocations[*at as usize].trace;
            context.is_some_and(|context| context.trace == trace)
        };
        let found: Vec<_> = (0..invocations.len() as u32).filter(of_trace).collect();
        return (!found.is_empty()).then_some((IdKind::Trace, found));
    }
    if let Some(identity) = analysis.facts.symbols.lookup(id) {
        let of_event = analysis
            .deliveries
            .iter()
            .filter(|delivery| delivery.identity == identity);
        let found: Vec<_> = of_event.map(|delivery| delivery.invocation).collect();
        if !found.is_empty() {
            return Some((IdKind::Event, found));
        }
    }
    let found: Vec<_> = (0..invocations.len() as u32)
        .filter(|at| {
            let invocation = &invocations[*at as usize];
            let lines = [Some(invocation.first_line), invocation.report_line()]
                .into_iter()
                .flatten();
            lines
                .chain(analysis.assembled.app_lines(invocation))
                .any(|line| is_event(analysis, line, id))
        })
        .collect();
    (!found.is_empty()).then_some((IdKind::LogEvent, found))
}

fn is_event(analysis: &Analysis, line: FactRef, id: &str) -> bool {
    analysis.event_id(line).is_some_and(|event| event == id)
}

fn tree(analysis: &Analysis, named: &[InvocationIndex]) -> (Vec<InvocationIndex>, bool) {
    let mut linked: HashMap<InvocationIndex, Vec<InvocationIndex>> = HashMap::new();
    for link in &analysis.links {
        linked.entry(link.parent).or_default().push(link.child);
        linked.entry(link.child).or_default().push(link.parent);
    }
    let mut seen: HashSet<InvocationIndex> = named.iter().copied().collect();
    let mut queue = named.to_vec();
    let mut at = 0;
    while at < queue.len() && queue.len() < MOST {
        for &next in linked.get(&queue[at]).into_iter().flatten() {
            if seen.insert(next) {
                queue.push(next);
            }
        }
        at += 1;
    }
    let cut = at < queue.len();
    queue.sort_unstable();
    (queue, cut)
}

/// The remembered raw lines of an invocation: those of its stream, from its first line to its last.
pub fn lines<'a>(analysis: &Analysis, text: &'a LogText, at: InvocationIndex) -> Vec<Line<'a>> {
    let invocation = analysis.invocation(at);
    let place = &analysis.facts.streams[invocation.stream() as usize];
    let (group, stream) = (analysis.text(place.group), analysis.text(place.stream));
    let Some(stream) = text.stream(group, stream) else {
        return Vec::new();
    };
    // Init lines stand before START and belong to the invocation that waited for them.
    let from = match invocation
        .init
        .get()
        .map(|init| &analysis.inits[init as usize])
    {
        Some(init) => init.at.min(invocation.start),
        None => invocation.start,
    };
    let to = last_line(analysis, at, invocation.end);
    let request = invocation.request_id.to_string();
    let others = |line: &Line<'_>| line.at == invocation.end && !line.text.contains(&request);
    let next_starts = (analysis.assembled.environment(invocation).invocations)
        .iter()
        .any(|&next| next != at && analysis.invocation(next).start == invocation.end);
    let mut found = text.of_stream(stream, from, to);
    // In the millisecond in which the next invocation starts, only lines that name this one are its own.
    found.retain(|line| !(next_starts && others(line)));
    found
}

fn last_line(analysis: &Analysis, at: InvocationIndex, end: Timestamp) -> Timestamp {
    let report = analysis.invocation(at).report_line();
    report.map_or(end, |line| analysis.facts.moment(line).max(end))
}
