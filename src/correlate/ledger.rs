//! The ledger: which event items each invocation received.

use crate::model::delivery::Delivery;
use crate::model::fact::{EventSource, Item, Kinds};
use crate::model::facts::{FactRef, Facts};
use crate::model::invocation::{Assembled, Invocation, InvocationIndex};
use crate::model::room::push;
use crate::model::symbols::Sym;

/// One delivery per item of each invocation's event, in order of (start, consumer text, invocation, line, place in the batch).
///
/// An id named over several lines of one invocation is one delivery. Only one list of records that holds it at two
/// places makes two: the message came twice in one batch.
pub fn deliveries(facts: &Facts, assembled: &Assembled) -> Vec<Delivery> {
    let mut deliveries = Vec::new();
    let mut mentions = Vec::new();
    // Invocations are sorted by (start, function text, …) already.
    for (index, invocation) in assembled.invocations.iter().enumerate() {
        collect(facts, assembled, invocation, &mut mentions);
        let first = deliveries.len();
        for mention in received(&mut mentions) {
            let (at, item) = (index as InvocationIndex, mention.item.clone());
            let delivery = Delivery::of(at, invocation, mention.line, item);
            push(&mut deliveries, delivery);
        }
        deliveries[first..].sort_by(|a, b| {
            let text = |delivery: &Delivery| facts.text(delivery.identity);
            let place = |delivery: &Delivery| (delivery.line, delivery.index, delivery.source);
            place(a).cmp(&place(b)).then_with(|| text(a).cmp(text(b)))
        });
    }
    deliveries.shrink_to_fit();
    deliveries
}

/// One item of one line.
struct Mention {
    key: (EventSource, Sym),
    line: FactRef,
    index: u16,
    /// How many items of the line stand before it.
    place: u16,
    item: Item,
}

fn collect(
    facts: &Facts,
    assembled: &Assembled,
    invocation: &Invocation,
    mentions: &mut Vec<Mention>,
) {
    mentions.clear();
    for line in assembled.app_lines_of(invocation, Kinds::RECEIVED) {
        let Some(app) = facts.app(line, Kinds::RECEIVED) else {
            continue;
        };
        let items = app.items.into_iter().zip(0..=u16::MAX);
        mentions.extend(items.map(|(item, place)| Mention {
            key: (item.source, item.identity),
            line,
            index: item.index,
            place,
            item,
        }));
    }
}

/// Of each id the line that holds it at most places, the first of such lines.
fn received(mentions: &mut Vec<Mention>) -> impl Iterator<Item = &Mention> {
    let place = |mention: &Mention| (mention.key, mention.line, mention.index);
    mentions.sort_by_key(|mention| (place(mention), mention.place));
    mentions.dedup_by_key(|mention| place(mention));
    mentions
        .chunk_by(|a, b| a.key == b.key)
        .filter_map(|same| {
            same.chunk_by(|a, b| a.line == b.line)
                .reduce(|best, line| if line.len() > best.len() { line } else { best })
        })
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::assemble::assemble;
    use crate::correlate::testing::{World, at, id};
    use crate::model::fact::AppFact;

    fn sqs(world: &mut World, identity: &str, index: u16) -> Item {
        Item::new(EventSource::Sqs, world.sym(identity), index)
    }

    fn log(items: Vec<Item>, request: u8) -> AppFact {
        AppFact {
            request_id: Some(id(request)),
            items,
            ..AppFact::default()
        }
    }

    /// (identity, place in the batch) of each delivery of one run that logged `lines`.
    fn of_lines(lines: &[&[(&str, u16)]]) -> Vec<(String, u16)> {
        let mut world = World::default();
        let env = world.env("worker", "a");
        world.start(env, 0, 1);
        for line in lines {
            let items = line
                .iter()
                .map(|(identity, index)| sqs(&mut world, identity, *index))
                .collect();
            world.app(env, 1, log(items, 1));
        }
        world.end(env, 50, 1);
        world.report(env, 50, 1, 50.0);
        let facts = world.facts();
        deliveries(&facts, &assemble(&facts))
            .iter()
            .map(|delivery| (facts.text(delivery.identity).to_owned(), delivery.index))
            .collect()
    }

    #[test]
    fn an_id_over_several_lines_of_one_run_is_one_delivery() {
        let twice = of_lines(&[&[("m-1", 0), ("m-2", 1)], &[("m-2", 0)], &[("m-1", 0)]]);
        assert_eq!(twice, [("m-1".to_owned(), 0), ("m-2".to_owned(), 1)]);
    }

    #[test]
    fn an_id_twice_at_one_place_of_a_line_is_one_delivery() {
        assert_eq!(
            of_lines(&[&[("m-1", 0), ("m-1", 0)]]),
            [("m-1".to_owned(), 0)]
        );
    }

    #[test]
    fn an_id_at_two_places_of_one_batch_is_two_deliveries_however_often_it_is_mentioned() {
        let lines: &[&[(&str, u16)]] = &[&[("m-1", 0)], &[("m-1", 0), ("m-1", 1)], &[("m-1", 0)]];
        assert_eq!(
            of_lines(lines),
            [("m-1".to_owned(), 0), ("m-1".to_owned(), 1)]
        );
    }

    #[test]
    fn deliveries_stand_in_order_of_start_then_batch() {
        let mut world = World::default();
        let env = world.env("worker", "a");
        for (ms, request, ids) in [(100, 2, ["m-3", "m-4"]), (0, 1, ["m-2", "m-1"])] {
            world.start(env, ms, request);
            let items = vec![sqs(&mut world, ids[1], 1), sqs(&mut world, ids[0], 0)];
            world.app(env, ms + 1, log(items, request));
            world.end(env, ms + 9, request);
            world.report(env, ms + 9, request, 9.0);
        }
        let facts = world.facts();
        let found: Vec<_> = deliveries(&facts, &assemble(&facts))
            .iter()
            .map(|delivery| (delivery.at, facts.text(delivery.identity).to_owned()))
            .collect();
        let expected = [(0, "m-2"), (0, "m-1"), (100, "m-3"), (100, "m-4")]
            .map(|(ms, text)| (at(ms), text.to_owned()));
        assert_eq!(found, expected);
    }
}
