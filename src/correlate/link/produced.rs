//! Links by ids that a producer logged and a consumer got: message ids, event ids, sequence numbers, request ids.

use std::iter;

use super::Joins;
use crate::correlate::spans::end_of;
use crate::model::delivery::Delivery;
use crate::model::fact::{EventSource, Kinds, ProducedKind};
use crate::model::facts::Facts;
use crate::model::grouped::Grouped;
use crate::model::ids::RequestId;
use crate::model::invocation::InvocationIndex;
use crate::model::room::push;
use crate::model::rows::{Link, LinkTier};
use crate::model::symbols::Sym;
use crate::model::time::Timestamp;

/// A run that started this long after its supposed child logged a foreign id, whatever the clocks say.
const LATE_PRODUCER_MS: i64 = 10_000;

/// A run that logged an id as the answer to a send.
struct Maker {
    run: InvocationIndex,
    kind: ProducedKind,
    /// A span tells of it, not a line.
    traced: bool,
    /// Of a Kinesis record its sequence number.
    id: Sym,
    /// Queue, topic or stream that it was sent to; of a span in the contract's words, behind its service.
    target: Option<Sym>,
    at: Timestamp,
}

impl Maker {
    /// The name of what it was sent to.
    fn target<'a>(&self, joins: &Joins<'a>) -> Option<&'a str> {
        let name = joins.facts.text(self.target?);
        if self.traced {
            return Some(name.split_once(':')?.1);
        }
        Some(name)
    }
}

/// An id in the event of a run.
struct Receipt<'a> {
    delivery: &'a Delivery,
    /// What the id is one of.
    source: EventSource,
    /// Of a Kinesis record its sequence number.
    id: Sym,
}

impl Receipt<'_> {
    fn run(&self) -> InvocationIndex {
        self.delivery.invocation
    }
}

/// A link from the producer of each id to every run that got it.
pub(super) fn links(joins: &Joins<'_>) -> Vec<Link> {
    let makers = Makers::new(joins);
    let mut links = calls(joins, &makers);
    let receipts = receipts(joins, &makers);
    for same in by_id(receipts.iter().map(|receipt| receipt.id)).iter() {
        let same = same.iter().map(|at| &receipts[*at as usize]);
        for receipt in same.clone() {
            // Who got the id itself only repeats it; of several who log it the first one made it.
            let maker = makers
                .of(receipt.id)
                .filter(|maker| is_sent_to(joins, maker, receipt))
                .filter(|maker| same.clone().all(|other| other.run() != maker.run))
                .min_by_key(|maker| (maker.at, maker.run));
            if let Some(maker) = maker {
                push(&mut links, produced_link(maker.run, receipt.run(), false));
            }
        }
    }
    links
}

/// Every produced id.
struct Makers {
    rows: Vec<Maker>,
    by_id: Grouped,
}

impl Makers {
    fn new(joins: &Joins<'_>) -> Self {
        let rows = makers(joins);
        let by_id = by_id(rows.iter().map(|maker| maker.id));
        Self { rows, by_id }
    }

    /// Who made an id.
    fn of(&self, id: Sym) -> impl Iterator<Item = &Maker> {
        let rows = self.by_id.get(id.number() as u32).iter();
        rows.map(|at| &self.rows[*at as usize])
    }
}

/// Numbers of rows by the id that each holds. Symbols are given in order of arrival: those of one time lie side by side.
fn by_id(ids: impl Iterator<Item = Sym> + Clone) -> Grouped {
    let ids = ids.map(|id| id.number() as u32);
    let count = ids.clone().max().map_or(0, |last| last as usize + 1);
    Grouped::of(count, ids.zip(0..))
}

fn makers(joins: &Joins<'_>) -> Vec<Maker> {
    let mut makers = Vec::new();
    for (run, invocation) in (0..).zip(&joins.assembled.invocations) {
        for line in joins.assembled.app_lines_of(invocation, Kinds::SENT) {
            let Some(app) = joins.facts.app(line, Kinds::SENT) else {
                continue;
            };
            for produced in &app.produced {
                push(
                    &mut makers,
                    Maker {
                        run,
                        kind: produced.kind,
                        traced: false,
                        id: match produced.kind {
                            ProducedKind::Record => without_shard(joins.facts, produced.id),
                            _ => produced.id,
                        },
                        target: produced.target,
                        at: joins.facts.moment(line),
                    },
                );
            }
        }
    }
    // A traced send carries the message id in its span.
    for (at, span) in joins.facts.spans.iter().enumerate() {
        if let (Some(id), Some(run), false) = (span.message_id, joins.owner(at), span.inferred) {
            push(
                &mut makers,
                Maker {
                    run,
                    kind: ProducedKind::Message,
                    traced: true,
                    id,
                    target: span.resource,
                    at: end_of(span),
                },
            );
        }
    }
    makers
}

