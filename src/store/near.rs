//! Near duplicates: events at one consumer whose bodies are nearly, not quite, those of one event. Evidence for who looks at that event,
//! never a duplicate that counts: what a client sent again by hand has another id and often another time or number in it.

use hashbrown::{HashMap, HashSet};

use super::log_text::{LogText, StreamNo};
use crate::decode::likenesses;
use crate::model::analysis::Analysis;
use crate::model::delivery::Delivery;
use crate::model::fact::EventSource;
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// Bodies of which at most so many of 64 bits differ are nearly equal.
pub const NEAR_BITS: u32 = 3;

/// So many events are compared at most, those nearest in time.
const COMPARED: usize = 500;

/// What the comparison of one event gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison<'a> {
    /// Its first delivery.
    pub own: &'a Delivery,
    /// Other events whose bodies were compared.
    pub compared: usize,
    /// Other events that the consumer received from the same source and that were not: too far in time, or of no body that is kept.
    pub left: usize,
    /// Nearest body first, then nearest in time.
    pub near: Vec<Near<'a>>,
}

/// An event of nearly the same body.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near<'a> {
    /// Its first delivery.
    pub delivery: &'a Delivery,
    /// Bits that differ.
    pub bits: u32,
}

/// Compares an event with the others that its consumer received from the same source, by the log lines that name them; `None` if its
/// own body is not kept or too small to tell events apart.
pub fn compare<'a>(
    analysis: &'a Analysis,
    text: &LogText,
    consumer: Sym,
    source: EventSource,
    identity: &str,
) -> Option<Comparison<'a>> {
    let own = analysis.facts.symbols.lookup(identity)?;
    let mut firsts: HashMap<Sym, &Delivery> = HashMap::new();
    let same = |one: &&Delivery| one.consumer == consumer && one.source == source;
    for delivery in analysis.deliveries.iter().filter(same) {
        let first = firsts.entry(delivery.identity).or_insert(delivery);
        if delivery.at < first.at {
            *first = delivery;
        }
    }
    let own = firsts.remove(&own)?;
    let away = |other: &Delivery| other.at.since(own.at).abs();
    let mut others: Vec<&Delivery> = firsts.into_values().collect();
    others.sort_unstable_by_key(|other| (away(other), other.at, other.invocation, other.index));
    let all = others.len();
    others.truncate(COMPARED);
    let bodies = bodies(analysis, text, source, others.iter().copied().chain([own]));
    let body = bodies.get(&own.identity)?;
    let compared = others
        .iter()
        .filter_map(|other| Some((*other, (body ^ bodies.get(&other.identity)?).count_ones())));
    let compared: Vec<Near<'_>> = compared
        .map(|(delivery, bits)| Near { delivery, bits })
        .collect();
    let count = compared.len();
    let mut near = compared;
    near.retain(|other| other.bits <= NEAR_BITS);
    near.sort_by_key(|other| other.bits);
    Some(Comparison {
        own,
        compared: count,
        left: all - count,
        near,
    })
}

/// The likeness of the body of each of these events, from the text of the lines that name them.
fn bodies<'a>(
    analysis: &Analysis,
    text: &LogText,
    source: EventSource,
    events: impl Iterator<Item = &'a Delivery>,
) -> HashMap<Sym, u64> {
    let mut lines: HashSet<(StreamNo, Timestamp)> = HashSet::new();
    let mut bodies: HashMap<Sym, Option<u64>> = HashMap::new();
    for event in events {
        let stream = analysis.facts.stream(event.line);
        let stream = text.stream(analysis.text(stream.group), analysis.text(stream.stream));
        if let Some(stream) = stream {
            lines.insert((stream, analysis.facts.moment(event.line)));
            bodies.insert(event.identity, None);
        }
    }
    let moments = || lines.iter().map(|(_, at)| *at);
    let (Some(from), Some(to)) = (moments().min(), moments().max()) else {
        return HashMap::new();
    };
    let named = text.between(from, to);
    for line in named.filter(|line| lines.contains(&(line.stream, line.at))) {
        for (of, identity, body) in likenesses(line.text) {
            let known = analysis.facts.symbols.lookup(&identity);
            if let Some(held) = known.and_then(|known| bodies.get_mut(&known))
                && of == source
            {
                held.get_or_insert(body);
            }
        }
    }
    let found = bodies.into_iter();
    found.filter_map(|(of, body)| Some((of, body?))).collect()
}
