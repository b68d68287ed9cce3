//! From names that stay to places in one picture: steps hold the former, pages need the latter.

use crate::correlate::refusals;
use crate::model::analysis::Analysis;
use crate::model::facts::FactRef;
use crate::model::invocation::{Invocation, InvocationIndex};
use crate::model::rows::{Duplicate, Reordered};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;
use crate::store::log_text::{Line, LineId};
use crate::store::recalled::Stretch;
use crate::store::scene::Scene;

use super::page::{Key, Run};
use super::step::Step;

/// Lines that are stamped after the end of their invocation, at most so many milliseconds: REPORT is.
const TRAILING_MS: i64 = 1_000;

/// The name of an invocation that stays.
pub fn run(invocation: &Invocation) -> Run {
    Run {
        request: invocation.request_id,
        attempt: invocation.attempt,
    }
}

/// The same of an index.
pub fn run_at(analysis: &Analysis, at: InvocationIndex) -> Run {
    run(analysis.invocation(at))
}

/// Where an invocation stands in this picture, if it is still remembered.
pub fn invocation(analysis: &Analysis, wanted: Run) -> Option<InvocationIndex> {
    let attempts = analysis.assembled.attempts(&wanted.request)?;
    let exact = |at: &&InvocationIndex| analysis.invocation(**at).attempt == wanted.attempt;
    attempts
        .iter()
        .find(exact)
        .or_else(|| attempts.first())
        .copied()
}

/// The identity of an invocation's row.
pub fn run_key(run: Run) -> Key {
    let mut bytes = [0; 18];
    bytes[..16].copy_from_slice(&run.request.0);
    bytes[16..].copy_from_slice(&run.attempt.to_le_bytes());
    Key::of(&bytes)
}

/// The symbol of a function's name.
pub fn function(analysis: &Analysis, name: &str) -> Option<Sym> {
    analysis.facts.symbols.lookup(name)
}

/// The resource of which calls were refused, by the name that its callers have for it.
pub fn refusing(analysis: &Analysis, name: &str) -> Option<String> {
    let refuses = |name: &String| analysis.throttles.iter().any(|one| one.resource == *name);
    [format!("lambda:{name}"), name.to_owned()]
        .into_iter()
        .find(refuses)
}

/// The first four characters of the environment's id: of `2026/03/03/[9]a41c…`, `a41c`.
pub fn environment(stream: &str) -> String {
    let id = stream.rsplit([']', '/']).next().unwrap_or(stream);
    id.chars().take(4).collect()
}

/// Lines of an invocation in order of time: those of its stream from its start, init included if it had one, to its end.
/// Where many run at once in one environment, only lines that name its request.
pub fn lines(scene: &Scene, at: InvocationIndex) -> Vec<LineId> {
    let analysis = &scene.analysis;
    let invocation = analysis.invocation(at);
    let stretch = stretch(analysis, at);
    // What was read again is whole; of what is held the beginning may be gone.
    let again = scene.recalled.of_stretch(&stretch);
    let text = again.unwrap_or(&scene.text);
    let Some(number) = text.stream(&stretch.group, &stretch.stream) else {
        return Vec::new();
    };
    let concurrent = analysis.assembled.environment(invocation).concurrent;
    let id = invocation.request_id.to_string();
    text.of_stream(number, stretch.from, stretch.to)
        .into_iter()
        .filter(|line| !concurrent || line.text.contains(&id))
        .map(|line| line.id)
        .collect()
}

/// Where the lines of an invocation stand.
pub fn stretch(analysis: &Analysis, at: InvocationIndex) -> Stretch {
    let invocation = analysis.invocation(at);
    let environment = analysis.assembled.environment(invocation);
    let stream = &analysis.facts.streams[environment.stream as usize];
    let from = match invocation.init.get() {
        Some(init) => analysis.inits[init as usize].at.min(invocation.start),
        None => invocation.start,
    };
    let next = next_start(analysis, &environment.invocations, at);
    let trailing = invocation.end.plus_ms(TRAILING_MS);
    let to = next.map_or(trailing, |next| {
        trailing.min(next.plus_ms(-1)).max(invocation.end)
    });
    Stretch {
        group: analysis.text(stream.group).to_owned(),
        stream: analysis.text(stream.stream).to_owned(),
        from,
        to,
    }
}

/// The line behind a fact, if its text is still held.
pub fn line(scene: &Scene, of: FactRef) -> Option<Line<'_>> {
    let analysis = &scene.analysis;
    let (fact, stream) = (analysis.facts.fact(of), analysis.facts.stream(of));
    let number = scene
        .text
        .stream(analysis.text(stream.group), analysis.text(stream.stream))?;
    let found = scene.text.of_stream(number, fact.at, fact.at);
    let exact = found.iter().find(|line| line.order == fact.event.order());
    exact.or_else(|| found.first()).copied()
}

/// When the environment began its next invocation.
fn next_start(
    analysis: &Analysis,
    of_environment: &[InvocationIndex],
    at: InvocationIndex,
) -> Option<Timestamp> {
    let place = of_environment.iter().position(|other| *other == at)?;
    of_environment
        .get(place + 1)
        .map(|next| analysis.invocation(*next).start)
}

/// Links from this confidence on are called exact.
pub const EXACT: f32 = 0.99;

/// Milliseconds that the request of an invocation waited for its start; `None` if it did not, or it cannot be known.
pub fn felt_ms(analysis: &Analysis, at: InvocationIndex) -> Option<f64> {
    let init = analysis.invocation(at).init.get()?;
    let felt = f64::from(analysis.inits[init as usize].felt_ms?);
    (felt > 0.0).then_some(felt)
}

/// The newest of the most harmful repeats among these, as the page that shows all its deliveries.
pub fn worst_repeat<'a>(
    analysis: &Analysis,
    among: impl Iterator<Item = &'a Duplicate>,
) -> Option<Step> {
    let one = among.max_by_key(|one| (one.harm, one.repeat.at))?;
    Some(Step::Identity {
        consumer: analysis.text(one.consumer).to_owned(),
        source: one.source,
        identity: one.identity_text(&analysis.facts).into_owned(),
    })
}

/// The newest of the worst overtakings among these.
pub fn worst_of_overtaken<'a>(among: impl Iterator<Item = &'a Reordered>) -> Option<&'a Reordered> {
    among.min_by_key(|one| (one.verdict, std::cmp::Reverse(one.at)))
}

/// The same as the page of its key.
pub fn worst_overtaken<'a>(
    analysis: &Analysis,
    among: impl Iterator<Item = &'a Reordered>,
) -> Option<Step> {
    let one = worst_of_overtaken(among)?;
    Some(Step::Key {
        consumer: analysis.text(one.consumer).to_owned(),
        source: one.source,
        key: analysis.text(one.key).to_owned(),
    })
}

/// How many calls of an invocation were refused, as its own log says.
pub fn refused(analysis: &Analysis, invocation: &Invocation) -> u32 {
    let refusals = refusals(analysis, invocation).into_iter();
    refusals
        .map(|(_, refused)| u32::from(refused.attempts))
        .sum()
}
