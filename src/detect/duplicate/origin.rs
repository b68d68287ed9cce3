//! Where repeated events came from.

use hashbrown::HashSet;

use crate::model::analysis::Analysis;
use crate::model::fact::EventSource;
use crate::model::facts::FactRef;
use crate::model::rows::Duplicate;
use crate::model::symbols::Sym;

/// Source, place and sender of the repeats of one consumer and class.
pub(super) struct Origin {
    pub(super) source: EventSource,
    pub(super) resource: Option<Sym>,
    /// The one function that sent them, as far as its log says.
    pub(super) producer: Option<Sym>,
    /// Ids that the consumer received from this source.
    pub(super) distinct: u64,
}

impl Origin {
    pub(super) fn of(analysis: &Analysis, rows: &[&Duplicate]) -> Self {
        let (consumer, source) = (rows[0].consumer, rows[0].source);
        let repeated: HashSet<Sym> = rows.iter().filter_map(|row| row.identity).collect();
        let mut distinct = HashSet::new();
        let mut resource = None;
        for delivery in &analysis.deliveries {
            if delivery.consumer == consumer && delivery.source == source {
                distinct.insert(delivery.identity);
                if resource.is_none() && repeated.contains(&delivery.identity) {
                    let items = analysis.facts.app(delivery.line).map(|app| &app.items);
                    let item = items.and_then(|items| items.get(usize::from(delivery.item)));
                    resource = item.and_then(|item| item.resource);
                }
            }
        }
        let producer = producer(analysis, &repeated);
        let known = distinct.len().max(repeated.len()).max(1);
        let runs = || {
            let figures = analysis
                .functions
                .iter()
                .find(|row| row.function == consumer);
            figures.map_or(rows.len() as u64, |row| row.invocations)
        };
        let distinct = if source == EventSource::LambdaAsync {
            runs()
        } else {
            known as u64
        };
        Self {
            source,
            resource,
            producer,
            distinct,
        }
    }
}

fn producer(analysis: &Analysis, repeated: &HashSet<Sym>) -> Option<Sym> {
    let sends_one = |line: &FactRef| {
        let app = analysis.facts.app(*line);
        app.is_some_and(|app| app.produced.iter().any(|sent| repeated.contains(&sent.id)))
    };
    let senders = analysis.assembled.invocations.iter();
    senders
        .filter(|run| run.app.iter().any(sends_one))
        .map(|run| run.function)
        .next()
}