/// A caller that logs the request id in the answer of Invoke names its child.
fn calls(joins: &Joins<'_>, makers: &Makers) -> Vec<Link> {
    let mut links = Vec::new();
    for same in makers.by_id.iter() {
        let same = same.iter().map(|at| &makers.rows[*at as usize]);
        let callers = same.filter(|maker| maker.kind == ProducedKind::Invocation);
        let Some(first) = callers.clone().next() else {
            continue;
        };
        let Some(request) = RequestId::parse(joins.facts.text(first.id)) else {
            continue;
        };
        for &child in joins.attempts(request) {
            let caller = callers
                .clone()
                .filter(|maker| is_before(joins, maker.run, child))
                .min_by_key(|maker| (maker.at, maker.run));
            if let Some(caller) = caller {
                let waited = caller.at.since(joins.run(child).end) >= -super::CLOCK_TOLERANCE_MS;
                let synchronous = waited && joins.is_nested(caller.run, child);
                push(&mut links, produced_link(caller.run, child, synchronous));
            }
        }
    }
    links
}

/// Which runs got a produced id: that of an item, or of what is wrapped in it.
fn receipts<'a>(joins: &Joins<'a>, makers: &Makers) -> Vec<Receipt<'a>> {
    let mut receipts = Vec::new();
    for delivery in joins.deliveries {
        let own = (delivery.source, delivery.identity);
        for (source, id) in iter::once(own).chain(delivery.inner) {
            let id = match source {
                EventSource::Kinesis => without_shard(joins.facts, id),
                _ => id,
            };
            if makers.of(id).next().is_some() {
                push(
                    &mut receipts,
                    Receipt {
                        delivery,
                        source,
                        id,
                    },
                );
            }
        }
    }
    receipts
}

/// Whether an id of this kind arrives through this source, at the place it was sent to and after it was.
fn is_sent_to(joins: &Joins<'_>, maker: &Maker, receipt: &Receipt<'_>) -> bool {
    use EventSource as Source;
    let fits = match maker.kind {
        ProducedKind::Message => matches!(
            receipt.source,
            Source::Sqs | Source::SqsFifo | Source::Sns | Source::SnsFifo
        ),
        ProducedKind::Event => receipt.source == Source::Eventbridge,
        ProducedKind::Record => receipt.source == Source::Kinesis,
        ProducedKind::Invocation | ProducedKind::Object => false,
    };
    // A function may feed itself, but a consumer that logs what it works on is more common: the target decides.
    let itself = joins.run(maker.run).function == joins.run(receipt.run()).function;
    let is_known_target = || {
        let resource = joins.facts.text_of(receipt.delivery.resource);
        let target = maker.target(joins);
        target.is_some() && target == resource
    };
    fits && is_before(joins, maker.run, receipt.run()) && (!itself || is_known_target())
}

fn is_before(joins: &Joins<'_>, producer: InvocationIndex, child: InvocationIndex) -> bool {
    let lead = joins.run(child).start.since(joins.run(producer).start);
    lead >= -LATE_PRODUCER_MS
}

/// The sequence number of a Kinesis record, by which a producer knows it, of an id that may name its shard before it: each record that
/// was received names it alone as well.
fn without_shard(facts: &Facts, id: Sym) -> Sym {
    let sequence = facts.text(id).rsplit_once(':');
    sequence
        .and_then(|(_, sequence)| facts.symbols.lookup(sequence))
        .unwrap_or(id)
}

fn produced_link(parent: InvocationIndex, child: InvocationIndex, synchronous: bool) -> Link {
    Link {
        parent,
        child,
        tier: LinkTier::ProducedId,
        confidence: 0.995,
        synchronous,
    }
}
