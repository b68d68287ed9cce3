//! Links by ids that a producer logged and a consumer got: message ids, event ids, sequence numbers, request ids.

use super::Joins;
use crate::correlate::spans::end_of;
use crate::model::delivery::Received;
use crate::model::fact::{EventSource, Kinds, ProducedKind};
use crate::model::ids::RequestId;
use crate::model::invocation::InvocationIndex;
use crate::model::room::grow;
use crate::model::rows::{Link, LinkTier};
use crate::model::several::Several;
use crate::model::time::Timestamp;

/// A run that started this long after its supposed child logged a foreign id, whatever the clocks say.
const LATE_PRODUCER_MS: i64 = 10_000;

/// A run that logged an id as the answer to a send.
#[derive(Clone, Copy)]
struct Maker<'a> {
    run: InvocationIndex,
    kind: ProducedKind,
    /// Queue, topic or stream, without its service.
    target: Option<&'a str>,
    at: Timestamp,
}

/// A run that got an id in its event.
struct Receipt<'a> {
    run: InvocationIndex,
    item: &'a Received,
    source: EventSource,
}

/// A link from the producer of each id to every run that got it.
pub(super) fn links(joins: &Joins<'_>) -> Vec<Link> {
    let makers = makers(joins);
    let mut links = calls(joins, &makers);
    for (id, receipts) in receipts(joins, &makers).iter() {
        for receipt in receipts.clone() {
            // Who got the id itself only repeats it; of several who log it the first one made it.
            let maker = makers
                .get(id)
                .filter(|maker| is_sent_to(joins, maker, receipt))
                .filter(|maker| receipts.clone().all(|other| other.run != maker.run))
                .min_by_key(|maker| (maker.at, maker.run));
            if let Some(maker) = maker {
                grow(&mut links, 1);
                links.push(produced_link(maker.run, receipt.run, false));
            }
        }
    }
    links
}

/// Every produced id, by its text: a Kinesis sequence number without its shard.
fn makers<'a>(joins: &Joins<'a>) -> Several<&'a str, Maker<'a>> {
    let mut makers = Several::default();
    for (at, run) in joins.assembled.invocations.iter().enumerate() {
        for line in run.app_lines_of(Kinds::SENT) {
            let Some(app) = joins.facts.app(line, Kinds::SENT) else {
                continue;
            };
            for produced in &app.produced {
                let id = joins.facts.text(produced.id);
                let id = match produced.kind {
                    ProducedKind::Record => without_shard(id),
                    _ => id,
                };
                let maker = Maker {
                    run: at as InvocationIndex,
                    kind: produced.kind,
                    target: joins.facts.text_of(produced.target),
                    at: joins.facts.moment(line),
                };
                makers.push(id, maker);
            }
        }
    }
    // A traced send carries the message id in its span.
    for (at, span) in joins.facts.spans.iter().enumerate() {
        if let (Some(id), Some(run), false) = (span.message_id, joins.owner(at), span.inferred) {
            let resource = joins.facts.text_of(span.resource);
            let maker = Maker {
                run,
                kind: ProducedKind::Message,
                target: resource.and_then(|name| Some(name.split_once(':')?.1)),
                at: end_of(span),
            };
            makers.push(joins.facts.text(id), maker);
        }
    }
    makers
}

/// A caller that logs the request id in the answer of Invoke names its child.
fn calls(joins: &Joins<'_>, makers: &Several<&str, Maker<'_>>) -> Vec<Link> {
    let mut links = Vec::new();
    for (id, makers) in makers.iter() {
        let callers = makers.filter(|maker| maker.kind == ProducedKind::Invocation);
        if callers.clone().next().is_none() {
            continue;
        }
        let Some(request) = RequestId::parse(id) else {
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
                grow(&mut links, 1);
                links.push(produced_link(caller.run, child, synchronous));
            }
        }
    }
    links
}

/// Which runs got each of the produced ids.
fn receipts<'a>(
    joins: &Joins<'a>,
    makers: &Several<&'a str, Maker<'a>>,
) -> Several<&'a str, Receipt<'a>> {
    let mut receipts = Several::default();
    for delivery in joins.deliveries {
        let item = &delivery.item;
        let outer = (item.source, item.identity);
        for (source, identity) in [Some(outer), item.inner].into_iter().flatten() {
            let id = joins.facts.text(identity);
            let id = match source {
                EventSource::Kinesis => without_shard(id),
                _ => id,
            };
            if makers.contains_key(&id) {
                let receipt = Receipt {
                    run: delivery.invocation,
                    item,
                    source,
                };
                receipts.push(id, receipt);
            }
        }
    }
    receipts
}

/// Whether an id of this kind arrives through this source, at the place it was sent to and after it was.
fn is_sent_to(joins: &Joins<'_>, maker: &Maker<'_>, receipt: &Receipt<'_>) -> bool {
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
    let itself = joins.run(maker.run).function == joins.run(receipt.run).function;
    let resource = joins.facts.text_of(receipt.item.resource);
    let known_target = maker.target.is_some() && maker.target == resource;
    fits && (!itself || known_target) && is_before(joins, maker.run, receipt.run)
}

fn is_before(joins: &Joins<'_>, producer: InvocationIndex, child: InvocationIndex) -> bool {
    let lead = joins.run(child).start.since(joins.run(producer).start);
    lead >= -LATE_PRODUCER_MS
}

fn without_shard(id: &str) -> &str {
    id.rsplit_once(':').map_or(id, |(_, sequence)| sequence)
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
