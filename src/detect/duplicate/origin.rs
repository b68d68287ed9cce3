//! Where repeated events came from.

use hashbrown::{HashMap, HashSet};

use super::identity::Identities;
use crate::detect::seen::{DeliveryIndex, Seen};
use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::facts::FactRef;
use crate::model::invocation::InvocationIndex;
use crate::model::rows::{DeliveryEnd, Duplicate};
use crate::model::symbols::Sym;

/// What the findings need to know of deliveries, looked up once.
pub(super) struct Known<'a> {
    pub(super) analysis: &'a Analysis,
    pub(super) seen: &'a Seen<'a>,
    pub(super) identities: Identities,
    /// Ids that each consumer received from each source.
    distinct: HashMap<(Sym, EventSource), u64>,
}

impl<'a> Known<'a> {
    pub(super) fn of(analysis: &'a Analysis, seen: &'a Seen<'a>) -> Self {
        let identities = Identities::new(seen);
        let mut distinct = HashMap::new();
        for at in 0..identities.len() {
            let delivery = seen.delivery(identities.group(at)[0]);
            *distinct
                .entry((delivery.consumer, delivery.source))
                .or_default() += 1;
        }
        Self {
            analysis,
            seen,
            identities,
            distinct,
        }
    }

    /// The line of one side of a repeat that names the event; of an asynchronous event, which its request id names, START.
    pub(super) fn line(&self, row: &Duplicate, end: DeliveryEnd) -> FactRef {
        let exact = self
            .delivery(row, end)
            .map(|at| self.seen.delivery(at).line);
        exact.unwrap_or_else(|| self.seen.invocation(end.invocation).first_line)
    }

    /// The run that fed the repeat, as its links show: the id that its log names may be another than the one that came twice.
    fn sender(&self, rows: &[&Duplicate]) -> Option<InvocationIndex> {
        let repeats: HashSet<InvocationIndex> =
            rows.iter().map(|row| row.repeat.invocation).collect();
        let mut links = self.analysis.links.iter();
        links
            .find(|link| !link.synchronous && repeats.contains(&link.child))
            .map(|link| link.parent)
    }

    /// The delivery of one side; of an earlier copy under another id any of its run.
    fn delivery(&self, row: &Duplicate, end: DeliveryEnd) -> Option<DeliveryIndex> {
        let identity = row.identity?;
        let mut all = self.seen.received(end.invocation);
        let first = all.clone().next();
        all.find(|&at| self.seen.delivery(at).identity == identity)
            .or(first)
    }
}

/// Source, place and sender of the repeats of one consumer and class.
pub(super) struct Origin {
    pub(super) source: EventSource,
    pub(super) resource: Option<Sym>,
    /// The function that sent the first of them whose sender is known.
    pub(super) producer: Option<Sym>,
    /// Events that the consumer received from this source.
    pub(super) distinct: u64,
}

impl Origin {
    pub(super) fn of(known: &Known<'_>, rows: &[&Duplicate]) -> Self {
        let (consumer, source) = (rows[0].consumer, rows[0].source);
        let items = || {
            let repeats = rows
                .iter()
                .filter_map(|row| known.delivery(row, row.repeat));
            repeats.map(|at| known.seen.delivery(at))
        };
        let sender = items()
            .find_map(|item| known.seen.sender(item))
            .or_else(|| known.sender(rows));
        let runs = known
            .analysis
            .functions
            .iter()
            .find(|row| row.function == consumer);
        let received = match source {
            EventSource::LambdaAsync => runs.map(|row| row.invocations),
            _ => known.distinct.get(&(consumer, source)).copied(),
        };
        Self {
            source,
            resource: items().find_map(|item| item.resource),
            producer: sender.map(|run| known.seen.invocation(run).function),
            distinct: received.unwrap_or(0).max(rows.len() as u64),
        }
    }
}
